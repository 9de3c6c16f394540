"""Watches the sessions behind open connections: one that ended, or whose person has another role, closes them all.

What this server ends itself closes at once; what another process ended (an administrator at another server, a person
disabled on the command line) is seen within the check interval, with one small query for all sessions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from aiohttp import web

from agent_desktop.web.permissions import UtcClock
from callcenter.api.records import Accounts, SessionRecord

log = structlog.get_logger(__name__)

Close = Callable[[], None]


class SessionWatch:
    """The open connections by session, each with the way to close it."""

    def __init__(self, accounts: Accounts, utc: UtcClock, *, every_s: float) -> None:
        self._accounts = accounts
        self._utc = utc
        self._every_s = every_s
        self._seen: set[str] = set()
        self._open: dict[str, tuple[SessionRecord, list[Close]]] = {}

    @contextmanager
    def watching(self, session: SessionRecord, close: Close) -> Iterator[None]:
        """Call `close` (at most once) when the session ends while this context is open."""
        _, closers = self._open.setdefault(session.session, (session, []))
        closers.append(close)
        try:
            yield
        finally:
            closers.remove(close)
            if not closers and self._open.get(session.session, (None, None))[1] is closers:
                del self._open[session.session]

    def ended(self, session: str) -> None:
        """A session was ended: close its connections now."""
        _, closers = self._open.pop(session, (None, []))
        for close in list(closers):
            close()

    def ended_all_of(self, person: str, *, but: str) -> None:
        """Every session of a person was ended but one: close their connections now."""
        for session, (record, _) in list(self._open.items()):
            if record.person.person == person and session != but:
                self.ended(session)

    def seen(self, secret: str) -> None:
        """Whose secret this is was at work just now, though no request says so: he gave a command on his socket."""
        self._seen.add(secret)

    async def run(self) -> None:
        """Look for ended sessions for ever."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.check()
            except Exception:  # bulkhead: while the records are away nobody is cut off in mid-call
                log.exception("sessions could not be checked")

    async def check(self) -> None:
        """Close the connections of sessions that have ended or whose person has another role now."""
        while self._seen:
            await self._accounts.session(self._seen.pop(), self._utc())
        if not self._open:
            return
        watched = list(self._open.items())
        roles = await self._accounts.roles()
        for session, (record, _) in watched:
            if roles.get(session) is not record.person.role:
                self.ended(session)


SESSIONS = web.AppKey("sessions", SessionWatch)
