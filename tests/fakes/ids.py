"""Identifiers that count."""

from __future__ import annotations

from callcenter.domain.ids import InteractionId
from callcenter.ports import IdSource


class CountingIds(IdSource):
    """Gives ``00000000-0000-7000-8000-000000000001`` and so on."""

    def __init__(self, given: int = 0) -> None:
        self._given = given

    def interaction_id(self) -> InteractionId:
        self._given += 1
        return InteractionId(f"00000000-0000-7000-8000-{self._given:012x}")
