"""One instant on both clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant: `monotonic` seconds of this process for durations, `utc` for what outlives it."""

    monotonic: float
    utc: datetime

    def after(self, seconds: float) -> Moment:
        """Return the instant so many seconds later."""
        return Moment(monotonic=self.monotonic + seconds, utc=self.utc + timedelta(seconds=seconds))

    def utc_of(self, monotonic: float) -> datetime:
        """Return the UTC time of another monotonic instant, as this moment sees it."""
        return self.utc + timedelta(seconds=monotonic - self.monotonic)

    def monotonic_of(self, utc: datetime) -> float:
        """Return the monotonic time of another UTC instant, as this moment sees it."""
        return self.monotonic + (utc - self.utc).total_seconds()


def milliseconds(instant: datetime) -> int:
    """Return UTC milliseconds since the epoch, as messages carry them."""
    return round(instant.timestamp() * 1000)


def midnight(utc: datetime) -> datetime:
    """Return when the day of `utc` began where this machine stands: what people mean by "today"."""
    return utc.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
