"""The real clock and the real source of ids: two small adapters for `callcenter.ports`."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime

from callcenter.domain.ids import InteractionId
from callcenter.ports import Clock, IdSource


class SystemClock(Clock):
    """The clocks of this machine."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic()  # noqa: TID251 -- the one place that reads it

    def utc(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)  # noqa: TID251 -- the one place that reads it


class TimeOrderedIds(IdSource):
    """UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, then randomness; Python 3.11 has none of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def interaction_id(self) -> InteractionId:
        """Return a fresh id."""
        milliseconds = int(self._clock.utc().timestamp() * 1000)
        value = milliseconds << 80 | secrets.randbits(80)
        value = value & ~(0xF << 76) | 0x7 << 76  # version
        value = value & ~(0x3 << 62) | 0x2 << 62  # variant
        return InteractionId(str(uuid.UUID(int=value)))
