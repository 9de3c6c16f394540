"""A few questions to Asterisk's Manager Interface over a bare socket: is it up, what may we do, what is loaded.

Used before the CTI server's own connection exists (readiness) and beside it (``callcenter doctor``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

Block = dict[str, str]
"""One message: header names in lower case → value; of a repeated header the last."""

_LIMIT = 1 << 20
"""Bytes of one message we are willing to read; the manager's own are far smaller."""


class ProbeFailed(Exception):
    """The manager did not answer as one does; the message is a sentence."""


class ManagerProbe:
    """One logged-in connection; one question at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.banner = ""

    async def ask(self, action: str, **headers: str) -> Block:
        """Send one action and return its response. Raises `ProbeFailed` for a connection that ends."""
        await self._send(action, headers)
        while "response" not in (block := await self._block()):
            pass
        return block

    async def event(self, name: str) -> Block:
        """Wait for an event of this name."""
        while (block := await self._block()).get("event") != name:
            pass
        return block

    async def read_banner(self) -> None:
        """Read the first line: ``Asterisk Call Manager/<version>``."""
        line = await self._line()
        if not line.startswith("Asterisk Call Manager/"):
            raise ProbeFailed(f"what listens there is not Asterisk's manager: it said {line[:60]!r}")
        self.banner = line

    async def _send(self, action: str, headers: dict[str, str]) -> None:
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in headers.items())]
        if any("\r" in line or "\n" in line for line in lines):
            raise ProbeFailed("a value holds a line break")
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        await self._writer.drain()

    async def _block(self) -> Block:
        block: Block = {}
        while line := await self._line():
            name, _, value = line.partition(":")
            block[name.strip().lower()] = value.strip()
        return block

    async def _line(self) -> str:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            raise ProbeFailed("the manager closed the connection") from error
        except asyncio.LimitOverrunError as error:
            raise ProbeFailed("the manager sent an endless line") from error
        except OSError as error:
            raise ProbeFailed(f"the connection broke: {error.strerror}") from error
        return line.decode("utf-8", "replace").rstrip("\r\n")


@contextlib.asynccontextmanager
async def manager_login(host: str, port: int, user: str, secret: str) -> AsyncIterator[ManagerProbe]:
    """Log in. Raises `ProbeFailed` with a sentence when nobody listens or the login is refused."""
    try:
        reader, writer = await asyncio.open_connection(host, port, limit=_LIMIT)
    except OSError as error:
        raise ProbeFailed(f"nobody answers at {host}:{port} ({error.strerror or error})") from error
    probe = ManagerProbe(reader, writer)
    try:
        await probe.read_banner()
        answer = await probe.ask("Login", Username=user, Secret=secret, Events="system")
        if answer.get("response") != "Success":
            raise ProbeFailed(f"the login of {user!r} was refused: {answer.get('message', 'no reason given')}")
        yield probe
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
