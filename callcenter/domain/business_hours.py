"""Opening hours: is a calendar open at a moment, and when does that change next. Pure; the moment is an argument.

Hours are what a clock on the wall shows in the calendar's zone. So in the night in which clocks are set forward, hours
that the clock skips do not exist (opening at 02:30 means 03:00 then), and in the night in which they are set back,
those that it shows twice count twice.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAY = 24 * 60
"""Minutes from midnight to midnight."""

LOOK_AHEAD = 400
"""So many days are looked through for the next change: a calendar that is closed for longer never opens."""


class Opening(StrEnum):
    """How a calendar is at a moment."""

    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"  # closed, on a day that is an exception or a public holiday


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One stretch of a day: minutes from its midnight. `until` is later than `since`, and may lie in the next day."""

    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekly hours (Monday first), days that are exceptions, and public holidays, on which it is closed.

    An exception goes before a holiday: a shop may open on one. Hours that go past midnight belong to the day on which
    they begin.
    """

    name: str
    zone: ZoneInfo
    week: Sequence[tuple[Hours, ...]]
    exceptions: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict)
    holidays: Container[date] = frozenset()

    def opening(self, now: datetime) -> Opening:
        """Say how it is at `now` (aware)."""
        local = now.astimezone(self.zone)
        today, minute = local.date(), local.hour * 60 + local.minute
        yesterday = today - timedelta(days=1)
        open_now = any(hours.since <= minute < hours.until for hours in self._hours(today))
        open_still = any(hours.until > DAY and minute < hours.until - DAY for hours in self._hours(yesterday))
        if open_now or open_still:
            return Opening.OPEN
        return Opening.HOLIDAY if self._is_special(today) else Opening.CLOSED

    def is_open(self, now: datetime) -> bool:
        """Tell whether it is open at `now` (aware)."""
        return self.opening(now) is Opening.OPEN

    def next_change(self, now: datetime) -> datetime | None:
        """Return when it opens or closes next after `now`, in UTC; none: not within the next 400 days."""
        before = self.is_open(now)
        first = now.astimezone(self.zone).date() - timedelta(days=1)
        for number in range(LOOK_AHEAD):
            for instant in sorted(self._bounds(first + timedelta(days=number))):
                if instant > now and self.is_open(instant) is not before:
                    return instant
        return None

    def _hours(self, day: date) -> tuple[Hours, ...]:
        exception = self.exceptions.get(day)
        if exception is not None:
            return exception
        return () if day in self.holidays else self.week[day.weekday()]

    def _is_special(self, day: date) -> bool:
        return day in self.exceptions or day in self.holidays

    def _bounds(self, day: date) -> Iterator[datetime]:
        """Yield the instants at which it may change because of this day's hours."""
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- wall time; the zone comes with each bound
        for hours in self._hours(day):
            for minute in (hours.since, hours.until):
                wall = midnight + timedelta(minutes=minute)
                once, again = (wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
                yield once
                # The clock skips this time or shows it twice: the change is at one of the minutes around it.
                for later in range(1, abs(int((again - once).total_seconds())) // 60 + 1):
                    yield min(once, again) + timedelta(minutes=later)
