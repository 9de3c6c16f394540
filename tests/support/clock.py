"""The machine's own clocks, for tests of parts that really wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from callcenter.ports import Clock


class SystemClock(Clock):
    def monotonic(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime:
        return datetime.now(UTC)
