"""The estimator: the stand-in, two weeks of learning, what outlives a restart, and saying "unknown"."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf, sqrt
from random import Random

import pytest

from acd.accuracy import Judged
from acd.expected_wait import DAY, HISTORY, JUDGED, Situation, WaitEstimator
from acd.model import QueueName
from acd.queue_waits import METHODS

SALES, HELP = QueueName("sales"), QueueName("help")
Seen = list[tuple[float, float | None, float, float]]
"""(when joined, what was said then, wait of the one last answered then, own wait)"""


def situation(*, ahead: float = 0.0, head: float = 0.0, agents: int = 10, handling: float = 92.0) -> Situation:
    return Situation(ahead=ahead, head=head, agents=agents, handling=handling)


def run(
    estimator: WaitEstimator,
    *,
    days: int,
    queue: QueueName = SALES,
    start: float = 0.0,
    seed: int = 3,
    servers: Callable[[int], int] = lambda _: 10,
) -> Seen:
    """Two busy hours a day of a first-come queue, one call in ten seconds, each 92 s of work."""
    random = Random(seed)
    seen: Seen = []
    last = 0.0
    for day in range(days):
        now = start + day * DAY
        line: list[tuple[float, str, float, float]] = []
        ends: list[float] = []
        capacity = servers(day)

        def serve_until(time: float, line: list[tuple[float, str, float, float]], ends: list[float]) -> None:
            nonlocal last
            while line and ends[0] <= time:
                end = heappop(ends)
                joined, key, work, before = line.pop(0)
                said = estimator.estimate(key)
                estimator.answered(queue, key, end)
                seen.append((joined, said.seconds if said else None, before, end - joined))
                last = end - joined
                heappush(ends, end + work)

        for number in range(720):
            now += random.expovariate(1 / 10)
            serve_until(now, line, ends)
            while ends and ends[0] <= now:
                heappop(ends)
            key, work = f"{queue} {start + day} {number}", random.expovariate(1 / 92)
            if len(ends) < capacity:
                heappush(ends, now + work)
                estimator.answered(queue, key, now)
                continue
            found = situation(ahead=float(len(line)), head=now - line[0][0] if line else 0.0, agents=capacity)
            estimator.joined(queue, key, now, found)
            line.append((now, key, work, last))
        serve_until(inf, line, ends)
    return seen


def rms(errors: list[float]) -> float:
    return sqrt(sum(error * error for error in errors) / len(errors))


def test_until_two_weeks_of_history_exist_the_head_of_the_line_stands_in() -> None:
    estimator = WaitEstimator()
    run(estimator, days=10)
    estimate = estimator.if_joined(SALES, 10 * DAY, situation(ahead=3, head=60.0))
    assert estimate is not None
    assert (estimate.seconds, estimate.by) == (60.0, "head of line")
    assert estimator.accuracy()[SALES].by == "head of line"


def test_then_it_does_much_better_than_the_last_one_answered() -> None:
    estimator = WaitEstimator()
    seen = [each for each in run(estimator, days=40) if each[0] >= HISTORY + DAY]
    assert len(seen) > 5000
    assert all(said is not None for _, said, _, _ in seen)
    ours = rms([(said or 0.0) - wait for _, said, _, wait in seen])
    last = rms([other - wait for _, _, other, wait in seen])
    assert ours < 0.8 * last, "theory: the square root of one half (Ibrahim and Whitt)"
    assert abs(sum((said or 0.0) - wait for _, said, _, wait in seen) / len(seen)) < 3.0
    accuracy = estimator.accuracy()[SALES]
    assert (accuracy.by, accuracy.count) == ("regression", 500)
    assert accuracy.held == pytest.approx(0.8, abs=0.07)
    assert accuracy.mean_absolute < accuracy.rms < accuracy.spread


def test_a_queue_with_little_history_leans_on_the_others() -> None:
    estimator = WaitEstimator()
    run(estimator, days=16)
    run(estimator, queue=HELP, days=1, start=17 * DAY, seed=4)
    new = run(estimator, queue=HELP, days=1, start=18 * DAY, seed=5)
    given = [said - wait for _, said, _, wait in new if said is not None]
    assert len(given) > JUDGED
    assert rms(given) < 0.9 * rms([other - wait for _, _, other, wait in new])


def test_a_drift_is_taken_back() -> None:
    estimator = WaitEstimator()
    run(estimator, days=16)
    later = run(estimator, days=1, start=16 * DAY, servers=lambda _: 8)
    half = later[len(later) // 2 :]
    given = [said - wait for _, said, _, wait in half if said is not None]
    assert abs(sum(given) / len(given)) < 0.25 * sum(wait for *_, wait in half) / len(half)


def test_what_was_learned_outlives_a_restart() -> None:
    first = WaitEstimator()
    run(first, days=16)
    kept = first.history(20 * DAY)
    second = WaitEstimator()
    assert second.restore(kept, 1000.0, away=3600.0)
    assert second.accuracy()[SALES].rms == pytest.approx(first.accuracy()[SALES].rms)
    assert second.history(1000.0).age == kept.age + 3600.0
    estimate = second.if_joined(SALES, 1000.0, situation(ahead=5, head=40.0))
    assert estimate is not None
    assert estimate.by == "regression"


def test_a_history_of_another_make_is_not_taken() -> None:
    first = WaitEstimator()
    run(first, days=2)
    kept = first.history(2 * DAY)
    other = [
        type(kept)(age=kept.age, features=("constant",), learned=kept.learned, queues=kept.queues),
        type(kept)(age=kept.age, features=kept.features, learned=kept.learned[1:], queues=kept.queues),
    ]
    second = WaitEstimator()
    assert not any(second.restore(each, 0.0, away=0.0) for each in other)
    assert second.accuracy() == {}


def test_frozen_it_stays_as_it_was_restored() -> None:
    first = WaitEstimator()
    run(first, days=16)
    frozen = WaitEstimator(refit_every=inf)
    frozen.restore(first.history(16 * DAY), 16 * DAY, away=0.0)
    learned = frozen.history(16 * DAY).learned
    run(frozen, days=3, start=16 * DAY)
    assert frozen.history(20 * DAY).learned == learned


def test_unknown_without_anybody_at_work_and_until_it_was_judged() -> None:
    estimator = WaitEstimator()
    for key in range(JUDGED):
        estimator.joined(SALES, key, 100.0 * key, situation(head=2.0 * key))
        assert estimator.estimate(key) is None
        estimator.answered(SALES, key, 102.0 * key + 5.0)
    assert estimator.if_joined(SALES, 9000.0, situation(head=30.0)) is not None
    assert estimator.if_joined(SALES, 9000.0, situation(head=30.0, agents=0)) is None
    assert estimator.estimate("stranger") is None


def test_unknown_where_it_has_been_worse_than_knowing_nothing() -> None:
    estimator = WaitEstimator()
    for key in range(200):  # short waits seen from a long line, and the other way round
        time = key * 10_000.0
        estimator.joined(SALES, key, time, situation(head=500.0 * (key % 2)))
        estimator.answered(SALES, key, time + (10.0 if key % 2 else 500.0))
    assert estimator.if_joined(SALES, 10_000_000.0, situation(head=500.0)) is None
    assert estimator.accuracy()[SALES].rms > estimator.accuracy()[SALES].spread


def test_who_has_left_is_not_learned_from_but_noticed() -> None:
    estimator = WaitEstimator()
    estimator.joined(SALES, "a", 0.0, situation())
    assert estimator.knows("a")
    estimator.left("a", 10.0)
    assert not estimator.knows("a")
    estimator.left("a", 11.0)
    assert estimator.accuracy() == {}
    assert estimator.history(11.0).queues[0].today[0] == 0.0


def test_errors_of_both_methods_are_kept() -> None:
    estimator = WaitEstimator()
    run(estimator, days=3)
    errors = estimator.history(3 * DAY).queues[0].errors
    assert len(errors) == len(METHODS)
    assert all(isinstance(judged, Judged) for method in errors for judged in method)
