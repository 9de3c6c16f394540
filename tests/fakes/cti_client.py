"""A CTI client without a bus: a test plays the CTI server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from callcenter.api.client import CtiClient, CtiUnavailable
from callcenter.api.messages import (
    ContactReport,
    Done,
    LinkLive,
    Outcome,
    Report,
    ReportEnvelope,
    Request,
    StateSnapshot,
)

EMPTY = StateSnapshot(
    epoch=1,
    seq=0,
    at=0,
    link=LinkLive(switch_up=True, epoch=1),
    agents=(),
    contacts={},
    queues=(),
    reasons=(),
)


class FakeCtiClient(CtiClient):
    """Gives `state` as the snapshot, answers requests with `reply`, keeps them; the test calls `report` and `lose`.

    While `up` is false everything is unavailable.
    """

    def __init__(self, state: StateSnapshot = EMPTY) -> None:
        self.up = True
        self.state = state
        self.reply: Callable[[Request], Outcome] = lambda _: Done()
        self.requests: list[Request] = []
        self.offers_shown: list[str] = []
        self.snapshots_taken = 0
        self._seq = state.seq
        self._readers: list[asyncio.Queue[ReportEnvelope | None]] = []

    # -- what the test says as the CTI server -------------------------------------------------------------------

    def report(self, report: Report, *, at: int = 0) -> None:
        """Publish one report to all readers; a contact is in later snapshots too, as on a real floor."""
        self._seq += 1
        if isinstance(report, ContactReport):
            contacts = {agent: one for agent, one in self.state.contacts.items() if agent != report.agent}
            if report.contact is not None:
                contacts[report.agent] = report.contact
            self.state = self.state.model_copy(update={"contacts": contacts})
        envelope = ReportEnvelope(epoch=self.state.epoch, seq=self._seq, at=at, report=report)
        for reader in self._readers:
            reader.put_nowait(envelope)

    def lose(self) -> None:
        """Make all readers notice that reports were lost."""
        for reader in self._readers:
            reader.put_nowait(None)

    # -- the port -----------------------------------------------------------------------------------------------

    async def reports(self) -> AsyncIterator[ReportEnvelope | None]:
        mine: asyncio.Queue[ReportEnvelope | None] = asyncio.Queue()
        self._readers.append(mine)
        try:
            yield None
            while True:
                yield await mine.get()
        finally:
            self._readers.remove(mine)

    async def snapshot(self) -> StateSnapshot:
        if not self.up:
            raise CtiUnavailable("the fake is down")
        self.snapshots_taken += 1
        return self.state.model_copy(update={"seq": max(self._seq, self.state.seq)})

    async def request(self, request: Request) -> Outcome:
        if not self.up:
            raise CtiUnavailable("the fake is down")
        self.requests.append(request)
        return self.reply(request)

    def offer_shown(self, offer: str) -> None:
        self.offers_shown.append(offer)
