"""Host systems that are databases: questions only, one SELECT each, arguments bound by name, never put into the text.

The connection can only read: PostgreSQL's transactions are told so, SQLite's file is opened so.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, event, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from callcenter.domain.errors import ConfigError
from callcenter.hosts.answers import read_fields
from callcenter.hosts.model import HostAnswer, HostFailed, Outcome, SqlHost, SqlOperation, Trouble
from ivr.fields import FieldValue

_CONNECT_SECONDS = 3
_DEADLINE = "deadline"  # of the query that a connection is at, in the time of the event loop
_STEPS = 10_000  # of SQLite's machine: about a millisecond


class SqlAdapter:
    """Asks one database; made by `open_sql`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def ask(self, operation: SqlOperation, arguments: Mapping[str, FieldValue]) -> HostAnswer:
        """Ask once. Raises `HostFailed`. A query that takes longer than the operation may is ended by the database."""
        values = {name: arguments.get(name) for name in operation.arguments}
        try:
            async with self._engine.connect() as connection:
                row = await _first_row(connection, operation, values)
        except (OSError, InterfaceError):
            raise HostFailed(Trouble.UNREACHABLE) from None  # the drivers' messages hold values
        except OperationalError as error:
            raise HostFailed(Trouble.BROKEN_OFF if error.connection_invalidated else Trouble.ERROR) from None
        except (SQLAlchemyError, ValueError):  # the database does not understand its question, or we its values
            raise HostFailed(Trouble.UNEXPECTED) from None
        if row is None:
            return HostAnswer(outcome=Outcome.NOT_FOUND)
        return HostAnswer(outcome=Outcome.DONE, fields=read_fields(row, operation.answer))

    async def probe(self) -> None:
        """Look whether the database can be reached. Raises `HostFailed`."""
        try:
            async with self._engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            raise HostFailed(Trouble.UNREACHABLE) from None


@asynccontextmanager
async def open_sql(host: SqlHost, url: str) -> AsyncIterator[SqlAdapter]:
    """Give the adapter of a database at `url`; connections are made when they are needed. Raises `ConfigError`."""
    engine = _engine(host, url)
    try:
        yield SqlAdapter(engine)
    finally:
        await engine.dispose()


async def _first_row(connection: AsyncConnection, operation: SqlOperation, values: Mapping[str, FieldValue]) -> object:
    connection.info[_DEADLINE] = asyncio.get_running_loop().time() + operation.timeout
    row = (await connection.execute(text(operation.statement), values)).mappings().first()
    return None if row is None else dict(row)


def _engine(host: SqlHost, url: str) -> AsyncEngine:
    where = f"host system {host.name}"
    limits = [operation.timeout for operation in host.operations.values()] or [1.5]
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConfigError(where, "its url is no address of a database") from None
    match address.get_backend_name():
        case "sqlite" if address.database and address.database != ":memory:":
            return _sqlite(host, address)
        case "postgresql" | "postgres":
            return create_async_engine(
                address.set(drivername="postgresql+psycopg"),
                pool_size=host.at_once,
                max_overflow=0,
                pool_timeout=_CONNECT_SECONDS,
                pool_pre_ping=True,
                execution_options={"isolation_level": "READ COMMITTED", "postgresql_readonly": True},
                connect_args={
                    "connect_timeout": _CONNECT_SECONDS,
                    "application_name": "callcenter",
                    "options": f"-c statement_timeout={max(limits) * 1_000:.0f}",
                },
            )
        case other:
            raise ConfigError(where, f"{other} is not supported; use sqlite:///FILE or postgresql://…")


def _sqlite(host: SqlHost, address: URL) -> AsyncEngine:
    location = f"file:{quote(address.database or '')}"
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=location, query={"mode": "ro", "uri": "true"}),
        pool_size=host.at_once,
        max_overflow=0,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only = ON")
        cursor.close()
        clock, info = asyncio.get_running_loop().time, record.info

        def is_over() -> bool:  # asked by SQLite's thread, which hears of no cancellation, every so many steps
            return bool(clock() > info.get(_DEADLINE, math.inf))

        connection.run_async(lambda driver: driver.set_progress_handler(is_over, _STEPS))

    return engine
