"""Times at which something is due, each under a key; setting a key again replaces its time."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K")

_SLACK = 64


class Deadlines(Generic[K]):
    """A priority queue of keys by time; equal times come in the order they were set."""

    __slots__ = ("_count", "_current", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, K]] = []
        self._current: dict[K, int] = {}
        self._count = 0

    def set(self, key: K, at: float) -> None:
        """``key`` is due at ``at``, and at no other time."""
        self._count += 1
        self._current[key] = self._count
        heappush(self._heap, (at, self._count, key))
        if len(self._heap) > 2 * len(self._current) + _SLACK:
            self._heap = [entry for entry in self._heap if self._current.get(entry[2]) == entry[1]]
            heapify(self._heap)

    def clear(self, key: K) -> None:
        """``key`` is not due any more; nothing happens if it was not."""
        self._current.pop(key, None)

    def next(self) -> float | None:
        """The earliest time at which a key is due, or None."""
        heap = self._heap
        while heap and self._current.get(heap[0][2]) != heap[0][1]:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: float) -> K | None:
        """Take out one key that is due at ``now``, the earliest; None when nothing is due."""
        due = self.next()
        if due is None or due > now:
            return None
        key = heappop(self._heap)[2]
        del self._current[key]
        return key
