"""The line to Asterisk's Manager Interface: connect, log in, ask and answer, notice death, come back.

panoramisk opens the connection and holds it; all that runs over it is our own `AmiProtocol`, put in through
panoramisk's `protocol_factory`: framing on bytes, size limits, a table of pending actions with deadlines. What
panoramisk would do by itself and must not (send actions again after a reconnect, reconnect at a fixed rate, take
pings for granted) is overridden in `_Door`.

One `AmiConnection` is one login and is never reused. `AmiLink` makes one after the other, numbered by `generation`.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl as tls
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import panoramisk
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
    MessageReader,
    MessageTooLong,
    Quarantined,
    QueueMember,
    Response,
)
from callcenter.domain.errors import ExternalFailure

ACTION_DEADLINE = 5.0
"""Seconds until an unanswered action is given up; what became of it is then unknown."""

WRITE_LIMIT = 1 << 20
"""Bytes that may wait for a peer that does not read; beyond, actions are refused."""

log = structlog.get_logger(__name__)


class LinkDown(ExternalFailure):
    """There is no logged-in connection, or it was lost before the answer: the outcome of what was sent is unknown."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


class ActionRefused(ExternalFailure):
    """Asterisk answered that it will not or cannot: no such channel, no permission."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"{action}: {message}", retryable=False)


class LoginRefused(ExternalFailure):
    """The Manager Interface does not accept our user or secret."""

    def __init__(self, message: str) -> None:
        super().__init__(f"Asterisk refused the login: {message}", retryable=False)


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


class AmiConnection:
    """A logged-in connection: ask, and be answered in time."""

    def __init__(self, protocol: AmiProtocol, generation: int) -> None:
        self._protocol = protocol
        self.generation = generation

    @property
    def alive(self) -> bool:
        """Whether the connection still stands, as far as we know."""
        return not self._protocol.lost.done()

    async def request(self, *batch: Action, deadline: float = ACTION_DEADLINE) -> list[Answer]:
        """Send actions in one write and return their answers when all have come.

        The write happens before the first suspension, so calls made one after the other reach Asterisk in that order.
        Raises `ActionRefused` for the first that was refused, `LinkDown` when an answer did not come.
        """
        futures = self._protocol.send(batch)
        try:
            async with asyncio.timeout(deadline):
                answers = [await future for future in futures]
        except TimeoutError as error:
            names = ", ".join(action.name for action in batch)
            raise LinkDown(f"{names}: no answer within {deadline:g} s") from error
        finally:
            for future in futures:
                future.cancel()
        for action, answer in zip(batch, answers, strict=True):
            if not answer.response.success:
                raise ActionRefused(action.name, answer.response.message)
        return answers

    def post(self, *batch: Action) -> None:
        """Send actions whose answers nobody waits for. Raises `LinkDown`."""
        for future in self._protocol.send(batch):
            future.add_done_callback(_note_refusal)
            future.get_loop().call_later(ACTION_DEADLINE, future.cancel)

    def close(self, reason: str) -> None:
        """Give the connection up."""
        self._protocol.close(reason)


def _note_refusal(future: asyncio.Future[Answer]) -> None:
    if not future.cancelled() and future.exception() is None and not future.result().response.success:
        log.info("ami_action_refused", answer=future.result().response.message)


class _Door(panoramisk.Manager):  # type: ignore[misc]  # panoramisk ships no types
    """panoramisk's connection holder without its own ideas of login, pinging and reconnecting."""

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        """Leave everything to `AmiLink`, which awaits the same future."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave everything to `AmiLink`, which watches the protocol."""


class AmiLink:
    """Keeps one logged-in connection to Asterisk, for ever.

    Callbacks are synchronous and called from the event loop: `on_event` with each event of the present connection,
    `on_up` after each login (it may start the reading of a snapshot), `on_down` once for each `on_up`.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        secret: str,
        nonce: Callable[[], str],
        jitter: Callable[[float, float], float],
        on_event: Callable[[AmiEvent], None],
        on_up: Callable[[AmiConnection], None],
        on_down: Callable[[str], None],
        on_quarantine: Callable[[], None] = lambda: None,
        ssl: tls.SSLContext | None = None,
        ping_interval: float = 2.0,
        pings_missed: int = 3,
        back_off: tuple[float, float] = (0.1, 5.0),
    ) -> None:
        self._address: dict[str, object] = {"host": host, "port": port, "ssl": ssl or False}
        self._user = user
        self._secret = secret
        self._nonce = nonce
        self._jitter = jitter
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._on_quarantine = on_quarantine
        self._ping_interval = ping_interval
        self._silence_limit = ping_interval * pings_missed
        self._back_off = back_off
        self._connection: AmiConnection | None = None
        self.generation = 0

    @property
    def connection(self) -> AmiConnection:
        """The logged-in connection of now. Raises `LinkDown` when there is none."""
        if self._connection is None or not self._connection.alive:
            raise LinkDown("not connected to Asterisk")
        return self._connection

    async def run(self) -> None:
        """Connect, serve until the connection dies, wait, connect again; ends by cancellation only.

        Raises `LoginRefused` when the very first login is refused: nothing that waiting would cure. Later refusals
        are logged as errors and tried again at the slowest rate, because somebody may be at work on `manager.conf`.
        """
        attempt = 0
        loop = asyncio.get_running_loop()
        while True:
            born = loop.time()
            try:
                await self._live_once()
                if loop.time() - born > self._back_off[1]:
                    attempt = 0  # one that died young is as bad as none at all
            except LoginRefused as refusal:
                if self.generation == 0:
                    raise
                log.error("ami_login_refused", reason=str(refusal))  # noqa: TRY400 -- the words say it all
                attempt = 16
            except (OSError, ExternalFailure) as error:
                log.warning("ami_connect_failed", reason=str(error), attempt=attempt)
            await asyncio.sleep(self._delay(attempt))
            attempt = min(attempt + 1, 16)

    def _delay(self, attempt: int) -> float:
        """Full jitter: a draw between the shortest delay and a doubling ceiling, so that many do not come at once."""
        shortest, longest = self._back_off
        return self._jitter(shortest, max(shortest, min(longest, shortest * 2.0**attempt)))

    async def _live_once(self) -> None:
        protocol: AmiProtocol | None = None

        def make_protocol() -> AmiProtocol:
            nonlocal protocol
            protocol = AmiProtocol(nonce=self._nonce(), on_event=self._on_event, on_quarantine=self._on_quarantine)
            return protocol

        door = _Door(**self._address, protocol_factory=make_protocol, loop=asyncio.get_running_loop())
        try:
            async with asyncio.timeout(ACTION_DEADLINE):
                await door.connect()
            assert protocol is not None  # noqa: S101 -- connect() has called the factory
            connection = AmiConnection(protocol, self.generation + 1)
            await self._log_in(connection)
            self.generation += 1
            await self._serve(connection, protocol)
        except TimeoutError as error:
            raise LinkDown("Asterisk does not accept the connection in time") from error
        finally:
            if protocol is not None:
                protocol.close()

    async def _log_in(self, connection: AmiConnection) -> None:
        try:
            (challenge,) = await connection.request(actions.CHALLENGE)
            # MD5 is what the Manager Interface offers instead of sending the secret; not a choice of ours.
            proof = challenge.response.challenge + self._secret
            key = hashlib.md5(proof.encode(), usedforsecurity=False).hexdigest()
            await connection.request(actions.log_in(self._user, key))
        except ActionRefused as refusal:
            if "in use" in str(refusal).lower():
                # Asterisk has not noticed yet that the session before this one is dead (allowmultiplelogin = no).
                raise LinkDown("Asterisk still holds an older session of ours") from refusal
            raise LoginRefused(str(refusal)) from refusal

    async def _serve(self, connection: AmiConnection, protocol: AmiProtocol) -> None:
        self._connection = connection
        log.info("ami_up", generation=connection.generation)
        self._on_up(connection)
        reason = "cancelled"
        try:
            reason = await self._watch(connection, protocol)
        finally:
            self._connection = None
            protocol.close(reason)
            log.warning("ami_down", generation=connection.generation, reason=reason)
            self._on_down(reason)

    async def _watch(self, connection: AmiConnection, protocol: AmiProtocol) -> str:
        """Ping, and return why the connection is over."""
        loop = asyncio.get_running_loop()
        while True:
            done, _ = await asyncio.wait([protocol.lost], timeout=self._ping_interval)
            if done:
                return protocol.lost.result()
            silence = loop.time() - protocol.last_heard
            if silence >= self._silence_limit:
                return f"no sign of life for {silence:.1f} s"
            connection.post(actions.PING)
