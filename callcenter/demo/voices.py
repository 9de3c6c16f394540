"""What simulated people say, spoken by espeak-ng."""

from __future__ import annotations

import asyncio

import numpy as np
import soxr

VOICES = {"en": "en-us+m3", "zh": "cmn-latn-pinyin+f2"}
"""Language to voice."""


async def spoken(text: str, language: str) -> bytes:
    """Speak a sentence: 16-bit samples at 8 kHz. Raises `OSError`."""
    espeak = await asyncio.create_subprocess_exec(
        *("espeak-ng", "-v", VOICES[language], "-s", "150", "--stdout", text),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    wave, _ = await espeak.communicate()
    return _to_8_khz(wave)


def _to_8_khz(wave: bytes) -> bytes:
    samples = np.frombuffer(wave[44:], dtype="<i2").astype(np.float32) / 32_768
    resampled = soxr.resample(samples, 22_050, 8_000)
    encoded: bytes = (np.clip(resampled, -1, 1) * 32_767).astype("<i2").tobytes()
    return encoded
