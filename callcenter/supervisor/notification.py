"""systemd's readiness protocol, both ends: one datagram ``READY=1`` to the socket named in ``NOTIFY_SOCKET``.

The supervisor listens for its children with it, and speaks it to systemd when it is itself a service.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from types import TracebackType
from typing import Self


def notify(address: str, *states: str) -> None:
    """Send states such as ``READY=1`` or ``STOPPING=1``; an empty address sends nothing, a deaf one is no error."""
    if not address:
        return
    # A leading @ stands for the abstract namespace (sd_notify(3)).
    name = "\0" + address[1:] if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.connect(name)
        out.sendall("\n".join(states).encode())


class NotificationSocket:
    """The supervisor's end, one for each start of each process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None

    @property
    def address(self) -> str:
        """What the process finds in ``NOTIFY_SOCKET``."""
        return str(self._path)

    async def ready(self) -> None:
        """Wait for ``READY=1``."""
        if self._socket is None:
            raise ValueError("not open")
        loop = asyncio.get_running_loop()
        while b"READY=1" not in (await loop.sock_recv(self._socket, 4096)).split(b"\n"):
            pass

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        try:
            listening.bind(str(self._path))
        except OSError:
            listening.close()
            raise
        self._path.chmod(0o600)
        self._socket = listening
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._path.unlink(missing_ok=True)
