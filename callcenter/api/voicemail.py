"""Messages that callers have left, as the desktops see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """One message. It is *handled* once somebody has seen to it."""

    voicemail: int
    interaction: str
    mailbox: str  # a queue's name
    left_at: datetime
    seconds: float
    number: str  # the caller's, as the network told it; may be empty
    customer: str | None
    handled_at: datetime | None
    handled_by: str | None  # a person's sign-in name


class Voicemails(Protocol):
    """The mailboxes of all queues."""

    async def voicemails(self, *, limit: int) -> Sequence[Voicemail]:
        """Return the messages, those that nobody has seen to first, then the newest."""
        ...

    async def audio(self, voicemail: int) -> Path | None:
        """Return the sound file of a message; none when there is no such message, or its file has gone."""
        ...

    async def handle(self, voicemail: int, person: str, now: datetime) -> bool:
        """Note who has seen to a message; the first one stays. Say whether there is such a message."""
        ...
