"""The client against a worker that is scripted, over a real Unix socket."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ivr.errors import SynthesisFailed
from ivr.tts.cache import SpeechCache
from ivr.tts.client import Voice, WorkerSynthesizer
from ivr.tts.protocol import Job, Reply, decode_job, encode_reply

Behaviour = Callable[[Job, int], bytes | None]
"""What a worker replies to a job, given how many came before; None: it dies in the middle of it."""


class ScriptedWorker:
    """A listening worker that does as it is told."""

    def __init__(self, socket: Path, directory: Path, behaviour: Behaviour) -> None:
        self.socket = socket
        self.directory = directory
        self.jobs: list[Job] = []
        self._behaviour = behaviour

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        job = decode_job(await reader.readline())
        self.jobs.append(job)
        reply = self._behaviour(job, len(self.jobs) - 1)
        if reply is not None:
            (self.directory / f"{job.key}.wav").write_bytes(b"sound")
            writer.write(reply)
        writer.close()


@asynccontextmanager
async def worker(directory: Path, behaviour: Behaviour) -> AsyncIterator[tuple[ScriptedWorker, WorkerSynthesizer]]:
    with tempfile.TemporaryDirectory(prefix="tts") as short:  # a Unix socket's path is short
        scripted = ScriptedWorker(Path(short) / "socket", directory, behaviour)
        client = WorkerSynthesizer(
            socket=scripted.socket,
            cache=SpeechCache(directory, limit=10_000),
            voices={"en": Voice(name="en-us", rate=155)},
            deadline=0.5,
        )
        async with await asyncio.start_unix_server(scripted.serve, scripted.socket):
            yield scripted, client


def done(_job: Job, _before: int) -> bytes | None:
    return encode_reply(Reply(seconds=1.0))


async def test_a_text_is_spoken_once_and_then_found(tmp_path: Path) -> None:
    async with worker(tmp_path, done) as (scripted, client):
        path = await client.synthesize("Hello.", "en")
        assert path == str(tmp_path / client.key("Hello.", "en"))
        assert await client.synthesize("Hello.", "en-GB") == path
        assert await client.synthesize("Bye.", "en") != path
    assert [(job.text, job.voice, job.rate) for job in scripted.jobs] == [
        ("Hello.", "en-us", 155),
        ("Bye.", "en-us", 155),
    ]


async def test_a_worker_that_dies_in_the_middle_is_asked_again(tmp_path: Path) -> None:
    async with worker(tmp_path, lambda job, before: None if before < 2 else done(job, before)) as (scripted, client):
        assert await client.synthesize("Hello.", "en")
    assert len(scripted.jobs) == 3


@pytest.mark.parametrize("reply", [b"", b"\n", b"what?\n", b'{"ok": true}\n', b"x" * 100_000])
async def test_garbage_is_no_answer_and_is_given_up_in_time(tmp_path: Path, reply: bytes) -> None:
    async with worker(tmp_path, lambda _job, _before: reply) as (_, client):
        with pytest.raises(SynthesisFailed, match="in time") as failed:
            await client.synthesize("Hello.", "en")
    assert failed.value.retryable


async def test_a_worker_that_is_not_there_is_given_up_in_time(tmp_path: Path) -> None:
    client = WorkerSynthesizer(socket=tmp_path / "none", cache=SpeechCache(tmp_path, limit=1), deadline=0.1)
    with pytest.raises(SynthesisFailed, match="in time"):
        await client.synthesize("Hello.", "en")


async def test_a_refusal_is_told_and_not_asked_again(tmp_path: Path) -> None:
    async with worker(tmp_path, lambda _job, _before: encode_reply(Reply(error="nothing to say"))) as (
        scripted,
        client,
    ):
        with pytest.raises(SynthesisFailed, match="nothing to say") as failed:
            await client.synthesize("...", "en")
        with pytest.raises(SynthesisFailed, match="no voice for 'fr'"):
            await client.synthesize("Bonjour.", "fr")
    assert not failed.value.retryable
    assert len(scripted.jobs) == 1
