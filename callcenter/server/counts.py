"""The day's counts per queue, computed from interaction events: the same events that become the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.domain.ids import InteractionId, QueueName
from callcenter.domain.interaction import EventKind, InteractionEvent

USUAL_TARGET = 20  # seconds; for a queue that is not configured any more


@dataclass(slots=True)
class QueueDay:
    """One queue's day: interactions offered to it, answered, abandoned while waiting, answered within the target.

    The service level shown is SL-3 of the field (answered in time / (answered + abandoned)): abandoned callers
    always count against it.
    """

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    answered_in_target: int = 0
    callbacks_dropped: int = 0  # promised, and given up
    overflowed: int = 0  # given away: to another queue, or to a flow; neither answered nor abandoned here


@dataclass(slots=True)
class _Waiting:
    queue: QueueName
    since: datetime


@dataclass(slots=True)
class DayCounts:
    """Counts of one day, which began at `day` (aware). What happened before it is not counted, but who waits since
    then is known, and is counted when he is answered.
    """

    targets: Mapping[QueueName, int]
    day: datetime
    _queues: dict[QueueName, QueueDay] = field(default_factory=dict)
    _waiting: dict[InteractionId, _Waiting] = field(default_factory=dict)

    def of(self, queue: QueueName) -> QueueDay:
        """Return the counts of one queue."""
        return self._queues.setdefault(queue, QueueDay())

    def begin_day(self, day: datetime) -> None:
        """Start a new day; those who wait go on waiting, and are counted on the day they are answered."""
        self.day = day
        self._queues.clear()

    def apply(self, event: InteractionEvent) -> QueueName | None:
        """Count one event; return the queue whose counts changed."""
        if event.kind is EventKind.QUEUED:
            return self._queued(event)
        if event.kind in (EventKind.CALLBACK_WAITS, EventKind.CALLBACK_REACHED, EventKind.CALLBACK_DROPPED):
            return self._called_back(event)
        if event.kind not in (EventKind.ANSWERED, EventKind.ENDED, EventKind.MOVED, EventKind.OVERFLOWED):
            return None
        waiting = self._waiting.pop(event.interaction, None)
        if waiting is None:
            return None
        if event.kind is EventKind.MOVED:
            self._came(event, QueueName(str(event.data["to"])))
        if event.at < self.day:
            return None
        day = self.of(waiting.queue)
        match event.kind:
            case EventKind.ENDED:
                day.abandoned += 1
            case EventKind.ANSWERED:
                day.answered += 1
                waited = (event.at - waiting.since).total_seconds()
                day.answered_in_target += waited <= self.targets.get(waiting.queue, USUAL_TARGET)
            case _:
                day.overflowed += 1
        return waiting.queue

    def _called_back(self, event: InteractionEvent) -> QueueName:
        """Who waits without a line has neither been answered nor abandoned; on the line again, he waits anew."""
        queue = QueueName(str(event.data.get("queue")))
        match event.kind:
            case EventKind.CALLBACK_WAITS:
                self._waiting.pop(event.interaction, None)
            case EventKind.CALLBACK_REACHED:
                self._waiting[event.interaction] = _Waiting(queue=queue, since=event.at)
            case _ if event.at >= self.day and event.data.get("why") != "asked again":
                self.of(queue).callbacks_dropped += 1
            case _:
                pass
        return queue

    def _queued(self, event: InteractionEvent) -> QueueName | None:
        if event.interaction in self._waiting or event.data.get("again"):
            return None
        return self._came(event, QueueName(str(event.data["queue"])))

    def _came(self, event: InteractionEvent, queue: QueueName) -> QueueName | None:
        """Somebody waits in this queue from now on: his time here counts from now."""
        self._waiting[event.interaction] = _Waiting(queue=queue, since=event.at)
        if event.at < self.day:
            return None
        self.of(queue).offered += 1
        return queue
