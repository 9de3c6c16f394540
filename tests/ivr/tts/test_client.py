"""The client against workers that are scripted, over real Unix sockets."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from ivr.errors import SynthesisFailed
from ivr.tts.cache import SpeechCache
from ivr.tts.client import Voice, WorkerSynthesizer
from ivr.tts.protocol import BEGUN, Job, Reply, decode_job, encode_reply

Behaviour = Callable[[Job, int], bytes]
"""What a worker says to a job, given how many came before; then it is gone."""

DONE = BEGUN + encode_reply(Reply(seconds=1.0))
VOICES = {"en": Voice(name="en-us", rate=155), "cmn": Voice(name="cmn-latn-pinyin", rate=180)}


class ScriptedWorker:
    """A listening worker that does as it is told."""

    def __init__(self, socket: Path, directory: Path, behaviour: Behaviour, seconds: float = 0.0) -> None:
        self.socket = socket
        self.directory = directory
        self.jobs: list[Job] = []
        self._behaviour = behaviour
        self._seconds = seconds
        self._connections: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.append(writer)
        job = decode_job(await reader.readline())
        self.jobs.append(job)
        said = self._behaviour(job, len(self.jobs) - 1)
        await asyncio.sleep(self._seconds)
        if said == DONE:
            (self.directory / f"{job.key}.wav").write_bytes(b"sound")
        writer.write(said)
        writer.close()

    async def end(self) -> None:
        """Leave no connection behind, whatever is still to be sent on it."""
        for connection in self._connections:
            connection.transport.abort()
            await asyncio.sleep(0)


@asynccontextmanager
async def workers(
    directory: Path, *behaviours: Behaviour, seconds: float = 0.0, absent: int = 0
) -> AsyncIterator[tuple[list[ScriptedWorker], WorkerSynthesizer]]:
    """Some workers, `absent` others that are not there, and their client."""
    async with AsyncExitStack() as stack:
        short = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tts")))  # a Unix socket's path is short
        scripted = [
            ScriptedWorker(short / f"{number}", directory, behaviour, seconds)
            for number, behaviour in enumerate(behaviours)
        ]
        for one in scripted:
            await stack.enter_async_context(await asyncio.start_unix_server(one.serve, one.socket))
            stack.push_async_callback(one.end)
        yield (
            scripted,
            WorkerSynthesizer(
                sockets=[*(short / f"absent{number}" for number in range(absent)), *(one.socket for one in scripted)],
                cache=SpeechCache(directory, limit=10_000),
                voices=VOICES,
                deadline=0.5,
            ),
        )


def done(_job: Job, _before: int) -> bytes:
    return DONE


async def test_a_text_is_spoken_once_and_then_found(tmp_path: Path) -> None:
    async with workers(tmp_path, done) as ((worker,), client):
        path = await client.synthesize("Hello.", "en")
        assert path == str(tmp_path / client.key("Hello.", "en"))
        assert await client.synthesize("Hello.", "en-GB") == path
        assert await client.synthesize("Bye.", "en") != path
    assert [(job.text, job.voice, job.rate) for job in worker.jobs] == [
        ("Hello.", "en-us", 155),
        ("Bye.", "en-us", 155),
    ]


async def test_a_word_that_the_voice_misreads_is_given_to_it_as_it_is_said(tmp_path: Path) -> None:
    async with workers(tmp_path, done) as ((worker,), client):
        await client.synthesize("银行", "cmn")
    assert worker.jobs[0].text.strip() == "yin2hang2"


async def test_what_several_callers_need_at_once_is_spoken_once(tmp_path: Path) -> None:
    async with workers(tmp_path, done, seconds=0.05) as ((worker,), client), asyncio.TaskGroup() as callers:
        impatient = callers.create_task(client.synthesize("Hello.", "en"))
        others = [callers.create_task(client.synthesize("Hello.", "en")) for _ in range(5)]
        await asyncio.sleep(0.02)
        impatient.cancel()  # who hangs up leaves the others their prompt
    assert {other.result() for other in others} == {str(tmp_path / client.key("Hello.", "en"))}
    assert len(worker.jobs) == 2


async def test_jobs_go_to_the_worker_that_is_least_busy(tmp_path: Path) -> None:
    async with workers(tmp_path, done, done, seconds=0.02) as (two, client), asyncio.TaskGroup() as callers:
        for number in range(6):
            callers.create_task(client.synthesize(f"{number}", "en"))
    assert [len(worker.jobs) for worker in two] == [3, 3]


async def test_a_worker_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    async with workers(tmp_path, done, absent=2) as (_, client), asyncio.timeout(0.1):
        assert await client.synthesize("Hello.", "en")


async def test_a_worker_that_dies_before_its_turn_comes_is_asked_again(tmp_path: Path) -> None:
    async with workers(tmp_path, lambda _job, before: b"" if before < 4 else DONE) as ((worker,), client):
        assert await client.synthesize("Hello.", "en")
    assert len(worker.jobs) == 5


async def test_a_job_whose_worker_dies_is_given_to_another_once(tmp_path: Path) -> None:
    async with workers(tmp_path, lambda _job, before: BEGUN if before == 0 else DONE) as ((worker,), client):
        assert await client.synthesize("Hello.", "en")
    assert len(worker.jobs) == 2


async def test_a_text_that_workers_die_of_does_not_cost_a_third(tmp_path: Path) -> None:
    def poisoned(job: Job, _before: int) -> bytes:
        return BEGUN if job.text == "poison" else DONE

    async with workers(tmp_path, poisoned, poisoned) as (two, client):
        with pytest.raises(SynthesisFailed, match="die of this text") as failed:
            await client.synthesize("poison", "en")
        assert not failed.value.retryable
        assert sum(len(worker.jobs) for worker in two) == 2
        assert await client.synthesize("Hello.", "en")


@pytest.mark.parametrize("reply", [b"", b"\n", b"what?\n", b'{"ok": true}\n', b"x" * 100_000])
async def test_garbage_is_no_answer_and_is_given_up_in_time(tmp_path: Path, reply: bytes) -> None:
    async with workers(tmp_path, lambda _job, _before: reply) as (_, client):
        with pytest.raises(SynthesisFailed, match="in time") as failed:
            await client.synthesize("Hello.", "en")
    assert failed.value.retryable


async def test_workers_that_are_not_there_are_given_up_in_time(tmp_path: Path) -> None:
    async with workers(tmp_path, absent=2) as (_, client):
        with pytest.raises(SynthesisFailed, match="in time"):
            await client.synthesize("Hello.", "en")


async def test_a_refusal_is_told_and_not_asked_again(tmp_path: Path) -> None:
    refusal = BEGUN + encode_reply(Reply(error="nothing to say"))
    async with workers(tmp_path, lambda _job, _before: refusal) as ((worker,), client):
        with pytest.raises(SynthesisFailed, match="nothing to say") as failed:
            await client.synthesize("...", "en")
        with pytest.raises(SynthesisFailed, match="no voice for 'fr'"):
            await client.synthesize("Bonjour.", "fr")
    assert not failed.value.retryable
    assert len(worker.jobs) == 1


async def test_fixed_prompts_are_kept_when_room_is_needed(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, limit=0)
    client = WorkerSynthesizer(sockets=[tmp_path / "none"], cache=cache, voices=VOICES)
    fixed, other = client.key("Hello.", "en"), client.key("Bye.", "en")
    for key in (other, fixed):
        (tmp_path / f"{key}.wav").write_bytes(b"sound")
    client.keep([("Hello.", "en"), ("Bonjour.", "fr")])
    cache.add(other, 0.0)
    cache.add(fixed, 1_000.0)
    assert [file.stem for file in tmp_path.iterdir()] == [fixed]
