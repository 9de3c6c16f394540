"""Customers with their whole history, in memory."""

from __future__ import annotations

from callcenter.api.messages import CustomerCard
from callcenter.api.records import Records

CARD_INTERACTIONS = 5


class FakeRecords(Records):
    """`cards` hold all past interactions of their customers, newest first; what is given out is limited."""

    def __init__(self, *cards: CustomerCard) -> None:
        self.cards = {card.customer: card for card in cards}

    async def customer(self, customer: str) -> CustomerCard | None:
        card = self.cards.get(customer)
        return card and card.model_copy(update={"history": card.history[:CARD_INTERACTIONS]})
