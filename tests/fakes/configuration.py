"""Configuration files that say what a test puts into them."""

from __future__ import annotations

from callcenter.domain.catalogue import Catalogue
from callcenter.ports import Configuration, FoundConfiguration


class FakeConfiguration(Configuration):
    """`found` is what is read next, or the error of reading it; `in_force` what was taken."""

    def __init__(self, found: FoundConfiguration | Exception | None = None) -> None:
        self.found = found
        self.in_force: list[Catalogue] = []

    async def read(self) -> FoundConfiguration:
        if isinstance(self.found, FoundConfiguration):
            return self.found
        raise self.found or AssertionError("nobody said what the files hold")

    def taken(self, catalogue: Catalogue) -> None:
        self.in_force.append(catalogue)
