"""What Asterisk says over its Manager Interface: bytes to frames to typed messages. Pure; nothing here does I/O.

A message is a block of ``Name: value`` lines ended by an empty line, as Asterisk writes them: each line ends with
CR LF. Of some two hundred events only those in `WANTED_EVENTS` are built; of the others not even the headers are read.

Text in an event may come from a telephone (caller's name and number), so a message is not believed when its shape
shows that text has become structure: a header that can stand only once stands twice, or a control character (a bare
CR or LF among them) is inside. Such a message is handed on as `Quarantined`, never as what it claims to be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

MESSAGE_LIMIT = 256 * 1024
"""Bytes; a longer message is no message of Asterisk's, and the link that brought it is given up."""


class MessageTooLong(Exception):
    """The peer sent more than `MESSAGE_LIMIT` bytes without ending a message."""


# -- answers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The answer to one action. `list_follows`: its items come as events and end with `ListEnd`."""

    action_id: str
    success: bool
    message: str
    challenge: str  # to Challenge only
    list_follows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEnd:
    """The last event of a list; `complete` is false when Asterisk could not finish it."""

    action_id: str
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatus:
    """One live channel, from the list that the Status action makes."""

    action_id: str
    channel: str
    uniqueid: str
    linkedid: str
    state: int  # 0 Down, 4 Ring, 5 Ringing, 6 Up
    context: str
    dnid: str
    caller_number: str
    caller_name: str
    application: str
    bridge: str
    seconds: int
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMember:
    """One device in one of Asterisk's own queues, from the list that the QueueStatus action makes."""

    action_id: str
    queue: str
    interface: str
    penalty: int
    paused: bool


# -- events ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FullyBooted:
    """Asterisk has loaded everything; also said once to each session that logs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """Asterisk stops or restarts now."""

    restart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent:
    """An event of our own dialplan; `name` begins with ``CC``. What an event does not carry is empty."""

    name: str
    uniqueid: str
    dialled: str  # the published number
    caller_number: str
    caller_name: str
    device: str
    status: str
    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncAgiStart:
    """The channel waits for AGI commands from us; `dialled` is what the network dialled, from the AGI environment."""

    uniqueid: str
    caller_number: str
    caller_name: str
    dialled: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncAgiExec:
    """An AGI command has *finished*; `result` is AGI's answer line, ``200 result=0 endpos=4480``."""

    uniqueid: str
    command_id: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncAgiEnd:
    """The channel no longer waits for AGI commands. Not said when a bridge takes the channel away."""

    uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialBegin:
    """A device is being called for the channel `uniqueid` (empty: by an Originate)."""

    uniqueid: str
    dest_uniqueid: str
    dest_channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnd:
    """The attempt ended: ANSWER, or why not."""

    uniqueid: str
    dest_uniqueid: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeEnter:
    """A channel joined a bridge."""

    bridge: str
    uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLeave:
    """A channel left a bridge."""

    bridge: str
    uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HangupRequest:
    """Somebody wants the channel gone: its own device (`by_device`), or Asterisk or an AMI action."""

    uniqueid: str
    by_device: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    """The channel is gone; `cause` by Q.850."""

    uniqueid: str
    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DtmfEnd:
    """A key was released; `received`: it came from that channel's device."""

    uniqueid: str
    digit: str
    received: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """A device changed its state, or an item of the list that DeviceStateList makes (with `action_id`)."""

    action_id: str
    device: str
    state: str


AmiEvent = (
    FullyBooted
    | Shutdown
    | UserEvent
    | AsyncAgiStart
    | AsyncAgiExec
    | AsyncAgiEnd
    | DialBegin
    | DialEnd
    | BridgeEnter
    | BridgeLeave
    | HangupRequest
    | Hangup
    | DtmfEnd
    | DeviceState
)
ListItem = ChannelStatus | QueueMember | DeviceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message that is not believed: `reason` is one of our own words, the message itself is not kept."""

    event: str  # the name it claims, if that is one of the wanted
    reason: str


Message = Response | ListEnd | ChannelStatus | QueueMember | AmiEvent | Quarantined


# -- reading ---------------------------------------------------------------------------------------------------


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
        return list(self._messages(frames))

    def _keep(self, rest: bytes) -> None:
        if len(rest) > MESSAGE_LIMIT:
            raise MessageTooLong(f"more than {MESSAGE_LIMIT} bytes without an end of message")
        self._rest = rest

    def _messages(self, frames: list[bytes]) -> Iterator[Message]:
        for frame in frames:
            # The name decides before anything is decoded: most events are dropped right here.
            first, _, _ = frame.partition(b"\r\n")
            build = _BUILDERS.get(first)
            if build is None:
                if not first:  # one line end too many before this message
                    yield from self._messages([frame.lstrip(b"\r\n")] if frame else [])
                elif first.startswith(b"Event: "):
                    self.ignored += 1
                else:
                    yield Quarantined(event="", reason="neither an event nor a response")
                continue
            try:
                yield build(_Headers(frame))
            except _NotBelieved as doubt:
                yield Quarantined(event=first.decode("ascii", "replace"), reason=str(doubt))


class _NotBelieved(Exception):
    """Why a message is not taken for what it claims to be."""


_CONTROLS = bytes(range(32)) + b"\x7f"
_REPEATABLE = re.compile(r"[A-Za-z]*Variable")
_CHANNEL_ID = re.compile(r"[A-Za-z0-9._-]{1,150}")
_C_ESCAPED = re.compile(r"\\(['\"?\\])")
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
            self._values = dict(line.split(": ", 1) for line in self._lines)
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
            if equals and value
        }


def unescape(text: str) -> str:
    """Undo the percent-encoding of AGI texts (RFC 3986); octets that are not UTF-8 become U+FFFD."""
    if "%" not in text:
        return text
    octets = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text.encode("utf-8").decode("latin-1"))
    return octets.encode("latin-1").decode("utf-8", "replace")


def _environment(text: str, name: str) -> str:
    """Return one ``agi_*`` value of an AsyncAGI environment; a value cannot contain a line end of its own unseen."""
    lines = unescape(text).split("\n")
    values = [line.partition(": ")[2] for line in lines if line.startswith(name + ": ")]
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
