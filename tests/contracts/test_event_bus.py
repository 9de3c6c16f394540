"""What every event bus does, the one in memory and the one over Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from callcenter.bus.publisher import RedisEventBus
from tests.fakes.bus import FakeEventBus
from tests.support.clock import SystemClock
from tests.support.reports import report
from tests.support.tasks import running

Bus = FakeEventBus | RedisEventBus


@pytest.fixture(params=["fake", pytest.param("redis", marks=pytest.mark.integration)])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "fake":
        yield FakeEventBus()
        return
    url = request.getfixturevalue("redis_url")
    real = RedisEventBus(url, prefix="cc", epoch=1, clock=SystemClock())
    async with running(real.run()):
        yield real


async def test_the_number_counts_what_was_published(bus: Bus) -> None:
    before = bus.seq
    bus.publish(report(1))
    bus.publish(report(2))
    assert (before, bus.seq) == (0, 2)
