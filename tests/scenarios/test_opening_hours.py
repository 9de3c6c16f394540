"""A queue with opening hours: who calls when it is closed is told so, who waits when it closes is still served."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from acd.model import Overflow, OverflowCause, OverflowTo
from callcenter.domain.business_hours import Calendar, Hours
from callcenter.domain.interaction import EventKind
from callcenter.server.contact import Stage
from tests.support.floor import Floor, catalogue, check_stories, plan

HOUR = 3_600.0
CLOSED = Overflow(cause=OverflowCause.CLOSED, to=OverflowTo.MESSAGE, name="closed")
TO_GENERAL = Overflow(cause=OverflowCause.CLOSED, to=OverflowTo.QUEUE, name="general")
UNTIL_TEN = Calendar(  # the scenarios begin on a Monday at nine
    name="office", zone=ZoneInfo("UTC"), week=((Hours(since=8 * 60, until=10 * 60),),) * 7
)


def house(overflow: Overflow = CLOSED) -> Floor:
    """Billing is open from eight to ten, general always."""
    return Floor(
        catalogue_=catalogue(
            plan("billing", {"billing": 3}, overflows=[overflow], calendar="office"),
            plan("general", {}),
            calendars={"office": UNTIL_TEN},
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


def board(floor: Floor, name: str = "billing") -> tuple[bool, int | None]:
    """Return whether a queue is open on the board, and in how many seconds that changes."""
    (queue,) = (one for one in floor.snapshot().queues if one.queue == name)
    now = floor.now.utc.timestamp()
    return queue.open, None if queue.open_until is None else round(queue.open_until / 1000 - now)


def test_who_calls_when_it_is_closed_comes_to_its_message(told: list[Floor]) -> None:
    """Until ten he is queued, from ten on he is not; the next morning he is again."""
    floor = house()
    told.append(floor)
    early = floor.caller_waits("billing")
    assert floor.contact(early).stage is Stage.WAITING
    assert board(floor) == (True, 3_600)
    floor.caller_hangs_up(early)

    floor.pass_time(HOUR)
    assert board(floor) == (False, 22 * 3_600)
    late = floor.caller_waits("billing")
    assert (floor.contact(late).stage, floor.contact(late).flow) == (Stage.IVR, "closed")
    assert [event.data["why"] for event in floor.written(late, EventKind.OVERFLOWED)] == ["closed"]

    floor.pass_time(22 * HOUR)
    assert board(floor) == (True, 2 * 3_600)
    assert floor.contact(floor.caller_waits("billing")).stage is Stage.WAITING


def test_who_waits_when_it_closes_is_served(told: list[Floor]) -> None:
    """He came in time. An agent who gets ready at five past ten gets him."""
    floor = house()
    told.append(floor)
    call = floor.caller_waits("billing")
    floor.pass_time(HOUR + 300)
    assert floor.contact(call).stage is Stage.WAITING
    floor.agent_signs_on("ana")
    assert floor.rings("ana") == call
    floor.agent_rejects("ana")
    assert floor.contact(call).stage is Stage.WAITING  # and is not sent away for a phone that was busy


def test_another_team_helps_when_it_is_closed(told: list[Floor]) -> None:
    """The overflow leads to a queue like any other."""
    floor = house(TO_GENERAL)
    told.append(floor)
    floor.pass_time(HOUR)
    floor.agent_signs_on("cy")  # knows no bills
    call = floor.caller_waits("billing")
    assert floor.rings("cy") == call
    assert floor.contact(call).came_from == "billing"


def test_a_restart_after_closing_keeps_who_waits_and_knows_the_hour(told: list[Floor]) -> None:
    """Who was accepted before ten still waits; who comes now does not."""
    floor = house()
    told.append(floor)
    waiting = floor.caller_waits("billing")
    floor.pass_time(HOUR)
    floor.restart()
    floor.pass_time(1)
    assert floor.contact(waiting).stage is Stage.WAITING
    assert board(floor)[0] is False
    assert floor.contact(floor.caller_waits("billing")).flow == "closed"


def test_the_clock_of_the_machine_is_set(told: list[Floor]) -> None:
    """What the wall shows counts: within a minute the board and the engine follow it."""
    floor = house()
    told.append(floor)
    floor.clock.set_utc(floor.clock.utc() + timedelta(hours=1))
    floor.pass_time(60)
    assert board(floor)[0] is False
    assert floor.contact(floor.caller_waits("billing")).flow == "closed"
