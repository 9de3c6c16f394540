"""Messages follow from interactions' events, once each, and are seen to once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.domain.recording_name import recording_name
from callcenter.storage.database import writing
from callcenter.storage.history import store_events
from callcenter.storage.voicemails import SqlVoicemails

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FIRST = InteractionId("018f0000-0000-7000-8000-000000000001")
SECOND = InteractionId("018f0000-0000-7000-8000-000000000002")


def left(interaction: InteractionId, at: datetime, file: str | None = None) -> list[InteractionEvent]:
    """A call whose caller left a message."""
    data: dict[str, FieldValue] = {
        "file": file or recording_name(interaction, epoch=1, session=1, step=4),
        "mailbox": "support",
        "seconds": 12.3,
        "number": "+4930123456",
    }
    kinds: list[tuple[EventKind, dict[str, FieldValue]]] = [
        (EventKind.STARTED, {"call": "1.1", "called_number": "1", "calling_number": "+4930123456", "calling_name": ""}),
        (EventKind.ENDED, {"outcome": "left_in_ivr", "cause": "normal_clearing"}),
        (EventKind.VOICEMAIL_LEFT, data),
    ]
    return [
        InteractionEvent(interaction=interaction, seq=seq, at=at, kind=kind, data=values)
        for seq, (kind, values) in enumerate(kinds, start=1)
    ]


async def store(records: AsyncEngine, events: list[InteractionEvent]) -> None:
    async with writing(records, "test") as connection:
        await store_events(connection, events)


async def test_a_message_is_there_once_however_often_its_event_comes(records: AsyncEngine, tmp_path: Path) -> None:
    for _ in range(2):
        await store(records, left(FIRST, NOW))
    (one,) = await SqlVoicemails(records, tmp_path).voicemails(limit=10)
    assert (one.interaction, one.mailbox, one.seconds, one.number) == (FIRST, "support", 12.3, "+4930123456")
    assert (one.left_at, one.handled_at) == (NOW, None)


async def test_what_nobody_has_seen_to_comes_first_then_the_newest(records: AsyncEngine, tmp_path: Path) -> None:
    box = SqlVoicemails(records, tmp_path)
    await store(records, left(FIRST, NOW))
    await store(records, left(SECOND, NOW + timedelta(minutes=1)))
    newest, oldest = await box.voicemails(limit=10)
    assert newest.interaction == SECOND
    assert await box.handle(newest.voicemail, "sue", NOW)
    assert await box.handle(newest.voicemail, "ana", NOW + timedelta(hours=1)), "said twice: the first one stays"
    first, second = await box.voicemails(limit=10)
    assert (first.voicemail, second.voicemail) == (oldest.voicemail, newest.voicemail)
    assert (second.handled_by, second.handled_at) == ("sue", NOW)
    assert not await box.handle(999, "sue", NOW)


async def test_only_our_own_files_are_ever_given_out(records: AsyncEngine, tmp_path: Path) -> None:
    box = SqlVoicemails(records, tmp_path / "voicemail")
    (tmp_path / "voicemail").mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    await store(records, left(FIRST, NOW))
    await store(records, left(SECOND, NOW, file="../secret"))
    by = {one.interaction: one.voicemail for one in await box.voicemails(limit=10)}
    assert await box.audio(by[FIRST]) is None, "its file has gone"
    sound = tmp_path / "voicemail" / f"{recording_name(FIRST, epoch=1, session=1, step=4)}.wav"
    sound.write_bytes(b"RIFF")
    assert await box.audio(by[FIRST]) == sound
    assert await box.audio(by[SECOND]) is None
    assert await box.audio(999) is None
