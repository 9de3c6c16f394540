"""Reports to the desktops: numbered, in order, on one Redis stream; a beat tells that all is well and how far we are.

The number (`seq`) grows by one with every report of an epoch. Whoever reads and misses a number takes a snapshot, so
nothing here needs to be kept for anybody. The beat carries the newest number: a loss at the end is seen as well, and
so is a CTI server that has died.
"""

from __future__ import annotations

import asyncio

from callcenter.api.messages import Report, ReportEnvelope
from callcenter.bus.streams import Entry, StreamWriter
from callcenter.ports import Clock, EventBus

BEAT_SECONDS = 0.5  # with the silence of 2.5 beats, a desktop says within three seconds that we are away
REPORT = b"report"
BEAT = b"beat"


def report_stream(prefix: str) -> str:
    """The stream all reports go to."""
    return f"{prefix}:reports"


class RedisEventBus(EventBus):
    """The event bus on Redis. `run` does the writing; `publish` works before it runs and while Redis is away."""

    def __init__(self, url: str, *, prefix: str, epoch: int, clock: Clock) -> None:
        self._stream = report_stream(prefix)
        self._epoch = epoch
        self._clock = clock
        self._seq = 0
        self._writer = StreamWriter(url)

    @property
    def seq(self) -> int:
        """The number of the newest report: what a snapshot made now contains."""
        return self._seq

    def publish(self, report: Report) -> None:
        """Queue one report; the order is kept."""
        self._seq += 1
        at = int(self._clock.utc().timestamp() * 1000)
        envelope = ReportEnvelope(epoch=self._epoch, seq=self._seq, at=at, report=report)
        self._writer.put(Entry(stream=self._stream, field=REPORT, body=envelope.model_dump_json().encode()))

    async def run(self) -> None:
        """Write reports and beats until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._writer.run(), name="bus: reports")
            tasks.create_task(self._beat(), name="bus: beat")

    async def _beat(self) -> None:
        while True:
            body = f"{self._epoch} {self._seq}".encode()
            self._writer.put(Entry(stream=self._stream, field=BEAT, body=body))
            await asyncio.sleep(BEAT_SECONDS)
