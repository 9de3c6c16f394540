"""Promised callbacks on the supervisors' page: listed in the order of service, and given up by a supervisor."""

from __future__ import annotations

import json

import pytest

from callcenter.api.messages import DropPromise, PromiseLive, QueueReport, Repair, RepairReport, Tier
from callcenter.domain.cause import Cause
from callcenter.domain.history import summarize
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import milliseconds
from callcenter.domain.story import tell
from callcenter.server import effects
from callcenter.server.contact import Stage
from callcenter.server.views import FIRST_WAITING
from tests.support.floor import CARLA, Floor, check_stories

EXPIRES_AFTER = 14_400_000  # milliseconds
RETRY_AFTER = 300_000


def promises(floor: Floor, queue: str = "billing") -> tuple[PromiseLive, ...]:
    """What a page that comes now is shown."""
    return next(one for one in floor.snapshot().queues if one.queue == queue).first_promises


def only(floor: Floor) -> PromiseLive:
    (promise,) = promises(floor)
    return promise


def reported(floor: Floor) -> tuple[PromiseLive, ...]:
    """What pages that were there all the time know, a moment later."""
    floor.pass_time(1.0)
    told = [one.queue for one in floor.reports if isinstance(one, QueueReport) and one.queue.queue == "billing"]
    return told[-1].first_promises


def drop(floor: Floor, call: CallId) -> str | None:
    return floor.refusal(DropPromise(by="sue", interaction=floor.interaction(call)))


def called(floor: Floor) -> CallId:
    """A promise whose customer is being called."""
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    return call


# -- the list --------------------------------------------------------------------------------------------------------


def test_a_promise_is_listed_with_all_that_matters(floor: Floor) -> None:
    now = milliseconds(floor.clock.utc())
    call = floor.promised(customer=CARLA)
    expected = PromiseLive(
        interaction=floor.interaction(call),
        tier=Tier.VIP,
        customer_name=CARLA.name,
        number="+12025550123",
        since=now,
        attempts=0,
        attempts_at_most=3,
        failed=None,
        not_before=None,
        expires_at=now + EXPIRES_AFTER,
        calling_since=None,
    )
    assert only(floor) == expected
    assert reported(floor) == (expected,)


def test_who_has_not_hung_up_is_not_listed(floor: Floor) -> None:
    call = floor.caller_arrives()
    assert floor.flow_promises(call, queue="billing") is None
    assert promises(floor) == ()


def test_the_order_is_that_of_service(floor: Floor) -> None:
    """A VIP's head start counts as it does for those on the line."""
    for number in range(FIRST_WAITING + 1):
        floor.promised(number=f"202 555 {100 + number:04}")
        floor.pass_time(1.0)
    vip = floor.promised(customer=CARLA, number="202 555 0199")
    billing = next(one for one in floor.snapshot().queues if one.queue == "billing")
    assert len(billing.first_promises) == FIRST_WAITING
    assert billing.first_promises[0].interaction == floor.interaction(vip)
    assert [one.interaction for one in billing.first_promises] == floor.waiting()[:FIRST_WAITING]


def test_who_is_being_called_is_shown_so_and_why_it_failed_afterwards(floor: Floor) -> None:
    called(floor)
    at = milliseconds(floor.clock.utc())
    shown = only(floor)
    assert (shown.attempts, shown.calling_since, shown.failed) == (1, at, None)
    assert reported(floor) == (shown,)
    floor.customer_does_not(Cause.BUSY)
    shown = only(floor)
    assert (shown.attempts, shown.calling_since, shown.failed) == (1, None, "busy")
    assert shown.not_before == milliseconds(floor.clock.utc()) + RETRY_AFTER
    assert reported(floor) == (shown,)


def test_when_the_pause_is_over_an_agent_is_all_that_is_waited_for(floor: Floor) -> None:
    called(floor)
    floor.agent_takes_a_break("bo")
    floor.customer_does_not()
    floor.pass_time(RETRY_AFTER / 1000 + 2.0)
    assert (only(floor).not_before, only(floor).failed) == (None, "no_answer")


def test_a_call_that_ended_with_the_switch_says_nothing_of_the_customer(floor: Floor) -> None:
    called(floor)
    floor.pbx.crash()
    floor.link_down(switch_stopped=True)
    assert (only(floor).attempts, only(floor).failed, only(floor).calling_since) == (0, None, None)


def test_a_restart_changes_nothing_of_what_is_shown(floor: Floor) -> None:
    called(floor)
    floor.customer_does_not(Cause.BUSY)
    floor.agent_takes_a_break("bo")
    floor.pass_time(60.0)
    before = only(floor)
    floor.restart()
    after = only(floor)
    assert after.model_copy(update={"not_before": None}) == before.model_copy(update={"not_before": None})
    assert before.not_before is not None
    assert after.not_before is not None
    assert after.not_before <= before.not_before, "counted from when it was called, for the end was nobody's to see"


# -- given up --------------------------------------------------------------------------------------------------------


def test_a_supervisor_gives_a_promise_up(floor: Floor) -> None:
    call = floor.promised(customer=CARLA)
    other = floor.promised(number="202 555 0199")
    assert drop(floor, call) is None
    assert floor.story(call)[-3:] == ["callback_dropped:withdrawn", "ended:not_reached", "closed"]
    assert floor.written(call, EventKind.CALLBACK_DROPPED)[0].data["by"] == "sue"
    assert [one.interaction for one in promises(floor)] == [floor.interaction(other)]
    assert reported(floor) == promises(floor)
    told = [one.repair for one in floor.reports if isinstance(one, RepairReport)]
    assert [(one.repair, one.interaction, one.by) for one in told] == [
        (Repair.PROMISE_DROPPED, floor.interaction(call), "sue")
    ]
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert [line.number for line in floor.pbx.customers_ringing()] == ["+12025550199"]
    check_stories(floor)


def test_it_counts_as_given_up_and_its_story_tells_who_did_it(floor: Floor) -> None:
    call = floor.promised()
    assert drop(floor, call) is None
    billing = next(one for one in floor.snapshot().queues if one.queue == "billing")
    assert (billing.callbacks, billing.callbacks_dropped_today, billing.abandoned_today) == (0, 1, 0)
    written = [event for event in floor.events if event.interaction == floor.interaction(call)]
    assert summarize(written).outcome == "not_reached"
    assert [(one.ended, one.by) for one in tell(written).segments if one.by] == [("withdrawn", "sue")]


def test_it_is_answered_when_it_is_on_disk_and_stays_so(floor: Floor) -> None:
    call = floor.promised()
    assert drop(floor, call) is None
    replies = [one for one in floor.log if isinstance(one, effects.Answer)]
    assert replies[-1].when_durable
    floor.restart()
    assert floor.director.floor.contacts == {}
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert floor.pbx.customers_ringing() == []


def test_the_engine_is_told_as_of_anybody_who_leaves(floor: Floor) -> None:
    """And no number and no name is in its log."""
    call = floor.promised(customer=CARLA)
    assert drop(floor, call) is None
    (log,) = floor.engine_logs
    left = json.loads(log[-1])["event"]
    assert left == {"is": "InteractionAbandoned", "interaction": floor.interaction(call)}
    assert not any(CARLA.name in line or "2025550123" in line for line in log)


def test_who_is_being_called_is_not_cut_off(floor: Floor) -> None:
    call = called(floor)
    assert drop(floor, call) == "being_called"
    assert floor.pbx.customers_ringing()
    floor.customer_does_not(Cause.BUSY)
    assert drop(floor, call) is None
    assert floor.story(call)[-1] == "closed"


def test_whose_turn_comes_in_the_same_moment_is_called(floor: Floor) -> None:
    """What is due happens first, whatever is asked."""
    call = floor.promised()
    floor.agent_signs_on("bo")
    floor.clock.advance(1.0)
    assert drop(floor, call) == "being_called"
    assert floor.contact_of(call).stage is Stage.CALLBACK


@pytest.mark.parametrize("how", ["reached", "expired", "dropped", "never promised", "never there"])
def test_a_promise_that_is_gone_cannot_be_given_up(floor: Floor, how: str) -> None:
    if how == "never there":
        unknown = DropPromise(by="sue", interaction="018f0000-0000-7000-8000-000000000009")
        assert floor.refusal(unknown) == "promise_gone"
        return
    call = floor.caller_waits() if how == "never promised" else floor.promised()
    if how == "reached":
        floor.agent_signs_on("bo")
        floor.pass_time(1.0)
        floor.customer_answers()
    elif how == "expired":
        floor.clock.advance(EXPIRES_AFTER / 1000 + 1.0)
    elif how == "dropped":
        assert drop(floor, call) is None
    assert drop(floor, call) == "promise_gone"


def test_while_the_switch_is_down_a_promise_can_be_given_up(floor: Floor) -> None:
    """Even one whose turn has come: nobody is being called."""
    call = called(floor)
    floor.pbx.crash()
    floor.link_down(switch_stopped=True)
    assert drop(floor, call) is None
    floor.link_up()
    floor.phone_back("bo")
    floor.agent_gets_ready("bo")
    floor.pass_time(5.0)
    assert floor.pbx.customers_ringing() == []
    assert floor.story(call)[-2:] == ["ended:not_reached", "closed"]
    waiting = floor.caller_waits()
    assert floor.rings("bo") == waiting
