"""Somebody hangs up: whoever, wherever, whenever."""

from __future__ import annotations

import pytest

from callcenter.api import messages
from callcenter.api.messages import AgentStateName
from callcenter.domain import commands, events
from callcenter.domain.cause import Cause
from callcenter.domain.ids import ConnectionId
from tests.support.floor import Floor, device


def test_the_caller_hangs_up_in_the_ivr(floor: Floor) -> None:
    """The session ends with the call."""
    call = floor.caller_arrives()
    floor.caller_hangs_up(call)
    assert call not in floor.sessions
    assert floor.story(call) == ["started", "ended:left_in_ivr", "closed"]


def test_the_end_is_told_without_a_word_about_the_ivr(floor: Floor) -> None:
    """The session ends all the same."""
    call = floor.caller_arrives()
    floor.tell(events.CallCleared(call=call, cause=Cause.NORMAL_CLEARING))
    assert call not in floor.sessions


def test_an_order_of_the_flow_that_comes_after_the_end_changes_nothing(floor: Floor) -> None:
    """The session's last words were under way when the caller hung up."""
    call = floor.caller_arrives()
    session = floor.sessions[call]
    floor.caller_hangs_up(call)
    floor.sessions[call] = session
    floor.flow_queues(call, "billing")
    assert floor.story(call) == ["started", "ended:left_in_ivr", "closed"]


def test_the_caller_hangs_up_while_waiting(floor: Floor) -> None:
    """An abandoned caller leaves the line, and is counted."""
    call = floor.caller_waits()
    floor.pass_time(5.0)
    floor.caller_hangs_up(call)
    assert floor.waiting() == []
    assert floor.story(call) == ["started", "queued:billing", "ended:abandoned", "closed"]
    floor.pass_time(1.0)
    billing = next(queue for queue in floor.snapshot().queues if queue.queue == "billing")
    assert (billing.offered_today, billing.answered_today, billing.abandoned_today) == (1, 0, 1)


def test_the_caller_hangs_up_while_the_agent_rings(floor: Floor) -> None:
    """The agent is free again at once and is told why; no command follows a caller who is gone."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.caller_hangs_up(call)
    assert floor.rings("bo") is None
    assert floor.state("bo") is AgentStateName.READY
    assert floor.page("bo") is None
    assert floor.last_gone("bo") == "caller_gone"
    assert floor.sent(commands.RecallCall) == []
    assert floor.story(call)[-3:] == ["offer_ended:abandoned", "ended:abandoned", "closed"]


def test_the_caller_hangs_up_while_the_pop_is_under_way(floor: Floor) -> None:
    """The phone has not rung yet, and never does."""
    floor.pops_acknowledged = False
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    assert floor.rings("bo") is None
    floor.caller_hangs_up(call)
    floor.pass_time(1.0)
    assert floor.sent(commands.DeflectCall) == []
    assert floor.state("bo") is AgentStateName.READY


def test_the_caller_hangs_up_in_the_talk(floor: Floor) -> None:
    """The agent's wrap-up begins, and shows who ended the talk."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.caller_hangs_up(call)
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    page = floor.page("bo")
    assert page is not None
    assert page.ended_by == "caller"
    assert floor.story(call)[-2:] == ["talk_ended:caller", "ended:handled"]


def test_agent_and_caller_hang_up_at_once(floor: Floor) -> None:
    """Both ends are told, the first one counts, and there is one talk's end and one call's end."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    connection = floor.contact(call).connection
    assert connection is not None
    for by_agent in (True, False):
        ended = events.ConnectionCleared(
            call=call, device=device("bo"), connection=connection, cause=Cause.NORMAL_CLEARING, by_agent=by_agent
        )
        floor.tell(ended)
    for _ in range(2):
        floor.tell(events.CallCleared(call=call, cause=Cause.NORMAL_CLEARING))
    assert floor.story(call)[-2:] == ["talk_ended:agent", "ended:handled"]
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL


def test_the_end_of_the_call_comes_alone(floor: Floor) -> None:
    """The caller's end without the agent's says as much."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.tell(events.CallCleared(call=call, cause=Cause.NORMAL_CLEARING))
    assert floor.story(call)[-2:] == ["talk_ended:caller", "ended:handled"]
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL


def test_the_end_of_another_leg_is_not_the_end_of_the_talk(floor: Floor) -> None:
    """A leg that the caller had before says nothing about the one he talks on."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    stray = events.ConnectionCleared(
        call=call, device=device("bo"), connection=ConnectionId("other"), cause=Cause.NORMAL_CLEARING, by_agent=True
    )
    floor.tell(stray)
    assert floor.state("bo") is AgentStateName.BUSY


def test_a_late_answer_to_a_caller_who_has_gone_is_no_talk(floor: Floor) -> None:
    """The agent picks up in the moment in which the caller hangs up: nobody is left talking to nobody."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    contact = floor.contact(call)
    connection = ConnectionId("late")
    floor.caller_hangs_up(call)
    floor.tell(events.Established(call=call, device=device("bo"), connection=connection))
    assert contact.stage.value == "closed"
    assert floor.state("bo") is AgentStateName.READY


@pytest.mark.parametrize("cause", [Cause.MEDIA_LOST, Cause.UNREACHABLE, Cause.SWITCH_FAILURE, Cause.UNKNOWN])
def test_a_leg_that_dies_in_the_talk_puts_the_caller_first_in_line(floor: Floor, cause: Cause) -> None:
    """Whatever killed the leg, the caller comes back to the room, at his old place, and the agent is free."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.pass_time(20.0)
    later = floor.caller_waits()
    floor.agent_takes_a_break("bo")
    floor.phone_lost("bo")
    floor.pbx.lose_leg(device("bo"), cause)
    floor.settle()
    assert floor.waiting() == [floor.interaction(call), floor.interaction(later)]
    assert floor.page("bo") is None
    floor.agent_signs_on("ana")
    assert floor.rings("ana") == later  # who talked to bo waits for him for a while; the next one need not
    floor.agent_answers("ana")
    floor.pass_time(31.0)
    floor.agent_hangs_up("ana")
    floor.agent_completes("ana", later)
    assert floor.rings("ana") == call
    floor.agent_answers("ana")
    floor.agent_hangs_up("ana")
    assert floor.story(call) == [
        "started",
        "queued:billing",
        "offered:bo",
        "rang",
        "answered:bo",
        "talk_ended:switch",
        "queued:billing",
        "offered:ana",
        "rang",
        "answered:ana",
        "talk_ended:agent",
        "ended:handled",
    ]


def test_an_agent_whose_caller_went_on_has_nothing_left_to_wrap_up(floor: Floor) -> None:
    """Not even a clock: he may sign off, and nothing is due for him any more."""
    floor.agent_signs_on("bo")
    floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_takes_a_break("bo")
    floor.phone_lost("bo")  # else he would be rung for the caller whom he has lost
    floor.pbx.lose_leg(device("bo"))
    floor.settle()
    assert floor.refusal(messages.SignOff(agent="bo")) is None
    floor.pass_time(120.0)
    assert floor.state("bo") is AgentStateName.NULL


def test_a_caller_who_lost_his_agent_and_gives_up_was_abandoned(floor: Floor) -> None:
    """He talked once, but he left waiting."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_takes_a_break("bo")
    floor.pbx.lose_leg(device("bo"))
    floor.settle()
    floor.caller_hangs_up(call)
    assert floor.story(call)[-2:] == ["ended:abandoned", "closed"]
