"""The database of the records: opening it, and turning its errors into ours."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from errno import EISDIR
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Table,
    Text,
    cast,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from callcenter.api.records import RecordsFailed
from callcenter.domain.errors import ConfigError, ExternalFailure

BUSY_MS = 5_000
LOOK_MS = 53  # while it waits, SQLite looks after 1, 2, 5, 10, 15 and 20 ms more; later less often
CONNECT_SECONDS = 5
_HALVES = re.compile("[\ud800-\udfff]")
_AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}


class RecordsFailure(ExternalFailure, RecordsFailed):
    """The database failed: `RecordsFailed` for those who see the public contract alone."""


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[AsyncEngine]:
    """Open the records at `url` (``sqlite:///…`` or ``postgresql://…``); connections are made when they are needed.

    Raises `ConfigError` for an address that is neither. The address may hold a password: it is never in a message.
    """
    engine = _engine(_address(url))
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def reading(engine: AsyncEngine, what: str) -> AsyncIterator[AsyncConnection]:
    """Give a connection for single SELECTs, each its own transaction. Raises `ExternalFailure`."""
    with failures(what):
        async with engine.connect() as connection:
            # PostgreSQL is told so. SQLite is in this mode unless `begin` below ends it; telling it costs two turns of
            # its thread per connection, half a millisecond.
            options = {"single_statements": True} if engine.dialect.name == "sqlite" else _AUTOCOMMIT
            yield await connection.execution_options(**options)


@asynccontextmanager
async def writing(engine: AsyncEngine, what: str) -> AsyncIterator[AsyncConnection]:
    """Give a connection in a transaction that is committed at the end of the block. Raises `ExternalFailure`."""
    with failures(what):
        async with engine.begin() as connection:
            yield connection


@contextmanager
def failures(what: str) -> Iterator[None]:
    """Turn the database's errors into `RecordsFailure`; `what` says what was being done."""
    try:
        yield
    except (StatementError, PoolTimeout, OSError) as error:
        # Only the kind of error goes on: the text may hold values of the statement, that is, customers' data.
        raise RecordsFailure(f"{what}: {_kind(error)}", retryable=is_passing(error)) from error


def is_passing(error: BaseException | None) -> bool:
    """Tell whether the database itself is in trouble, so that the same statement may succeed later."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError)


def is_about_values(error: BaseException | None) -> bool:
    """Tell whether the database refused what it was given to store, and will whenever it is asked."""
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError)  # the driver could not even send it


def can_hold(text: str) -> bool:
    """Tell whether both databases can hold this text: no NUL, no halves of characters. What they cannot, nobody has."""
    return "\x00" not in text and not _HALVES.search(text)


def insert_into(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT; both databases spell it alike."""
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)


def among(connection: Connection, column: Column[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a text column has one of these values, however many: they are one parameter.

    Thousands of parameters of an IN cost more time than the database needs to find what they ask for.
    """
    ordered = sorted(set(values))
    if connection.dialect.name == "postgresql":
        return column == func.any(cast(ordered, postgresql.ARRAY(Text)))
    return column.in_(select(func.json_each(json.dumps(ordered)).table_valued("value", name="given").c.value))


# -- within -----------------------------------------------------------------------------------------------------


def _address(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("DATABASE_URL", "not an address of a database") from error
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ConfigError("DATABASE_URL", f"{other} is not supported; use sqlite:///FILE or postgresql://…")


def _engine(address: URL) -> AsyncEngine:
    if address.get_backend_name() == "postgresql":
        return create_async_engine(
            address,
            pool_size=5,
            max_overflow=5,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "callcenter"},
        )
    if not address.database or address.database == ":memory:":
        raise ConfigError("DATABASE_URL", "records in memory would be lost; use sqlite:///FILE")
    engine = create_async_engine(address, pool_size=5, max_overflow=5)
    path = Path(address.database)

    prepare_sqlite(engine.sync_engine, path)
    return engine


def prepare_sqlite(engine: Engine, path: Path) -> None:
    """Make every connection one of ours: readable by the owner only, write-ahead log, transactions where we say."""

    @event.listens_for(engine, "do_connect")
    def create(*_: object) -> None:
        path.touch(mode=0o600)  # customers' data: for its owner only
        if path.is_dir():  # found out by the driver it would cost a thread that outlives the attempt
            raise IsADirectoryError(EISDIR, "the records are a directory", str(path))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say, schema changes included
        try:
            cursor = connection.cursor()
            for pragma in (f"busy_timeout = {BUSY_MS}", "synchronous = NORMAL", "foreign_keys = ON"):
                cursor.execute(f"PRAGMA {pragma}")
            _write_ahead(cursor, pause=_pause if engine.dialect.is_async else time.sleep)
            cursor.close()
        except BaseException:
            connection.close()  # the pool leaves one that it could not take in to the garbage, with its thread
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later could not wait for another writer; this one waits at once.
        if not connection.get_execution_options().get("single_statements"):
            _begin(connection)


def _begin(connection: Connection) -> None:
    """Begin a transaction that writes as soon as nobody else does.

    SQLite looks whether it may more and more seldom, at last every tenth of a second; a file that is taken in, batch
    upon batch, would be let in before us again and again. So it is asked anew before it becomes slow.
    """
    _be_patient(connection, LOOK_MS)
    try:
        for _ in range(BUSY_MS // LOOK_MS - 1):
            with _unless_busy():
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        _be_patient(connection, BUSY_MS)


@contextmanager
def _unless_busy() -> Iterator[None]:
    """Pass over that another writes."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:  # without its kind
            raise


def _be_patient(connection: Connection, milliseconds: int) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}").close()


def _write_ahead(cursor: Any, pause: Callable[[float], None]) -> None:
    """Put a new file into its write-ahead mode; it stays in it.

    SQLite does not wait for others here, whatever the time-out: of two who come to a new file at once, one is refused.
    """
    for _ in range(BUSY_MS // 20):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            if cursor.fetchone()[0] == "wal":
                return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
        pause(0.02)


def _pause(seconds: float) -> None:
    await_only(asyncio.sleep(seconds))


def _kind(error: BaseException) -> str:
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, sqlite3.Error | OSError):
        return str(origin)  # SQLite names no values ("database is locked"), nor does the system
    return type(origin).__name__
