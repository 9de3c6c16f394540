"""Records as rows, and the rows beside them by which they are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Table, bindparam, delete, select, update

from callcenter.api.customers import CustomerFields, CustomerRecord, Hold, MasterPlan
from callcenter.api.records import Reader
from callcenter.customers.changes import Difference, blanked
from callcenter.customers.edits import flatten_blank
from callcenter.customers.written import Written
from callcenter.domain.moment import milliseconds
from callcenter.storage.bulk import insert_many
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


def insert_records(connection: Connection, records: Mapping[str, Written], now: datetime) -> None:
    """Insert new records, in a transaction. What must be unique and is not is an error of the database."""
    if not records:
        return
    times = {"created_at": now, "updated_at": now}
    rows = ({"customer": customer, **times, **record.columns} for customer, record in records.items())
    insert_many(connection, customers, rows)
    _insert_beside(connection, records)


def update_records(connection: Connection, records: Mapping[str, tuple[int, Written]], now: datetime) -> None:
    """Give records new fields and their next versions, in a transaction that has locked them."""
    if not records:
        return
    rows = [
        {"of_customer": customer, "version": version, "updated_at": now, **record.columns}
        for customer, (version, record) in records.items()
    ]
    change = update(customers).where(customers.c.customer == bindparam("of_customer"))
    change = change.values({name: bindparam(name) for name in rows[0] if name != "of_customer"})
    connection.execute(change, rows)
    forget_beside(connection, records)
    _insert_beside(connection, {customer: record for customer, (_, record) in records.items()})


def delete_records(connection: Connection, gone: Iterable[str]) -> None:
    """Delete records with what stands beside them and their history: as if they had never been made."""
    rows = [{"of_customer": customer} for customer in gone]
    if not rows:
        return
    wanted: BindParameter[str] = bindparam("of_customer")
    connection.execute(delete(customer_changes).where(customer_changes.c.customer == wanted), rows)
    connection.execute(delete(customers).where(customers.c.customer == wanted), rows)


def forget_beside(connection: Connection, whose: Iterable[str]) -> None:
    """Remove what records are found by: of one that was merged, erased, or is written anew."""
    rows = [{"of_customer": customer} for customer in whose]
    for table in (customer_numbers, customer_mails, customer_keys):
        connection.execute(delete(table).where(table.c.customer == bindparam("of_customer")), rows)


Changed = Mapping[str, tuple[int, Sequence[Difference]]]
"""By customer: the version that was made, and what is different in it."""


def remember_changes(connection: Connection, changed: Changed, act: Act) -> None:
    """Add to the history of records."""
    common = {"at": act.now, "by": act.reader.person, "via": act.via}
    rows = [
        {
            **common,
            "customer": customer,
            "version": version,
            "field": one.field,
            "before": one.before,
            "after": one.after,
        }
        for customer, (version, differences) in changed.items()
        for one in differences
    ]
    insert_many(connection, customer_changes, rows)


def _insert_beside(connection: Connection, records: Mapping[str, Written]) -> None:
    rows: dict[Table, list[dict[str, Any]]] = {customer_numbers: [], customer_mails: [], customer_keys: []}
    for customer, record in records.items():
        for number, contact, shared in record.numbers:
            entry = {"number": number, "customer": customer, "contact": contact, "shared": shared}
            rows[customer_numbers].append(entry)
        for mail, contact, shared in record.mails:
            rows[customer_mails].append({"mail": mail, "customer": customer, "contact": contact, "shared": shared})
        rows[customer_keys] += [{"key": key, "customer": customer} for key in record.keys]
    for table, of_table in rows.items():
        insert_many(connection, table, of_table)
