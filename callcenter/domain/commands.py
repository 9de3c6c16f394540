"""What we ask of the switch: CSTA services, imperative; each has one handler, in `callcenter.asterisk.switch`."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, InteractionId, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCall:
    """Write the interaction and the epoch of this CTI server on the caller's channel: the recovery log."""

    call: CallId
    interaction: InteractionId
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkNode:
    """Write the flow node on the channel and let the dialplan's guard fire `guard` seconds from now."""

    call: CallId
    node: str
    guard: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCall:
    """Move the call into the waiting room of `queue`, with its place in the order written on it."""

    call: CallId
    queue: QueueName
    enqueued_at: int  # UTC, epoch seconds
    sequence: int  # epoch seconds less the head start: smaller is earlier
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPlace:
    """Write another place on a call that waits already: the caller stays where he is and notices nothing."""

    call: CallId
    queue: QueueName
    enqueued_at: int
    sequence: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeflectCall:
    """Ring `device` for the call; whatever happens there, the switch brings the caller back or on (CSTA: Deflect Call).

    Carries the queue place as well, because a call may go from the IVR to an agent without a stop in the room.
    """

    call: CallId
    device: DeviceName
    queue: QueueName
    enqueued_at: int
    sequence: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDeflection:
    """Write everything on the channel that this deflection will need, so that the ring itself is a single step.

    Sent while the pop is on its way to the agent's page; if the offer is withdrawn, what was written means nothing.
    """

    deflection: DeflectCall

    @property
    def call(self) -> CallId:
        """The call that is to be deflected."""
        return self.deflection.call


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """Call a customer, who was promised it; who answers is in the waiting room, with the place that he has kept."""

    call: CallId  # chosen by us
    number: str  # E.164, as the dial plan has let it pass
    caller_id: str  # E.164: what the customer sees; empty: nothing
    interaction: InteractionId
    queue: QueueName
    enqueued_at: int
    sequence: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSurvey:
    """Say whether the caller comes back to us when his agent has hung up: for this survey, or (none) not at all."""

    call: CallId
    survey: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallCall:
    """Stop ringing an agent and take the call back into the waiting room."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnToIvr:
    """Bring the call (back) into the IVR, where a fresh session takes it up."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakEnd:
    """Let the caller hear the spoken end ("please call again later"), after which the switch clears the call."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearConnection:
    """Hang up one connection (an agent's leg)."""

    connection: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCall:
    """Hang up the caller."""

    call: CallId
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackMember:
    """One agent's device in one of the switch's own queues; a smaller penalty is asked first."""

    queue: QueueName
    penalty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorAgent:
    """Make the switch's own queues know the agent's device: member of `queues`, ready or paused; none: removed."""

    device: DeviceName
    queues: tuple[FallbackMember, ...]
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """Tell the dialplan that the CTI server is alive, at `epoch_seconds` UTC."""

    epoch_seconds: int


# -- what an agent wants done with a talk. `call` is the customer's connection, `connection` the agent's,
#    `party` that of somebody whom the agent has called beside -------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCall:
    """Let the customer hear music; the agent's phone stays off the hook."""

    call: CallId
    connection: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveCall:
    """Join customer and agent again."""

    call: CallId
    connection: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Whom to call: an agent's device, or a number that the dial plan has let pass."""

    device: DeviceName | None = None
    number: str | None = None
    caller_id: str = ""  # E.164: what a number's owner sees; empty: nothing

    @property
    def extension(self) -> str:
        """The number, or ``s`` for a device."""
        return self.number or "s"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationCall:
    """Call somebody from the agent's phone, and hold the customer, if he is not held already."""

    call: CallId
    connection: ConnectionId
    to: Destination
    hold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternateCall:
    """Swap: let the agent talk to the customer and hold the party, or the other way round."""

    call: CallId
    connection: ConnectionId
    party: ConnectionId
    to_customer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectCall:
    """Join customer and agent again, and let go whom he has called beside, if that one was reached already."""

    call: CallId
    connection: ConnectionId
    party: ConnectionId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCall:
    """Join the customer and the party whom the agent has called; the agent's phone is put down."""

    call: CallId
    connection: ConnectionId
    party: ConnectionId
    customer_held: bool  # else the agent talks to him


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceCall:
    """Join all three: the held one of the two is added to the talk of the others."""

    call: CallId
    connection: ConnectionId
    party: ConnectionId
    customer_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardCall:
    """Send the customer to a number; whatever happens there, he is served or back in the waiting room.

    Carries his place in the queue for that, as `DeflectCall` does.
    """

    call: CallId
    to: Destination
    queue: QueueName
    enqueued_at: int
    sequence: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinParty:
    """Join the customer with somebody whose agent has just gone: who hangs up in a consultation hands over."""

    call: CallId
    party: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class NameHeir:
    """Say to whom the customer belongs when this connection leaves a conference; itself: to nobody."""

    connection: ConnectionId
    heir: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeCall:
    """Ring the agent's own phone under the given connection, and once it has answered let it call somebody."""

    connection: ConnectionId  # chosen by us: ``cc-`` and the interaction
    device: DeviceName
    to: Destination
    interaction: InteractionId

    @property
    def call(self) -> CallId:
        """The call, known by the agent's own connection until the other one answers."""
        return CallId(self.connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateDigits:
    """Press keys as the agent's phone would: the one whom it talks to hears them."""

    connection: ConnectionId
    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleStepTransfer:
    """Ring somebody for a caller who is in our hands; whatever happens there, he is served or in the waiting room."""

    call: CallId
    to: Destination


ControlCommand = (
    HoldCall
    | RetrieveCall
    | ConsultationCall
    | AlternateCall
    | ReconnectCall
    | TransferCall
    | ConferenceCall
    | JoinParty
    | NameHeir
    | MakeCall
    | GenerateDigits
)
SwitchCommand = (
    MarkCall
    | MarkNode
    | MarkSurvey
    | QueueCall
    | MarkPlace
    | PrepareDeflection
    | DeflectCall
    | CallBack
    | RecallCall
    | ReturnToIvr
    | SpeakEnd
    | ClearConnection
    | ClearCall
    | MirrorAgent
    | Beat
    | ForwardCall
    | SingleStepTransfer
    | ControlCommand
)
