"""Bringing the tables up to date, with Alembic, in one transaction: an upgrade that was killed has never happened."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.errors import ExternalFailure
from callcenter.storage.database import reading, writing

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x63616C6C  # any number; two servers that start together upgrade one after the other


async def upgrade(engine: AsyncEngine) -> None:
    """Bring the tables to the state this version needs; nothing to do is the usual case. Raises `ExternalFailure`."""
    if await is_current(engine):
        return
    async with writing(engine, "upgrading the records") as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await connection.run_sync(_upgrade)


async def is_current(engine: AsyncEngine) -> bool:
    """Tell whether the tables are those of this version.

    Raises `ExternalFailure`, also for tables of a newer version, which this one must not touch.
    """
    async with reading(engine, "reading the version of the records") as connection:
        found = await connection.run_sync(_revision)
    scripts = ScriptDirectory.from_config(_config())
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise ExternalFailure(f"the records were upgraded by a newer version ({found})", retryable=False)
    return found == scripts.get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
