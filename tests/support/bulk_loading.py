"""Filling an upgraded, empty database with millions of rows: indexes and triggers are made again afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support import large_records as large
from tests.support.large_records import Row, Size

TABLES = ("people", "agents", "customers", "customer_numbers", "customer_mails", "customer_keys", "dealings")
Put = Callable[[str, tuple[str, ...], list[Row]], None]
Say = Callable[[str], None]
# Nobody signs in with them: no password has such a hash.
_PERSON = ("person", "name", "role", "password_hash", "must_change_password", "active")


def fill(put: Put, size: Size, now: datetime, say: Say) -> None:
    """Hand over all rows, table by table in pieces."""
    people = list(large.people())
    put("people", _PERSON, [(who, name, "agent", "!", "0", "1") for who, name in people])
    put("agents", ("agent", "device"), [(who, f"phone-{who}") for who, _ in people])
    for some in large.customers(size, now):
        put("customers", large.CUSTOMER_COLUMNS, some.customers)
        put("customer_numbers", ("number", *large.REACHED_COLUMNS[1:]), some.numbers)
        put("customer_mails", ("mail", *large.REACHED_COLUMNS[1:]), some.mails)
        put("customer_keys", ("key", "customer"), some.keys)
        put("dealings", large.DEALING_COLUMNS, some.dealings)
    say(f"{size.customers} customers are in")
    for rows in large.interactions(size, now):
        put("interactions", large.INTERACTION_COLUMNS, rows)
    say(f"{size.interactions} interactions are in")


# -- SQLite -----------------------------------------------------------------------------------------------------


def fill_sqlite(path: Path, size: Size, now: datetime, say: Say) -> None:
    """Fill the file, without its safety nets: what is half done when this process ends is thrown away anyway."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        later = _take_off_sqlite(connection)
        statements: dict[str, str] = {}

        def put(table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
            if table not in statements:
                names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
                statements[table] = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 -- our own names
            connection.executemany(statements[table], rows)

        connection.execute("BEGIN")
        fill(put, size, now, say)
        connection.execute("COMMIT")
        for table in ("customers", "interactions"):
            learn = f"INSERT INTO {table}_words (rowid, words) SELECT n, words FROM {table} WHERE words <> ''"  # noqa: S608 -- as above
            connection.execute(learn)
            say(f"the words of {table} are indexed")
        for statement in later:
            connection.execute(statement)
        say("indexes are made")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _take_off_sqlite(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _ in found:
        connection.execute(f'DROP {kind.upper()} "{name}"')
    return [statement for kind in ("index", "trigger") for found_kind, _, statement in found if found_kind == kind]


# -- PostgreSQL -------------------------------------------------------------------------------------------------


def fill_postgres(url: str, size: Size, now: datetime, say: Say) -> None:
    """Fill the database by COPY."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("maintenance_work_mem = '1GB'", "TimeZone = 'UTC'", "max_parallel_maintenance_workers = 2"):
            connection.execute(f"SET {setting}")
        later = _take_off_postgres(connection)
        with connection.transaction():
            fill(lambda table, columns, rows: _copy(connection, table, columns, rows), size, now, say)
        for statement in later:
            connection.execute(statement)
        for table in ("customers", "interactions"):
            connection.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'n'), (SELECT max(n) FROM {}))").format(
                    sql.Literal(table), sql.Identifier(table)
                )
            )
        say("indexes are made")
        connection.execute("VACUUM ANALYZE")  # what autovacuum does with a table in time
        say("analysed")


def _copy(connection: psycopg.Connection, table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    # No value has a tab, a line's end or a backslash.
    lines = ["\t".join(["\\N" if value is None else value for value in row]) for row in rows]
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("\n".join([*lines, ""]))


def _take_off_postgres(connection: psycopg.Connection) -> list[str]:
    """Drop what is quicker made afterwards, and return the statements that make it, keys before references."""
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f')"
        " AND conrelid::regclass::text = ANY(%s) ORDER BY contype = 'f'",
        [[*TABLES, "interactions"]],
    ).fetchall()
    again = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition, _ in constraints]
    kept = {name for _, name, _, kind in constraints if kind != "f"}
    # References from tables that stay as they are need the key they refer to.
    needed = {"uq_customers_customer", "pk_people", "pk_agents"}
    for table, name, _, _kind in reversed(constraints):
        if name not in needed:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    again = [one for one, (_, name, _, _) in zip(again, constraints, strict=True) if name not in needed]
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s)",
        [[*TABLES, "interactions"]],
    ).fetchall()
    for name, _ in indexes:
        if name not in kept:
            connection.execute(f"DROP INDEX {name}")
    return [
        *(one for one in again if "FOREIGN KEY" not in one),
        *(definition for name, definition in indexes if name not in kept),
        *(one for one in again if "FOREIGN KEY" in one),
    ]


@contextmanager
def large_postgres_settings(admin_url: str) -> Iterator[None]:
    """Give a server the room that a server with such records has; undone by the server's end."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for setting in ("max_wal_size = '8GB'", "checkpoint_timeout = '30min'"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    yield
