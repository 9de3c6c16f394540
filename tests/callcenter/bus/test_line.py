"""The line over a real Redis: what the desktops see when Redis dies, forgets, hangs, or carries nonsense."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import pytest
from redis.asyncio import Redis

from callcenter.api.client import CtiUnavailable
from callcenter.api.messages import (
    Done,
    Reply,
    ReplyEnvelope,
    ReportEnvelope,
    Request,
    RequestEnvelope,
    SignOn,
    Snapshot,
    SnapshotWanted,
)
from callcenter.bus.client import RedisCtiClient
from callcenter.bus.publisher import RedisEventBus
from callcenter.bus.requests import LONGEST_REQUEST, RequestIntake
from callcenter.ports import RequestSink
from tests.callcenter.bus.conftest import MortalRedis
from tests.fakes.cti_client import EMPTY
from tests.support.clock import SystemClock
from tests.support.reports import number_of, report
from tests.support.tasks import running

pytestmark = pytest.mark.integration
CLOCK = SystemClock()


@dataclass
class Server(RequestSink):
    """Counts what it was asked, and keeps answers back when told to."""

    asked: list[Request] = field(default_factory=list)
    kept_back: list[Callable[[Reply], None]] = field(default_factory=list)
    slow: bool = False

    def put_request(self, request: Request, answer: Callable[[Reply], None]) -> None:
        if isinstance(request, SnapshotWanted):
            answer(Snapshot(snapshot=EMPTY))
            return
        self.asked.append(request)
        if self.slow:
            self.kept_back.append(answer)
        else:
            answer(Done())


@dataclass
class Ends:
    """Both ends of a line that works."""

    client: RedisCtiClient
    bus: RedisEventBus
    server: Server


@asynccontextmanager
async def line(url: str, *, epoch: int = 1) -> AsyncIterator[Ends]:
    client = RedisCtiClient(url, prefix="cc", clock=CLOCK)
    bus = RedisEventBus(url, prefix="cc", epoch=epoch, clock=CLOCK)
    server = Server()
    intake = RequestIntake(url, prefix="cc", clock=CLOCK, sink=server, shown=lambda _: None)
    async with running(client.run(), bus.run(), intake.run()):
        await intake.ready.wait()
        yield Ends(client, bus, server)


async def works(client: RedisCtiClient) -> None:
    """Return when requests are answered again."""
    async with asyncio.timeout(15):
        while True:
            with suppress(CtiUnavailable):
                await client.snapshot()
                return


Reports = AsyncGenerator[ReportEnvelope | None]


def reports_of(client: RedisCtiClient) -> Reports:
    return cast(Reports, client.reports())


async def numbers_until(reports: Reports, last: int) -> list[int | None]:
    """The numbers of the reports up to `last`, None where a snapshot is asked for."""
    found: list[int | None] = []
    async with asyncio.timeout(15):
        while not found or found[-1] != last:
            item = await anext(reports)
            found.append(None if item is None else number_of(item.report))
    return found


def without_holes(found: list[int | None], last: int) -> bool:
    """Tell whether a desktop that takes a snapshot at every None misses nothing."""
    known: int | None = None
    for number in found:
        if number is not None and known is not None and number != known + 1:
            return False
        known = number
    return known == last


# -- Redis dies, forgets, hangs ---------------------------------------------------------------------------------


async def test_reports_given_while_redis_is_dead_arrive_when_it_is_back(mortal_redis: MortalRedis) -> None:
    async with line(mortal_redis.url) as ends, aclosing(reports_of(ends.client)) as reports:
        assert await anext(reports) is None
        ends.bus.publish(report(1))
        assert await numbers_until(reports, 1) == [1]
        mortal_redis.kill()
        for number in range(2, 20):
            ends.bus.publish(report(number))
        mortal_redis.start()
        found = await numbers_until(reports, 19)
        assert [number for number in found if number is not None] == list(range(2, 20))


async def test_many_deaths_of_redis_leave_no_unannounced_hole(mortal_redis: MortalRedis) -> None:
    """kill -9 at random moments under load: what the desktop knows is whole, or it was told to take a snapshot."""
    last = 3_000

    async def publish(bus: RedisEventBus) -> None:
        for number in range(last + 1):
            bus.publish(report(number))
            await asyncio.sleep(0.001)

    async def kill_now_and_then() -> None:
        for pause in (0.3, 0.45, 0.2, 0.6, 0.35):
            await asyncio.sleep(pause)
            mortal_redis.kill()
            mortal_redis.start()

    async with line(mortal_redis.url) as ends, aclosing(reports_of(ends.client)) as reports:
        assert await anext(reports) is None
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(publish(ends.bus))
            tasks.create_task(kill_now_and_then())
            found = await numbers_until(reports, last)
        assert without_holes(found, last)
        await works(ends.client)


async def test_more_than_can_wait_is_a_gap_that_is_noticed(mortal_redis: MortalRedis) -> None:
    async with line(mortal_redis.url) as ends, aclosing(reports_of(ends.client)) as reports:
        assert await anext(reports) is None
        ends.bus.publish(report(0))
        assert await numbers_until(reports, 0) == [0]
        mortal_redis.kill()
        for number in range(1, 3_000):
            ends.bus.publish(report(number))
        mortal_redis.start()
        found = await numbers_until(reports, 2_999)
        assert None in found
        assert without_holes(found, 2_999)


async def test_what_redis_forgot_is_noticed_without_another_report(mortal_redis: MortalRedis) -> None:
    """FLUSHALL swallows the newest report before the desktop reads it: the next beat tells."""
    async with line(mortal_redis.url) as ends, aclosing(reports_of(ends.client)) as reports:
        assert await anext(reports) is None
        ends.bus.publish(report(0))
        assert await numbers_until(reports, 0) == [0]
        async with Redis.from_url(mortal_redis.url) as other:
            # Swallow the report as Redis would, for the desktop's number is then one behind.
            ends.bus._seq += 1
            await other.flushall()
        async with asyncio.timeout(5):
            assert await anext(reports) is None
        ends.bus.publish(report(1))
        assert await numbers_until(reports, 1) == [1]


async def test_requests_work_again_after_redis_forgot_everything(mortal_redis: MortalRedis) -> None:
    async with line(mortal_redis.url) as ends:
        async with Redis.from_url(mortal_redis.url) as other:
            await other.flushall()
        assert await ends.client.request(SignOn(agent="ana", desktop="d1")) == Done()


async def test_a_hanging_redis_is_silence_then_recovery(mortal_redis: MortalRedis) -> None:
    async with line(mortal_redis.url) as ends, aclosing(reports_of(ends.client)) as reports:
        assert await anext(reports) is None
        ends.bus.publish(report(0))
        assert await numbers_until(reports, 0) == [0]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.to_thread(mortal_redis.freeze, 5.0))
            async with asyncio.timeout(5.0):
                assert await anext(reports) is None  # while it hangs: nothing is heard any more
        await works(ends.client)
        ends.bus.publish(report(1))
        assert 1 in await numbers_until(reports, 1)


async def test_a_dead_cti_server_is_noticed_within_three_seconds(mortal_redis: MortalRedis) -> None:
    client = RedisCtiClient(mortal_redis.url, prefix="cc", clock=CLOCK)
    async with aclosing(reports_of(client)) as reports:
        async with line(mortal_redis.url) as ends:
            assert await anext(reports) is None
            ends.bus.publish(report(0))
            assert await numbers_until(reports, 0) == [0]
        died = CLOCK.monotonic()
        async with asyncio.timeout(5):
            assert await anext(reports) is None
        assert CLOCK.monotonic() - died <= 3.8  # 2.5 s without a beat, looked at once a second
        async with line(mortal_redis.url, epoch=2) as ends:
            ends.bus.publish(report(1))
            found = await numbers_until(reports, 1)
            assert found in ([None, 1], [None, None, 1])


# -- requests ---------------------------------------------------------------------------------------------------


class Sender:
    """A desktop server that writes requests as it likes."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.name = secrets.token_hex(16)

    async def send(self, *, key: str = "k1", expires_in: float = 2.0, reply_to: str | None = None) -> None:
        envelope = RequestEnvelope(
            id=key,
            reply_to=self.name if reply_to is None else reply_to,
            expires_at=int((CLOCK.utc().timestamp() + expires_in) * 1000),
            request=SignOn(agent="ana", desktop="d1"),
        )
        await self.send_raw(envelope.model_dump_json().encode())

    async def send_raw(self, body: bytes) -> None:
        await self.redis.xadd("cc:requests", {"request": body})

    async def replies(self, count: int) -> list[str]:
        """Wait for so many replies; return their ids."""
        async with asyncio.timeout(5):
            while True:
                rows = cast(list[tuple[bytes, dict[bytes, bytes]]], await self.redis.xrange(f"cc:replies:{self.name}"))
                if len(rows) >= count:
                    return [ReplyEnvelope.model_validate_json(fields[b"reply"]).id for _, fields in rows]
                await asyncio.sleep(0.01)


@asynccontextmanager
async def sender(url: str) -> AsyncIterator[Sender]:
    async with Redis.from_url(url) as redis:
        yield Sender(redis)


async def test_a_repeated_request_is_answered_again_but_not_asked_again(redis_url: str) -> None:
    async with line(redis_url) as ends, sender(redis_url) as desktop:
        await desktop.send(key="k1")
        await desktop.send(key="k1")
        await desktop.send(key="k2")
        assert await desktop.replies(3) == ["k1", "k1", "k2"]
        assert len(ends.server.asked) == 2


async def test_a_repeated_request_waits_for_the_first_ones_answer(redis_url: str) -> None:
    async with line(redis_url) as ends, sender(redis_url) as desktop:
        ends.server.slow = True
        await desktop.send(key="k1")
        await desktop.send(key="k1")
        await desktop.send(key="k2")
        async with asyncio.timeout(5):
            while len(ends.server.kept_back) < 2:
                await asyncio.sleep(0.01)
        for answer in ends.server.kept_back:
            answer(Done())
        assert await desktop.replies(2) == ["k1", "k2"]


async def test_an_expired_request_is_not_carried_out(redis_url: str) -> None:
    async with line(redis_url) as ends, sender(redis_url) as desktop:
        await desktop.send(key="late", expires_in=-0.001)
        await desktop.send(key="in time")
        assert await desktop.replies(1) == ["in time"]
        assert len(ends.server.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{" * 10_000,
        b'{"v":2,"id":"k","reply_to":"x","expires_at":1,"request":{"type":"snapshot"}}',
        b'{"v":1,"id":"k","reply_to":"x","expires_at":1,"request":{"type":"format_disk"}}',
        b"x" * (LONGEST_REQUEST + 1),
    ],
)
async def test_nonsense_is_dropped_and_the_next_request_served(redis_url: str, body: bytes) -> None:
    async with line(redis_url) as ends, sender(redis_url) as desktop:
        await desktop.send_raw(body)
        await desktop.redis.xadd("cc:requests", {"unknown": "field"})
        await desktop.send(key="k1")
        assert await desktop.replies(1) == ["k1"]
        assert len(ends.server.asked) == 1


@pytest.mark.parametrize("name", ["", "*", "../reports", "reports", "A" * 32, "0" * 33])
async def test_replies_go_to_random_names_only(redis_url: str, name: str) -> None:
    """A reply name is part of a key: nobody may choose the key."""
    async with line(redis_url) as ends, sender(redis_url) as desktop:
        await desktop.send(key="odd", reply_to=name)
        await desktop.send(key="k1")
        assert await desktop.replies(1) == ["k1"]
        assert len(ends.server.asked) == 1


async def test_requests_from_before_the_start_are_not_carried_out(redis_url: str) -> None:
    async with sender(redis_url) as desktop:
        await desktop.send(key="early")
        async with line(redis_url) as ends:
            await desktop.send(key="k1")
            assert await desktop.replies(1) == ["k1"]
            assert len(ends.server.asked) == 1


async def test_reply_streams_do_not_stay(redis_url: str) -> None:
    async with line(redis_url), sender(redis_url) as desktop:
        await desktop.send()
        await desktop.replies(1)
        assert 0 < await desktop.redis.ttl(f"cc:replies:{desktop.name}") <= 60
