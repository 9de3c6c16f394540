"""An event bus that keeps what was published."""

from __future__ import annotations

from callcenter.api.messages import Report
from callcenter.ports import EventBus


class FakeEventBus(EventBus):
    """`reports` in order."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    @property
    def seq(self) -> int:
        return len(self.reports)

    def publish(self, report: Report) -> None:
        self.reports.append(report)
