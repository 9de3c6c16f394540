"""Ridge regression that is told one observation at a time and remembers sums only (Hoerl and Kennard, 1970).

All that least squares needs of a history is how often, and the sums of the products of what was seen: a few dozen
numbers, however long the history. They can be added up, faded with time, and kept as plain data. A regression
with few observations of its own may lean on another: it is drawn to the other's coefficients as strongly as so
many observations would draw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Self, TypeAlias

Features: TypeAlias = tuple[float, ...]
"""What was seen; the first one is always 1, so that the coefficients have a constant."""


class Moments:
    """Sums over observations: how many, and the products of every two features, and of each with the value."""

    __slots__ = ("products", "rows")

    def __init__(self, size: int) -> None:
        self.rows = [[0.0] * (row + 1) for row in range(size)]
        self.products = [0.0] * size

    @property
    def count(self) -> float:
        """How many observations; a fraction once they fade."""
        return self.rows[0][0]

    def add(self, features: Features, value: float) -> None:
        """One observation."""
        products = self.products
        for place, (row, x) in enumerate(zip(self.rows, features, strict=True)):
            if x:
                products[place] += x * value
                self.rows[place] = [total + x * y for total, y in zip(row, features, strict=False)]

    def take_in(self, other: Moments) -> None:
        """All observations of another."""
        self.products = [a + b for a, b in zip(self.products, other.products, strict=True)]
        self.rows = [
            [a + b for a, b in zip(mine, theirs, strict=True)]
            for mine, theirs in zip(self.rows, other.rows, strict=True)
        ]

    def fade(self, keep: float) -> None:
        """Every observation counts so much less than before."""
        self.products = [keep * each for each in self.products]
        self.rows = [[keep * each for each in row] for row in self.rows]

    def as_numbers(self) -> list[float]:
        """All sums in one list, for :meth:`from_numbers`."""
        return [each for row in self.rows for each in row] + self.products

    @classmethod
    def from_numbers(cls, size: int, numbers: Sequence[float]) -> Self | None:
        """The sums of :meth:`as_numbers`; None when they cannot be those of so many features."""
        made = cls(size)
        if len(numbers) != size * (size + 1) // 2 + size or not all(map(isfinite, numbers)):
            return None
        rest = iter(numbers)
        made.rows = [[next(rest) for _ in row] for row in made.rows]
        made.products = list(rest)
        return made


@dataclass(frozen=True, slots=True)
class Scale:
    """What is taken off each feature, and what it is divided by, so that all count alike; the constant stays."""

    offsets: Features
    widths: Features

    @classmethod
    def of(cls, moments: Moments) -> Self:
        """Means and standard deviations. A feature that never changed has no width, and gets no coefficient."""
        count = max(moments.count, 1e-9)
        means = [row[0] / count for row in moments.rows]
        widths = [sqrt(max(row[-1] / count - mean * mean, 0.0)) for row, mean in zip(moments.rows, means, strict=True)]
        return cls((0.0, *means[1:]), (1.0, *(width if width > 1e-9 else 0.0 for width in widths[1:])))


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted regression: ``scaled`` coefficients of scaled features, and the plain ones to predict with."""

    scale: Scale
    scaled: Features
    plain: Features

    def at(self, features: Features) -> float:
        """The value that is expected."""
        return sum([c * x for c, x in zip(self.plain, features, strict=True)])


def fitted(moments: Moments, *, ridge: float) -> Fit:
    """A regression of its own. ``ridge`` is the weight of the penalty as a share of the observations."""
    scale = Scale.of(moments)
    penalty = ridge * moments.count
    return _fitted(moments, scale, (0.0,) * len(moments.products), (0.0, *[penalty] * (len(moments.products) - 1)))


def leaning(moments: Moments, on: Fit, *, weight: float) -> Fit:
    """A regression of its own that is drawn to ``on`` as by ``weight`` observations."""
    return _fitted(moments, on.scale, on.scaled, (weight,) * len(moments.products))


def _fitted(moments: Moments, scale: Scale, start: Features, penalties: Features) -> Fit:
    """Minimise the squares plus the penalties on how far the scaled coefficients are from ``start``."""
    size = len(start)
    matrix, vector = _scaled(moments, scale)
    for place in range(size):
        row = matrix[place]
        vector[place] -= sum([a * b for a, b in zip(row, start, strict=True)])
        row[place] += penalties[place] + 1e-9
    change = solved(matrix, vector)
    coefficients = tuple([a + b for a, b in zip(start, change, strict=True)])
    plain = [c / width if width else 0.0 for c, width in zip(coefficients, scale.widths, strict=True)]
    plain[0] -= sum([c * offset for c, offset in zip(plain, scale.offsets, strict=True)])
    return Fit(scale, coefficients, tuple(plain))


def _scaled(moments: Moments, scale: Scale) -> tuple[list[list[float]], list[float]]:
    """The full matrix and vector of the normal equations, in scaled features."""
    count = moments.count
    offsets = scale.offsets
    shrink = [1.0 / width if width else 0.0 for width in scale.widths]
    sums = [row[0] for row in moments.rows]
    size = len(sums)
    matrix = [[0.0] * size for _ in range(size)]
    for i, row in enumerate(moments.rows):
        for j, total in enumerate(row):
            centred = total - offsets[i] * sums[j] - offsets[j] * sums[i] + offsets[i] * offsets[j] * count
            matrix[i][j] = matrix[j][i] = centred * shrink[i] * shrink[j]
    of_values = moments.products[0]
    vector = [(moments.products[i] - offsets[i] * of_values) * shrink[i] for i in range(size)]
    return matrix, vector


def solved(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> Features:
    """Solve linear equations by Gaussian elimination; the matrix is symmetric and positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    size = len(rows)
    for column, pivot in enumerate(rows):
        for below in range(column + 1, size):
            factor = rows[below][column] / pivot[column]
            if factor:
                rows[below] = [a - factor * b for a, b in zip(rows[below], pivot, strict=True)]
    result = [0.0] * size
    for column in reversed(range(size)):
        row = rows[column]
        known = sum([row[each] * result[each] for each in range(column + 1, size)])
        result[column] = (row[size] - known) / row[column]
    return tuple(result)
