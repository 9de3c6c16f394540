"""The real worker: espeak-ng through pyttsx3 in a process of its own."""

import asyncio
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import SynthesisFailed
from ivr.prompts.catalog import longest_speech
from ivr.tts.cache import SpeechCache
from ivr.tts.client import DEFAULT_VOICES, Voice, WorkerSynthesizer
from ivr.tts.lexicon import as_read
from ivr.tts.render import fixed_utterances, render_flow
from tests.ivr.flows import ROOT, shipped_flow

pytestmark = pytest.mark.integration


HANGING = """
import ivr.tts.worker, threading
ivr.tts.worker.Speaker.speak = lambda *_, **__: threading.Event().wait()
ivr.tts.worker.main()
"""


class Worker:
    """A worker process that can be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "socket"
        self.sounds = directory / "sounds"
        self.process = self.start()

    def start(
        self, program: str = "import ivr.tts.worker; ivr.tts.worker.main()", *, job_seconds: float = 20
    ) -> "subprocess.Popen[bytes]":
        self.socket.unlink(missing_ok=True)  # one that was killed leaves it behind
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "--socket", self.socket, "--directory", self.sounds,
             "--wideband", "--job-seconds", str(job_seconds)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        while not self.socket.exists():  # it appears once the engine is ready
            assert self.process.poll() is None, "the worker did not start"
            time.sleep(0.02)
        return self.process

    def stop(self) -> tuple[bytes, bytes]:
        self.process.terminate()
        return self.process.communicate(timeout=10)

    def client(self, *, voices: dict[str, Voice] | None = None, deadline: float = 10.0) -> WorkerSynthesizer:
        return WorkerSynthesizer(
            sockets=[self.socket],
            cache=SpeechCache(self.sounds, limit=50_000_000, wideband=True),
            voices=voices or DEFAULT_VOICES,
            deadline=deadline,
        )


@contextmanager
def running_worker() -> Iterator[Worker]:
    directory = Path(tempfile.mkdtemp(prefix="tts"))  # a Unix socket's path is short
    running = Worker(directory)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One worker for all tests that leave it as it was."""
    with running_worker() as running:
        yield running


@pytest.fixture
def own_worker() -> Iterator[Worker]:
    """A worker that may come to harm."""
    with running_worker() as running:
        yield running


def samples(path: str, suffix: str = ".wav") -> tuple[int, "np.ndarray[tuple[int], np.dtype[np.int16]]"]:
    with wave.open(path + suffix, "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)


async def test_both_languages_are_spoken_as_the_switch_wants_it(worker: Worker) -> None:
    client = worker.client()
    for text, language in (("Welcome to customer support.", "en"), ("欢迎致电客户服务中心。", "cmn")):
        path = await client.synthesize(text, language)
        hertz, sound = samples(path)
        wide_hertz, wide_sound = samples(path, ".wav16")
        assert (hertz, wide_hertz) == (8_000, 16_000)
        assert 1.0 < len(sound) / hertz < 6.0
        assert len(wide_sound) / wide_hertz == pytest.approx(len(sound) / hertz, abs=0.01)
        assert np.abs(sound).max() > 3_000, "it is silent"
        assert path.startswith("/")
        assert Path(path + ".wav").stat().st_mode & 0o777 == 0o644
    assert worker.sounds.stat().st_mode & 0o005 == 0o005
    assert not list(worker.sounds.glob(".speaking*"))


async def test_a_worker_ends_cleanly_and_its_output_holds_nothing_that_was_spoken(own_worker: Worker) -> None:
    await own_worker.client().synthesize("Something private.", "en")
    stdout, stderr = own_worker.stop()
    assert stdout == b""
    assert b"private" not in stderr
    assert own_worker.process.returncode == 0
    assert not own_worker.socket.exists()


async def test_no_prompt_of_the_support_line_is_longer_than_the_interpreter_believes(worker: Worker) -> None:
    client, flow = worker.client(), shipped_flow("support")
    rendered = await render_flow(flow, client)
    assert rendered.failed == ()
    for _, utterance in fixed_utterances(flow):
        hertz, sound = samples(await client.synthesize(utterance.text, utterance.language))
        assert len(sound) / hertz < longest_speech(utterance.text), utterance.text


async def test_a_dynamic_prompt_is_made_within_300_ms(worker: Worker) -> None:
    client = worker.client()
    await client.synthesize("Ready.", "en")
    spoken = " ".join(["one", "two", "three", "four", "five", "six", "seven", "eight"])
    times = []
    for name in ("Lee", "Kim", "Park", "Choi", "Jung"):
        begin = time.perf_counter()
        await client.synthesize(f"We could not find the account {spoken}, {name}.", "en")
        times.append(time.perf_counter() - begin)
    assert sorted(times)[2] < 0.3


async def test_an_unknown_voice_and_unspeakable_texts_are_refused_and_the_worker_goes_on(worker: Worker) -> None:
    client = worker.client(voices=dict(DEFAULT_VOICES) | {"xx": Voice(name="no-such-voice", rate=150)})
    for text, language, why in (
        ("Hello.", "xx", "no such voice"),
        ("", "en", "nothing to say"),
        ("\x00 <> \r\n", "en", "nothing to say"),
        ("a" * 10_000, "en", "more than 2000 characters"),
    ):
        with pytest.raises(SynthesisFailed, match=why):
            await client.synthesize(text, language)
    assert samples(await client.synthesize("one\x00two <b>three</b>", "en"))[1].size > 8_000
    # The same words in another voice are another file, and really another voice.
    english = samples(await client.synthesize("a e i o u", "en"))[1]
    mandarin = samples(await client.synthesize("a e i o u", "cmn"))[1]
    assert english.shape != mandarin.shape or not np.array_equal(english, mandarin)


async def test_garbage_at_the_socket_harms_nobody(worker: Worker) -> None:
    client = worker.client()
    await client.synthesize("Ready.", "en")
    for garbage in (b"", b"\n", b"\xff\xfe\n", b"{}\n", b"[" * 20_000 + b"\n", b"x" * 100_000):
        reader, writer = await asyncio.open_unix_connection(worker.socket)
        writer.write(garbage)
        writer.write_eof()
        reply = await reader.read()
        assert reply == b"" or b'"ok": false' in reply
        writer.close()
    assert await client.synthesize("Still here.", "en")
    assert worker.process.poll() is None


async def test_only_our_own_user_may_ask(worker: Worker) -> None:
    await worker.client().synthesize("Ready.", "en")
    assert worker.socket.stat().st_mode & 0o077 == 0


async def test_a_worker_killed_in_the_middle_of_a_job_is_waited_for(own_worker: Worker) -> None:
    client = own_worker.client(deadline=30)
    await client.synthesize("Ready.", "en")
    long_text = "好" * 500  # takes seconds
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(client.synthesize(long_text, "en"))
        await asyncio.sleep(0.3)  # let the real engine begin
        own_worker.process.kill()
        own_worker.process.communicate(timeout=5)
        assert not asked.done()
        own_worker.start()
    hertz, sound = samples(asked.result())
    assert len(sound) / hertz > 10
    assert not list(own_worker.sounds.glob(".speaking*"))


async def test_a_file_that_cannot_be_opened_is_told(own_worker: Worker) -> None:
    """Left to itself the engine would lose the error and wait for ever."""
    client = own_worker.client()
    await client.synthesize("Ready.", "en")
    in_the_way = own_worker.sounds / f".speaking-{own_worker.process.pid}.engine"
    in_the_way.mkdir()
    with pytest.raises(SynthesisFailed, match="cannot write: Is a directory"):
        await client.synthesize("Something.", "en")
    in_the_way.rmdir()
    assert await client.synthesize("Something.", "en")


async def test_an_engine_that_hangs_ends_its_process(own_worker: Worker) -> None:
    client = own_worker.client(deadline=4.0)
    own_worker.stop()
    own_worker.start(HANGING, job_seconds=2)
    with pytest.raises(SynthesisFailed, match="in time"):
        await client.synthesize("Something private.", "en")
    _, stderr = own_worker.process.communicate(timeout=5)
    assert own_worker.process.returncode == 1
    assert b"Timeout" in stderr
    assert b"private" not in stderr
    own_worker.start()
    assert samples(await client.synthesize("Back again.", "en"))[1].size > 4_000


async def test_a_hanging_worker_can_be_ended(own_worker: Worker) -> None:
    own_worker.stop()
    own_worker.start(HANGING)
    with pytest.raises(SynthesisFailed, match="in time"):
        await own_worker.client(deadline=2.0).synthesize("Something.", "en")
    own_worker.stop()
    assert own_worker.process.returncode == 0


async def test_jobs_that_follow_closely_on_one_another_are_all_done(own_worker: Worker) -> None:
    client = own_worker.client(deadline=60)
    texts = [f"Number {number}." for number in range(100)]
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(client.synthesize(text, "en")) for text in texts]
    lengths = [samples(job.result())[1].size for job in asked]
    assert min(lengths) > 4_000
    assert len({job.result() for job in asked}) == len(texts)


async def test_a_full_disk_leaves_no_half_file(own_worker: Worker) -> None:
    client = own_worker.client(deadline=3.0)
    await client.synthesize("Ready.", "en")
    resource.prlimit(own_worker.process.pid, resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    with pytest.raises(SynthesisFailed):
        await client.synthesize("This does not fit into twenty thousand bytes.", "en")
    assert [file.stem for file in own_worker.sounds.glob("*.wav")] == [client.key("Ready.", "en")]


def test_the_mandarin_voice_speaks_no_english() -> None:
    """With the voice "cmn" of espeak-ng 1.51 every tone is a number in English; with ours there is none."""
    spoken = [one.text for _, one in fixed_utterances(shipped_flow("support")) if one.language == "cmn"]
    voice = DEFAULT_VOICES["cmn"].name
    said = subprocess.run(
        ["espeak-ng", "-q", "-x", "-v", voice, as_read("\n".join(spoken), voice)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert len(said.split()) > 100
    assert "(en)" not in said
