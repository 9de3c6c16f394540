"""Writing to and reading from Redis streams, the way all parts of the bus do it: in order, and outliving outages.

Streams, not Pub/Sub: after a lost connection a reader goes on where it was, and what was written meanwhile is there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import RedisError

ANSWER_SECONDS = 2.0  # a Redis that takes longer is treated as lost
BATCH = 256

_log = structlog.get_logger(__name__)
_START = b"0-0"
_Row = tuple[bytes, dict[bytes, bytes]]  # position and fields, as redis-py gives a stream's entry
LOST = (RedisError, OSError, asyncio.IncompleteReadError)
"""What redis-py raises when Redis is away or refuses."""


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Redis]:
    """Give one connection of its own. It is made with the first command; no command is ever sent again by itself.

    Who uses it sets the time limit, with `asyncio.timeout`: redis-py sends under `asyncio.wait_for` when it is given
    one, and that loses a cancellation which comes together with the end of sending (Python 3.11; mended in 3.12).
    """
    redis = Redis.from_url(
        url,
        single_connection_client=True,
        socket_timeout=None,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
    )
    try:
        yield redis
    finally:
        await redis.aclose()


class BackOff:
    """How long to wait before each next attempt: doubling from 50 ms to a second, with a spread."""

    def __init__(self) -> None:
        self._law = ExponentialWithJitterBackoff(cap=1.0, base=0.05)
        self._failures = 0

    async def wait(self) -> None:
        """Wait after one more failure."""
        self._failures += 1
        await asyncio.sleep(self._law.compute(self._failures))

    def reset(self) -> None:
        """Start over: it worked."""
        self._failures = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry for a stream that holds about `keep` of them, and is deleted `expires` seconds after the last one."""

    stream: str
    field: bytes
    body: bytes
    keep: int = 10_000
    expires: int | None = None


class StreamWriter:
    """Writes entries in the order they were given, in batches over one connection.

    While Redis is away entries wait, the oldest give way beyond `limit`. After a lost connection the batch in hand is
    sent again, as nobody can tell how much of it arrived: readers must know entries by an id or number of their own.
    """

    def __init__(self, url: str, *, limit: int = 1_000) -> None:
        self._url = url
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._some = asyncio.Event()

    def put(self, entry: Entry) -> None:
        """Take one entry; returns at once."""
        self._entries.append(entry)
        self._some.set()

    async def run(self) -> None:
        """Write until cancelled."""
        back_off = BackOff()
        while True:
            try:
                async with connect(self._url) as redis:
                    while True:
                        await self._some.wait()
                        await self._write_batch(redis)
                        back_off.reset()
            except LOST as error:
                _log.warning("bus cannot write to Redis; trying again", error=repr(error), waiting=len(self._entries))
                await back_off.wait()

    async def _write_batch(self, redis: Redis) -> None:
        batch = [self._entries.popleft() for _ in range(min(BATCH, len(self._entries)))]
        # As one transaction: a reader that waits gets the whole batch at once, not its first entry and then the rest.
        pipeline = redis.pipeline(transaction=True)
        expiring: dict[str, int] = {}
        for entry in batch:
            _ = pipeline.xadd(entry.stream, {entry.field: entry.body}, maxlen=entry.keep, approximate=True)
            if entry.expires is not None:
                expiring[entry.stream] = entry.expires
        for stream, seconds in expiring.items():
            _ = pipeline.expire(stream, seconds)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await pipeline.execute()
        except LOST:
            room = (self._entries.maxlen or 0) - len(self._entries)
            self._entries.extendleft(reversed(batch[max(0, len(batch) - room) :] if room > 0 else []))
            raise
        if not self._entries:
            self._some.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One entry read from a stream."""

    field: bytes
    body: bytes


class StreamReader:
    """Reads one stream, for ever, on a connection of its own: from now on, or all there is (`whole`)."""

    def __init__(self, url: str, stream: str, *, whole: bool = False, block_seconds: float = 1.0) -> None:
        self._url = url
        self._stream = stream
        self._last: bytes | None = _START if whole else None
        self._block_seconds = block_seconds

    async def read(self) -> AsyncGenerator[list[Arrived] | None]:
        """Yield the new entries in order; an empty list when none came for a while; None when connected (again).

        From the first None on nothing is missed, save what Redis itself loses.
        """
        back_off = BackOff()
        while True:
            try:
                async with connect(self._url) as redis:
                    self._last = await self._position(redis)
                    back_off.reset()
                    yield None
                    while True:
                        yield await self._next(redis, self._last)
            except LOST as error:
                _log.warning("bus cannot read from Redis; trying again", stream=self._stream, error=repr(error))
                yield []
                await back_off.wait()

    async def _position(self, redis: Redis) -> bytes:
        """Where to go on. A stream that ends before the place we had has been lost: the new one is read whole."""
        async with asyncio.timeout(ANSWER_SECONDS):
            newest = cast(list[_Row], await redis.xrevrange(self._stream, count=1))
        end = newest[0][0] if newest else _START
        if self._last is None:
            return end
        return self._last if _order(self._last) <= _order(end) else _START

    async def _next(self, redis: Redis, last: bytes) -> list[Arrived]:
        block = int(self._block_seconds * 1000)
        async with asyncio.timeout(self._block_seconds + ANSWER_SECONDS):
            answer = await redis.xread({self._stream: last}, count=BATCH, block=block)
        rows = cast(list[tuple[bytes, list[_Row]]], answer)[0][1] if answer else []
        if rows:
            self._last = rows[-1][0]
        return [Arrived(field=field, body=body) for _, fields in rows for field, body in fields.items()]


def _order(position: bytes) -> tuple[int, int]:
    milliseconds, _, number = position.partition(b"-")
    return int(milliseconds), int(number)
