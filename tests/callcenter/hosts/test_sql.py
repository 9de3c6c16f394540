"""The SQL adapter against real databases: SQLite always, PostgreSQL where there is one."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from callcenter.domain.errors import ConfigError
from callcenter.hosts.model import (
    AnswerField,
    Argument,
    BreakerPlan,
    HostAnswer,
    HostFailed,
    OperationKind,
    Outcome,
    SqlHost,
    SqlOperation,
)
from callcenter.hosts.sql import SqlAdapter, open_sql
from ivr.fields import FieldValue
from tests.support.hosts import sqlite_at_rest
from tests.support.servers import free_port

TABLE = (
    "CREATE TABLE orders (number INTEGER PRIMARY KEY, owner TEXT, total NUMERIC(10, 2), due DATE)",
    "INSERT INTO orders VALUES (1, 'Lee', 12.50, '2026-11-26'), (2, 'O''Hara', 99, NULL)",
)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS owner FROM n"


def question(statement: str, arguments: dict[str, Argument] | None = None, answer: str = "owner") -> SqlOperation:
    return SqlOperation(
        name="order",
        kind=OperationKind.QUESTION,
        arguments=arguments or {},
        answer={name: AnswerField(path=(name,), optional=True) for name in answer.split()},
        refusal={},
        root=(),
        timeout=0.5,
        retries=0,
        repeatable=True,
        statement=statement,
    )


NUMBER = {"number": Argument(type="integer")}
OWNER = {"owner": Argument(pattern=re.compile(".*", re.DOTALL))}
BY_NUMBER = question("SELECT owner, total, due FROM orders WHERE number = :number", NUMBER, "owner total due")
BY_OWNER = question("SELECT owner FROM orders WHERE owner = :owner", OWNER)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with orders in it."""
    if request.param == "sqlite":
        with sqlite3.connect(tmp_path / "orders.sqlite") as lite:
            for statement in TABLE:
                lite.execute(statement)
        lite.close()
        return f"sqlite:///{tmp_path / 'orders.sqlite'}"
    address: str = request.getfixturevalue("postgres_url")
    with psycopg.connect(address) as postgres:
        for statement in TABLE:
            postgres.execute(statement)
    return address


@asynccontextmanager
async def adapter(url: str) -> AsyncIterator[SqlAdapter]:
    host = SqlHost(name="orders", url=url, at_once=2, breaker=BreakerPlan(), operations={"order": BY_NUMBER})
    async with open_sql(host, url) as opened:
        yield opened


async def ask(url: str, operation: SqlOperation, **arguments: FieldValue) -> HostAnswer:
    async with adapter(url) as opened:
        return await opened.ask(operation, arguments)


async def test_the_row_is_the_answer(url: str) -> None:
    said = await ask(url, BY_NUMBER, number=1)
    assert said.fields["owner"] == "Lee"
    assert float(str(said.fields["total"])) == 12.5
    assert said.fields["due"] == "2026-11-26"
    assert (await ask(url, BY_NUMBER, number=2)).fields == {"owner": "O'Hara", "total": 99}
    assert (await ask(url, BY_NUMBER, number=3)).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    "owner", ["O'Hara' OR '1'='1", "'; DROP TABLE orders; --", "%", ":number", "Lee\x00", "\\", "”；", "$1", "%s"]
)
async def test_an_argument_is_never_part_of_the_statement(url: str, owner: str) -> None:
    if "\x00" in owner and url.startswith("postgresql"):  # which has no such texts
        with pytest.raises(HostFailed):
            await ask(url, BY_OWNER, owner=owner)
    else:
        assert (await ask(url, BY_OWNER, owner=owner)).outcome is Outcome.NOT_FOUND
    assert (await ask(url, BY_OWNER, owner="O'Hara")).outcome is Outcome.DONE


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO orders VALUES (9, 'x', 1, NULL) RETURNING owner",
        "WITH gone AS (DELETE FROM orders RETURNING owner) SELECT owner FROM gone",
        "UPDATE orders SET owner = 'x' RETURNING owner",
    ],
)
async def test_nothing_can_be_written_whatever_the_statement_says(url: str, statement: str) -> None:
    with pytest.raises(HostFailed):
        await ask(url, question(statement))
    assert (await ask(url, BY_NUMBER, number=1)).fields["owner"] == "Lee"
    assert (await ask(url, BY_NUMBER, number=9)).outcome is Outcome.NOT_FOUND


async def test_a_query_that_takes_too_long_is_stopped_and_the_next_is_answered(url: str) -> None:
    async with adapter(url) as opened:
        for _ in range(3):  # more often than there are connections
            with pytest.raises((TimeoutError, HostFailed)):
                async with asyncio.timeout(0.1):
                    await opened.ask(question(ENDLESS), {})
        assert (await opened.ask(BY_NUMBER, {"number": 1})).outcome is Outcome.DONE
    await sqlite_at_rest()  # those that were given up were stopped, too


async def test_an_error_of_the_statement_is_ours_and_says_nothing_of_the_values(url: str) -> None:
    with pytest.raises(HostFailed) as failed:
        await ask(url, question("SELECT owner FROM nowhere WHERE owner = :owner", OWNER), owner="secret")
    assert "secret" not in str(failed.value)
    assert failed.value.__cause__ is None


async def test_a_database_that_is_away_is_a_sick_host(tmp_path: Path) -> None:
    for address in (f"sqlite:///{tmp_path / 'none.sqlite'}", f"postgresql://me:pw@127.0.0.1:{free_port()}/x"):
        with pytest.raises(HostFailed) as failed:
            await ask(address, BY_NUMBER, number=1)
        assert failed.value.host_is_sick
        async with adapter(address) as opened:
            with pytest.raises(HostFailed):
                await opened.probe()
    assert not (tmp_path / "none.sqlite").exists()
    await sqlite_at_rest()


@pytest.mark.parametrize("address", ["mysql://x/y", "sqlite://", "nonsense", "postgresql:secret"])
async def test_an_address_that_is_none_is_told_without_what_stands_in_it(address: str) -> None:
    with pytest.raises(ConfigError, match="host system orders") as error:
        async with adapter(address):
            pass
    assert "secret" not in str(error.value)


async def test_a_database_file_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "a b#c%20d.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(TABLE[0])
    database.close()
    assert (await ask(f"sqlite:///{quote(str(path))}", BY_NUMBER, number=1)).outcome is Outcome.NOT_FOUND
