"""Finding customers: by what an agent types, by a number, and who has already what should be unique."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from callcenter.api.card import CardContact, CustomerKind
from callcenter.api.customers import CustomerFields, CustomerMatch, FieldProblem, MatchPage
from callcenter.api.shapes import Tier
from callcenter.customers.problems import problem
from callcenter.customers.record import Reached, mails_of, numbers_of
from callcenter.customers.words import terms_of
from callcenter.domain.phone_number import typed_to_e164
from callcenter.storage.columns import AnyRow, AnySelect
from callcenter.storage.cursors import read_cursor, write_cursor
from callcenter.storage.customer_tables import customer_mails, customer_numbers, customers
from callcenter.storage.database import can_hold
from callcenter.storage.tables import agents

LARGEST_PAGE = 100
SHOWN_NUMBERS = 3
SHORTEST_BEGINNING = 4  # digits

MATCH: Sequence[Column[Any]] = (
    customers.c.n,
    customers.c.customer,
    customers.c.kind,
    customers.c.name,
    customers.c.account,
    customers.c.tier,
    customers.c.numbers,
    customers.c.addresses,
    customers.c.contacts,
)


def match_of(row: AnyRow, contact: str = "") -> CustomerMatch:
    """Read a row of `MATCH`; `contact` is whose number was looked for."""
    city = next((address["city"] for address in row.addresses if address["city"]), "")
    somebody = next((one for one in row.contacts if contact and one["contact"] == contact), None)
    return CustomerMatch(
        customer=row.customer,
        kind=CustomerKind(row.kind),
        name=row.name,
        account=row.account,
        tier=Tier(row.tier),
        city=city,
        numbers=tuple(entry["number"] for entry in row.numbers[:SHOWN_NUMBERS]),
        contact=CardContact(name=somebody["name"], role=somebody["role"]) if somebody else None,
    )


def matches(connection: Connection, wanted: Iterable[str]) -> dict[str, CustomerMatch]:
    """Return customers by their ids."""
    query = select(*MATCH).where(customers.c.customer.in_(sorted(set(wanted))))
    return {row.customer: match_of(row) for row in connection.execute(query)}


# -- by what is typed -------------------------------------------------------------------------------------------


def find(connection: Connection, typed: str, country: str, *, cursor: str | None, limit: int) -> MatchPage:
    """Return customers whom the typed text means: exactly (number, code, mail) first, then all who have its words."""
    after = read_cursor(cursor, int)
    size = max(0, min(limit, LARGEST_PAGE))
    if not can_hold(typed) or size == 0 or (cursor is not None and after is None):
        return MatchPage(items=(), cursor=None)
    exact = _exactly(connection, typed.strip(), country, size) if after is None else []
    terms = terms_of(typed)
    if not terms:
        return MatchPage(items=tuple(exact), cursor=None)
    query = (
        select(*MATCH)
        .where(customers.c.merged_into.is_(None), has_words(connection.dialect, customers, terms))
        .order_by(customers.c.n)
        .limit(size + 1)
    )
    if after is not None:
        query = query.where(customers.c.n > after[0])
    rows = connection.execute(query).all()
    seen = {match.customer for match in exact}
    found = [match_of(row) for row in rows[:size] if row.customer not in seen]
    return MatchPage(items=(*exact, *found), cursor=write_cursor(rows[size - 1].n) if len(rows) > size else None)


def has_words(dialect: Dialect, table: Table, terms: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a row's words begin with these terms, as the database's index answers it.

    The terms are letters and digits only (`customers.words`), so that they may stand in either query language.
    """
    # A few digits begin the number of nearly everybody: they are a word, and not the beginning of one.
    whole = [term.isdigit() and len(term) < SHORTEST_BEGINNING for term in terms]
    if dialect.name == "postgresql":
        wanted = " & ".join(f"'{term}'{'' if word else ':*'}" for term, word in zip(terms, whole, strict=True))
        vector = func.array_to_tsvector(func.string_to_array(table.c.words, literal_column("' '")))
        return vector.op("@@")(cast(literal(wanted), TSQUERY))
    wanted = " ".join(f'"{term}"{"" if word else "*"}' for term, word in zip(terms, whole, strict=True))
    index = f"{table.name}_words"
    matching: AnySelect = select(literal_column("rowid")).select_from(text(index)).where(text(f"{index} MATCH :wanted"))
    return table.c.n.in_(matching.params(wanted=wanted))


def _exactly(connection: Connection, typed: str, country: str, limit: int) -> list[CustomerMatch]:
    found: list[CustomerMatch] = []
    number = typed_to_e164(typed, country)
    if number is not None:
        found += having_number(connection, number, cursor=None, limit=limit).items
    query = select(*MATCH).where(customers.c.merged_into.is_(None))
    if "@" in typed:
        having = select(customer_mails.c.customer).where(customer_mails.c.mail == typed.lower())
        query = query.where(customers.c.customer.in_(having))
    else:
        query = query.where(customers.c.account == typed)
    seen = {match.customer for match in found}
    rows = connection.execute(query.order_by(customers.c.n).limit(limit))
    return [*found, *(match_of(row) for row in rows if row.customer not in seen)]


# -- by number --------------------------------------------------------------------------------------------------


def _having(*, further: bool) -> AnySelect:
    """Build the query for those who have a number; `further`: for those after one."""
    place = (customer_numbers.c.shared, customer_numbers.c.customer)
    having = (
        select(customer_numbers.c.customer, customer_numbers.c.contact, customer_numbers.c.shared)
        .where(customer_numbers.c.number == bindparam("number", type_=Text))
        .order_by(*place)
        .limit(bindparam("most", type_=Integer))
    )
    if further:
        after = (bindparam("shared", type_=Boolean), bindparam("customer", type_=Text))
        having = having.where(tuple_(*place) > tuple_(*after))
    found = having.subquery("having_it")
    return (
        select(*MATCH, found.c.contact, found.c.shared)
        .join(found, found.c.customer == customers.c.customer)
        .order_by(found.c.shared, found.c.customer)
    )


# Built once: building them takes longer than running them.
_HAVING = _having(further=False)
_HAVING_FURTHER = _having(further=True)


def having_number(connection: Connection, number: str, *, cursor: str | None, limit: int) -> MatchPage:
    """Return everybody who has a number (E.164), the one who does not share it first."""
    after = read_cursor(cursor, bool, str)
    size = max(0, min(limit, LARGEST_PAGE))
    if not can_hold(number) or size == 0 or (cursor is not None and after is None):
        return MatchPage(items=(), cursor=None)
    wanted: dict[str, Any] = {"number": number, "most": size + 1}
    if after is not None:
        wanted |= {"shared": after[0], "customer": after[1]}
    rows = connection.execute(_HAVING_FURTHER if after else _HAVING, wanted).all()
    last = rows[size - 1] if len(rows) > size else None
    return MatchPage(
        items=tuple(match_of(row, row.contact) for row in rows[:size]),
        cursor=write_cursor(bool(last.shared), last.customer) if last else None,
    )


# -- what is taken ----------------------------------------------------------------------------------------------


def taken(connection: Connection, customer: str, fields: CustomerFields) -> list[FieldProblem]:
    """Return why these fields cannot be this customer's: a code, number or mail of somebody else, no such agent."""
    problems: list[FieldProblem] = []
    query = select(customers.c.customer).where(customers.c.account == fields.account, customers.c.customer != customer)
    other = connection.execute(query).scalar()
    if other is not None:
        problems.append(problem("account", "account_taken", matches(connection, [other]).get(other)))
    problems += _owned(connection, customer, customer_numbers, "number", list(numbers_of(fields)))
    problems += _owned(connection, customer, customer_mails, "mail", list(mails_of(fields)))
    known = select(agents.c.agent).where(agents.c.agent == fields.owner)
    if fields.owner is not None and connection.execute(known).scalar() is None:
        problems.append(problem("owner", "unknown_agent"))
    return problems


def _owned(
    connection: Connection, customer: str, table: Table, key: str, reached: Sequence[Reached]
) -> list[FieldProblem]:
    own = {one.address: one for one in reached if not one.shared}
    if not own:
        return []
    query = select(table.c[key], table.c.customer).where(
        table.c[key].in_(sorted(own)), table.c.customer != customer, ~table.c.shared
    )
    owners = {row[0]: row[1] for row in connection.execute(query)}
    others = matches(connection, owners.values()) if owners else {}
    return [
        problem(f"{key}s", f"{key}_taken", others.get(owner)) for address, owner in owners.items() if address in own
    ]
