"""Servers that the integration tests of one module share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.switchboard import Switchboard, running_switchboard


@pytest.fixture(scope="module")
def switchboard(asterisk_command: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switchboard]:
    """An Asterisk with our configuration, for one module; each test leaves it without calls."""
    with running_switchboard(asterisk_command, tmp_path_factory.mktemp("switchboard")) as board:
        yield board
