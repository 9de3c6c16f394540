"""Waiting for a process to answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callcenter.supervisor.model import CommandSays, Notified
from callcenter.supervisor.notification import NotificationSocket, notify
from callcenter.supervisor.readiness import wait_until_ready


async def test_a_command_is_asked_once_its_file_is_there_until_it_says_the_words(tmp_path: Path) -> None:
    """First the file is missing, then the answer is wrong, then it is right."""
    when, answer, asked = tmp_path / "ctl", tmp_path / "answer", tmp_path / "asked"
    answer.write_text("No such command")
    readiness = CommandSays(argv=("sh", "-c", f"echo x >> {asked}; cat {answer}"), words="fully booted", when=when)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(wait_until_ready(readiness, None))
        await asyncio.sleep(0.2)
        assert not asked.exists()
        when.touch()
        while not asked.exists():
            await asyncio.sleep(0.01)
        assert not waiting.done()
        answer.write_text("Asterisk has fully booted.\n")


async def test_other_notifications_are_not_readiness(tmp_path: Path) -> None:
    with NotificationSocket(tmp_path / "x.notify") as listening:
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(wait_until_ready(Notified(), listening))
            notify(listening.address, "STATUS=READY=1 soon")
            await asyncio.sleep(0.05)
            assert not waiting.done()
            notify(listening.address, "STATUS=up", "READY=1")
    assert not (tmp_path / "x.notify").exists()
