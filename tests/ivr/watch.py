"""Whatever happens on a call, in any order: happenings, and a watch that asserts what must always hold."""

from dataclasses import dataclass, replace
from typing import get_args

from hypothesis import strategies as st

from callcenter.domain.ids import is_configured_name
from ivr import commands, events
from ivr.commands import Command
from ivr.dialogue import Phase
from ivr.events import Event
from ivr.flow.flow import Flow
from ivr.flow.nodes import KEYS
from ivr.interpreter import FlowInterpreter

ASKING = (
    commands.LookUp, commands.Act, commands.CheckIdentity, commands.ReadCalendar, commands.RequestCallback,
    commands.Transfer,
)  # fmt: skip
STEPPED = (commands.PlayPrompts, commands.Listen, commands.Record, *ASKING)

PIN_LIKE = "4711"
"""What a caller keys in random calls most often; where it may not be seen, it is looked for."""


@dataclass(frozen=True)
class Happening:
    """A fact after some seconds; its step is the one it answers, or so many before."""

    after: float
    kind: str
    step_back: int = 0
    key: str = "1"
    value: str | int | None = None


KINDS = [
    *["key"] * 8, *["finished"] * 5, "failed", "answered", "empty", "unanswered", "late", "done", "refused",
    "act_failed", "unknown", "accepted", "rejected", "locked", "check_failed", "open", "closed", "holiday",
    "no_calendar", "taken", "not_taken", "callback_failed", "recorded", "short", "not_recorded", "busy", "nobody",
    "speech", "heard", "misheard", "deaf", "place", "again",
]  # fmt: skip

happenings = st.lists(
    st.builds(
        Happening,
        after=st.sampled_from([0.0, 0.05, 1.0, 4.0, 30.0]),
        kind=st.sampled_from(KINDS),
        step_back=st.sampled_from([0, 0, 0, 0, 0, 1, 2, -1]),
        key=st.sampled_from([*KEYS, *KEYS, *PIN_LIKE, *PIN_LIKE, "x", ""]),
        value=st.sampled_from([None, "vip", "gold", 5, "billing"]),
    ),
    max_size=60,
)


class Watch:
    """Drives an interpreter and asserts after every step what must always hold."""

    def __init__(self, flow: Flow, *, resumed_at_node: str | None = None) -> None:
        self.flow = flow
        self.interpreter = FlowInterpreter(flow)
        self.now = self.began = 50.0
        self.decisions: list[Command] = []
        self.pressed = 0
        self.step = 0
        self.steps: dict[str, int] = {}
        self.guarded_until = self.now
        self.gone = False
        self.pins: set[str] = set()
        started = events.Started(call="c", fields={"caller_number": "5"}, resumed_at_node=resumed_at_node, listens=True)
        self.take(self.interpreter.handle(started, self.now))

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while (deadline := self.interpreter.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.take(self.interpreter.handle_timer(self.now))
        self.now = until

    def happen(self, happening: Happening) -> None:
        self.pass_time(happening.after)
        self.pressed += happening.kind == "key"
        self.take(self.interpreter.handle(self.event(happening), self.now))

    def hang_up(self) -> None:
        self.gone = True
        self.take(self.interpreter.handle(events.CallerGone(hung_up=True), self.now))

    def event(self, happening: Happening) -> Event:
        step = self.steps.get(_answers(happening.kind), self.step) - happening.step_back
        value = happening.value
        made: dict[str, Event] = {
            "key": events.DigitPressed(digit=happening.key),
            "finished": events.PromptsFinished(step=step),
            "failed": events.PromptsFailed(step=step, why="x"),
            "answered": events.LookupAnswered(step=step, fields={"tier": value, "name": value}),
            "empty": events.LookupAnswered(step=step, fields={}),
            "unanswered": events.LookupFailed(step=step, why="x"),
            "late": events.LookupFailed(step=step, why="x", late=True),
            "done": events.ActAnswered(step=step, done=True, fields={"tier": value}),
            "refused": events.ActAnswered(step=step, done=False, fields={}),
            "act_failed": events.ActFailed(step=step, why="x", unknown=False),
            "unknown": events.ActFailed(step=step, why="x", unknown=True),
            "accepted": events.IdentityChecked(step=step, verdict=events.Verdict.ACCEPTED, fields={"tier": value}),
            "rejected": events.IdentityChecked(step=step, verdict=events.Verdict.REFUSED),
            "locked": events.IdentityChecked(step=step, verdict=events.Verdict.LOCKED),
            "check_failed": events.IdentityCheckFailed(step=step, why="x"),
            "open": events.CalendarRead(step=step, opening=events.Opening.OPEN),
            "closed": events.CalendarRead(step=step, opening=events.Opening.CLOSED),
            "holiday": events.CalendarRead(step=step, opening=events.Opening.HOLIDAY),
            "no_calendar": events.CalendarFailed(step=step, why="x"),
            "taken": events.CallbackTaken(step=step),
            "not_taken": events.CallbackRefused(step=step, why="x"),
            "callback_failed": events.CallbackFailed(step=step, why="x"),
            "recorded": events.Recorded(step=step, seconds=9.0),
            "short": events.Recorded(step=step, seconds=0.5),
            "not_recorded": events.RecordingFailed(step=step, why="x"),
            "busy": events.TransferFailed(step=step, why=events.TransferFailure.BUSY),
            "nobody": events.TransferFailed(step=step, why=events.TransferFailure.UNANSWERED),
            "speech": events.SpeechBegan(step=step),
            "heard": events.Heard(step=step, answer="one", confidence=0.9),
            "misheard": events.Heard(step=step, answer=None, confidence=0.1),
            "deaf": events.ListeningFailed(step=step, why="x"),
            "place": events.PlaceChanged(position=3, expected_wait=100.0),
            "again": events.Started(call="again"),
        }
        return made[happening.kind]

    def take(self, decisions: list[Command]) -> None:
        ended_before = bool(self.decisions) and isinstance(self.decisions[-1], get_args(commands.Ending))
        assert not (ended_before and decisions), "a decision after the last"
        self.decisions += decisions
        for decision in decisions:
            self.look_at(decision)
        keys = self.interpreter.keys
        assert keys.pressed == self.pressed
        assert keys.used + keys.dropped + keys.waiting == self.pressed, "a key was lost or counted twice"
        deadline = self.interpreter.next_deadline()
        if self.interpreter.phase is Phase.ENDED:
            assert deadline is None
            assert keys.waiting == 0
        else:
            assert deadline is not None, "a caller who waits for ever"
            if not self.gone:
                assert deadline <= self.guarded_until + 1e-6, "the switch would take the caller away from us"

    def look_at(self, decision: Command) -> None:
        if isinstance(decision, commands.EnterNode):
            assert not self.gone
            assert is_configured_name(decision.node), "a channel cannot carry the place"
            self.guarded_until = self.now + decision.budget
        if isinstance(decision, STEPPED):
            assert decision.step > self.step, "a step number twice"
            self.step = decision.step
            self.steps[_answered_as(decision)] = decision.step
        if isinstance(decision, commands.CheckIdentity):
            self.pins.add(decision.secret)
            assert len([one for one in self.decisions if isinstance(one, commands.CheckIdentity)]) <= 3
        elif isinstance(decision, commands.RecordAnswer):
            assert decision.value not in self.pins, "a PIN was kept"
            assert not (decision.sensitive and decision.value is not None), "a secret was told"
            decision = replace(decision, value=None)
        assert not self.gone or not isinstance(decision, commands.PlayPrompts | commands.Record | commands.Enqueue)


def _answers(kind: str) -> str:
    match kind:
        case "finished" | "failed":
            return "play"
        case "speech" | "heard" | "misheard" | "deaf":
            return "listen"
        case "recorded" | "short" | "not_recorded":
            return "record"
        case _:
            return "ask"


def _answered_as(decision: Command) -> str:
    match decision:
        case commands.PlayPrompts():
            return "play"
        case commands.Listen():
            return "listen"
        case commands.Record():
            return "record"
        case _:
            return "ask"
