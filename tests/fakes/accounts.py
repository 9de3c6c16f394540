"""People and sessions in memory."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from callcenter.api.records import Accounts, Person, Role, SessionRecord


def person(name: str, role: Role = Role.AGENT, **others: Any) -> Person:
    """Return somebody who may sign in; an agent has himself as agent and a device."""
    agent = role is Role.AGENT
    made = Person(
        person=name,
        name=name.title(),
        role=role,
        agent=name if agent else None,
        device=f"phone-{name}" if agent else None,
        language="en",
        must_change_password=False,
    )
    return replace(made, **others)


class FakeAccounts(Accounts):
    """Passwords in clear, sessions in a dict. `down` makes everything fail, `verified` counts evaluated passwords."""

    def __init__(self, *, idle: timedelta = timedelta(hours=12), absolute: timedelta = timedelta(hours=16)) -> None:
        self.people: dict[str, Person] = {}
        self.passwords: dict[str, str] = {}
        self.down = False
        self.verified = 0
        self._idle = idle
        self._absolute = absolute
        self._sessions: dict[str, SessionRecord] = {}  # by secret
        self._number = 0
        self._now = datetime.min.replace(tzinfo=UTC)

    # -- what the test arranges ---------------------------------------------------------------------------------

    def add(self, who: Person, password: str) -> Person:
        self.people[who.person] = who
        self.passwords[who.person] = password
        return who

    def change(self, name: str, **fields: Any) -> None:
        """Change a person, as an administrator at another server would."""
        self.people[name] = replace(self.people[name], **fields)

    # -- the port ------------------------------------------------------------------------------------------------

    async def verify(self, person: str, password: str) -> Person | None:
        self._check()
        self.verified += 1
        right = person in self.people and secrets.compare_digest(self.passwords[person], password)
        return self.people[person] if right else None

    async def set_password(self, person: str, password: str) -> None:
        self._check()
        self.passwords[person] = password
        self.people[person] = replace(self.people[person], must_change_password=False)
        self._sessions = {key: record for key, record in self._sessions.items() if record.person.person != person}

    async def open_session(self, person: str, now: datetime) -> str:
        self._check()
        secret = secrets.token_urlsafe(32)
        self._number += 1
        self._sessions[secret] = SessionRecord(
            session=f"session-{self._number}", person=self.people[person], created_at=now, last_seen_at=now
        )
        return secret

    async def session(self, secret: str, now: datetime) -> SessionRecord | None:
        self._check()
        self._now = max(self._now, now)
        record = self._sessions.get(secret)
        if record is None or not self._lives(record):
            return None
        record = replace(record, person=self.people[record.person.person], last_seen_at=now)
        self._sessions[secret] = record
        return record

    async def close_session(self, session: str) -> None:
        self._check()
        self._sessions = {key: record for key, record in self._sessions.items() if record.session != session}

    async def sessions(self, person: str | None = None) -> Sequence[SessionRecord]:
        self._check()
        return [
            replace(record, person=self.people[record.person.person])
            for record in self._sessions.values()
            if self._lives(record) and person in (None, record.person.person)
        ]

    def _lives(self, record: SessionRecord) -> bool:
        return self._now < record.created_at + self._absolute and self._now < record.last_seen_at + self._idle

    def _check(self) -> None:
        if self.down:
            raise ConnectionRefusedError("the fake records are away")
