"""The CTI server dies and another takes over: from the channels and the journal it knows everything again."""

from __future__ import annotations

import pytest

from callcenter.api import messages
from callcenter.api.messages import AgentStateName, ContactPhase, Tier
from callcenter.domain import commands
from callcenter.domain.cause import Cause
from callcenter.domain.events import Place
from callcenter.domain.ids import AgentId
from callcenter.server import effects, facts
from tests.support.floor import CARLA, Floor, device

MOVES = commands.QueueCall | commands.DeflectCall | commands.RecallCall | commands.ReturnToIvr


def _moves(floor: Floor) -> list[commands.SwitchCommand]:
    orders = [one.command for one in floor.log if isinstance(one, effects.Command)]
    return [one for one in orders if isinstance(one, MOVES)]


def test_a_caller_in_the_ivr_goes_on_at_his_node_with_his_answers(floor: Floor) -> None:
    """He is not asked again."""
    call = floor.caller_arrives(number="+4930999")
    floor.flow_enters(call, "ask_reason")
    floor.flow_gathers(call, "account_number", "4711")
    floor.flow_identifies(call, CARLA)
    floor.restart()
    started = floor.sessions[call]
    assert (started.flow, started.node) == ("support", "ask_reason")
    assert started.fields["account_number"] == "4711"
    floor.flow_queues(call, "billing")
    assert floor.contact(call).tier is Tier.VIP
    floor.agent_signs_on("bo")
    page = floor.page("bo")
    assert page is not None
    assert [(one.key, one.value) for one in page.gathered] == [("account_number", "4711")]
    assert floor.story(call)[0] == "started"
    assert floor.story(call).count("started") == 1


def test_the_customers_card_is_read_again(floor: Floor) -> None:
    """The journal knows name, account and tier; the history comes from the customer's record, as soon as it can."""
    call = floor.caller_arrives()
    floor.flow_identifies(call, CARLA)
    floor.flow_queues(call, "billing")
    floor.restart()
    floor.agent_signs_on("ana")
    (wanted,) = [one for one in floor.log if isinstance(one, effects.ReadCustomer)]
    assert (wanted.interaction, wanted.account) == (floor.interaction(call), CARLA.account)
    page = floor.page("ana")
    assert page is not None
    assert page.customer is not None
    assert (page.customer.name, page.customer.account, page.customer.numbers) == (CARLA.name, CARLA.account, ())
    other = CARLA.model_copy(update={"customer": "18"})
    floor.tell(facts.CustomerRead(interaction=wanted.interaction, card=other))
    assert floor.contact(call).customer == page.customer
    floor.tell(facts.CustomerRead(interaction=wanted.interaction, card=CARLA))
    page = floor.page("ana")
    assert page is not None
    assert page.customer == CARLA


def test_the_order_of_those_who_wait_is_kept_exactly(floor: Floor) -> None:
    """Head starts and fractions of a second included."""
    calls = []
    for number in range(12):
        calls.append(floor.caller_waits("billing", customer=CARLA if number % 4 == 3 else None))
        floor.pass_time(0.3 if number % 2 else 40.0)
    before = floor.waiting()
    floor.pass_time(5.0)
    floor.restart()
    assert floor.waiting() == before
    floor.restart()
    assert floor.waiting() == before
    assert _moves(floor)[-1:] == [floor.sent(commands.QueueCall)[-1]]


def test_the_order_is_kept_to_the_second_when_the_journal_is_lost(floor: Floor) -> None:
    """The channels alone say who came when, and with which head start."""
    for number in range(6):
        floor.caller_waits("billing", customer=CARLA if number == 4 else None)
        floor.pass_time(2.0)
    before = floor.waiting()
    floor.restart(lost=len(floor.events))
    assert floor.waiting() == before
    floor.restart()
    assert floor.waiting() == before


def test_waiting_talking_and_ringing_are_left_alone(floor: Floor) -> None:
    """The new process moves nobody: the ring is made an offer of its own, the talk is known, the place is kept."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    talking = floor.caller_waits("billing")
    floor.agent_answers("bo")
    ringing = floor.caller_waits("billing")
    waiting = floor.caller_waits("billing")
    assert floor.rings("ana") == ringing
    connection = floor.pbx.lines[ringing].connection
    floor.log.clear()
    floor.restart()
    assert _moves(floor) == []
    assert floor.state("bo") is AgentStateName.BUSY
    assert floor.talks_to("bo") == talking
    assert floor.rings("ana") == ringing
    assert floor.pbx.lines[ringing].connection == connection
    assert floor.waiting() == [floor.interaction(ringing), floor.interaction(waiting)]
    page = floor.page("ana")
    assert page is not None
    assert (page.interaction, page.phase) == (floor.interaction(ringing), ContactPhase.OFFERED)
    floor.agent_answers("ana")
    assert floor.state("ana") is AgentStateName.BUSY
    assert not any(isinstance(one, effects.Resynchronise) for one in floor.log)
    floor.agent_hangs_up("bo")
    assert floor.story(talking)[-2:] == ["talk_ended:agent", "ended:handled"]


def test_a_ring_in_vain_after_the_restart_is_a_ring_in_vain(floor: Floor) -> None:
    """RONA as ever."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.restart()
    floor.ask(messages.SignOn(agent="bo", desktop="desktop-bo"))
    floor.pass_time(16.0)
    assert floor.reason("bo") == "missed call"
    assert floor.waiting() == [floor.interaction(call)]


def test_a_talk_has_the_length_that_it_had(floor: Floor) -> None:
    """The agent has been busy since he answered, not since we restarted."""
    floor.agent_signs_on("bo")
    floor.caller_waits()
    floor.agent_answers("bo")
    answered = floor.clock.utc().timestamp()
    floor.pass_time(100.0)
    floor.restart()
    shown = floor.snapshot().contacts["bo"]
    assert shown.answered_at is not None
    assert abs(shown.answered_at / 1000 - answered) < 0.01


def test_a_call_that_ended_meanwhile_leaves_the_agent_what_is_left_of_the_wrap_up(floor: Floor) -> None:
    """He sees his draft, and can still complete it."""
    floor.agent_signs_on("ana")
    call = floor.caller_waits("technical")
    floor.agent_answers("ana")
    draft = messages.SaveNote(agent="ana", interaction=floor.interaction(call), note="halfway", disposition="call_back")
    assert floor.refusal(draft) is None
    floor.restart(connect=False)
    floor.pbx.put_down(device("ana"))
    floor.link_up()
    assert floor.state("ana") is AgentStateName.WORKING_AFTER_CALL
    page = floor.page("ana")
    assert page is not None
    assert (page.phase, page.note, page.disposition) == (ContactPhase.WRAP_UP, "halfway", "call_back")
    assert floor.story(call)[-2:] == ["talk_ended:None", "ended:handled"]
    assert floor.agent_completes("ana", call, note="done") is None
    assert floor.state("ana") is AgentStateName.READY
    assert floor.story(call)[-1] == "closed"


def test_a_call_that_ended_meanwhile_frees_an_agent_without_wrap_up(floor: Floor) -> None:
    """His browser is free at once."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits("general")
    floor.agent_answers("bo")
    floor.restart(connect=False)
    floor.pbx.put_down(device("bo"))
    floor.link_up()
    assert floor.state("bo") is AgentStateName.READY
    assert floor.page("bo") is None
    assert floor.story(call)[-1] == "closed"


def test_callers_who_left_meanwhile_are_written_to_their_end(floor: Floor) -> None:
    """One in the IVR, one in the line: each has one end, and says how."""
    asked, waiting = floor.caller_arrives(), floor.caller_waits()
    floor.restart(connect=False)
    floor.pbx.hang_up(asked)
    floor.pbx.hang_up(waiting)
    floor.link_up()
    assert floor.story(asked) == ["started", "ended:left_in_ivr", "closed"]
    assert floor.story(waiting) == ["started", "queued:billing", "ended:abandoned", "closed"]
    floor.link_down()
    floor.link_up()
    assert floor.story(asked)[-1] == floor.story(waiting)[-1] == "closed"


def test_a_wrap_up_goes_on(floor: Floor) -> None:
    """Begun before the restart, it ends when it would have ended."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    floor.pass_time(10.0)
    floor.restart()
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    floor.ask(messages.SignOn(agent="bo", desktop="desktop-bo"))
    floor.pass_time(19.0)
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    floor.pass_time(2.0)
    assert floor.state("bo") is AgentStateName.READY
    assert floor.story(call)[-1] == "closed"


def test_a_wrap_up_whose_time_went_by_meanwhile_is_over(floor: Floor) -> None:
    """The clock did not stand still for us."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    floor.restart(connect=False)
    floor.pass_time(60.0)
    floor.link_up()
    floor.pass_time(0.1)
    assert floor.state("bo") is AgentStateName.READY
    assert floor.story(call)[-1] == "closed"


@pytest.mark.parametrize("choice", ["ready", "break", "signed off"])
def test_what_agents_had_chosen_they_have_again(floor: Floor, choice: str) -> None:
    """Nobody has to press a button because we restarted."""
    floor.agent_signs_on("bo")
    if choice != "ready":
        floor.agent_takes_a_break("bo")
    if choice == "signed off":
        floor.ask(messages.SignOff(agent="bo"))
    floor.restart()
    expected = {
        "ready": (AgentStateName.READY, ""),
        "break": (AgentStateName.NOT_READY, "break"),
        "signed off": (AgentStateName.NULL, ""),
    }
    assert (floor.state("bo"), floor.reason("bo")) == expected[choice]


def test_a_break_that_was_pending_is_pending(floor: Floor) -> None:
    """Chosen in the talk before the restart, taken after the talk."""
    floor.agent_signs_on("bo")
    floor.caller_waits("general")
    floor.agent_answers("bo")
    floor.agent_takes_a_break("bo")
    floor.restart()
    floor.agent_hangs_up("bo")
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "break")


def test_a_break_asked_for_while_the_phone_rings_outlives_us(floor: Floor) -> None:
    """Pending during an offer is a choice as well."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits("general")
    floor.agent_takes_a_break("bo")
    floor.restart(connect=False)
    floor.pbx.hang_up(call)
    floor.link_up()
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "break")


def test_agents_stay_willing_through_a_restart_of_switch_and_server(floor: Floor) -> None:
    """Every phone was out of reach when we died, and registers late: all are ready again without a hand."""
    floor.agent_signs_on("bo")
    floor.link_down()
    floor.pbx.crash()
    floor.restart()
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "phone unreachable")
    floor.ask(messages.SignOn(agent="bo", desktop="desktop-bo"))
    floor.phone_back("bo")
    assert floor.state("bo") is AgentStateName.READY


def test_a_page_that_does_not_come_back(floor: Floor) -> None:
    """After its grace the agent gets no more calls; one that comes back in time changes nothing."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    floor.restart()
    floor.ask(messages.SignOn(agent="ana", desktop="desktop-ana"))
    floor.pass_time(9.9)
    assert floor.state("bo") is AgentStateName.READY
    floor.pass_time(0.2)
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "desktop_closed")
    assert floor.state("ana") is AgentStateName.READY


def test_the_pop_is_awaited_from_a_page_that_is_coming_back(floor: Floor) -> None:
    """Its agent is ready again before his page has signed on: the phone still lets the pop go first."""
    floor.agent_signs_on("bo")
    floor.restart()
    floor.pops_acknowledged = False
    call = floor.caller_waits()
    assert floor.sent(commands.DeflectCall) == []
    floor.pass_time(0.06)
    assert floor.rings("bo") == call


def test_waiting_callers_are_offered_when_all_is_known(floor: Floor) -> None:
    """An agent got free in the very moment: the first in line is his."""
    floor.agent_signs_on("bo")
    talking = floor.caller_waits("general")
    floor.agent_answers("bo")
    first, second = floor.caller_waits("general"), floor.caller_waits("general")
    floor.restart(connect=False)
    floor.pbx.hang_up(talking)
    floor.link_up()
    floor.pass_time(0.1)
    assert floor.rings("bo") == first
    assert floor.waiting() == [floor.interaction(first), floor.interaction(second)]


def test_a_caller_whose_move_was_lost_is_moved(floor: Floor) -> None:
    """The journal knows that he was queued, the switch still has him in the IVR."""
    call = floor.caller_arrives()
    session = floor.sessions[call].session
    floor.tell(facts.QueueWanted(call=call, session=session, queue="billing", attributes={}))
    floor.restart()
    assert floor.pbx.lines[call].place is Place.WAITING
    assert floor.waiting() == [floor.interaction(call)]
    assert call not in floor.sessions


def test_a_caller_in_the_room_who_was_never_asked_goes_to_the_ivr(floor: Floor) -> None:
    """He came while nobody lived here, and we are back before the switch's own queue took him."""
    floor.restart(connect=False)
    floor.pass_time(6.5)
    call = floor.pbx.arrive()
    floor.pbx.enter(call)
    assert floor.pbx.lines[call].place is Place.WAITING
    floor.link_up()
    assert floor.pbx.lines[call].place is Place.IVR
    assert call in floor.sessions


def test_callers_in_the_switchs_own_queue_are_left_to_it(floor: Floor) -> None:
    """They were taken over while we were dead; we show them, and count them."""
    call = floor.caller_waits()
    floor.restart(connect=False)
    floor.pass_time(8.0)
    floor.link_up()
    assert floor.pbx.lines[call].place is Place.FALLBACK_QUEUE
    assert floor.story(call) == ["started", "queued:billing", "fell_back"]
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.agent_answers("bo")
    assert floor.story(call)[-1] == "answered:bo"


def test_a_caller_served_while_we_were_dead(floor: Floor) -> None:
    """The switch's own queue gave him to an agent: we find them talking."""
    floor.agent_signs_on("bo", ready=False)
    call = floor.caller_waits()
    floor.restart(connect=False)
    line = floor.pbx.lines[call]
    line.place = Place.FALLBACK_QUEUE
    floor.pbx._ring_leg(line, device("bo"))
    floor.pbx.answer(device("bo"))
    floor.link_up()
    assert floor.state("bo") is AgentStateName.BUSY
    assert floor.story(call)[-1] == "answered:bo"
    assert floor.waiting() == []


def test_a_caller_who_lost_his_agent_while_we_were_dead(floor: Floor) -> None:
    """The talk is over, he waits again at his old place, and the agent has no wrap-up of somebody else's call."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_takes_a_break("bo")
    floor.pass_time(30.0)
    floor.restart(connect=False)
    floor.pbx.lose_leg(device("bo"))
    floor.link_up()
    assert floor.story(call)[-2:] == ["talk_ended:switch", "queued:billing"]
    assert floor.waiting() == [floor.interaction(call)]
    assert floor.state("bo") is AgentStateName.NOT_READY
    later = floor.caller_waits()
    assert floor.waiting() == [floor.interaction(call), floor.interaction(later)]
    floor.caller_hangs_up(call)
    assert floor.story(call)[-2:] == ["ended:abandoned", "closed"]


def test_a_caller_who_talks_to_somebody_else_than_the_journal_says(floor: Floor) -> None:
    """Both parts are written."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.restart(connect=False)
    floor.pbx.lose_leg(device("bo"))
    floor.pbx._ring(floor.pbx.lines[call], device("ana"))
    floor.pbx.answer(device("ana"))
    floor.link_up()
    talks = [one for one in floor.story(call) if one.startswith(("answered", "talk_ended"))]
    assert talks == ["answered:bo", "talk_ended:switch", "answered:ana"]
    assert floor.state("ana") is AgentStateName.BUSY


def test_a_mark_that_was_lost_does_not_make_a_second_interaction(floor: Floor) -> None:
    """The channel does not name the interaction yet; the journal knows the call."""
    call = floor.caller_arrives()
    floor.pbx.lines[call].interaction = None
    floor.restart()
    assert len({event.interaction for event in floor.events}) == 1
    assert floor.pbx.lines[call].interaction == floor.interaction(call)


def test_what_was_written_to_its_end_is_not_begun_again(floor: Floor) -> None:
    """The end was on the disk, the closing was not, and the call lives on all the same: it is another interaction."""
    call = floor.caller_waits()
    line = floor.pbx.lines.pop(call)
    floor.tell(facts.CommandFailed(command=commands.RecallCall(call=call), why="gone"))
    floor.settle()
    floor.pbx.lines[call] = line
    floor.restart(lost=1)
    first, second = sorted({event.interaction for event in floor.events})
    assert floor.story(call)[-2:] == ["ended:abandoned", "closed"]
    assert line.interaction == second != first


@pytest.mark.parametrize("lost", range(1, 8))
def test_the_last_moments_may_be_lost(floor: Floor, lost: int) -> None:
    """Whatever had not reached the disk, the talk is known, and is written to its end."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.restart(lost=lost)
    assert floor.state("bo") is AgentStateName.BUSY
    floor.agent_hangs_up("bo")
    floor.agent_completes("bo", call)
    assert floor.story(call)[-4:] == ["talk_ended:agent", "ended:handled", "wrap_up_completed", "closed"]
    assert floor.unfinished() == []


def test_the_epoch_grows_and_is_on_every_channel(floor: Floor) -> None:
    """An offer of an earlier life cannot be mistaken for one of this."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    old = floor.page("bo")
    assert old is not None
    floor.restart()
    assert floor.pbx.lines[call].epoch == 2
    new = floor.page("bo")
    assert new is not None
    assert new.offer != old.offer
    assert floor.ask(messages.OfferShown(offer=old.offer)) is None


def test_the_day_so_far_outlives_us(floor: Floor) -> None:
    """Those who still wait are counted as offered, and when they are answered, as answered."""
    floor.agent_signs_on("bo", ready=False)
    floor.caller_waits("general")
    floor.restart()
    floor.ask(messages.SignOn(agent="bo", desktop="d"))
    floor.agent_gets_ready("bo")
    floor.pass_time(0.1)
    floor.agent_answers("bo")
    general = next(queue for queue in floor.snapshot().queues if queue.queue == "general")
    assert (general.offered_today, general.answered_today, general.answered_in_target_today) == (1, 1, 1)


def test_an_end_that_is_being_spoken(floor: Floor) -> None:
    """Nobody came: the caller hears the spoken end while we start; he was abandoned."""
    call = floor.caller_waits()
    floor.restart(connect=False)
    floor.pbx.lines[call].place = Place.ENDING
    floor.link_up()
    assert floor.waiting() == []
    floor.pbx.hang_up(call, Cause.CONGESTION)
    floor.settle()
    assert floor.story(call)[-2:] == ["ended:abandoned", "closed"]


def test_a_goodbye_that_is_not_over_yet(floor: Floor) -> None:
    """The agent has hung up, the caller's channel is just being cleared: it was handled, and is wrapped up."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.restart(connect=False)
    line = floor.pbx.lines[call]
    line.place, line.device, line.connection = Place.ENDING, None, None
    floor.link_up()
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    floor.pbx.hang_up(call)
    floor.settle()
    assert floor.story(call)[-1] == "ended:handled"
    assert floor.agent_completes("bo", call) is None
    assert floor.director.floor.desks[AgentId("bo")].contact is None


def test_a_caller_between_two_places(floor: Floor) -> None:
    """He is known, nothing is done to him, and he is taken up where he arrives."""
    call = floor.caller_arrives()
    floor.restart(connect=False)
    floor.pbx._leave_ivr(floor.pbx.lines[call])
    floor.link_up()
    assert call not in floor.sessions
    floor.pbx.enter(call)
    floor.settle()
    assert call in floor.sessions
    assert floor.story(call) == ["started"]


def test_what_was_learned_about_waits_is_taken_over(floor: Floor) -> None:
    """A caller who waited for half a minute is in the history that the next server begins with."""
    floor.caller_waits("billing")
    floor.pass_time(30.0)
    floor.agent_signs_on("bo")
    floor.agent_answers("bo")
    learned = floor.director.floor.engine.wait_history()
    (billing,) = learned.queues
    assert (billing.queue, billing.today[0]) == ("billing", 1.0)
    floor.restart()
    assert floor.director.floor.engine.wait_history().queues == ()
    floor.director.learned_before(learned, away=5.0, now=floor.now)
    assert floor.director.floor.engine.wait_history().age == learned.age + 5.0
    assert floor.director.floor.engine.wait_accuracy().keys() == {"billing"}
