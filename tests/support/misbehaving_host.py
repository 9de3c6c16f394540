"""A host system that does everything a host can do wrong: a raw server, since no library would let it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path alone."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's parameters, decoded."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def json(self) -> object:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class MisbehavingHost:
    """Answers each request with the next of `script`, the last again and again; `requests` is what came."""

    script: list[bytes | None]
    seconds: float = 0.0
    port: int = 0
    requests: list[Received] = field(default_factory=list)
    connections: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take requests of one connection. None in the script: never answer."""
        self.connections.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.requests.append(Received(method=method, target=target, headers=headers, body=body))
                answer = self.script[min(len(self.requests), len(self.script)) - 1]
                await asyncio.sleep(self.seconds)
                if answer is None:
                    await asyncio.sleep(3_600)
                    return
                writer.write(answer)
                await writer.drain()
                if b"content-length" not in answer.lower() or b"connection: close" in answer.lower():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def answer(status: int, content: object, *, headers: str = "") -> bytes:
    """Return a proper answer in JSON."""
    body = json.dumps(content).encode() if not isinstance(content, bytes) else content
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


@asynccontextmanager
async def misbehaving_host(*script: bytes | None, seconds: float = 0.0) -> AsyncIterator[MisbehavingHost]:
    """Run one on a free port of the loopback."""
    host = MisbehavingHost(script=list(script), seconds=seconds)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        for connection in host.connections:
            connection.transport.abort()
        await asyncio.sleep(0)
