"""A fresh floor for each scenario; whatever happened on it must have been written down whole, and be decided again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acd.log import replay
from tests.support.floor import Floor, check_stories


@pytest.fixture
def floor() -> Iterator[Floor]:
    """Ana (the expert), bo (billing) and cy (technical) work here; nobody is signed on yet."""
    floor = Floor()
    yield floor
    check_stories(floor)
    assert floor.trespasses == []
    assert floor.pbx.trespasses == []
    for log in floor.engine_logs:
        assert [line for line in replay(log) if not line.same] == []
