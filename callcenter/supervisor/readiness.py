"""Watches one process until it answers. A wait ends so or by being cancelled: deadlines are the machine's."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import assert_never

from callcenter.supervisor.ami_probe import ProbeFailed, manager_login
from callcenter.supervisor.model import ManagerAnswers, Notified, Readiness, Started, TcpAccepts, UnixAccepts
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
        case TcpAccepts() | UnixAccepts() | ManagerAnswers():
            while not await _try(readiness):  # noqa: ASYNC110 -- another process's state; nobody can set an event
                await asyncio.sleep(_PAUSE)
        case _:
            assert_never(readiness)


async def _try(readiness: TcpAccepts | UnixAccepts | ManagerAnswers) -> bool:
    with contextlib.suppress(OSError, ProbeFailed, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            match readiness:
                case TcpAccepts(host=host, port=port):
                    return await tcp_accepts(host, port)
                case UnixAccepts(path=path):
                    return await unix_accepts(path)
                case ManagerAnswers(host=host, port=port, user=user, secret=secret):
                    async with manager_login(host, port, user, secret) as probe:
                        await probe.event("FullyBooted")
                        return True
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
