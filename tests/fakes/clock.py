"""A clock that goes only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.ports import Clock


class FakeClock(Clock):
    """Starts at 1,000 s monotonic and 2026-01-05 09:00 UTC (a Monday); `advance` moves both."""

    def __init__(self, *, monotonic: float = 1_000.0, utc: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self._monotonic = monotonic
        self._utc = utc

    def monotonic(self) -> float:
        return self._monotonic

    def utc(self) -> datetime:
        return self._utc

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self._utc += timedelta(seconds=seconds)

    def set_utc(self, utc: datetime) -> None:
        """Somebody sets the machine's clock; what is measured goes on as before."""
        self._utc = utc
