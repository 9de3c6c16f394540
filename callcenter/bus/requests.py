"""Requests from the desktops: checked, asked once, answered on the stream of who asked."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from contextlib import aclosing

import structlog
from pydantic import ValidationError

from callcenter.api.messages import OfferShown, Reply, ReplyEnvelope, RequestEnvelope
from callcenter.bus.streams import Entry, StreamReader, StreamWriter
from callcenter.domain.ids import OfferId
from callcenter.ports import Clock, RequestSink

REQUEST = b"request"
REPLY = b"reply"
ANSWERS_KEPT = 2_000
LONGEST_REQUEST = 200_000  # bytes; a note of 20,000 characters fits in any script
_REPLY_STREAM_LIVES = 60  # seconds after the last reply
_RANDOM_NAME = re.compile(r"[0-9a-f]{32}")
_log = structlog.get_logger(__name__)


def request_stream(prefix: str) -> str:
    """The stream all requests go to."""
    return f"{prefix}:requests"


def reply_stream(prefix: str, name: str) -> str:
    """The stream that the desktop server with this random name reads."""
    return f"{prefix}:replies:{name}"


class RequestIntake:
    """Reads the request stream and hands what is valid, new and in time to the sink.

    A repeated id is not asked again: it gets the same answer, once there is one. Requests from before the start are
    not looked at; those who sent them have been told that it is unknown whether they were carried out.
    """

    def __init__(
        self, url: str, *, prefix: str, clock: Clock, sink: RequestSink, shown: Callable[[OfferId], None]
    ) -> None:
        self.ready = asyncio.Event()  # set once requests are being listened to
        self._prefix = prefix
        self._clock = clock
        self._sink = sink
        self._shown = shown
        self._reader = StreamReader(url, request_stream(prefix))
        self._writer = StreamWriter(url)
        self._answers: OrderedDict[str, Reply | None] = OrderedDict()  # none: asked, not answered yet

    async def run(self) -> None:
        """Take requests until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._writer.run(), name="bus: replies")
            tasks.create_task(self._read(), name="bus: requests")

    async def _read(self) -> None:
        async with aclosing(self._reader.read()) as batches:
            async for batch in batches:
                self.ready.set()
                for entry in batch or ():
                    if entry.field == REQUEST:
                        self._take(entry.body)

    def _take(self, body: bytes) -> None:
        if len(body) > LONGEST_REQUEST:
            _log.warning("request too long, not looked at", size=len(body))
            return
        try:
            envelope = RequestEnvelope.model_validate_json(body)
        except ValidationError as error:
            _log.warning("request not understood", problems=error.error_count(), pii_body=body[:200])
            return
        request = envelope.request
        if isinstance(request, OfferShown):
            self._shown(OfferId(request.offer))
            return
        if not _RANDOM_NAME.fullmatch(envelope.reply_to):
            _log.warning("request without a proper reply name", request=request.type)
            return
        if envelope.id in self._answers:
            self._repeat(envelope)
            return
        if envelope.expires_at <= self._clock.utc().timestamp() * 1000:
            _log.info("request too old, not carried out", request=request.type)
            return
        self._answers[envelope.id] = None
        if len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        self._sink.put_request(request, lambda reply: self._answer(envelope, reply))

    def _answer(self, envelope: RequestEnvelope, reply: Reply) -> None:
        if envelope.id in self._answers:
            self._answers[envelope.id] = reply
        self._send(envelope, reply)

    def _repeat(self, envelope: RequestEnvelope) -> None:
        reply = self._answers[envelope.id]
        if reply is not None:
            self._send(envelope, reply)

    def _send(self, envelope: RequestEnvelope, reply: Reply) -> None:
        self._writer.put(
            Entry(
                stream=reply_stream(self._prefix, envelope.reply_to),
                field=REPLY,
                body=ReplyEnvelope(id=envelope.id, reply=reply).model_dump_json().encode(),
                keep=1_000,
                expires=_REPLY_STREAM_LIVES,
            )
        )
