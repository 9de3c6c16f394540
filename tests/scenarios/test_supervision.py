"""A supervisor sets an agent's state, or ends work that is stuck: whatever it is, at once, and under his name."""

from __future__ import annotations

from callcenter.api.calls import AgentTarget, ConsultationCall, HoldCall, MakeCall, NumberTarget
from callcenter.api.messages import (
    AgentStateName,
    ClearContact,
    DesktopDismissed,
    ForceState,
    Repair,
    RepairReport,
    SetState,
)
from callcenter.domain.events import Place
from callcenter.domain.interaction import EventKind
from tests.support.floor import Floor


def force(floor: Floor, agent: str, state: AgentStateName, reason: str | None = None) -> str | None:
    asked = {"by": "sue", "agent": agent, "state": state, "reason": reason}
    return floor.refusal(ForceState.model_validate(asked))


def clear(floor: Floor, agent: str, interaction: str) -> str | None:
    return floor.refusal(ClearContact(by="sue", agent=agent, interaction=interaction))


def told(floor: Floor) -> list[tuple[Repair, str | None, str | None]]:
    found = [one.repair for one in floor.reports if isinstance(one, RepairReport)]
    return [(one.repair, one.agent, one.by) for one in found]


# -- states ----------------------------------------------------------------------------------------------------------


def test_an_agent_is_set_ready_and_not_ready(floor: Floor) -> None:
    floor.agent_signs_on("bo", ready=False)
    assert force(floor, "bo", AgentStateName.READY) is None
    assert floor.state("bo") is AgentStateName.READY
    assert force(floor, "bo", AgentStateName.NOT_READY, "break") is None
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "break")
    agent = next(one for one in floor.snapshot().agents if one.agent == "bo")
    assert agent.forced_by == "sue"
    assert told(floor) == [(Repair.STATE_FORCED, "bo", "sue")] * 2


def test_his_own_choice_is_his_own_again(floor: Floor) -> None:
    floor.agent_signs_on("bo", ready=False)
    force(floor, "bo", AgentStateName.NOT_READY)
    assert floor.reason("bo") == "forced"
    floor.ask(SetState(agent="bo", state=AgentStateName.READY))
    assert next(one for one in floor.snapshot().agents if one.agent == "bo").forced_by is None


def test_during_a_talk_it_is_what_comes_after(floor: Floor) -> None:
    floor.talk("bo")
    assert force(floor, "bo", AgentStateName.NOT_READY, "break") is None
    assert floor.state("bo") is AgentStateName.BUSY


def test_an_agent_is_signed_off_and_his_talk_goes_on(floor: Floor) -> None:
    call = floor.talk("bo")
    assert force(floor, "bo", AgentStateName.NULL) is None
    assert floor.state("bo") is AgentStateName.NULL
    dismissed = [one for one in floor.reports if isinstance(one, DesktopDismissed)]
    assert [(one.agent, one.by) for one in dismissed] == [("bo", "sue")]
    assert floor.pbx.lines[call].place is Place.TALKING
    floor.agent_hangs_up("bo")
    assert floor.story(call)[-1] == "closed"


def test_who_is_not_there_or_a_reason_that_is_not(floor: Floor) -> None:
    assert force(floor, "bo", AgentStateName.READY) == "unknown_agent"
    assert force(floor, "nobody", AgentStateName.READY) == "unknown_agent"
    floor.agent_signs_on("bo")
    assert force(floor, "bo", AgentStateName.NOT_READY, "no-such-reason") == "unknown_reason"
    assert told(floor) == []


# -- contacts --------------------------------------------------------------------------------------------------------


def test_a_customer_of_a_cleared_contact_waits_for_another(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_does("bo", HoldCall)
    floor.agent_takes_a_break("bo")
    assert clear(floor, "bo", floor.interaction(call)) is None
    assert floor.waiting() == [floor.interaction(call)]
    assert floor.state("bo") is AgentStateName.NOT_READY
    assert floor.page("bo") is None
    assert floor.pbx.legs == {}
    assert floor.written(call, EventKind.CLEARED)[0].data == {"agent": "bo", "by": "sue"}
    assert told(floor) == [(Repair.CONTACT_CLEARED, "bo", "sue")]
    floor.agent_signs_on("ana")
    floor.pass_time(1.0)
    assert floor.rings("ana") == call or floor.contact(call).offer is not None


def test_work_after_a_talk_is_ended(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.caller_hangs_up(call)
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert clear(floor, "bo", floor.interaction(call)) is None
    assert floor.state("bo") is AgentStateName.READY
    assert floor.story(call)[-1] == "closed"


def test_an_offer_is_taken_back(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.pass_time(0.1)
    assert clear(floor, "bo", floor.interaction(call)) is None
    assert floor.rings("bo") is None
    assert floor.waiting() == [floor.interaction(call)]


def test_a_colleague_is_let_go_and_the_customer_keeps_his_agent(floor: Floor) -> None:
    floor.agent_signs_on("ana", ready=False)
    call = floor.talk("bo")
    floor.agent_does("bo", ConsultationCall, target=AgentTarget(agent="ana"))
    floor.agent_answers("ana")
    assert clear(floor, "ana", floor.interaction(call)) is None
    assert floor.state("ana") is AgentStateName.NOT_READY
    assert floor.contact(call).agent == "bo"
    assert clear(floor, "bo", floor.interaction(call)) is None
    assert floor.pbx.legs == {}


def test_an_own_call_that_hangs_is_given_up(floor: Floor) -> None:
    floor.agent_signs_on("bo", ready=False)
    floor.ask(MakeCall(agent="bo", target=NumberTarget(number="202 555 0123")))
    page = floor.page("bo")
    assert page is not None
    assert clear(floor, "bo", page.interaction) is None
    assert floor.page("bo") is None
    assert floor.state("bo") is AgentStateName.NOT_READY
    assert floor.pbx.own_calls == {}


def test_nothing_of_others_and_nothing_that_is_over(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_signs_on("ana")
    assert clear(floor, "ana", floor.interaction(call)) == "unknown_contact"
    assert clear(floor, "bo", "018f0000-0000-7000-8000-000000000009") == "unknown_contact"
    assert clear(floor, "nobody", floor.interaction(call)) == "unknown_contact"
