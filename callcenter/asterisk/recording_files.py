"""The folder into which Asterisk records callers: how long a message is, and its end."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import structlog

from callcenter.domain.recording_name import is_recording_name

log = structlog.get_logger(__name__)


class RecordingFolder:
    """The port `RecordingFiles` on a folder that Asterisk may write and we may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, file: str) -> str:
        """Return where the switch records this file, without extension. Raises `ValueError` for a foreign name."""
        return str(self._place(file).with_suffix(""))

    async def seconds(self, file: str) -> float | None:
        """Return how long a recording is; none when there is no such file, or it is no sound."""
        return await asyncio.to_thread(wav_seconds, self._place(file))

    async def delete(self, file: str) -> None:
        """Delete a recording; one that is not there is deleted."""
        try:
            await asyncio.to_thread(self._place(file).unlink, missing_ok=True)
        except OSError as error:
            log.warning("recording_not_deleted", file=file, why=error.strerror)

    def _place(self, file: str) -> Path:
        if not is_recording_name(file):
            raise ValueError("a recording's name is made of an interaction and numbers")
        return self._folder / f"{file}.wav"


def wav_seconds(path: Path) -> float | None:
    """Return the length of a WAV file by its size: the header of one that was cut short says nothing true."""
    try:
        with path.open("rb") as stream, wave.open(stream) as sound:
            frame, rate, begin = sound.getsampwidth() * sound.getnchannels(), sound.getframerate(), stream.tell()
            size = path.stat().st_size
    except (OSError, EOFError, wave.Error):
        return None
    return float(max(0, size - begin) / (frame * rate))
