"""Callbacks in the queue: the customer hangs up, the place stays, and the call is made when an agent is soon free.

waiting → released (the customer is being called) → answered (an interaction like any other, in its old place) or,
unanswered, waiting again after a pause, until the attempts or the time are used up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from acd.agent import OUT_BUSY, OUT_WRAPPING_UP
from acd.handling import HandlingTimes
from acd.model import InteractionId, QueueName
from acd.pools import Pool
from acd.waiting import Waiting, order_of_service

LEAD = 20.0
"""Seconds from calling a customer to having them on the line."""

PACE = 1.0
"""Seconds between two looks at whether a callback may be released."""


@dataclass(slots=True, eq=False)
class Callback:
    """One promise to call back. ``not_before`` is when the next attempt may be made."""

    waiting: Waiting
    pool: Pool
    expires_at: float
    attempts: int
    retry_after: float
    not_before: float
    attempt: int = 0
    released: bool = False


class Callbacks:
    """All promises that are not kept yet."""

    def __init__(self) -> None:
        self._open: dict[InteractionId, Callback] = {}

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def __iter__(self) -> Iterator[Callback]:
        """All of them, in the order they were asked for."""
        return iter(self._open.values())

    def add(self, callback: Callback) -> None:
        """A customer asked to be called back."""
        self._open[callback.waiting.interaction] = callback

    def get(self, interaction: InteractionId) -> Callback | None:
        """The promise for this interaction, if any."""
        return self._open.get(interaction)

    def close(self, interaction: InteractionId) -> None:
        """The promise is kept, or given up; nothing happens if there is none."""
        self._open.pop(interaction, None)

    def release(self, handling: HandlingTimes, now: float) -> Iterator[Callback]:
        """Mark and yield those whose customers are to be called now, in order of service.

        Of those who need the same agents never more are out than agents are ready or expected to be free within
        :data:`LEAD`, less the callers on the line who come before them.
        """
        full: set[Pool] = set()
        for callback in sorted(self._open.values(), key=lambda each: order_of_service(each.waiting)):
            pool = callback.pool
            if callback.released or callback.not_before > now or pool in full:
                continue
            if self._room(callback, handling) < 1:
                full.add(pool)
                continue
            callback.released = True
            callback.attempt += 1
            yield callback

    def _room(self, callback: Callback, handling: HandlingTimes) -> int:
        pool = callback.pool
        out = sum(each.released for each in self._open.values() if each.pool is pool)
        ahead = sum(line.ahead_of(callback.waiting.rank) for line in pool.lines)
        return soon_free(pool, handling, callback.waiting.queue.name) - out - ahead


def soon_free(pool: Pool, handling: HandlingTimes, queue: QueueName) -> int:
    """Agents ready now, and those expected to be within :data:`LEAD`, rounded down."""
    busy = pool.count(OUT_BUSY, OUT_WRAPPING_UP)
    return pool.ready_count + floor(handling.free_within(queue, busy, LEAD))
