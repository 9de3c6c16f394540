"""The writer's task: take an entry, let the director decide, hand the decisions on. It never waits in between."""

from __future__ import annotations

import asyncio

from callcenter.domain.moment import Moment
from callcenter.ports import Clock
from callcenter.server.director import Director
from callcenter.server.dispatch import Dispatch
from callcenter.server.inbox import Inbox, cause

ENTRIES_AT_ONCE = 200  # then the other tasks of the loop get their turn


class Writer:
    """The only caller of the director. Its failure is the process's failure: the next start recovers."""

    def __init__(self, inbox: Inbox, director: Director, dispatch: Dispatch, clock: Clock) -> None:
        self._inbox = inbox
        self._director = director
        self._dispatch = dispatch
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            self._work()
            self._set_timer()
            await self._inbox.filled()

    def _work(self) -> None:
        for _ in range(ENTRIES_AT_ONCE):
            entry = self._inbox.take()
            if entry is None:
                break
            cause.set(entry.number)
            self._dispatch.carry_out(self._director.handle(entry.fact, self._now()))
        else:
            self._inbox.wake()
        now = self._now()
        due = self._director.next_deadline()
        if due is not None and due <= now.monotonic:
            cause.set(0)
            self._dispatch.carry_out(self._director.handle_timer(now))

    def _now(self) -> Moment:
        return Moment(monotonic=self._clock.monotonic(), utc=self._clock.utc())

    def _set_timer(self) -> None:
        """Keep one timer of the loop, for the earliest deadline."""
        due = self._director.next_deadline()
        if due == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = None
        if due is not None:
            delay = max(0.0, due - self._clock.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = self._timer_at = None
        self._inbox.wake()
