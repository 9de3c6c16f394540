"""Drain: carries what happened from the journal into SQL, exactly once, whenever SQL is there.

An event is stored under its identity ``(interaction, seq)``, a second time changes nothing, and it leaves the journal
only after SQL has committed. So killing either side at any moment loses nothing and doubles nothing. The drain may run
in the CTI server's process or in any other on the same machine.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.domain.errors import ExternalFailure
from callcenter.domain.history import InteractionSummary, summarize
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.storage.database import insert_into, is_about_values, writing
from callcenter.storage.journal_file import JournalFile, Safety, StoredEvent
from callcenter.storage.tables import interaction_events, interactions

PAUSE_SECONDS = 0.25  # how often the journal is looked at: history is at most this much behind, and a commit
LONGEST_WAIT_SECONDS = 5.0
BATCH = 500

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
            await self._store_events([s.event for s in stored])
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
                await self._store_events([s.event for s in its])
            except ExternalFailure as failure:
                if not is_about_values(failure.__cause__):
                    raise
                refused += [s.position for s in its]
                _log.error("events set aside in the journal", interaction=interaction, why=str(failure))
        return refused

    async def _store_events(self, events: Sequence[InteractionEvent]) -> None:
        async with writing(self._records, "storing what happened") as connection:
            insert = insert_into(self._records.dialect, interaction_events).on_conflict_do_nothing()
            await connection.execute(insert, [_row(event) for event in events])
            for summary in await _summaries(connection, {event.interaction for event in events}):
                values = _summary_row(summary)
                upsert = insert_into(self._records.dialect, interactions).values(values)
                await connection.execute(
                    upsert.on_conflict_do_update(index_elements=[interactions.c.interaction], set_=values)
                )


_KNOWN_KINDS = frozenset(EventKind)


async def _summaries(connection: AsyncConnection, touched: Iterable[InteractionId]) -> list[InteractionSummary]:
    """Summarise from all events that SQL has, not only the new ones: the same result however they arrived."""
    query = select(interaction_events).where(interaction_events.c.interaction.in_(sorted(touched)))
    found: dict[str, list[InteractionEvent]] = {}
    for row in (await connection.execute(query)).all():
        if row.kind not in _KNOWN_KINDS:
            continue  # written by a newer version
        event = InteractionEvent(
            interaction=InteractionId(row.interaction),
            seq=row.seq,
            at=row.at,
            kind=EventKind(row.kind),
            data=row.data,
        )
        found.setdefault(row.interaction, []).append(event)
    return [summarize(events) for events in found.values()]


def _row(event: InteractionEvent) -> dict[str, object]:
    return {
        "interaction": event.interaction,
        "seq": event.seq,
        "at": event.at,
        "kind": event.kind.value,
        "data": {_storable(key): _storable(value) for key, value in event.data.items()},
    }


def _summary_row(summary: InteractionSummary) -> dict[str, object]:
    return {
        "interaction": summary.interaction,
        "started_at": summary.started_at,
        "called_number": summary.called_number,
        "calling_number": summary.calling_number,
        "customer": summary.customer,
        "queue": summary.queue,
        "agent": summary.agent,
        "ended_at": summary.ended_at,
        "outcome": summary.outcome,
        "waited_s": summary.waited_s,
        "talked_s": summary.talked_s,
        "disposition": summary.disposition,
        "note": summary.note,
        "closed": summary.closed,
    }


def _storable(value: FieldValue) -> FieldValue:
    """Return the value as PostgreSQL can hold it: text without NUL and half characters, numbers that are numbers."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
