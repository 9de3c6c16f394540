"""What the engine is told. Facts have happened and never raise; those with a ``request_id`` may be refused.

A refused request is answered by :class:`acd.commands.RefuseRequest` and changes nothing. A request that
is not refused has been granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from acd.model import (
    ANY_AGENT,
    DECLINED,
    NO_REASON,
    SIGNED_IN,
    Agent,
    AgentId,
    AttributeValue,
    InteractionId,
    Medium,
    NotReadyReason,
    OfferId,
    PreferredAgent,
    Queue,
    QueueName,
    RequestedState,
    RequestId,
    Requirement,
    WorkKind,
)
from acd.rules import Rule
from acd.wait_history import WaitHistory

# --- configuration -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesConfigured:
    """These are all the queues now. Interactions in a queue that is gone are served by its old rules."""

    queues: tuple[Queue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesConfigured:
    """These are all the rules now. They concern interactions that come from now on."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionsConfigured:
    """From now on one medium may be offered to somebody who works on another as this says (medium worked on → others).

    Whoever works goes on; it concerns what is offered from now on.
    """

    interruptions: Mapping[Medium, frozenset[Medium]]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOpeningChanged:
    """The queue's opening hours began, or are over. A queue of which nothing was told is open."""

    queue: QueueName
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfigured:
    """The agent's skills or capacities changed. Concerns agents who are logged on; others are ignored."""

    agent: Agent


# --- agents ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedOn:
    """The agent may take part.

    ``ready`` and ``reason`` restore a choice made before a restart; somebody who just signed in is
    NotReady. ``registered`` says whether the agent's device can be reached now. For an agent who is
    already logged on this only brings name, skills and capacities up to date.
    """

    agent: Agent
    registered: bool = False
    ready: bool = False
    reason: NotReadyReason = SIGNED_IN


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedOff:
    """The agent is gone, whatever was going on (forced, or sign-in ended). Offers return to the line."""

    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateRequested:
    """The agent (or a supervisor for the agent) asks for a state.

    While the agent works, NotReady and Ready become pending; WorkingAfterCall asks for wrap-up after
    this interaction. LoggedOff is possible from NotReady only.
    """

    request_id: RequestId
    agent: AgentId
    state: RequestedState
    reason: NotReadyReason = NO_REASON


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRegistrationChanged:
    """The agent's device can be reached, or cannot any more."""

    agent: AgentId
    registered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReserved:
    """The agent is taken by work the engine did not assign (consultation, direct or outbound call).

    With a ``request_id`` it is a request, refused unless the agent has neither work nor an offer. Without one
    it has happened already: an offer that is under way is cancelled. ``work`` names the interaction, so
    that :class:`InteractionEnded` ends it; ``queue``, if any, decides the wrap-up.
    """

    agent: AgentId
    work: InteractionId
    kind: WorkKind = WorkKind.OTHER
    medium: Medium = Medium.VOICE
    queue: QueueName | None = None
    request_id: RequestId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReleased:
    """That work is over, or never came about; no wrap-up follows."""

    agent: AgentId
    work: InteractionId


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTakenOver:
    """What the agent was only asked about is the agent's own work now: it is wrapped up by the rule of ``queue``."""

    agent: AgentId
    work: InteractionId
    queue: QueueName


# --- interactions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTerms:
    """How a promise to call back stands: of a customer who is not on the line.

    ``expires_after``  seconds from now after which it is given up; ``attempts``: or after so many calls in all
    ``retry_after``    seconds between two calls
    ``made``           calls made before now; ``pause``: seconds until the next may be made
    ``calling``        the last of those is being made now: whether it was answered is told next
    """

    expires_after: float = 14_400.0
    attempts: int = 3
    retry_after: float = 300.0
    made: int = 0
    pause: float = 0.0
    calling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionQueued:
    """An interaction waits for an agent.

    ``enqueued_at``     monotonic; after a recovery it lies before ``now``
    ``entered_at``      when it came to this queue, if it has waited elsewhere before; steps and overflows count from it
    ``came_back``       it had been accepted before (a restart, a lost agent): what keeps others out, a full or closed
                        queue or a long wait, does not concern it
    ``sequence``        order among equals; 0 lets the engine count
    ``head_start``      seconds added to the queue's own
    ``prefers_expert``  the most proficient ready agent, instead of the queue's selection
    ``requirements``    in addition to the queue's
    ``attributes``      what rules may look at
    ``callback``        the customer is not on the line: he has been promised a call when it is his turn
    """

    interaction: InteractionId
    queue: QueueName
    enqueued_at: float
    entered_at: float | None = None
    came_back: bool = False
    sequence: int = 0
    medium: Medium = Medium.VOICE
    head_start: float = 0.0
    prefers_expert: bool = False
    requirements: Requirement = ANY_AGENT
    preferred: PreferredAgent | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    callback: CallbackTerms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionAbandoned:
    """The caller left before an agent answered; an offer under way is cancelled."""

    interaction: InteractionId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequested:
    """The waiting caller hangs up and is to be called back, keeping the place.

    The promise is given up after ``expires_after`` seconds or ``attempts`` calls, ``retry_after`` seconds apart.
    """

    interaction: InteractionId
    expires_after: float = 14_400.0
    attempts: int = 3
    retry_after: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAnswered:
    """The customer who was called back is on the line and waits for an agent, in the old place."""

    interaction: InteractionId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackUnanswered:
    """The customer could not be reached."""

    interaction: InteractionId


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionEnded:
    """The agent's part in the interaction ended (hang-up, or handed over). Wrap-up begins by the queue's rule."""

    interaction: InteractionId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpCompleted:
    """The agent finished the work after the interaction.

    Refused without ``has_disposition`` where the queue demands one (only when it has a ``request_id``).
    """

    agent: AgentId
    interaction: InteractionId
    has_disposition: bool = False
    request_id: RequestId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpExtended:
    """The agent asks for ``seconds`` more; refused beyond the queue's extension limit."""

    request_id: RequestId
    agent: AgentId
    interaction: InteractionId
    seconds: float


class EngagementPhase(StrEnum):
    """How far an agent and an interaction had come when we looked."""

    ALERTING = "alerting"
    CONNECTED = "connected"
    WRAP_UP = "wrap_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngagementRestored:
    """Recovery: the agent is already alerting, talking or wrapping up on this interaction since ``since``.

    An ALERTING engagement refers to an interaction that was told as :class:`InteractionQueued` first; it
    becomes an offer of this epoch under the id in ``offer`` (when None: ``"<epoch>-found-<interaction>"``), with a
    full offer timeout from now. If the interaction was not told, the fact is recorded and changes nothing.
    A CONNECTED engagement takes the interaction out of its line, if it was told.
    """

    agent: AgentId
    interaction: InteractionId
    phase: EngagementPhase
    since: float
    offer: OfferId | None = None
    queue: QueueName | None = None
    medium: Medium = Medium.VOICE
    kind: WorkKind = WorkKind.ACD


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitHistoryRestored:
    """What the engine of an earlier life had learned about waits, taken ``away`` seconds ago. Best told first."""

    history: WaitHistory
    away: float


# --- offers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAlerting:
    """The agent's device is ringing."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAccepted:
    """The agent answered: the interaction is the agent's."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRefused:
    """The agent declined. The caller keeps the place; the agent becomes NotReady for ``reason``."""

    offer: OfferId
    reason: NotReadyReason = DECLINED


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferUnanswered:
    """The device rang in vain (RONA). The caller keeps the place; the agent becomes NotReady, sticky."""

    offer: OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFailed:
    """The offer could not be carried out.

    ``device_trouble``: the agent's device was the cause and the agent becomes NotReady; otherwise the
    agent stays as before. The caller keeps the place.
    """

    offer: OfferId
    device_trouble: bool = True


Event: TypeAlias = (
    QueuesConfigured
    | QueueOpeningChanged
    | RulesConfigured
    | InterruptionsConfigured
    | AgentConfigured
    | AgentLoggedOn
    | AgentLoggedOff
    | AgentStateRequested
    | DeviceRegistrationChanged
    | AgentReserved
    | AgentReleased
    | WorkTakenOver
    | InteractionQueued
    | InteractionAbandoned
    | CallbackRequested
    | CallbackAnswered
    | CallbackUnanswered
    | InteractionEnded
    | WrapUpCompleted
    | WrapUpExtended
    | EngagementRestored
    | WaitHistoryRestored
    | OfferAlerting
    | OfferAccepted
    | OfferRefused
    | OfferUnanswered
    | OfferFailed
)
