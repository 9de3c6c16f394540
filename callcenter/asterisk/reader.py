"""From bytes to typed messages: what Asterisk says over its Manager Interface. Pure; nothing here does I/O.

A message is a block of ``Name: value`` lines ended by an empty line, as Asterisk writes them: each line ends with
CR LF. Of some two hundred events only those in `WANTED_EVENTS` are built; of the others not even the headers are read.

Text in an event may come from a telephone (caller's name and number), so a message is not believed when its shape
shows that text has become structure: a header that can stand only once stands twice, or a control character (a bare
CR or LF among them) is inside. Such a message is handed on as `Quarantined`, never as what it claims to be.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from callcenter.asterisk.messages import (
    AsyncAgiEnd,
    AsyncAgiExec,
    AsyncAgiStart,
    BridgeEnter,
    BridgeLeave,
    ChannelStatus,
    DeviceState,
    DialBegin,
    DialEnd,
    DtmfEnd,
    FullyBooted,
    Hangup,
    HangupRequest,
    ListEnd,
    Message,
    OriginateResponse,
    PhoneHold,
    Quarantined,
    QueueMember,
    Response,
    Shutdown,
    UserEvent,
)

MESSAGE_LIMIT = 256 * 1024
"""Bytes; a longer message is no message of Asterisk's, and the link that brought it is given up."""


class MessageTooLong(Exception):
    """The peer sent more than `MESSAGE_LIMIT` bytes without ending a message."""


class MessageReader:
    """Takes bytes as they come from the socket, in any pieces, and gives messages in their order.

    `version` is what the greeting line said. `ignored` counts events that nobody here wants.
    """

    def __init__(self) -> None:
        self.version: str | None = None
        self.ignored = 0
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes. Raises `MessageTooLong`."""
        data = self._rest + data if self._rest else data
        if self.version is None:
            greeting, end, data = data.partition(b"\r\n")
            if not end:
                self._keep(greeting)
                return []
            self.version = greeting.decode("utf-8", "replace").rpartition("/")[2]
        frames = data.split(b"\r\n\r\n")
        self._keep(frames.pop())
        messages: list[Message] = []
        for frame in frames:
            self._take(frame, messages)
        return messages

    def _keep(self, rest: bytes) -> None:
        if len(rest) > MESSAGE_LIMIT:
            raise MessageTooLong(f"more than {MESSAGE_LIMIT} bytes without an end of message")
        self._rest = rest

    def _take(self, frame: bytes, messages: list[Message]) -> None:
        # The first line decides before anything is decoded: most events are dropped right here.
        end = frame.find(b"\r\n")
        first = frame if end < 0 else frame[:end]
        build = _BUILDERS.get(first)
        if build is not None:
            try:
                messages.append(build(_Headers(frame)))
            except _NotBelieved as doubt:
                messages.append(Quarantined(event=first.decode("ascii", "replace"), reason=str(doubt)))
        elif first.startswith(b"Event: "):
            self.ignored += 1
        elif first:
            messages.append(Quarantined(event="", reason="neither an event nor a response"))
        elif rest := frame.lstrip(b"\r\n"):  # one line end too many before this message
            self._take(rest, messages)


class _NotBelieved(Exception):
    """Why a message is not taken for what it claims to be."""


_CONTROLS = bytes(range(32)) + b"\x7f"
_REPEATABLE = re.compile(r"[A-Za-z]*Variable")
_CHANNEL_ID = re.compile(r"[A-Za-z0-9._-]{1,150}")
_C_ESCAPED = re.compile(r"\\(['\"?\\])")
_LINE_ENDS = re.compile(r"%0[Aa]|\n")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")


class _Headers:
    """The headers of one message, each readable in the one type that it should have."""

    __slots__ = ("_lines", "_values")

    def __init__(self, frame: bytes) -> None:
        self._lines = frame.decode("utf-8", "replace").split("\r\n")
        # Without its control characters a clean frame is shorter by exactly the CR LF between its lines.
        if len(frame.translate(None, _CONTROLS)) != len(frame) - 2 * (len(self._lines) - 1):
            raise _NotBelieved("control character")
        if len(frame) > MESSAGE_LIMIT:
            raise _NotBelieved("too long")
        try:
            self._values = dict([line.split(": ", 1) for line in self._lines])
        except ValueError:
            self._values = dict(self._split(line) for line in self._lines)
        if len(self._values) != len(self._lines):
            self._check_repeated()

    @staticmethod
    def _split(line: str) -> tuple[str, str]:
        name, colon, value = line.partition(":")
        if not colon:
            raise _NotBelieved("a line that is no header")
        return name, value.removeprefix(" ")

    def _check_repeated(self) -> None:
        seen = set()
        for line in self._lines:
            name = line.partition(":")[0]
            if name in seen and not _REPEATABLE.fullmatch(name):
                raise _NotBelieved("repeated header")
            seen.add(name)

    def text(self, name: str) -> str:
        """Return a header that may be missing or empty."""
        return self._values.get(name, "")

    def known(self, name: str) -> str:
        """Return a caller's name or number: ``<unknown>`` is nothing, and quotes are escaped as in C."""
        value = self._values.get(name, "")
        if "\\" in value:
            value = _C_ESCAPED.sub(r"\1", value)
        return "" if value in ("<unknown>", "<none>") else value

    def channel(self, name: str) -> str:
        """Return a header that must hold a channel's or bridge's unique id."""
        value = self._values.get(name, "")
        if not _CHANNEL_ID.fullmatch(value):
            raise _NotBelieved(f"{name} missing or malformed")
        return value

    def integer(self, name: str) -> int:
        """Return a header that must hold a number; a missing one is 0."""
        value = self._values.get(name) or "0"
        if not value.removeprefix("-").isdecimal() or len(value) > 18:
            raise _NotBelieved(f"{name} is no number")
        return int(value)

    def variables(self) -> dict[str, str]:
        """Return the channel variables of a Status item; one that is not set is left out."""
        return {
            name: value
            for header, _, assignment in (line.partition(": ") for line in self._lines)
            if header == "Variable"
            for name, equals, value in [assignment.partition("=")]
            if equals and value not in ("", "(null)")
        }


def unescape(text: str) -> str:
    """Undo the percent-encoding of AGI texts (RFC 3986); octets that are not UTF-8 become U+FFFD."""
    if "%" not in text:
        return text
    octets = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text.encode("utf-8").decode("latin-1"))
    return octets.encode("latin-1").decode("utf-8", "replace")


def _environment(text: str, name: str) -> str:
    """Return one ``agi_*`` value of an AsyncAGI environment; one that seems to stand there twice is not believed."""
    # Only the line that is wanted is unescaped: the environment is the longest text in all of AMI.
    lines = [unescape(line) for line in _LINE_ENDS.split(text) if line.startswith(name)]
    values = [line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: ")]
    return values[0] if len(values) == 1 else ""


def _response(h: _Headers) -> Response:
    return Response(
        action_id=h.text("ActionID"),
        success=h.text("Response") in ("Success", "Goodbye"),
        message=h.text("Message"),
        challenge=h.text("Challenge"),
        list_follows=h.text("EventList") == "start",
    )


def _list_end(h: _Headers) -> ListEnd:
    return ListEnd(action_id=h.text("ActionID"), complete=h.text("EventList").lower() == "complete")


def _channel_status(h: _Headers) -> ChannelStatus:
    return ChannelStatus(
        action_id=h.text("ActionID"),
        channel=h.text("Channel"),
        uniqueid=h.channel("Uniqueid"),
        linkedid=h.channel("Linkedid"),
        state=h.integer("ChannelState"),
        context=h.text("Context"),
        dnid=h.known("DNID"),
        caller_number=h.known("CallerIDNum"),
        caller_name=h.known("CallerIDName"),
        application=h.text("Application"),
        bridge=h.text("BridgeID"),
        seconds=h.integer("Seconds"),
        variables=h.variables(),
    )


def _user_event(h: _Headers) -> UserEvent:
    return UserEvent(
        name=h.text("UserEvent"),
        uniqueid=h.channel("Uniqueid"),
        dialled=h.text("Dialled"),
        caller_number=h.known("CallerIDNum"),
        caller_name=h.known("CallerIDName"),
        device=h.text("Device"),
        status=h.text("Status"),
        cause=h.integer("Cause"),
    )


_EVENT_BUILDERS: dict[str, Callable[[_Headers], Message]] = {
    "FullyBooted": lambda _: FullyBooted(),
    "Shutdown": lambda h: Shutdown(restart=h.text("Restart") == "True"),
    "UserEvent": _user_event,
    "AsyncAGIStart": lambda h: AsyncAgiStart(
        uniqueid=h.channel("Uniqueid"),
        caller_number=h.known("CallerIDNum"),
        caller_name=h.known("CallerIDName"),
        dialled=_environment(h.text("Env"), "agi_dnid"),
    ),
    "AsyncAGIExec": lambda h: AsyncAgiExec(
        uniqueid=h.channel("Uniqueid"), command_id=h.text("CommandId"), result=unescape(h.text("Result")).strip()
    ),
    "AsyncAGIEnd": lambda h: AsyncAgiEnd(uniqueid=h.channel("Uniqueid")),
    "DialBegin": lambda h: DialBegin(
        uniqueid=h.text("Uniqueid"), dest_uniqueid=h.channel("DestUniqueid"), dest_channel=h.text("DestChannel")
    ),
    "DialEnd": lambda h: DialEnd(
        uniqueid=h.text("Uniqueid"), dest_uniqueid=h.channel("DestUniqueid"), status=h.text("DialStatus")
    ),
    "OriginateResponse": lambda h: OriginateResponse(
        uniqueid=h.text("Uniqueid"), success=h.text("Response") == "Success"
    ),
    "Hold": lambda h: PhoneHold(uniqueid=h.channel("Uniqueid"), on=True),
    "Unhold": lambda h: PhoneHold(uniqueid=h.channel("Uniqueid"), on=False),
    "BridgeEnter": lambda h: BridgeEnter(bridge=h.channel("BridgeUniqueid"), uniqueid=h.channel("Uniqueid")),
    "BridgeLeave": lambda h: BridgeLeave(bridge=h.channel("BridgeUniqueid"), uniqueid=h.channel("Uniqueid")),
    "HangupRequest": lambda h: HangupRequest(uniqueid=h.channel("Uniqueid"), by_device=True),
    "SoftHangupRequest": lambda h: HangupRequest(uniqueid=h.channel("Uniqueid"), by_device=False),
    "Hangup": lambda h: Hangup(uniqueid=h.channel("Uniqueid"), cause=h.integer("Cause")),
    "DTMFEnd": lambda h: DtmfEnd(
        uniqueid=h.channel("Uniqueid"), digit=h.text("Digit"), received=h.text("Direction") == "Received"
    ),
    "DeviceStateChange": lambda h: DeviceState(
        action_id=h.text("ActionID"), device=h.text("Device"), state=h.text("State")
    ),
}

_LIST_BUILDERS: dict[str, Callable[[_Headers], Message]] = {
    "Status": _channel_status,
    "QueueMember": lambda h: QueueMember(
        action_id=h.text("ActionID"),
        queue=h.text("Queue"),
        interface=h.text("StateInterface") or h.text("Location"),
        penalty=h.integer("Penalty"),
        paused=h.text("Paused") == "1",
    ),
    "StatusComplete": _list_end,
    "QueueStatusComplete": _list_end,
    "DeviceStateListComplete": _list_end,
}

WANTED_EVENTS = tuple(_EVENT_BUILDERS)
"""The events that a session of ours needs; Asterisk is configured to send no others (`manager.conf`)."""

_BUILDERS: dict[bytes, Callable[[_Headers], Message]] = {
    **{f"Event: {name}".encode(): build for name, build in (_EVENT_BUILDERS | _LIST_BUILDERS).items()},
    **{f"Response: {word}".encode(): _response for word in ("Success", "Error", "Goodbye")},
}
