"""A scripted caller against a flow, under virtual time: an hour of telephone menus in a millisecond.

Authors of flows write what a caller does, and look at what became of it::

    ended = simulate(
        flow,
        [Hear("account number"), Press("123456#"), Hear("For billing"), Press("1")],
        answers={"customer_by_account": lambda asked: {"customer": 7, "tier": "vip"}},
    )
    assert ended.queue == "billing"
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from ivr import commands, events
from ivr.commands import Command
from ivr.dialogue import Phase
from ivr.errors import IvrError
from ivr.events import Event
from ivr.fields import Fields, FieldValue
from ivr.flow.flow import Flow
from ivr.interpreter import FlowInterpreter
from ivr.keys import KeyCount
from ivr.prompts.catalog import longest_speech

Answer: TypeAlias = Callable[[Fields], Fields | None]
"""A data source: takes a question's arguments, answers with fields, or None if it fails."""

_SECONDS_PER_KEY = 0.2


@dataclass(frozen=True, slots=True)
class Hear:
    """The caller listens until a prompt that holds these words begins."""

    words: str


@dataclass(frozen=True, slots=True)
class Listen:
    """The caller listens until the prompts that are playing are over."""


@dataclass(frozen=True, slots=True)
class Press:
    """The caller presses keys, five a second."""

    keys: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The caller does nothing for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Leave:
    """The caller hangs up."""


Act: TypeAlias = Hear | Listen | Press | Wait | Leave


class ScriptError(IvrError):
    """The flow ended, or nothing more happened in it, before the caller heard what the script waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """What became of a simulated call.

    Attributes:
        last: The flow's last decision; None if the caller left.
        at: Seconds from its beginning to its end.
        path: The nodes it was at, in order.
        fields: What was gathered.
        said: Every text that began to be spoken, in order.
        keys: What became of the caller's keys.
        decisions: Every decision, with its time.
    """

    last: commands.Enqueue | commands.HangUp | None
    at: float
    path: tuple[str, ...]
    fields: Fields
    said: tuple[str, ...]
    keys: KeyCount
    decisions: tuple[tuple[float, Command], ...] = field(repr=False)

    @property
    def queue(self) -> str | None:
        """The queue the caller was handed over to, if one."""
        return self.last.queue if isinstance(self.last, commands.Enqueue) else None


def simulate(
    flow: Flow,
    script: Iterable[Act],
    *,
    fields: Mapping[str, FieldValue] | None = None,
    answers: Mapping[str, Answer] | None = None,
    resumed_at_node: str | None = None,
) -> SimulatedCall:
    """Let a caller who follows a script go through a flow; when the script is over, the caller stays and is silent.

    Args:
        flow: The flow.
        script: What the caller does, in order.
        fields: What is known when the call begins.
        answers: The data sources by question; one that is missing fails.
        resumed_at_node: Begin there, as after an interruption.

    Raises:
        ScriptError: The script waits for words that are never said.
    """
    line = _Line(flow, answers or {})
    line.tell(events.Started(call="simulated", fields=fields or {}, resumed_at_node=resumed_at_node))
    for act in script:
        match act:
            case Hear(words=words):
                line.run_until(partial(line.heard, words), f"{words!r} is not said")
            case Listen():
                line.run_until(line.silent, "the prompts do not end")
            case Press(keys=keys):
                for key in keys:
                    line.tell(events.DigitPressed(digit=key))
                    line.run_for(_SECONDS_PER_KEY)
            case Wait(seconds=seconds):
                line.run_for(seconds)
            case Leave():
                line.tell(events.CallerGone())
    line.run_until(line.ended, "the call does not end")
    return line.result()


class _Line:
    """The telephone line between the scripted caller and the interpreter, with its own clock."""

    def __init__(self, flow: Flow, answers: Mapping[str, Answer]) -> None:
        self._interpreter = FlowInterpreter(flow)
        self._answers = answers
        self._now = 0.0
        self._playing: tuple[int, float] | None = None  # step and end
        self._looking_up: events.LookupAnswered | events.LookupFailed | None = None
        self._said: list[str] = []
        self._heard = 0  # texts that a script has waited for already
        self._decisions: list[tuple[float, Command]] = []

    def tell(self, event: Event) -> None:
        self._carry_out(self._interpreter.handle(event, self._now))

    def run_for(self, seconds: float) -> None:
        until = self._now + seconds
        while self._advance(until):
            pass
        self._now = until

    def run_until(self, condition: Callable[[], bool], otherwise: str) -> None:
        while not condition():
            if self.ended() or not self._advance(float("inf")):
                raise ScriptError(f"{otherwise}; the call is at {self._interpreter.node!r}")

    def heard(self, words: str) -> bool:
        for number in range(self._heard, len(self._said)):
            if words in self._said[number]:
                self._heard = number + 1
                return True
        return False

    def silent(self) -> bool:
        return self._playing is None

    def ended(self) -> bool:
        return self._interpreter.phase is Phase.ENDED

    def result(self) -> SimulatedCall:
        at, last = self._decisions[-1] if self._decisions else (self._now, None)
        return SimulatedCall(
            last=last if isinstance(last, commands.Enqueue | commands.HangUp) else None,
            at=at if isinstance(last, commands.Enqueue | commands.HangUp) else self._now,
            path=self._interpreter.path,
            fields=self._interpreter.fields,
            said=tuple(self._said),
            keys=self._interpreter.keys,
            decisions=tuple(self._decisions),
        )

    def _advance(self, until: float) -> bool:
        """Let the next thing happen if it happens by then; tell whether one did."""
        if self._looking_up is not None:
            answer, self._looking_up = self._looking_up, None
            self.tell(answer)
            return True
        deadline = self._interpreter.next_deadline()
        if self._playing is not None and (deadline is None or self._playing[1] <= deadline):
            step, end = self._playing
            if end > until:
                return False
            self._now, self._playing = end, None
            self.tell(events.PromptsFinished(step=step))
            return True
        if deadline is None or deadline > until:
            return False
        self._now = deadline
        self._carry_out(self._interpreter.handle_timer(self._now))
        return True

    def _carry_out(self, orders: list[Command]) -> None:
        for order in orders:
            self._decisions.append((self._now, order))
            match order:
                case commands.PlayPrompts(step=step, utterances=utterances):
                    self._said.extend(utterance.text for utterance in utterances)
                    seconds = sum(longest_speech(utterance.text) for utterance in utterances)
                    self._playing = (step, self._now + seconds)
                case commands.StopPlaying():
                    self._playing = None
                case commands.LookUp(step=step, name=name, arguments=arguments):
                    self._looking_up = self._ask(step, name, arguments)
                case _:
                    pass

    def _ask(self, step: int, name: str, arguments: Fields) -> events.LookupAnswered | events.LookupFailed:
        source = self._answers.get(name)
        answer = source(arguments) if source else None
        if answer is None:
            return events.LookupFailed(step=step, why="the simulated source fails")
        return events.LookupAnswered(step=step, fields=answer)
