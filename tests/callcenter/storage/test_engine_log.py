"""The routing engine's log on disk: whole lines, in order, bounded, and nothing that could harm calls."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from acd.log import RecordingEngine, replay
from acd.model import Queue, QueueName
from callcenter.storage import engine_log
from callcenter.storage.engine_log import EngineLog
from tests.acd.world import Centre, agent


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_log, "WRITE_EVERY", 0.01)


async def running(log: EngineLog, seconds: float = 0.1) -> None:
    """Let it run for a moment, then end it as a server that stops does."""
    task = asyncio.create_task(log.run())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_the_engine_was_told_can_be_told_again(tmp_path: Path) -> None:
    log = EngineLog(tmp_path / "engine_logs", 7, most_bytes=1_000_000, files=5)
    made = Centre(engine=RecordingEngine(epoch=7, write=log.write))
    made.configure(Queue(name=QueueName("support")))
    task = asyncio.create_task(log.run())
    made.log_on(agent("ann"))
    await asyncio.sleep(0.05)
    made.queue("i1")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert log.path.name == "00000007.jsonl"
    assert log.path.stat().st_mode & 0o777 == 0o600
    assert log.path.parent.stat().st_mode & 0o777 == 0o700
    told = list(replay(log.path.read_text(encoding="utf-8").splitlines()))
    assert len(told) == 3
    assert all(line.same for line in told)


async def test_it_grows_no_further_than_it_may(tmp_path: Path) -> None:
    log = EngineLog(tmp_path, 1, most_bytes=25, files=5)
    for number in range(10):
        log.write(f"line {number}")
    await running(log)
    assert log.path.read_text().splitlines() == ["line 0", "line 1", "line 2"]


async def test_the_latest_files_are_kept(tmp_path: Path) -> None:
    for epoch in range(1, 9):
        (tmp_path / f"{epoch:08}.jsonl").touch()
    (tmp_path / "notes.txt").touch()
    await running(EngineLog(tmp_path, 9, most_bytes=1000, files=3))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "00000007.jsonl",
        "00000008.jsonl",
        "00000009.jsonl",
        "notes.txt",
    ]


async def test_a_disk_that_takes_nothing_ends_the_log_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "engine_logs").write_text("a file where the folder should be")
    log = EngineLog(tmp_path / "engine_logs", 1, most_bytes=1000, files=3)
    log.write("a line")
    await asyncio.wait_for(log.run(), 5)
    log.write("another")
