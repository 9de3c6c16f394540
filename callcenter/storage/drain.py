"""Drain: carries what happened from the journal into SQL, exactly once, whenever SQL is there.

An event is stored under its identity ``(interaction, seq)``, a second time changes nothing, and it leaves the journal
only after SQL has committed. So killing either side at any moment loses nothing and doubles nothing. The drain may run
in the CTI server's process or in any other on the same machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.errors import ExternalFailure
from callcenter.domain.interaction import InteractionEvent
from callcenter.storage.database import is_about_values, writing
from callcenter.storage.history import store_events
from callcenter.storage.journal_file import JournalFile, Safety, StoredEvent

PAUSE_SECONDS = 0.25  # how often the journal is looked at: history is at most this much behind, and a commit
LONGEST_WAIT_SECONDS = 5.0
BATCH = 200  # a few milliseconds of the event loop, which may be that of the calls

_log = structlog.get_logger(__name__)


class Drain:
    """Moves events from one journal to one database. `run` is its loop, `step` one turn of it."""

    def __init__(self, journal: Path, records: AsyncEngine) -> None:
        self._path = journal
        self._records = records
        self._file: JournalFile | None = None

    async def run(self) -> None:
        """Drain until cancelled, through outages of either side."""
        wait = PAUSE_SECONDS
        try:
            while True:
                try:
                    moved = await self.step()
                except ExternalFailure as failure:
                    wait = min(2 * wait, LONGEST_WAIT_SECONDS)
                    _log.warning("history is not up to date; trying again", why=str(failure), wait=wait)
                except Exception:  # noqa: BLE001 -- bulkhead: history may be late, calls must not end for it
                    wait = LONGEST_WAIT_SECONDS
                    _log.exception("history is not up to date; trying again", wait=wait)
                else:
                    wait = PAUSE_SECONDS
                    if moved == BATCH:
                        continue
                await asyncio.sleep(wait)
        finally:
            if self._file is not None:
                self._file.close()

    async def step(self) -> int:
        """Move at most one batch; return how many events it had. Raises `ExternalFailure`; then nothing has moved."""
        if self._file is None:
            if not self._path.exists():
                return 0
            # What is lost of this connection's commits in a power cut is only drained again.
            self._file = await asyncio.to_thread(JournalFile.open, self._path, Safety.PROCESS_DEATH)
        stored = await asyncio.to_thread(self._file.undrained, BATCH)
        if not stored:
            return 0
        set_aside = await self._store(stored)
        await asyncio.to_thread(self._file.drained, stored[-1].position, set_aside=set_aside)
        return len(stored)

    # -- within -------------------------------------------------------------------------------------------------

    async def _store(self, stored: Sequence[StoredEvent]) -> list[int]:
        """Store a batch; return the positions of what SQL will never take."""
        try:
            await self._store_all([s.event for s in stored])
        except ExternalFailure as failure:
            if not is_about_values(failure.__cause__):
                raise
        else:
            return []
        # Something in the batch is unacceptable. One interaction at a time, so that only the faulty one is left out.
        refused: list[int] = []
        for interaction in dict.fromkeys(s.event.interaction for s in stored):
            its = [s for s in stored if s.event.interaction == interaction]
            try:
                await self._store_all([s.event for s in its])
            except ExternalFailure as failure:
                if not is_about_values(failure.__cause__):
                    raise
                refused += [s.position for s in its]
                _log.error("events set aside in the journal", interaction=interaction, why=str(failure))
        return refused

    async def _store_all(self, events: Sequence[InteractionEvent]) -> None:
        async with writing(self._records, "storing what happened") as connection:
            if connection.dialect.name == "postgresql":
                # What leaves the journal must be on PostgreSQL's disk, whatever the server thinks is enough for others.
                await connection.execute(text("SET LOCAL synchronous_commit TO on"))
            await store_events(connection, events)
