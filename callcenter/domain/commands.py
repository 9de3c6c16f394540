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
class RecallCall:
    """Stop ringing an agent and take the call back into the waiting room."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnToIvr:
    """Bring the call (back) into the IVR, where a fresh session takes it up."""

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


SwitchCommand = (
    MarkCall
    | MarkNode
    | QueueCall
    | PrepareDeflection
    | DeflectCall
    | RecallCall
    | ReturnToIvr
    | ClearConnection
    | ClearCall
    | MirrorAgent
    | Beat
)
