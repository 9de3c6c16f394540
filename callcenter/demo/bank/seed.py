"""The bank's first customers: those of the platform's demonstration, so that a caller is the same person in both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.demo.bank.pins import hash_pin
from callcenter.demo.bank.tables import balances, bills, customers, metadata
from callcenter.storage.database import writing
from callcenter.storage.demo import DemoCustomer, demo_customers

BILLS = ("electricity", "water", "gas")


def demo_pin(account: str) -> str:
    """Return the PIN of a customer of the demonstration: the last four digits of the account number, backwards."""
    return account[-4:][::-1]


async def plant_bank(database: AsyncEngine, *, key: str, today: date) -> bool:
    """Make the tables, and fill them if they are empty; tell whether that was done. Raises `ExternalFailure`."""
    async with writing(database, "planting the bank") as connection:
        await connection.run_sync(metadata.create_all)
        if (await connection.execute(select(func.count()).select_from(customers))).scalar():
            return False
        people = demo_customers()
        await connection.execute(insert(customers), [_customer(one, key) for one in people])
        await connection.execute(insert(balances), _balances(people))
        await connection.execute(insert(bills), _bills(people, today))
    return True


def _customer(one: DemoCustomer, key: str) -> dict[str, Any]:
    return {
        "account": one.account,
        "name": one.name,
        "language": one.language,
        "currency": "CNY" if one.language == "zh" else "USD",
        "pin_hash": hash_pin(one.account, demo_pin(one.account), key),
        "card_last_four": f"{int(one.account) * 7 % 10_000:04}",
    }


def _balances(people: Sequence[DemoCustomer]) -> list[dict[str, Any]]:
    rows = []
    for one in people:
        number = int(one.account)
        rows.append({"account": one.account, "kind": "checking", "cents": 50_000 + number * 37 % 900_000})
        rows.append({"account": one.account, "kind": "savings", "cents": number * 1_009 % 5_000_000})
    return rows


def _bills(people: Sequence[DemoCustomer], today: date) -> list[dict[str, Any]]:
    rows = []
    for one in people:
        for place, kind in enumerate(BILLS):
            number = int(one.account) + place
            due = today + timedelta(days=3 + number % 25)
            rows.append(
                {"account": one.account, "kind": kind, "cents": 1_800 + number * 53 % 9_000, "due": due.isoformat()}
            )
    return rows
