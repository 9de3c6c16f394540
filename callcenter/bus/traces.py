"""Reports on their way that speak of somebody: counted, or removed from the streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis

from callcenter.api.records import RecordsFailed
from callcenter.bus.streams import LOST, connect
from callcenter.domain.errors import ExternalFailure

_PAGE = 500
_Row = tuple[bytes, dict[bytes, bytes]]


class TracesLost(ExternalFailure, RecordsFailed):
    """The streams cannot be reached: `RecordsFailed` for those who see the public contract alone."""


class RedisTraces:
    """All streams of one prefix."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = prefix

    async def speaking_of(self, texts: Sequence[str]) -> int:
        """Return how many entries have one of these texts. Raises `ExternalFailure`."""
        return await self._each(texts, remove=False)

    async def forget(self, texts: Sequence[str]) -> int:
        """Remove them, and return how many there were. Raises `ExternalFailure`."""
        return await self._each(texts, remove=True)

    async def _each(self, texts: Sequence[str], *, remove: bool) -> int:
        wanted = [text.encode() for text in texts if text]
        count = 0
        try:
            async with connect(self._url) as redis:
                async for name in redis.scan_iter(match=f"{self._prefix}*", _type="stream"):
                    count += await self._in_stream(redis, name, wanted, remove=remove)
        except LOST as error:
            raise TracesLost(f"Redis: {type(error).__name__}", retryable=True) from error
        return count

    async def _in_stream(self, redis: Redis, name: bytes, wanted: Sequence[bytes], *, remove: bool) -> int:
        count, after = 0, b"-"
        while True:
            rows = cast(list[_Row], await redis.xrange(name, min=after, count=_PAGE))
            theirs = [place for place, fields in rows if any(one in body for body in fields.values() for one in wanted)]
            if theirs and remove:
                await redis.xdel(name, *theirs)
            count += len(theirs)
            if len(rows) < _PAGE:
                return count
            after = b"(" + rows[-1][0]
