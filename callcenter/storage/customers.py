"""Customers at a glance: what the CTI server needs while a call rings, and what the desktop shows first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, Subquery, Text, bindparam, false, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.calls import CallDirection
from callcenter.api.card import (
    CardContact,
    CustomerCard,
    CustomerKind,
    Medium,
    PastInteraction,
    RoutingHints,
)
from callcenter.api.records import Records
from callcenter.api.shapes import Tier
from callcenter.customers.narrative import Happening, Names, narrate
from callcenter.domain.story import Story
from callcenter.ports import Customers
from callcenter.storage.customer_tables import customer_numbers, customers
from callcenter.storage.database import can_hold, reading
from callcenter.storage.labels import Labels
from callcenter.storage.tables import interactions, people

CARD_INTERACTIONS = 5
MOST_INTERACTIONS = 100
MOST_MERGES = 20  # how often a record may have been merged into another, one after the other


class SqlCustomers(Customers, Records):
    """Both ports on the same tables; every query goes by indexes.

    History is what has ended: the call that a card is wanted for is none yet.
    """

    def __init__(self, engine: AsyncEngine, labels: Labels) -> None:
        self._engine = engine
        self._labels = labels

    # -- while a call rings -------------------------------------------------------------------------------------

    async def by_number(self, number: str) -> CustomerCard | None:
        """Return the customer whose number (E.164) this is.

        That is the one who does not share it, else the only one who has it; none when several share it.
        """
        return await self._card(_BY_NUMBER, number)

    async def by_account(self, account: str) -> CustomerCard | None:
        """Return the customer with this account number; of a merged one, the customer it has become."""
        return await self._card(_BY_ACCOUNT, account)

    # -- what the desktop reads ---------------------------------------------------------------------------------

    async def customer(self, customer: str) -> CustomerCard | None:
        """Return one customer with the last interactions; of a merged one, the customer it has become."""
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
                .order_by(interactions.c.started_at.desc(), interactions.c.n.desc())
                .limit(max(0, min(limit, MOST_INTERACTIONS)))
            )
            if before is not None:
                position = select(interactions.c.started_at, interactions.c.n).where(
                    interactions.c.interaction == before
                )
                place = (await connection.execute(position)).one_or_none()
                if place is None:
                    return ()
                query = query.where(tuple_(interactions.c.started_at, interactions.c.n) < tuple_(*place))
            return tuple(self._read(row) for row in (await connection.execute(query)).all())

    # -- within -------------------------------------------------------------------------------------------------

    async def _card(self, query: Select[Any], key: str) -> CustomerCard | None:
        if not can_hold(key):
            return None
        async with reading(self._engine, "looking a customer up") as connection:
            for _ in range(MOST_MERGES):
                rows = (await connection.execute(query, {"key": key})).all()
                rows = [row for row in rows if not row.shared] or list(rows)
                if len({row.card_customer for row in rows}) != 1:
                    return None
                if rows[0].merged_into is None:
                    return self._card_of(rows)
                query, key = _BY_CUSTOMER, rows[0].merged_into
        return None

    def _card_of(self, rows: Sequence[Row[Any]]) -> CustomerCard:
        first = rows[0]
        contacts = {one["contact"]: one for one in first.contacts}
        contact = contacts.get(first.contact) if first.contact else None
        numbers = {entry["number"]: None for one in (first, *contacts.values()) for entry in _numbers(one)}
        return CustomerCard(
            customer=first.card_customer,
            kind=CustomerKind(first.kind),
            name=first.name,
            account=first.account,
            tier=Tier(first.tier),
            language=first.language,
            numbers=tuple(numbers),
            contact=contact and CardContact(name=contact["name"], role=contact["role"]),
            owner=first.owner,
            owner_name=first.owner_name,
            last_agent=first.last_agent,
            territory=first.territory or None,
            alerts=(),
            coverage=None,
            dealings=(),
            history=tuple(self._read(row) for row in rows if row.interaction is not None),
            routing=RoutingHints(priority=0, requirements={}, attributes={}),
            partial=(),
        )

    def _read(self, row: Row[Any]) -> PastInteraction:
        agent_names = {row.agent: row.agent_name} if row.agent_name else {}
        happened = Happening(
            medium=Medium(row.medium),
            direction=CallDirection(row.direction),
            outcome=row.outcome,
            queue=row.queue,
            agent=row.agent,
            waited_s=row.waited_s,
            talked_s=row.talked_s,
            subject=row.subject,
            story=Story.from_json(row.story),
        )
        return PastInteraction(
            interaction=row.interaction,
            medium=happened.medium,
            direction=happened.direction,
            started_at=round(row.started_at.timestamp() * 1000),
            queue=row.queue,
            queue_label=self._labels.queue(row.queue),
            agent=row.agent,
            agent_name=row.agent_name or row.agent,
            outcome=row.outcome,
            waited_s=row.waited_s,
            talked_s=row.talked_s,
            disposition=row.disposition,
            disposition_label=self._labels.disposition(row.disposition),
            summary=narrate(happened, Names(queues=self._labels.queues, agents=agent_names)),
            note=row.note,
        )


def _numbers(one: Any) -> Sequence[Any]:
    return one["numbers"] if isinstance(one, dict) else one.numbers  # type: ignore[no-any-return]


_PAST = (
    interactions.c.interaction,
    interactions.c.medium,
    interactions.c.direction,
    interactions.c.started_at,
    interactions.c.queue,
    interactions.c.agent,
    people.c.name.label("agent_name"),
    interactions.c.outcome,
    interactions.c.waited_s,
    interactions.c.talked_s,
    interactions.c.disposition,
    interactions.c.subject,
    interactions.c.story,
    interactions.c.note,
)


def _card_of(found: Subquery) -> Select[Any]:
    """A card in one statement, for each costs a turn of SQLite's thread: a row for each of the last interactions.

    `found` is at most two customers, each with one row at least; two mean that it is not known which one is meant.
    """
    recent = interactions.alias("recent")
    last = (
        select(recent.c.n)
        .where(recent.c.customer == found.c.customer, recent.c.outcome.is_not(None))
        .order_by(recent.c.started_at.desc(), recent.c.n.desc())
        .limit(CARD_INTERACTIONS)
        .correlate(found)
    )
    talked = interactions.alias("talked")
    last_agent = (
        select(talked.c.agent)
        .where(talked.c.customer == found.c.customer, talked.c.agent.is_not(None))
        .order_by(talked.c.started_at.desc(), talked.c.n.desc())
        .limit(1)
        .correlate(found)
        .scalar_subquery()
    )
    owner = people.alias("owner_person")
    return (
        select(
            *(column for column in found.c if column.name != "customer"),
            found.c.customer.label("card_customer"),
            owner.c.name.label("owner_name"),
            last_agent.label("last_agent"),
            *_PAST,
        )
        .select_from(found)
        .outerjoin(owner, owner.c.person == found.c.owner)
        .outerjoin(interactions, interactions.c.n.in_(last))
        .outerjoin(people, people.c.person == interactions.c.agent)
        .order_by(interactions.c.started_at.desc(), interactions.c.n.desc())
    )


# Built once: building and compiling them takes longer than running them.
_KEY = bindparam("key", type_=Text)
_OF_CARD = (
    customers.c.customer,
    customers.c.merged_into,
    customers.c.kind,
    customers.c.name,
    customers.c.account,
    customers.c.tier,
    customers.c.language,
    customers.c.numbers,
    customers.c.contacts,
    customers.c.owner.label("owner"),
    customers.c.territory,
)
_HAVING = (
    select(customer_numbers.c.customer, customer_numbers.c.contact, customer_numbers.c.shared)
    .where(customer_numbers.c.number == _KEY)
    .order_by(customer_numbers.c.shared)
    .limit(2)
    .subquery("having_it")
)
_BY_NUMBER = _card_of(
    select(*_OF_CARD, _HAVING.c.contact, _HAVING.c.shared)
    .join(_HAVING, _HAVING.c.customer == customers.c.customer)
    .subquery("found")
)
_NOBODY = (literal("").label("contact"), false().label("shared"))
_BY_ACCOUNT = _card_of(select(*_OF_CARD, *_NOBODY).where(customers.c.account == _KEY).subquery("found"))
_BY_CUSTOMER = _card_of(select(*_OF_CARD, *_NOBODY).where(customers.c.customer == _KEY).subquery("found"))
