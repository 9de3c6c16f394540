"""How long will an interaction that joins a queue now wait? One estimator a queue, learning from its own history.

A linear regression on what can be seen at the moment of joining (position, those waiting, waits and completions
of late, agents at work). It is refitted from the interactions that waited and were answered; until there are
enough of them the wait of the head of the line stands in (Ibrahim and Whitt, 2009). The estimator keeps its own
errors: they give the interval, and where they are no better than knowing nothing it says so.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

ENOUGH = 1500
"""Answered interactions after which the regression takes over from the head-of-line wait."""

REFIT_EVERY = 250
"""The coefficients are solved anew after so many more."""

FORGET = 0.9998
"""Weight of the past against each new observation: about 5,000 interactions count."""

RIDGE = 1e-3
"""Keeps the equations solvable when features move together."""

UNRELIABLE = 1.5
"""So many times the error of knowing nothing but the mean, and the answer is "unknown"."""

REACH = 1.1
"""Half the interval in root mean square errors; waits are skewed, so it holds more than a normal's share."""

LATEST = 500
"""So many of the latest errors count."""

METHODS = ("regression", "head of line")
"""The one with the smaller error of late is used: far outside what it has seen, a regression fails."""

FEATURES = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Expected seconds, and the interval in which four of five waits fall. ``by`` names the method."""

    seconds: float
    low: float
    high: float
    by: str


@dataclass(slots=True)
class _Joined:
    at: float
    rank: float
    features: tuple[float, ...]
    candidates: tuple[float, ...]
    estimate: Estimate | None


class _Errors:
    """Errors of late: for the interval, the bias and whether the estimate is worth giving."""

    __slots__ = ("_sums", "latest")

    def __init__(self) -> None:
        self.latest: deque[tuple[float, float]] = deque()
        self._sums = [0.0, 0.0, 0.0, 0.0]  # of errors, their squares, waits, their squares

    def add(self, estimated: float, wait: float) -> None:
        """One more; beyond the latest 500 the oldest is dropped."""
        self.latest.append((estimated, wait))
        self._count(estimated, wait, 1.0)
        if len(self.latest) > LATEST:
            self._count(*self.latest.popleft(), -1.0)

    @property
    def bias(self) -> float:
        """Mean of estimate less wait."""
        return self._sums[0] / max(len(self.latest), 1)

    @property
    def rms(self) -> float:
        """Root of the mean square error."""
        return sqrt(max(self._sums[1], 0.0) / max(len(self.latest), 1))

    @property
    def spread(self) -> float:
        """The error of knowing nothing but the mean."""
        count = max(len(self.latest), 1)
        return sqrt(max(self._sums[3] / count - (self._sums[2] / count) ** 2, 0.0))

    def _count(self, estimated: float, wait: float, sign: float) -> None:
        error = estimated - wait
        for place, value in enumerate((error, error * error, wait, wait * wait)):
            self._sums[place] += sign * value


class WaitEstimator:
    """Told what happens in one queue, estimates waits. Times are seconds; ``rank`` is the order of service."""

    def __init__(self) -> None:
        self._open: dict[Hashable, _Joined] = {}
        self._ranks: list[float] = []
        self._times: list[float] = []
        self._waits: deque[tuple[float, float]] = deque(maxlen=10)
        self._answered: deque[float] = deque(maxlen=400)
        self._left: deque[float] = deque(maxlen=400)
        self._handling = 180.0
        self._moments = [[0.0] * FEATURES for _ in range(FEATURES)]
        self._products = [0.0] * FEATURES
        self._coefficients: tuple[float, ...] | None = None
        self._learned = 0
        self._lean = 0.0
        self._errors = (_Errors(), _Errors())

    # --- what happens

    def joined(self, key: Hashable, now: float, rank: float, busy: int) -> None:
        """Somebody has to wait. ``busy`` agents who suffice are at work."""
        features = self._features(now, rank, busy)
        candidates = self._candidates(features)
        self._open[key] = _Joined(now, rank, features, candidates, self._estimate(candidates))
        insort(self._ranks, rank)
        insort(self._times, now)

    def answered(self, key: Hashable, now: float) -> None:
        """Somebody was answered; it is learned from those who had to wait."""
        self._answered.append(now)
        joined = self._forget(key)
        if joined is None:
            return
        wait = now - joined.at
        self._waits.append((now, wait))
        for errors, said in zip(self._errors, joined.candidates, strict=True):
            errors.add(said, wait)
        self._lean += (wait - joined.candidates[0]) / 200.0  # the mean error of late, taken back
        self._learn(joined.features, wait)

    def left(self, key: Hashable, now: float) -> None:
        """Somebody left without an answer."""
        if self._forget(key) is not None:
            self._left.append(now)

    def finished(self, seconds: float) -> None:
        """An agent's work on an interaction of this queue took so long."""
        self._handling += (seconds - self._handling) / 50.0

    # --- what is asked

    def estimate(self, key: Hashable) -> Estimate | None:
        """The estimate made when this one joined; None is "unknown"."""
        joined = self._open.get(key)
        return None if joined is None else joined.estimate

    def if_joined(self, now: float, rank: float, busy: int) -> Estimate | None:
        """The estimate for somebody who would join now; None is "unknown"."""
        return self._estimate(self._candidates(self._features(now, rank, busy)))

    def position(self, key: Hashable) -> int | None:
        """1 for the next in order of service; None for who does not wait here."""
        joined = self._open.get(key)
        return None if joined is None else bisect_left(self._ranks, joined.rank) + 1

    @property
    def errors(self) -> _Errors:
        """The errors of the method that is used now."""
        return min(self._errors, key=lambda errors: errors.rms)

    # --- the regression

    def _features(self, now: float, rank: float, busy: int) -> tuple[float, ...]:
        waiting = len(self._ranks)
        ahead = bisect_right(self._ranks, rank)
        head = now - self._times[0] if self._times else 0.0
        latest = self._waits[-1][1] if self._waits else 0.0
        age = min(now - self._waits[-1][0], 600.0) if self._waits else 600.0
        recent = sum(wait for _, wait in self._waits) / len(self._waits) if self._waits else 0.0
        answered_5 = _since(self._answered, now - 300.0)
        answered_15 = _since(self._answered, now - 900.0)
        left_15 = _since(self._left, now - 900.0)
        pace = (answered_15 + left_15 + 1.0) / 900.0
        agents = max(busy, 1)
        return (
            1.0,
            float(ahead),
            float(waiting - ahead),
            min(ahead / pace, 1800.0) / 60.0,
            self._handling * (ahead + 1) / agents / 60.0,
            head / 60.0,
            latest / 60.0,
            recent / 60.0,
            age / 60.0,
            answered_5 / 10.0,
            answered_15 / 10.0,
            left_15 / 10.0,
            agents / 10.0,
            sqrt(ahead + 1.0),
        )

    def _candidates(self, features: tuple[float, ...]) -> tuple[float, ...]:
        """What each of :data:`METHODS` says; the regression follows the head of the line until it is fitted."""
        head = features[5] * 60.0
        if self._coefficients is None:
            return (head, head)
        fitted = sum(c * x for c, x in zip(self._coefficients, features, strict=True)) + self._lean
        return (max(fitted, 0.0), head)

    def _estimate(self, candidates: tuple[float, ...]) -> Estimate | None:
        best = 1
        if self._coefficients is not None and self._errors[0].rms <= self._errors[1].rms:
            best = 0
        errors = self._errors[best]
        seconds = candidates[best]
        if len(errors.latest) >= 100 and errors.rms > UNRELIABLE * errors.spread:
            return None
        reach = REACH * errors.rms if len(errors.latest) >= 30 else seconds
        return Estimate(seconds=seconds, low=max(0.0, seconds - reach), high=seconds + reach, by=METHODS[best])

    def _learn(self, features: tuple[float, ...], wait: float) -> None:
        for row, x in zip(self._moments, features, strict=True):
            for column, y in enumerate(features):
                row[column] = FORGET * row[column] + x * y
        for column, x in enumerate(features):
            self._products[column] = FORGET * self._products[column] + x * wait
        self._learned += 1
        if self._learned >= ENOUGH and (self._learned - ENOUGH) % REFIT_EVERY == 0:
            if self._coefficients is None:
                self._lean = 0.0
            self._coefficients = solved(self._moments, self._products)

    def _forget(self, key: Hashable) -> _Joined | None:
        joined = self._open.pop(key, None)
        if joined is not None:
            del self._ranks[bisect_left(self._ranks, joined.rank)]
            del self._times[bisect_left(self._times, joined.at)]
        return joined


def solved(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> tuple[float, ...]:
    """Solve the ridged normal equations by Gaussian elimination with pivoting."""
    size = len(vector)
    rows = [
        [*row[:column], row[column] * (1.0 + RIDGE) + 1e-9, *row[column + 1 :], vector[column]]
        for column, row in enumerate(matrix)
    ]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(column + 1, size):
            factor = rows[row][column] / rows[column][column]
            if factor:
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    result = [0.0] * size
    for column in reversed(range(size)):
        known = sum(rows[column][each] * result[each] for each in range(column + 1, size))
        result[column] = (rows[column][size] - known) / rows[column][column]
    return tuple(result)


def _since(times: deque[float], start: float) -> int:
    count = 0
    for time in reversed(times):
        if time < start:
            break
        count += 1
    return count
