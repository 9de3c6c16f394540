"""One connection's wire to the Manager Interface: messages in, actions out, and who waits for which answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from callcenter.asterisk import actions
from callcenter.asterisk.actions import Action
from callcenter.asterisk.messages import (
    AmiEvent,
    ChannelStatus,
    DeviceState,
    ListEnd,
    ListItem,
    Message,
    Quarantined,
    QueueMember,
    Response,
)
from callcenter.asterisk.reader import MessageReader, MessageTooLong
from callcenter.domain.errors import ExternalFailure

log = structlog.get_logger(__name__)

WRITE_LIMIT = 1 << 20
"""Bytes that may wait for a peer that does not read; beyond, actions are refused."""


class LinkDown(ExternalFailure):
    """There is no logged-in connection, or it was lost before the answer: the outcome of what was sent is unknown."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


class ActionRefused(ExternalFailure):
    """Asterisk answered that it will not or cannot: no such channel, no permission."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"{action}: {message}", retryable=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response, and the items when the action was a list."""

    response: Response
    items: tuple[ListItem, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Pending:
    action: Action
    future: asyncio.Future[Answer]
    items: list[ListItem] = field(default_factory=list)
    response: Response | None = None


class AmiProtocol(asyncio.Protocol):
    """One connection's wire: messages in, actions out, and the table that joins answers to actions.

    `on_event` is called for each event in the order of arrival, synchronously; it must not raise.
    """

    def __init__(self, *, nonce: str, on_event: Callable[[AmiEvent], None], on_quarantine: Callable[[], None]) -> None:
        self._nonce = nonce
        self._on_event = on_event
        self._on_quarantine = on_quarantine
        self._reader = MessageReader()
        self._pending: dict[str, _Pending] = {}
        self._sent = 0
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self.last_heard = self._loop.time()
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self.quarantined = 0
        self.late = 0
        self.failures = 0

    @property
    def ignored(self) -> int:
        """How many events came that nobody wants: a sign that `manager.conf` filters too little."""
        return self._reader.ignored

    @property
    def pending(self) -> int:
        """How many actions wait for their answer."""
        return len(self._pending)

    # -- asked by those above ----------------------------------------------------------------------------------

    def send(self, batch: Sequence[Action]) -> list[asyncio.Future[Answer]]:
        """Send actions in one write; return their answers to come, in the same order.

        Asterisk carries out one session's actions one after the other, so order on the wire is order of effect.
        Raises `LinkDown`, or `Unsendable` before anything was sent.
        """
        transport = self._transport
        if transport is None or self.lost.done():
            raise LinkDown("not connected to Asterisk")
        if transport.get_write_buffer_size() > WRITE_LIMIT:
            raise LinkDown("Asterisk does not read what we send")
        ids = [f"{self._nonce}-{self._sent + number}" for number in range(len(batch))]
        data = b"".join(actions.encode(action, action_id) for action, action_id in zip(batch, ids, strict=True))
        self._sent += len(batch)
        futures = []
        for action, action_id in zip(batch, ids, strict=True):
            future: asyncio.Future[Answer] = self._loop.create_future()
            self._pending[action_id] = _Pending(action=action, future=future)
            # Whatever ends the waiting (answer, deadline, cancellation) ends the entry.
            future.add_done_callback(partial(self._forget, action_id))
            futures.append(future)
        transport.write(data)
        return futures

    def close(self, reason: str = "closed by us") -> None:
        """End the connection; every pending action fails with `LinkDown`, nothing is sent again."""
        if not self.lost.done():
            self.lost.set_result(reason)
        for entry in list(self._pending.values()):
            if not entry.future.done():
                entry.future.set_exception(LinkDown(f"link to Asterisk lost: {reason}"))
                entry.future.exception()  # nobody may be waiting any more; that is no programming error
        if self._transport is not None:
            self._transport.abort()

    # -- told by the transport ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = transport  # type: ignore[assignment]  # TCP gives a full Transport

    def data_received(self, data: bytes) -> None:
        """Take bytes; hand on what they complete."""
        self.last_heard = self._loop.time()
        try:
            messages = self._reader.feed(data)
        except MessageTooLong as error:
            self.close(str(error))
            return
        for message in messages:
            try:
                self._take(message)
            except Exception:  # bulkhead: one message that we fail at must not cost the link
                self.failures += 1
                log.exception("ami_message_failed", message_type=type(message).__name__)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what is pending."""
        self.close(str(exc or "closed by Asterisk"))

    # -- inside ------------------------------------------------------------------------------------------------

    def _forget(self, action_id: str, _: asyncio.Future[Answer]) -> None:
        self._pending.pop(action_id, None)

    def _take(self, message: Message) -> None:
        match message:
            case Response():
                self._take_response(message)
            case ListEnd():
                self._take_list_end(message)
            case ChannelStatus() | QueueMember():
                self._take_item(message)
            case DeviceState() if message.action_id:
                self._take_item(message)
            case Quarantined():
                self.quarantined += 1
                log.warning("ami_message_quarantined", event_name=message.event, reason=message.reason)
                self._on_quarantine()
            case _:
                self._on_event(message)

    def _take_response(self, response: Response) -> None:
        entry = self._pending.get(response.action_id)
        if entry is None or entry.future.done():
            self.late += 1
        elif response.success and entry.action.is_list:
            entry.response = response
        else:
            entry.future.set_result(Answer(response=response))

    def _take_item(self, item: ListItem) -> None:
        entry = self._pending.get(item.action_id)
        if entry is not None:
            entry.items.append(item)

    def _take_list_end(self, end: ListEnd) -> None:
        entry = self._pending.get(end.action_id)
        if entry is None or entry.future.done() or entry.response is None:
            self.late += 1
        elif end.complete:
            entry.future.set_result(Answer(response=entry.response, items=tuple(entry.items)))
        else:
            entry.future.set_exception(LinkDown(f"{entry.action.name}: Asterisk broke the list off"))
