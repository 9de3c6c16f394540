"""The customer master and its history: what the CTI server needs while a call rings, and what the desktop reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.api.messages import CustomerCard, PastInteraction, Tier
from callcenter.api.records import Records
from callcenter.ports import Customers
from callcenter.storage.database import reading
from callcenter.storage.labels import Labels
from callcenter.storage.tables import customer_numbers, customers, interactions, people

CARD_INTERACTIONS = 5
MOST_INTERACTIONS = 100


class SqlCustomers(Customers, Records):
    """Both ports on the same tables. Every query is answered from indexes; a card takes three."""

    def __init__(self, engine: AsyncEngine, labels: Labels) -> None:
        self._engine = engine
        self._labels = labels

    # -- while a call rings -------------------------------------------------------------------------------------

    async def by_number(self, number: str) -> CustomerCard | None:
        """Return the one customer who has this number (E.164); none when nobody or more than one has it."""
        joined = _CUSTOMER.join(customer_numbers, customer_numbers.c.customer == customers.c.customer)
        return await self._card(joined.where(customer_numbers.c.number == number))

    async def by_account(self, account: str) -> CustomerCard | None:
        """Return the customer with this account number."""
        return await self._card(_CUSTOMER.where(customers.c.account == account))

    # -- what the desktop reads ---------------------------------------------------------------------------------

    async def customer(self, customer: str) -> CustomerCard | None:
        """Return one customer with the last interactions."""
        return await self._card(_CUSTOMER.where(customers.c.customer == customer))

    async def history(self, customer: str, *, before: str | None, limit: int) -> Sequence[PastInteraction]:
        """Return a customer's interactions, newest first, older than the interaction `before`; at most 100."""
        async with reading(self._engine, "reading a customer's history") as connection:
            older: ColumnElement[bool] | None = None
            if before is not None:
                query = select(interactions.c.started_at).where(interactions.c.interaction == before)
                started_at = (await connection.execute(query)).scalar()
                if started_at is None:
                    return ()
                same_time = and_(interactions.c.started_at == started_at, interactions.c.interaction < before)
                older = or_(interactions.c.started_at < started_at, same_time)
            return await self._past(connection, customer, older, max(0, min(limit, MOST_INTERACTIONS)))

    # -- within -------------------------------------------------------------------------------------------------

    async def _card(self, query: Select[Any]) -> CustomerCard | None:
        async with reading(self._engine, "looking a customer up") as connection:
            found = (await connection.execute(query.limit(2))).all()
            if len(found) != 1:
                return None
            row = found[0]
            of_customer = customer_numbers.c.customer == row.customer
            numbers = select(customer_numbers.c.number).where(of_customer).order_by(customer_numbers.c.number)
            return CustomerCard(
                customer=row.customer,
                name=row.name,
                account=row.account,
                tier=Tier(row.tier),
                language=row.language,
                numbers=tuple((await connection.execute(numbers)).scalars()),
                history=await self._past(connection, row.customer, None, CARD_INTERACTIONS),
            )

    async def _past(
        self, connection: AsyncConnection, customer: str, older: ColumnElement[bool] | None, limit: int
    ) -> tuple[PastInteraction, ...]:
        query = (
            select(interactions, people.c.name.label("agent_name"))
            .outerjoin(people, people.c.person == interactions.c.agent)
            # Those that have ended: the call that is looked up for is no history yet.
            .where(interactions.c.customer == customer, interactions.c.outcome.is_not(None))
            .order_by(interactions.c.started_at.desc(), interactions.c.interaction.desc())
            .limit(limit)
        )
        if older is not None:
            query = query.where(older)
        return tuple(self._read(row) for row in (await connection.execute(query)).all())

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


_CUSTOMER = select(customers.c.customer, customers.c.name, customers.c.account, customers.c.tier, customers.c.language)
