"""What every event bus does, the one in memory and the one over Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from callcenter.bus.publisher import RedisEventBus
from callcenter.domain.ids import OfferId
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


async def test_a_pop_shown_while_waiting_ends_the_wait(bus: Bus) -> None:
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(bus.offer_shown(OfferId("o1"), within=5))
        await asyncio.sleep(0)
        bus.shown(OfferId("o1"))
    assert waiting.result() is True


async def test_a_pop_shown_before_anybody_waits_counts(bus: Bus) -> None:
    bus.shown(OfferId("o1"))
    assert await bus.offer_shown(OfferId("o1"), within=0.01) is True


async def test_a_pop_not_shown_is_not_waited_for_any_longer(bus: Bus) -> None:
    bus.shown(OfferId("another"))
    assert await bus.offer_shown(OfferId("o1"), within=0.01) is False
