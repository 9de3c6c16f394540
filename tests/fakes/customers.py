"""A customer master of a few cards."""

from __future__ import annotations

from callcenter.api.messages import CustomerCard
from callcenter.domain.errors import ExternalFailure
from callcenter.ports import Customers


class FakeCustomers(Customers):
    """Finds among `cards`, unless `broken` says why not."""

    def __init__(self, *cards: CustomerCard) -> None:
        self.cards = list(cards)
        self.broken: str | None = None

    async def by_number(self, number: str) -> CustomerCard | None:
        return self._only([card for card in self.cards if number in card.numbers])

    async def by_account(self, account: str) -> CustomerCard | None:
        return self._only([card for card in self.cards if card.account == account])

    def _only(self, found: list[CustomerCard]) -> CustomerCard | None:
        if self.broken is not None:
            raise ExternalFailure(self.broken, retryable=True)
        return found[0] if len(found) == 1 else None
