"""What all messages are made of: their base, and the shapes of names, ids, days and texts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Note = Annotated[str, Field(max_length=20_000)]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""A calendar day as ISO 8601 writes it (``2026-03-31``): what contracts and invoices speak of, in no time zone."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217. Amounts are integers in its smallest unit (cents), so that no sum is ever rounded."""


class Message(BaseModel):
    """Base of all messages: immutable, nothing unknown in them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Message):
    """One sentence made by the platform, in each of its languages: who reads it takes his own."""

    en: str
    zh: str


class Tier(StrEnum):
    """How the firm ranks a customer."""

    STANDARD = "standard"
    GOLD = "gold"
    VIP = "vip"
