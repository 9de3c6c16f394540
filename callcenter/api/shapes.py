"""What all messages are made of: their base, and the shapes of names, ids and texts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Note = Annotated[str, Field(max_length=20_000)]


class Message(BaseModel):
    """Base of all messages: immutable, nothing unknown in them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
