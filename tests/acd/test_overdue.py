"""When somebody is overdue, measured in seconds or in usual waits."""

from __future__ import annotations

from math import inf

import pytest

from acd.commands import OfferInteraction
from acd.events import InteractionAbandoned, InteractionEnded, OfferAccepted
from acd.model import AgentId, InteractionId, Overflow, OverflowCause, OverflowTo, Queue, QueueName
from acd.overdue import MEMORY, WEIGHT_OF_START, OverdueLimits
from tests.acd.world import Centre, agent, only

SUPPORT = QueueName("support")
NEVER = Queue(name=SUPPORT)
FIXED = Queue(name=SUPPORT, overdue_after=300.0)
MEASURED = Queue(name=SUPPORT, overdue_after=480.0, overdue_factor=8.0)


@pytest.mark.parametrize(("queue", "limit"), [(NEVER, inf), (FIXED, 300.0), (MEASURED, 480.0)])
def test_a_new_queue_begins_with_what_is_configured(queue: Queue, limit: float) -> None:
    assert OverdueLimits().limit(queue) == limit


def test_fixed_limits_learn_nothing() -> None:
    limits = OverdueLimits()
    limits.observe(FIXED, 10.0)
    assert (limits.limit(FIXED), limits.limit(MEASURED)) == (300.0, 480.0)


def test_a_measured_limit_follows_the_mean_wait() -> None:
    limits = OverdueLimits()
    for _ in range(9 * WEIGHT_OF_START):
        limits.observe(MEASURED, 20.0)
    assert limits.limit(MEASURED) == pytest.approx(8 * (0.1 * 60 + 0.9 * 20))
    assert limits.limit(Queue(name=QueueName("other"), overdue_after=1.0, overdue_factor=8.0)) == pytest.approx(1.0)


def test_old_waits_are_forgotten() -> None:
    limits = OverdueLimits()
    for seconds in (20.0, 40.0):
        for _ in range(20 * MEMORY):
            limits.observe(MEASURED, seconds)
    assert limits.limit(MEASURED) == pytest.approx(320.0)


def test_one_wait_counts_no_more_than_the_limit() -> None:
    """A customer who was called back hours later says nothing of how long people wait."""
    limits = OverdueLimits()
    limits.observe(MEASURED, 86_400.0)
    assert limits.limit(MEASURED) == pytest.approx(8 * (60 + 420 / (WEIGHT_OF_START + 1)))


class TestInTheEngine:
    """What counts as having had to wait: everybody whom no agent took at once."""

    def centre(self, queue: Queue = MEASURED) -> Centre:
        made = Centre()
        made.configure(queue)
        return made

    def limit(self, made: Centre) -> float:
        return made.engine._state.limits.limit(MEASURED)

    def test_who_is_taken_at_once_does_not(self) -> None:
        made = self.centre()
        made.log_on(agent("ann"))
        made.queue("i1", enqueued_at=made.now - 0.01)
        assert self.limit(made) == 480.0

    def test_who_is_taken_from_the_line_does(self) -> None:
        made = self.centre()
        made.log_on(agent("ann"))
        made.tell(OfferAccepted(offer=only(made.queue("i1"), OfferInteraction).offer))
        made.queue("i2")
        made.wait(10)
        offer = only(
            made.tell(InteractionEnded(interaction=InteractionId("i1"), agent=AgentId("ann"))), OfferInteraction
        )
        made.wait(5)
        made.tell(OfferAccepted(offer=offer.offer))
        assert self.limit(made) == pytest.approx(8 * (60 - 50 / (WEIGHT_OF_START + 1))), "the ringing does not count"

    def test_who_gives_up_does(self) -> None:
        made = self.centre()
        made.queue("i1")
        made.wait(10)
        made.tell(InteractionAbandoned(interaction=InteractionId("i1")))
        assert self.limit(made) == pytest.approx(8 * (60 - 50 / (WEIGHT_OF_START + 1)))

    @pytest.mark.parametrize(("cause", "seconds"), [(OverflowCause.WAITED, 10.0), (OverflowCause.LENGTH, None)])
    def test_who_is_led_on_does_unless_at_once(self, cause: OverflowCause, seconds: float | None) -> None:
        overflow = Overflow(cause=cause, to=OverflowTo.VOICEMAIL, name="box", limit=seconds or 0.0)
        made = self.centre(Queue(name=SUPPORT, overdue_after=480.0, overdue_factor=8.0, overflows=(overflow,)))
        made.queue("i1")
        made.wait(10)
        assert made.engine.waiting_count == 0
        assert self.limit(made) == pytest.approx(480.0 if seconds is None else 8 * (60 - 50 / (WEIGHT_OF_START + 1)))

    def test_a_promise_is_not_moved(self) -> None:
        """The limit of who waits stays that of the moment of coming."""
        made = self.centre()
        made.queue("i1")
        for number in range(300):
            made.queue(f"short {number}")
            made.tell(InteractionAbandoned(interaction=InteractionId(f"short {number}")))
        made.queue("vip", head_start=900.0)
        made.wait(479)
        assert [each.interaction for each in made.engine.waiting()] == ["vip", "i1"]
        made.wait(1)
        assert self.limit(made) < 400
        assert [each.interaction for each in made.engine.waiting()] == ["vip", "i1"], "the vip is overdue sooner"
        made.queue("late vip", head_start=900.0)
        assert [each.interaction for each in made.engine.waiting()] == ["vip", "i1", "late vip"]
