"""The one ordered queue to the writer. Facts are never dropped; its depth is measured, and requests are refused first.

Every entry has a number, and the number of the entry that caused it: one search in the log shows why a phone rang.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from callcenter.api.messages import OfferShown, Refused, Reply, Request
from callcenter.domain.events import SwitchEvent
from callcenter.ports import EventSink, RequestSink
from callcenter.server.facts import Fact, RequestMade

MOST_WAITING_FOR_REQUESTS = 10_000  # entries: beyond, people are told to try again, and facts still come in

cause: ContextVar[int] = ContextVar("cause", default=0)
"""The number of the entry whose effects are being carried out; inherited by the tasks that carry them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fact on its way to the writer."""

    number: int
    cause: int
    fact: Fact


class Inbox(EventSink, RequestSink):
    """Filled by adapters and sessions, emptied by the writer alone."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._filled = asyncio.Event()
        self._numbers = 0
        self._answers: dict[str, Callable[[Reply], None]] = {}
        self.deepest = 0

    def put(self, event: SwitchEvent) -> None:
        """Take one fact from the switch."""
        self.put_fact(event)

    def put_fact(self, fact: Fact) -> None:
        """Take one fact of any kind."""
        self._numbers += 1
        self._entries.append(Entry(number=self._numbers, cause=cause.get(), fact=fact))
        self.deepest = max(self.deepest, len(self._entries))
        self._filled.set()

    def put_request(self, request: Request, answer: Callable[[Reply], None]) -> None:
        """Take one request; its answer is called once, later."""
        if len(self._entries) >= MOST_WAITING_FOR_REQUESTS:
            answer(Refused(code="overloaded", message="the CTI server is busy; try again"))
            return
        request_id = f"r{self._numbers + 1}"
        if not isinstance(request, OfferShown):  # it is not answered: nobody would ever fetch the answer
            self._answers[request_id] = answer
        self.put_fact(RequestMade(request_id=request_id, request=request))

    def answer(self, request_id: str, reply: Reply) -> None:
        """Give the answer to a request back to who made it."""
        answer = self._answers.pop(request_id, None)
        if answer is not None:
            answer(reply)

    def take(self) -> Entry | None:
        """Return the oldest entry, or None."""
        if self._entries:
            return self._entries.popleft()
        self._filled.clear()
        return None

    def wake(self) -> None:
        """Let the writer look at the clock."""
        self._filled.set()

    async def filled(self) -> None:
        """Wait for an entry, or for `wake`. The other tasks of the loop have their turn in any case."""
        if self._filled.is_set():
            await asyncio.sleep(0)  # `Event.wait` would return at once, and a flood would keep the loop for the writer
        else:
            await self._filled.wait()
