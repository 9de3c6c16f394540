"""A telephone for tests and benchmarks: one SIP user agent on UDP with audio, whose every message has a time.

    async with Phone.open(server=("127.0.0.1", 5060), user="agent-ana", password="...") as phone:
        await phone.register()
        call = await phone.incoming()
        call.answer()
        await call.audio.hears(440)
        call.bye()

Nothing is automatic but what the protocol demands; `phone.on_invite` may be set to answer without a waiting test.
All times are of the event loop's clock (`asyncio.get_running_loop().time()`, monotonic seconds).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.support.rtp import FRAME, RATE, AudioStream
from tests.support.sip import SipMessage, answer_challenge, compose, session_description

RETRANSMIT = 0.5  # seconds until a request is sent again, doubled each time (RFC 3261, timer E)
_numbers = itertools.count(1)


class CallState(StrEnum):
    """Where a call of the phone stands."""

    CALLING = "calling"
    RINGING = "ringing"
    UP = "up"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Stamp:
    """One SIP message that was sent or received."""

    at: float
    sent: bool
    line: str  # start line
    method: str
    call_id: str


class PhoneCall:
    """One call at this phone, made or received."""

    def __init__(self, phone: Phone, call_id: str, audio: AudioStream) -> None:
        self.phone = phone
        self.call_id = call_id
        self.audio = audio
        self.state = CallState.CALLING
        self.status = 0  # the final SIP status, 0 until there is one; of a call that was ended with BYE: 200
        self.ended_by_peer = False
        self.invite: SipMessage | None = None  # of a received call
        self._local = self._remote = self._target = ""
        self._sequence = 1
        self._branch = ""
        self._last_response = b""
        loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[float] = loop.create_future()
        self._ended: asyncio.Future[float] = loop.create_future()

    # -- what a person does --------------------------------------------------------------------------------------

    def ring(self) -> None:
        """Say 180 Ringing."""
        self._respond(180, "Ringing")

    def answer(self) -> None:
        """Pick up."""
        assert self.invite is not None
        assert self.state is CallState.RINGING
        self.state = CallState.UP
        self._respond(200, "OK", session_description(self.audio.port, 1))
        self._start_audio(self.invite)
        self._answered.set_result(self.phone.now())

    def reject(self, status: int = 486) -> None:
        """Refuse: 486 Busy Here, 603 Decline, 480 Temporarily Unavailable, 404 Not Found."""
        self._respond(status, "Refused")
        self._end(status)

    def bye(self) -> None:
        """Hang up an answered call."""
        self.phone.request(self, "BYE")
        self._end(200)

    def cancel(self) -> None:
        """Give up a call that was not answered yet."""
        self.phone.send_cancel(self)

    def vanish(self) -> None:
        """Stop everything without a word: the power is gone."""
        self.audio.close()
        self.phone.forget(self)
        self._end(0)

    # -- what a test waits for -----------------------------------------------------------------------------------

    async def answered(self, within: float = 5.0) -> float:
        """Return when the call was answered. Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            return await asyncio.shield(self._answered)

    async def ended(self, within: float = 5.0) -> float:
        """Return when the call ended. Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            return await asyncio.shield(self._ended)

    # -- inside: used by the phone -------------------------------------------------------------------------------

    def dial(self, number: str, name: str, headers: list[tuple[str, str]]) -> None:
        phone = self.phone
        tag = f"t{next(_numbers)}"
        self._local = f'"{name}" <sip:{phone.caller_id}@127.0.0.1:{phone.port}>;tag={tag}'
        self._target = f"sip:{number}@{phone.server[0]}:{phone.server[1]}"
        self._remote = f"<{self._target}>"
        self._branch = phone.request(self, "INVITE", session_description(self.audio.port, 1), headers)

    def receive(self, invite: SipMessage) -> None:
        self.invite = invite
        self.state = CallState.RINGING
        self._local, self._remote = f"{invite.get('To')};tag=t{next(_numbers)}", invite.get("From")
        self._target = invite.contact
        self._sequence = 100
        self._respond(100, "Trying")

    def _respond(self, status: int, reason: str, body: str = "") -> None:
        assert self.invite is not None
        self._last_response = self.phone.respond(self.invite, status, reason, body, to=self._local)

    def repeat_response(self) -> None:
        self.phone.send_again(self._last_response)

    def headers(self, method: str) -> tuple[str, list[tuple[str, str]]]:
        if method not in ("ACK", "CANCEL", "INVITE"):
            self._sequence += 1
        return self._target, [
            ("From", self._local),
            ("To", self._remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self._sequence} {method}"),
        ]

    @property
    def branch(self) -> str:
        return self._branch

    def take_response(self, response: SipMessage) -> None:
        if response.method != "INVITE" or response.status < 101:
            return
        if response.status < 200:
            self._start_audio(response)
            return
        self._remote = response.get("To")
        if response.status < 300:
            self._target = response.contact
            self.phone.request(self, "ACK")
            self._start_audio(response)
            if self.state is CallState.CALLING:
                self.state = CallState.UP
                self._answered.set_result(self.phone.now())
        else:
            self.phone.request(self, "ACK", branch=self._branch)
            self._end(response.status)

    def take_request(self, request: SipMessage) -> None:
        match request.method:
            case "ACK":
                pass
            case "BYE":
                self.phone.respond(request, 200, "OK")
                self.ended_by_peer = True
                self._end(200)
            case "CANCEL":
                self.phone.respond(request, 200, "OK")
                if self.state is CallState.RINGING:
                    self._respond(487, "Request Terminated")
                    self.ended_by_peer = True
                    self._end(487)
            case "INVITE" if self.state is CallState.UP:
                self.phone.respond(request, 200, "OK", session_description(self.audio.port, 2), to=self._local)
                self._start_audio(request)
            case "INVITE":
                self.repeat_response()
            case _:
                self.phone.respond(request, 200, "OK")

    def _start_audio(self, message: SipMessage) -> None:
        if message.media is not None:
            self.audio.start(message.media)

    def _end(self, status: int) -> None:
        if self.state is CallState.ENDED:
            return
        self.state, self.status = CallState.ENDED, status
        self.audio.close()
        if not self._ended.done():
            self._ended.set_result(self.phone.now())


class Phone(asyncio.DatagramProtocol):
    """A SIP user agent on a free port of the loopback."""

    def __init__(self, server: tuple[str, int], user: str, password: str, frame_interval: float) -> None:
        self.server = server
        self.user = user
        self.caller_id = user
        self.port = 0
        self.stamps: list[Stamp] = []
        self.calls: dict[str, PhoneCall] = {}
        self.on_invite: Callable[[PhoneCall], None] | None = None
        self.deaf = False  # answers nothing at all
        self._password = password
        self._frame_interval = frame_interval
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._repeats: dict[str, asyncio.TimerHandle] = {}
        self._registration: asyncio.Future[SipMessage] | None = None
        self._sequence = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        *,
        server: tuple[str, int],
        user: str,
        password: str = "",
        frame_interval: float = FRAME / RATE,
        port: int = 0,
    ) -> AsyncIterator[Phone]:
        """Have a phone for a while, on any port unless one is given.

        `frame_interval`: seconds between audio frames; many calls may need fewer.
        """
        phone = cls(server, user, password, frame_interval)
        ether = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ether.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        ether.bind(("127.0.0.1", port))
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: phone, sock=ether)
        try:
            yield phone
        finally:
            phone.close()

    def now(self) -> float:
        """The phone's clock."""
        return self._loop.time()

    # -- what a person does --------------------------------------------------------------------------------------

    async def register(self, expires: int = 60, within: float = 3.0) -> int:
        """Register (0: unregister) and return the final status. Raises `TimeoutError`."""
        uri = f"sip:{self.server[0]}:{self.server[1]}"
        authorization: list[tuple[str, str]] = []
        async with asyncio.timeout(within):
            while True:
                self._registration = self._loop.create_future()
                self._sequence += 1
                self._send_request(
                    "REGISTER",
                    uri,
                    [
                        ("From", f"<sip:{self.user}@{self.server[0]}>;tag=r{self.port}"),
                        ("To", f"<sip:{self.user}@{self.server[0]}>"),
                        ("Call-ID", f"register-{self.port}"),
                        ("CSeq", f"{self._sequence} REGISTER"),
                        ("Expires", str(expires)),
                        *authorization,
                    ],
                )
                response = await self._registration
                challenge = response.get("WWW-Authenticate")
                if response.status != 401 or (authorization and "stale=true" not in challenge.lower()):
                    return response.status
                value = answer_challenge(challenge, "REGISTER", uri, self.user, self._password)
                authorization = [("Authorization", value)]

    async def dial(self, number: str, *, name: str = "Test", headers: list[tuple[str, str]] | None = None) -> PhoneCall:
        """Call a number; `headers` are sent as they are. Returns at once: wait with `PhoneCall.answered`."""
        audio = await AudioStream.open(self._frame_interval)
        call = PhoneCall(self, f"{self.port}-{next(_numbers)}@phone", audio)
        self.calls[call.call_id] = call
        call.dial(number, name, headers or [])
        return call

    async def incoming(self, within: float = 5.0) -> PhoneCall:
        """Return the next call that rings here. Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            return await self._incoming.get()

    async def hang_up_all(self) -> None:
        """End every call in good order, so that the next test finds none."""
        for call in self.calls.values():
            if call.state is CallState.UP:
                call.bye()
            elif call.state is CallState.CALLING:
                call.cancel()
            elif call.state is CallState.RINGING:
                call.reject(480)
        await asyncio.sleep(0.1)

    def times(self, method: str, *, sent: bool) -> list[float]:
        """Return when requests of this method (INVITE, BYE, CANCEL) went or came."""
        return [stamp.at for stamp in self.stamps if stamp.line.startswith(method + " ") and stamp.sent is sent]

    def close(self) -> None:
        """Put it out of the world without a word."""
        for timer in self._repeats.values():
            timer.cancel()
        for call in self.calls.values():
            call.audio.close()
        for task in self._tasks:
            task.cancel()
        if self._transport is not None:
            self._transport.close()

    # -- inside: sending -----------------------------------------------------------------------------------------

    def request(
        self,
        call: PhoneCall,
        method: str,
        body: str = "",
        headers: list[tuple[str, str]] | None = None,
        branch: str = "",
    ) -> str:
        target, own = call.headers(method)
        return self._send_request(method, target, [*own, *(headers or [])], body, branch)

    def send_cancel(self, call: PhoneCall) -> None:
        self.request(call, "CANCEL", branch=call.branch)

    def respond(self, request: SipMessage, status: int, reason: str, body: str = "", to: str = "") -> bytes:
        headers = [("Via", via) for via in request.all("Via")]
        headers += [("Record-Route", route) for route in request.all("Record-Route")]
        headers += [(name, request.get(name)) for name in ("From", "Call-ID", "CSeq")]
        headers += [("To", to or request.get("To")), ("Contact", f"<sip:{self.user}@127.0.0.1:{self.port}>")]
        data = compose(f"SIP/2.0 {status} {reason}", headers, body)
        self._send(data)
        return data

    def send_again(self, data: bytes) -> None:
        if data:
            self._send(data)

    def forget(self, call: PhoneCall) -> None:
        self.calls.pop(call.call_id, None)
        self.deaf = True

    def _send_request(
        self, method: str, target: str, headers: list[tuple[str, str]], body: str = "", branch: str = ""
    ) -> str:
        branch = branch or f"z9hG4bK{self.port}x{next(_numbers)}"
        via = f"SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch};rport"
        own = [("Via", via), ("Max-Forwards", "70"), ("Contact", f"<sip:{self.user}@127.0.0.1:{self.port}>")]
        data = compose(f"{method} {target} SIP/2.0", [*own, *headers], body)
        self._send(data)
        if method != "ACK":
            self._repeat(f"{branch} {method}", data, RETRANSMIT)
        return branch

    def _repeat(self, key: str, data: bytes, delay: float) -> None:
        def again() -> None:
            self._send(data)
            self._repeat(key, data, 2 * delay)

        if delay < 16:
            self._repeats[key] = self._loop.call_later(delay, again)

    def _send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.sendto(data, self.server)
        self._stamp(SipMessage.parse(data), sent=True)

    def _stamp(self, message: SipMessage, *, sent: bool) -> None:
        self.stamps.append(Stamp(self.now(), sent, message.start_line, message.method, message.get("Call-ID")))

    # -- inside: receiving ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # UDP gives a datagram transport
        self.port = int(transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = SipMessage.parse(data)
        if not message.headers or self.deaf:
            return
        self._stamp(message, sent=False)
        call = self.calls.get(message.get("Call-ID"))
        if message.status:
            self._take_response(message, call)
        elif call is not None:
            call.take_request(message)
        elif message.method == "INVITE":
            self._take_invite(message)
        elif message.method == "OPTIONS":
            self.respond(message, 200, "OK", to=f"{message.get('To')};tag=o{next(_numbers)}")
        elif message.method != "ACK":
            self.respond(message, 481, "Call/Transaction Does Not Exist")

    def _take_response(self, response: SipMessage, call: PhoneCall | None) -> None:
        branch = response.get("Via").partition("branch=")[2].partition(";")[0]
        timer = self._repeats.pop(f"{branch} {response.method}", None)
        if timer is not None:
            timer.cancel()
        if response.method == "REGISTER":
            if self._registration is not None and not self._registration.done():
                self._registration.set_result(response)
        elif call is not None:
            call.take_response(response)

    def _take_invite(self, invite: SipMessage) -> None:
        call_id = invite.get("Call-ID")
        task = self._loop.create_task(self._receive(call_id, invite))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _receive(self, call_id: str, invite: SipMessage) -> None:
        audio = await AudioStream.open(self._frame_interval)
        if call_id in self.calls:
            audio.close()  # a repeated INVITE
            return
        call = self.calls[call_id] = PhoneCall(self, call_id, audio)
        call.receive(invite)
        if self.on_invite is not None:
            self.on_invite(call)
        else:
            self._incoming.put_nowait(call)
