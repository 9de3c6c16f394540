"""Facts about calls and devices, as the switch reports them: CSTA call-control events, past tense.

A *call* is known by its caller's connection. Events never carry switch words (channels, contexts); the translator
in `callcenter.asterisk` is the only place that knows both languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, InteractionId, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A call reached a published number. `calling_*` come from the public network: cleaned, never trusted."""

    call: CallId
    called_number: str
    calling_number: str
    calling_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IvrEntered:
    """The call is in our hands: prompts can be played and keys are reported (CSTA: Established at the IVR device)."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class IvrLeft:
    """The call left our hands: moved, fallen out by its guard, or ended."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitPressed:
    """The caller pressed one key: ``0``-``9``, ``*``, ``#`` or ``A``-``D``."""

    call: CallId
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The call entered the waiting room; `fallback` when the switch's own queue took over (our heartbeat stopped)."""

    call: CallId
    fallback: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """An agent's device is being rung for the call (connection state alerting)."""

    call: CallId
    device: DeviceName
    connection: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Established:
    """Caller and agent's device are in one bridge: they can talk."""

    call: CallId
    device: DeviceName
    connection: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An attempt to ring the agent's device ended without an answer; the caller is still there."""

    call: CallId
    device: DeviceName
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCleared:
    """The agent's connection ended after it was established; `by_agent` tells whose hang-up came first."""

    call: CallId
    device: DeviceName
    connection: ConnectionId
    cause: Cause
    by_agent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCleared:
    """The caller's connection ended: the call is over."""

    call: CallId
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class BackInService:
    """An agent's device has a live registration (CSTA: Back in service)."""

    device: DeviceName


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfService:
    """An agent's device has no live registration any more (CSTA: Out of service)."""

    device: DeviceName


class Place(StrEnum):
    """Where a live call stands in the switch when we look at it."""

    IVR = "ivr"
    WAITING = "waiting"
    ALERTING = "alerting"  # an agent's device is being rung
    TALKING = "talking"
    FALLBACK_QUEUE = "fallback_queue"  # in the switch's own queue; not ours until answered
    ENDING = "ending"  # hears the spoken end, or is being cleared
    MOVING = "moving"  # between two places: where the caller arrives is told within a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    """One call found in the switch, with what its channel says about it (ARCHITECTURE: only ids, never answers)."""

    call: CallId
    place: Place
    called_number: str
    calling_number: str
    calling_name: str
    age: float  # seconds since the call arrived
    interaction: InteractionId | None = None
    queue: QueueName | None = None
    enqueued_at: int | None = None  # UTC, epoch seconds
    sequence: int | None = None  # order in the queue: epoch seconds less the head start
    epoch: int | None = None
    node: str | None = None
    device: DeviceName | None = None  # the agent's device, when alerting or talking
    connection: ConnectionId | None = None  # the agent's connection, when alerting or talking


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSnapshot:
    """All that exists in the switch now: the start of every recovery."""

    calls: tuple[LiveCall, ...]
    in_service: frozenset[DeviceName]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchConnected:
    """The link to the switch is up, after a start or a loss; events from before are worthless, this is the truth."""

    snapshot: SwitchSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchDisconnected:
    """The link to the switch is lost; `switch_stopped` when the switch said that it was shutting down."""

    switch_stopped: bool


CallEvent = (
    Offered
    | IvrEntered
    | IvrLeft
    | DigitPressed
    | Queued
    | Delivered
    | Established
    | Failed
    | ConnectionCleared
    | CallCleared
)
DeviceEvent = BackInService | OutOfService
LinkEvent = SwitchConnected | SwitchDisconnected
SwitchEvent = CallEvent | DeviceEvent | LinkEvent
