"""Customers at a glance: what the CTI server needs while a call rings, and what the desktop shows first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Subquery, Text, bindparam, false, literal, select

from callcenter.api.card import CardContact, CustomerCard, CustomerKind
from callcenter.api.customers import MasterPlan, PaymentRecord
from callcenter.api.records import Records
from callcenter.api.shapes import Tier
from callcenter.customers.glance import Facts, glance
from callcenter.domain.moment import milliseconds
from callcenter.ports import Clock, Customers
from callcenter.storage.columns import AnyRow, AnySelect
from callcenter.storage.customer_tables import customer_numbers, customers
from callcenter.storage.database import can_hold
from callcenter.storage.dealings import glanced
from callcenter.storage.labels import Labels
from callcenter.storage.past import PAST, PastReader
from callcenter.storage.tables import interactions, people
from callcenter.storage.threads import Threads

CARD_INTERACTIONS = 5
CARD_DEALINGS = 12
MOST_MERGES = 20  # how often a record may have been merged into another, one after the other


class SqlCustomers(Customers, Records):
    """Both ports on the same tables; every query goes by indexes.

    History is what has ended: the call that a card is wanted for is none yet.
    """

    def __init__(self, threads: Threads, labels: Labels, plan: MasterPlan, clock: Clock) -> None:
        self._threads = threads
        self._past = PastReader(labels)
        self._routing_fields = tuple(one.name for one in plan.custom_fields if one.routing)
        self._clock = clock

    # -- while a call rings -------------------------------------------------------------------------------------------

    async def by_number(self, number: str) -> CustomerCard | None:
        """Return the customer whose number (E.164) this is.

        That is the one who does not share it, else the only one who has it; none when several share it.
        """
        return await self._card(_BY_NUMBER, number)

    async def by_account(self, account: str) -> CustomerCard | None:
        """Return the customer with this account number; of a merged one, the customer it has become."""
        return await self._card(_BY_ACCOUNT, account)

    # -- what the desktop reads ---------------------------------------------------------------------------------------

    async def customer(self, customer: str) -> CustomerCard | None:
        """Return one customer with the last interactions; of a merged one, the customer it has become."""
        return await self._card(_BY_CUSTOMER, customer)

    # -- within -------------------------------------------------------------------------------------------------------

    async def _card(self, query: AnySelect, key: str) -> CustomerCard | None:
        if not can_hold(key):
            return None
        return await self._threads.read("looking a customer up", lambda connection: self.card(connection, query, key))

    def card(self, connection: Connection, query: AnySelect, key: str) -> CustomerCard | None:
        """Return the card of the one customer that the query finds by this key."""
        for _ in range(MOST_MERGES):
            rows = connection.execute(query, {"key": key}).all()
            rows = [row for row in rows if not row.shared] or list(rows)
            if len(rows) != 1:
                return None
            if rows[0].merged_into is None:
                return self._card_of(connection, rows[0])
            query, key = _BY_CUSTOMER, rows[0].merged_into
        return None

    def _card_of(self, connection: Connection, first: AnyRow) -> CustomerCard:
        contacts = {one["contact"]: one for one in first.contacts}
        contact = contacts.get(first.contact) if first.contact else None
        lists = (first.numbers, *(one["numbers"] for one in first.contacts))
        today = self._clock.utc().astimezone().date()  # the firm's: where this machine stands
        dealings = glanced(connection, first.customer)
        last = connection.execute(_LAST, {"key": first.customer}).all()
        talk = _last_talk(connection, first.customer, last)
        facts = Facts(
            kind=CustomerKind(first.kind),
            territory=first.territory,
            owner=first.owner,
            payment_record=PaymentRecord(first.payment_record),
            no_calls=first.preferences["no_calls"],
            no_mail=first.preferences["no_mail"],
            custom=first.custom,
        )
        seen = glance(facts, dealings, today, self._routing_fields)
        return CustomerCard(
            customer=first.customer,
            kind=facts.kind,
            name=first.name,
            account=first.account,
            tier=Tier(first.tier),
            language=first.language,
            numbers=tuple(dict.fromkeys(entry["number"] for entries in lists for entry in entries)),
            contact=contact and CardContact(name=contact["name"], role=contact["role"]),
            owner=first.owner,
            owner_name=first.owner_name,
            last_agent=talk.agent if talk is not None else None,
            last_talk_at=milliseconds(talk.started_at) if talk is not None else None,
            territory=first.territory or None,
            alerts=seen.alerts,
            coverage=seen.coverage,
            dealings=dealings[:CARD_DEALINGS],
            history=self._past.read_all(connection, last),
            routing=seen.routing,
            partial=(),
        )


def _last_talk(connection: Connection, customer: str, last: Sequence[AnyRow]) -> AnyRow | None:
    """Return who talked with a customer last, and when: looked for further back only if the `last` had none."""
    newest = next((row for row in last if row.agent is not None), None)
    if newest is not None or not last:
        return newest
    return connection.execute(_LAST_TALK, {"key": customer}).one_or_none()


def _whole(found: Subquery) -> AnySelect:
    """`found` with the name of the owner.

    `found` is at most two customers, each with one row at least; two mean that it is not known which one is meant.
    """
    return select(*found.c, people.c.name.label("owner_name")).outerjoin(people, people.c.person == found.c.owner)


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
    customers.c.owner,
    customers.c.territory,
    customers.c.payment_record,
    customers.c.preferences,
    customers.c.custom,
)
_HAVING = (
    select(customer_numbers.c.customer, customer_numbers.c.contact, customer_numbers.c.shared)
    .where(customer_numbers.c.number == _KEY)
    .order_by(customer_numbers.c.shared)
    .limit(2)
    .subquery("having_it")
)
_BY_NUMBER = _whole(
    select(*_OF_CARD, _HAVING.c.contact, _HAVING.c.shared)
    .join(_HAVING, _HAVING.c.customer == customers.c.customer)
    .subquery("found")
)
_NOBODY = (literal("").label("contact"), false().label("shared"))
_BY_ACCOUNT = _whole(select(*_OF_CARD, *_NOBODY).where(customers.c.account == _KEY).subquery("found"))
_BY_CUSTOMER = _whole(select(*_OF_CARD, *_NOBODY).where(customers.c.customer == _KEY).subquery("found"))
# A statement of its own: as part of the first one, PostgreSQL read all interactions for it.
_LAST: AnySelect = (
    select(*PAST)
    .select_from(interactions)
    .outerjoin(people, people.c.person == interactions.c.agent)
    .where(interactions.c.customer == _KEY, interactions.c.outcome.is_not(None))
    .order_by(interactions.c.started_at.desc(), interactions.c.n.desc())
    .limit(CARD_INTERACTIONS)
)
_LAST_TALK = (
    select(interactions.c.agent, interactions.c.started_at)
    .where(interactions.c.customer == _KEY, interactions.c.agent.is_not(None))
    .order_by(interactions.c.started_at.desc(), interactions.c.n.desc())
    .limit(1)
)
