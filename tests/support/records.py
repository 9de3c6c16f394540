"""Fresh records on each database, for tests of what reads and writes them."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.database import open_database
from callcenter.storage.schema import upgrade

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]
"""Parameters of a fixture that gives `records_url`."""

QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""As argon2id as any, but not worth attacking."""


def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database of the kind that the fixture's parameter names."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@asynccontextmanager
async def open_records(url: str) -> AsyncIterator[AsyncEngine]:
    """Open records with all tables; an SQLite file that is not there yet is copied from one that was upgraded once."""
    path = make_url(url).database
    if url.startswith("sqlite") and path is not None and not Path(path).exists():
        Path(path).write_bytes(await _upgraded_file())
    async with open_database(url) as engine:
        await upgrade(engine)
        yield engine


async def _upgraded_file() -> bytes:
    if not _upgraded:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "records.sqlite"
            async with open_database(f"sqlite:///{path}") as engine:
                await upgrade(engine)
            _upgraded.append(path.read_bytes())
    return _upgraded[0]


_upgraded: list[bytes] = []
