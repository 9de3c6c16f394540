"""The switch's end of SIP over WebSocket, as far as a proxy can tell: takes sub-protocol sip, keeps and answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web


class SwitchSocket:
    """Keeps what it got; answers each message with ``echo: `` before it. `open` are the connections now."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[str | bytes] = []
        self.open: list[web.WebSocketResponse] = []
        self.protocols: list[str | None] = []
        self.headers: list[dict[str, str]] = []
        self.reading = asyncio.Event()
        self.reading.set()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("sip",))
        await socket.prepare(request)
        self.headers.append(dict(request.headers))
        self.protocols.append(socket.ws_protocol)
        self.open.append(socket)
        try:
            while True:
                await self.reading.wait()
                message = await socket.receive()
                if message.type is WSMsgType.TEXT:
                    self.got.append(message.data)
                    await socket.send_str("echo: " + message.data)
                elif message.type is WSMsgType.BINARY:
                    self.got.append(message.data)
                    await socket.send_bytes(message.data)
                else:
                    return socket
        finally:
            self.open.remove(socket)


@asynccontextmanager
async def switch_socket() -> AsyncIterator[SwitchSocket]:
    """Run it on a free port."""
    switch = SwitchSocket()
    app = web.Application()
    app.router.add_get("/ws", switch.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    switch.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ws"
    try:
        yield switch
    finally:
        await runner.cleanup()
