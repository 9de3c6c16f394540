"""Customers as a call and the desktop see them, when the firm keeps some of what it knows elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

import structlog

from callcenter.api.card import CustomerCard
from callcenter.api.customers import CustomerPage
from callcenter.api.records import Records
from callcenter.domain.errors import ExternalFailure
from callcenter.ports import Clock, Customers
from callcenter.sources.asking import SourceDesk
from callcenter.sources.model import By, Told
from callcenter.sources.telling import completed_card, completed_page, new_card, record_fields

_log = structlog.get_logger(__name__)

Adopt = Callable[[CustomerCard, str], Awaitable[None]]
"""Enters a customer whom a source knows into our records, or brings his record up to date; with the source's name."""


class _OurRecords(Customers, Records, Protocol):
    """Both ports on the same records."""


class SourcedCustomers(Customers, Records):
    """Our own records, completed by the sources.

    A caller whom only a source knows gets a record of ours (`adopt`) beside the call, so that what happens with him has
    a place; nobody waits for that.
    """

    def __init__(self, ours: _OurRecords, desk: SourceDesk, clock: Clock, adopt: Adopt | None) -> None:
        self._ours = ours
        self._desk = desk
        self._clock = clock
        self._adopt = adopt

    async def by_number(self, number: str) -> CustomerCard | None:
        """Return the customer who has this number (E.164), in our records or else in a source."""
        card = await self._ours.by_number(number)
        if card is not None:
            return await self._completed(card, number)
        told, late = await self._desk.ask({By.NUMBER: number})
        return await self._known_elsewhere(told, late, number)

    async def by_account(self, account: str) -> CustomerCard | None:
        """Return the customer with this account number, in our records or else in a source."""
        card = await self._ours.by_account(account)
        if card is not None:
            return await self._completed(card, None)
        if not account.strip():
            return None
        told, late = await self._desk.ask({By.ACCOUNT: account.strip()})
        return await self._known_elsewhere(told, late, None)

    async def customer(self, customer: str) -> CustomerCard | None:
        """Return one customer of our records."""
        card = await self._ours.customer(customer)
        return card and await self._completed(card, None)

    # -- within -----------------------------------------------------------------------------------------------------

    async def _completed(self, card: CustomerCard, number: str | None, known: Sequence[Told] = ()) -> CustomerCard:
        asked = {By.ACCOUNT: card.account, By.NUMBER: number or next(iter(card.numbers), "")}
        told, late = await self._desk.ask(asked, but=frozenset(one.plan.name for one in known))
        done = completed_card(card, [*known, *told], late, self._clock.utc().astimezone().date())
        for one in (*known, *told):
            self._bring_up_to_date(card, done, one)
        return done

    async def _known_elsewhere(
        self, told: Sequence[Told], late: Sequence[str], number: str | None
    ) -> CustomerCard | None:
        """Return the card of a customer whom our records did not know by what was asked."""
        for one in told:
            made = new_card(one, number)
            if made is None:
                continue
            ours = await self._ours.by_account(made.account)  # known to us under another number
            if ours is not None:
                return await self._completed(ours, number, told)
            done = completed_card(made, told, late, self._clock.utc().astimezone().date())
            self._enter(done, one.plan.name)
            return done
        return None

    def _bring_up_to_date(self, card: CustomerCard, done: CustomerCard, told: Told) -> None:
        given = record_fields(told)
        if any(name in given and getattr(card, name) != getattr(done, name) for name in _FOLLOWED):
            self._enter(done, told.plan.name)

    def _enter(self, card: CustomerCard, source: str) -> None:
        if self._adopt is not None:
            self._desk.beside(partial(self._entered, self._adopt, card, source))

    async def _entered(self, adopt: Adopt, card: CustomerCard, source: str) -> None:
        try:
            await adopt(card, source)
        except ExternalFailure as failure:
            _log.warning("customer_of_source_not_entered", source=source, why=str(failure))


_FOLLOWED = ("name", "tier", "language", "territory")
"""What a record of a source follows it in, as `storage.adopting` writes it."""


class PageSources:
    """What sources add to a customer's page."""

    def __init__(self, desk: SourceDesk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    async def complete(self, page: CustomerPage) -> CustomerPage:
        """Return the page with what sources say now, and who of them did not answer in time."""
        fields = page.record.fields
        number = next((entry.number for entry in fields.numbers), "")
        told, late = await self._desk.ask({By.ACCOUNT: fields.account, By.NUMBER: number})
        return completed_page(page, told, late, self._clock.utc().astimezone().date())
