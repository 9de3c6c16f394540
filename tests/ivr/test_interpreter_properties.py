"""Whatever happens on a call, in any order: it ends in time, nothing raises, and every key is accounted for."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import commands, events
from ivr.dialogue import Phase
from ivr.flow.flow import Flow, FlowKind
from tests.ivr import random_flows
from tests.ivr.flows import shipped_flow, small_flow
from tests.ivr.watch import Happening, Watch, happenings
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


@settings(max_examples=examples(600), deadline=None)
@given(flow=random_flows.flows(), happenings=happenings)
def test_any_flow_keeps_its_promises_to_any_caller(flow: Flow, happenings: list[Happening]) -> None:
    """Nothing has checked these flows. A call ends in time, as its kind of flow may; a treatment never stands still."""
    watch = Watch(flow)
    for happening in happenings:
        watch.happen(happening)
    watch.pass_time(flow.longest + 1)
    if flow.kind is FlowKind.TREATMENT and watch.interpreter.phase is not Phase.ENDED:
        return
    assert watch.interpreter.phase is Phase.ENDED
    last = watch.decisions[-1]
    assert isinstance(last, get_args(commands.Ending)), "nobody has hung up, and nobody takes care of the caller"
    if isinstance(last, commands.GoOnWaiting):
        assert flow.kind is FlowKind.TREATMENT


@settings(max_examples=examples(300), deadline=None)
@given(flow=random_flows.flows(), happenings=happenings, after=happenings)
def test_after_a_hang_up_nobody_is_spoken_to_and_all_is_over_in_time(
    flow: Flow, happenings: list[Happening], after: list[Happening]
) -> None:
    watch = Watch(flow)
    for happening in happenings:
        watch.happen(happening)
    watch.hang_up()
    for happening in after:
        watch.happen(happening)
    watch.pass_time(10 + 11)  # an act that is under way is seen to its end
    assert watch.interpreter.phase is Phase.ENDED


@settings(max_examples=examples(300), deadline=None)
@given(
    flow=random_flows.flows(), happenings=happenings, other=st.sampled_from(["", "n0", "n1-n0", "gone", "n1-gone-x"])
)
def test_a_call_is_taken_up_again_at_any_place_of_any_flow(flow: Flow, happenings: list[Happening], other: str) -> None:
    watch = Watch(flow)
    for happening in happenings:
        watch.happen(happening)
    again = Watch(flow, resumed_at_node=other or watch.interpreter.node)
    for happening in happenings:
        again.happen(happening)
    if flow.kind is not FlowKind.TREATMENT:
        again.pass_time(flow.longest + 1)
        assert again.interpreter.phase is Phase.ENDED


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
