"""The agent machine: what an agent has chosen, what the agent is doing, and the CSTA state that follows.

Chosen and observed are kept apart. The agent chooses Ready or NotReady (with a reason); work, offers and the
device are observed. The visible state is derived from both by :data:`LAW`, so that the state chosen during a
call *is* the pending state, and a phone that comes back heals NotReady exactly when the phone was the cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from acd.model import (
    NO_REASON,
    PHONE_UNREACHABLE,
    Agent,
    AgentState,
    Exclusion,
    InteractionId,
    Medium,
    NotReadyReason,
    QueueName,
    Refusal,
    RequestedState,
    WorkKind,
    WrapUp,
    WrapUpMode,
)

# --- the law -----------------------------------------------------------------------------------------


class Activity(StrEnum):
    """What an agent who is logged on is observed to do; the first that applies."""

    WORKING = "working"
    WRAPPING_UP = "wrapping up"
    OFFERED = "offered"
    NONE = "none"


LAW: Mapping[tuple[Activity, bool, bool], AgentState] = {
    # (activity, chose Ready, device registered): visible state
    (Activity.WORKING, True, True): AgentState.BUSY,
    (Activity.WORKING, True, False): AgentState.BUSY,
    (Activity.WORKING, False, True): AgentState.BUSY,
    (Activity.WORKING, False, False): AgentState.BUSY,
    (Activity.WRAPPING_UP, True, True): AgentState.WORKING_AFTER_CALL,
    (Activity.WRAPPING_UP, True, False): AgentState.WORKING_AFTER_CALL,
    (Activity.WRAPPING_UP, False, True): AgentState.WORKING_AFTER_CALL,
    (Activity.WRAPPING_UP, False, False): AgentState.WORKING_AFTER_CALL,
    # An offer lasts seconds and is shown as such; NotReady asked for meanwhile is pending.
    (Activity.OFFERED, True, True): AgentState.READY,
    (Activity.OFFERED, False, True): AgentState.READY,
    (Activity.NONE, True, True): AgentState.READY,
    (Activity.NONE, True, False): AgentState.NOT_READY,  # reason: phone unreachable; heals by itself
    (Activity.NONE, False, True): AgentState.NOT_READY,
    (Activity.NONE, False, False): AgentState.NOT_READY,
}
"""(OFFERED without a registered device cannot be: the offer is cancelled when the registration goes.)"""


class Answer(Enum):
    """What becomes of a requested state."""

    NOW = "now"
    PENDING = "pending"
    NOTHING_TO_DO = "nothing to do"


REQUESTS: Mapping[tuple[AgentState, RequestedState], Answer | Refusal] = {
    (AgentState.NOT_READY, RequestedState.LOGGED_OFF): Answer.NOW,
    (AgentState.NOT_READY, RequestedState.NOT_READY): Answer.NOW,
    (AgentState.NOT_READY, RequestedState.READY): Answer.NOW,
    (AgentState.NOT_READY, RequestedState.WORKING_AFTER_CALL): Refusal.NOTHING_TO_WRAP_UP,
    (AgentState.READY, RequestedState.LOGGED_OFF): Refusal.LOG_OFF_FROM_NOT_READY_ONLY,
    (AgentState.READY, RequestedState.NOT_READY): Answer.NOW,
    (AgentState.READY, RequestedState.READY): Answer.NOW,
    (AgentState.READY, RequestedState.WORKING_AFTER_CALL): Refusal.NOTHING_TO_WRAP_UP,
    (AgentState.BUSY, RequestedState.LOGGED_OFF): Refusal.LOG_OFF_FROM_NOT_READY_ONLY,
    (AgentState.BUSY, RequestedState.NOT_READY): Answer.PENDING,
    (AgentState.BUSY, RequestedState.READY): Answer.PENDING,
    (AgentState.BUSY, RequestedState.WORKING_AFTER_CALL): Answer.PENDING,
    (AgentState.WORKING_AFTER_CALL, RequestedState.LOGGED_OFF): Refusal.LOG_OFF_FROM_NOT_READY_ONLY,
    (AgentState.WORKING_AFTER_CALL, RequestedState.NOT_READY): Answer.PENDING,
    (AgentState.WORKING_AFTER_CALL, RequestedState.READY): Answer.PENDING,
    (AgentState.WORKING_AFTER_CALL, RequestedState.WORKING_AFTER_CALL): Answer.NOTHING_TO_DO,
}
"""The Null state is missing: who is not logged on has no machine and is refused as unknown."""

INTERRUPTIONS: Mapping[Medium, frozenset[Medium]] = {
    Medium.VOICE: frozenset(),
    Medium.CHAT: frozenset({Medium.CHAT, Medium.VOICE}),
    Medium.EMAIL: frozenset({Medium.EMAIL, Medium.CHAT, Medium.VOICE}),
}
"""While working on the first, an agent may be offered one of the others, as far as the capacities go.

Nothing interrupts a conversation by voice; a call may interrupt written work; a chat may interrupt e-mail.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRules:
    """What a centre says about its media: how many of each an agent takes at once, and what may interrupt what."""

    capacities: Mapping[Medium, int] = field(default_factory=lambda: {Medium.VOICE: 1})
    interruptions: Mapping[Medium, frozenset[Medium]] = field(default_factory=lambda: INTERRUPTIONS)


# --- the machine -------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Engagement:
    """One interaction an agent works on, until its wrap-up is over."""

    interaction: InteractionId
    medium: Medium
    kind: WorkKind
    queue: QueueName | None
    since: float
    wrap_up: WrapUp
    wrap_up_asked: bool = False
    wrap_up_done: bool = False
    wrapping_up: bool = False
    deadline: float | None = None
    extended: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False)
class AgentMachine:
    """One agent who is logged on.

    ``order`` counts log-ons and breaks ties. ``ready_since`` is when the agent last became free to be
    offered something; an offer that comes to nothing without the agent's fault does not touch it. ``worked``
    counts seconds in Busy and WorkingAfterCall; it starts with what the others have, so that who comes late is
    not made to catch up.
    """

    profile: Agent
    order: int
    registered: bool
    chose_ready: bool
    chosen_reason: NotReadyReason
    since: float
    ready_since: float
    interruptions: Mapping[Medium, frozenset[Medium]] = field(default_factory=lambda: INTERRUPTIONS)
    state: AgentState = AgentState.NULL
    offered: bool = False
    engagements: list[Engagement] = field(default_factory=list)
    worked: float = 0.0

    # what is observed

    @property
    def activity(self) -> Activity:
        """What the agent does now."""
        if not self.engagements:
            return Activity.OFFERED if self.offered else Activity.NONE
        for engagement in self.engagements:
            if not engagement.wrapping_up:
                return Activity.WORKING
        return Activity.WRAPPING_UP

    @property
    def reason(self) -> NotReadyReason:
        """Why the agent is NotReady; empty in other states."""
        if self.state is not AgentState.NOT_READY:
            return NO_REASON
        return PHONE_UNREACHABLE if self.chose_ready else self.chosen_reason

    @property
    def pending(self) -> AgentState | None:
        """The state that follows when the work (or the offer) ends; None when nothing is pending."""
        if self.state in (AgentState.BUSY, AgentState.WORKING_AFTER_CALL):
            return AgentState.READY if self.chose_ready else AgentState.NOT_READY
        return AgentState.NOT_READY if self.offered and not self.chose_ready else None

    @property
    def deadline(self) -> float | None:
        """When the current work after a call ends by itself."""
        if self.state is not AgentState.WORKING_AFTER_CALL:
            return None
        deadlines = [engagement.deadline for engagement in self.engagements]
        return None if None in deadlines else max(deadline for deadline in deadlines if deadline is not None)

    def observe(self, now: float) -> None:
        """Bring the visible state up to date after anything changed."""
        state = LAW[self.activity, self.chose_ready, self.registered]
        if state is not self.state:
            if state is AgentState.READY:
                self.ready_since = now
            if self.state in (AgentState.BUSY, AgentState.WORKING_AFTER_CALL):
                self.worked += now - self.since
            self.state = state
            self.since = now

    def may_be_offered(self, medium: Medium) -> bool:
        """Whether an interaction of this medium may be offered now."""
        if self.offered or not self.chose_ready or not self.registered:
            return False
        if not self.engagements:
            return self.profile.capacities.get(medium, 0) > 0
        used = 0
        for engagement in self.engagements:
            if engagement.wrapping_up or medium not in self.interruptions[engagement.medium]:
                return False
            used += engagement.medium is medium
        return used < self.profile.capacities.get(medium, 0)

    def exclusion(self) -> Exclusion:
        """Why this agent is out, given that :meth:`may_be_offered` said no."""
        if self.offered:
            return Exclusion.HAS_OFFER
        match self.state:
            case AgentState.WORKING_AFTER_CALL:
                return Exclusion.WORKING_AFTER_CALL
            case AgentState.BUSY:
                return Exclusion.BUSY
            case _:
                return Exclusion.NOT_READY

    def engagement(self, interaction: InteractionId) -> Engagement | None:
        """The agent's work on this interaction, if any."""
        return next((each for each in self.engagements if each.interaction == interaction), None)

    # what changes it

    def request(self, requested: RequestedState, reason: NotReadyReason, now: float) -> Answer | Refusal:
        """Apply a requested state by :data:`REQUESTS`. LOGGED_OFF is answered only: the engine carries it out."""
        answer = REQUESTS[self.state, requested]
        if isinstance(answer, Refusal):
            return answer
        match requested:
            case RequestedState.READY if not self.registered and answer is Answer.NOW:
                return Refusal.PHONE_UNREACHABLE
            case RequestedState.READY:
                self._choose(ready=True, reason=NO_REASON)
            case RequestedState.NOT_READY:
                self._choose(ready=False, reason=reason)
            case RequestedState.WORKING_AFTER_CALL if answer is Answer.PENDING:
                current = [each for each in self.engagements if each.wrap_up.mode is not WrapUpMode.NONE]
                if not current:
                    return Refusal.NOTHING_TO_WRAP_UP
                for engagement in current:
                    engagement.wrap_up_asked = True
            case _:
                pass
        if requested is RequestedState.NOT_READY and self.state is AgentState.NOT_READY:
            self.since = now
        self.observe(now)
        return answer

    def miss(self, reason: NotReadyReason, now: float) -> None:
        """An offer came to nothing by the agent's doing: NotReady until the agent chooses otherwise."""
        self.offered = False
        if self.chose_ready:
            self._choose(ready=False, reason=reason)
        self.observe(now)

    def begin(self, engagement: Engagement, now: float) -> None:
        """The agent starts to work on an interaction."""
        self.offered = False
        self.engagements.append(engagement)
        self.observe(now)

    def end(self, engagement: Engagement, now: float) -> None:
        """The conversation is over: wrap-up begins by the queue's rule, or the work ends."""
        if self._wraps_up(engagement):
            engagement.wrapping_up = True
            if engagement.wrap_up.mode is not WrapUpMode.UNTIL_DISPOSITION:
                engagement.deadline = now + engagement.wrap_up.seconds
        else:
            self.engagements.remove(engagement)
        self.observe(now)

    def complete(self, engagement: Engagement, *, has_disposition: bool, now: float) -> Refusal | None:
        """The wrap-up is done; done already during the conversation, none will follow."""
        if engagement.wrap_up.mode is WrapUpMode.UNTIL_DISPOSITION and not has_disposition:
            return Refusal.DISPOSITION_REQUIRED
        engagement.wrap_up_done = True
        if engagement.wrapping_up:
            self.drop(engagement, now)
        return None

    def extend(self, engagement: Engagement, seconds: float, now: float) -> Refusal | None:
        """Move the end of the wrap-up, within the queue's limit."""
        if not engagement.wrapping_up or engagement.deadline is None:
            return Refusal.NOTHING_TO_WRAP_UP
        if not 0.0 < seconds <= engagement.wrap_up.extension_limit - engagement.extended:
            return Refusal.EXTENSION_LIMIT
        engagement.extended += seconds
        engagement.deadline += seconds
        self.observe(now)
        return None

    def drop(self, engagement: Engagement, now: float) -> None:
        """The work is over, wrap-up included."""
        self.engagements.remove(engagement)
        self.observe(now)

    def _choose(self, *, ready: bool, reason: NotReadyReason) -> None:
        self.chose_ready = ready
        self.chosen_reason = reason

    @staticmethod
    def _wraps_up(engagement: Engagement) -> bool:
        if engagement.wrap_up_done:
            return False
        match engagement.wrap_up.mode:
            case WrapUpMode.NONE:
                return False
            case WrapUpMode.OPTIONAL:
                return engagement.wrap_up_asked
            case WrapUpMode.FIXED | WrapUpMode.UNTIL_DISPOSITION:
                return True
