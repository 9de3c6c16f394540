"""One desktop server's line to the CTI server, over Redis: reports in, requests out, replies back."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import structlog
from pydantic import ValidationError

from callcenter.api.client import CtiClient, CtiUnavailable
from callcenter.api.messages import (
    ConfigurationApplied,
    OfferShown,
    Outcome,
    Refused,
    ReloadConfiguration,
    Reply,
    ReplyEnvelope,
    ReportEnvelope,
    Request,
    RequestEnvelope,
    Snapshot,
    SnapshotWanted,
    StateSnapshot,
)
from callcenter.bus.publisher import BEAT, BEAT_SECONDS, REPORT, report_stream
from callcenter.bus.requests import REPLY, REQUEST, reply_stream, request_stream
from callcenter.bus.sequence import ReportOrder, Verdict
from callcenter.bus.streams import Arrived, Entry, StreamReader, StreamWriter
from callcenter.ports import Clock

REPLY_SECONDS = 2.0
RELOAD_SECONDS = 60.0  # prompts of flows that were published a moment ago are spoken first
SILENCE_SECONDS = 2.5 * BEAT_SECONDS  # no beat for so long: the CTI server or Redis is away
_BEAT_BODY = re.compile(rb"([0-9]{1,18}) ([0-9]{1,18})")
_log = structlog.get_logger(__name__)


class RedisCtiClient(CtiClient):
    """The CTI client on Redis. `run` carries requests and replies; `reports` reads on a connection of its own."""

    def __init__(self, url: str, *, prefix: str, clock: Clock) -> None:
        self._url = url
        self._prefix = prefix
        self._clock = clock
        self._name = secrets.token_hex(16)
        self._writer = StreamWriter(url)
        self._asked: dict[str, asyncio.Future[Reply]] = {}

    async def run(self) -> None:
        """Carry requests and replies until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._writer.run(), name="bus: requests out")
            tasks.create_task(self._read_replies(), name="bus: replies in")

    # -- reports ------------------------------------------------------------------------------------------------

    async def reports(self) -> AsyncIterator[ReportEnvelope | None]:
        """Yield reports in order as they come, for ever; None means: take a snapshot.

        The first item is None, as soon as nothing can be missed any more; then one whenever reports were lost, the
        CTI server was silent for too long, or another one took over.
        """
        order = ReportOrder(silence=SILENCE_SECONDS, now=self._clock.monotonic())
        reader = StreamReader(self._url, report_stream(self._prefix), block_seconds=BEAT_SECONDS)
        connected = False
        async with aclosing(reader.read()) as batches:
            async for batch in batches:
                now = self._clock.monotonic()
                if batch is None:
                    if not connected:
                        connected = True
                        yield None
                    continue
                for entry in batch:
                    for item in _followed(order, entry, now):
                        yield item
                if order.fell_silent(now):
                    yield None

    # -- requests -----------------------------------------------------------------------------------------------

    async def snapshot(self) -> StateSnapshot:
        """Return everything there is to show. Raises `CtiUnavailable`."""
        reply = await self._ask(SnapshotWanted())
        if not isinstance(reply, Snapshot):
            raise CtiUnavailable(f"no snapshot but {reply.type}")
        return reply.snapshot

    async def request(self, request: Request) -> Outcome:
        """Ask; wait at most two seconds. Raises `CtiUnavailable`; then it is unknown whether it was done."""
        reply = await self._ask(request)
        if isinstance(reply, Snapshot | ConfigurationApplied):
            raise CtiUnavailable(f"{reply.type} in reply to something else")
        return reply

    async def reload(self) -> ConfigurationApplied | Refused:
        """Have the configuration's files read again. Raises `CtiUnavailable`."""
        reply = await self._ask(ReloadConfiguration(), within=RELOAD_SECONDS)
        if not isinstance(reply, ConfigurationApplied | Refused):
            raise CtiUnavailable(f"{reply.type} in reply to something else")
        return reply

    def offer_shown(self, offer: str) -> None:
        """Say that the pop of an offer was written to the agent's socket; returns at once."""
        self._send(secrets.token_hex(16), OfferShown(offer=offer))

    # -- within -------------------------------------------------------------------------------------------------

    async def _ask(self, request: Request, *, within: float = REPLY_SECONDS) -> Reply:
        key = secrets.token_hex(16)
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[key] = reply
        try:
            self._send(key, request)
            async with asyncio.timeout(within):
                return await reply
        except TimeoutError as error:
            raise CtiUnavailable(f"no reply to {request.type} within {within:g} s") from error
        finally:
            del self._asked[key]

    def _send(self, key: str, request: Request) -> None:
        expires_at = int((self._clock.utc().timestamp() + REPLY_SECONDS) * 1000)
        envelope = RequestEnvelope(id=key, reply_to=self._name, expires_at=expires_at, request=request)
        body = envelope.model_dump_json().encode()
        self._writer.put(Entry(stream=request_stream(self._prefix), field=REQUEST, body=body))

    async def _read_replies(self) -> None:
        # The stream is known to nobody before the first request: whatever is in it is for us.
        reader = StreamReader(self._url, reply_stream(self._prefix, self._name), whole=True)
        async with aclosing(reader.read()) as batches:
            async for batch in batches:
                for entry in batch or ():
                    if entry.field == REPLY:
                        self._take_reply(entry.body)

    def _take_reply(self, body: bytes) -> None:
        try:
            envelope = ReplyEnvelope.model_validate_json(body)
        except ValidationError as error:
            _log.warning("reply not understood", problems=error.error_count())
            return
        waiting = self._asked.get(envelope.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(envelope.reply)


def _followed(order: ReportOrder, entry: Arrived, now: float) -> Iterator[ReportEnvelope | None]:
    """Yield what one entry of the stream means to a desktop: a report, None before it if some were lost, or nothing."""
    if entry.field == BEAT:
        beat = _BEAT_BODY.fullmatch(entry.body)
        if beat and order.beat(int(beat[1]), int(beat[2]), now) is Verdict.LOST:
            yield None
    elif entry.field == REPORT:
        envelope = _read_report(entry.body)
        if envelope is None:
            return
        verdict = order.report(envelope.epoch, envelope.seq, now)
        if verdict is Verdict.LOST:
            yield None
        if verdict is not Verdict.OLD:
            yield envelope


def _read_report(body: bytes) -> ReportEnvelope | None:
    try:
        return ReportEnvelope.model_validate_json(body)
    except ValidationError as error:  # from a newer CTI server: its number will be missed, and a snapshot asked for
        _log.warning("report not understood", problems=error.error_count())
        return None
