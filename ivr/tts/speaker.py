"""pyttsx3 with espeak-ng, made dependable: one text in, one finished sound file out.

The engine is global to its process and belongs to one thread; two threads end the process. Where it goes wrong
it does not fail, it waits for ever: whoever calls `Speaker.speak` must keep a watchdog.
"""

import errno
import os
import time
import wave
from pathlib import Path

import numpy as np
import pyttsx3
import soxr

_TELEPHONE_HZ = 8_000
_WIDEBAND_HZ = 16_000
_POLL_SECONDS = 0.005
_ATTEMPTS = 5
_SCRATCH = ".speaking-"  # followed by the process and what the file is for


class UnspeakableError(ValueError):
    """A job that cannot be done, now or later: an unknown voice, or nothing to say."""


class Speaker:
    """The one speech engine of this process; to be made and used in one thread.

    Args:
        directory: Where the sound files go. Made if missing, readable by everyone: the switch is another user.
        wideband: Write a 16 kHz file (``.wav16``) beside each 8 kHz one (``.wav``).
    """

    def __init__(self, directory: Path, *, wideband: bool = False) -> None:
        self._directory = directory
        self._wideband = wideband
        self._scratch = directory / f"{_SCRATCH}{os.getpid()}.engine"
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        for stale in directory.glob(f"{_SCRATCH}*"):
            owner = stale.stem.removeprefix(_SCRATCH)
            if not Path("/proc", owner).exists() or owner == str(os.getpid()):  # else another worker is at it
                stale.unlink(missing_ok=True)
        self._engine = pyttsx3.init("espeak")
        self._endings: list[bool] = []  # of the running job: was it completed
        self._engine.connect("finished-utterance", self._on_finished)
        self._synthesize("ready")  # loads the engine's data, so that the first caller does not wait for it
        self._voices = [str(voice.id) for voice in self._engine.getProperty("voices")]

    def speak(self, text: str, *, voice: str, rate: int, key: str) -> float:
        """Speak a text into ``<directory>/<key>.wav`` (8 kHz, mono, 16 bits); return its length in seconds.

        The file appears complete or not at all.

        Args:
            text: Clean text, see `ivr.prompts.speakable`.
            voice: The identifier of a voice, or its last part: ``gmw/en-us`` or ``en-us``.
            rate: Words a minute.
            key: The file's name without extension; trusted to be a plain name.

        Raises:
            UnspeakableError: There is no such voice, or the text gives no sound.
            OSError: The files cannot be written.
        """
        if not text:
            raise UnspeakableError("nothing to say")
        self._select(voice)
        self._engine.setProperty("rate", rate)
        hertz, samples = self._synthesize(text)
        if not len(samples):
            raise UnspeakableError("the engine gave no sound")
        if self._wideband:
            self._write(key + ".wav16", samples, hertz, _WIDEBAND_HZ)
        self._write(key + ".wav", samples, hertz, _TELEPHONE_HZ)
        return len(samples) / hertz

    def _select(self, voice: str) -> None:
        # The engine takes an unknown voice without a word and speaks on with the one it had.
        wanted = voice.lower()
        known = [name for name in self._voices if name == wanted or name.rpartition("/")[2] == wanted]
        if not known:
            raise UnspeakableError("there is no such voice")
        self._engine.setProperty("voice", known[0])
        if self._engine.getProperty("voice") != known[0]:
            raise UnspeakableError("the engine does not take this voice")

    def _synthesize(self, text: str) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.int16]]]:
        """Return the engine's sample rate and samples."""
        for _ in range(_ATTEMPTS):
            # If the engine cannot open its file it loses the error and waits for ever, so the file is opened first.
            self._scratch.write_bytes(b"")
            self._endings.clear()
            self._engine.save_to_file(text, str(self._scratch))
            self._engine.runAndWait()
            # The first runAndWait of a process returns before its file is written; the event tells the truth.
            while not self._endings:
                time.sleep(_POLL_SECONDS)
            # A job that follows very closely on another may be broken off by the end of that one.
            if self._endings[-1]:
                return self._read_scratch()
        raise OSError(errno.EIO, "the engine broke off")

    def _on_finished(self, *, completed: bool, **_details: object) -> None:
        self._endings.append(completed)

    def _read_scratch(self) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.int16]]]:
        with wave.open(str(self._scratch), "rb") as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
            hertz, promised = file.getframerate(), file.getnframes()
        self._scratch.unlink()
        if len(samples) != promised:  # the engine keeps its failure to write, on a full disk, to itself
            raise OSError(errno.EIO, "the engine wrote half a file")
        return hertz, samples

    def _write(
        self, name: str, samples: np.ndarray[tuple[int], np.dtype[np.int16]], from_hertz: int, to_hertz: int
    ) -> None:
        scratch = self._scratch.with_suffix(f".{to_hertz}")
        with wave.open(str(scratch), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(to_hertz)
            file.writeframes(soxr.resample(samples, from_hertz, to_hertz).tobytes())
        scratch.chmod(0o644)
        scratch.replace(self._directory / name)
