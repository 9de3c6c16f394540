"""The tone before a recording, made by ourselves: Asterisk's own is in a package that not every installation has."""

from __future__ import annotations

import io
import math
import struct
import wave

RATE = 8_000
HERTZ = 1_000
SECONDS = 0.3
_LOUDNESS = 8_000
_FADE = RATE // 100  # 10 ms at both ends, so that it does not click

NAME = "tone"
"""Its name in the folder of rendered prompts, without extension."""


def tone_wave() -> bytes:
    """Return the tone as a WAV file: 8 kHz, mono, 16 bit."""
    length = round(RATE * SECONDS)
    samples = [
        round(
            _LOUDNESS * min(1.0, place / _FADE, (length - place) / _FADE) * math.sin(2 * math.pi * HERTZ * place / RATE)
        )
        for place in range(length)
    ]
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(struct.pack(f"<{length}h", *samples))
    return file.getvalue()
