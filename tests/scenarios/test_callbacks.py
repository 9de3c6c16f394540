"""Callers who are called back: promised, called when it is their turn, on the line again, served; or given up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.model import Overflow, OverflowCause, OverflowTo
from callcenter.api.messages import QueueLive
from callcenter.domain import commands, events
from callcenter.domain.catalogue import CallbackRule
from callcenter.domain.cause import Cause
from callcenter.domain.history import summarize
from callcenter.domain.ids import CallId, ConnectionId, is_callback_call
from callcenter.domain.interaction import EventKind
from callcenter.domain.segments import SegmentKind
from callcenter.server import effects
from callcenter.server.contact import Stage
from tests.support.floor import CARLA, Floor, catalogue, check_stories, plan

PROMISED = ["started", "callback_promised", "queued:billing", "callback_waits"]
LATER = 3600.0


def board(floor: Floor, queue: str = "billing") -> QueueLive:
    return next(one for one in floor.snapshot().queues if one.queue == queue)


def ringing(floor: Floor) -> list[str]:
    return [line.number for line in floor.pbx.customers_ringing()]


# -- promised --------------------------------------------------------------------------------------------------------


def test_from_the_promise_to_the_end_of_the_talk(floor: Floor) -> None:
    """One interaction, with what the caller had keyed, from his first call to the talk in the second."""
    call = floor.caller_arrives()
    floor.flow_identifies(call, CARLA)
    floor.flow_gathers(call, "account_number", "4711")
    assert floor.flow_promises(call, "(202) 555-0123", queue="billing") is None
    floor.flow_hangs_up(call)
    assert floor.story(call)[-3:] == ["callback_promised", "queued:billing", "callback_waits"]
    assert ringing(floor) == [], "nobody is there to talk to him"
    floor.pass_time(600.0)
    floor.agent_signs_on("ana")
    floor.pass_time(1.0)
    assert ringing(floor) == ["+12025550123"]
    (order,) = floor.sent(commands.CallBack)
    assert isinstance(order, commands.CallBack)
    assert (order.caller_id, order.queue) == ("+12025550100", "billing")
    assert is_callback_call(order.call)
    floor.pass_time(5.0)
    back = floor.customer_answers()
    assert back == order.call
    assert floor.rings("ana") == back
    page = floor.page("ana")
    assert page is not None
    assert page.called_back
    assert page.interaction == floor.interaction(call)
    assert [(one.key, one.value) for one in page.gathered] == [("account_number", "4711")]
    assert page.customer == CARLA
    floor.agent_answers("ana")
    floor.pass_time(60.0)
    floor.agent_hangs_up("ana")
    assert floor.agent_completes("ana", call) is None
    assert floor.story(call)[-10:] == [
        "callback_waits",
        "callback_called:1",
        "callback_reached",
        "offered:ana",
        "rang",
        "answered:ana",
        "talk_ended:agent",
        "ended:handled",
        "wrap_up_completed",
        "closed",
    ]
    check_stories(floor)


def test_who_waits_asks_by_key_and_keeps_his_place(floor: Floor) -> None:
    """He came before the other, so he is served before him, though the other never hung up."""
    floor = Floor(catalogue_=catalogue(plan("billing", {"billing": 3}, treatment="wait_music"), plan("general", {})))
    floor.agent_signs_on("bo", ready=False)
    first = floor.caller_waits()
    floor.flow_enters(first, "music", budget=300.0)
    floor.pass_time(60.0)
    second = floor.caller_waits()
    floor.flow_enters(second, "music", budget=300.0)
    assert floor.flow_promises(first) is None
    floor.flow_hangs_up(first)
    assert floor.contact_of(first).stage is Stage.CALLBACK
    floor.pass_time(60.0)
    floor.agent_gets_ready("bo")
    assert floor.rings("bo") == second, "an agent does not wait while a telephone rings"
    floor.agent_answers("bo")
    floor.agent_signs_on("ana")
    floor.pass_time(1.0)
    third = floor.caller_waits()
    assert floor.rings("ana") == third
    floor.agent_rejects("ana")
    back = floor.customer_answers()
    floor.agent_gets_ready("ana")
    assert floor.rings("ana") == back
    check_stories(floor)


def test_the_board_counts_promises_apart_from_those_who_wait(floor: Floor) -> None:
    floor.promised()
    floor.caller_waits()
    shown = board(floor)
    assert (shown.waiting, shown.callbacks, shown.callbacks_dropped_today) == (1, 1, 0)
    assert (shown.offered_today, shown.abandoned_today) == (2, 0)
    assert len(shown.first_waiting) == 1


def test_who_asks_twice_is_called_once_at_his_first_place(floor: Floor) -> None:
    first = floor.promised()
    floor.pass_time(300.0)
    other = floor.caller_arrives()
    assert floor.flow_promises(other, "202 555 0199", queue="billing") is None
    floor.flow_hangs_up(other)
    floor.pass_time(300.0)
    again = floor.promised()
    assert floor.story(first)[-3:] == ["callback_dropped:asked again", "ended:asked_again", "closed"]
    assert (board(floor).callbacks, board(floor).callbacks_dropped_today) == (2, 0)
    floor.restart()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert ringing(floor) == ["+12025550123"], "before the other, who asked in between"
    back = floor.customer_answers()
    assert floor.contact(back).interaction == floor.interaction(again)


def test_who_stays_on_the_line_is_served_there(floor: Floor) -> None:
    """A promise is for who hangs up."""
    floor = Floor(catalogue_=catalogue(plan("billing", {"billing": 3}, treatment="wait_music"), plan("general", {})))
    call = floor.caller_waits()
    assert floor.flow_promises(call) is None
    floor.agent_signs_on("bo")
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    floor.pass_time(LATER)
    assert floor.story(call)[-1] == "closed"
    assert floor.sent(commands.CallBack) == []


def test_who_hangs_up_while_a_phone_rings_for_him_is_called_back(floor: Floor) -> None:
    floor = Floor(catalogue_=catalogue(plan("billing", {"billing": 3}, treatment="wait_music"), plan("general", {})))
    call = floor.caller_waits()
    assert floor.flow_promises(call) is None
    floor.agent_signs_on("bo")
    assert floor.rings("bo") == call
    floor.caller_hangs_up(call)
    assert floor.rings("bo") is None
    floor.pass_time(2.0)
    assert ringing(floor) == ["+12025550123"]
    check_stories(floor)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("911", "number_class_not_allowed"),
        ("+44 20 7946 0958", "country_not_allowed"),
        ("+1 900 555 0123", "number_class_not_allowed"),
        ("12", "not_a_number"),
        ("202 555 0123 ext 7", "not_a_number"),
        ("", "not_a_number"),
    ],
)
def test_numbers_that_the_dial_plan_refuses_are_not_promised(floor: Floor, number: str, why: str) -> None:
    """Emergency numbers least of all, though everybody may dial them."""
    call = floor.caller_arrives()
    assert floor.flow_promises(call, number, queue="billing") == why
    floor.caller_hangs_up(call)
    assert floor.story(call) == ["started", "ended:left_in_ivr", "closed"]


def test_nothing_is_promised_where_no_numbers_can_be_called(floor: Floor) -> None:
    floor.director.floor.calls_out = False
    call = floor.caller_arrives()
    assert floor.flow_promises(call, queue="billing") == "no calls are made to numbers here"


def test_a_promise_for_a_queue_that_is_not_is_refused(floor: Floor) -> None:
    call = floor.caller_arrives()
    assert floor.flow_promises(call, queue="nowhere") == "there is no queue nowhere"


def test_a_queue_that_overflows_to_a_callback_is_called_back_once(floor: Floor) -> None:
    """The flow promises the call; the time he has waited does not send him there again when he answers."""
    away = Overflow(cause=OverflowCause.WAITED, limit=60.0, to=OverflowTo.CALLBACK, name="callback_offer")
    floor = Floor(catalogue_=catalogue(plan("billing", {"billing": 3}, overflows=(away,)), plan("general", {})))
    call = floor.caller_waits()
    floor.pass_time(61.0)
    assert floor.sessions[call].flow == "callback_offer"
    assert floor.flow_promises(call) is None
    floor.flow_hangs_up(call)
    floor.pass_time(LATER)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    back = floor.customer_answers()
    assert floor.rings("bo") == back
    floor.agent_rejects("bo")
    floor.pass_time(30.0)
    assert floor.written(call, EventKind.OVERFLOWED) == floor.written(call, EventKind.OVERFLOWED)[:1]
    check_stories(floor)


def test_who_answers_before_an_agent_is_free_is_greeted_and_not_treated_as_who_waits() -> None:
    """His queue would offer him a callback."""
    billing = plan("billing", {"billing": 3}, treatment="wait_music")
    rule = CallbackRule(greeting="called_back")
    floor = Floor(catalogue_=catalogue(replace(billing, callbacks=rule), plan("general", {})))
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.agent_takes_a_break("bo")
    back = floor.customer_answers()
    assert floor.sessions[back].flow == "called_back"
    floor.flow_enters(back, "music", budget=60.0)
    floor.restart()
    assert floor.sessions[back].flow == "called_back"
    floor.agent_gets_ready("bo")
    assert floor.rings("bo") == back
    assert back not in floor.sessions
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    assert floor.story(call)[-1] == "ended:handled"


# -- not reached -----------------------------------------------------------------------------------------------------


def test_busy_and_no_answer_are_tried_again_and_in_the_end_given_up(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.customer_does_not(Cause.BUSY)
    assert ringing(floor) == []
    floor.pass_time(299.0)
    assert ringing(floor) == []
    floor.pass_time(2.0)
    assert ringing(floor) == ["+12025550123"]
    floor.pass_time(31.0)
    assert ringing(floor) == []
    floor.pass_time(301.0)
    floor.customer_does_not(Cause.CALL_REJECTED)
    assert floor.story(call)[4:] == [
        "callback_called:1",
        "callback_failed:busy",
        "callback_called:2",
        "callback_failed:no_answer",
        "callback_called:3",
        "callback_failed:call_rejected",
        "callback_dropped:not reached",
        "ended:not_reached",
        "closed",
    ]
    shown = board(floor)
    assert (shown.callbacks, shown.callbacks_dropped_today, shown.abandoned_today) == (0, 1, 0)
    assert floor.director.floor.contacts == {}
    check_stories(floor)


def test_a_promise_that_nobody_could_keep_in_time_is_given_up(floor: Floor) -> None:
    call = floor.promised()
    floor.pass_time(4 * LATER + 1.0)
    assert floor.story(call)[-3:] == ["callback_dropped:expired", "ended:not_reached", "closed"]


def test_who_is_being_called_when_the_time_is_over_is_called_no_more(floor: Floor) -> None:
    floor.promised()
    floor.pass_time(4 * LATER - 10.0)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert ringing(floor)
    floor.pass_time(20.0)
    assert ringing(floor) == []
    assert floor.director.floor.contacts == {}


def test_who_hangs_up_again_before_an_agent_answers_has_abandoned(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    back = floor.customer_answers()
    floor.caller_hangs_up(back)
    assert floor.story(call)[-2:] == ["ended:abandoned", "closed"]
    assert board(floor).abandoned_today == 1


def test_a_switch_that_does_not_take_the_order_is_a_failed_attempt(floor: Floor) -> None:
    call = floor.promised()
    floor.pbx.no_trunk = True
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert floor.story(call)[-2:] == ["callback_called:1", "callback_failed:unreachable"]


def test_a_number_that_may_not_be_dialled_any_more_is_not(floor: Floor) -> None:
    """The house has barred it since."""
    call = floor.promised()
    known = floor.director.floor.catalogue
    barred = replace(known.dialling, plan=replace(known.dialling.plan, barred=("+1202",)))
    floor.director.floor.catalogue = replace(known, dialling=barred)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert floor.sent(commands.CallBack) == []
    assert floor.story(call)[-3:] == ["callback_dropped:number_barred", "ended:not_reached", "closed"]
    waiting = floor.caller_waits()
    assert floor.rings("bo") == waiting


# -- the switch, and restarts ------------------------------------------------------------------------------------------


def test_while_the_switch_is_down_nobody_is_called_and_nothing_is_counted(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert ringing(floor)
    floor.pbx.crash()
    floor.link_down(switch_stopped=True)
    floor.pass_time(600.0)
    assert floor.story(call)[-2:] == ["callback_called:1", "callback_failed:switch_failure"]
    floor.link_up()
    assert ringing(floor) == ["+12025550123"]
    assert floor.story(call)[-1] == "callback_called:1", "the first attempt still"
    floor.phone_back("bo")
    back = floor.customer_answers()
    floor.agent_gets_ready("bo")
    assert floor.rings("bo") == back
    check_stories(floor)


def test_a_lost_link_leaves_a_ringing_telephone_alone(floor: Floor) -> None:
    floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.link_down()
    floor.pass_time(3.0)
    floor.link_up()
    assert ringing(floor) == ["+12025550123"]
    back = floor.customer_answers()
    assert floor.rings("bo") == back


def test_who_answers_while_the_link_is_lost_is_found_waiting(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.link_down()
    back = floor.pbx.customer_answers()
    floor.link_up()
    assert floor.rings("bo") == back
    assert "callback_reached" in floor.story(call)


def test_a_promise_outlives_a_restart_before_anybody_is_called(floor: Floor) -> None:
    call = floor.promised(customer=CARLA)
    floor.pass_time(60.0)
    floor.restart()
    assert floor.contact_of(call).stage is Stage.CALLBACK
    assert board(floor).callbacks == 1
    assert floor.story(call).count("callback_waits") == 1
    floor.pass_time(30.0)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert floor.rings("bo") is None
    back = floor.customer_answers()
    assert floor.rings("bo") == back
    check_stories(floor)


def test_who_hung_up_while_we_were_away_is_called_back(floor: Floor) -> None:
    call = floor.caller_arrives()
    assert floor.flow_promises(call, queue="billing") is None
    floor.link_down()
    floor.pbx.hang_up(call)
    floor.restart()
    assert floor.story(call) == PROMISED
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert ringing(floor)


def test_who_is_still_there_after_a_restart_keeps_the_promise(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.flow_enters(call, "promised")
    assert floor.flow_promises(call, queue="billing") is None
    floor.restart()
    assert floor.sessions[call].node == "promised"
    floor.flow_hangs_up(call)
    assert floor.story(call)[-1] == "callback_waits"


def test_a_call_that_is_being_made_is_taken_up_by_the_next_life(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.restart()
    assert ringing(floor) == ["+12025550123"]
    floor.pass_time(3.0)
    assert floor.story(call)[-1] == "callback_called:1"
    back = floor.customer_answers()
    assert floor.rings("bo") == back
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    check_stories(floor)


def test_a_call_that_was_being_made_and_is_no_more_has_failed(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.link_down()
    floor.pbx.customer_does_not(Cause.BUSY)
    floor.restart()
    assert floor.story(call)[-2:] == ["callback_called:1", "callback_failed:unknown"]
    floor.agent_signs_on("bo")
    floor.pass_time(290.0)
    assert ringing(floor) == []
    floor.pass_time(12.0)
    assert floor.story(call)[-1] == "callback_called:2"


def test_the_last_call_that_ended_while_we_were_away_is_the_last(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    for _ in range(2):
        floor.customer_does_not(Cause.BUSY)
        floor.pass_time(301.0)
    floor.link_down()
    floor.pbx.customer_does_not(Cause.BUSY)
    floor.restart()
    assert floor.story(call)[-3:] == ["callback_dropped:not reached", "ended:not_reached", "closed"]


@pytest.mark.parametrize("answered", ["waiting", "served by the switch's own queue"])
def test_who_answered_while_we_were_away_is_known(floor: Floor, answered: str) -> None:
    """Who he is stands on the channel, what he said in the journal."""
    call = floor.promised(customer=CARLA)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.link_down()
    back = floor.pbx.customer_answers()
    if answered != "waiting":
        floor.pass_time(20.0)
    floor.restart()
    assert floor.contact(back).interaction == floor.interaction(call)
    assert "callback_reached" in floor.story(call)
    floor.pass_time(5.0)
    assert floor.rings("bo") == back
    floor.agent_answers("bo")
    page = floor.page("bo")
    assert page is not None
    assert page.called_back
    floor.agent_hangs_up("bo")
    check_stories(floor)


def test_who_was_put_through_to_a_number_is_called_back_no_more(floor: Floor) -> None:
    """Whether or not we were there when he hung up."""
    calls = [floor.caller_arrives(number=number) for number in ("+4930123456", "+4930123457")]
    for call in calls:
        assert floor.flow_promises(call, queue="billing") is None
        floor.flow_transfers(call, "building", to="number")
        floor.pbx.number_answers()
        floor.settle()
        if call == calls[0]:
            floor.pbx.number_hangs_up()
            floor.settle()
    floor.link_down()
    floor.pbx.number_hangs_up()
    floor.restart()
    assert [floor.story(call)[-2:] for call in calls] == [["ended:handled", "closed"]] * 2


def test_whom_a_number_has_left_and_who_hangs_up_waiting_is_called_back_no_more(floor: Floor) -> None:
    call = floor.caller_arrives()
    assert floor.flow_promises(call, queue="billing") is None
    floor.flow_transfers(call, "building", to="number")
    floor.pbx.number_answers()
    floor.settle()
    (leg,) = floor.pbx.legs.values()
    floor.pbx._leg_ends(leg, Cause.MEDIA_LOST, by_agent=False)
    floor.settle()
    floor.caller_hangs_up(call)
    assert floor.story(call)[-1] != "callback_waits"


def test_who_talks_after_a_callback_is_found_talking(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    back = floor.customer_answers()
    floor.agent_answers("bo")
    floor.restart()
    assert floor.talks_to("bo") == back
    page = floor.page("bo")
    assert page is not None
    assert page.called_back
    assert floor.story(call)[-1] == "answered:bo"


def test_a_telephone_that_rings_for_a_promise_nobody_knows_is_hung_up(floor: Floor) -> None:
    floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.restart(lost=len(floor.events))
    assert ringing(floor) == []


def test_facts_that_come_twice_change_nothing(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    order = floor.sent(commands.CallBack)[0]
    assert isinstance(order, commands.CallBack)
    back = floor.customer_answers()
    before = floor.story(call)
    twice = (
        events.Delivered(call=back, device=None, connection=ConnectionId(back)),
        events.Queued(call=back, fallback=False),
        events.CallCleared(call=CallId("cb-00000000-0000-0000-0000-000000000000-1"), cause=Cause.BUSY),
    )
    for event in twice:
        floor.tell(event)
        floor.settle()
    assert floor.story(call) == before
    assert floor.rings("bo") == back


def test_a_fact_that_proves_no_answer_is_none(floor: Floor) -> None:
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    (line,) = floor.pbx.customers_ringing()
    for event in (
        events.Failed(call=line.call, device=None, cause=Cause.BUSY),
        events.IvrLeft(call=line.call),
        events.DigitPressed(call=line.call, digit="1"),
    ):
        floor.tell(event)
        floor.settle()
    assert floor.contact_of(call).stage is Stage.CALLBACK
    back = floor.customer_answers()
    assert floor.rings("bo") == back


# -- what is left in the records -------------------------------------------------------------------------------------


def test_the_records_tell_how_long_he_waited_on_the_line_and_without(floor: Floor) -> None:
    floor = Floor(catalogue_=catalogue(plan("billing", {"billing": 3}, treatment="wait_music"), plan("general", {})))
    call = floor.caller_waits()
    floor.pass_time(5.0)
    assert floor.flow_promises(call) is None
    floor.caller_hangs_up(call)
    floor.pass_time(600.0)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.customer_answers()
    floor.agent_answers("bo")
    floor.pass_time(100.0)
    floor.agent_hangs_up("bo")
    summary = summarize([one for one in floor.events if one.interaction == floor.interaction(call)])
    assert round(summary.waited_s or 0.0) == 5
    waits = [one for one in summary.story.segments if one.kind is SegmentKind.CALLBACK]
    assert [(round(one.seconds), one.ended) for one in waits] == [(601, "reached")]
    assert not [one for one in floor.log if isinstance(one, effects.Resynchronise)]


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_a_telephone_that_rings_keeps_its_customers_place_though_the_journal_lost_the_last_moments(
    floor: Floor, lost: int
) -> None:
    """Place and queue stand on the channel."""
    floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.agent_takes_a_break("bo")
    floor.restart(lost=lost)
    if not ringing(floor):
        assert floor.director.floor.contacts == {}, "of the promise itself nothing is known any more"
        return
    back = floor.customer_answers()
    contact = floor.contact(back)
    assert (contact.queue, contact.stage) == ("billing", Stage.WAITING)
    assert contact.enqueued_at is not None
    floor.agent_gets_ready("bo")
    assert floor.rings("bo") == back
