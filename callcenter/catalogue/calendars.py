"""Reads `calendars/NAME.yaml`: opening hours, days that are exceptions, and whose public holidays count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays as public_holidays

from callcenter.catalogue.files import DAYS, CalendarFile, ExceptionPart, Span
from callcenter.domain.business_hours import DAY, Calendar, Hours
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import is_configured_name
from callcenter.files import read_file
from ivr.flow.document import Document

CALENDARS_FOLDER = "calendars"

LONGEST_EXCEPTION = 366
"""Days that one exception may last."""


def read_calendars(directory: Path, problems: list[ConfigError]) -> dict[str, Calendar]:
    """Return all calendars by name; what is wrong is added to `problems`."""
    found: dict[str, Calendar] = {}
    for path in sorted((directory / CALENDARS_FOLDER).glob("*.yaml")):
        if not is_configured_name(path.stem):
            reason = "a calendar's file is named like the calendar: a-z, 0-9, _ and -, a letter first"
            problems.append(ConfigError(str(path), reason))
            continue
        read = read_file(path, CalendarFile, problems)
        if read is not None:
            known = len(problems)
            calendar = _Reader(path, *read, problems).calendar(path.stem)
            if calendar is not None and len(problems) == known:
                found[path.stem] = calendar
    return found


class _Reader:
    """Turns one file into a calendar."""

    def __init__(self, path: Path, file: CalendarFile, document: Document, problems: list[ConfigError]) -> None:
        self._path = path
        self._file = file
        self._document = document
        self._problems = problems

    def calendar(self, name: str) -> Calendar | None:
        """Return it; None when it cannot be one."""
        zone = self._zone()
        holidays = self._holidays()
        week = self._week()
        exceptions = self._exceptions()
        if zone is None or holidays is None:
            return None
        return Calendar(name=name, zone=zone, week=week, exceptions=exceptions, holidays=holidays)

    def _zone(self) -> ZoneInfo | None:
        try:
            return ZoneInfo(self._file.zone)
        except (ZoneInfoNotFoundError, ValueError):
            self._problem(f"there is no time zone {self._file.zone}", "zone")
            return None

    def _holidays(self) -> public_holidays.HolidayBase | frozenset[date] | None:
        wanted = self._file.holidays
        if wanted is None:
            return frozenset()
        try:
            return public_holidays.country_holidays(wanted.country, subdiv=wanted.part)
        except NotImplementedError:
            parts = public_holidays.list_supported_countries().get(wanted.country)
            if parts is None:
                self._problem(f"the public holidays of {wanted.country} are not known", "holidays", "country")
            else:
                known = ", ".join(parts) or "none"
                self._problem(f"{wanted.country} has no part {wanted.part}; it has {known}", "holidays", "part")
            return None

    def _week(self) -> tuple[tuple[Hours, ...], ...]:
        week: list[tuple[Hours, ...] | None] = [None] * 7
        for key, spans in self._file.week.items():
            hours = self._hours(spans, "week", key)
            for day in _days(key):
                if week[day] is not None:
                    self._problem(f"{DAYS[day]} stands here twice", "week", key)
                week[day] = hours
        return tuple(hours or () for hours in week)

    def _exceptions(self) -> dict[date, tuple[Hours, ...]]:
        found: dict[date, tuple[Hours, ...]] = {}
        for number, part in enumerate(self._file.exceptions):
            hours = self._hours(part.hours, "exceptions", number, "hours")
            for day in self._span_of_days(part, number):
                if day in found:
                    self._problem(f"{day} stands here twice", "exceptions", number, "day")
                found[day] = hours
        return found

    def _span_of_days(self, part: ExceptionPart, number: int) -> Iterator[date]:
        first = self._day(part.day, "exceptions", number, "day")
        last = self._day(part.until, "exceptions", number, "until") if part.until is not None else first
        if first is None or last is None:
            return
        days = (last - first).days
        if not 0 <= days < LONGEST_EXCEPTION:
            self._problem(f"an exception ends on its first day or within a year, not on {last}", "exceptions", number)
            return
        for after in range(days + 1):
            yield first + timedelta(days=after)

    def _day(self, text: str, *where: str | int) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._problem(f"there is no day {text}", *where)
            return None

    def _hours(self, spans: list[Span], *where: str | int) -> tuple[Hours, ...]:
        found: list[Hours] = []
        for text in spans:
            since, until = map(_minute, text.split("-"))
            if since >= DAY or until > DAY:
                self._problem(f"{text}: a day has 24 hours", *where)
                continue
            hours = Hours(since=since, until=until if until > since else until + DAY)
            if found and hours.since < found[-1].until:
                self._problem(f"{text} begins before the hours in front of it end", *where)
            found.append(hours)
        return tuple(found)

    def _problem(self, reason: str, *where: str | int) -> None:
        self._problems.append(ConfigError(f"{self._path}:{self._document.line(where)}", reason))


def _days(key: str) -> Iterator[int]:
    """Yield the weekdays of ``sat`` or ``mon-fri`` (or ``fri-mon``), Monday being 0."""
    first, _, last = key.partition("-")
    day, end = DAYS.index(first), DAYS.index(last or first)
    while True:
        yield day
        if day == end:
            return
        day = (day + 1) % 7


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
