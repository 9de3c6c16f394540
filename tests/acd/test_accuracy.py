"""Errors of estimates: what is shown of them, and the interval that follows from them."""

from __future__ import annotations

from random import Random

import pytest

from acd.accuracy import LATEST, SHARE, Errors, Judged


def errors(*pairs: tuple[float, float]) -> Errors:
    made = Errors()
    for estimated, wait in pairs:
        made.add(Judged(estimated, wait, held=None))
    return made


def test_the_figures() -> None:
    found = errors((10.0, 20.0), (40.0, 20.0), (20.0, 20.0), (30.0, 40.0)).accuracy("a method")
    assert (found.by, found.count) == ("a method", 4)
    assert found.bias == 0.0
    assert found.mean_absolute == 10.0
    assert found.rms == pytest.approx(150.0**0.5)
    assert found.spread == pytest.approx(75.0**0.5)


def test_without_errors_nothing_is_known() -> None:
    assert errors().accuracy("a method").count == 0
    assert errors().interval(50.0) == (50.0, 50.0)


def test_only_the_latest_count() -> None:
    made = errors(*[(1000.0, 0.0)] * 100, *[(10.0, 12.0)] * LATEST)
    assert made.accuracy("a method").bias == pytest.approx(-2.0)
    assert made.interval(10.0) == pytest.approx((10.0, 12.0))


def test_large_errors_that_have_passed_leave_no_trace() -> None:
    """Rounding of the sums must not make a square negative: whoever asks would fail at an everyday fact."""
    made = []
    for seed in range(30):
        random = Random(seed)
        made.append(errors(*[(1e3 * random.random(), 0.0) for _ in range(LATEST)], *[(7.0, 7.0)] * LATEST))
    assert min(each._sums[2] for each in made) < 0.0, "the case that this is about occurs"
    assert max(each.rms for each in made) < 0.01


@pytest.mark.parametrize("level", [20.0, 300.0])
def test_the_interval_holds_its_share_of_short_and_of_long_waits(level: float) -> None:
    random = Random(1)
    made = errors()

    def wait() -> float:
        return random.lognormvariate(-0.5, 0.6) * (level + 30.0)

    for _ in range(LATEST):
        made.add(Judged(level, wait(), held=None))
    low, high = made.interval(level)
    assert 0.0 <= low < level < high
    assert sum(low <= wait() <= high for _ in range(5000)) / 5000 == pytest.approx(SHARE, abs=0.05)


def test_how_many_were_held_is_counted_where_an_interval_was_given() -> None:
    made = errors((10.0, 10.0))
    made.add(Judged(10.0, 10.0, held=True))
    made.add(Judged(10.0, 90.0, held=False))
    assert made.accuracy("a method").held == 0.5
