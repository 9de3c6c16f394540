"""Whole operations on the records, each in one turn of a thread.

An asynchronous driver pays a turn of its thread for every statement and every fetch: a card of two statements took
1.2 ms, of which 0.1 ms was SQLite's. Here an operation is a plain function of a connection, and its statements follow
each other without the event loop in between. The same functions serve processes that have no event loop at all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from callcenter.storage.database import CONNECT_SECONDS, failures, prepare_sqlite

THREADS = 4
IDLE_SECONDS = 0.5

T = TypeVar("T")


class Threads:
    """Runs operations; made by `open_threads`."""

    def __init__(self, engine: Engine, pool: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._pool = pool

    @property
    def url(self) -> URL:
        """The address of the records, with its password."""
        return self._engine.url

    @property
    def dialect(self) -> Dialect:
        """What the database understands."""
        return self._engine.dialect

    # -- from an event loop -------------------------------------------------------------------------------------------

    async def read(self, what: str, work: Callable[[Connection], T]) -> T:
        """Run SELECTs, each its own transaction. Raises `ExternalFailure`; `what` says what was being done."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, what, work)

    async def write(self, what: str, work: Callable[[Connection], T]) -> T:
        """Run one transaction: committed when `work` returns, undone when it raises. Raises `ExternalFailure`."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._write, what, work)

    # -- without one --------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, what: str) -> Iterator[Connection]:
        """Give a connection for SELECTs, each its own transaction. Raises `ExternalFailure`."""
        with failures(what), self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                yield connection.execution_options(single_statements=True)
            else:
                yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def writing(self, what: str) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end of the block. Raises `ExternalFailure`."""
        with failures(what), self._engine.begin() as connection:
            yield connection

    # -- within -------------------------------------------------------------------------------------------------------

    def _read(self, what: str, work: Callable[[Connection], T]) -> T:
        with self.reading(what) as connection:
            return work(connection)

    def _write(self, what: str, work: Callable[[Connection], T]) -> T:
        with self.writing(what) as connection:
            return work(connection)


@asynccontextmanager
async def open_threads(database: AsyncEngine, threads: int = THREADS) -> AsyncIterator[Threads]:
    """Open the same records as `database` for operations in threads."""
    with threads_of(database.url, threads) as made:
        yield made


@contextmanager
def threads_of(url: URL, threads: int = THREADS) -> Iterator[Threads]:
    """Open the records at the address of an engine that `open_database` made."""
    engine = _engine(url, threads)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="records")
    try:
        yield Threads(engine, pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        engine.dispose()


def _ping_when_idle(engine: Engine) -> None:
    """Find out whether a connection still stands, if it was not used a moment ago: a server that was started anew was
    away for longer. To ask each time would double the way of the quickest reads.
    """

    @event.listens_for(engine, "checkin")
    def given_back(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()  # noqa: TID251 -- the pool is between us and any clock

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        used_at = record.info.get("used_at", inf)
        if time.monotonic() - used_at < IDLE_SECONDS:  # noqa: TID251 -- likewise
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool makes another


def _engine(url: URL, threads: int) -> Engine:
    if url.get_backend_name() == "postgresql":
        engine = create_engine(
            url,
            pool_size=threads,
            max_overflow=0,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "callcenter"},
        )
        _ping_when_idle(engine)
        return engine
    engine = create_engine(url.set(drivername="sqlite"), pool_size=threads, max_overflow=0)
    prepare_sqlite(engine, Path(url.database or ""))
    return engine
