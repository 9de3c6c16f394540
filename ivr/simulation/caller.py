"""What a scripted caller does, and what became of the call."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias, TypeVar

from ivr import commands, events
from ivr.commands import Command
from ivr.fields import Fields, FieldValue
from ivr.flow.flow import Flow
from ivr.keys import KeyCount
from ivr.simulation.line import Line, Moment
from ivr.simulation.world import Reply, ScriptedWorld, World

Answer: TypeAlias = Callable[[Fields], Fields | None]
"""A data source: takes a question's arguments, answers with fields, or None if it fails."""

_Order = TypeVar("_Order")


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
class Speak:
    """The caller speaks for some seconds: a message after the tone."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Say:
    """The caller says a phrase: the answer to a question, where speech is recognised."""

    phrase: str


@dataclass(frozen=True, slots=True)
class Place:
    """The caller's place in the queue changes."""

    position: int | None
    expected_wait: float | None


@dataclass(frozen=True, slots=True)
class Leave:
    """The caller hangs up."""


Act: TypeAlias = Hear | Listen | Press | Wait | Speak | Say | Place | Leave


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """What became of a simulated call.

    Attributes:
        last: The flow's last decision; None if the caller left or was transferred.
        at: Seconds from its beginning to its end.
        node: Where it ended.
        path: The places it was at, in order.
        fields: What was gathered.
        said: Every text that began to be spoken, in order.
        keys: What became of the caller's keys.
        decisions: Every decision, with its time.
        moments: What happened, for people.
    """

    last: commands.Ending | None
    at: float
    node: str
    path: tuple[str, ...]
    fields: Fields
    said: tuple[str, ...]
    keys: KeyCount
    decisions: tuple[tuple[float, Command], ...] = field(repr=False)
    moments: tuple[Moment, ...] = field(repr=False)

    @property
    def queue(self) -> str | None:
        """The queue the caller was handed over to, if one."""
        return self.last.queue if isinstance(self.last, commands.Enqueue) else None

    def every(self, kind: type[_Order]) -> list[_Order]:
        """Return all decisions of a kind."""
        return [order for _, order in self.decisions if isinstance(order, kind)]


def simulate(
    flow: Flow,
    script: Iterable[Act],
    *,
    fields: Mapping[str, FieldValue] | None = None,
    answers: Mapping[str, Answer] | None = None,
    world: World | None = None,
    resumed_at_node: str | None = None,
    listens: bool = False,
) -> SimulatedCall:
    """Let a caller who follows a script go through a flow; when the script is over, the caller stays and is silent.

    Args:
        flow: The flow.
        script: What the caller does, in order.
        fields: What is known when the call begins.
        answers: The data sources by question; one that is missing fails. Instead of a `world`.
        world: What is around the call.
        resumed_at_node: Begin there, as after an interruption.
        listens: Speech is recognised.

    Raises:
        ScriptError: The script waits for words that are never said.
    """
    sources = {name: _source(answer) for name, answer in (answers or {}).items()}
    line = Line(flow, world or ScriptedWorld(lookups=sources))
    begin(line, fields=fields or {}, resumed_at_node=resumed_at_node, listens=listens)
    heard = 0
    for act in script:
        heard = follow(line, act, heard)
    line.run_until(line.ended, "the call does not end")
    return outcome(line)


def begin(line: Line, *, fields: Fields, resumed_at_node: str | None = None, listens: bool = False) -> None:
    """Let the call begin."""
    line.tell(events.Started(call="simulated", fields=fields, resumed_at_node=resumed_at_node, listens=listens))


def follow(line: Line, act: Act, heard: int) -> int:
    """Let the caller do one thing; `heard` is how many texts the script has waited for already, and is returned anew.

    Raises:
        ScriptError: The caller waits for what never comes.
    """
    match act:
        case Hear(words=words):
            line.run_until(partial(_is_said, line, words, heard), f"{words!r} is not said")
            return next(number for number in range(heard, len(line.said)) if words in line.said[number]) + 1
        case Listen():
            line.run_until(line.silent, "the prompts do not end")
        case Press(keys=keys):
            line.press(keys)
        case Wait(seconds=seconds):
            line.run_for(seconds)
        case Speak(seconds=seconds):
            line.speak(seconds)
        case Say(phrase=phrase):
            line.say(phrase)
        case Place(position=position, expected_wait=wait):
            line.place(position, wait)
        case Leave():
            line.hang_up()
    return heard


def outcome(line: Line) -> SimulatedCall:
    """Return what became of a call so far."""
    at, last = line.decisions[-1] if line.decisions else (line.now, None)
    ended_by_flow = isinstance(last, commands.Ending)
    return SimulatedCall(
        last=last if isinstance(last, commands.Ending) else None,
        at=at if ended_by_flow else line.now,
        node=line.node,
        path=line.path,
        fields=line.fields,
        said=tuple(line.said),
        keys=line.keys,
        decisions=tuple(line.decisions),
        moments=tuple(line.moments),
    )


def _is_said(line: Line, words: str, heard: int) -> bool:
    return any(words in text for text in line.said[heard:])


def _source(answer: Answer) -> Callable[[Fields], Reply]:
    def reply(arguments: Fields) -> Reply:
        fields = answer(arguments)
        if fields is None:
            return Reply(outcome="failed")
        return Reply(outcome="found" if fields else "not_found", fields=fields)

    return reply
