"""Customers and their history in memory."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.api.messages import CustomerCard, PastInteraction
from callcenter.api.records import Records


class FakeRecords(Records):
    """What the test put in, newest first."""

    def __init__(self) -> None:
        self.cards: dict[str, CustomerCard] = {}
        self.past: dict[str, list[PastInteraction]] = {}

    async def customer(self, customer: str) -> CustomerCard | None:
        return self.cards.get(customer)

    async def history(self, customer: str, *, before: str | None, limit: int) -> Sequence[PastInteraction]:
        past = self.past.get(customer, [])
        ids = [one.interaction for one in past]
        first = ids.index(before) + 1 if before in ids else 0
        return past[first : first + min(limit, 100)]
