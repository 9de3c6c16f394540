"""Watches one process until it answers. A wait ends so or by being cancelled: deadlines are the machine's."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import assert_never

from callcenter.supervisor.model import CommandSays, Notified, Readiness, Started, TcpAccepts, UnixAccepts
from callcenter.supervisor.notification import NotificationSocket

_PAUSE = 0.05
"""Seconds between two tries."""

_PATIENCE = 5.0
"""Seconds one try may take."""


async def wait_until_ready(readiness: Readiness, notification: NotificationSocket | None) -> None:
    """Return when the process is ready."""
    match readiness:
        case Started():
            return
        case Notified():
            if notification is None:
                raise ValueError("a process that notifies needs a socket for it")
            await notification.ready()
        case TcpAccepts() | UnixAccepts() | CommandSays():
            while not await _try(readiness):  # noqa: ASYNC110 -- another process's state; nobody can set an event
                await asyncio.sleep(_PAUSE)
        case _:
            assert_never(readiness)


async def _try(readiness: TcpAccepts | UnixAccepts | CommandSays) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            match readiness:
                case TcpAccepts(host=host, port=port):
                    return await tcp_accepts(host, port)
                case UnixAccepts(path=path):
                    return await unix_accepts(path)
                case CommandSays(argv=argv, words=words, when=when):
                    return when.exists() and words in await _output_of(argv)
                case _:
                    assert_never(readiness)
    return False


async def tcp_accepts(host: str, port: int) -> bool:
    """Tell whether something accepts connections there; raises `OSError` as the system does."""
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def unix_accepts(path: Path) -> bool:
    """Tell whether something accepts connections on this Unix socket; raises `OSError` as the system does."""
    _, writer = await asyncio.open_unix_connection(str(path))
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _output_of(argv: tuple[str, ...]) -> str:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return output.decode("utf-8", "replace")
