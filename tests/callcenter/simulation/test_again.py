"""Past calls as arrivals: what is known stays, what is not is drawn from what is known of others."""

from __future__ import annotations

from datetime import date
from math import inf
from random import Random

import pytest

from acd.model import QueueName
from callcenter.simulation.again import Curve, again
from callcenter.simulation.calls import PastCall

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)


def call(waited: float, talk: float | None, *, at: float = 0.0, day: date = MONDAY, queue: str = "sales") -> PastCall:
    return PastCall(
        day=day, at=at, queue=QueueName(queue), waited=waited, talk=talk, wrap_up=None if talk is None else 5.0
    )


def test_the_curve_of_kaplan_and_meier() -> None:
    curve = Curve.of([call(10, None), call(20, 100.0), call(30, None), call(40, 100.0)])
    assert list(curve.times) == [0.0, 10, 30]
    assert list(curve.surviving) == pytest.approx([1.0, 3 / 4, 3 / 8])


def test_patience_beyond_what_was_waited() -> None:
    curve = Curve.of([call(10, None), call(20, 100.0), call(30, None), call(40, 100.0)])
    chance = Random(1)
    found = [curve.beyond(20.0, chance) for _ in range(4000)]
    assert set(found) == {30, inf}
    assert found.count(inf) / 4000 == pytest.approx(0.5, abs=0.03), "half of those who waited 20 s waited 30"
    assert {Curve.of([call(5, 1.0)]).beyond(5.0, chance) for _ in range(9)} == {inf}


def test_what_is_known_stays() -> None:
    calls = [call(10, 100.0, at=50.0), call(8, None, at=20.0), call(3, 60.0, at=30.0, day=TUESDAY)]
    days = dict(again(calls, seed=1))
    assert list(days) == [MONDAY, TUESDAY]
    gave_up, answered = days[MONDAY]
    assert (gave_up.at, gave_up.patience, answered.at, answered.work, answered.wrap_up) == (20.0, 8, 50.0, 100.0, 5.0)
    assert gave_up.work in (100.0, 60.0)
    assert answered.patience >= 10
    assert len({arrival.interaction for arrivals in days.values() for arrival in arrivals}) == 3


def test_the_same_seed_gives_the_same_calls_and_another_others() -> None:
    calls = [call(number, None if number % 3 else 60.0 + number, at=float(number)) for number in range(60)]
    assert list(again(calls, seed=1)) == list(again(calls, seed=1))
    assert list(again(calls, seed=1)) != list(again(calls, seed=2))


def test_a_queue_whose_calls_were_all_abandoned_borrows_the_talks_of_others() -> None:
    days = dict(again([call(5, None, queue="help"), call(0, 90.0)], seed=1))
    assert [arrival.work for arrival in days[MONDAY]] == [90.0, 90.0]
    (lonely,) = dict(again([call(5, None)], seed=1))[MONDAY]
    assert lonely.work == 0.0
