"""Which sound stands for an utterance: a recording made by a person, or a file synthesised under a key.

A recording replaces exactly one text in one language. Everything else is spoken by a synthesiser, whose files
are named by what they contain: the same words by the same voice are the same file, everywhere and for ever.
"""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.prompts.prompt import Utterance

_LATIN_LETTERS_PER_SECOND = 9.0
_OTHER_LETTERS_PER_SECOND = 3.0
_DIGITS_PER_SECOND = 1.4
_PAUSE_SECONDS = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A sound file that replaces a text.

    Attributes:
        file: The file's name without extension, relative to the directory of recordings.
        seconds: How long it plays.
    """

    file: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The recordings of a flow, by what they replace."""

    recordings: Mapping[Utterance, Recording] = field(default_factory=dict)

    def recording(self, utterance: Utterance) -> Recording | None:
        """Return the recording that replaces the utterance, or None: it is to be synthesised."""
        return self.recordings.get(utterance)

    def longest_seconds(self, utterance: Utterance) -> float:
        """Return a time within which the utterance is surely over: a recording's length, or an upper estimate."""
        recording = self.recordings.get(utterance)
        return recording.seconds if recording else longest_speech(utterance.text)


def speech_key(*, engine: str, voice: str, rate: int, text: str) -> str:
    """Return the file name (40 hexadecimal digits) of a text spoken by an engine's voice at a rate (words a minute)."""
    # Each part is preceded by its length, so that no two different quadruples join to the same string.
    joined = "".join(f"{len(part)}:{part}" for part in (engine, voice, str(rate), text))
    return hashlib.sha256(joined.encode("utf-8", errors="replace")).hexdigest()[:40]


@functools.lru_cache(maxsize=1_024)
def longest_speech(text: str) -> float:
    """Return an upper estimate, in seconds, of speaking a text at an unhurried 130 words a minute or faster."""
    seconds = 1.0
    for character in text:
        if character.isdigit():
            seconds += 1 / _DIGITS_PER_SECOND
        elif character in ".,;:!?。，；：！？、":
            seconds += _PAUSE_SECONDS
        elif character.isascii() or character.isspace():
            seconds += 1 / _LATIN_LETTERS_PER_SECOND
        else:
            seconds += 1 / _OTHER_LETTERS_PER_SECOND
    return seconds
