"""Agents come and go: pages, second pages, sign-off, breaks, people who change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.api import messages
from callcenter.api.messages import AgentReport, AgentStateName, DesktopDismissed
from callcenter.domain.ids import AgentId, DeviceName
from callcenter.ports import AgentRecord
from callcenter.server import facts
from tests.support.floor import Floor, device, person


def test_who_signs_on_is_not_ready(floor: Floor) -> None:
    """Nobody is rung before he says so."""
    floor.agent_signs_on("bo", ready=False)
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "signed in")


def test_a_stranger_cannot_sign_on(floor: Floor) -> None:
    """Only people the house knows."""
    assert floor.refusal(messages.SignOn(agent="mallory", desktop="d")) == "unknown_agent"


def test_a_second_page_dismisses_the_first(floor: Floor) -> None:
    """The older page is told; the work goes on undisturbed on the newer one."""
    floor.agent_signs_on("bo", desktop="first")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.ask(messages.SignOn(agent="bo", desktop="second"))
    assert [one for one in floor.reports if isinstance(one, DesktopDismissed)] == [
        DesktopDismissed(agent="bo", desktop="first")
    ]
    assert floor.talks_to("bo") == call
    floor.ask(messages.DesktopGone(agent="bo", desktop="first"))
    assert floor.director.floor.desks[AgentId("bo")].desktop == "second"


def test_the_same_page_again_dismisses_nobody(floor: Floor) -> None:
    """A page that reconnects signs on once more."""
    floor.agent_signs_on("bo", desktop="first")
    floor.ask(messages.SignOn(agent="bo", desktop="first"))
    assert not any(isinstance(one, DesktopDismissed) for one in floor.reports)
    assert floor.state("bo") is AgentStateName.READY


def test_a_closed_browser_gets_no_more_calls(floor: Floor) -> None:
    """Page gone beyond its grace: not ready, for a reason everybody can read."""
    floor.agent_signs_on("bo")
    floor.ask(messages.DesktopGone(agent="bo", desktop="desktop-bo"))
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "desktop_closed")
    shown = next(one for one in floor.snapshot().agents if one.agent == "bo")
    assert not shown.desktop_connected
    floor.caller_waits()
    assert floor.rings("bo") is None


def test_a_closed_browser_does_not_make_lunch_a_mishap(floor: Floor) -> None:
    """Who is on a break keeps the reason he gave, when his page goes too."""
    floor.agent_signs_on("bo", ready=False)
    floor.agent_takes_a_break("bo")
    floor.ask(messages.DesktopGone(agent="bo", desktop="desktop-bo"))
    assert floor.reason("bo") == "break"


def test_a_browser_closed_in_a_talk(floor: Floor) -> None:
    """Page, phone and media go one after the other; the caller is not lost, the agent is not busy for ever."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.ask(messages.DesktopGone(agent="bo", desktop="desktop-bo"))
    floor.phone_lost("bo")
    assert floor.state("bo") is AgentStateName.BUSY
    floor.pbx.lose_leg(device("bo"))
    floor.settle()
    assert floor.waiting() == [floor.interaction(call)]
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "desktop_closed")


def test_sign_off_only_from_not_ready(floor: Floor) -> None:
    """A ready or busy agent cannot vanish."""
    floor.agent_signs_on("bo")
    assert floor.refusal(messages.SignOff(agent="bo")) == "log_off_from_not_ready_only"
    floor.caller_waits("general")
    floor.agent_answers("bo")
    assert floor.refusal(messages.SignOff(agent="bo")) == "log_off_from_not_ready_only"
    floor.agent_takes_a_break("bo")
    assert floor.refusal(messages.SignOff(agent="bo")) == "log_off_from_not_ready_only"
    floor.agent_hangs_up("bo")
    assert floor.refusal(messages.SignOff(agent="bo")) is None
    assert floor.state("bo") is AgentStateName.NULL
    assert floor.refusal(messages.SignOff(agent="bo")) == "unknown_agent"


def test_who_signed_off_can_do_nothing(floor: Floor) -> None:
    """No state can be asked for without signing on."""
    assert floor.refusal(messages.SetState(agent="bo", state=AgentStateName.READY)) == "unknown_agent"


def test_a_break_needs_a_reason_that_is_configured(floor: Floor) -> None:
    """Free text is no reason."""
    floor.agent_signs_on("bo")
    for reason in (None, "nap"):
        asked = messages.SetState(agent="bo", state=AgentStateName.NOT_READY, reason=reason)
        assert floor.refusal(asked) == "unknown_reason"
    assert floor.state("bo") is AgentStateName.READY


def test_the_switchs_own_queues_know_who_would_take_calls(floor: Floor) -> None:
    """Ready is ready, a break is paused, and who signs off is no member."""
    floor.agent_signs_on("bo")
    assert floor.pbx.members[device("bo")].ready
    assert [member.queue for member in floor.pbx.members[device("bo")].queues] == ["billing", "general"]
    floor.agent_takes_a_break("bo")
    assert not floor.pbx.members[device("bo")].ready
    floor.ask(messages.SignOff(agent="bo"))
    assert floor.pbx.members[device("bo")].queues == ()


def test_an_agent_in_a_talk_who_wants_more_stays_a_ready_member(floor: Floor) -> None:
    """The switch sees a busy phone by itself; the talk must not take the agent out of the fallback."""
    floor.agent_signs_on("bo")
    floor.caller_waits()
    floor.agent_answers("bo")
    assert floor.pbx.members[device("bo")].ready
    floor.agent_hangs_up("bo")
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert not floor.pbx.members[device("bo")].ready


def test_new_people_and_new_skills_count_at_once(floor: Floor) -> None:
    """Who learns billing is offered the billing caller who waits."""
    floor.agent_signs_on("cy")
    call = floor.caller_waits("billing")
    assert floor.rings("cy") is None
    floor.tell(facts.PeopleRead(agents=(*floor.people, person("dee", billing=3))))
    floor.tell(facts.PeopleRead(agents=(person("cy", billing=4), person("dee", billing=3))))
    floor.settle()
    assert floor.rings("cy") == call
    floor.agent_signs_on("dee")
    assert floor.state("dee") is AgentStateName.READY


def test_who_works_here_no_more_finishes_his_call(floor: Floor) -> None:
    """He is offered nothing, can ask for nothing but to complete his work, and is gone when that is done."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits("billing")
    floor.agent_answers("bo")
    others = tuple(one for one in floor.people if one.agent != "bo")
    floor.tell(facts.PeopleRead(agents=others))
    assert floor.state("bo") is AgentStateName.BUSY
    assert floor.refusal(messages.SetState(agent="bo", state=AgentStateName.READY)) == "unknown_agent"
    floor.agent_hangs_up("bo")
    assert floor.agent_completes("bo", call) is None
    assert [one.agent for one in floor.snapshot().agents] == ["ana", "cy"]
    last = [one.agent for one in floor.reports if isinstance(one, AgentReport) and one.agent.agent == "bo"][-1]
    assert last.state is AgentStateName.NULL
    assert floor.pbx.members[device("bo")].queues == ()
    assert floor.refusal(messages.SignOn(agent="bo", desktop="d")) == "unknown_agent"
    floor.tell(facts.PeopleRead(agents=floor.people))
    floor.agent_signs_on("bo")
    assert floor.state("bo") is AgentStateName.READY


def test_who_works_here_no_more_and_has_nothing_to_do_is_gone_at_once(floor: Floor) -> None:
    """Also while his phone rings: the caller is not left with it."""
    floor.agent_signs_on("ana")
    floor.agent_signs_on("bo")
    call = floor.caller_waits("billing")
    assert floor.rings("bo") == call
    floor.tell(facts.PeopleRead(agents=tuple(one for one in floor.people if one.agent != "bo")))
    floor.settle()
    floor.pass_time(16.0)
    assert floor.rings("ana") == call
    assert "bo" not in floor.director.floor.desks


def test_two_agents_who_swap_phones(floor: Floor) -> None:
    """Each is found by the phone he has now, and the switch's queues learn of it."""
    floor.agent_signs_on("ana")
    floor.agent_signs_on("bo")

    def moved(agent: str, to: DeviceName) -> AgentRecord:
        return AgentRecord(agent=AgentId(agent), name=agent, device=to, skills={"billing": 5})

    floor.tell(facts.PeopleRead(agents=(moved("ana", device("bo")), moved("bo", device("ana")))))
    floor.settle()
    by_device = {name: desk.record.agent for name, desk in floor.director.floor.by_device.items()}
    assert (by_device[device("ana")], by_device[device("bo")]) == ("bo", "ana")
    floor.phone_lost("ana")
    assert floor.reason("bo") == "phone unreachable"
    assert floor.state("ana") is AgentStateName.READY


def test_a_phone_that_is_not_registered_where_an_agent_moves_to(floor: Floor) -> None:
    """With the phone changes whether he can be reached."""
    floor.agent_signs_on("bo")
    floor.tell(
        facts.PeopleRead(
            agents=(AgentRecord(agent=AgentId("bo"), name="Bo", device=DeviceName("agent-new"), skills={}),)
        )
    )
    floor.settle()
    assert floor.reason("bo") == "phone unreachable"
    assert floor.pbx.members[device("bo")].queues == ()
    assert [one.queue for one in floor.pbx.members[DeviceName("agent-new")].queues] == ["general"]


@pytest.mark.parametrize("talking", [False, True])
def test_who_comes_in_the_place_of_another_has_his_phone(floor: Floor, talking: bool) -> None:
    floor.agent_signs_on("bo")
    if talking:
        floor.caller_waits()
        floor.agent_answers("bo")
    others = tuple(one for one in floor.people if one.agent != "bo")
    floor.people = (*others, replace(person("dee", billing=3), device=device("bo")))
    floor.tell(facts.PeopleRead(agents=floor.people))
    floor.settle()
    if talking:
        floor.agent_hangs_up("bo")
        floor.pass_time(60.0)
    assert AgentId("bo") not in floor.director.floor.desks
    assert floor.director.floor.by_device[device("bo")].record.agent == "dee"


def test_of_two_who_leave_with_one_phone_neither_is_missed(floor: Floor) -> None:
    """It would be the end of the whole server."""
    floor.agent_signs_on("bo")
    floor.caller_waits()
    floor.agent_answers("bo")
    others = tuple(one for one in floor.people if one.agent != "bo")
    floor.tell(facts.PeopleRead(agents=(*others, replace(person("dee", billing=3), device=device("bo")))))
    floor.tell(facts.PeopleRead(agents=others))
    floor.agent_hangs_up("bo")
    floor.pass_time(60.0)
    assert floor.director.floor.desks.keys() == {one.agent for one in others}
