"""Facts about calls and devices, as the switch reports them: CSTA call-control events, past tense.

A *call* is known by its caller's connection: the customer's, or, of a call that an agent's phone makes, that phone's.
A customer who is called back is known by his own connection from the beginning: it is `Delivered` without a device
while it rings, and then `Queued` when he has answered, or `CallCleared`. Where an agent has called a customer, the
customer's connection is known as the call from the moment he answers: he can be held, sent on and joined as one who
called us. A call that an agent makes beside a call (a consultation) is known by the agent's connection all the time.

Events never carry switch words (channels, contexts); the translator in `callcenter.asterisk` is the only place that
knows both languages.
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
    """A device is being rung for the call (connection state alerting); none: a number outside."""

    call: CallId
    device: DeviceName | None
    connection: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Established:
    """Caller and device are in one bridge: they can talk. No device: a number outside."""

    call: CallId
    device: DeviceName | None
    connection: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An attempt to ring a device (none: a number) ended without an answer; the caller is still there."""

    call: CallId
    device: DeviceName | None
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCleared:
    """The device's connection ended after it was established; `by_agent` tells whose hang-up came first."""

    call: CallId
    device: DeviceName | None
    connection: ConnectionId
    cause: Cause
    by_agent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Who was talked to hears music: the customer, or (`call` is the agent's own) whom the agent called beside.

    `by_phone`: the agent's phone has done it by itself, and only that phone can undo it.
    """

    call: CallId
    by_phone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """Who was held talks again, to the agent who held him."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInitiated:
    """An agent's phone is off the hook with nobody on the line, and can be told what to do next."""

    call: CallId  # known by that phone's connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Originated:
    """An agent's phone calls somebody: beside his caller, who hears music, or on its own."""

    call: CallId  # known by that phone's connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """The customer talks to somebody else now: to the device (none: the number) that his agent had called."""

    call: CallId
    device: DeviceName | None
    connection: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Conferenced:
    """Whom the agent had called talks with customer and agent, all together."""

    call: CallId
    device: DeviceName | None
    connection: ConnectionId


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
    SURVEY = "survey"  # in our hands again, after his talk
    WAITING = "waiting"
    ALERTING = "alerting"  # an agent's device, or a number, is being rung for the caller
    TALKING = "talking"
    HELD = "held"  # hears music, while the agent does something else
    CALLED_BACK = "called_back"  # the customer is being called back, and has not answered yet
    DIALLING = "dialling"  # an agent's own call, not answered yet: known by his phone's connection
    FALLBACK_QUEUE = "fallback_queue"  # in the switch's own queue; not ours until answered
    ENDING = "ending"  # hears the spoken end, or is being cleared
    MOVING = "moving"  # between two places: where the caller arrives is told within a moment


class PartyPlace(StrEnum):
    """Where somebody stands whom an agent has called beside his caller."""

    ALERTING = "alerting"
    TALKING = "talking"  # to the agent
    HELD = "held"  # hears music
    JOINED = "joined"  # talks with the caller, and with the agent if he is there


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveParty:
    """Somebody whom an agent has called beside his caller; no device: a number outside."""

    connection: ConnectionId
    device: DeviceName | None
    place: PartyPlace


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
    device: DeviceName | None = None  # the agent's device, when alerting, talking, held or dialling
    connection: ConnectionId | None = None  # the agent's connection then; of a number, when it talks to one
    party: LiveParty | None = None  # whom the agent has called beside


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
    | Held
    | Retrieved
    | ServiceInitiated
    | Originated
    | Transferred
    | Conferenced
)
DeviceEvent = BackInService | OutOfService
LinkEvent = SwitchConnected | SwitchDisconnected
SwitchEvent = CallEvent | DeviceEvent | LinkEvent
