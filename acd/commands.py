"""What the engine decides. Each command has one handler, outside; the order of a returned list matters."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from acd.model import (
    NO_REASON,
    AgentId,
    AgentState,
    DecisionTrace,
    InteractionId,
    Medium,
    NotReadyReason,
    OfferId,
    OverflowCause,
    OverflowTo,
    QueueName,
    Refusal,
    RequestId,
)
from acd.record import Record


class OfferInteraction(Record, frozen=True, kw_only=True):
    """Pop the screen and ring the agent. The engine withdraws the offer itself at ``expires_at``."""

    offer: OfferId
    interaction: InteractionId
    agent: AgentId
    queue: QueueName
    medium: Medium
    expires_at: float
    trace: DecisionTrace


class CancelReason(StrEnum):
    """Why an offer was withdrawn."""

    UNANSWERED = "unanswered"
    ABANDONED = "abandoned"
    AGENT_GONE = "agent gone"
    PHONE_UNREACHABLE = "phone unreachable"
    AGENT_TAKEN = "agent taken by other work"


class CancelOffer(Record, frozen=True, kw_only=True):
    """Stop ringing; the interaction keeps its place (unless abandoned). Answers to this offer come too late."""

    offer: OfferId
    interaction: InteractionId
    agent: AgentId
    why: CancelReason


class MoveInteraction(Record, frozen=True, kw_only=True):
    """The interaction waits in another queue now, with the time it has waited; nothing need be done about it."""

    interaction: InteractionId
    queue: QueueName
    to: QueueName
    why: OverflowCause


class DivertInteraction(Record, frozen=True, kw_only=True):
    """The interaction waits no more: lead the caller on in the flow, to what is called ``name`` there."""

    interaction: InteractionId
    queue: QueueName
    to: OverflowTo
    name: str
    why: OverflowCause


class ReleaseCallback(Record, frozen=True, kw_only=True):
    """Call the customer now: an agent is ready or soon will be. ``attempt`` counts from 1."""

    interaction: InteractionId
    queue: QueueName
    attempt: int


class DropReason(StrEnum):
    """Why a callback was given up."""

    EXPIRED = "expired"
    NOT_REACHED = "not reached"


class DropCallback(Record, frozen=True, kw_only=True):
    """The promise to call back is given up; a call that is being made may be ended."""

    interaction: InteractionId
    queue: QueueName
    why: DropReason


class ReportAgentState(Record, frozen=True, kw_only=True):
    """The agent's visible state, sent whenever any of these fields changed.

    ``since``            when the agent entered ``state`` (monotonic seconds)
    ``reason``           why NotReady; empty otherwise
    ``pending``          the state taken when the current work ends; None without work
    ``pending_reason``   why NotReady then; empty otherwise
    ``deadline``         when WorkingAfterCall ends by itself, if it does
    ``interactions``     what the agent works on, oldest first, wrap-up included, offers not
    """

    agent: AgentId
    state: AgentState
    since: float
    reason: NotReadyReason = NO_REASON
    pending: AgentState | None = None
    pending_reason: NotReadyReason = NO_REASON
    deadline: float | None = None
    interactions: tuple[InteractionId, ...] = ()


class RefuseRequest(Record, frozen=True, kw_only=True):
    """Tell the requester that nothing changed, and why."""

    request_id: RequestId
    reason: Refusal


class RequestResynchronisation(Record, frozen=True, kw_only=True):
    """A fact did not fit: take a snapshot of the switch and tell what is missing. ``why`` names no customer."""

    why: str


Command: TypeAlias = (
    OfferInteraction
    | CancelOffer
    | MoveInteraction
    | DivertInteraction
    | ReleaseCallback
    | DropCallback
    | ReportAgentState
    | RefuseRequest
    | RequestResynchronisation
)
