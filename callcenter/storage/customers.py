"""The customer master and its history: what the CTI server needs while a call rings, and what the desktop reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.messages import CustomerCard, PastInteraction, Tier
from callcenter.api.records import Records
from callcenter.ports import Customers
from callcenter.storage.database import can_hold, reading
from callcenter.storage.labels import Labels
from callcenter.storage.tables import customer_numbers, customers, interactions, people

CARD_INTERACTIONS = 5
MOST_INTERACTIONS = 100


class SqlCustomers(Customers, Records):
    """Both ports on the same tables; every query goes by indexes.

    History is what has ended: the call that a card is wanted for is none yet.
    """

    def __init__(self, engine: AsyncEngine, labels: Labels) -> None:
        self._engine = engine
        self._labels = labels

    # -- while a call rings -------------------------------------------------------------------------------------

    async def by_number(self, number: str) -> CustomerCard | None:
        """Return the one customer who has this number (E.164); none when nobody or more than one has it."""
        return await self._card(_BY_NUMBER, number)

    async def by_account(self, account: str) -> CustomerCard | None:
        """Return the customer with this account number."""
        return await self._card(_BY_ACCOUNT, account)

    # -- what the desktop reads ---------------------------------------------------------------------------------

    async def customer(self, customer: str) -> CustomerCard | None:
        """Return one customer with the last interactions."""
        return await self._card(_BY_CUSTOMER, customer)

    async def history(self, customer: str, *, before: str | None, limit: int) -> Sequence[PastInteraction]:
        """Return a customer's interactions, newest first, older than the interaction `before`; at most 100."""
        if not can_hold(customer) or not can_hold(before or ""):
            return ()
        async with reading(self._engine, "reading a customer's history") as connection:
            query: Select[Any] = (
                select(*_PAST)
                .select_from(interactions)
                .outerjoin(people, people.c.person == interactions.c.agent)
                .where(interactions.c.customer == customer, interactions.c.outcome.is_not(None))
                .order_by(interactions.c.started_at.desc(), interactions.c.interaction.desc())
                .limit(max(0, min(limit, MOST_INTERACTIONS)))
            )
            if before is not None:
                position = select(interactions.c.started_at).where(interactions.c.interaction == before)
                started_at = (await connection.execute(position)).scalar()
                if started_at is None:
                    return ()
                same_time = and_(interactions.c.started_at == started_at, interactions.c.interaction < before)
                query = query.where(or_(interactions.c.started_at < started_at, same_time))
            return tuple(self._read(row) for row in (await connection.execute(query)).all())

    # -- within -------------------------------------------------------------------------------------------------

    async def _card(self, query: Select[Any], key: str) -> CustomerCard | None:
        if not can_hold(key):
            return None
        async with reading(self._engine, "looking a customer up") as connection:
            rows = (await connection.execute(query, {"key": key})).all()
        if len({row.card_customer for row in rows}) != 1:
            return None
        first = rows[0]
        return CustomerCard(
            customer=first.card_customer,
            name=first.name,
            account=first.account,
            tier=Tier(first.tier),
            language=first.language,
            numbers=tuple(sorted(first.numbers.split())) if first.numbers else (),
            history=tuple(self._read(row) for row in rows if row.interaction is not None),
        )

    def _read(self, row: Row[Any]) -> PastInteraction:
        return PastInteraction(
            interaction=row.interaction,
            started_at=round(row.started_at.timestamp() * 1000),
            queue=row.queue,
            queue_label=self._labels.queues.get(row.queue, row.queue),
            agent_name=row.agent_name or row.agent,
            outcome=row.outcome,
            waited_s=row.waited_s,
            talked_s=row.talked_s,
            disposition=row.disposition,
            disposition_label=self._labels.dispositions.get(row.disposition, row.disposition),
            note=row.note,
        )


_PAST = (
    interactions.c.interaction,
    interactions.c.started_at,
    interactions.c.queue,
    interactions.c.agent,
    people.c.name.label("agent_name"),
    interactions.c.outcome,
    interactions.c.waited_s,
    interactions.c.talked_s,
    interactions.c.disposition,
    interactions.c.note,
)


def _card_of(condition: ColumnElement[bool]) -> Select[Any]:
    """A card in one statement, for each costs a turn of SQLite's thread: a row for each of the last interactions.

    At most two customers, each with one row at least; two mean that it is not known which one is meant.
    """
    found = select(customers).where(condition).limit(2).subquery("found")
    numbers = (
        select(func.aggregate_strings(customer_numbers.c.number, " "))
        .where(customer_numbers.c.customer == found.c.customer)
        .scalar_subquery()
    )
    recent = interactions.alias("recent")
    last = (
        select(recent.c.interaction)
        .where(recent.c.customer == found.c.customer, recent.c.outcome.is_not(None))
        .order_by(recent.c.started_at.desc(), recent.c.interaction.desc())
        .limit(CARD_INTERACTIONS)
        .correlate(found)
    )
    return (
        select(
            found.c.customer.label("card_customer"),
            found.c.name,
            found.c.account,
            found.c.tier,
            found.c.language,
            numbers.label("numbers"),
            *_PAST,
        )
        .select_from(found)
        .outerjoin(interactions, interactions.c.interaction.in_(last))
        .outerjoin(people, people.c.person == interactions.c.agent)
        .order_by(interactions.c.started_at.desc(), interactions.c.interaction.desc())
    )


# Built once: building and compiling them takes longer than running them.
_KEY = bindparam("key", type_=Text)
_BY_NUMBER = _card_of(
    customers.c.customer.in_(select(customer_numbers.c.customer).where(customer_numbers.c.number == _KEY))
)
_BY_ACCOUNT = _card_of(customers.c.account == _KEY)
_BY_CUSTOMER = _card_of(customers.c.customer == _KEY)
