"""Who may sign in, in memory and with passwords in the clear."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from callcenter.api.records import Accounts, Person, Role, SessionRecord
from callcenter.ports import Clock


class FakeAccounts(Accounts):
    """`add` somebody with a password; sessions end after `idle` and `absolute`."""

    def __init__(
        self, clock: Clock, *, idle: timedelta = timedelta(hours=12), absolute: timedelta = timedelta(hours=16)
    ) -> None:
        self._clock = clock
        self._idle = idle
        self._absolute = absolute
        self._people: dict[str, Person] = {}
        self._passwords: dict[str, str] = {}
        self._inactive: set[str] = set()
        self._sessions: dict[str, SessionRecord] = {}  # by secret

    def add(self, person: Person, password: str) -> None:
        self._people[person.person] = person
        self._passwords[person.person] = password

    def deactivate(self, person: str) -> None:
        self._inactive.add(person)

    async def verify(self, person: str, password: str) -> Person | None:
        right = self._passwords.get(person) == password and person not in self._inactive
        return self._people.get(person) if right else None

    async def set_password(self, person: str, password: str) -> None:
        self._passwords[person] = password
        self._people[person] = dataclasses.replace(self._people[person], must_change_password=False)
        self._sessions = {key: one for key, one in self._sessions.items() if one.person.person != person}

    async def open_session(self, person: str, now: datetime) -> str:
        secret = secrets.token_urlsafe(32)
        self._sessions[secret] = SessionRecord(
            session=secrets.token_hex(8), person=self._people[person], created_at=now, last_seen_at=now
        )
        return secret

    async def session(self, secret: str, now: datetime) -> SessionRecord | None:
        found = self._sessions.get(secret)
        if found is None or not self._lives(found, now):
            return None
        self._sessions[secret] = dataclasses.replace(found, last_seen_at=now)
        return dataclasses.replace(found, person=self._people[found.person.person])

    async def close_session(self, session: str) -> None:
        self._sessions = {key: one for key, one in self._sessions.items() if one.session != session}

    async def sessions(self, person: str | None = None) -> Sequence[SessionRecord]:
        now = self._clock.utc()
        return tuple(
            one
            for one in sorted(self._sessions.values(), key=lambda one: one.created_at)
            if self._lives(one, now) and person in (None, one.person.person)
        )

    async def roles(self) -> Mapping[str, Role]:
        return {one.session: self._people[one.person.person].role for one in await self.sessions()}

    def _lives(self, one: SessionRecord, now: datetime) -> bool:
        recent = now - one.last_seen_at < self._idle and now - one.created_at < self._absolute
        return recent and one.person.person not in self._inactive
