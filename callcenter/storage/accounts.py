"""Who may sign in, and who is: passwords and sessions, for the desktop."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.records import Accounts, Person, Role, SessionRecord
from callcenter.domain.errors import ExternalFailure, Refusal, RequestRefused
from callcenter.ports import Clock
from callcenter.storage.database import can_hold, reading, writing
from callcenter.storage.passwords import Passwords
from callcenter.storage.tables import agents, people, sessions
from callcenter.storage.threads import Threads

SEEN_SECONDS = 30  # how exactly `last_seen_at` is kept: not every request is a write


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """When a session ends by itself: not seen for `idle`, or older than `absolute`."""

    idle: timedelta = timedelta(hours=12)
    absolute: timedelta = timedelta(hours=16)


class SqlAccounts(Accounts):
    """The accounts port on SQL."""

    def __init__(
        self, engine: AsyncEngine, threads: Threads, passwords: Passwords, clock: Clock, limits: SessionLimits
    ) -> None:
        self._engine = engine
        self._threads = threads
        self._passwords = passwords
        self._clock = clock
        self._limits = limits

    # -- passwords ----------------------------------------------------------------------------------------------

    async def verify(self, person: str, password: str) -> Person | None:
        """Return the person if he is active and the password is right. Takes the same time for unknown people."""
        row = await self._account(person) if can_hold(person) else None
        verdict = await self._passwords.verify(None if row is None else row.password_hash, password)
        if row is None or not verdict.right:
            return None
        if verdict.outdated:
            await self._store_hash(person, await self._passwords.hash(password), replacing=row.password_hash)
        return _person(row)

    async def set_password(self, person: str, password: str) -> None:
        """Store a new password and end every session of the person; who changed it opens a new one."""
        await self._replace_password(person, password, must_change=False)

    async def reset_password(self, person: str, password: str) -> None:
        """Store a password that must be changed at the next sign-in, and end every session of the person."""
        await self._replace_password(person, password, must_change=True)

    # -- sessions -----------------------------------------------------------------------------------------------

    async def open_session(self, person: str, now: datetime) -> str:
        """Return the secret of a new session (256 random bits, URL-safe); only its SHA-256 is stored."""
        secret = secrets.token_urlsafe(32)
        async with writing(self._engine, "opening a session") as connection:
            await connection.execute(delete(sessions).where(~self._alive(now)))
            await connection.execute(
                insert(sessions).values(
                    session=secrets.token_hex(8),
                    secret_sha256=_digest(secret),
                    person=person,
                    created_at=now,
                    last_seen_at=now,
                )
            )
        return secret

    async def session(self, secret: str, now: datetime) -> SessionRecord | None:
        """Return the session if it lives and its person is active, and note that it was seen."""
        # In one turn of a thread, for every request begins with it.
        wanted = {
            "digest": _digest(secret),
            "seen_after": now - self._limits.idle,
            "created_after": now - self._limits.absolute,
        }
        row: Row[Any] | None = await self._threads.read(
            "reading a session", lambda connection: connection.execute(_LIVE_SESSION, wanted).one_or_none()
        )
        if row is None:
            return None
        found = _session(row)
        if now - found.last_seen_at >= timedelta(seconds=SEEN_SECONDS):
            await self._note_seen(found.session, now)
        return found

    async def _note_seen(self, session: str, now: datetime) -> None:
        """Note that a session was seen. While others hold the records it is noted with one of its next requests."""
        mine = and_(sessions.c.session == session, sessions.c.last_seen_at < now)
        try:
            async with writing(self._engine, "noting that a session was seen") as connection:
                await connection.execute(update(sessions).where(mine).values(last_seen_at=now))
        except ExternalFailure as failure:
            if not failure.retryable:
                raise

    async def close_session(self, session: str) -> None:
        """End one session."""
        async with writing(self._engine, "closing a session") as connection:
            await connection.execute(delete(sessions).where(sessions.c.session == session))

    async def sessions(self, person: str | None = None) -> Sequence[SessionRecord]:
        """Return the live sessions, of one person or of all, oldest first."""
        query = _SESSION.where(people.c.active, self._alive(self._clock.utc())).order_by(sessions.c.created_at)
        if person is not None:
            query = query.where(sessions.c.person == person)
        async with reading(self._engine, "reading the sessions") as connection:
            return tuple(_session(row) for row in (await connection.execute(query)).all())

    async def roles(self) -> Mapping[str, Role]:
        """Return the live sessions, each with its person's role now: two columns, for it is asked all the time."""
        query = (
            select(sessions.c.session, people.c.role)
            .join(people, people.c.person == sessions.c.person)
            .where(people.c.active, self._alive(self._clock.utc()))
        )
        async with reading(self._engine, "reading the sessions' roles") as connection:
            return {session: Role(role) for session, role in (await connection.execute(query)).all()}

    # -- within -------------------------------------------------------------------------------------------------

    async def _account(self, person: str) -> Row[Any] | None:
        query = _PERSON.add_columns(people.c.password_hash).where(people.c.person == person, people.c.active)
        async with reading(self._engine, "reading an account") as connection:
            return (await connection.execute(query)).one_or_none()

    async def _replace_password(self, person: str, password: str, *, must_change: bool) -> None:
        hashed = await self._passwords.hash(password)
        async with writing(self._engine, "storing a password") as connection:
            mine = update(people).where(people.c.person == person)
            changed = await connection.execute(mine.values(password_hash=hashed, must_change_password=must_change))
            if changed.rowcount == 0:
                raise RequestRefused(Refusal.OPERATION, "unknown_person", f"there is no {person}")
            await connection.execute(delete(sessions).where(sessions.c.person == person))

    async def _store_hash(self, person: str, hashed: str, *, replacing: str) -> None:
        async with writing(self._engine, "storing a password's hash") as connection:
            mine = and_(people.c.person == person, people.c.password_hash == replacing)
            await connection.execute(update(people).where(mine).values(password_hash=hashed))

    def _alive(self, now: datetime) -> ColumnElement[bool]:
        return and_(
            sessions.c.last_seen_at > now - self._limits.idle, sessions.c.created_at > now - self._limits.absolute
        )


_PERSON: Select[Any] = select(
    people.c.person,
    people.c.name,
    people.c.role,
    people.c.language,
    people.c.must_change_password,
    agents.c.agent,
    agents.c.device,
).outerjoin(agents, agents.c.agent == people.c.person)

_SESSION = _PERSON.add_columns(sessions.c.session, sessions.c.created_at, sessions.c.last_seen_at).join(
    sessions, sessions.c.person == people.c.person
)

_LIVE_SESSION = _SESSION.where(
    sessions.c.secret_sha256 == bindparam("digest"),
    people.c.active,
    sessions.c.last_seen_at > bindparam("seen_after"),
    sessions.c.created_at > bindparam("created_after"),
)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _person(row: Row[Any]) -> Person:
    return Person(
        person=row.person,
        name=row.name,
        role=Role(row.role),
        agent=row.agent,
        device=row.device,
        language=row.language,
        must_change_password=row.must_change_password,
    )


def _session(row: Row[Any]) -> SessionRecord:
    return SessionRecord(
        session=row.session, person=_person(row), created_at=row.created_at, last_seen_at=row.last_seen_at
    )
