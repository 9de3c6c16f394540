"""Whatever happens on a call, in any order: it ends in time, nothing raises, and every key is accounted for."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import commands, events
from ivr.commands import Command
from ivr.dialogue import Phase
from ivr.events import Event
from ivr.flow.flow import Flow
from ivr.flow.nodes import KEYS
from ivr.interpreter import FlowInterpreter
from tests.ivr.flows import shipped_flow, small_flow
from tests.support.properties import examples

EVERY_KIND_OF_NODE = small_flow(
    """
    begin: { type: play, prompt: { en: "Hello {name}." }, interruptible: false, next: who }
    who:
      type: lookup
      name: who
      arguments: { number: { expression: caller_number } }
      answers: [name, tier]
      found: pin
      not_found: begin_again
      failed: pin
    begin_again:
      type: menu
      prompt: { en: "Press 9 to begin again." }
      interruptible: false
      attempts: 2
      choices: { "9": { next: begin }, "#": { next: pin }, "A": { next: bye } }
    RETRIES
    pin:
      type: collect
      prompt: { en: Your PIN. }
      store: pin
      sensitive: true
      min_digits: 2
      max_digits: 4
      shortcuts: { "*": begin_again }
      next: check
    RETRIES
    check:
      type: branch
      cases: [{ when: tier == "vip", next: bye }, { when: tier > 3, next: bye }, { when: pin == "99", next: note }]
      otherwise: queue
    note: { type: set, fields: { language: "none", tier: { expression: 1 / 0 } }, next: begin_again }
    queue: { type: enqueue, queue: { expression: name }, otherwise: sales, attributes: [name, tier] }
    bye: { type: hang_up, prompt: { en: "Bye {name:digits}." } }
    """
)
FLOWS = {"support": shipped_flow("support"), "every kind of node": EVERY_KIND_OF_NODE}


@dataclass(frozen=True)
class Happening:
    """A fact after some seconds; its step is the latest one, or so many before."""

    after: float
    kind: str
    step_back: int = 0
    key: str = "1"
    value: str | int | None = None


happenings = st.lists(
    st.builds(
        Happening,
        after=st.sampled_from([0.0, 0.05, 1.0, 4.0, 30.0]),
        kind=st.sampled_from(["key"] * 8 + ["finished"] * 4 + ["failed", "answered", "empty", "unanswered", "again"]),
        step_back=st.sampled_from([0, 0, 0, 0, 1, 2, -1]),
        key=st.sampled_from([*KEYS, *KEYS, "x", ""]),
        value=st.sampled_from([None, "vip", "gold", 5, "billing"]),
    ),
    max_size=60,
)


class Watch:
    """Drives an interpreter and asserts after every step what must always hold."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.interpreter = FlowInterpreter(flow)
        self.now = self.began = 50.0
        self.decisions: list[Command] = []
        self.pressed = 0
        self.step = 0
        self.guarded_until = self.now
        self.gone = False
        self.take(self.interpreter.handle(events.Started(call="c", fields={"caller_number": "5"}), self.now))

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

    def event(self, happening: Happening) -> Event:  # noqa: PLR0911 (one return a kind of fact)
        step = self.step - happening.step_back
        match happening.kind:
            case "key":
                return events.DigitPressed(digit=happening.key)
            case "finished":
                return events.PromptsFinished(step=step)
            case "failed":
                return events.PromptsFailed(step=step, why="x")
            case "answered":
                return events.LookupAnswered(step=step, fields={"tier": happening.value, "name": happening.value})
            case "empty":
                return events.LookupAnswered(step=step, fields={})
            case "unanswered":
                return events.LookupFailed(step=step, why="x")
            case _:
                return events.Started(call="again")

    def take(self, decisions: list[Command]) -> None:
        ended_before = bool(self.decisions) and isinstance(self.decisions[-1], commands.Enqueue | commands.HangUp)
        assert not (ended_before and decisions), "a decision after the last"
        self.decisions += decisions
        for decision in decisions:
            if isinstance(decision, commands.EnterNode):
                self.guarded_until = self.now + decision.budget
            if isinstance(decision, commands.PlayPrompts | commands.LookUp):
                assert decision.step > self.step, "a step number twice"
                self.step = decision.step
        keys = self.interpreter.keys
        assert keys.pressed == self.pressed
        assert keys.used + keys.dropped + keys.waiting == self.pressed, "a key was lost or counted twice"
        deadline = self.interpreter.next_deadline()
        if self.interpreter.phase is Phase.ENDED:
            assert deadline is None
            assert keys.waiting == 0
        else:
            assert deadline is not None, "a caller who waits for ever"
            assert deadline <= self.guarded_until + 1e-6, "the switch would take the caller away from us"


@pytest.mark.parametrize("name", FLOWS)
@settings(max_examples=examples(300), deadline=None)
@given(happenings=happenings)
def test_every_call_ends_with_one_last_decision_in_bounded_time(name: str, happenings: list[Happening]) -> None:
    flow = FLOWS[name]
    watch = Watch(flow)
    for happening in happenings:
        watch.happen(happening)
    watch.pass_time(flow.longest)
    assert watch.interpreter.phase is Phase.ENDED
    last = [order for order in watch.decisions if isinstance(order, commands.Enqueue | commands.HangUp)]
    assert last == watch.decisions[-1:]


@pytest.mark.parametrize("name", FLOWS)
@settings(max_examples=examples(100), deadline=None)
@given(happenings=happenings)
def test_after_a_hang_up_at_any_moment_nothing_is_ordered(name: str, happenings: list[Happening]) -> None:
    watch = Watch(FLOWS[name])
    for happening in happenings:
        watch.happen(happening)
    before = len(watch.decisions)
    assert watch.interpreter.handle(events.CallerGone(), watch.now) == []
    for happening in happenings:
        watch.happen(happening)
    assert len(watch.decisions) == before


@settings(max_examples=examples(100), deadline=None)
@given(happenings=happenings)
def test_the_same_facts_give_the_same_decisions(happenings: list[Happening]) -> None:
    one, other = Watch(EVERY_KIND_OF_NODE), Watch(EVERY_KIND_OF_NODE)
    for happening in happenings:
        one.happen(happening)
        other.happen(happening)
    assert one.decisions == other.decisions


@settings(max_examples=examples(200), deadline=None)
@given(
    account=st.text(alphabet="0123456789", min_size=4, max_size=8),
    reason=st.sampled_from("1230"),
    pauses=st.lists(st.sampled_from([0.0, 0.1, 1.5]), min_size=12, max_size=12),
    finished=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_well_keyed_answers_are_understood_at_any_pace(
    account: str, reason: str, pauses: list[float], finished: list[bool]
) -> None:
    """Typed ahead during any prompt or after it, with or without a terminator that was needed."""
    watch = Watch(FLOWS["support"])
    while watch.interpreter.node != "know_number":
        watch.happen(Happening(0.0, "finished"))
    watch.happen(Happening(0.0, "unanswered"))
    for key, pause, over in zip(f"{account}#", pauses, finished, strict=False):
        if over:
            watch.happen(Happening(0.0, "finished"))
        watch.happen(Happening(pause, "key", key=key))
    watch.happen(Happening(0.0, "empty"))  # the account is not found
    watch.happen(Happening(0.2, "key", key=reason))
    watch.pass_time(60)
    last = watch.decisions[-1]
    assert isinstance(last, commands.Enqueue)
    assert last.attributes["account_number"] == account
    assert last.queue == {"1": "billing", "2": "technical", "3": "sales", "0": "general"}[reason]
