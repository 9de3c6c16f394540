"""What `callcenter serve` decides before it starts anything."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.cli.serve import wants_network
from callcenter.config import AsteriskSettings


@pytest.mark.parametrize(
    ("callers", "changes", "wanted"),
    [
        (1, {}, True),
        (0, {}, False),
        (1, {"outbound_host": "sip.example.org"}, False),
        (1, {"embedded": False}, False),
    ],
)
def test_a_simulated_network_takes_calls_for_a_demonstration_without_a_trunk(
    callers: int, changes: dict[str, Any], *, wanted: bool
) -> None:
    assert wants_network(AsteriskSettings(**changes), callers) is wanted
