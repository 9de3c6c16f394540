"""What is said between the synthesis worker and its client: one JSON object a line, one job a connection.

→ ``{"text": "…", "voice": "en-us", "rate": 150, "key": "<40 hexadecimal digits>"}``
← ``{"begun": true}``, then ``{"ok": true, "seconds": 2.4}`` or ``{"ok": false, "error": "…"}``

The first line tells a job that waited from the one that was being done when a worker died: that one may be the reason.
"""

import json
import re
from dataclasses import dataclass, field

ENGINE = "espeak"
"""The engine's name, a part of every file's key."""

MAX_LINE = 32_768
"""Bytes of the longest line."""

_KEY = re.compile(r"[0-9a-f]{40}")


class ProtocolError(ValueError):
    """A line that is no request or no reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Speak a text and put the sound into the worker's directory, under the key.

    Attributes:
        text: What to speak, as it comes; the worker cleans it.
        voice: An espeak-ng voice, such as ``en-us``.
        rate: Words a minute, 80 to 450.
        key: The file's name without extension.
    """

    text: str = field(repr=False)
    voice: str
    rate: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of a job: the sound's length in seconds, or why there is none."""

    seconds: float = 0.0
    error: str | None = None


BEGUN = b'{"begun": true}\n'
"""What the worker says when it begins with a job."""


def encode_job(job: Job) -> bytes:
    """Return the line of a job."""
    return _line({"text": job.text, "voice": job.voice, "rate": job.rate, "key": job.key})


def decode_job(line: bytes) -> Job:
    """Read a job.

    Raises:
        ProtocolError: It is none.
    """
    match _object(line):
        case {"text": str(text), "voice": str(voice), "rate": int(rate), "key": str(key)} if (
            _KEY.fullmatch(key) and 80 <= rate <= 450
        ):
            return Job(text=text, voice=voice, rate=rate, key=key)
        case _:
            raise ProtocolError("no job")


def encode_reply(reply: Reply) -> bytes:
    """Return the line of a reply."""
    if reply.error is None:
        return _line({"ok": True, "seconds": reply.seconds})
    return _line({"ok": False, "error": reply.error})


def decode_reply(line: bytes) -> Reply:
    """Read a reply.

    Raises:
        ProtocolError: It is none.
    """
    match _object(line):
        case {"ok": True, "seconds": float(seconds) | int(seconds)}:
            return Reply(seconds=seconds)
        case {"ok": False, "error": str(error)}:
            return Reply(error=error)
        case _:
            raise ProtocolError("no reply")


def _line(content: dict[str, object]) -> bytes:
    return json.dumps(content).encode("ascii") + b"\n"


def _object(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("no JSON") from error
