"""The tables on both databases are those the code speaks of, however and whenever an upgrade runs."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.errors import ConfigError, ExternalFailure
from callcenter.storage import customer_tables, database, schema, tables  # noqa: F401 -- they fill the metadata
from callcenter.storage.columns import metadata
from callcenter.storage.database import open_database, reading, writing
from callcenter.storage.schema import is_current, upgrade
from callcenter.storage.threads import open_threads
from tests.support.servers import free_port


def is_ours(name: str | None, type_: str, _parents: object) -> bool:
    """The index of words is each database's own: tables of FTS5 on SQLite, an expression on PostgreSQL."""
    return type_ not in ("table", "index") or "_words" not in (name or "")


async def test_the_migrations_make_the_tables_of_the_code(records: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "include_name": is_ours}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with reading(records, "comparing") as connection:
        assert await connection.run_sync(differences) == []


async def test_an_upgrade_of_what_is_current_changes_nothing(records: AsyncEngine) -> None:
    assert await is_current(records)
    await upgrade(records)
    assert await is_current(records)


async def test_two_who_upgrade_at_once_do_it_one_after_the_other(url: str) -> None:
    async with open_database(url) as one, open_database(url) as other:
        await asyncio.gather(upgrade(one), upgrade(other))
        assert await is_current(one)


async def test_an_upgrade_that_fails_half_way_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on SQLite, whose driver would commit every CREATE TABLE by itself."""
    whole = schema._upgrade

    def failing(connection: Connection) -> None:
        whole(connection)
        connection.execute(text("SELECT no_such_column FROM people"))

    async with open_database(url) as engine:
        monkeypatch.setattr(schema, "_upgrade", failing)
        with pytest.raises(ExternalFailure):
            await upgrade(engine)
        async with reading(engine, "looking") as connection:
            assert await connection.run_sync(lambda it: inspect(it).get_table_names()) == []
        monkeypatch.setattr(schema, "_upgrade", whole)
        await upgrade(engine)
        assert await is_current(engine)


async def test_tables_of_a_newer_version_are_left_alone(records: AsyncEngine) -> None:
    async with writing(records, "pretending") as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    with pytest.raises(ExternalFailure, match="newer version") as failure:
        await upgrade(records)
    assert not failure.value.retryable


async def test_the_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    async with open_database(f"sqlite:///{path}") as engine:
        await upgrade(engine)
        async with reading(engine, "looking") as connection:
            settings = [
                (await connection.execute(text(f"PRAGMA {name}"))).scalar() for name in ("journal_mode", "foreign_keys")
            ]
    assert settings == ["wal", 1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_writer_waits_for_another_instead_of_failing(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    async with open_database(f"sqlite:///{path}") as engine:
        await upgrade(engine)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.5, other.execute, "COMMIT")  # longer than SQLite waits by itself
        async with writing(engine, "writing") as connection:
            await connection.execute(text("DELETE FROM sessions"))
        other.close()


async def test_a_writer_gets_its_turn_beside_one_who_writes_nearly_always(tmp_path: Path) -> None:
    """As an import does. SQLite itself would look only every tenth of a second, and mostly find it writing."""
    path = tmp_path / "records.sqlite"
    async with open_database(f"sqlite:///{path}") as engine, open_threads(engine, 2) as threads:
        await upgrade(engine)
        turns = 0

        def writes_nearly_always(until: threading.Event) -> None:
            nonlocal turns
            other = sqlite3.connect(path, isolation_level=None)
            while not until.is_set():
                other.execute("BEGIN IMMEDIATE")
                turns += 1
                time.sleep(0.25)
                other.execute("COMMIT")
                time.sleep(0.03)
            other.close()

        done = threading.Event()
        importing = asyncio.create_task(asyncio.to_thread(writes_nearly_always, done))
        waited = 0
        for _ in range(4):
            before = turns
            while turns == before:
                await asyncio.sleep(0.01)
            await threads.write("writing", lambda it: it.execute(text("DELETE FROM sessions")))
            waited += turns - before - 1
            before = turns
            while turns == before:
                await asyncio.sleep(0.01)
            async with writing(engine, "writing") as connection:
                await connection.execute(text("DELETE FROM sessions"))
            waited += turns - before - 1
        done.set()
        await importing
    assert waited <= 4  # of eight: each got the next turn, or on a slow machine the one after it


async def test_a_writer_gives_up_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.sqlite"
    monkeypatch.setattr(database, "BUSY_MS", 300)
    async with open_database(f"sqlite:///{path}") as engine:
        await upgrade(engine)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ExternalFailure, match="locked") as failure:
            async with writing(engine, "writing"):
                pass
        other.close()
    assert failure.value.retryable


@pytest.mark.parametrize("bad", ["", "nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:"])
async def test_other_addresses_are_refused_without_showing_them(bad: str) -> None:
    with pytest.raises(ConfigError) as error:
        async with open_database(bad):
            pass
    assert "secret" not in str(error.value)


async def test_a_database_that_is_not_there_is_a_passing_failure() -> None:
    async with open_database(f"postgresql://u:secret@127.0.0.1:{free_port()}/d") as engine:
        with pytest.raises(ExternalFailure) as failure:
            await is_current(engine)
    assert failure.value.retryable
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("kind", ["directory", "other file"])
async def test_a_file_that_cannot_be_opened_leaves_nothing_running(tmp_path: Path, kind: str) -> None:
    """The driver has a thread for each connection, which nobody ends for one that came to nothing."""
    path = tmp_path / "records.sqlite"
    if kind == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"this is not a database, it only has its name " * 100)
    before = threading.active_count()
    async with open_database(f"sqlite:///{path}") as engine:
        with pytest.raises(ExternalFailure):
            async with reading(engine, "looking"):
                pass
    async with asyncio.timeout(5):  # a thread that was told to end needs a moment
        while threading.active_count() > before:
            await asyncio.sleep(0.01)
