"""Messages that callers have left: one row for each, made of the interaction's own events, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.api.voicemail import Voicemail, Voicemails
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.domain.recording_name import is_recording_name
from callcenter.storage.database import insert_into, reading, writing
from callcenter.storage.tables import interactions, voicemails


async def store_voicemails(connection: AsyncConnection, events: Sequence[InteractionEvent]) -> None:
    """Store the messages among these events; those that are there already stay as they are."""
    rows = [_row(event) for event in events if event.kind is EventKind.VOICEMAIL_LEFT]
    if rows:
        await connection.execute(insert_into(connection.dialect, voicemails).on_conflict_do_nothing(), rows)


def _row(event: InteractionEvent) -> Mapping[str, object]:
    data = event.data
    return {
        "interaction": event.interaction,
        "seq": event.seq,
        "mailbox": str(data.get("mailbox") or ""),
        "file": str(data.get("file") or ""),
        "left_at": event.at,
        "seconds": float(data.get("seconds") or 0),
        "number": str(data.get("number") or ""),
    }


class SqlVoicemails(Voicemails):
    """The mailboxes on one database; the sound files are in `folder`."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    async def voicemails(self, *, limit: int) -> Sequence[Voicemail]:
        """Return the messages, those that nobody has seen to first, then the newest."""
        query = (
            select(voicemails, interactions.c.customer)
            .join(interactions, interactions.c.interaction == voicemails.c.interaction, isouter=True)
            .order_by(voicemails.c.handled_at.is_not(None), voicemails.c.left_at.desc(), voicemails.c.voicemail.desc())
            .limit(limit)
        )
        async with reading(self._engine, "reading voicemail") as connection:
            return [_voicemail(row) for row in (await connection.execute(query)).all()]

    async def audio(self, voicemail: int) -> Path | None:
        """Return the sound file of a message."""
        query = select(voicemails.c.file).where(voicemails.c.voicemail == voicemail)
        async with reading(self._engine, "reading voicemail") as connection:
            file = (await connection.execute(query)).scalar_one_or_none()
        if file is None or not is_recording_name(file):
            return None
        path = self._folder / f"{file}.wav"
        return path if await asyncio.to_thread(path.is_file) else None

    async def handle(self, voicemail: int, person: str, now: datetime) -> bool:
        """Note who has seen to a message."""
        change = (
            update(voicemails)
            .where(voicemails.c.voicemail == voicemail, voicemails.c.handled_at.is_(None))
            .values(handled_at=now, handled_by=person)
        )
        known = select(voicemails.c.voicemail).where(voicemails.c.voicemail == voicemail)
        async with writing(self._engine, "noting who has seen to a voicemail") as connection:
            await connection.execute(change)
            return (await connection.execute(known)).first() is not None


def _voicemail(row: Row[Any]) -> Voicemail:
    return Voicemail(
        voicemail=row.voicemail,
        interaction=row.interaction,
        mailbox=row.mailbox,
        left_at=row.left_at,
        seconds=row.seconds,
        number=row.number,
        customer=row.customer,
        handled_at=row.handled_at,
        handled_by=row.handled_by,
    )
