"""An agent's page is reloaded, closed or crashes in a talk: his caller waits for him for a while, then for anybody."""

from __future__ import annotations

import pytest

from callcenter.api.calls import AgentTarget, ConferenceCall, ConsultationCall, HoldCall, Operation
from callcenter.api.messages import AgentStateName, DesktopGone, SignOn
from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from tests.support.floor import Floor, device


def lost(floor: Floor, *, hold: bool = False) -> CallId:
    """Bo's tab crashes in a talk: his phone is gone, and then its leg is found dead."""
    call = floor.talk("bo")
    if hold:
        floor.agent_does("bo", HoldCall)
    floor.pass_time(20.0)
    floor.phone_lost("bo")
    floor.pbx.lose_leg(device("bo"), Cause.MEDIA_LOST)
    floor.settle()
    return call


@pytest.mark.parametrize("hold", [False, True])
def test_the_same_agent_is_rung_back_as_soon_as_his_phone_is_there(floor: Floor, *, hold: bool) -> None:
    call = lost(floor, hold=hold)
    floor.agent_signs_on("ana")
    floor.pass_time(12.0)
    assert floor.rings("ana") is None  # he waits for the one who knows his matter
    floor.ask(SignOn(agent="bo", desktop="another"))
    floor.phone_back("bo")
    assert floor.rings("bo") == call
    page = floor.page("bo")
    assert page is not None
    floor.agent_answers("bo")
    assert floor.talks_to("bo") == call
    assert len(floor.written(call, EventKind.ANSWERED)) == 2
    floor.agent_hangs_up("bo")
    assert floor.story(call)[-1] == "ended:handled"


@pytest.mark.parametrize("hold", [False, True])
def test_a_new_tab_whose_phone_is_there_before_the_old_one_is_found_dead(floor: Floor, *, hold: bool) -> None:
    """The phone has never been away, and the agent was set not ready with his first page: he is rung all the same."""
    call = floor.talk("bo")
    if hold:
        floor.agent_does("bo", HoldCall)
    floor.ask(DesktopGone(agent="bo", desktop="desktop-bo"))
    floor.ask(SignOn(agent="bo", desktop="another"))
    floor.pbx.lose_leg(device("bo"), Cause.MEDIA_LOST)
    floor.settle()
    floor.pass_time(1.0)
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    assert floor.talks_to("bo") == call


@pytest.mark.parametrize("page_gone", [False, True])
def test_a_new_tab_that_has_not_registered_yet_is_rung_again(floor: Floor, *, page_gone: bool) -> None:
    """The old registration has just gone, the new one is on its way: that is no trouble with the phone."""
    call = floor.talk("bo")
    if page_gone:
        floor.ask(DesktopGone(agent="bo", desktop="desktop-bo"))
        floor.ask(SignOn(agent="bo", desktop="another"))
    floor.pbx.registered.discard(device("bo"))  # within the grace: nobody is told
    floor.pbx.lose_leg(device("bo"), Cause.MEDIA_LOST)
    floor.settle()
    floor.pass_time(0.2)
    assert floor.rings("bo") is None
    floor.pbx.registered.add(device("bo"))
    floor.pass_time(3.0)
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    assert floor.talks_to("bo") == call
    floor.agent_hangs_up("bo")
    floor.agent_completes("bo", call)
    assert floor.state("bo") is (AgentStateName.NOT_READY if page_gone else AgentStateName.READY)


def test_also_one_who_had_chosen_not_to_be_ready(floor: Floor) -> None:
    """He goes on with the talk he was in; what he chose for afterwards still holds."""
    call = floor.talk("bo")
    floor.agent_takes_a_break("bo")
    floor.phone_lost("bo")
    floor.pbx.lose_leg(device("bo"), Cause.MEDIA_LOST)
    floor.settle()
    floor.phone_back("bo")
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    floor.agent_completes("bo", call)
    assert floor.state("bo") is AgentStateName.NOT_READY
    assert floor.reason("bo") == "break"


def test_after_half_a_minute_anybody_may_have_him_and_he_is_the_first(floor: Floor) -> None:
    call = lost(floor)
    floor.caller_waits()
    floor.pass_time(31.0)
    floor.agent_signs_on("ana")
    assert floor.rings("ana") == call


def test_an_agent_whose_page_is_gone_for_good_is_not_waited_for_in_vain(floor: Floor) -> None:
    """The desktop's server says so; he is not ready, and his caller still waits no longer than half a minute."""
    call = lost(floor)
    floor.ask(DesktopGone(agent="bo", desktop="desktop-bo"))
    assert floor.state("bo") is AgentStateName.NOT_READY
    floor.agent_signs_on("ana")
    floor.pass_time(31.0)
    assert floor.rings("ana") == call


def test_a_caller_who_waits_for_his_agent_may_hang_up(floor: Floor) -> None:
    call = lost(floor)
    floor.caller_hangs_up(call)
    floor.phone_back("bo")
    assert floor.rings("bo") is None
    assert floor.story(call)[-1] == "closed"


def test_an_agent_who_comes_back_to_another_offer_is_not_offered_both(floor: Floor) -> None:
    call = lost(floor)
    floor.phone_back("bo")
    other = floor.caller_waits()
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    assert floor.waiting() == [floor.interaction(other)]


# -- restarts of ours ------------------------------------------------------------------------------------------------


def test_a_restart_while_the_customer_is_on_hold(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_does("bo", HoldCall)
    floor.restart()
    assert floor.state("bo") is AgentStateName.BUSY
    assert Operation.RETRIEVE in _may(floor, "bo")
    floor.pass_time(10.0)
    assert floor.pbx.leg_of(device("bo")) is not None
    floor.agent_hangs_up("bo")
    assert floor.waiting() == [floor.interaction(call)]


@pytest.mark.parametrize("lost_events", [0, 1, 2, 3])
@pytest.mark.parametrize("conference", [False, True])
def test_a_restart_while_a_colleague_is_there(floor: Floor, *, lost_events: int, conference: bool) -> None:
    """What the channels say counts, whatever of the last moments had reached the disk."""
    floor.agent_signs_on("ana", ready=False)
    call = floor.talk("bo")
    floor.agent_does("bo", ConsultationCall, target=AgentTarget(agent="ana"))
    floor.agent_answers("ana")
    if conference:
        floor.agent_does("bo", ConferenceCall)
    floor.restart(lost=lost_events)
    assert {floor.state("bo"), floor.state("ana")} == {AgentStateName.BUSY}
    contacts = floor.snapshot().contacts
    assert contacts["bo"].call is not None
    assert contacts["bo"].call.joined is conference
    assert contacts["ana"].call is not None
    assert contacts["ana"].call.role == "consulted"
    floor.agent_hangs_up("bo")
    assert floor.talks_to("ana") == call
    floor.agent_hangs_up("ana")
    assert floor.pbx.lines == {}
    assert floor.state("bo") in (AgentStateName.WORKING_AFTER_CALL, AgentStateName.READY)


@pytest.mark.parametrize("seconds", [5.0, 20.0, 60.0])
def test_a_link_that_is_away_for_a_while(floor: Floor, seconds: float) -> None:
    """The dialplan brings agent and customer together again, or leaves them as they are; nobody is stuck."""
    floor.agent_signs_on("ana", ready=False)
    call = floor.talk("bo")
    floor.agent_does("bo", ConsultationCall, target=AgentTarget(agent="ana"))
    floor.agent_answers("ana")
    floor.link_down()
    floor.pass_time(seconds)
    floor.link_up()
    floor.pass_time(10.0)
    if seconds > 6.0:  # the heartbeat was missed
        assert floor.talks_to("bo") == call
        assert floor.page("ana") is None
    else:
        assert Operation.TRANSFER in _may(floor, "bo")
    floor.agent_hangs_up("bo")
    floor.pass_time(5.0)
    floor.agent_hangs_up("ana")
    assert floor.pbx.lines == {}
    assert floor.pbx.legs == {}


def _may(floor: Floor, agent: str) -> set[Operation]:
    contact = floor.snapshot().contacts[agent]
    return set(contact.call.may) if contact.call is not None else set()
