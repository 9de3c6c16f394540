"""The house's calendars as flows ask them: how is this one now?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from callcenter.domain.business_hours import Calendar
from ivr.errors import LookupUnavailable
from ivr.events import Opening
from ivr.ports import Calendars


class HouseCalendars(Calendars):
    """`calendars` returns those of the present configuration, `utc` the present moment."""

    def __init__(self, calendars: Callable[[], Mapping[str, Calendar]], utc: Callable[[], datetime]) -> None:
        self._calendars = calendars
        self._utc = utc

    def opening(self, calendar: str) -> Opening:
        """Say how the named calendar is now. Raises `LookupUnavailable` when there is none of that name."""
        found = self._calendars().get(calendar)
        if found is None:
            raise LookupUnavailable(f"there is no calendar named {calendar}", retryable=False)
        return Opening(found.opening(self._utc()).value)
