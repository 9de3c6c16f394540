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
from collections.abc import Callable
from typing import Any

import panoramisk
import structlog

from callcenter.asterisk import actions
from callcenter.asterisk.actions import Action
from callcenter.asterisk.messages import AmiEvent
from callcenter.asterisk.protocol import ActionRefused, AmiProtocol, Answer, LinkDown
from callcenter.domain.errors import ExternalFailure

log = structlog.get_logger(__name__)

ACTION_DEADLINE = 5.0
"""Seconds until an unanswered action is given up; what became of it is then unknown."""


class LoginRefused(ExternalFailure):
    """The Manager Interface does not accept our user or secret."""

    def __init__(self, message: str) -> None:
        super().__init__(f"Asterisk refused the login: {message}", retryable=False)


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
        silent_intervals: int = 3,
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
        self._silent_intervals = silent_intervals
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
        """Ping, and return why the connection is over.

        Counted are intervals in which nothing was heard, not seconds: when this process was kept from running, it was
        not the peer that was silent.
        """
        loop = asyncio.get_running_loop()
        silent, heard = 0, protocol.last_heard
        while True:
            done, _ = await asyncio.wait([protocol.lost], timeout=self._ping_interval)
            if done:
                return protocol.lost.result()
            silent = silent + 1 if protocol.last_heard == heard else 0
            heard = protocol.last_heard
            if silent >= self._silent_intervals:
                return f"no sign of life for {loop.time() - heard:.1f} s"
            connection.post(actions.PING)
