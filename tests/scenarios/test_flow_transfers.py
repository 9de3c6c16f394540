"""Flows hand callers over: to queues, to one agent, to numbers of the house; and go on with whom nobody takes."""

from __future__ import annotations

import pytest

from callcenter.api.messages import AgentActivity, AgentStateName
from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.cause import Cause
from callcenter.domain.events import Place
from callcenter.domain.ids import CallId
from callcenter.server import facts
from callcenter.server.contact import Stage
from tests.support.floor import Floor, catalogue, check_stories, device, plan


def in_flow(floor: Floor, call: CallId) -> bool:
    """Tell whether the caller is in the hands of the session that he had from the beginning."""
    return floor.sessions[call].session == 1 and floor.pbx.lines[call].place is Place.IVR


# -- to an agent -----------------------------------------------------------------------------------------------------


def test_one_agent_is_rung_and_takes_the_caller(floor: Floor) -> None:
    """No queue, no other agent; the work after the call is the default queue's."""
    floor.agent_signs_on("ana")
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_gathers(call, "account_number", "4711")
    floor.flow_transfers(call, "bo")
    assert (floor.rings("bo"), floor.rings("ana")) == (call, None)
    assert floor.state("bo") is AgentStateName.BUSY, "nothing else may be offered to him"
    page = floor.page("bo")
    assert page is not None
    assert [(one.key, one.value) for one in page.gathered] == [("account_number", "4711")]
    assert floor.activity("bo") is AgentActivity.OFFERED
    floor.agent_answers("bo")
    assert call not in floor.sessions
    assert floor.talks_to("bo") == call
    assert floor.activity("bo") is AgentActivity.TALKING
    floor.agent_hangs_up("bo")
    assert floor.story(call)[-6:] == [
        "transfer_begun:bo",
        "answered:bo",
        "talk_ended:agent",
        "wrap_up_completed",
        "ended:handled",
        "closed",
    ]
    assert floor.state("bo") is AgentStateName.READY


@pytest.mark.parametrize(("cause", "why"), [(Cause.BUSY, "busy"), (Cause.CALL_REJECTED, "busy")])
def test_an_agent_who_does_not_want_him_leaves_him_to_his_flow(floor: Floor, cause: Cause, why: str) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_transfers(call, "bo")
    floor.agent_rejects("bo", cause)
    assert floor.not_taken(call) == [why]
    assert in_flow(floor, call)
    assert floor.contact(call).stage is Stage.IVR
    assert floor.state("bo") is AgentStateName.READY
    assert floor.page("bo") is None
    floor.flow_queues(call, "billing")
    assert floor.rings("bo") == call
    assert floor.story(call)[1:4] == ["transfer_begun:bo", "transfer_failed:busy", "queued:billing"]


def test_an_agent_who_does_not_answer_in_the_flows_time_is_rung_no_more(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_transfers(call, "bo", timeout=5.0)
    floor.pass_time(4.9)
    assert floor.rings("bo") == call
    floor.pass_time(0.2)
    assert floor.rings("bo") is None
    assert floor.not_taken(call) == ["unanswered"]
    assert in_flow(floor, call)


def test_a_phone_that_rings_shorter_than_the_flow_wants_is_told_as_well(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_transfers(call, "bo", timeout=60.0)
    floor.pass_time(16.0)
    assert floor.not_taken(call) == ["unanswered"]


@pytest.mark.parametrize(
    ("agent", "why"), [("bo", "busy"), ("ana", "busy"), ("nobody", "failed"), ("cy", "busy")], ids=str
)
def test_who_cannot_be_rung_is_not(floor: Floor, agent: str, why: str) -> None:
    """On a break, in a talk, unknown, not signed on."""
    floor.agent_signs_on("bo", ready=False)
    floor.talk("ana")
    call = floor.caller_arrives()
    floor.flow_transfers(call, agent)
    assert floor.not_taken(call) == [why]
    assert floor.contact(call).stage is Stage.IVR
    assert floor.sent(commands.SingleStepTransfer) == []


def test_a_caller_who_hangs_up_meanwhile_frees_the_agent(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_transfers(call, "bo")
    floor.caller_hangs_up(call)
    assert floor.state("bo") is AgentStateName.READY
    assert floor.page("bo") is None
    assert floor.story(call)[-2:] == ["ended:left_in_ivr", "closed"]


def test_a_phone_that_is_lost_while_it_rings(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_transfers(call, "bo")
    floor.phone_lost("bo")
    floor.agent_rejects("bo", Cause.UNREACHABLE)
    assert floor.not_taken(call) == ["failed"]
    assert in_flow(floor, call)


# -- to a number -----------------------------------------------------------------------------------------------------


def test_a_number_of_the_house_is_rung_and_what_follows_is_its_business(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.flow_transfers(call, "building", to="number")
    (order,) = floor.sent(commands.SingleStepTransfer)
    assert isinstance(order, commands.SingleStepTransfer)
    assert (order.to.number, order.to.caller_id) == ("+12025550142", "+12025550100")
    floor.pbx.number_answers()
    floor.settle()
    assert call not in floor.sessions
    assert floor.contact(call).stage is Stage.ELSEWHERE
    floor.pbx.number_hangs_up()
    floor.settle()
    assert floor.story(call) == [
        "started",
        "transfer_begun:building",
        "went_elsewhere:building",
        "ended:handled",
        "closed",
    ]


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        (Cause.BUSY, "busy"),
        (Cause.NO_ANSWER, "unanswered"),
        (Cause.CONGESTION, "failed"),
        (Cause.UNREACHABLE, "failed"),
    ],
)
def test_a_number_that_is_not_reached_is_told_by_its_exit(floor: Floor, cause: Cause, why: str) -> None:
    call = floor.caller_arrives()
    floor.flow_transfers(call, "building", to="number")
    floor.pbx.number_fails(cause)
    floor.settle()
    assert floor.not_taken(call) == [why]
    assert in_flow(floor, call)
    floor.flow_queues(call)
    assert floor.waiting() == [floor.interaction(call)]


def test_a_number_that_rings_too_long_is_given_up(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.flow_transfers(call, "building", to="number", timeout=20.0)
    floor.pass_time(21.0)
    assert floor.not_taken(call) == ["unanswered"]
    assert in_flow(floor, call)


@pytest.mark.parametrize("name", ["nowhere", "+12025550142"])
def test_a_number_is_meant_by_its_name_alone(floor: Floor, name: str) -> None:
    call = floor.caller_arrives()
    floor.flow_transfers(call, name, to="number")
    assert floor.not_taken(call) == ["failed"]
    assert floor.sent(commands.SingleStepTransfer) == []


def test_where_no_numbers_can_be_called_it_fails_at_once(floor: Floor) -> None:
    floor.director.floor.calls_out = False
    call = floor.caller_arrives()
    floor.flow_transfers(call, "building", to="number")
    assert floor.not_taken(call) == ["failed"]


def test_a_leg_that_is_lost_brings_the_caller_to_a_person(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.flow_transfers(call, "building", to="number")
    floor.pbx.number_answers()
    floor.settle()
    (leg,) = floor.pbx.legs.values()
    floor.pbx._leg_ends(leg, Cause.MEDIA_LOST, by_agent=False)
    floor.settle()
    assert floor.waiting() == [floor.interaction(call)]


# -- to a queue ------------------------------------------------------------------------------------------------------


def test_a_queue_is_the_end_of_the_flow(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.flow_transfers(call, "billing", to="queue")
    assert call not in floor.sessions
    assert floor.waiting() == [floor.interaction(call)]
    assert floor.contact(call).attributes["topic"] == "roses"


def test_a_queue_that_is_not_is_told(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.flow_transfers(call, "nowhere", to="queue")
    assert floor.not_taken(call) == ["failed"]
    assert floor.contact(call).stage is Stage.IVR


@pytest.fixture
def treating() -> Floor:
    return Floor(catalogue_=catalogue(plan("billing", {"billing": 3}, treatment="wait_music"), plan("general", {})))


def test_who_waits_is_moved_with_the_time_that_he_has_waited(treating: Floor) -> None:
    call = treating.caller_waits()
    treating.flow_enters(call, "music", budget=100.0)
    treating.pass_time(30.0)
    treating.flow_transfers(call, "general", to="queue")
    assert treating.contact(call).queue == "general"
    assert treating.contact(call).call.state is CallState.QUEUED
    treating.agent_signs_on("cy")
    assert treating.rings("cy") == call
    page = treating.page("cy")
    assert page is not None
    assert (page.came_from, round(page.waited_s)) == ("billing", 30)
    check_stories(treating)


def test_who_waits_and_is_not_taken_waits_on_at_his_place(treating: Floor) -> None:
    first = treating.caller_waits()
    treating.flow_enters(first, "music", budget=100.0)
    treating.pass_time(10.0)
    second = treating.caller_waits()
    treating.flow_enters(second, "music", budget=100.0)
    treating.flow_transfers(first, "building", to="number")
    assert treating.waiting() == [treating.interaction(second)]
    treating.pbx.number_fails(Cause.BUSY)
    treating.settle()
    assert treating.not_taken(first) == ["busy"]
    assert treating.waiting() == [treating.interaction(first), treating.interaction(second)]
    assert first in treating.sessions
    treating.flow_enters(first, "music_again", budget=100.0)
    treating.agent_signs_on("bo")
    assert treating.rings("bo") == first
    check_stories(treating)


def test_who_waits_and_hangs_up_while_a_number_rings_has_abandoned(treating: Floor) -> None:
    call = treating.caller_waits()
    treating.flow_transfers(call, "building", to="number")
    treating.caller_hangs_up(call)
    assert treating.story(call)[-2:] == ["ended:abandoned", "closed"]


def test_who_waits_is_taken_by_the_agent_whom_he_asked_for(treating: Floor) -> None:
    treating.agent_signs_on("cy")
    call = treating.caller_waits()
    treating.flow_transfers(call, "cy")
    treating.agent_answers("cy")
    assert treating.talks_to("cy") == call
    assert call not in treating.sessions
    treating.agent_hangs_up("cy")
    check_stories(treating)


# -- the switch, and restarts ----------------------------------------------------------------------------------------


def test_a_lost_link_lets_it_ring(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_transfers(call, "bo")
    floor.link_down()
    floor.link_up()
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    assert floor.talks_to("bo") == call
    assert floor.state("bo") is AgentStateName.BUSY


@pytest.mark.parametrize("to", ["agent", "number"])
def test_an_answer_while_the_link_is_lost_is_found(floor: Floor, to: str) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_transfers(call, "bo" if to == "agent" else "building", to="agent" if to == "agent" else "number")
    floor.link_down()
    if to == "agent":
        floor.pbx.answer(device("bo"))
    else:
        floor.pbx.number_answers()
    floor.link_up()
    assert call not in floor.sessions
    assert floor.contact(call).stage is (Stage.TALKING if to == "agent" else Stage.ELSEWHERE)


def test_a_failure_while_the_link_is_lost_is_told_to_the_flow(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.flow_transfers(call, "building", to="number")
    floor.link_down()
    floor.pbx.number_fails(Cause.BUSY)
    floor.link_up()
    assert floor.not_taken(call) == ["failed"]
    assert in_flow(floor, call)


@pytest.mark.parametrize("to", ["agent", "number"])
def test_after_a_restart_the_caller_reaches_a_person(floor: Floor, to: str) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_enters(call, "to_branch", budget=40.0)
    floor.flow_transfers(call, "bo" if to == "agent" else "building", to="agent" if to == "agent" else "number")
    floor.restart()
    assert floor.waiting() == [floor.interaction(call)]
    floor.pass_time(2.0)
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    assert floor.story(call)[-1] == "closed"


def test_an_order_that_gets_lost_is_given_up_in_time(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.flow_enters(call, "to_branch", budget=40.0)
    floor.swallow_next_command()
    floor.flow_transfers(call, "building", to="number", timeout=10.0)
    floor.pass_time(12.0)
    assert floor.not_taken(call) == ["unanswered"]
    assert in_flow(floor, call)


def test_a_report_of_the_session_that_is_over_is_kept(floor: Floor) -> None:
    """By which exit the flow was left is known only when it is."""
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_transfers(call, "bo")
    floor.agent_answers("bo")
    left = facts.NodeLeft(
        call=call, session=1, flow="support", version=1, node="to_bo", exit="transferred", asked_person=False
    )
    floor.tell(left)
    assert floor.story(call)[-1] == "node_left"
