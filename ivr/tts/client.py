"""Speech from the synthesis workers: the `SpeechSynthesizer` of real calls."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import SynthesisFailed
from ivr.prompts.catalog import speech_key
from ivr.tts.cache import SpeechCache
from ivr.tts.lexicon import as_read
from ivr.tts.protocol import BEGUN, ENGINE, MAX_LINE, Job, Reply, decode_reply, encode_job


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

_PAUSE_SECONDS = 0.05
"""How long to wait for a worker that is not there: the supervisor starts it again within some tenths of a second."""

_MAX_DEATHS = 2
"""How many workers a job may cost: one may die of anything, two in the same job died of it."""


class WorkerSynthesizer:
    """Asks the workers, and the cache before them.

    A job whose worker dies is given to another, or to the same once it is back, until the deadline: a job does the same
    thing however often it is done. What several callers need at once is spoken once.

    Args:
        sockets: Where the workers listen.
        cache: The workers' directory.
        voices: A voice for each language.
        deadline: Seconds until a job is given up.
    """

    def __init__(
        self,
        *,
        sockets: Sequence[Path],
        cache: SpeechCache,
        voices: Mapping[str, Voice] = DEFAULT_VOICES,
        deadline: float = 3.0,
    ) -> None:
        self._jobs = dict.fromkeys(sockets, 0)  # how many each worker has
        self._cache = cache
        self._voices = voices
        self._deadline = deadline
        self._at_work: dict[str, asyncio.Event] = {}  # by key: set when the job is over

    def key(self, text: str, language: str) -> str:
        """Return the key of a text spoken in a language.

        Raises:
            SynthesisFailed: There is no voice for the language.
        """
        return self._job(text, language).key

    def keep(self, utterances: Iterable[tuple[str, str]]) -> None:
        """Keep the files of these texts (each with its language) until this is called again; others may make room."""
        self._cache.pin(self.key(text, language) for text, language in utterances if self._voice(language))

    async def synthesize(self, text: str, language: str) -> str:
        """Return the sound file of `text` spoken in `language`: an absolute path without extension.

        Raises:
            SynthesisFailed: The text cannot be spoken, or no worker did it in time.
        """
        clock = asyncio.get_running_loop().time
        job = self._job(text, language)
        try:
            async with asyncio.timeout(self._deadline):
                while (cached := self._cache.find(job.key, clock())) is None:
                    if (others := self._at_work.get(job.key)) is not None:
                        await others.wait()
                        continue
                    self._at_work[job.key] = over = asyncio.Event()
                    try:
                        await self._have_done(job)
                        return self._cache.add(job.key, clock())
                    finally:
                        del self._at_work[job.key]
                        over.set()
        except TimeoutError:
            raise SynthesisFailed("no speech worker did it in time", retryable=True) from None
        return cached

    def _job(self, text: str, language: str) -> Job:
        voice = self._voice(language)
        if voice is None:
            raise SynthesisFailed(f"there is no voice for {language!r}", retryable=False)
        read = as_read(text, voice.name)
        key = speech_key(engine=ENGINE, voice=voice.name, rate=voice.rate, text=read)
        return Job(text=read, voice=voice.name, rate=voice.rate, key=key)

    def _voice(self, language: str) -> Voice | None:
        return self._voices.get(language) or self._voices.get(language.partition("-")[0])

    async def _have_done(self, job: Job) -> None:
        """Have the job done by whichever worker is there, the least busy first."""
        deaths, absent = 0, set[Path]()
        while deaths < _MAX_DEATHS:
            socket = min(self._jobs.keys() - absent or self._jobs, key=self._jobs.__getitem__)
            self._jobs[socket] += 1
            try:
                reply = await self._ask(socket, job)
            except _WorkerDied:
                deaths += 1
            except (OSError, ValueError):  # it is not there, went away before it began, or says what is no reply
                absent.add(socket)
                if len(absent) == len(self._jobs):
                    absent.clear()
                    await asyncio.sleep(_PAUSE_SECONDS)
            else:
                if reply.error is not None:
                    raise SynthesisFailed(reply.error, retryable=False)
                return
            finally:
                self._jobs[socket] -= 1
        raise SynthesisFailed("speech workers die of this text", retryable=False)

    async def _ask(self, socket: Path, job: Job) -> Reply:
        reader, writer = await asyncio.open_unix_connection(socket, limit=MAX_LINE)
        try:
            writer.write(encode_job(job))
            await writer.drain()
            line = await reader.readline()
            if line != BEGUN:
                return decode_reply(line)
            try:
                return decode_reply(await reader.readline())
            except (OSError, ValueError) as error:
                raise _WorkerDied from error
        finally:
            writer.close()


class _WorkerDied(Exception):
    """A worker began with a job, and was gone before it was done."""
