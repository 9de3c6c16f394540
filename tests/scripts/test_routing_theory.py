"""Theory's values beside those that others have computed, and means with their intervals."""

from __future__ import annotations

from dataclasses import asdict
from math import sqrt
from random import Random

import pytest

from tests.benchmarks.routing import theory
from tests.benchmarks.routing.estimates import Control, estimate, ratio


class TestTheory:
    """Values that others have computed: Erlang C and A of most-queue, the priority formula by hand."""

    @pytest.mark.parametrize(
        ("agents", "rate", "waits", "seconds"),
        [(20, 6.0, 0.5508, 49.57), (50, 15.8, 0.6165, 42.68), (100, 32.0, 0.5873, 26.43)],
    )
    def test_erlang_c(self, agents: int, rate: float, waits: float, seconds: float) -> None:
        assert theory.erlang_c(agents, 3 * rate) == pytest.approx(waits, abs=5e-5)
        assert theory.erlang_c_wait(agents, 3 * rate) * 180 == pytest.approx(seconds, abs=5e-3)

    def test_two_priorities(self) -> None:
        vip, regular = theory.priority_waits(20, 18.0, 0.1)
        assert [vip * 180, regular * 180] == pytest.approx([5.45, 54.47], abs=5e-3)
        assert 0.1 * vip + 0.9 * regular == pytest.approx(theory.erlang_c_wait(20, 18.0)), "the conservation law"

    @pytest.mark.parametrize(
        ("patience", "expected"),
        [
            (2.0, theory.ErlangA(waits=0.4678, abandons=0.03091, wait=0.06182, occupancy=0.9303, within=0.7386)),
            (1.0, theory.ErlangA(waits=0.4054, abandons=0.03942, wait=0.03942, occupancy=0.9222, within=0.8123)),
            (0.5, theory.ErlangA(waits=0.3423, abandons=0.04802, wait=0.02401, occupancy=0.9139, within=0.8742)),
        ],
    )
    def test_erlang_a(self, patience: float, expected: theory.ErlangA) -> None:
        got = theory.erlang_a(50, 48.0, patience, within=0.1)
        assert asdict(got) == pytest.approx(asdict(expected), abs=5e-5)

    def test_a_finite_waiting_room(self) -> None:
        blocked, wait = theory.pooled(90, 30, 84.0)
        assert [blocked, wait] == pytest.approx([0.00364, 0.0450], abs=5e-5)


class TestEstimates:
    def test_a_mean_of_ten(self) -> None:
        got = estimate([9.0, 11.0] * 5)
        error = sqrt(10 / 9) / sqrt(10)
        assert [got.mean, got.error, got.half] == pytest.approx([10.0, error, 2.262 * error])
        assert got.z(9.0) == pytest.approx(1 / error)

    def test_a_ratio_of_sums_is_no_mean_of_ratios(self) -> None:
        got = ratio([1.0, 30.0], [10.0, 40.0])
        assert got.mean == pytest.approx(0.62)
        assert got.half > 0


def test_what_chance_gave_too_much_of_is_taken_out_of_a_mean() -> None:
    """Days that were too busy by one in ten, and values that follow how busy a day was and little else."""
    draw = Random(1)
    came = [110 + draw.gauss(0, 10) for _ in range(200)]
    served = [0.8 * each + draw.gauss(0, 1) for each in came]
    control = Control(came, known=100)
    assert estimate(served).z(80) > 5
    assert abs(control.of(served).z(80)) < 3
    assert control.of(served).half < estimate(served).half / 4


def test_a_ratio_is_controlled_like_a_mean() -> None:
    draw = Random(2)
    came = [110 + draw.gauss(0, 10) for _ in range(200)]
    in_time = [90 - 0.5 * (each - 100) for each in came]
    controlled = Control(came, known=100).ratio(in_time, came)
    assert ratio(in_time, came).mean < 0.8
    assert abs(controlled.mean - 0.9) < 0.02
