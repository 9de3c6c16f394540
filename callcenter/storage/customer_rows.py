"""Records as rows, and the rows beside them by which they are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from callcenter.api.customers import CustomerFields, CustomerRecord, Hold, MasterPlan
from callcenter.api.records import Reader
from callcenter.customers.changes import Difference, blanked
from callcenter.customers.duplicates import keys_of
from callcenter.customers.edits import flatten_blank
from callcenter.customers.record import mails_of, numbers_of, words_of_record
from callcenter.domain.moment import milliseconds
from callcenter.storage.columns import AnyRow, AnySelect
from callcenter.storage.customer_tables import (
    customer_changes,
    customer_keys,
    customer_mails,
    customer_numbers,
    customers,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A change to records: who makes it, by which way (desktop, import, merge, …), when."""

    plan: MasterPlan
    reader: Reader
    via: str
    now: datetime


FIELDS = tuple(CustomerFields.model_fields)
_BLANK = flatten_blank()

RECORD: AnySelect = select(customers)


def row_of(fields: CustomerFields) -> dict[str, Any]:
    """Return the columns of the record that follow from its fields."""
    return fields.model_dump(mode="json") | {"words": words_of_record(fields)}


def fields_of(row: AnyRow) -> CustomerFields:
    """Return the fields of a whole row of `customers`. They were checked when they were stored."""
    return CustomerFields.model_validate({name: getattr(row, name) for name in FIELDS})


def record_of(row: AnyRow, plan: MasterPlan, reader: Reader) -> CustomerRecord:
    """Return the record as this reader may see it."""
    hidden = hidden_from(plan, reader)
    return CustomerRecord(
        customer=row.customer,
        version=row.version,
        fields=blanked(fields_of(row), hidden, _BLANK),
        created_at=milliseconds(row.created_at),
        updated_at=milliseconds(row.updated_at),
        merged_into=row.merged_into,
        hold=Hold.model_validate(row.hold) if row.hold else None,
        hidden=hidden,
    )


def hidden_from(plan: MasterPlan, reader: Reader) -> tuple[str, ...]:
    """Return the fields that somebody may not see."""
    return tuple(plan.hidden.get(reader.role.value, ()))


def locked(connection: Connection, wanted: Iterable[str]) -> dict[str, AnyRow]:
    """Return whole rows of records, and keep others from changing them until the transaction ends."""
    # In one order, so that two who lock the same records wait for each other in turn. SQLite has one writer anyway.
    query = RECORD.where(customers.c.customer.in_(sorted(set(wanted)))).order_by(customers.c.n).with_for_update()
    return {row.customer: row for row in connection.execute(query)}


# -- writing ----------------------------------------------------------------------------------------------------


def insert_records(connection: Connection, records: Mapping[str, CustomerFields], now: datetime) -> None:
    """Insert new records, in a transaction. What must be unique and is not is an error of the database."""
    if not records:
        return
    times = {"created_at": now, "updated_at": now}
    rows = [{"customer": customer, **times, **row_of(fields)} for customer, fields in records.items()]
    connection.execute(insert(customers), rows)
    _insert_beside(connection, records)


def update_record(connection: Connection, customer: str, version: int, fields: CustomerFields, now: datetime) -> None:
    """Give a record new fields and its next `version`, in a transaction that has locked it."""
    change = update(customers).where(customers.c.customer == customer)
    connection.execute(change.values(version=version, updated_at=now, **row_of(fields)))
    forget_beside(connection, customer)
    _insert_beside(connection, {customer: fields})


def forget_beside(connection: Connection, customer: str) -> None:
    """Remove what a record is found by: of one that was merged, erased, or is written anew."""
    for table in (customer_numbers, customer_mails, customer_keys):
        connection.execute(delete(table).where(table.c.customer == customer))


def remember_changes(
    connection: Connection,
    customer: str,
    version: int,
    changed: Sequence[Difference],
    act: Act,
) -> None:
    """Add to the history of a record."""
    common = {"customer": customer, "version": version, "at": act.now, "by": act.reader.person, "via": act.via}
    rows = [{**common, "field": one.field, "before": one.before, "after": one.after} for one in changed]
    if rows:
        connection.execute(insert(customer_changes), rows)


def _insert_beside(connection: Connection, records: Mapping[str, CustomerFields]) -> None:
    rows: dict[Table, list[dict[str, Any]]] = {customer_numbers: [], customer_mails: [], customer_keys: []}
    for customer, fields in records.items():
        for number, contact, shared in numbers_of(fields):
            entry = {"number": number, "customer": customer, "contact": contact, "shared": shared}
            rows[customer_numbers].append(entry)
        for mail, contact, shared in mails_of(fields):
            rows[customer_mails].append({"mail": mail, "customer": customer, "contact": contact, "shared": shared})
        rows[customer_keys] += [{"key": key, "customer": customer} for key in sorted(keys_of(fields))]
    for table, of_table in rows.items():
        if of_table:
            connection.execute(insert(table), of_table)
