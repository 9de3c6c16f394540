"""Records a desktop server reads by itself, so that no query touches the CTI server's loop.

People and sessions are here, and customers at a glance; all about customers is in `customer_records`.

The real ones are in `callcenter.storage`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from callcenter.api.card import CustomerCard


class RecordsFailed(Exception):
    """The records, or what works on files for them, cannot be had now. The message holds no customer's data."""


class Role(StrEnum):
    """What a person may do. A person has exactly one."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in. `agent` and `device` are set for agents only."""

    person: str  # sign-in name, a configured name
    name: str
    role: Role
    agent: str | None
    device: str | None
    language: str  # "en" or "zh"
    must_change_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One signed-in browser."""

    session: str  # id for lists and revocation; not the secret
    person: Person
    created_at: datetime
    last_seen_at: datetime


class Accounts(Protocol):
    """Who may sign in, and who is."""

    async def verify(self, person: str, password: str) -> Person | None:
        """Return the person if the password is right. Takes the same time for unknown people."""
        ...

    async def set_password(self, person: str, password: str) -> None:
        """Store a new password (argon2id) and end every session of the person; who changed it is given a new one."""
        ...

    async def open_session(self, person: str, now: datetime) -> str:
        """Return the secret of a new session (256 random bits, URL-safe); only its SHA-256 is stored."""
        ...

    async def session(self, secret: str, now: datetime) -> SessionRecord | None:
        """Return the session if it lives (inactivity and absolute limits) and note that it was seen."""
        ...

    async def close_session(self, session: str) -> None:
        """End one session."""
        ...

    async def sessions(self, person: str | None = None) -> Sequence[SessionRecord]:
        """Return the live sessions, of one person or of all."""
        ...

    async def roles(self) -> Mapping[str, Role]:
        """Return the live sessions, each with its person's role now; cheap enough to be asked every second."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads or changes customers' records: it decides which fields are shown, and stands in the history."""

    person: str
    role: Role


class Records(Protocol):
    """Customers at a glance."""

    async def customer(self, customer: str) -> CustomerCard | None:
        """Return one customer with the last interactions; of a merged one, the customer it has become."""
        ...
