"""Mailboxes in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from callcenter.api.voicemail import Voicemail, Voicemails


class FakeVoicemails(Voicemails):
    """`left` are the messages, `files` their sounds."""

    def __init__(self) -> None:
        self.left: list[Voicemail] = []
        self.files: dict[int, Path] = {}

    async def voicemails(self, *, limit: int) -> Sequence[Voicemail]:
        """Those that nobody has seen to first, then the newest."""
        newest = sorted(self.left, key=lambda one: one.left_at, reverse=True)
        return sorted(newest, key=lambda one: one.handled_at is not None)[:limit]

    async def audio(self, voicemail: int) -> Path | None:
        """The sound, if there is one."""
        return self.files.get(voicemail)

    async def handle(self, voicemail: int, person: str, now: datetime) -> bool:
        """The first one stays."""
        for place, one in enumerate(self.left):
            if one.voicemail == voicemail:
                if one.handled_at is None:
                    self.left[place] = replace(one, handled_at=now, handled_by=person)
                return True
        return False
