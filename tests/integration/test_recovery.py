"""The CTI server is killed under live calls, on the whole real platform. At length: scripts/bench_recovery.

What is asserted here does not depend on how busy the machine is: how long things took is the benchmark's business.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.outage import Floor
from tests.support.platform import SUPERVISOR, Platform, agents, running_platform

AGENTS, WAITING, IVR = 3, 4, 3
APART = (1.1, 1.4)  # seconds between callers: each in a second of his own, as the order on the channels counts

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    # A short path, for Unix sockets are in it.
    with (
        tempfile.TemporaryDirectory(prefix="recovery-") as home,
        running_platform(Path(home), employees=[*agents(AGENTS), SUPERVISOR]) as running,
    ):
        yield running


async def test_killed_cti_server_comes_back_to_all_calls(platform: Platform) -> None:
    """Nobody is dropped, the order is kept, freed agents get the next caller, and no page shows a talk that is over."""
    async with Floor.open(platform, platform.employees[:AGENTS], seed=1) as floor:
        await floor.fill(ivr=IVR, waiting=WAITING, apart=APART)
        restart = await floor.kill_and_watch(watch=15, freed=1)
        assert floor.dropped() == []
        # On a machine so busy that Asterisk's own queue had to take over, the order is the other test's business.
        assert restart.inverted == () or restart.fell_back
        assert restart.compared > 0
        assert max(restart.routed) < 60
        assert restart.page_freed is not None
        assert floor.places()["talking"] == AGENTS


async def test_dead_cti_server_is_replaced_by_the_switch_and_takes_over_again(platform: Platform) -> None:
    """Waiting callers move to Asterisk's own queue in our order and are answered there; the next server adopts all."""
    async with Floor.open(platform, platform.employees[:AGENTS], seed=2) as floor:
        await floor.fill(ivr=IVR, waiting=WAITING, apart=APART)
        death = await floor.kill_for_good(freed=2)
        assert death.in_queue < 30
        assert death.inverted == ()
        assert death.rung == death.freed == 2
        assert death.dropped == 0
        assert death.adopted == death.live
        assert death.cut == 0
