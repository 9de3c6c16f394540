"""Tells the CTI server which agents have a desktop here: signed on when it connects, gone when it stays away.

What must be told is kept per agent until the CTI server has taken it; only the newest counts, and never are two
messages about one agent on their way, so that an old one cannot overtake.
"""

from __future__ import annotations

import asyncio

import structlog

from agent_desktop.config import Timing
from callcenter.api.client import CtiClient, CtiUnavailable
from callcenter.api.messages import AgentLive, DesktopGone, Refused, SignOn

log = structlog.get_logger(__name__)

AT_ONCE = 8  # messages to the CTI server on their way


class Presence:
    """The agents whose desktops are connected here, and those that may come back."""

    def __init__(self, client: CtiClient, timing: Timing) -> None:
        self._client = client
        self._timing = timing
        self._desktops: dict[str, str] = {}  # agent: id of the connection
        self._away: dict[str, asyncio.TimerHandle] = {}
        self._untold: dict[str, SignOn | DesktopGone] = {}
        self._on_the_way: set[str] = set()
        self._something = asyncio.Event()

    # -- facts about connections --------------------------------------------------------------------------------

    def arrived(self, agent: str, desktop: str) -> None:
        """A desktop connected; an older one of this agent counts no more."""
        self._forget_departure(agent)
        self._desktops[agent] = desktop
        self._tell(SignOn(agent=agent, desktop=desktop))

    def left(self, agent: str, desktop: str, *, for_good: bool = False) -> None:
        """A desktop's connection is gone: it has its grace to come back, unless it is known not to."""
        if self._desktops.get(agent) != desktop:
            return
        del self._desktops[agent]
        if for_good:
            self._gone(agent, desktop)
            return
        loop = asyncio.get_running_loop()
        self._away[agent] = loop.call_later(self._timing.gone_after_s, self._gone, agent, desktop)

    def signed_off(self, agent: str) -> None:
        """The agent's work is ended: the connection may stay, but it is no place of work any more."""
        self._desktops.pop(agent, None)
        self._untold.pop(agent, None)
        self._forget_departure(agent)

    def reconcile(self, *agents: AgentLive | None) -> None:
        """Sign on again whom the CTI server does not know as connected: it was restarted, or lost a message."""
        for known in agents:
            if known is not None and not known.desktop_connected and known.agent in self._desktops:
                self._tell(SignOn(agent=known.agent, desktop=self._desktops[known.agent]))

    def sign_all_on(self) -> None:
        """Say of every desktop that it is here: another CTI server took over."""
        for agent, desktop in self._desktops.items():
            self._tell(SignOn(agent=agent, desktop=desktop))

    def stop(self) -> None:
        """The server ends: its desktops come back to the next one, so nobody is reported gone."""
        for timer in self._away.values():
            timer.cancel()
        self._away.clear()

    # -- telling -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell the CTI server until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(AT_ONCE):
                tasks.create_task(self._messenger(), name=f"presence: {number}")

    def _gone(self, agent: str, desktop: str) -> None:
        self._away.pop(agent, None)
        self._tell(DesktopGone(agent=agent, desktop=desktop))

    def _forget_departure(self, agent: str) -> None:
        timer = self._away.pop(agent, None)
        if timer is not None:
            timer.cancel()

    def _tell(self, message: SignOn | DesktopGone) -> None:
        self._untold[message.agent] = message
        self._something.set()

    def _next(self) -> SignOn | DesktopGone | None:
        for agent in self._untold:
            if agent not in self._on_the_way:
                return self._untold.pop(agent)
        return None

    async def _messenger(self) -> None:
        while True:
            message = self._next()
            if message is None:
                self._something.clear()
                await self._something.wait()
                continue
            self._on_the_way.add(message.agent)
            taken = await self._told(message)
            if not taken:
                self._untold.setdefault(message.agent, message)
                await asyncio.sleep(self._timing.cti_retry_s)
            self._on_the_way.discard(message.agent)
            self._something.set()

    async def _told(self, message: SignOn | DesktopGone) -> bool:
        try:
            reply = await self._client.request(message)
        except CtiUnavailable:
            return False
        except Exception:  # bulkhead: one adapter loop
            log.exception("the CTI server could not be told", message=message.type, agent=message.agent)
            return False
        if isinstance(reply, Refused):
            log.warning("the CTI server refused", message=message.type, agent=message.agent, code=reply.code)
        return True
