"""Fresh records on each database, for tests of what reads and writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
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
    async with open_database(url) as engine:
        await upgrade(engine)
        yield engine
