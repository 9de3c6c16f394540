"""Many rows at once, past the layers that make single statements comfortable.

On SQLite the driver's own ``executemany`` with tuples, on PostgreSQL COPY: for rows of a file, of the demonstration, of
a benchmark. What rows must be is the same as anywhere; only who turns them into the database's values is simpler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from callcenter.storage.columns import JSON_DATA, UtcDateTime

CHUNK = 2_000

Value = Any
Row = Sequence[Value]


def insert_many(connection: Connection, table: Table, rows: Iterable[Mapping[str, Value]]) -> None:
    """Insert rows, each with the columns of the first, in the transaction of the connection."""
    source = iter(rows)
    first = next(source, None)
    if first is None:
        return
    names = tuple(first)
    values = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
    insert_tuples(connection, table, names, map(values, chain((first,), source)))


def insert_tuples(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows whose values stand in the order of `names`. Raises SQLAlchemy's errors on either way."""
    converters = [
        (place, convert) for place, name in enumerate(names) if (convert := _converter(connection.dialect, table, name))
    ]

    def converted(row: Row) -> Row:
        values = list(row)
        for place, convert in converters:
            if values[place] is not None:
                values[place] = convert(values[place])
        return tuple(values)

    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    source = map(converted if converters else tuple, rows)
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        statement = f"COPY {quote(table.name)} ({columns}) FROM STDIN"
        with _driver_errors(connection.dialect, statement):
            if connection.dialect.is_async:
                await_only(_copy(driver, statement, source))
                return
            with driver.cursor() as cursor, cursor.copy(statement) as copy:
                for row in source:
                    copy.write_row(row)
        return
    places = ", ".join("?" * len(names))
    statement = f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({places})"  # noqa: S608 -- names of our tables
    while some := list(islice(source, CHUNK)):
        connection.exec_driver_sql(statement, some)


@contextmanager
def _driver_errors(dialect: Dialect, statement: str) -> Iterator[None]:
    """Turn the driver's own errors into SQLAlchemy's, as it does itself for whatever goes through it."""
    of_driver = getattr(dialect.loaded_dbapi, "Error", Exception)
    try:
        yield
    except of_driver as error:
        raise DBAPIError.instance(statement, None, error, of_driver, dialect=dialect) from error


async def _copy(driver: Any, statement: str, rows: Iterable[Row]) -> None:
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)


def _converter(dialect: Dialect, table: Table, name: str) -> Callable[[Any], Value] | None:
    kind = table.c[name].type
    if kind is JSON_DATA:
        return _compact
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return _sqlite_time
    return None


def _compact(value: Value) -> str:
    return to_json(value, inf_nan_mode="constants").decode()


@lru_cache(maxsize=64)  # rows that are written together were made at the same moment
def _sqlite_time(at: datetime) -> str:
    """Return a time as SQLAlchemy stores it there: UTC without a zone, always with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
