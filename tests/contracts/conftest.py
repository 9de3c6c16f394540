"""Records on both databases, for the contracts whose real part is SQL."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.records import open_records

OpenRecords = Callable[[str], AbstractAsyncContextManager[AsyncEngine]]


@pytest.fixture
def records_of(request: pytest.FixtureRequest, tmp_path: Path) -> OpenRecords:
    """Open empty records of the kind named: sqlite or postgresql."""

    def open_(kind: str) -> AbstractAsyncContextManager[AsyncEngine]:
        url = (
            f"sqlite:///{tmp_path / 'records.sqlite'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
        )
        return open_records(url)

    return open_
