"""Undoing rows of an import: new records go, changed fields get their old values, if nobody has touched them since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, exists, or_, select

from callcenter.customers.changes import differences, flatten
from callcenter.customers.importing import as_fields
from callcenter.customers.written import written
from callcenter.storage.columns import AnyRow
from callcenter.storage.customer_pairs import refresh_pairs
from callcenter.storage.customer_rows import (
    Act,
    delete_records,
    fields_of,
    locked,
    remember_changes,
    update_records,
)
from callcenter.storage.customer_tables import customer_changes, customer_relations, customers, dealings
from callcenter.storage.database import among
from callcenter.storage.tables import interactions


def undo_rows(connection: Connection, rows: Sequence[AnyRow], act: Act) -> int:
    """Undo rows of an import; return how many records stay as they are, or in part."""
    named = {row.customer for row in rows}
    now = {customer: _Standing(row) for customer, row in locked(connection, named).items()}
    gone: list[str] = []
    kept = 0
    made = [row.customer for row in rows if row.action == "created"]
    in_use = _in_use(connection, made) | _changed_by_others(connection, made, rows[0])
    for row in rows:
        record = now.get(row.customer)
        if record is None or record.merged:
            kept += record is not None
        elif row.action == "created":
            free = row.customer not in in_use
            gone += [row.customer] if free else []
            kept += not free
        else:
            kept += _put_back(connection, record, row.before, act)
    delete_records(connection, gone)
    return kept


class _Standing:
    """A record as it stands: a file may have had several rows for it, which are undone one after the other."""

    def __init__(self, row: AnyRow) -> None:
        self.customer: str = row.customer
        self.merged = row.merged_into is not None
        self.version: int = row.version
        self.flat = flatten(fields_of(row))


def _put_back(connection: Connection, record: _Standing, changes: Sequence[Sequence[Any]], act: Act) -> bool:
    """Give changed fields their old values, where nobody has changed them since; tell whether somebody has."""
    current = record.flat
    after = current | {name: old for name, old, new in changes if current.get(name) == new}
    fields = as_fields(after)
    if fields is None:
        return True
    if after != current:
        record.version, record.flat = record.version + 1, after
        put_back = written(fields)
        update_records(connection, {record.customer: (record.version, put_back)}, act.now)
        remember_changes(connection, {record.customer: (record.version, differences(current, after))}, act)
        refresh_pairs(connection, {record.customer: put_back})
    return any(after.get(name) != old for name, old, _ in changes)


def _changed_by_others(connection: Connection, wanted: Iterable[str], row: AnyRow) -> set[str]:
    """Return the records that the import of this row made, and that somebody else has changed since."""
    of_import = row._mapping["import"]  # noqa: SLF001 -- a word of Python's: no attribute
    change = customer_changes.c
    others = change.via.not_in((f"import {of_import}", f"undo {of_import}"))
    query = select(change.customer).where(among(connection, change.customer, wanted), change.version > 1, others)
    return set(connection.execute(query).scalars())


def _in_use(connection: Connection, wanted: Iterable[str]) -> set[str]:
    """Return the records that something has happened with."""
    used = or_(
        exists().where(interactions.c.customer == customers.c.customer),
        exists().where(dealings.c.customer == customers.c.customer),
        exists().where(customer_relations.c.one == customers.c.customer),
        exists().where(customer_relations.c.other == customers.c.customer),
        exists().where(customers.alias("other").c.merged_into == customers.c.customer),
    )
    of_them = among(connection, customers.c.customer, wanted)
    return set(connection.execute(select(customers.c.customer).where(of_them, used)).scalars())
