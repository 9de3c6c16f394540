"""How long agents work on an interaction, and how soon one of several busy agents will be free."""

from __future__ import annotations

from math import exp, inf

from acd.model import QueueName

ASSUMED = 240.0
"""Seconds of talk and wrap-up assumed of a queue nothing is known of yet."""

MEMORY = 100
"""About so many of the latest interactions count."""

NOTHING = (0, 0.0)


class HandlingTimes:
    """The mean time from acceptance to the end of wrap-up, per queue, of late."""

    def __init__(self) -> None:
        self._seen: dict[QueueName, tuple[int, float]] = {}

    def observe(self, queue: QueueName, seconds: float) -> None:
        """An agent finished an interaction of this queue."""
        count, mean = self._seen.get(queue, NOTHING)
        if count < MEMORY:
            count += 1
        self._seen[queue] = (count, mean + (seconds - mean) / count)

    def mean(self, queue: QueueName) -> float:
        """Seconds an interaction of this queue keeps an agent."""
        seen = self._seen.get(queue)
        return seen[1] if seen is not None else ASSUMED

    def until_one_is_free(self, queue: QueueName, busy: int) -> float:
        """Expected seconds until one of ``busy`` agents is free, as if what is left did not depend on what was."""
        return self.mean(queue) / busy if busy else inf

    def free_within(self, queue: QueueName, busy: int, seconds: float) -> float:
        """How many of ``busy`` agents are expected to be free within ``seconds``."""
        mean = self.mean(queue)
        return busy * (1.0 - exp(-seconds / mean)) if mean > 0.0 else float(busy)
