"""The regression: finds coefficients, forgets, leans on another, and is kept as plain numbers."""

from __future__ import annotations

from math import nan
from random import Random

import pytest

from acd.regression import Moments, fitted, leaning, solved


def seen(seed: int, count: int, *coefficients: float, noise: float = 0.0) -> Moments:
    """Observations of a line with these coefficients; features of very different size."""
    random = Random(seed)
    moments = Moments(len(coefficients))
    for _ in range(count):
        features = (1.0, *(random.uniform(0.0, 10.0**place) for place in range(1, len(coefficients))))
        value = sum(c * x for c, x in zip(coefficients, features, strict=True)) + random.gauss(0.0, noise)
        moments.add(features, value)
    return moments


def test_solves_linear_equations() -> None:
    assert solved([[2.0, 1.0], [1.0, 3.0]], [4.0, 7.0]) == pytest.approx((1.0, 2.0))


def test_finds_the_coefficients() -> None:
    fit = fitted(seen(1, 500, 20.0, 3.0, -0.5), ridge=1e-9)
    assert fit.plain == pytest.approx((20.0, 3.0, -0.5), rel=1e-4)
    assert fit.at((1.0, 2.0, 4.0)) == pytest.approx(24.0, rel=1e-4)


def test_a_feature_that_never_changes_gets_no_coefficient() -> None:
    moments = Moments(3)
    for x in range(10):
        moments.add((1.0, float(x), 7.0), 2.0 * x)
    assert fitted(moments, ridge=1e-9).plain[2] == 0.0
    assert fitted(moments, ridge=1e-9).at((1.0, 5.0, 7.0)) == pytest.approx(10.0)


def test_the_ridge_keeps_twins_apart() -> None:
    moments = Moments(3)
    for x in range(100):
        moments.add((1.0, float(x), float(x)), 4.0 * x)
    assert fitted(moments, ridge=1e-3).plain[1:] == pytest.approx((2.0, 2.0), rel=0.01)


def test_leans_on_another_until_it_has_seen_enough_itself() -> None:
    everybody = fitted(seen(1, 5000, 10.0, 2.0), ridge=1e-9)
    nothing, little, much = (leaning(seen(2, count, 10.0, 5.0), everybody, weight=100.0) for count in (0, 100, 10_000))
    assert nothing.plain == pytest.approx(everybody.plain, rel=1e-6)
    assert little.plain[1] == pytest.approx(3.5, abs=0.3)
    assert much.plain[1] == pytest.approx(5.0, abs=0.1)


def test_what_has_faded_counts_less() -> None:
    old, new = seen(1, 1000, 0.0, 1.0), seen(2, 1000, 0.0, 2.0)
    old.fade(0.01)
    old.take_in(new)
    assert old.count == pytest.approx(1010.0)
    assert fitted(old, ridge=1e-9).plain[1] == pytest.approx(2.0, abs=0.02)


def test_is_kept_as_plain_numbers() -> None:
    moments = seen(1, 10, 1.0, 2.0, 3.0, noise=1.0)
    kept = Moments.from_numbers(3, moments.as_numbers())
    assert kept is not None
    assert kept.as_numbers() == moments.as_numbers()
    assert fitted(kept, ridge=1e-3) == fitted(moments, ridge=1e-3)
    assert Moments.from_numbers(4, moments.as_numbers()) is None
    assert Moments.from_numbers(3, [nan] * 9) is None
