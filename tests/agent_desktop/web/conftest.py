"""The desktop server over fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.desktop_server import DesktopServer, desktop_server


@pytest.fixture
async def server() -> AsyncIterator[DesktopServer]:
    """A running server with the times shortened."""
    async with desktop_server() as running:
        yield running
