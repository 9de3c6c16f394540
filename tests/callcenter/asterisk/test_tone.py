"""The tone before a recording is a sound file that Asterisk plays."""

from __future__ import annotations

import io
import wave

from callcenter.asterisk.tone import RATE, SECONDS, tone_wave


def test_tone_is_telephone_sound_that_begins_and_ends_softly() -> None:
    with wave.open(io.BytesIO(tone_wave())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        frames = file.readframes(file.getnframes())
    samples = memoryview(frames).cast("h")
    assert len(samples) == round(RATE * SECONDS)
    assert max(samples) > 7_000
    assert abs(samples[1]) < 200
    assert abs(samples[-1]) < 200
