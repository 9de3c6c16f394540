"""Stops password guessing: few attempts per account, few failures per address, in a moving window (ASVS 6.3.1).

Kept in this process's memory; `limits` moves the same windows to a shared store where several servers stand side by
side. The address is the connection's own: headers that claim another one are not believed.
"""

from __future__ import annotations

import math
import time
from http import HTTPStatus

from aiohttp import web
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from agent_desktop.web.problem import RequestFailed

PER_ACCOUNT = RateLimitItemPerMinute(10, 15)
PER_ADDRESS = RateLimitItemPerMinute(100, 15)  # a whole floor may sign in from one address; only failures count


class Guesses:
    """Counts attempts before they are evaluated, so that a thousand at once are no way round."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, person: str, address: str) -> None:
        """Count an attempt. Raises `RequestFailed` (429 with the seconds to wait) when there were too many."""
        if not await self._limiter.test(PER_ADDRESS, "address", address):
            await self._refuse(PER_ADDRESS, "address", address)
        if not await self._limiter.hit(PER_ACCOUNT, "account", person.casefold()):
            await self._refuse(PER_ACCOUNT, "account", person.casefold())

    async def failed(self, address: str) -> None:
        """The attempt was wrong."""
        await self._limiter.hit(PER_ADDRESS, "address", address)

    async def succeeded(self, person: str) -> None:
        """The attempt was right: whoever knows the password is no guesser, and may sign in again and again."""
        await self._limiter.clear(PER_ACCOUNT, "account", person.casefold())

    async def _refuse(self, limit: RateLimitItem, *key: str) -> None:
        window = await self._limiter.get_window_stats(limit, *key)
        wait = max(1, math.ceil(window.reset_time - time.time()))  # noqa: TID251 -- the library counts in this clock
        raise RequestFailed(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_attempts",
            f"too many attempts to sign in: wait {wait} s",
            retry_after=wait,
        )


GUESSES = web.AppKey("guesses", Guesses)
