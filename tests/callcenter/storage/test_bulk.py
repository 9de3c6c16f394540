"""Many rows at once: what goes wrong is told as by any other statement."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.errors import ExternalFailure
from callcenter.storage.bulk import insert_many
from callcenter.storage.database import is_about_values, writing
from callcenter.storage.tables import people
from callcenter.storage.threads import open_threads

ANA = {
    "person": "ana",
    "name": "Ana",
    "role": "agent",
    "password_hash": "!",
    "must_change_password": False,
    "active": True,
}


def twice(connection: Connection) -> None:
    insert_many(connection, people, [ANA, ANA])


@pytest.mark.parametrize("in_thread", [False, True], ids=["asynchronous driver", "driver"])
async def test_a_row_that_is_there_already_is_a_failure_about_values(records: AsyncEngine, *, in_thread: bool) -> None:
    async def add() -> None:
        if in_thread:
            async with open_threads(records) as threads:
                await threads.write("adding", twice)
        else:
            async with writing(records, "adding") as connection:
                await connection.run_sync(twice)

    with pytest.raises(ExternalFailure) as failure:
        await add()
    assert isinstance(failure.value.__cause__, IntegrityError)
    assert is_about_values(failure.value.__cause__)
    assert not failure.value.retryable
