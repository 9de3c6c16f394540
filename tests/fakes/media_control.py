"""Prompts without sound: what is played is written down, and ends when the test says so, or at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from callcenter.domain.ids import CallId
from callcenter.ports import MediaControl, PlayOutcome


class FakeMediaControl(MediaControl):
    """With `at_once`, every prompt is over as soon as it began; else `finish`, `fail` or `stop` ends it."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.played: list[tuple[CallId, tuple[str, ...]]] = []
        self.music: list[CallId] = []
        self.recorded: list[tuple[CallId, str]] = []
        self.missing: set[str] = set()  # files that cannot be played
        self._recording: set[CallId] = set()
        self._at_once = at_once
        self._playing: dict[CallId, asyncio.Future[PlayOutcome]] = {}

    async def play(self, call: CallId, files: Sequence[str]) -> PlayOutcome:
        """Play; a new prompt takes the place of the one before it."""
        await self.stop(call)
        self.played.append((call, tuple(files)))
        if self.missing.intersection(files):
            return PlayOutcome.FAILED
        if self._at_once:
            return PlayOutcome.FINISHED
        ending: asyncio.Future[PlayOutcome] = asyncio.get_running_loop().create_future()
        self._playing[call] = ending
        try:
            return await ending
        finally:
            if self._playing.get(call) is ending:
                del self._playing[call]

    async def stop(self, call: CallId) -> None:
        """Stop what is playing; a recording goes on."""
        if call not in self._recording:
            self._end(call, PlayOutcome.STOPPED)

    async def play_music(self, call: CallId) -> None:
        """Music from now on."""
        self.music.append(call)

    async def record(self, call: CallId, file: str, *, longest: float, silence: float, end_keys: str) -> bool:
        """Record until `finish` (it ended by itself), or `fail` (the caller left)."""
        await self.stop(call)
        self.recorded.append((call, file))
        if self._at_once:
            return True
        ending: asyncio.Future[PlayOutcome] = asyncio.get_running_loop().create_future()
        self._playing[call] = ending
        self._recording.add(call)
        try:
            return await ending is PlayOutcome.FINISHED
        finally:
            self._recording.discard(call)
            if self._playing.get(call) is ending:
                del self._playing[call]

    def is_playing(self, call: CallId) -> bool:
        """Tell whether a prompt is being played."""
        return call in self._playing

    def finish(self, call: CallId) -> None:
        """The prompt was played to its end."""
        self._end(call, PlayOutcome.FINISHED)

    def fail(self, call: CallId) -> None:
        """The prompt broke off, or the caller left the IVR; give this to `FakeSwitch` as `left_ivr`."""
        self._end(call, PlayOutcome.FAILED)

    def _end(self, call: CallId, outcome: PlayOutcome) -> None:
        ending = self._playing.pop(call, None)
        if ending is not None and not ending.done():
            ending.set_result(outcome)
