"""Means with their 95 % intervals, from a handful of independent runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import covariance, mean, stdev, variance

_STUDENT = (inf, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.262, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11)
"""Two-sided 95 % points of Student's t by degrees of freedom; the normal distribution's beyond."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and half of the length of its 95 % interval."""

    mean: float
    half: float
    error: float

    def z(self, exact: float) -> float:
        """How many standard errors the mean is above the exact value."""
        return (self.mean - exact) / self.error if self.error else 0.0


def estimate(values: Sequence[float]) -> Estimate:
    """Independent values: their mean."""
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else inf
    return Estimate(mean(values), _student(len(values)) * error, error)


def ratio(tops: Sequence[float], bottoms: Sequence[float]) -> Estimate:
    """Independent pairs: the sum of all tops over the sum of all bottoms, by the delta method."""
    got = sum(tops) / sum(bottoms)
    rest = estimate([(top - got * bottom) / mean(bottoms) for top, bottom in zip(tops, bottoms, strict=True)])
    return Estimate(got, rest.half, rest.error)


@dataclass(frozen=True, slots=True)
class Control:
    """A control variate: what was counted along with the values, and the mean it is known to have.

    What chance gave too much or too little of it is taken out of a mean by linear regression (Lavenberg and Welch,
    1981), so that a thousand days that were a little too calm do not pass for typical ones.
    """

    values: Sequence[float]
    known: float

    def of(self, values: Sequence[float]) -> Estimate:
        """Independent values: their mean, had the control been as it is known to be."""
        slope = covariance(self.values, values) / variance(self.values)
        return estimate(
            [value - slope * (drawn - self.known) for value, drawn in zip(values, self.values, strict=True)]
        )

    def ratio(self, tops: Sequence[float], bottoms: Sequence[float]) -> Estimate:
        """Independent pairs: the ratio of their sums, likewise."""
        got = sum(tops) / sum(bottoms)
        rest = self.of([(top - got * bottom) / mean(bottoms) for top, bottom in zip(tops, bottoms, strict=True)])
        return Estimate(got + rest.mean, rest.half, rest.error)


def _student(runs: int) -> float:
    return _STUDENT[runs - 1] if runs <= len(_STUDENT) else 1.96
