"""Asterisk as one part: the link, the translator, and the two ports, joined to an `EventSink`.

The order after each login: everything that Asterisk says is held back, the snapshot is read, the sink is told
`SwitchConnected` with it, then what was held back is translated on top of the snapshot. So the sink sees one coherent
story: the truth of a moment, and what followed. Facts that the snapshot knew already are recognised as such.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from callcenter.asterisk import actions
from callcenter.asterisk.connection import AmiConnection, AmiLink
from callcenter.asterisk.media import AsteriskMedia
from callcenter.asterisk.messages import AmiEvent, QueueMember, Shutdown
from callcenter.asterisk.snapshot import Ending, read_snapshot
from callcenter.asterisk.switch import AsteriskSwitch
from callcenter.asterisk.translator import Translator
from callcenter.config import AsteriskSettings
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.events import SwitchConnected, SwitchDisconnected, SwitchEvent
from callcenter.ports import EventSink

log = structlog.get_logger(__name__)

RESYNC_PAUSE = 5.0
"""Least seconds between two snapshots taken because of messages that could not be believed."""


class AsteriskAdapter:
    """Runs the link to one Asterisk. `switch` and `media` may be used at any time; without a link they refuse.

    `nonce` makes unguessable ids (one for each connection, one for each prompt), `jitter` draws between two bounds
    (`random.Random().uniform`). Both are handed in so that a test can hold them still. `tone` is the sound before a
    recording.
    """

    def __init__(
        self,
        *,
        settings: AsteriskSettings,
        secret: str,
        sink: EventSink,
        nonce: Callable[[], str],
        jitter: Callable[[float, float], float],
        tone: str,
    ) -> None:
        self._sink = sink
        self._translator = Translator()
        self._link = AmiLink(
            host=settings.host,
            port=settings.ami_port,
            user=settings.ami_user,
            secret=secret,
            nonce=nonce,
            jitter=jitter,
            on_event=self._on_event,
            on_up=self._on_up,
            on_down=self._on_down,
            on_quarantine=self._on_quarantine,
        )
        self._ending = Ending()
        self.switch = AsteriskSwitch(lambda: self._link.connection, trunk=settings.outbound_trunk, ending=self._ending)
        self.media = AsteriskMedia(lambda: self._link.connection, nonce, tone=tone)
        self._group: asyncio.TaskGroup | None = None
        self._held_back: list[AmiEvent] | None = []
        self._told = False  # the sink believes the link to be up
        self._stopping = False
        self._timer: asyncio.TimerHandle | None = None
        self._resync: asyncio.TimerHandle | None = None
        self._resynced = float("-inf")

    async def run(self) -> None:
        """Keep the link for ever; ends by cancellation. Raises `LoginRefused` when the first login is refused."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                await self._link.run()
        finally:
            self._group = None
            for timer in (self._timer, self._resync):
                if timer is not None:
                    timer.cancel()

    def resynchronise(self) -> None:
        """Read everything back and tell the sink, in order with the facts around it; without a link, at its return."""
        if self._held_back is None:  # else it is being read already
            self._resynchronise()

    # -- told by the link ----------------------------------------------------------------------------------------

    def _on_up(self, connection: AmiConnection) -> None:
        self._stopping = False
        self._synchronise(connection)

    def _on_down(self, reason: str) -> None:
        self._held_back = []
        self.media.link_lost()
        if self._resync is not None:
            self._resync.cancel()
            self._resync = None
        if self._told:
            self._told = False
            self._sink.put(SwitchDisconnected(switch_stopped=self._stopping))
        log.info("switch_link_down", reason=reason, switch_stopped=self._stopping)

    def _on_event(self, event: AmiEvent) -> None:
        if isinstance(event, Shutdown):
            self._stopping = True
        self.media.handle(event)
        self._ending.handle(event)
        if self._held_back is not None:
            self._held_back.append(event)
        else:
            self._translate(event)

    def _on_quarantine(self) -> None:
        """A message was not believed, so a fact may be missing or another may be a lie: let a snapshot tell."""
        if self._resync is None:
            loop = asyncio.get_running_loop()
            self._resync = loop.call_at(max(loop.time(), self._resynced + RESYNC_PAUSE), self._resynchronise)

    # -- inside --------------------------------------------------------------------------------------------------

    def _resynchronise(self) -> None:
        self._resync = None
        try:
            self._synchronise(self._link.connection)
        except ExternalFailure:
            log.debug("resynchronisation_left_to_reconnect")

    def _synchronise(self, connection: AmiConnection) -> None:
        self._resynced = asyncio.get_running_loop().time()
        if self._held_back is None:
            self._held_back = []
        if self._group is not None:
            self._group.create_task(self._read(connection), name="switch snapshot")

    async def _read(self, connection: AmiConnection) -> None:
        try:
            snapshot, bridges = await read_snapshot(connection, self._ending.so_far())
            (members,) = await connection.request(actions.QUEUE_STATUS, deadline=15.0)
        except ExternalFailure as failure:
            connection.close(f"no snapshot: {failure}")
            return
        if not connection.alive:
            return
        self.switch.learn_members(item for item in members.items if isinstance(item, QueueMember))
        self._translator.reset(snapshot, bridges)
        self._told = True
        self._sink.put(SwitchConnected(snapshot=snapshot))
        held_back, self._held_back = self._held_back or [], None
        for event in held_back:
            self._translate(event)

    def _translate(self, event: AmiEvent) -> None:
        self._put(self._translator.handle(event, asyncio.get_running_loop().time()))

    def _put(self, events: list[SwitchEvent]) -> None:
        for event in events:
            self._sink.put(event)
        self._set_timer()

    def _set_timer(self) -> None:
        deadline = self._translator.next_deadline()
        if self._timer is not None:
            if self._timer.when() == deadline:
                return
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._timer = asyncio.get_running_loop().call_at(deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._put(self._translator.handle_timer(asyncio.get_running_loop().time()))
