"""How long a recording is, said by its size: what the switch was still writing has a header that is not true."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest

from callcenter.asterisk.recording_files import RecordingFolder

NAME = "018f0000-0000-7000-8000-000000000001-3-1-4"


def sound(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(8_000)
        stream.writeframes(bytes(round(seconds * 16_000)))
    return file.getvalue()


async def test_a_recording_is_as_long_as_its_file(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path)
    Path(f"{folder.path(NAME)}.wav").write_bytes(sound(2.5))
    assert await folder.seconds(NAME) == 2.5


async def test_a_header_that_was_never_finished_is_not_believed(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path)
    Path(f"{folder.path(NAME)}.wav").write_bytes(sound(0) + bytes(16_000 * 3))
    assert await folder.seconds(NAME) == 3.0


@pytest.mark.parametrize("content", [b"", b"RIFF", b"hello"])
async def test_what_is_no_sound_has_no_length(tmp_path: Path, content: bytes) -> None:
    folder = RecordingFolder(tmp_path)
    (tmp_path / f"{NAME}.wav").write_bytes(content)
    assert await folder.seconds(NAME) is None


async def test_deleting_twice_is_deleting(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path)
    (tmp_path / f"{NAME}.wav").write_bytes(sound(1))
    await folder.delete(NAME)
    await folder.delete(NAME)
    assert await folder.seconds(NAME) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "a", f"{NAME}/x", f"{NAME}\n", "", f"{NAME}.wav"])
def test_no_other_name_is_a_recordings(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        RecordingFolder(tmp_path).path(name)
