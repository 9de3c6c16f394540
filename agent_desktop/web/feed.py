"""The line from the CTI server: keeps the copy of the floor true, and says whom each report concerns."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from agent_desktop.config import Timing
from agent_desktop.live.floor import Change, Floor
from agent_desktop.web.words import Words
from callcenter.api.client import CtiClient, CtiUnavailable
from callcenter.api.messages import DesktopDismissed, ReportEnvelope

log = structlog.get_logger(__name__)

EVERYBODY = Change(everybody=True, board=True)


class Audience(Protocol):
    """Who must hear of changes."""

    def changed(self, change: Change) -> None:
        """The floor changed."""
        ...

    def dismissed(self, report: DesktopDismissed) -> None:
        """The agent signed in elsewhere, or was signed off; this desktop must close."""
        ...

    def resynchronised(self) -> None:
        """A snapshot was taken: check that the CTI server knows who is connected here."""
        ...


class Feed:
    """Reads reports and takes snapshots, for ever."""

    def __init__(
        self, client: CtiClient, floor: Floor, audience: Audience, timing: Timing, words: Words | None = None
    ) -> None:
        self._client = client
        self._floor = floor
        self._audience = audience
        self._timing = timing
        self._words = words
        self._words_wanted = False
        self._snapshot_wanted = asyncio.Event()
        self._heard = 0  # reports so far

    async def run(self) -> None:
        """Follow the CTI server until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="cti: reports")
            tasks.create_task(self._keep_whole(), name="cti: snapshots")

    async def _listen(self) -> None:
        while True:
            try:
                async for envelope in self._client.reports():
                    self._take(envelope)
            except Exception:  # bulkhead: one adapter loop
                log.exception("reports of the CTI server could not be read")
            self._snapshot_wanted.set()
            await asyncio.sleep(self._timing.cti_retry_s)

    def _take(self, envelope: ReportEnvelope | None) -> None:
        if envelope is None:
            self._snapshot_wanted.set()
            return
        self._heard += 1
        change = self._floor.apply(envelope)
        self._audience.changed(change)
        if isinstance(envelope.report, DesktopDismissed):
            self._audience.dismissed(envelope.report)
        self._words_wanted = self._words_wanted or change.words
        if change.gap or change.words:
            self._snapshot_wanted.set()

    async def _keep_whole(self) -> None:
        while True:
            await self._snapshot_wanted.wait()
            self._snapshot_wanted.clear()
            await self._read_words()
            if not await self._refresh():
                self._snapshot_wanted.set()
                await asyncio.sleep(self._timing.cti_retry_s)

    async def _read_words(self) -> None:
        """Read labels before the snapshot that goes with them; if they cannot be read, the old ones stay."""
        if self._words_wanted and self._words is not None:
            self._words_wanted = False
            if await self._words.read_again():
                self._floor.words_changed()

    async def _refresh(self) -> bool:
        heard = self._heard
        self._floor.expect_snapshot()
        doubt = asyncio.get_running_loop().call_later(self._timing.cti_doubt_s, self._doubt, heard)
        try:
            snapshot = await self._client.snapshot()
        except CtiUnavailable:
            self._doubt(heard)
            return False
        except Exception:  # bulkhead: one adapter loop
            log.exception("no snapshot could be taken of the CTI server")
            self._doubt(heard)
            return False
        finally:
            doubt.cancel()
        self._floor.load(snapshot)
        self._audience.changed(EVERYBODY)
        self._audience.resynchronised()
        return True

    def _doubt(self, heard: int) -> None:
        """The snapshot is late: unless reports came meanwhile, the CTI server is away."""
        if heard == self._heard and self._floor.link.cti_up:
            log.warning("the CTI server is away")
            self._floor.fall_silent()
            self._audience.changed(EVERYBODY)
