"""One person in the tables: which rows are about him, and what he is looked for by in other stores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Column, Connection, Table, or_, select

from callcenter.api.customers import CustomerFields, Hold
from callcenter.customers.record import mails_of, numbers_of
from callcenter.storage.columns import AnyRow
from callcenter.storage.customer_rows import RECORD, fields_of
from callcenter.storage.customer_tables import (
    customer_changes,
    customer_mails,
    customer_merges,
    customer_numbers,
    customer_pairs,
    customer_relations,
    customers,
    dealings,
    import_rows,
)
from callcenter.storage.database import can_hold
from callcenter.storage.tables import (
    interaction_events,
    interaction_notes,
    interaction_payloads,
    interactions,
    voicemails,
)

CHUNK = 500  # ids in one IN
MOST_MERGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer with all records that were merged into his, and what he is found by.

    Attributes:
        customer: The record in force.
        records: All of them.
        holds: The legal holds on them.
        numbers: Telephone numbers that are his alone.
        addresses: His mail addresses and accounts.
        names: All his names. Others may have them as well.
        interactions: Everything that happened with him, unassigned calls from and to his numbers included.
    """

    customer: str
    records: tuple[str, ...]
    holds: tuple[Hold, ...]
    numbers: frozenset[str]
    addresses: frozenset[str]
    interactions: tuple[str, ...]
    names: frozenset[str]


def find_person(connection: Connection, asked: str, *, calls: bool = True) -> Person | None:
    """Return a person by the id or account of any of his records; none: there is no such customer.

    `calls`: also look for calls that nobody was recognised in. That reads all interactions.
    """
    if not can_hold(asked):
        return None
    found = RECORD.where(or_(customers.c.customer == asked, customers.c.account == asked))
    row = connection.execute(found.order_by(customers.c.customer != asked).limit(1)).one_or_none()
    for _ in range(MOST_MERGES):
        if row is None or row.merged_into is None:
            break
        row = connection.execute(RECORD.where(customers.c.customer == row.merged_into)).one_or_none()
    if row is None:
        return None
    rows = [row]
    for _ in range(MOST_MERGES):
        known = [one.customer for one in rows]
        more = connection.execute(RECORD.where(customers.c.merged_into.in_(known), customers.c.customer.not_in(known)))
        added = more.all()
        if not added:
            break
        rows += added
    fields = [fields_of(one) for one in rows]
    records = tuple(one.customer for one in rows)
    numbers = frozenset(one.address for each in fields for one in numbers_of(each) if not one.shared)
    return Person(
        customer=row.customer,
        records=records,
        holds=tuple(Hold.model_validate(one.hold) for one in rows if one.hold),
        numbers=numbers,
        addresses=_addresses(fields),
        names=frozenset(name for one in fields for name in (one.name, *one.aliases)),
        interactions=tuple(dict.fromkeys(_interactions(connection, records, numbers, calls=calls))),
    )


def _addresses(records: Sequence[CustomerFields]) -> frozenset[str]:
    mails = {one.address for fields in records for one in mails_of(fields) if not one.shared}
    return frozenset(mails | {fields.account for fields in records})


def _interactions(
    connection: Connection, records: Sequence[str], numbers: frozenset[str], *, calls: bool
) -> Iterator[str]:
    it = interactions.c
    yield from connection.execute(select(it.interaction).where(it.customer.in_(records))).scalars()
    if calls:
        # No index serves this: it is asked once in a person's life here.
        strangers = it.customer.is_(None) & or_(it.calling_number.in_(numbers), it.called_number.in_(numbers))
        yield from connection.execute(
            select(it.interaction).where(or_(it.identified_as.in_(records), strangers))
        ).scalars()


# -- his rows ---------------------------------------------------------------------------------------------------


def rows_of(connection: Connection, person: Person) -> dict[str, JsonValue]:
    """Return every row about a person, by what it is."""
    ids = person.records

    def all_of(table: Table, *columns: Column[Any]) -> JsonValue:
        query = select(table).where(or_(*(column.in_(ids) for column in columns)))
        return [_plain(row) for row in connection.execute(query)]

    def with_interactions(table: Table) -> JsonValue:
        return [
            _plain(row)
            for some in chunks(person.interactions)
            for row in connection.execute(select(table).where(table.c.interaction.in_(some)))
        ]

    return {
        "records": all_of(customers, customers.c.customer),
        "numbers": all_of(customer_numbers, customer_numbers.c.customer),
        "mails": all_of(customer_mails, customer_mails.c.customer),
        "relations": all_of(customer_relations, customer_relations.c.one, customer_relations.c.other),
        "duplicates": all_of(customer_pairs, customer_pairs.c.one, customer_pairs.c.other),
        "dealings": all_of(dealings, dealings.c.customer),
        "changes": all_of(customer_changes, customer_changes.c.customer),
        "merges": all_of(customer_merges, customer_merges.c.survivor, customer_merges.c.merged),
        "imports": all_of(import_rows, import_rows.c.customer),
        "interactions": with_interactions(interactions),
        "events": with_interactions(interaction_events),
        "notes": with_interactions(interaction_notes),
        "payloads": with_interactions(interaction_payloads),
        "voicemails": with_interactions(voicemails),
    }


def _plain(row: AnyRow) -> dict[str, JsonValue]:
    values = row._asdict()
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield ids, as many as one statement takes."""
    return (ids[place : place + CHUNK] for place in range(0, len(ids), CHUNK))
