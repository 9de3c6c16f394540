"""Records on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.records import DATABASES, open_records, records_url


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return records_url(request, tmp_path)


@pytest.fixture
async def records(url: str) -> AsyncIterator[AsyncEngine]:
    async with open_records(url) as engine:
        yield engine
