"""What is around a simulated call: host systems, calendars, callbacks, transfers, with prepared answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ivr import commands, events
from ivr.events import Event, Opening, TransferFailure, Verdict
from ivr.fields import Fields

LATE = "late"
"""The outcome that is no answer in time; it comes when nobody waits for it any more."""

LOOKUP_OUTCOMES = ("found", "not_found", "failed", LATE)
ACT_OUTCOMES = ("done", "refused", "failed", LATE)
CHECK_OUTCOMES = ("accepted", "refused", "locked", "failed", LATE)
CALLBACK_OUTCOMES = ("taken", "refused", "failed", LATE)
TRANSFER_OUTCOMES = ("succeeds", "busy", "unanswered", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How somebody answers: the outcome (the name of the exit it leads to), and values."""

    outcome: str
    fields: Fields = field(default_factory=dict, repr=False)


Source: TypeAlias = Callable[[Fields], Reply]
"""Somebody who is asked with arguments, and replies."""


class World:
    """Answers what a call asks of it. This one knows nothing and does nothing; others say what they know.

    Questions and acts are named as in the flow, after the host's name if there is one: ``bank.balance``.
    """

    def look_up(self, name: str, arguments: Fields) -> Reply:  # noqa: ARG002 (for those who know)
        """Answer a question: an outcome of `LOOKUP_OUTCOMES`."""
        return Reply(outcome="failed")

    def act(self, name: str, arguments: Fields, key: str) -> Reply:  # noqa: ARG002 (for those who can)
        """Do something, once for each key: an outcome of `ACT_OUTCOMES`."""
        return Reply(outcome="failed")

    def check(self, name: str, arguments: Fields, secret: str) -> Reply:  # noqa: ARG002 (for those who know)
        """Judge a PIN: an outcome of `CHECK_OUTCOMES`."""
        return Reply(outcome="failed")

    def opening(self, calendar: str) -> Opening | None:  # noqa: ARG002 (for those who know)
        """Say how a calendar is; None if there is none of that name."""
        return None

    def callback(self, number: str) -> str:  # noqa: ARG002 (for those who look at it)
        """Note a callback: one of `CALLBACK_OUTCOMES`."""
        return "taken"

    def transfer(self, to: str, name: str) -> str:  # noqa: ARG002 (for those who look at it)
        """Hand a caller over: one of `TRANSFER_OUTCOMES`."""
        return "succeeds"


class ScriptedWorld(World):
    """A world of prepared replies. Each list of replies is used up one by one; the last one serves for ever.

    Args:
        lookups: How questions are answered, by name.
        acts: How acts end, by name. The same act (key) ends the same way again.
        checks: How PINs are judged, by name.
        openings: Calendars by name.
        callback: How callbacks end.
        transfer: How transfers end.
    """

    def __init__(
        self,
        *,
        lookups: Mapping[str, Source | Sequence[Reply]] | None = None,
        acts: Mapping[str, Sequence[Reply]] | None = None,
        checks: Mapping[str, Sequence[Reply]] | None = None,
        openings: Mapping[str, Opening] | None = None,
        callback: str = "taken",
        transfer: str = "succeeds",
    ) -> None:
        self._lookups = lookups or {}
        self._acts = acts or {}
        self._checks = checks or {}
        self._openings = openings or {}
        self._callback = callback
        self._transfer = transfer
        self._asked: dict[str, int] = {}
        self._done: dict[str, Reply] = {}

    def look_up(self, name: str, arguments: Fields) -> Reply:
        """Reply as prepared."""
        source = self._lookups.get(name, ())
        return source(arguments) if callable(source) else self._next(f"lookup {name}", source)

    def act(self, name: str, arguments: Fields, key: str) -> Reply:  # noqa: ARG002 (prepared)
        """Reply as prepared, and the same again to the same key."""
        reply = self._done.get(key) or self._next(f"act {name}", self._acts.get(name, ()))
        if reply.outcome in {"done", "refused"}:
            self._done[key] = reply
        return reply

    def check(self, name: str, arguments: Fields, secret: str) -> Reply:  # noqa: ARG002 (prepared)
        """Reply as prepared."""
        return self._next(f"check {name}", self._checks.get(name, ()))

    def opening(self, calendar: str) -> Opening | None:
        """Reply as prepared."""
        return self._openings.get(calendar)

    def callback(self, number: str) -> str:  # noqa: ARG002 (prepared)
        """Reply as prepared."""
        return self._callback

    def transfer(self, to: str, name: str) -> str:  # noqa: ARG002 (prepared)
        """Reply as prepared."""
        return self._transfer

    def _next(self, what: str, replies: Sequence[Reply]) -> Reply:
        if not replies:
            return Reply(outcome="failed")
        used = self._asked.get(what, 0)
        self._asked[what] = used + 1
        return replies[min(used, len(replies) - 1)]


Question: TypeAlias = (
    commands.LookUp | commands.Act | commands.CheckIdentity | commands.ReadCalendar | commands.RequestCallback
    | commands.Transfer
)  # fmt: skip


def full_name(host: str | None, name: str) -> str:
    """Return how a question or act is called in a world."""
    return name if host is None else f"{host}.{name}"


def ask(world: World, question: Question) -> tuple[str, Event]:  # noqa: PLR0911 (one return a kind of question)
    """Put a call's question to the world: return the outcome, and the fact that tells of it."""
    step = question.step
    match question:
        case commands.LookUp():
            reply = world.look_up(full_name(question.host, question.name), question.arguments)
            if reply.outcome in {"found", "not_found"}:
                return reply.outcome, events.LookupAnswered(step=step, fields=reply.fields)
            late = reply.outcome == LATE
            return reply.outcome, events.LookupFailed(step=step, why="the simulated source fails", late=late)
        case commands.Act():
            reply = world.act(full_name(question.host, question.name), question.arguments, question.key)
            if reply.outcome in {"done", "refused"}:
                return reply.outcome, events.ActAnswered(step=step, done=reply.outcome == "done", fields=reply.fields)
            unknown = reply.outcome == LATE
            return reply.outcome, events.ActFailed(step=step, why="the simulated host fails", unknown=unknown)
        case commands.CheckIdentity():
            reply = world.check(full_name(question.host, question.name), question.arguments, question.secret)
            if reply.outcome in {"accepted", "refused", "locked"}:
                verdict = Verdict(reply.outcome)
                return reply.outcome, events.IdentityChecked(step=step, verdict=verdict, fields=reply.fields)
            return reply.outcome, events.IdentityCheckFailed(step=step, why="the simulated host fails")
        case commands.ReadCalendar(calendar=calendar):
            opening = world.opening(calendar)
            if opening is None:
                return "failed", events.CalendarFailed(step=step, why="there is no such calendar in the simulation")
            return opening.value, events.CalendarRead(step=step, opening=opening)
        case commands.RequestCallback(number=number):
            outcome = world.callback(number)
            return outcome, _callback_fact(outcome, step)
        case commands.Transfer(to=to, name=name):
            outcome = world.transfer(to, name)
            if outcome == "succeeds":
                return outcome, events.CallerGone()
            return outcome, events.TransferFailed(step=step, why=TransferFailure(outcome))


def _callback_fact(outcome: str, step: int) -> Event:
    match outcome:
        case "taken":
            return events.CallbackTaken(step=step)
        case "refused":
            return events.CallbackRefused(step=step, why="refused in the simulation")
        case _:
            return events.CallbackFailed(step=step, why="fails in the simulation")
