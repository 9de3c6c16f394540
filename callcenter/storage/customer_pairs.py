"""Pairs of records that may be one customer: found by index when a record is written, kept until somebody decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Subquery, Table, delete, func, select, tuple_, union_all

from callcenter.api.customers import CustomerFields, DuplicatePage, DuplicateSuggestion, Likeness
from callcenter.customers.duplicates import LEAST_SCORE, MOST_ALIKE, likeness
from callcenter.customers.written import Written
from callcenter.storage.cursors import read_cursor, write_cursor
from callcenter.storage.customer_finding import matches
from callcenter.storage.customer_rows import RECORD, fields_of
from callcenter.storage.customer_tables import (
    customer_keys,
    customer_mails,
    customer_numbers,
    customer_pairs,
    customers,
)
from callcenter.storage.database import among, can_hold, insert_into

LARGEST_PAGE = 100


def refresh_pairs(connection: Connection, written: Mapping[str, Written], new: Collection[str] = ()) -> None:
    """Compare records that were just written with those that have a key in common, and keep the likely pairs.

    `new` are those of them that were just made: they have no pairs yet that could be wrong now.
    """
    candidates = _candidates(connection, written)
    needed = {other for others in candidates.values() for other in others} - written.keys()
    known = _fields(connection, needed)
    known |= {one: written[one].fields for one in written if one in candidates}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for customer, others in candidates.items():
        for other in others:
            pair = (min(customer, other), max(customer, other))
            if pair in rows or other not in known:
                continue
            score, reasons = likeness(known[customer], known[other])
            if score >= LEAST_SCORE:
                rows[pair] = {"one": pair[0], "other": pair[1], "score": score, "reasons": " ".join(reasons)}
    _forget(connection, [one for one in written if one not in new], rows.keys())
    if rows:
        insert = insert_into(connection.dialect, customer_pairs)
        changed = {name: insert.excluded[name] for name in ("score", "reasons")}
        upsert = insert.on_conflict_do_update(index_elements=["one", "other"], set_=changed)
        connection.execute(upsert, list(rows.values()))


def keep_apart(connection: Connection, one: str, other: str) -> None:
    """Remember that two are not the same."""
    insert = insert_into(connection.dialect, customer_pairs)
    upsert = insert.on_conflict_do_update(index_elements=["one", "other"], set_={"apart": True})
    known = select(func.count()).select_from(customers).where(customers.c.customer.in_((one, other)))
    if one != other and connection.execute(known).scalar() == 2:
        first, second = sorted((one, other))
        connection.execute(upsert, {"one": first, "other": second, "score": 0, "reasons": "", "apart": True})


def suggestions(connection: Connection, customer: str | None, *, cursor: str | None, limit: int) -> DuplicatePage:
    """Return pairs that nobody has decided on, the likeliest first: of one customer, or of all."""
    after = read_cursor(cursor, int, str, str)
    size = max(0, min(limit, LARGEST_PAGE))
    if not can_hold(customer or "") or (cursor is not None and after is None):
        return DuplicatePage(items=(), cursor=None)
    pair = customer_pairs.c if customer is None else _of(customer).c
    place = (pair.score, pair.one, pair.other)
    query = select(*place, pair.reasons).where(~pair.apart, pair.score >= LEAST_SCORE)
    query = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    if after is not None:
        query = query.where(tuple_(*place) < tuple_(*after))
    rows = connection.execute(query).all()
    last = rows[size - 1] if len(rows) > size else None
    known = matches(connection, (one for row in rows[:size] for one in (row.one, row.other)))
    return DuplicatePage(
        items=tuple(
            DuplicateSuggestion(
                one=known[row.one],
                other=known[row.other],
                score=row.score,
                reasons=tuple(Likeness(reason) for reason in row.reasons.split()),
            )
            for row in rows[:size]
        ),
        cursor=write_cursor(last.score, last.one, last.other) if last else None,
    )


def count_of(connection: Connection, customer: str) -> int:
    """Return how many records may be the same as this one."""
    pair = _of(customer).c
    query = select(func.count()).where(~pair.apart, pair.score >= LEAST_SCORE)
    return connection.execute(query).scalar() or 0


# -- within -----------------------------------------------------------------------------------------------------


def _of(customer: str) -> Subquery:
    """Return the pairs of one customer. Not by OR, for which a database may go through all pairs."""
    sides = (select(customer_pairs).where(side == customer) for side in (customer_pairs.c.one, customer_pairs.c.other))
    return union_all(*sides).subquery("pairs_of_customer")


def _candidates(connection: Connection, written: Mapping[str, Written]) -> dict[str, set[str]]:
    """Return for each record those that have a key, number or mail in common with it, unless too many have."""
    found: dict[str, set[str]] = {}
    for table, column, keys in (
        (customer_keys, "key", {key for record in written.values() for key in record.keys}),
        (customer_numbers, "number", {one.address for record in written.values() for one in record.numbers}),
        (customer_mails, "mail", {one.address for record in written.values() for one in record.mails}),
    ):
        for having in _having(connection, table, column, keys).values():
            for customer in having & written.keys():
                found.setdefault(customer, set()).update(having - {customer})
    return found


def _having(connection: Connection, table: Table, column: str, keys: Collection[str]) -> dict[str, set[str]]:
    """Return the records that have each key. Of a key that too many have, no more than show that."""
    having: dict[str, set[str]] = {}
    if keys:
        counted = select(table.c[column]).where(among(connection, table.c[column], keys)).group_by(table.c[column])
        counted = counted.having(func.count().between(2, MOST_ALIKE))
        query = select(table.c[column], table.c.customer).where(table.c[column].in_(counted))
        for key, customer in connection.execute(query):
            having.setdefault(key, set()).add(customer)
    return having


def _fields(connection: Connection, wanted: Collection[str]) -> dict[str, CustomerFields]:
    if not wanted:
        return {}
    query = RECORD.where(among(connection, customers.c.customer, wanted), customers.c.merged_into.is_(None))
    return {row.customer: fields_of(row) for row in connection.execute(query)}


def _forget(connection: Connection, written: Collection[str], but: Collection[tuple[str, str]]) -> None:
    """Remove pairs of these records that are not likely any more; what somebody decided stays."""
    if not written:
        return
    pair = customer_pairs.c
    # Not by OR: PostgreSQL reads the whole table for one of two long lists.
    known = {
        (row.one, row.other)
        for column in (pair.one, pair.other)
        for row in connection.execute(
            select(pair.one, pair.other).where(~pair.apart, among(connection, column, written))
        )
    }
    for one, other in sorted(known - set(but)):
        connection.execute(delete(customer_pairs).where(pair.one == one, pair.other == other))
