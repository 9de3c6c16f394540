"""Opening hours that stand still."""

from collections.abc import Mapping

from ivr.errors import LookupUnavailable
from ivr.events import Opening


class FakeCalendars:
    """Calendars by name; others do not exist."""

    def __init__(self, openings: Mapping[str, Opening] | None = None) -> None:
        self._openings = openings or {}

    def opening(self, calendar: str) -> Opening:
        if calendar not in self._openings:
            raise LookupUnavailable(f"there is no calendar named {calendar}", retryable=False)
        return self._openings[calendar]
