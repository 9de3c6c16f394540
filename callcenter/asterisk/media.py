"""MediaControl over AsyncAGI: Asterisk itself plays the files of a prompt to a caller who is in the IVR.

A file that cannot be played ends the AGI session, and the dialplan begins another at once; in between Asterisk takes
commands and runs them never, or later. So a failure is told when the new session is there.

An AGI action is answered twice: at once, "queued", and by `AsyncAgiExec` when the command has *finished*. The second
may never come: Asterisk queues commands for callers who have left AsyncAGI as well, and forgets running ones when a
caller is taken away. So every command ends by the first of: its own result, news that the caller left, its deadline.

Files are sent one after the other, each when the one before has ended: what was queued could not be taken back when
a key stops the prompt. The gap is that of one frame. Keys are not read here; the translator reports them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

import structlog

from callcenter.asterisk import actions
from callcenter.asterisk.connection import AmiConnection
from callcenter.asterisk.messages import (
    AmiEvent,
    AsyncAgiEnd,
    AsyncAgiExec,
    AsyncAgiStart,
    BridgeEnter,
    Hangup,
    UserEvent,
)
from callcenter.asterisk.protocol import ActionRefused, LinkDown
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import CallId
from callcenter.ports import PlayOutcome

log = structlog.get_logger(__name__)

LONGEST_FILE = 120.0
"""Seconds; a file that has not ended by then is given up."""

_RESULT = re.compile(r"200 result=(-?\d+)")


STOP_AGAIN = 0.1
"""Seconds until a stop is said again. Asterisk looks for AGI commands once a frame, or every 100 ms while the caller
sends no audio: a stop that comes between the command and the file's first frame stops nothing."""


class _Playing:
    """One prompt on one call: the file of the moment, and whether somebody wants it to end."""

    def __init__(self) -> None:
        self.command_id = ""
        self.file_end: asyncio.Future[bool] | None = None  # True when the file was played
        self.stopped = False
        self.failed = False  # the file could not be played, which ended the AGI session

    def end(self, *, played: bool) -> None:
        if self.file_end is not None and not self.file_end.done():
            self.file_end.set_result(played)

    def is_stopped(self) -> bool:
        return self.stopped

    def is_busy(self) -> bool:
        return self.file_end is not None and not self.file_end.done()

    async def over(self, *, within: float) -> None:
        """Wait for the end of the file, but no longer than `within` seconds."""
        if self.file_end is not None:
            await asyncio.wait([self.file_end], timeout=within)


class AsteriskMedia:
    """Plays prompts. `handle` must be given every event of the link before others act on it."""

    def __init__(
        self,
        connection: Callable[[], AmiConnection],
        command_id: Callable[[], str],
        *,
        longest_file: float = LONGEST_FILE,
    ) -> None:
        self._connection = connection
        self._command_id = command_id
        self._longest_file = longest_file
        self._playing: dict[CallId, _Playing] = {}

    async def play(self, call: CallId, files: Sequence[str]) -> PlayOutcome:
        """Play files (absolute, without extension) one after the other; return when done, stopped or failed.

        A new prompt takes the place of one that is still being played on the same call, whose outcome is STOPPED.
        """
        await self.stop(call)
        playing = self._playing[call] = _Playing()
        try:
            for file in files:
                played = await self._play_one(call, playing, file)
                if not played:
                    return PlayOutcome.STOPPED if playing.is_stopped() else PlayOutcome.FAILED
                if playing.is_stopped():
                    return PlayOutcome.STOPPED
        finally:
            if self._playing.get(call) is playing:
                del self._playing[call]
        return PlayOutcome.FINISHED

    async def stop(self, call: CallId) -> None:
        """Stop what is playing at once; nothing playing is no error."""
        playing = self._playing.get(call)
        if playing is None:
            return
        if playing.is_stopped():  # somebody is stopping it; a prompt that began now would be stopped with it
            await playing.over(within=self._longest_file)
            return
        playing.stopped = True
        while playing.is_busy():
            try:
                await self._connection().request(actions.stop_playback(call))
            except ActionRefused:
                pass  # not playing yet, or just over; that the caller has gone would end the prompt by itself
            except LinkDown:
                return
            await playing.over(within=STOP_AGAIN)

    def handle(self, event: AmiEvent) -> None:
        """Learn what became of commands and callers."""
        match event:
            case AsyncAgiExec():
                playing = self._playing.get(CallId(event.uniqueid))
                if playing is not None and playing.command_id == event.command_id:
                    if _was_played(event.result):
                        playing.end(played=True)
                    else:
                        playing.failed = True  # told when the caller is back: a command sent now would be lost
            case AsyncAgiEnd():
                playing = self._playing.get(CallId(event.uniqueid))
                if playing is not None and not playing.failed:
                    playing.end(played=False)
            case AsyncAgiStart() | UserEvent() | BridgeEnter() | Hangup():
                self._end(CallId(event.uniqueid))
            case _:
                pass

    def link_lost(self) -> None:
        """End all waiting: what becomes of the prompts is unknown."""
        for call in list(self._playing):
            self._end(call)

    # -- inside --------------------------------------------------------------------------------------------------

    def _end(self, call: CallId) -> None:
        playing = self._playing.get(call)
        if playing is not None:
            playing.end(played=False)

    async def _play_one(self, call: CallId, playing: _Playing, file: str) -> bool:
        playing.command_id = self._command_id()
        playing.file_end = asyncio.get_running_loop().create_future()
        try:
            await self._connection().request(actions.stream_file(call, file, playing.command_id))
            async with asyncio.timeout(self._longest_file):
                return await playing.file_end
        except ExternalFailure as failure:
            log.info("prompt_refused", call=call, reason=str(failure))
        except TimeoutError:
            log.warning("prompt_without_end", call=call)
        finally:
            playing.end(played=False)  # whoever waits for the end of what was given up waits no longer
        return False


def _was_played(result: str) -> bool:
    """``200 result=0 endpos=N`` is a file that ended or was stopped; -1 a missing file, or a caller who hung up."""
    match = _RESULT.match(result)
    return match is not None and int(match[1]) >= 0
