"""Times at which something is due, each under a key; setting a key again replaces its time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf
from typing import TypeAlias

Key: TypeAlias = tuple[str, str, str]
"""What is due: its kind, then what names it within the kind."""

_Entry: TypeAlias = tuple[float, int, Key]

_SLACK = 64


@dataclass(slots=True)
class _Kind:
    """The deadlines of one kind. ``current`` holds the number of each key's valid entry; others are out of date."""

    heap: list[_Entry] = field(default_factory=list)
    current: dict[Key, int] = field(default_factory=dict)

    def first(self) -> _Entry | None:
        """The earliest entry that is valid; those before it are thrown away."""
        heap, current = self.heap, self.current
        while heap and current.get(heap[0][2]) != heap[0][1]:
            heappop(heap)
        return heap[0] if heap else None

    def tidy(self) -> None:
        """Throw away what is out of date."""
        current = self.current
        self.heap = [entry for entry in self.heap if current.get(entry[2]) == entry[1]]
        heapify(self.heap)


class Deadlines:
    """Keys by time; equal times come in the order they were set.

    Every kind has a heap of its own, so that the few offers that come and go all the time do not have to be sorted
    among the many that wait. Nothing is due before ``earliest``, which can be looked at for nothing; it may be too
    early by deadlines that were cleared since.
    """

    __slots__ = ("_count", "_kinds", "earliest")

    def __init__(self) -> None:
        self._kinds: defaultdict[str, _Kind] = defaultdict(_Kind)
        self._count = 0
        self.earliest = inf

    def set(self, key: Key, at: float) -> None:
        """``key`` is due at ``at``, and at no other time."""
        kind = self._kinds[key[0]]
        heap, current = kind.heap, kind.current
        self._count = current[key] = count = self._count + 1
        heappush(heap, (at, count, key))
        if len(heap) > 2 * len(current) + _SLACK:
            kind.tidy()
        self.earliest = min(self.earliest, at)

    def clear(self, key: Key) -> None:
        """``key`` is not due any more; nothing happens if it was not."""
        self._kinds[key[0]].current.pop(key, None)

    def next(self) -> float | None:
        """The earliest time at which a key is due, or None."""
        first = self._first()
        return first[0] if first is not None else None

    def pop_due(self, now: float) -> Key | None:
        """Take out one key that is due at ``now``, the earliest; None when nothing is due."""
        if now < self.earliest:
            return None
        first = self._first()
        if first is None or first[0] > now:
            return None
        key = first[2]
        kind = self._kinds[key[0]]
        heappop(kind.heap)
        del kind.current[key]
        return key

    def _first(self) -> _Entry | None:
        firsts = [first for kind in self._kinds.values() if (first := kind.first()) is not None]
        first = min(firsts, default=None)
        self.earliest = first[0] if first is not None else inf
        return first
