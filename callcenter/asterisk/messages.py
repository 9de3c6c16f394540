"""What Asterisk says over its Manager Interface, as types: of some two hundred messages those that we use. Pure.

Each has only the headers that somebody here reads. They are made in `callcenter.asterisk.reader`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
class OriginateResponse:
    """A channel that we asked for came up, or did not; `uniqueid` is the one that we chose."""

    uniqueid: str
    success: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneHold:
    """A device has put its talk on hold by itself (`on`), or goes on with it."""

    uniqueid: str
    on: bool


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
    | OriginateResponse
    | PhoneHold
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
