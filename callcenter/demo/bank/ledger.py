"""What the bank knows and does: balances, bills, transfers, payments, cards.

Every act and the note that it was done are one transaction, under the key that came with it: an act that comes again
with its key changes nothing and is answered as the first time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.demo.bank.tables import balances, bills, bookings, customers, done_acts
from callcenter.ports import Clock
from callcenter.storage.database import reading, writing

KINDS = ("checking", "savings")
_KEEP_KEYS_SECONDS = 7 * 86_400

Answer: TypeAlias = dict[str, str | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of an act: the answer, or the reason why the bank will not."""

    answer: Answer
    refused: bool = False


class KeyMisusedError(ValueError):
    """The key was used before, for something else."""


def money(cents: int) -> str:
    """Return an amount as it is written: ``12.50``."""
    return f"{cents // 100}.{cents % 100:02}"


class Ledger:
    """The bank's books. Every method raises `ExternalFailure`."""

    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # Questions

    async def balance(self, account: str) -> Answer | None:
        """Return a customer's balances, or None: no such account."""
        async with reading(self._database, "reading a balance") as connection:
            return await _balances(connection, account)

    async def customer(self, account: str) -> Answer | None:
        """Return who a customer is."""
        columns = (customers.c.name, customers.c.language, customers.c.currency, customers.c.card_last_four)
        async with reading(self._database, "reading a customer") as connection:
            found = (
                (await connection.execute(select(*columns).where(customers.c.account == account))).mappings().first()
            )
        return dict(found) if found else None

    async def bill(self, account: str, kind: str) -> Answer | None:
        """Return the open bill of a kind that is due first, or None."""
        wanted = (bills.c.account == account, bills.c.kind == kind, bills.c.paid_at.is_(None))
        query = (
            select(bills.c.bill, bills.c.cents, bills.c.due, customers.c.currency)
            .join(customers, customers.c.account == bills.c.account)
            .where(*wanted)
            .order_by(bills.c.due)
            .limit(1)
        )
        async with reading(self._database, "reading a bill") as connection:
            found = (await connection.execute(query)).first()
        if found is None:
            return None
        return {"bill": found.bill, "amount": money(found.cents), "currency": found.currency, "due": found.due}

    # Acts

    async def transfer(self, key: str, account: str, source: str, cents: int) -> Done:
        """Move money from one of a customer's two accounts to the other. Raises `KeyMisusedError`."""

        async def act(connection: AsyncConnection) -> Done:
            if await _balances(connection, account) is None:
                return Done(answer={"reason": "unknown_account"}, refused=True)
            target = KINDS[1 - KINDS.index(source)]
            if not await _move(connection, account, source, -cents):
                return Done(answer={"reason": "insufficient_funds"}, refused=True)
            await _move(connection, account, target, cents)
            receipt = await self._book(connection, account, f"transfer to {target}", cents)
            return Done(answer={"receipt": receipt, **(await _balances(connection, account) or {})})

        return await self._once(key, ("transfer", account, source, cents), act)

    async def pay(self, key: str, account: str, bill: int) -> Done:
        """Pay a bill from the checking account; the next one follows in a month. Raises `KeyMisusedError`."""

        async def act(connection: AsyncConnection) -> Done:
            mine = (bills.c.bill == bill, bills.c.account == account)
            found = (await connection.execute(select(bills).where(*mine))).first()
            if found is None or found.paid_at is not None:
                reason = "unknown_bill" if found is None else "paid_already"
                return Done(answer={"reason": reason}, refused=True)
            if not await _move(connection, account, "checking", -found.cents):
                return Done(answer={"reason": "insufficient_funds"}, refused=True)
            await connection.execute(update(bills).where(*mine).values(paid_at=self._now()))
            due = (date.fromisoformat(found.due) + timedelta(days=30)).isoformat()
            await connection.execute(insert(bills).values(account=account, kind=found.kind, cents=found.cents, due=due))
            receipt = await self._book(connection, account, f"bill {bill}", found.cents)
            return Done(answer={"receipt": receipt, **(await _balances(connection, account) or {})})

        return await self._once(key, ("pay", account, bill), act)

    async def block_card(self, key: str, account: str) -> Done:
        """Block a customer's card; one that is blocked stays so. Raises `KeyMisusedError`."""

        async def act(connection: AsyncConnection) -> Done:
            blocked = await connection.execute(
                update(customers).where(customers.c.account == account).values(card_blocked_at=self._now())
            )
            if blocked.rowcount == 0:
                return Done(answer={"reason": "unknown_account"}, refused=True)
            return Done(answer={"receipt": await self._book(connection, account, "card blocked", 0)})

        return await self._once(key, ("block_card", account), act)

    # Within

    async def _once(
        self, key: str, request: tuple[object, ...], act: Callable[[AsyncConnection], Awaitable[Done]]
    ) -> Done:
        digest = hashlib.sha256(repr(request).encode()).hexdigest()
        async with writing(self._database, "doing an act") as connection:
            await connection.execute(delete(done_acts).where(done_acts.c.at < self._now() - _KEEP_KEYS_SECONDS))
            before = (await connection.execute(select(done_acts).where(done_acts.c.key == key))).first()
            if before is not None:
                if before.request != digest:
                    raise KeyMisusedError
                return Done(answer=json.loads(before.answer), refused=before.status != 200)
            done = await act(connection)
            row = {"key": key, "request": digest, "status": 409 if done.refused else 200, "at": self._now()}
            await connection.execute(insert(done_acts).values(**row, answer=json.dumps(done.answer)))
            return done

    async def _book(self, connection: AsyncConnection, account: str, what: str, cents: int) -> str:
        row: Mapping[str, object] = {"account": account, "what": what, "cents": cents, "at": self._now()}
        booked = await connection.execute(insert(bookings).values(**row))
        (receipt,) = booked.inserted_primary_key or (0,)
        return f"{receipt:08}"

    def _now(self) -> int:
        return int(self._clock.utc().timestamp())


async def _balances(connection: AsyncConnection, account: str) -> Answer | None:
    query = (
        select(balances.c.kind, balances.c.cents, customers.c.currency)
        .join(customers, customers.c.account == balances.c.account)
        .where(balances.c.account == account)
    )
    rows = (await connection.execute(query)).all()
    if not rows:
        return None
    return {row.kind: money(row.cents) for row in rows} | {"currency": rows[0].currency}


async def _move(connection: AsyncConnection, account: str, kind: str, cents: int) -> bool:
    """Add to a balance; tell whether that was possible: none goes below nought."""
    moved = await connection.execute(
        update(balances)
        .where(balances.c.account == account, balances.c.kind == kind, balances.c.cents + cents >= 0)
        .values(cents=balances.c.cents + cents)
    )
    return moved.rowcount == 1
