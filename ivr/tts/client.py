"""Speech from the synthesis worker: the `SpeechSynthesizer` of real calls."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import SynthesisFailed
from ivr.prompts.catalog import speech_key
from ivr.tts.cache import SpeechCache
from ivr.tts.lexicon import as_read
from ivr.tts.protocol import ENGINE, MAX_LINE, Job, Reply, decode_reply, encode_job


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """An espeak-ng voice, such as ``en-us``, and how fast it speaks, in words a minute (80 to 450)."""

    name: str
    rate: int


DEFAULT_VOICES: Mapping[str, Voice] = {
    "en": Voice(name="en-us", rate=155),
    # Not the voice "cmn": espeak-ng 1.51 speaks its tones as English numbers ("nǐ-three hǎo-three", espeak-ng #1028).
    # At 180 it says four syllables a second, as people do.
    "cmn": Voice(name="cmn-latn-pinyin", rate=180),
}
"""The voice of each language."""

_RETRY_SECONDS = 0.05


class WorkerSynthesizer:
    """Asks the worker, and the cache before it.

    A worker that dies in the middle of a job is asked again once it is back, until the deadline: a job does the
    same thing however often it is done.

    Args:
        socket: Where the worker listens.
        cache: The worker's directory.
        voices: A voice for each language.
        deadline: Seconds until a job is given up.
    """

    def __init__(
        self,
        *,
        socket: Path,
        cache: SpeechCache,
        voices: Mapping[str, Voice] = DEFAULT_VOICES,
        deadline: float = 3.0,
    ) -> None:
        self._socket = socket
        self._cache = cache
        self._voices = voices
        self._deadline = deadline

    def key(self, text: str, language: str) -> str:
        """Return the key of a text spoken in a language.

        Raises:
            SynthesisFailed: There is no voice for the language.
        """
        voice = self._voice(language)
        return speech_key(engine=ENGINE, voice=voice.name, rate=voice.rate, text=as_read(text, voice.name))

    async def synthesize(self, text: str, language: str) -> str:
        """Return the sound file of `text` spoken in `language`: an absolute path without extension.

        Raises:
            SynthesisFailed: The text cannot be spoken, or the worker did not do it in time.
        """
        clock = asyncio.get_running_loop().time
        key = self.key(text, language)
        if (cached := self._cache.find(key, clock())) is not None:
            return cached
        voice = self._voice(language)
        job = Job(text=as_read(text, voice.name), voice=voice.name, rate=voice.rate, key=key)
        try:
            async with asyncio.timeout(self._deadline):
                reply = await self._persist(job)
        except TimeoutError:
            raise SynthesisFailed("the speech worker did not answer in time", retryable=True) from None
        if reply.error is not None:
            raise SynthesisFailed(reply.error, retryable=False)
        return self._cache.add(key, clock())

    def _voice(self, language: str) -> Voice:
        voice = self._voices.get(language) or self._voices.get(language.partition("-")[0])
        if voice is None:
            raise SynthesisFailed(f"there is no voice for {language!r}", retryable=False)
        return voice

    async def _persist(self, job: Job) -> Reply:
        while True:
            try:
                return await self._ask(job)
            except (OSError, ValueError):  # it is not there, went away in the middle, or says what is no reply
                await asyncio.sleep(_RETRY_SECONDS)

    async def _ask(self, job: Job) -> Reply:
        reader, writer = await asyncio.open_unix_connection(self._socket, limit=MAX_LINE)
        try:
            writer.write(encode_job(job))
            await writer.drain()
            return decode_reply(await reader.readline())
        finally:
            writer.close()
