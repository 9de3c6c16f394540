"""A customer is sent on without a word before: to a colleague, to a queue, to a number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.api.calls import AgentTarget, HoldCall, NumberTarget, QueueTarget, SingleStepTransferCall, Target
from callcenter.api.messages import AgentStateName, SaveNote
from callcenter.domain.catalogue import Catalogue, TransferredFrom
from callcenter.domain.cause import Cause
from callcenter.domain.ids import QueueName
from callcenter.domain.interaction import EventKind
from tests.support.floor import Floor, catalogue, device, plan

ANA: Target = AgentTarget(agent="ana")
TECHNICAL: Target = QueueTarget(queue="technical")
NUMBER: Target = NumberTarget(number="202 555 0123")


def test_a_colleague_is_rung_at_once_and_sees_what_was_noted(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_signs_on("ana")
    floor.ask(SaveNote(agent="bo", interaction=floor.interaction(call), note="wants a refund", disposition="resolved"))
    assert floor.agent_does("bo", SingleStepTransferCall, target=ANA) is None
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.rings("ana") == call
    page = floor.page("ana")
    assert page is not None
    assert page.handed_over is not None
    assert (page.handed_over.agent_name, page.handed_over.how) == ("Bo", "transfer")
    assert [(note.agent_name, note.note, note.disposition) for note in page.notes_before] == [
        ("Bo", "wants a refund", "resolved")
    ]
    assert page.note == ""
    floor.agent_answers("ana")
    page = floor.page("ana")
    assert page is not None
    assert page.handed_over is not None
    assert floor.agent_completes("bo", call, note="wants a refund") is None
    floor.agent_hangs_up("ana")
    assert floor.agent_completes("ana", call) is None
    assert floor.story(call)[-11:] == [
        "transferred:ana",
        "talk_ended:agent",
        "queued:billing",
        "offered:ana",
        "rang",
        "answered:ana",
        "wrap_up_completed",
        "talk_ended:agent",
        "ended:handled",
        "wrap_up_completed",
        "closed",
    ]


def test_a_colleague_who_does_not_answer_leaves_him_to_anybody_of_the_queue(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_signs_on("ana")
    floor.agent_does("bo", SingleStepTransferCall, target=ANA)
    assert floor.agent_completes("bo", call) is None
    assert floor.rings("bo") is None
    floor.agent_rejects("ana", Cause.NO_ANSWER)
    assert floor.state("ana") is AgentStateName.NOT_READY  # missed, and it stays so
    assert floor.rings("bo") == call


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (AgentTarget(agent="bo"), "target_is_you"),
        (AgentTarget(agent="nobody"), "target_unknown"),
        (AgentTarget(agent="cy"), "target_away"),
        (ANA, "target_busy"),  # not ready
        (QueueTarget(queue="nowhere"), "target_unknown"),
        (NumberTarget(number="900 555 0123"), "number_class_not_allowed"),
    ],
)
def test_a_target_that_cannot_be_is_refused_and_the_talk_goes_on(floor: Floor, target: Target, why: str) -> None:
    call = floor.talk("bo")
    floor.agent_signs_on("ana", ready=False)
    assert floor.agent_does("bo", SingleStepTransferCall, target=target) == why
    assert floor.talks_to("bo") == call
    assert floor.pbx.trespasses == []


def test_a_colleague_who_goes_as_he_is_chosen_costs_the_customer_nothing(floor: Floor) -> None:
    """Between the click and the ring his phone was lost: the customer is the first in line."""
    call = floor.talk("bo")
    floor.agent_signs_on("ana")
    page = floor.page("bo")
    assert page is not None
    floor.pbx.unregister(device("ana"))
    floor.send(SingleStepTransferCall(agent="bo", interaction=page.interaction, target=ANA))
    floor.settle()
    floor.pbx.trespasses.clear()
    floor.pass_time(1.0)
    assert floor.waiting() == [floor.interaction(call)]
    floor.pass_time(20.0)
    assert floor.agent_completes("bo", call) is None
    assert floor.rings("bo") == call


def test_a_held_customer_may_be_sent_on_and_the_phone_is_put_down(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_signs_on("ana")
    floor.agent_does("bo", HoldCall)
    assert floor.agent_does("bo", SingleStepTransferCall, target=ANA) is None
    assert floor.pbx.leg_of(device("bo")) is None
    assert floor.rings("ana") == call


# -- to a queue ------------------------------------------------------------------------------------------------------


def house(rule: TransferredFrom) -> Catalogue:
    """`technical` counts the wait of those who are sent there by this rule."""
    base = catalogue(
        plan("billing", {"billing": 3}), plan("technical", {"technical": 3}), plan("general", {"nothing": 1})
    )
    technical = replace(base.queues[QueueName("technical")], transferred=rule)
    return replace(base, queues={**base.queues, technical.name: technical})


@pytest.mark.parametrize(
    ("rule", "place"), [(TransferredFrom.FIRST, 1), (TransferredFrom.HEAD, 0), (TransferredFrom.NOW, 2)]
)
def test_where_a_transferred_caller_stands_is_the_queues_rule(rule: TransferredFrom, place: int) -> None:
    floor = Floor(catalogue_=house(rule))
    before = floor.caller_waits("technical")
    floor.pass_time(30.0)
    call = floor.caller_waits("billing")
    floor.pass_time(30.0)
    after = floor.caller_waits("technical")
    floor.pass_time(5.0)
    floor.agent_signs_on("bo")
    floor.agent_answers("bo")
    floor.pass_time(30.0)
    assert floor.agent_does("bo", SingleStepTransferCall, target=TECHNICAL) is None
    order = [floor.interaction(before), floor.interaction(after)]
    order.insert(place, floor.interaction(call))
    assert floor.waiting() == order
    queued = floor.written(call, EventKind.QUEUED)[-1]
    assert queued.data["queue"] == "technical"
    floor.restart()
    assert floor.waiting() == order  # the place stands in the journal and on the channel


def test_a_queue_with_somebody_ready_rings_at_once(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_signs_on("cy")
    assert floor.agent_does("bo", SingleStepTransferCall, target=TECHNICAL) is None
    assert floor.rings("cy") == call
    page = floor.page("cy")
    assert page is not None
    assert page.handed_over is not None
    assert (page.queue, page.handed_over.how, page.handed_over.agent) == ("technical", "queue", "bo")


def test_the_work_after_it_is_by_the_rule_of_the_queue_he_was_in(floor: Floor) -> None:
    """Billing has a fixed time, technical waits for a disposition."""
    call = floor.talk("bo")
    floor.agent_does("bo", SingleStepTransferCall, target=TECHNICAL)
    page = floor.page("bo")
    assert page is not None
    assert page.wrap_up_until is not None
    floor.pass_time(31.0)
    assert floor.state("bo") is AgentStateName.READY
    assert floor.waiting() == [floor.interaction(call)]


# -- to a number -----------------------------------------------------------------------------------------------------


def test_a_number_that_answers_has_him(floor: Floor) -> None:
    call = floor.talk("bo")
    assert floor.agent_does("bo", SingleStepTransferCall, target=NUMBER) is None
    floor.pbx.number_answers()
    floor.settle()
    floor.pass_time(60.0)
    floor.caller_hangs_up(call)
    assert floor.story(call)[-6:] == [
        "transferred:+12025550123",
        "talk_ended:agent",
        "went_elsewhere:+12025550123",
        "wrap_up_completed",
        "ended:handled",
        "closed",
    ]


def test_a_number_that_does_not_answer_gives_him_back(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_signs_on("ana")
    floor.agent_does("bo", SingleStepTransferCall, target=NUMBER)
    floor.pbx.number_fails(Cause.NO_ANSWER)
    floor.settle()
    assert floor.rings("ana") == call
    floor.agent_answers("ana")
    floor.agent_hangs_up("ana")
    assert floor.story(call)[-2:] == ["talk_ended:agent", "ended:handled"]


def test_a_restart_while_he_talks_elsewhere_leaves_him_there(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_does("bo", SingleStepTransferCall, target=NUMBER)
    floor.pbx.number_answers()
    floor.settle()
    floor.restart()
    floor.pass_time(10.0)
    assert floor.waiting() == []
    floor.caller_hangs_up(call)
    assert floor.story(call)[-1] == "closed"
