"""Records as rows, and the rows beside them by which they are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.api.customers import CustomerFields
from callcenter.customers.record import Reached, mails_of, numbers_of, words_of_record
from callcenter.storage.customer_tables import customer_mails, customer_numbers, customers

FIELDS = tuple(CustomerFields.model_fields)


def row_of(fields: CustomerFields) -> dict[str, Any]:
    """Return the columns of the record that follow from its fields."""
    return fields.model_dump(mode="json") | {"words": words_of_record(fields)}


def fields_of(row: Row[Any]) -> CustomerFields:
    """Return the fields of a whole row of `customers`. They were checked when they were stored."""
    return CustomerFields.model_validate({name: getattr(row, name) for name in FIELDS})


async def insert_records(connection: AsyncConnection, records: Mapping[str, CustomerFields], now: datetime) -> None:
    """Insert new records, in a transaction. What must be unique and is not is an error of the database."""
    if not records:
        return
    times = {"created_at": now, "updated_at": now}
    rows = [{"customer": customer, **times, **row_of(fields)} for customer, fields in records.items()]
    await connection.execute(insert(customers), rows)
    for table, key, found in (
        (customer_numbers, "number", {one: tuple(numbers_of(fields)) for one, fields in records.items()}),
        (customer_mails, "mail", {one: tuple(mails_of(fields)) for one, fields in records.items()}),
    ):
        beside = _beside(table, key, found)
        if beside:
            await connection.execute(insert(table), beside)


def _beside(table: Table, key: str, found: Mapping[str, Sequence[Reached]]) -> list[dict[str, Any]]:
    assert key in table.c  # noqa: S101 -- of this module alone
    return [
        {key: reached.address, "customer": customer, "contact": reached.contact, "shared": reached.shared}
        for customer, all_of_them in found.items()
        for reached in all_of_them
    ]
