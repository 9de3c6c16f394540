"""The connected desktops: who must be brought up to date by which change, and how soon.

An agent's own page is woken at once: the pop goes out in the same turn of the loop in which the report came in.
Pages that merely watch (queues on an agent's bar, the wallboard) are brought up to date a few at a time, at most twice
a second, so that five hundred of them never stand before a pop.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from aiohttp import web

from agent_desktop.config import Timing
from agent_desktop.live.encoding import Encoder
from agent_desktop.live.floor import Change, Floor
from agent_desktop.live.frames import ClosingReason
from agent_desktop.live.wallboard import Wallboard
from agent_desktop.web.presence import Presence
from callcenter.api.messages import DesktopDismissed

IN_ONE_GO = 16  # watching pages brought up to date before the loop is given back,
BREATH_S = 0.003  # for at least this long


class Desktop(Protocol):
    """One connected page."""

    agent: str | None  # none: a supervisor's
    desktop: str  # random id of this connection

    def wake(self) -> None:
        """Something changed that this page shows."""
        ...

    def close(self, why: ClosingReason) -> None:
        """Say goodbye and close."""
        ...


class Hub:
    """Knows every connected desktop; hears every change."""

    def __init__(self, floor: Floor, presence: Presence, timing: Timing) -> None:
        self.floor = floor
        self.wallboard = Wallboard(floor)
        self.encoder = Encoder()
        self._presence = presence
        self._timing = timing
        self._agents: dict[str, Desktop] = {}
        self._boards: set[Desktop] = set()
        self._watching: dict[Desktop, None] = {}  # in the order they became out of date
        self._changed_queues: set[str] = set()
        self._out_of_date = asyncio.Event()
        self._epoch = floor.epoch

    # -- connections -------------------------------------------------------------------------------------------------

    def add(self, desktop: Desktop) -> None:
        """A desktop connected. An older one of the same agent is told so, and closed: the newest counts."""
        if desktop.agent is None:
            self._boards.add(desktop)
            return
        older = self._agents.get(desktop.agent)
        self._agents[desktop.agent] = desktop
        self._presence.arrived(desktop.agent, desktop.desktop)
        if older is not None:
            older.close("signed_in_elsewhere")

    def remove(self, desktop: Desktop, *, for_good: bool = False) -> None:
        """A desktop's connection is gone."""
        self._boards.discard(desktop)
        self._watching.pop(desktop, None)
        if desktop.agent is None:
            return
        if self._agents.get(desktop.agent) is desktop:
            del self._agents[desktop.agent]
        self._presence.left(desktop.agent, desktop.desktop, for_good=for_good)

    def signed_off(self, agent: str) -> None:
        """An agent's work is ended, by himself or by a supervisor."""
        self._presence.signed_off(agent)

    def close_all(self) -> None:
        """The server ends: everybody is told to come back."""
        self._presence.stop()
        for desktop in (*self._agents.values(), *self._boards):
            desktop.close("going_away")

    # -- changes -----------------------------------------------------------------------------------------------------

    def changed(self, change: Change) -> None:
        """Wake who must know at once; note who must know soon."""
        mine = self._agents.get(change.agent) if change.agent is not None else None
        if mine is not None:
            mine.wake()
            self._presence.reconcile(self.floor.agents.get(change.agent or ""))
        if change.everybody:
            for desktop in self._agents.values():
                self._soon(desktop)
        elif change.queue is not None:
            self._changed_queues.add(change.queue)
            self._out_of_date.set()
        if change.board or change.everybody:
            for desktop in self._boards:
                self._soon(desktop)

    def dismissed(self, report: DesktopDismissed) -> None:
        """The agent signed in at another desktop server, or was signed off by a supervisor: close his desktop here."""
        mine = self._agents.get(report.agent)
        if mine is None or mine.desktop != report.desktop:
            return
        if report.by is not None:
            self.signed_off(report.agent)  # else he would be signed on again: his page is still here
        mine.close("signed_in_elsewhere" if report.by is None else "signed_off")

    def resynchronised(self) -> None:
        """A snapshot was taken: check that the CTI server knows who is connected here."""
        if self.floor.epoch != self._epoch:
            self._epoch = self.floor.epoch
            self._presence.sign_all_on()
        else:
            self._presence.reconcile(*self.floor.agents.values())

    def _soon(self, desktop: Desktop) -> None:
        self._watching[desktop] = None
        self._out_of_date.set()

    def _take_due(self) -> list[Desktop]:
        due, self._watching = self._watching, {}
        changed, self._changed_queues = self._changed_queues, set()
        for agent, desktop in self._agents.items() if changed else ():
            known = self.floor.agents.get(agent)
            if known is not None and not changed.isdisjoint(known.queues):
                due[desktop] = None
        return list(due)

    async def run(self) -> None:
        """Bring the watching pages up to date, until cancelled."""
        while True:
            await self._out_of_date.wait()
            self._out_of_date.clear()
            due = self._take_due()
            for first in range(0, len(due), IN_ONE_GO):
                for desktop in due[first : first + IN_ONE_GO]:
                    desktop.wake()
                await asyncio.sleep(BREATH_S)
            await asyncio.sleep(self._timing.board_every_s)


HUB = web.AppKey("hub", Hub)
