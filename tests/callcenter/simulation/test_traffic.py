"""Days drawn from a description: as many calls as said, the same by the same seed, each source by itself."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from random import Random
from statistics import mean, stdev

import pytest

from acd.model import QueueName
from acd.simulation import Arrival
from callcenter.simulation.traffic import Durations, Source, drawn, exponential

EIGHT, NOON, SIX = 8 * 3600.0, 12 * 3600.0, 18 * 3600.0
SALES = Source(
    queue=QueueName("sales"),
    rates=((0.0, 60 / 3600), (NOON, 120 / 3600), (15 * 3600.0, 0.0)),
    talk=Durations(mean=200.0, spread=0.5),
    wrap_up=Durations(mean=30.0, spread=0.0),
    tiers=(("vip", 0.2), ("gold", 0.3)),
)
HELP = replace(SALES, queue=QueueName("help"), rates=((EIGHT, 10 / 3600),), patience=exponential(100.0))


def day(*sources: Source, seed: int = 1, busyness: float = 0.0, load: float = 1.0) -> list[Arrival]:
    return drawn(sources, seed=seed, opens=EIGHT, closes=SIX, busyness=busyness, load=load)


def test_the_same_seed_gives_the_same_day_and_another_another() -> None:
    assert day(SALES, HELP) == day(SALES, HELP)
    assert day(SALES, HELP) != day(SALES, HELP, seed=2)


def test_calls_come_in_order_within_the_hours_and_as_often_as_said() -> None:
    days = [day(SALES, seed=seed) for seed in range(50)]
    times = [arrival.at for arrivals in days for arrival in arrivals]
    assert all(arrivals == sorted(arrivals, key=lambda each: each.at) for arrivals in days)
    assert min(times) >= EIGHT
    assert max(times) < 15 * 3600.0
    assert sum(at < NOON for at in times) / 50 == pytest.approx(240, rel=0.03)
    assert sum(at >= NOON for at in times) / 50 == pytest.approx(360, rel=0.03)


def test_a_change_to_one_source_leaves_the_others() -> None:
    def helps(arrivals: list[Arrival]) -> list[Arrival]:
        return [arrival for arrival in arrivals if arrival.queue == "help"]

    before, after = day(SALES, HELP), day(replace(SALES, talk=Durations(mean=1.0, spread=0.0)), HELP)
    assert helps(before) == helps(after) != []


def test_load_and_busyness() -> None:
    plain = [len(day(SALES, seed=seed)) for seed in range(100)]
    more = [len(day(SALES, seed=seed, load=1.5)) for seed in range(100)]
    differing = [len(day(SALES, seed=seed, busyness=0.2)) for seed in range(100)]
    assert mean(more) == pytest.approx(1.5 * mean(plain), rel=0.02)
    assert mean(differing) == pytest.approx(mean(plain), rel=0.05)
    assert stdev(differing) > 3 * stdev(plain)


def test_tiers_are_labels_and_attributes() -> None:
    arrivals = [arrival for seed in range(20) for arrival in day(SALES, seed=seed)]
    shares = {
        tier: sum(each.label == tier for each in arrivals) / len(arrivals) for tier in ("vip", "gold", "standard")
    }
    assert shares == pytest.approx({"vip": 0.2, "gold": 0.3, "standard": 0.5}, abs=0.02)
    assert all(arrival.attributes["tier"] == arrival.label for arrival in arrivals)


def test_durations_have_their_mean_and_spread() -> None:
    chance = Random(1)
    found = [Durations(mean=200.0, spread=0.8).draw(chance) for _ in range(50_000)]
    assert mean(found) == pytest.approx(200.0, rel=0.02)
    assert stdev(found) / mean(found) == pytest.approx(0.8, rel=0.04)
    assert mean(exponential(90.0).draw(chance) for _ in range(50_000)) == pytest.approx(90.0, rel=0.02)
    assert Durations(mean=30.0, spread=0.0).draw(chance) == 30.0


def test_without_patience_nobody_leaves() -> None:
    assert {arrival.patience for arrival in day(SALES)} == {inf}
    assert mean(arrival.patience for arrival in day(HELP)) < inf
