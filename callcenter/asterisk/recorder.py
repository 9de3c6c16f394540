"""A relay between a CTI server and Asterisk that writes down every byte Asterisk says, as it came.

Such a recording is a fixture: read by `MessageReader` and `Translator` it tells the same story for ever. What the CTI
server says is not written: it holds the answer to the login's challenge. A recording holds callers' numbers and names.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import BinaryIO

CHUNK = 64 * 1024


class Recorder:
    """Takes connections on the loopback and passes each on to Asterisk; all recordings go to one file."""

    def __init__(self, host: str, port: int, output: BinaryIO) -> None:
        self._address = (host, port)
        self._output = output
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[object]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def listening(
        cls, host: str, port: int, output: BinaryIO, *, listen_port: int = 0
    ) -> AsyncIterator[Recorder]:
        """Relay to the Manager Interface at `host`:`port` for a while; `listen_port` 0 is any free one."""
        recorder = cls(host, port, output)
        recorder._server = await asyncio.start_server(recorder._relay, "127.0.0.1", listen_port)
        try:
            yield recorder
        finally:
            recorder._server.close()
            for writer in recorder._writers:
                writer.close()
            await asyncio.gather(*recorder._relays)

    @property
    def port(self) -> int:
        """Where the CTI server must connect."""
        assert self._server is not None  # noqa: S101 -- made by `listening` alone
        return int(self._server.sockets[0].getsockname()[1])

    async def _relay(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- asyncio's servers run each connection in a task
        self._relays.add(task)
        self._writers.add(to_client)
        try:
            asterisk, to_asterisk = await asyncio.open_connection(*self._address)
        except OSError:
            to_client.close()
            return
        self._writers.add(to_asterisk)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass_on(client, to_asterisk, record=False))
            group.create_task(self._pass_on(asterisk, to_client, record=True))

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, record: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if record:
                    self._output.write(data)
                    self._output.flush()
                sink.write(data)
                await sink.drain()
        sink.close()  # one side's end is the other's
