"""An agent is offered a caller: he rejects, does not answer, cannot be reached; the pop comes before the ring."""

from __future__ import annotations

import pytest

from callcenter.api import messages
from callcenter.api.messages import AgentStateName
from callcenter.domain import commands, events
from callcenter.domain.cause import Cause
from callcenter.domain.events import Delivered
from callcenter.domain.ids import ConnectionId
from callcenter.domain.interaction import EventKind
from tests.support.floor import CARLA, Floor, device

# -- who gets whom ---------------------------------------------------------------------------------------------------


def test_a_standard_caller_goes_to_the_least_specialised(floor: Floor) -> None:
    """The expert stays free for what only she can do."""
    floor.agent_signs_on("ana")
    floor.agent_signs_on("bo")
    call = floor.caller_waits("billing")
    assert floor.rings("bo") == call


def test_a_vip_goes_to_the_most_proficient(floor: Floor) -> None:
    """Expert tiers turn the choice round."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    call = floor.caller_waits("billing", customer=CARLA)
    assert floor.rings("ana") == call


def test_a_vip_is_ahead_of_those_who_came_shortly_before(floor: Floor) -> None:
    """A head start of 300 s passes those who wait for less, and nobody else."""
    long_ago = floor.caller_waits("billing")
    floor.pass_time(301.0)
    recent = floor.caller_waits("billing")
    vip = floor.caller_waits("billing", customer=CARLA)
    assert floor.waiting() == [floor.interaction(call) for call in (long_ago, vip, recent)]


def test_two_callers_for_one_agent(floor: Floor) -> None:
    """One is offered, the other waits, and is offered the moment the agent is free."""
    first, second = floor.caller_waits("general"), floor.caller_waits("general")
    floor.agent_signs_on("bo")
    assert floor.rings("bo") == first
    floor.agent_answers("bo")
    assert floor.waiting() == [floor.interaction(second)]
    floor.agent_hangs_up("bo")
    assert floor.rings("bo") == second


def test_two_agents_for_one_caller(floor: Floor) -> None:
    """Only one is asked."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    floor.caller_waits("billing")
    assert (floor.rings("bo") is None) != (floor.rings("ana") is None)


def test_nobody_is_offered_what_he_cannot_do(floor: Floor) -> None:
    """Bo has no technical skill, so the caller waits beside him."""
    floor.agent_signs_on("bo")
    floor.caller_waits("technical")
    assert floor.rings("bo") is None


# -- it does not come about --------------------------------------------------------------------------------------------


def test_rona_the_agent_is_not_ready_and_the_caller_keeps_his_place(floor: Floor) -> None:
    """The phone rang in vain: the agent stays not ready until he says otherwise."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    later = floor.caller_waits()
    floor.pass_time(16.0)
    assert floor.rings("bo") is None
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "missed call")
    assert floor.last_gone("bo") == "missed"
    assert floor.story(call)[-1] == "offer_ended:unanswered"
    assert floor.waiting() == [floor.interaction(call), floor.interaction(later)]
    floor.pass_time(60.0)
    assert floor.state("bo") is AgentStateName.NOT_READY
    floor.agent_gets_ready("bo")
    assert floor.rings("bo") == call


@pytest.mark.parametrize("cause", [Cause.BUSY, Cause.CALL_REJECTED])
def test_a_rejected_call_goes_to_the_next_agent(floor: Floor, cause: Cause) -> None:
    """Who declines is not ready; the caller does not wait for him."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    call = floor.caller_waits()
    floor.agent_rejects("bo", cause)
    assert floor.rings("ana") == call
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "declined")
    assert floor.last_gone("bo") == "refused"


def test_a_phone_that_is_gone_when_it_should_ring(floor: Floor) -> None:
    """The switch knows it before we do: the agent is not ready, the caller goes to another."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    floor.pbx.registered.discard(device("bo"))  # nobody has told us yet
    call = floor.caller_waits()
    assert floor.rings("ana") == call
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "phone failed")
    assert [event.data["outcome"] for event in floor.written(call, EventKind.OFFER_ENDED)] == ["failed"]


def test_a_phone_that_goes_while_it_rings(floor: Floor) -> None:
    """The offer is cancelled, the ringing is stopped, the next agent is asked; the phone heals by coming back."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    call = floor.caller_waits()
    floor.phone_lost("bo")
    assert floor.rings("ana") == call
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "phone unreachable")
    floor.phone_back("bo")
    assert floor.state("bo") is AgentStateName.READY


def test_nobody_is_ready_without_a_phone(floor: Floor) -> None:
    """An agent whose phone has no registration is not shown as available, and cannot become so."""
    floor.agent_signs_on("bo", ready=False)
    floor.phone_lost("bo")
    assert floor.refusal(messages.SetState(agent="bo", state=AgentStateName.READY)) == "phone_unreachable"
    floor.phone_back("bo")
    floor.agent_gets_ready("bo")
    floor.phone_lost("bo")
    shown = next(one for one in floor.snapshot().agents if one.agent == "bo")
    assert (shown.state, shown.registered) == (AgentStateName.NOT_READY, False)


def test_a_switch_that_never_says_what_became_of_the_ring(floor: Floor) -> None:
    """The engine gives the offer up by its own clock, and takes the caller back."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    line = floor.pbx.lines[call]
    line.ring_until = None  # rings for ever
    floor.pass_time(21.0)
    assert len(floor.sent(commands.RecallCall)) == 1
    assert floor.reason("bo") == "missed call"
    assert floor.waiting() == [floor.interaction(call)]
    assert floor.rings("bo") is None


def test_a_break_asked_for_while_it_rings_comes_after_the_call(floor: Floor) -> None:
    """Not ready is pending during an offer; the caller is not turned away."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits("general")
    floor.agent_takes_a_break("bo")
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "break")


def test_a_failure_of_an_attempt_that_was_taken_back_does_not_end_the_next_one(floor: Floor) -> None:
    """The phone flaps while it rings: the old ring's end arrives when the new one is already ordered."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.tell(events.OutOfService(device=device("bo")))
    floor.tell(events.BackInService(device=device("bo")))
    floor.settle()
    assert floor.rings("bo") == call
    assert floor.state("bo") is AgentStateName.READY
    floor.agent_answers("bo")
    assert floor.story(call)[-1] == "answered:bo"
    assert len(floor.written(call, EventKind.OFFERED)) == 2


def test_a_ring_that_nobody_ordered_is_looked_into(floor: Floor) -> None:
    """A phone rings for a waiting caller without an offer: the switch is read back, and the ring is made an offer."""
    call = floor.caller_waits()
    floor.agent_signs_on("bo", ready=False)
    line = floor.pbx.lines[call]
    floor.pbx._ring(line, device("bo"))
    floor.settle()
    page = floor.page("bo")
    assert page is not None
    assert page.interaction == floor.interaction(call)
    floor.agent_answers("bo")
    assert floor.state("bo") is AgentStateName.BUSY


# -- the pop comes first -----------------------------------------------------------------------------------------------


def test_the_phone_waits_for_the_pop(floor: Floor) -> None:
    """No ring before the page was written, or fifty milliseconds are over."""
    floor.pops_acknowledged = False
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    page = floor.page("bo")
    assert page is not None
    assert floor.sent(commands.DeflectCall) == []
    floor.pass_time(0.049)
    assert floor.sent(commands.DeflectCall) == []
    floor.pass_time(0.002)
    assert floor.rings("bo") == call
    assert (floor.director.floor.pops_late, floor.director.floor.pops_shown) == (1, 0)
    assert floor.ask(messages.OfferShown(offer=page.offer)) is None
    assert len(floor.sent(commands.DeflectCall)) == 1


def test_the_phone_rings_as_soon_as_the_pop_is_shown(floor: Floor) -> None:
    """The acknowledgement lets it go, once."""
    floor.pops_acknowledged = False
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    page = floor.page("bo")
    assert page is not None
    for _ in range(2):
        floor.ask(messages.OfferShown(offer=page.offer))
    assert floor.rings("bo") == call
    floor.pass_time(1.0)
    assert len(floor.sent(commands.DeflectCall)) == 1
    assert (floor.director.floor.pops_late, floor.director.floor.pops_shown) == (0, 1)


def test_an_offer_cancelled_while_the_pop_is_under_way_rings_nobody(floor: Floor) -> None:
    """The phone goes in those milliseconds: the caller is moved to the room, since nothing rings for him."""
    floor.pops_acknowledged = False
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.phone_lost("bo")
    floor.pass_time(1.0)
    assert floor.sent(commands.DeflectCall) == []
    assert floor.sent(commands.RecallCall) == []
    assert len(floor.sent(commands.QueueCall)) == 1
    assert floor.waiting() == [floor.interaction(call)]
    assert floor.page("bo") is None


def test_offers_taken_back_leave_no_clock_running(floor: Floor) -> None:
    """After an offer that never rang, the next one has its own time, and the timer is not left in the past."""
    floor.pops_acknowledged = False
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    call = floor.caller_waits()
    floor.phone_lost("bo")
    floor.pass_time(10.0)
    assert floor.rings("ana") == call
    due = floor.director.next_deadline()
    assert due is not None
    assert due > floor.clock.monotonic()


def test_a_pop_for_a_desk_phone_without_a_page_keeps_nobody_waiting(floor: Floor) -> None:
    """Where no page can show it, the phone rings at once."""
    floor.pops_acknowledged = False
    floor.agent_signs_on("bo", ready=False)
    floor.ask(messages.DesktopGone(agent="bo", desktop="desktop-bo"))
    floor.agent_gets_ready("bo")
    call = floor.caller_waits()
    assert floor.rings("bo") == call


def test_a_ring_that_is_told_twice_is_one_ring(floor: Floor) -> None:
    """A repeated event does no harm beyond a look at the switch."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    line = floor.pbx.lines[call]
    floor.tell(Delivered(call=call, device=device("bo"), connection=line.connection or ConnectionId("")))
    floor.settle()
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    assert floor.state("bo") is AgentStateName.BUSY
