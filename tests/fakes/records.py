"""Customers with their whole history, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.api.messages import CustomerCard, PastInteraction
from callcenter.api.records import Records

CARD_INTERACTIONS = 5
MOST_INTERACTIONS = 100


class FakeRecords(Records):
    """`cards` hold all past interactions of their customers, newest first; what is given out is limited."""

    def __init__(self, *cards: CustomerCard) -> None:
        self.cards = {card.customer: card for card in cards}

    async def customer(self, customer: str) -> CustomerCard | None:
        card = self.cards.get(customer)
        return card and card.model_copy(update={"history": card.history[:CARD_INTERACTIONS]})

    async def history(self, customer: str, *, before: str | None, limit: int) -> Sequence[PastInteraction]:
        card = self.cards.get(customer)
        past = card.history if card else ()
        if before is not None:
            places = [place for place, one in enumerate(past) if one.interaction == before]
            past = past[places[0] + 1 :] if places else ()
        return past[: max(0, min(limit, MOST_INTERACTIONS))]
