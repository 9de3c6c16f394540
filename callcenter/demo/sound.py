"""What a simulated telephone sends: speech, silence and keys as one piece of sound, G.711 µ-law at 8 kHz.

Keys are tones in the sound (ITU-T Q.23), for an ordinary user's SIPp streams files and cannot send keys as events: it
plays captures with them through raw sockets, which are root's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

RATE = 8_000
_SILENCE = b"\xff"
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)  # Hertz
_TONES = {
    key: (low, high)
    for low, keys in zip(_ROWS, ("123A", "456B", "789C", "*0#D"), strict=True)
    for high, key in zip(_COLUMNS, keys, strict=True)
}
_KEY_SECONDS = 0.1
_VOLUME = 8_000  # of each of the two tones


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Silence."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Sound: 16-bit samples at 8 kHz."""

    samples: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys, 100 ms each with 100 ms between them."""

    keys: str


def sound(parts: Iterable[Pause | Speech | Keys]) -> bytes:
    """Return the parts, one after the other."""
    pieces: list[bytes] = []
    for part in parts:
        match part:
            case Pause():
                pieces.append(_silence(part.seconds))
            case Speech():
                pieces.append(mu_law(part.samples))
            case Keys():
                for key in part.keys:
                    pieces += (mu_law(_tones(*_TONES[key])), _silence(_KEY_SECONDS))
    return b"".join(pieces)


def mu_law(samples: bytes) -> bytes:
    """Encode 16-bit samples (native order) as G.711 µ-law."""
    linear = np.frombuffer(samples, dtype="<i2").astype(np.int32)
    sign = np.where(linear < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(linear), 32635) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    encoded: bytes = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()
    return encoded


def _silence(seconds: float) -> bytes:
    return _SILENCE * round(seconds * RATE)


def _tones(low: int, high: int) -> bytes:
    turns = 2 * np.pi * np.arange(round(_KEY_SECONDS * RATE)) / RATE
    both: bytes = (_VOLUME * (np.sin(low * turns) + np.sin(high * turns))).astype("<i2").tobytes()
    return both
