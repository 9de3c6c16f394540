"""A queue that gives callers away: to another queue, or to a flow. Nobody is lost on the way, and all of it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acd.model import Overflow, OverflowCause, OverflowTo
from callcenter.api import messages
from callcenter.domain import commands
from callcenter.domain.events import Place
from callcenter.domain.interaction import EventKind
from callcenter.server.contact import Stage
from tests.support.floor import Floor, catalogue, check_stories, plan

AFTER = 60.0
TO_GENERAL = Overflow(cause=OverflowCause.WAITED, limit=AFTER, to=OverflowTo.QUEUE, name="general")
TO_MESSAGE = Overflow(cause=OverflowCause.WAITED, limit=AFTER, to=OverflowTo.MESSAGE, name="all_busy")
NOBODY = Overflow(cause=OverflowCause.NOBODY_LOGGED_ON, to=OverflowTo.VOICEMAIL, name="leave_message")


def house(*overflows: Overflow) -> Floor:
    """Billing has these overflows; general and technical have none."""
    return Floor(
        catalogue_=catalogue(
            plan("billing", {"billing": 3}, overflows=overflows),
            plan("technical", {"technical": 3}),
            plan("general", {}),
        )
    )


@pytest.fixture
def told() -> Iterator[list[Floor]]:
    """Whatever happened in these houses must have been written down whole."""
    floors: list[Floor] = []
    yield floors
    for floor in floors:
        check_stories(floor)
        assert floor.trespasses == []


def queue_on_board(floor: Floor, name: str) -> tuple[int, int, int, int]:
    """Return (waiting, offered, answered, overflowed) of a queue."""
    (queue,) = (one for one in floor.snapshot().queues if one.queue == name)
    return queue.waiting, queue.offered_today, queue.answered_today, queue.overflowed_today


# -- to another queue ------------------------------------------------------------------------------------------------


def test_after_a_minute_another_team_helps(told: list[Floor]) -> None:
    """The caller stays in the room and keeps the time he has waited; his place there is written on his channel."""
    floor = house(TO_GENERAL)
    told.append(floor)
    floor.agent_signs_on("cy")  # knows no bills
    call = floor.caller_waits("billing")
    floor.pass_time(AFTER - 1)
    assert floor.rings("cy") is None
    floor.pass_time(1.5)
    assert floor.rings("cy") == call
    page = floor.page("cy")
    assert page is not None
    assert (page.queue, page.came_from, round(page.waited_s)) == ("general", "billing", AFTER)
    (moved,) = floor.written(call, EventKind.MOVED)
    assert moved.data == {"queue": "billing", "to": "general", "why": "waited"}
    floor.agent_answers("cy")
    assert queue_on_board(floor, "billing") == (0, 1, 0, 1)
    assert queue_on_board(floor, "general") == (0, 1, 1, 0)


def test_who_waits_there_is_in_that_queue_on_the_channel_too(told: list[Floor]) -> None:
    """If we die now, the switch's own queue of the new team takes him, in the old order."""
    floor = house(TO_GENERAL)
    told.append(floor)
    call = floor.caller_waits("billing")
    before = floor.pbx.lines[call].sequence
    floor.pass_time(AFTER + 1)
    line = floor.pbx.lines[call]
    assert (line.place, line.queue, line.sequence) == (Place.WAITING, "general", before)
    assert [type(one) for one in floor.sent(commands.QueueCall)] == [commands.QueueCall]  # the room, once, at first
    (waiting,) = next(one for one in floor.snapshot().queues if one.queue == "general").first_waiting
    assert waiting.came_from == "billing"


def test_nobody_being_logged_on_moves_who_arrives_at_once(told: list[Floor]) -> None:
    """He goes to the room once, and it is the right one."""
    floor = house(Overflow(cause=OverflowCause.NOBODY_LOGGED_ON, to=OverflowTo.QUEUE, name="general"))
    told.append(floor)
    call = floor.caller_waits("billing")
    assert floor.story(call)[-2:] == ["queued:billing", "moved:general"]
    assert floor.pbx.lines[call].queue == "general"
    assert floor.sent(commands.MarkPlace) == []


def test_a_restart_counts_the_time_in_the_new_queue(told: list[Floor]) -> None:
    """Steps and overflows of a queue go by the time in that queue, and it is the same after a restart."""
    on = Overflow(cause=OverflowCause.WAITED, limit=AFTER, to=OverflowTo.QUEUE, name="technical")
    floor = Floor(
        catalogue_=catalogue(
            plan("billing", {"billing": 3}, overflows=[TO_GENERAL]),
            plan("technical", {"technical": 3}),
            plan("general", {}, overflows=[on]),
        )
    )
    told.append(floor)
    call = floor.caller_waits("billing")
    floor.pass_time(AFTER + 20)
    floor.restart()
    contact = floor.contact(call)
    assert (contact.queue, contact.came_from) == ("general", "billing")
    floor.pass_time(AFTER - 30)
    assert floor.contact(call).queue == "general"
    floor.pass_time(11)
    assert floor.contact(call).queue == "technical"
    assert floor.story(call)[-3:] == ["queued:billing", "moved:general", "moved:technical"]


# -- to a flow -------------------------------------------------------------------------------------------------------


def test_after_a_minute_a_flow_takes_the_caller_on(told: list[Floor]) -> None:
    """He leaves the line, and hears what that flow has to say."""
    floor = house(TO_MESSAGE)
    told.append(floor)
    call = floor.caller_waits("billing")
    floor.pass_time(AFTER + 1)
    assert floor.waiting() == []
    assert floor.contact(call).stage is Stage.IVR
    session = floor.sessions[call]
    assert (session.flow, session.node) == ("all_busy", None)
    (event,) = floor.written(call, EventKind.OVERFLOWED)
    assert event.data == {"queue": "billing", "to": "message", "flow": "all_busy", "why": "waited"}
    assert queue_on_board(floor, "billing") == (0, 1, 0, 1)
    floor.caller_hangs_up(call)
    assert floor.story(call)[-3:] == ["overflowed:all_busy", "ended:overflowed", "closed"]
    assert queue_on_board(floor, "billing") == (0, 1, 0, 1)


def test_who_arrives_when_nobody_is_there_never_enters_the_room(told: list[Floor]) -> None:
    """From one flow straight into the other."""
    floor = house(NOBODY)
    told.append(floor)
    call = floor.caller_waits("billing")
    assert floor.sessions[call].flow == "leave_message"
    assert floor.sent(commands.QueueCall) == []


def test_the_last_agent_going_home_leads_those_who_wait_on(told: list[Floor]) -> None:
    """Nobody waits for nobody."""
    floor = house(NOBODY)
    told.append(floor)
    floor.agent_signs_on("bo", ready=False)
    call = floor.caller_waits("billing")
    assert floor.contact(call).stage is Stage.WAITING
    assert floor.refusal(messages.SignOff(agent="bo")) is None
    assert floor.sessions[call].flow == "leave_message"


def test_a_flow_may_bring_the_caller_back_into_a_queue(told: list[Floor]) -> None:
    """He keeps his place, and has his minute in that queue anew."""
    floor = house(TO_MESSAGE)
    told.append(floor)
    call = floor.caller_waits("billing")
    since = floor.contact(call).enqueued_at
    floor.pass_time(AFTER + 5)
    floor.flow_queues(call, "billing")
    contact = floor.contact(call)
    assert (contact.stage, contact.enqueued_at, contact.flow) == (Stage.WAITING, since, None)
    floor.pass_time(AFTER - 10)
    assert floor.contact(call).stage is Stage.WAITING
    floor.pass_time(11)
    assert floor.sessions[call].flow == "all_busy"
    floor.flow_queues(call, "technical")
    floor.agent_signs_on("cy")
    floor.agent_answers("cy")
    assert queue_on_board(floor, "billing") == (0, 2, 0, 2)
    assert queue_on_board(floor, "technical") == (0, 1, 1, 0)
    assert floor.contact(call).agent == "cy"


def test_a_restart_finds_the_caller_in_the_flow_he_was_led_to(told: list[Floor]) -> None:
    """He is not queued again, and goes on where he was."""
    floor = house(TO_MESSAGE)
    told.append(floor)
    call = floor.caller_waits("billing")
    floor.pass_time(AFTER + 1)
    floor.flow_enters(call, "regret")
    floor.restart()
    session = floor.sessions[call]
    assert (session.flow, session.node) == ("all_busy", "regret")
    assert floor.waiting() == []


def test_a_caller_whose_way_into_the_flow_we_died_on_is_sent_again(told: list[Floor]) -> None:
    """The order was given, and lost: he is still in the room."""
    floor = house(TO_MESSAGE)
    told.append(floor)
    call = floor.caller_waits("billing")
    floor.pass_time(AFTER - 0.5)
    floor.advance(1.0)  # the engine has decided, nothing has reached the switch
    floor.restart()
    assert floor.pbx.lines[call].place is Place.IVR
    assert floor.sessions[call].flow == "all_busy"


def test_a_flow_that_breaks_ends_with_spoken_words(told: list[Floor]) -> None:
    """His queue has given him away, and nobody else has him: he is told, and not left in silence."""
    floor = house(TO_MESSAGE)
    told.append(floor)
    call = floor.caller_waits("billing")
    floor.pass_time(AFTER + 1)
    floor.flow_fails(call)
    assert floor.pbx.lines[call].place is Place.ENDING
    floor.pass_time(10)
    assert floor.story(call)[-4:] == ["overflowed:all_busy", "failed", "ended:overflowed", "closed"]


def test_callers_do_not_go_round_for_ever(told: list[Floor]) -> None:
    """A flow that leads back to where nobody is would be heard again and again."""
    floor = house(NOBODY)
    told.append(floor)
    call = floor.caller_waits("billing")
    for _ in range(2):
        floor.pass_time(1)
        floor.flow_queues(call, "billing")
        assert floor.sessions[call].flow == "leave_message"
    floor.pass_time(1)
    floor.flow_queues(call, "billing")
    assert floor.pbx.lines[call].place is Place.ENDING
    floor.pass_time(10)
    assert floor.story(call)[-2:] == ["ended:overflowed", "closed"]


def test_a_flow_that_holds_its_caller_too_long_loses_him_to_the_line(told: list[Floor]) -> None:
    """The guard takes him out of a flow that does not go on; his queue gives him to it again, a few times."""
    floor = house(NOBODY)
    told.append(floor)
    call = floor.caller_waits("billing")
    floor.pass_time(60)
    assert floor.story(call).count("overflowed:leave_message") == 4
    assert floor.story(call)[-2:] == ["ended:overflowed", "closed"]


def test_a_dead_server_leaves_him_a_way_out_of_the_flow(told: list[Floor]) -> None:
    """The guard of the flow ends in the room, and the room in the switch's own queue, at the old place."""
    floor = house(TO_MESSAGE)
    told.append(floor)
    call = floor.caller_waits("billing")
    place = floor.pbx.lines[call].sequence
    floor.pass_time(AFTER + 1)
    floor.link_down()
    floor.advance(10)
    floor.advance(1)
    line = floor.pbx.lines[call]
    assert (line.place, line.queue, line.sequence) == (Place.FALLBACK_QUEUE, "billing", place)
    floor.link_up()
    assert floor.contact(call).stage is Stage.FALLBACK
    assert floor.story(call)[-2:] == ["queued:billing", "fell_back"]


def test_overflows_go_on_while_the_link_is_down(told: list[Floor]) -> None:
    """What could not be sent is sent when the switch is seen again."""
    floor = house(TO_MESSAGE)
    told.append(floor)
    call = floor.caller_waits("billing")
    floor.link_down()
    floor.advance(2)
    floor.clock.advance(AFTER)
    floor.wake()
    floor.pbx.heartbeat = floor.clock.utc().timestamp()
    floor.link_up()
    assert floor.pbx.lines[call].place is Place.IVR
    assert floor.sessions[call].flow == "all_busy"
