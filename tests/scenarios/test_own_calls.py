"""Calls that agents make: to a number, to a colleague."""

from __future__ import annotations

import pytest

from callcenter.api.calls import (
    AgentTarget,
    CallDirection,
    CallMade,
    ClearConnection,
    ConnectionState,
    ConsultationCall,
    HoldCall,
    MakeCall,
    NumberTarget,
    Operation,
    QueueTarget,
    RetrieveCall,
    SingleStepTransferCall,
    Target,
    TransferCall,
)
from callcenter.api.messages import AgentActivity, AgentStateName, ContactPhase, ContactReport, Refused
from callcenter.domain import commands
from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from tests.support.floor import Floor, device

NUMBER: Target = NumberTarget(number="(202) 555-0123")


def dials(floor: Floor, target: Target = NUMBER, agent: str = "bo") -> CallId:
    """An agent makes a call, and his own phone has answered; return the call as its own phone knows it."""
    made = floor.ask(MakeCall(agent=agent, target=target))
    assert isinstance(made, CallMade), made
    floor.agent_answers(agent)
    return CallId(f"cc-{made.interaction}")


def refusal(floor: Floor, target: Target) -> str | None:
    reply = floor.ask(MakeCall(agent="bo", target=target))
    return reply.code if isinstance(reply, Refused) else None


def test_the_agents_phone_first_then_the_number(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    made = floor.ask(MakeCall(agent="bo", target=NUMBER))
    assert isinstance(made, CallMade)
    page = floor.page("bo")
    assert page is not None
    assert page.call is not None
    assert (page.phase, page.direction, page.called_number) == (
        ContactPhase.DIALLING,
        CallDirection.OUT,
        "+12025550123",
    )
    assert floor.may("bo") == {Operation.CLEAR}
    assert floor.pbx.ringing_numbers() == []
    floor.agent_answers("bo")
    assert floor.pbx.ringing_numbers() == ["+12025550123"]
    assert floor.activity("bo") is AgentActivity.DIALLING
    floor.pbx.number_answers()
    floor.settle()
    page = floor.page("bo")
    assert page is not None
    assert page.call is not None
    assert (page.phase, page.call.customer) == (ContactPhase.TALKING, ConnectionState.CONNECTED)
    own = CallId(f"cc-{made.interaction}")
    floor.agent_hangs_up("bo")
    assert floor.state("bo") is AgentStateName.READY  # general has no work after it
    assert floor.story(own) == [
        "started",
        "dialled:+12025550123",
        "answered:bo",
        "talk_ended:agent",
        "wrap_up_completed",
        "ended:handled",
        "closed",
    ]
    sent = floor.sent(commands.MakeCall)[0]
    assert isinstance(sent, commands.MakeCall)
    assert sent.to.caller_id == "+12025550100"


def test_while_he_dials_nothing_is_offered_to_him(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    own = dials(floor)
    call = floor.caller_waits()
    assert floor.rings("bo") is None
    floor.pbx.number_fails(Cause.BUSY)
    floor.settle()
    assert floor.last_gone("bo") == "failed"
    assert [one.not_reached for one in floor.reports if isinstance(one, ContactReport) and one.gone] == ["busy"]
    assert floor.rings("bo") == call
    assert floor.story(own)[-2:] == ["ended:not_reached", "closed"]


@pytest.mark.parametrize("cause", [Cause.BUSY, Cause.NO_ANSWER, Cause.CALL_REJECTED, Cause.UNREACHABLE])
def test_his_own_phone_does_not_answer(floor: Floor, cause: Cause) -> None:
    floor.agent_signs_on("bo")
    made = floor.ask(MakeCall(agent="bo", target=NUMBER))
    assert isinstance(made, CallMade)
    floor.agent_rejects("bo", cause)
    assert floor.page("bo") is None
    assert floor.state("bo") is AgentStateName.READY


def test_it_may_be_given_up_at_any_time(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    floor.ask(MakeCall(agent="bo", target=NUMBER))
    assert floor.agent_does("bo", ClearConnection) is None
    assert floor.page("bo") is None
    own = dials(floor)
    assert floor.agent_does("bo", ClearConnection) is None
    assert floor.page("bo") is None
    assert floor.pbx.legs == {}
    assert floor.state("bo") is AgentStateName.READY
    assert floor.story(own)[-1] == "closed"


def test_what_may_not_be_dialled_is_refused(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    assert refusal(floor, NumberTarget(number="900 555 0123")) == "number_class_not_allowed"
    assert refusal(floor, NumberTarget(number="2025550123&PJSIP/x")) == "not_a_number"
    assert refusal(floor, AgentTarget(agent="bo")) == "target_is_you"
    assert refusal(floor, AgentTarget(agent="ana")) == "target_away"
    assert refusal(floor, QueueTarget(queue="technical")) == "target_busy"
    floor.phone_lost("bo")
    assert refusal(floor, NUMBER) == "phone_unreachable"
    assert floor.sent(commands.MakeCall) == []


def test_emergency_numbers_are_always_dialled(floor: Floor) -> None:
    floor.agent_signs_on("bo", ready=False)
    dials(floor, NumberTarget(number="911"))
    assert floor.pbx.ringing_numbers() == ["911"]


def test_who_has_something_to_do_calls_nobody(floor: Floor) -> None:
    floor.talk("bo")
    assert refusal(floor, NUMBER) == "agent_not_free"
    floor.agent_hangs_up("bo")
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert refusal(floor, NUMBER) == "agent_not_free"


def test_an_outgoing_talk_is_held_and_handed_over_like_any_other(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana", ready=False)
    own = dials(floor)
    floor.pbx.number_answers()
    floor.settle()
    assert floor.agent_does("bo", HoldCall) is None
    assert floor.agent_does("bo", RetrieveCall) is None
    assert floor.agent_does("bo", ConsultationCall, target=AgentTarget(agent="ana")) is None
    floor.agent_answers("ana")
    assert floor.agent_does("bo", TransferCall) is None
    page = floor.page("ana")
    assert page is not None
    assert page.direction is CallDirection.OUT
    floor.agent_hangs_up("ana")
    assert floor.story(own)[-3:] == ["wrap_up_completed", "ended:handled", "closed"]


def test_who_was_called_may_be_sent_to_a_queue(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    floor.agent_signs_on("cy")
    dials(floor)
    floor.pbx.number_answers()
    floor.settle()
    assert floor.agent_does("bo", SingleStepTransferCall, target=QueueTarget(queue="technical")) is None
    assert floor.rings("cy") is not None


# -- colleagues ------------------------------------------------------------------------------------------------------


def test_two_agents_talk_and_both_are_taken_for_it(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    made = floor.ask(MakeCall(agent="bo", target=AgentTarget(agent="ana")))
    assert isinstance(made, CallMade)
    page = floor.page("ana")
    assert page is not None
    assert (page.direction, page.calling_name, page.phase) == (CallDirection.INTERNAL, "Bo", ContactPhase.OFFERED)
    waits = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_answers("ana")
    page = floor.page("bo")
    assert page is not None
    assert page.calling_name == "Ana"
    assert floor.rings("bo") is None
    assert floor.rings("ana") is None
    assert {floor.state("bo"), floor.state("ana")} == {AgentStateName.BUSY}
    floor.agent_hangs_up("ana")
    own = CallId(f"cc-{made.interaction}")
    assert (floor.rings("bo"), floor.rings("ana")) == (waits, None)  # no work after it, for neither
    assert floor.state("ana") is AgentStateName.READY
    assert floor.story(own)[-1] == "closed"
    assert floor.written(own, EventKind.STARTED)[0].data["direction"] == "internal"


@pytest.mark.parametrize("who", ["bo", "ana"])
def test_either_may_put_the_phone_down(floor: Floor, who: str) -> None:
    floor.agent_signs_on("bo", ready=False)
    floor.agent_signs_on("ana", ready=False)
    dials(floor, AgentTarget(agent="ana"))
    floor.agent_answers("ana")
    assert floor.agent_does(who, ClearConnection) is None
    assert floor.page("bo") is None
    assert floor.page("ana") is None
    assert floor.pbx.legs == {}
    assert floor.pbx.lines == {}


@pytest.mark.parametrize("how", ["hangs up on hold", "phone dies", "phone dies on hold"])
def test_a_colleague_whose_caller_has_gone_waits_for_nobody(floor: Floor, how: str) -> None:
    """He is no customer: neither queued nor offered to others, and free at once."""
    floor.agent_signs_on("bo", ready=False)
    floor.agent_signs_on("ana", ready=False)
    own = dials(floor, AgentTarget(agent="ana"))
    floor.agent_answers("ana")
    if "hold" in how:
        assert floor.agent_does("bo", HoldCall) is None
    if how == "hangs up on hold":
        floor.agent_hangs_up("bo")
    else:
        floor.pbx.lose_leg(device("bo"), Cause.MEDIA_LOST)
        floor.settle()
    assert floor.waiting() == []
    assert (floor.page("bo"), floor.page("ana")) == (None, None)
    assert (floor.pbx.legs, floor.pbx.lines) == ({}, {})
    assert floor.state("ana") is AgentStateName.NOT_READY
    assert floor.story(own)[-1] == "closed"


def test_a_colleague_is_sent_nowhere(floor: Floor) -> None:
    floor.agent_signs_on("bo", ready=False)
    floor.agent_signs_on("ana", ready=False)
    dials(floor, AgentTarget(agent="ana"))
    floor.agent_answers("ana")
    for target in (QueueTarget(queue="billing"), NUMBER):
        assert floor.agent_does("bo", SingleStepTransferCall, target=target) == "not_in_this_state"


def test_a_colleague_who_does_not_come(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana", ready=False)
    own = dials(floor, AgentTarget(agent="ana"))
    floor.agent_rejects("ana", Cause.NO_ANSWER)
    assert floor.page("ana") is None
    assert floor.state("ana") is AgentStateName.NOT_READY
    assert floor.story(own)[-2:] == ["ended:not_reached", "closed"]


@pytest.mark.parametrize("answered", [False, True])
def test_a_restart_finds_the_call(floor: Floor, *, answered: bool) -> None:
    floor.agent_signs_on("bo")
    own = dials(floor)
    if answered:
        floor.pbx.number_answers()
        floor.settle()
    floor.restart()
    assert floor.state("bo") is AgentStateName.BUSY
    if not answered:
        floor.pbx.number_answers()
        floor.settle()
    assert floor.snapshot().contacts["bo"].phase is ContactPhase.TALKING
    floor.agent_hangs_up("bo")
    assert floor.story(own)[-1] == "closed"
    assert floor.state("bo") is AgentStateName.READY


def test_a_link_that_was_away_while_they_answered(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    own = dials(floor)
    floor.link_down()
    floor.pbx.number_answers()
    floor.link_up()
    assert floor.activity("bo") is AgentActivity.TALKING
    floor.agent_hangs_up("bo")
    assert floor.story(own)[-1] == "closed"


def test_an_order_that_is_not_taken_frees_the_agent(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    floor.pbx.unregister(device("bo"))  # the switch knows it before we do
    floor.ask(MakeCall(agent="bo", target=NUMBER))
    assert floor.page("bo") is None
