"""MediaControl over AsyncAGI: Asterisk itself plays to a caller who is in the IVR, and records what he says.

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
from functools import partial

import structlog

from callcenter.asterisk import actions
from callcenter.asterisk.actions import Action
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

MARGIN = 5.0
"""Seconds after its longest time in which a recording must have been reported as ended."""

_RESULT = re.compile(r"200 result=(-?\d+)")


STOP_AGAIN = 0.1
"""Seconds until a stop is said again. Asterisk looks for AGI commands once a frame, or every 100 ms while the caller
sends no audio: a stop that comes between the command and the file's first frame stops nothing."""


class _Playing:
    """One prompt, or one recording, on one call: the file of the moment, and whether somebody wants it to end."""

    def __init__(self, *, is_recording: bool = False) -> None:
        self.is_recording = is_recording
        self.command_id = ""
        self.file_end: asyncio.Future[bool] | None = None  # True when the file was played, or recorded
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
    """Plays and records. `handle` must be given every event of the link before others act on it.

    `tone` is the file (absolute, without extension) that is heard before a recording.
    """

    def __init__(
        self,
        connection: Callable[[], AmiConnection],
        command_id: Callable[[], str],
        *,
        tone: str,
        longest_file: float = LONGEST_FILE,
    ) -> None:
        self._connection = connection
        self._command_id = command_id
        self._tone = tone
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
                played = await self._run(call, playing, partial(actions.stream_file, call, file), self._longest_file)
                if not played:
                    return PlayOutcome.STOPPED if playing.is_stopped() else PlayOutcome.FAILED
                if playing.is_stopped():
                    return PlayOutcome.STOPPED
        finally:
            if self._playing.get(call) is playing:
                del self._playing[call]
        return PlayOutcome.FINISHED

    async def stop(self, call: CallId) -> None:
        """Stop what is playing at once; nothing playing is no error.

        A recording cannot be stopped from here, only by the caller's own keys and silence, or by taking him elsewhere.
        """
        playing = self._playing.get(call)
        if playing is None or playing.is_recording:
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

    async def play_music(self, call: CallId) -> None:
        """Let the caller hear music until a prompt is played or he is taken elsewhere."""
        try:
            await self._connection().request(actions.start_music(call, self._command_id()))
        except ExternalFailure as failure:
            log.info("music_refused", call=call, reason=str(failure))

    async def record(self, call: CallId, file: str, *, longest: float, silence: float, end_keys: str) -> bool:
        """Sound a tone and record into `file`; return whether it ended by itself (see the port)."""
        await self.stop(call)
        recording = self._playing[call] = _Playing(is_recording=True)

        def command(command_id: str) -> Action:
            return actions.record_file(call, file, command_id, longest=longest, silence=silence, end_keys=end_keys)

        try:
            tone = partial(actions.stream_file, call, self._tone)
            return await self._run(call, recording, tone, self._longest_file) and await self._run(
                call, recording, command, longest + MARGIN
            )
        finally:
            if self._playing.get(call) is recording:
                del self._playing[call]

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

    async def _run(self, call: CallId, playing: _Playing, command: Callable[[str], Action], longest: float) -> bool:
        """Send one command and wait for its end; return whether it ended well."""
        playing.command_id = self._command_id()
        playing.file_end = asyncio.get_running_loop().create_future()
        try:
            await self._connection().request(command(playing.command_id))
            async with asyncio.timeout(longest):
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
