"""From when on somebody has waited so long that nobody who has waited less may come first.

A fixed number of seconds suits one load only: in a large team it is so far beyond every usual wait that those without
a head start have no protection, and on a bad day it is over before VIPs have had any of theirs. So a queue may
measure it in usual waits: a multiple of the mean wait of those who have to wait. Without abandonment their waits are
about exponential, and the mean of all does not depend on the order of service (Kleinrock's conservation law), so the
limit is one quantile of what first come first served would do, whoever is favoured.
"""

from __future__ import annotations

from math import inf

from acd.model import Queue, QueueName

MEMORY = 50_000
"""About so many of the latest who had to wait count: weeks rather than hours, so that one bad hour moves little, and
an unlucky day hardly more."""

WEIGHT_OF_START = 200
"""The configured number of seconds counts like so many who waited, so that the first few do not decide."""


class OverdueLimits:
    """Per queue, how long those wait who have to, and the limit that follows from it."""

    def __init__(self) -> None:
        self._means: dict[QueueName, float] = {}
        self._counts: dict[QueueName, int] = {}

    def limit(self, queue: Queue) -> float:
        """Seconds after which somebody who comes to this queue now is overdue; infinite when nobody ever is."""
        if queue.overdue_after is None:
            return inf
        if queue.overdue_factor is None:
            return queue.overdue_after
        return queue.overdue_factor * self._mean(queue, queue.overdue_after, queue.overdue_factor)

    def observe(self, queue: Queue, seconds: float) -> None:
        """Somebody who had to wait was taken, or left, after so long; it counts as the limit at most."""
        if queue.overdue_after is None or queue.overdue_factor is None:
            return
        mean = self._mean(queue, queue.overdue_after, queue.overdue_factor)
        count = min(self._counts.get(queue.name, WEIGHT_OF_START) + 1, MEMORY)
        self._counts[queue.name] = count
        self._means[queue.name] = mean + (min(seconds, queue.overdue_factor * mean) - mean) / count

    def _mean(self, queue: Queue, start: float, factor: float) -> float:
        return self._means.get(queue.name, start / factor)
