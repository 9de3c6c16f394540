"""What people read for the configured names: read at the start, and again when the configuration has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from agent_desktop.web.bodies import LabelCatalogue


class Words:
    """`present` is what pages are told; `read` reads it again, and returns None where that cannot be done."""

    def __init__(
        self, present: LabelCatalogue, read: Callable[[], Awaitable[LabelCatalogue | None]] | None = None
    ) -> None:
        self.present = present
        self._read = read

    async def read_again(self) -> bool:
        """Read it again; tell whether that went well."""
        found = await self._read() if self._read is not None else None
        if found is not None:
            self.present = found
        return found is not None


WORDS = web.AppKey("words", Words)
