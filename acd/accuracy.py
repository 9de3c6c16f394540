"""How well waits have been estimated of late: for the interval, and for whoever is to trust the number."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from math import sqrt

LATEST = 500
"""So many of the latest estimates count."""

SHARE = 0.8
"""The share of waits that the interval is to hold."""

SOFT = 30.0
"""Seconds added to an estimate before errors are taken relative to it: small waits are not exact to the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitAccuracy:
    """The errors of the latest ``count`` estimates, in seconds; ``bias`` above zero: we promised too long a wait.

    ``spread`` is the error of somebody who knows only the mean of those waits, to compare ``rms`` with; ``held``
    is the share of waits that fell into their interval. ``by`` names the method in use.
    """

    by: str
    count: int
    bias: float
    mean_absolute: float
    rms: float
    spread: float
    held: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One estimate and what came of it; ``held`` says whether the wait fell into the interval, if one was given."""

    estimated: float
    wait: float
    held: bool | None


class Errors:
    """The latest errors of one method in one queue."""

    __slots__ = ("_relative", "_sums", "latest")

    def __init__(self) -> None:
        self.latest: deque[Judged] = deque()
        self._sums = [0.0] * 5  # of errors, their sizes, their squares, waits, their squares
        self._relative: list[float] = []

    def add(self, judged: Judged) -> None:
        """One more; beyond the latest :data:`LATEST` the oldest is dropped."""
        self.latest.append(judged)
        insort(self._relative, _relative(judged))
        self._count(judged, 1.0)
        if len(self.latest) > LATEST:
            oldest = self.latest.popleft()
            del self._relative[bisect_left(self._relative, _relative(oldest))]
            self._count(oldest, -1.0)

    @property
    def rms(self) -> float:
        """Root of the mean square error."""
        return sqrt(max(self._mean(2), 0.0))  # rounding may leave less than nothing

    @property
    def spread(self) -> float:
        """The error of knowing nothing but the mean."""
        return sqrt(max(self._mean(4) - self._mean(3) ** 2, 0.0))

    def interval(self, estimated: float) -> tuple[float, float]:
        """Where :data:`SHARE` of the waits are to be expected, by how the latest errors were spread."""
        count = len(self._relative)
        if not count:
            return (estimated, estimated)
        below = self._relative[int((1.0 - SHARE) / 2.0 * (count - 1))]
        above = self._relative[round((1.0 + SHARE) / 2.0 * (count - 1))]
        size = estimated + SOFT
        return (max(min(estimated + below * size, estimated), 0.0), max(estimated + above * size, estimated))

    def accuracy(self, by: str) -> WaitAccuracy:
        """All of it for people."""
        given = [judged.held for judged in self.latest if judged.held is not None]
        return WaitAccuracy(
            by=by,
            count=len(self.latest),
            bias=self._mean(0),
            mean_absolute=self._mean(1),
            rms=self.rms,
            spread=self.spread,
            held=sum(given) / len(given) if given else 0.0,
        )

    def _mean(self, which: int) -> float:
        return self._sums[which] / len(self.latest) if self.latest else 0.0

    def _count(self, judged: Judged, sign: float) -> None:
        error = judged.estimated - judged.wait
        for place, value in enumerate((error, abs(error), error * error, judged.wait, judged.wait * judged.wait)):
            self._sums[place] += sign * value


def _relative(judged: Judged) -> float:
    return (judged.wait - judged.estimated) / (judged.estimated + SOFT)
