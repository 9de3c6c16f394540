"""The day's counts, from the events that become the history."""

from __future__ import annotations

from datetime import timedelta

from callcenter.domain.ids import QueueName
from callcenter.domain.interaction import EventKind
from callcenter.server.counts import DayCounts
from tests.support.interactions import START, Story, handled

BILLING = QueueName("billing")


def _counts() -> DayCounts:
    return DayCounts(targets={BILLING: 20}, day=START.replace(hour=0))


def _told(counts: DayCounts, *stories: Story) -> tuple[int, int, int, int]:
    for story in stories:
        for event in story.events:
            counts.apply(event)
    day = counts.of(BILLING)
    return day.offered, day.answered, day.abandoned, day.answered_in_target


def _waited(number: int, seconds: float, end: EventKind) -> Story:
    story = Story(number)
    story.tell(EventKind.STARTED)
    story.tell(EventKind.QUEUED, 0, queue="billing", head_start=0)
    story.tell(end, seconds)
    return story


def test_a_handled_call() -> None:
    """Offered once, answered once, within the target."""
    assert _told(_counts(), handled()) == (1, 1, 0, 1)


def test_the_target_is_inclusive() -> None:
    """Twenty seconds are in time, a moment more is not."""
    in_time, late = _waited(1, 20.0, EventKind.ANSWERED), _waited(2, 20.001, EventKind.ANSWERED)
    assert _told(_counts(), in_time, late) == (2, 2, 0, 1)


def test_an_abandoned_call() -> None:
    """Left while waiting, however briefly."""
    assert _told(_counts(), _waited(1, 0.5, EventKind.ENDED)) == (1, 0, 1, 0)


def test_a_call_that_never_waited_is_nobodys() -> None:
    """Who leaves from the flow has no queue."""
    story = Story()
    story.tell(EventKind.STARTED)
    story.tell(EventKind.ENDED, 5)
    assert _told(_counts(), story) == (0, 0, 0, 0)


def test_a_caller_who_is_moved_is_passed_on_here_and_offered_there() -> None:
    """His time in the second queue is counted from his coming to it."""
    counts, story = _counts(), Story()
    story.tell(EventKind.STARTED)
    story.tell(EventKind.QUEUED, 0, queue="billing", head_start=0)
    story.tell(EventKind.MOVED, 60, queue="billing", to="general", why="waited")
    story.tell(EventKind.ANSWERED, 75, agent="ana")
    assert _told(counts, story) == (1, 0, 0, 0)
    general = counts.of(QueueName("general"))
    assert counts.of(BILLING).overflowed == 1
    assert (general.offered, general.answered, general.answered_in_target, general.overflowed) == (1, 1, 1, 0)


def test_a_caller_who_is_led_on_is_neither_answered_nor_abandoned() -> None:
    """What the flow he was led to does with him is no business of the queue."""
    counts, story = _counts(), Story()
    story.tell(EventKind.STARTED)
    story.tell(EventKind.QUEUED, 0, queue="billing", head_start=0)
    story.tell(EventKind.OVERFLOWED, 60, queue="billing", to="message", flow="all_busy", why="waited")
    story.tell(EventKind.ENDED, 70, outcome="overflowed")
    assert _told(counts, story) == (1, 0, 0, 0)
    assert counts.of(BILLING).overflowed == 1


def test_a_caller_who_comes_back_into_the_line_is_counted_once() -> None:
    """He was offered and answered; that his agent's phone died changes no count."""
    story = handled()
    story.events.insert(-3, story.tell(EventKind.QUEUED, 76, queue="billing", head_start=0, again=True))
    assert _told(_counts(), story) == (1, 1, 0, 1)


def test_only_the_queue_that_changed_is_named() -> None:
    """So the board is told of that one alone."""
    counts, story = _counts(), handled()
    changed = [(event.kind, counts.apply(event)) for event in story.events]
    assert [(kind, queue) for kind, queue in changed if queue] == [
        (EventKind.QUEUED, BILLING),
        (EventKind.ANSWERED, BILLING),
    ]


def test_a_new_day_begins_at_nought_and_forgets_nobody_who_waits() -> None:
    """Queued yesterday, answered today: an answer of today."""
    counts, story = _counts(), _waited(1, 60.0, EventKind.ANSWERED)
    counts.apply(story.events[0])
    counts.apply(story.events[1])
    counts.begin_day(START + timedelta(seconds=30))
    counts.apply(story.events[2])
    day = counts.of(BILLING)
    assert (day.offered, day.answered, day.answered_in_target) == (0, 1, 0)


def test_what_is_read_back_from_yesterday_is_not_counted_today() -> None:
    """Only that somebody still waits is taken from it."""
    counts = DayCounts(targets={BILLING: 20}, day=START + timedelta(hours=1))
    assert _told(counts, handled(), _waited(2, 3_700.0, EventKind.ENDED)) == (0, 0, 1, 0)
