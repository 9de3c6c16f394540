"""A scripted Manager Interface: answers logins, remembers what it was sent, and misbehaves as told."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable

Headers = dict[str, str]
USER, SECRET, CHALLENGE = "cti", "s" * 32, "314159"


class AmiPeer:
    """One port on the loopback; every connection to it gets the same treatment.

    `answers` gives the text that follows an action, by the action's name: None for silence. The ActionID is put in.
    """

    def __init__(self) -> None:
        self.received: list[Headers] = []
        self.logins = 0
        self.secret = SECRET
        self.answers: dict[str, Callable[[Headers], str | None]] = {}
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[object]] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls) -> AsyncIterator[AmiPeer]:
        peer = cls()
        server = await asyncio.start_server(peer._serve, "127.0.0.1", 0)
        peer.port = server.sockets[0].getsockname()[1]
        try:
            yield peer
        finally:
            server.close()
            peer.cut()
            await asyncio.gather(*peer._tasks)

    def say(self, text: str | bytes) -> None:
        """Send to whoever is connected."""
        data = text.encode() if isinstance(text, str) else text
        for writer in self._writers:
            writer.write(data)

    def cut(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def names(self) -> list[str]:
        """Return the names of the actions that came, pings and logins left out."""
        return [action["Action"] for action in self.received if action["Action"] not in ("Ping", "Challenge", "Login")]

    async def got(self, name: str, count: int = 1) -> Headers:
        """Wait for the `count`-th action of this name."""
        async with asyncio.timeout(5):
            while True:
                found = [action for action in self.received if action["Action"] == name]
                if len(found) >= count:
                    return found[count - 1]
                await asyncio.sleep(0.005)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                action = dict(line.split(": ", 1) for line in block.decode().split("\r\n") if line)
                self.received.append(action)
                answer = self._answer(action)
                if answer is not None:
                    writer.write(answer.replace("\r\n", f"\r\nActionID: {action['ActionID']}\r\n", 1).encode())
        writer.close()

    def _answer(self, action: Headers) -> str | None:
        name = action["Action"]
        if name in self.answers:
            return self.answers[name](action)
        if name == "Challenge":
            return f"Response: Success\r\nChallenge: {CHALLENGE}\r\n\r\n"
        if name == "Login":
            self.logins += 1
            expected = hashlib.md5((CHALLENGE + self.secret).encode()).hexdigest()  # noqa: S324 -- AMI's own choice
            if action.get("Key") == expected and action["Username"] == USER:
                return "Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
            return "Response: Error\r\nMessage: Authentication failed\r\n\r\n"
        return "Response: Success\r\nMessage: ok\r\n\r\n"
