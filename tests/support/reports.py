"""Reports that say which one they are."""

from __future__ import annotations

from callcenter.api.messages import QueueLive, QueueReport, Report


def report(number: int = 0) -> QueueReport:
    """A queue report whose `waiting` is the number."""
    return QueueReport(
        queue=QueueLive(
            queue="billing",
            label="Billing",
            waiting=number,
            longest_since=None,
            agents_ready=1,
            agents_busy=0,
            agents_wrap_up=0,
            agents_not_ready=0,
            offered_today=0,
            answered_today=0,
            overflowed_today=0,
            open=True,
            open_until=None,
            expected_low_s=None,
            expected_high_s=None,
            abandoned_today=0,
            service_level_target_s=20,
            answered_in_target_today=0,
            callbacks=0,
            callbacks_dropped_today=0,
            first_waiting=(),
            first_promises=(),
        )
    )


def number_of(made: Report) -> int:
    """The number a report was made with."""
    assert isinstance(made, QueueReport)
    return made.queue.waiting
