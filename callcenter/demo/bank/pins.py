"""PINs: hashed with argon2id (RFC 9106) and a key, at most ten wrong ones an account and day.

The time a judgement takes says nothing: a hash is computed for every trial, of a right PIN, a wrong one, one for an
account that is locked or does not exist. Trials are counted before they are judged, so that many at once count too.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.demo.bank.tables import customers, pin_trials
from callcenter.ports import Clock
from callcenter.storage.database import insert_into, writing

WRONG_A_DAY = 10

_HASHER = PasswordHasher(time_cost=2, memory_cost=8_192, parallelism=1)
"""Some milliseconds each. Ten thousand PINs are soon tried with any parameters; what protects them is the key."""


class Judgement(StrEnum):
    """What became of a trial."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


def hash_pin(account: str, pin: str, key: str) -> str:
    """Return what is stored of an account's PIN; without the key it is worth nothing."""
    return _HASHER.hash(_keyed(account, pin, key))


class Pins:
    """Judges PINs; made by `open_pins`."""

    def __init__(self, database: AsyncEngine, clock: Clock, key: str, pool: ThreadPoolExecutor) -> None:
        self._database = database
        self._clock = clock
        self._key = key
        self._pool = pool
        self._nobodys = hash_pin("", "", key)

    async def judge(self, account: str, pin: str) -> Judgement:
        """Judge one trial. Raises `ExternalFailure`."""
        today = self._clock.utc()
        stored, wrong = await self._count(account, today)
        right = await asyncio.get_running_loop().run_in_executor(
            self._pool, self._verify, stored or self._nobodys, _keyed(account, pin, self._key)
        )
        right = right and stored is not None and wrong <= WRONG_A_DAY
        await self._settle(account, today, take_back=right)
        if wrong > WRONG_A_DAY:
            return Judgement.LOCKED
        return Judgement.RIGHT if right else Judgement.WRONG

    async def _count(self, account: str, today: datetime) -> tuple[str | None, int]:
        """Count a trial as a wrong one; return the account's hash, if it exists, and the day's count."""
        day = today.date().isoformat()
        async with writing(self._database, "counting a trial") as connection:
            await connection.execute(delete(pin_trials).where(pin_trials.c.day < day))
            trial = insert_into(connection.dialect, pin_trials).values(account=account, day=day, wrong=1)
            one_more = case((pin_trials.c.wrong > WRONG_A_DAY, pin_trials.c.wrong), else_=pin_trials.c.wrong + 1)
            await connection.execute(trial.on_conflict_do_update(index_elements=["account"], set_={"wrong": one_more}))
            wrong = await connection.execute(select(pin_trials.c.wrong).where(pin_trials.c.account == account))
            stored = await connection.execute(select(customers.c.pin_hash).where(customers.c.account == account))
            return stored.scalar(), wrong.scalar_one()

    async def _settle(self, account: str, today: datetime, *, take_back: bool) -> None:
        """A right trial does not count; what is written takes as long for any other."""
        mine = (pin_trials.c.account == account, pin_trials.c.day == today.date().isoformat())
        left = pin_trials.c.wrong - int(take_back)
        async with writing(self._database, "settling a trial") as connection:
            await connection.execute(update(pin_trials).where(*mine, pin_trials.c.wrong > 0).values(wrong=left))

    def _verify(self, stored: str, keyed: str) -> bool:
        try:
            return _HASHER.verify(stored, keyed)
        except VerificationError:
            return False


@asynccontextmanager
async def open_pins(database: AsyncEngine, clock: Clock, key: str) -> AsyncIterator[Pins]:
    """Give the judge and its threads."""
    with ThreadPoolExecutor(2, thread_name_prefix="pins") as pool:
        yield Pins(database, clock, key, pool)


def _keyed(account: str, pin: str, key: str) -> str:
    return hmac.new(key.encode(), f"{account}:{pin}".encode(), hashlib.sha256).hexdigest()
