"""Some of the random sequences that `scripts/bench_callcontrol` runs a thousand of."""

from __future__ import annotations

import pytest

from tests.benchmarks.callcontrol import virtual


@pytest.mark.parametrize("seed", [2, 3])
def test_nothing_is_stuck_and_all_time_is_accounted_for(seed: int) -> None:
    outcome = virtual.run(40, seed)
    assert outcome.stuck == []
    assert outcome.repairs == 0
    assert outcome.operations > 100
    assert max(outcome.off) < 1.0
    assert max(outcome.agents_off) < 1.0
