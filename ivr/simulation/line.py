"""The telephone line between a simulated caller and the interpreter, with a clock of its own."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ivr import commands, events
from ivr.commands import Command
from ivr.dialogue import Phase
from ivr.errors import IvrError
from ivr.events import Event
from ivr.fields import Fields
from ivr.flow.flow import Flow
from ivr.interpreter import FlowInterpreter
from ivr.keys import KeyCount
from ivr.simulation import world as around
from ivr.simulation.world import LATE, World

SECONDS_PER_KEY = 0.2
"""Five keys a second: a quick caller."""

_TOO_LATE = 1.0
"""Seconds after its time-out at which a late answer comes after all."""

Who: TypeAlias = Literal["flow", "caller", "outside", "trouble"]


class ScriptError(IvrError):
    """The flow ended, or nothing more happened in it, before the caller heard what the script waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of a call's transcript: when (seconds from its beginning), who, what."""

    at: float
    who: Who
    what: str


@dataclass(slots=True)
class _Message:
    """A voicemail message that is being recorded."""

    order: commands.Record
    began: float
    spoken_until: float
    ends: float


@dataclass(slots=True)
class Line:
    """One simulated call.

    Attributes:
        flow: The flow it goes through.
        world: What is around it.
        latency: Seconds that every answer of the world takes.
        now: Seconds from the call's beginning.
        moments: What has happened so far, for people.
        decisions: Every decision so far, with its time.
    """

    flow: Flow
    world: World
    latency: float = 0.0
    now: float = 0.0
    moments: list[Moment] = field(default_factory=list)
    decisions: list[tuple[float, Command]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _interpreter: FlowInterpreter = field(init=False)
    _coming: list[tuple[float, int, Event]] = field(default_factory=list)
    _playing: tuple[int, float] | None = None  # step and end
    _listening: commands.Listen | None = None
    _message: _Message | None = None
    _count: int = 0

    def __post_init__(self) -> None:
        self._interpreter = FlowInterpreter(self.flow)

    # What happens

    def tell(self, event: Event) -> None:
        """Let something happen now."""
        self._carry_out(self._interpreter.handle(event, self.now))

    def press(self, keys: str) -> None:
        """Let the caller press keys, five a second."""
        self._note("caller", f"presses {keys}")
        for key in keys:
            self.tell(events.DigitPressed(digit=key))
            self.run_for(SECONDS_PER_KEY)

    def speak(self, seconds: float) -> None:
        """Let the caller speak: a message, if one is recorded."""
        self._note("caller", f"speaks for {seconds:g} s")
        if self._message is not None:
            message = self._message
            message.spoken_until = min(self.now + seconds, message.began + message.order.longest)
            message.ends = min(message.spoken_until + message.order.silence, message.began + message.order.longest)
        self.run_for(seconds)

    def say(self, phrase: str) -> None:
        """Let the caller say a phrase: an answer, if one is listened for."""
        self._note("caller", f"says {phrase!r}")
        listen = self._listening
        if listen is None:
            return
        self.tell(events.SpeechBegan(step=listen.step))
        heard = (name for name, phrases in listen.phrases.items() if phrase.casefold() in map(str.casefold, phrases))
        answer = next(heard, None)
        self.tell(events.Heard(step=listen.step, answer=answer, confidence=0.95 if answer else 0.2))

    def place(self, position: int | None, expected_wait: float | None) -> None:
        """Let the caller stand elsewhere in the queue."""
        self._note("outside", f"the caller is number {position}, {expected_wait} s are expected")
        self.tell(events.PlaceChanged(position=position, expected_wait=expected_wait))

    def hang_up(self) -> None:
        """Let the caller hang up."""
        self._note("caller", "hangs up")
        self.tell(events.CallerGone(hung_up=True))

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while self.advance(until):
            pass
        self.now = until

    def run_until(self, condition: Callable[[], bool], otherwise: str) -> None:
        """Let time pass until something is so.

        Raises:
            ScriptError: It never will be.
        """
        while not condition():
            if self.ended() or not self.advance(float("inf")):
                raise ScriptError(f"{otherwise}; the call is at {self.node!r}")

    def advance(self, until: float) -> bool:
        """Let the next thing happen if it happens by then; tell whether one did."""
        coming = self._coming[0][0] if self._coming else float("inf")
        playing = self._playing[1] if self._playing else float("inf")
        recording = self._message.ends if self._message else float("inf")
        deadline = self._interpreter.next_deadline()
        at = min(coming, playing, recording, float("inf") if deadline is None else deadline)
        if at > until or at == float("inf"):
            return False
        self.now = max(self.now, at)
        if at == coming:
            self.tell(heapq.heappop(self._coming)[2])
        elif self._playing is not None and at == playing:
            step, self._playing = self._playing[0], None
            self.tell(events.PromptsFinished(step=step))
        elif at == recording:
            self._end_message()
        else:
            self._carry_out(self._interpreter.handle_timer(self.now))
        return True

    # What is known

    @property
    def node(self) -> str:
        """The place the call is at."""
        return self._interpreter.node

    @property
    def path(self) -> tuple[str, ...]:
        """The places it has been at."""
        return self._interpreter.path

    @property
    def fields(self) -> Fields:
        """What was gathered."""
        return self._interpreter.fields

    @property
    def keys(self) -> KeyCount:
        """What became of the caller's keys."""
        return self._interpreter.keys

    def silent(self) -> bool:
        """Tell whether nothing is being said."""
        return self._playing is None

    def ended(self) -> bool:
        """Tell whether the flow is over."""
        return self._interpreter.phase is Phase.ENDED

    # Decisions

    def _carry_out(self, orders: list[Command]) -> None:  # noqa: C901, PLR0912 (one case a kind of decision)
        for order in orders:
            self.decisions.append((self.now, order))
            match order:
                case commands.PlayPrompts(step=step, utterances=utterances):
                    for utterance in utterances:
                        self.said.append(utterance.text)
                        self._note("flow", utterance.text)
                    seconds = sum(map(self.flow.catalog.longest_seconds, utterances))
                    self._playing = (step, self.now + seconds)
                case commands.StopPlaying():
                    self._playing = None
                case commands.Listen():
                    self._listening = order
                case commands.StopListening():
                    self._listening = None
                case commands.Record():
                    self._note("flow", "sounds the tone and records")
                    ends = self.now + min(order.silence, order.longest)
                    self._message = _Message(order=order, began=self.now, spoken_until=self.now, ends=ends)
                case commands.StopRecording():
                    self._end_message()
                case (
                    commands.LookUp() | commands.Act() | commands.CheckIdentity() | commands.ReadCalendar()
                    | commands.RequestCallback() | commands.Transfer()
                ):  # fmt: skip
                    self._ask(order)
                case commands.PlayMusic(seconds=seconds):
                    self._note("flow", f"plays music for {seconds:g} s")
                case commands.ReportTrouble(node=node, what=what):
                    self._note("trouble", f"{node}: {what}")
                case commands.Enqueue(queue=queue):
                    self._note("flow", f"hands the caller over to queue {queue}")
                case commands.GoOnWaiting():
                    self._note("flow", "lets the caller wait on, with music")
                case commands.HangUp(cause=cause):
                    self._note("flow", f"hangs up (cause {cause})")
                case _:
                    pass

    def _ask(self, question: around.Question) -> None:
        outcome, answer = around.ask(self.world, question)
        self._note("outside", f"{_describe(question)}: {outcome}")
        after = self.latency
        if outcome == LATE and not isinstance(question, commands.ReadCalendar):
            after = question.timeout + _TOO_LATE
        self._count += 1
        heapq.heappush(self._coming, (self.now + after, self._count, answer))

    def _end_message(self) -> None:
        message, self._message = self._message, None
        if message is not None:
            seconds = min(self.now, message.spoken_until) - message.began
            self._count += 1
            fact = events.Recorded(step=message.order.step, seconds=seconds)
            heapq.heappush(self._coming, (self.now, self._count, fact))

    def _note(self, who: Who, what: str) -> None:
        self.moments.append(Moment(at=self.now, who=who, what=what))


def _describe(question: around.Question) -> str:
    match question:
        case commands.LookUp() | commands.Act():
            given = ", ".join(f"{name}={value!r}" for name, value in question.arguments.items())
            return f"{around.full_name(question.host, question.name)}({given})"
        case commands.CheckIdentity():
            return f"{around.full_name(question.host, question.name)} (a PIN)"
        case commands.ReadCalendar(calendar=calendar):
            return f"calendar {calendar}"
        case commands.RequestCallback(number=number):
            return f"callback to {number}"
        case commands.Transfer(to=to, name=name):
            return f"transfer to {to} {name}"
