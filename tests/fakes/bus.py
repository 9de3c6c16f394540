"""An event bus that keeps what was published."""

from __future__ import annotations

import asyncio

from callcenter.api.messages import ContactReport, Report
from callcenter.domain.ids import OfferId
from callcenter.ports import EventBus


class FakeEventBus(EventBus):
    """`reports` in order. With `desktops_attentive` every pop counts as shown at once; else `shown` must be called."""

    def __init__(self, *, desktops_attentive: bool = False) -> None:
        self.reports: list[Report] = []
        self._attentive = desktops_attentive
        self._shown: dict[str, asyncio.Event] = {}

    @property
    def seq(self) -> int:
        return len(self.reports)

    def publish(self, report: Report) -> None:
        self.reports.append(report)
        if self._attentive and isinstance(report, ContactReport) and report.contact is not None:
            self.shown(OfferId(report.contact.offer))

    async def offer_shown(self, offer: OfferId, *, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                await self._shown.setdefault(offer, asyncio.Event()).wait()
        except TimeoutError:
            return False
        return True

    def shown(self, offer: OfferId) -> None:
        self._shown.setdefault(offer, asyncio.Event()).set()
