"""One person's page as the server sees it: signed in over HTTP, then frames and commands on the page's WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import ClientConnectionError, ClientSession, ClientWebSocketResponse, DummyCookieJar, WSMsgType


class Workplace:
    """Keeps the view as a browser does, answers heartbeats, and comes back when the server went away.

    `on_frame` is called with each frame that changed the view, and the loop's time at which it was read.
    """

    def __init__(self, address: str, http: ClientSession) -> None:
        self.view: dict[str, Any] = {}
        self.on_frame: Callable[[dict[str, Any], float], None] | None = None
        self._address = address
        self._http = http
        self._socket: ClientWebSocketResponse | None = None
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._changed = asyncio.Event()
        self._commands = 0
        self._loop = asyncio.get_running_loop()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, address: str, person: str, password: str) -> AsyncIterator[Workplace]:
        """Sign in, connect, and wait for the first view."""
        async with ClientSession(cookie_jar=DummyCookieJar(), headers={"Origin": address}) as http:
            body = {"person": person, "password": password}
            async with http.post(f"{address}/api/v1/session", json=body) as answer:
                assert answer.status == 200, await answer.text()
                cookie = next(iter(answer.cookies.values()))
            http.headers["Cookie"] = f"{cookie.key}={cookie.value}"
            page = cls(address, http)
            reading = asyncio.create_task(page._read())
            try:
                await page.until(bool, within=10)
                yield page
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def command(self, kind: str, **fields: object) -> dict[str, Any]:
        """Give a command; return its reply. Raises `TimeoutError`."""
        assert self._socket is not None
        self._commands += 1
        key = f"c{self._commands}"
        reply: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._replies[key] = reply
        await self._socket.send_str(json.dumps({"id": key, "command": {"type": kind, **fields}}))
        async with asyncio.timeout(5):
            return await reply

    async def get(self, path: str) -> dict[str, Any]:
        """Read something over HTTP."""
        async with self._http.get(f"{self._address}{path}") as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def get_ready(self) -> None:
        """Take calls from now on."""
        await self.until(lambda view: bool(view.get("me") and view["me"]["registered"]), within=10)
        reply = await self.command("agent.set_state", state="ready")
        assert reply["ok"], reply

    async def until(self, holds: Callable[[dict[str, Any]], bool], *, within: float = 5.0) -> float:
        """Wait until something holds of the view; return when (the loop's time). Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            while not holds(self.view):
                self._changed.clear()
                await self._changed.wait()
        return self._loop.time()

    async def _read(self) -> None:
        while True:
            with contextlib.suppress(ClientConnectionError):
                async with self._http.ws_connect(f"{self._address}/ws/desktop", max_msg_size=0) as self._socket:
                    async for message in self._socket:
                        if message.type is WSMsgType.TEXT:
                            await self._take(json.loads(message.data), self._loop.time())
            await asyncio.sleep(0.2)

    async def _take(self, frame: dict[str, Any], at: float) -> None:
        match frame["type"]:
            case "snapshot":
                self.view = frame["view"]
            case "view":
                self.view |= {section: frame[section] for section in frame["changed"]}
            case "heartbeat":
                assert self._socket is not None
                await self._socket.send_str('{"id": "alive", "command": {"type": "alive"}}')
                return
            case "reply":
                reply = self._replies.pop(frame["id"], None)
                if reply is not None and not reply.done():
                    reply.set_result(frame)
                return
            case _:
                return
        self._changed.set()
        if self.on_frame is not None:
            self.on_frame(frame, at)
