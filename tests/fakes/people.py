"""Who works here, as a list."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.domain.errors import ExternalFailure
from callcenter.ports import AgentRecord, People


class FakePeople(People):
    """Gives `records`, unless `broken` says why not."""

    def __init__(self, *records: AgentRecord) -> None:
        self.records = list(records)
        self.broken: str | None = None

    async def agents(self) -> Sequence[AgentRecord]:
        if self.broken is not None:
            raise ExternalFailure(self.broken, retryable=True)
        return tuple(sorted(self.records, key=lambda record: record.agent))
