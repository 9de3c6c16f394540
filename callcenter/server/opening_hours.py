"""Keeps the routing engine told which queues are open, by the calendars of the house.

Looked at when a calendar changes next, and once a minute besides: the machine's clock may be set meanwhile, and what
outlives a minute's doubt about that is nobody's wait.
"""

from __future__ import annotations

import acd.events
import acd.model
from callcenter.domain.ids import QueueName
from callcenter.domain.moment import Moment
from callcenter.server.floor import Floor, QueueHours
from callcenter.server.live import Live
from callcenter.server.routing import Routing

LOOK_EVERY = 60.0  # seconds


class OpeningHours:
    """Calendars → engine, board."""

    def __init__(self, floor: Floor, routing: Routing, live: Live) -> None:
        self._floor = floor
        self._routing = routing
        self._live = live
        self._due: float | None = None
        self._closed: set[QueueName] = set()  # as the engine was told

    def next_deadline(self) -> float | None:
        """Return when to look again (monotonic); none: no queue has hours."""
        return self._due

    def look(self, now: Moment) -> None:
        """Tell of every queue that has opened or closed, and note when to look again."""
        due = [now.monotonic + LOOK_EVERY]
        plans = [plan for plan in self._floor.catalogue.queues.values() if plan.calendar is not None]
        calendars = {plan.calendar: self._hours(plan.calendar, now) for plan in plans if plan.calendar is not None}
        self._floor.hours = {plan.name: calendars[plan.calendar] for plan in plans if plan.calendar is not None}
        for name, hours in self._floor.hours.items():
            if hours.until is not None:
                due.append(now.monotonic_of(hours.until))
            self._tell(name, is_open=hours.is_open, now=now)
        for name in [name for name in self._closed if name not in self._floor.hours]:
            if name in self._floor.catalogue.queues:
                self._tell(name, is_open=True, now=now)  # it has no hours any more
            self._closed.discard(name)
        self._due = min(due) if self._floor.hours else None

    def _hours(self, name: str, now: Moment) -> QueueHours:
        calendar = self._floor.catalogue.calendars[name]
        return QueueHours(is_open=calendar.is_open(now.utc), until=calendar.next_change(now.utc))

    def _tell(self, queue: QueueName, *, is_open: bool, now: Moment) -> None:
        if is_open is (queue not in self._closed):
            return
        (self._closed.discard if is_open else self._closed.add)(queue)
        self._live.queue_changed(queue)
        changed = acd.events.QueueOpeningChanged(queue=acd.model.QueueName(queue), is_open=is_open)
        self._routing.tell(changed, now)
