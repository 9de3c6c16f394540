"""The estimator: position, the stand-in, learning, and saying "unknown"."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from math import sqrt
from random import Random

import pytest

from acd.expected_wait import ENOUGH, WaitEstimator, solved


def test_position_follows_the_order_of_service() -> None:
    estimator = WaitEstimator()
    estimator.joined("a", 10.0, 10.0, 3)
    estimator.joined("b", 20.0, 20.0, 3)
    estimator.joined("vip", 30.0, 5.0, 3)
    assert [estimator.position(key) for key in ("vip", "a", "b", "stranger")] == [1, 2, 3, None]
    estimator.left("a", 31.0)
    assert estimator.position("b") == 2


def test_at_first_the_head_of_the_line_stands_in() -> None:
    estimator = WaitEstimator()
    estimator.joined("a", 10.0, 10.0, 3)
    estimator.joined("b", 70.0, 70.0, 3)
    estimate = estimator.estimate("b")
    assert estimate is not None
    assert (estimate.seconds, estimate.by) == (60.0, "head of line")
    assert estimator.estimate("stranger") is None


def test_solves_linear_equations() -> None:
    assert solved([[0.0, 2.0], [3.0, 1.0]], [4.0, 5.0]) == pytest.approx((1.0, 2.0), rel=0.01)


def run(estimator: WaitEstimator, calls: int, servers: int, mean_work: float) -> list[tuple[float, float, float]]:
    """A first-come queue; returns (estimate, wait of the one last answered, wait) of those who waited."""
    random = Random(3)
    now, last_answered_wait = 0.0, 0.0
    line: deque[tuple[int, float, float]] = deque()
    ends: list[float] = []
    told: dict[int, tuple[float, float]] = {}
    seen: list[tuple[float, float, float]] = []

    def serve_until(time: float) -> None:
        nonlocal last_answered_wait
        while line and ends and ends[0] <= time:
            end = heappop(ends)
            key, joined, work = line.popleft()
            estimator.finished(work)
            estimator.answered(key, end)
            last_answered_wait = end - joined
            seen.append((*told.pop(key), end - joined))
            heappush(ends, end + work)

    for key in range(calls):
        now += random.expovariate(1 / 10)
        serve_until(now)
        while ends and ends[0] <= now:
            heappop(ends)
        work = random.expovariate(1 / mean_work)
        if len(ends) < servers:
            heappush(ends, now + work)
            estimator.answered(key, now)
            continue
        estimator.joined(key, now, now, servers)
        estimate = estimator.estimate(key)
        told[key] = (estimate.seconds if estimate else 0.0, last_answered_wait)
        line.append((key, now, work))
    return seen


def test_learns_to_do_much_better_than_the_last_one_answered() -> None:
    seen = run(WaitEstimator(), calls=12_000, servers=10, mean_work=92.0)[2 * ENOUGH :]
    assert len(seen) > 3000
    ours = sqrt(sum((estimate - wait) ** 2 for estimate, _, wait in seen) / len(seen))
    last = sqrt(sum((other - wait) ** 2 for _, other, wait in seen) / len(seen))
    assert ours < 0.8 * last, "theory: the square root of one half (Ibrahim and Whitt)"
    assert abs(sum(estimate - wait for estimate, _, wait in seen) / len(seen)) < 5.0


def test_the_interval_holds_four_of_five_and_errors_are_measured() -> None:
    estimator = WaitEstimator()
    run(estimator, calls=9_000, servers=10, mean_work=92.0)
    assert abs(estimator.errors.bias) < 15.0
    assert 0.0 < estimator.errors.rms < estimator.errors.spread
    estimate = estimator.if_joined(10_000_000.0, 10_000_000.0, 10)
    assert estimate is not None
    assert estimate.by == "regression"
    assert estimate.low <= estimate.seconds <= estimate.high


def test_says_unknown_when_it_has_been_no_better_than_nothing() -> None:
    estimator = WaitEstimator()
    for key in range(200):  # short and long waits, seen from a head of the line that tells the opposite
        time = key * 10_000.0
        estimator.joined(("old", key), time, time, 1)
        estimator.joined(key, time + 500.0 * (key % 2), time + 9000.0, 1)
        estimator.answered(key, time + 500.0 * (key % 2) + (10.0 if key % 2 else 500.0))
        estimator.left(("old", key), time + 1500.0)
    assert estimator.if_joined(10_000_000.0, 10_000_000.0, 1) is None
