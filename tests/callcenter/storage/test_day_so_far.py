"""What a new life of the CTI server counts of the day is what the one before it had counted."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.ids import QueueName
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.server.counts import DayCounts, QueueDay
from callcenter.storage.database import writing
from callcenter.storage.history import counted_events, store_events
from tests.support.interactions import START, Story, handled

BILLING = QueueName("billing")


def counted(events: list[InteractionEvent]) -> QueueDay:
    counts = DayCounts(targets={BILLING: 20}, day=START.replace(hour=0))
    for event in sorted(events, key=lambda one: (one.at, one.seq)):
        counts.apply(event)
    return counts.of(BILLING)


def promised(number: int) -> Story:
    story = Story(number)
    story.tell(EventKind.STARTED, called_number="8005550100", calling_number="+12025550123", calling_name="")
    story.tell(EventKind.QUEUED, 1, queue="billing", head_start=0)
    story.tell(EventKind.CALLBACK_PROMISED, 2, number="+12025550123", queue="billing", until=1)
    story.tell(EventKind.CALLBACK_WAITS, 3, queue="billing", since=1.0, head_start=0)
    story.tell(EventKind.CALLBACK_CALLED, 400, attempt=1, call="cb-1")
    return story


def reached(number: int, until: EventKind) -> Story:
    story = promised(number)
    story.tell(EventKind.CALLBACK_REACHED, 410, attempt=1, queue="billing")
    story.tell(until, 415, **({"agent": "ana", "queue": "billing"} if until is EventKind.ANSWERED else {}))
    return story


def dropped(number: int) -> Story:
    story = promised(number)
    story.tell(EventKind.CALLBACK_DROPPED, 500, queue="billing", why="not reached")
    story.tell(EventKind.ENDED, 500, outcome="not_reached", cause="no_answer")
    return story


async def test_callbacks_are_counted_after_a_restart_as_before_it(records: AsyncEngine) -> None:
    stories = (
        handled(1),
        promised(2),
        reached(3, EventKind.ANSWERED),
        reached(4, EventKind.ENDED),
        dropped(5),
    )
    events = [event for story in stories for event in story.events]
    async with writing(records, "storing") as connection:
        await store_events(connection, events)
    before = counted(events)
    assert (before.answered, before.answered_in_target, before.abandoned, before.callbacks_dropped) == (2, 2, 1, 1)
    assert counted(await counted_events(records, START.replace(hour=0))) == before
