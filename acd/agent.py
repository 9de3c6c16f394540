"""The agent machine: what an agent has chosen, what the agent is doing, and the CSTA state that follows.

Chosen and observed are kept apart. The agent chooses Ready or NotReady (with a reason); work, offers and the
device are observed. The visible state is derived from both by :data:`LAW`, so that the state chosen during a
call *is* the pending state, and a phone that comes back heals NotReady exactly when the phone was the cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from acd.commands import ReportAgentState
from acd.model import (
    NO_REASON,
    PHONE_UNREACHABLE,
    Agent,
    AgentState,
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

# A name of this module is found four times as fast as a member of an enumeration, and the tables read better.
NULL, NOT_READY, READY, BUSY, WORKING_AFTER_CALL = AgentState

# --- the law -----------------------------------------------------------------------------------------


class Activity(StrEnum):
    """What an agent who is logged on is observed to do; the first that applies."""

    WORKING = "working"
    WRAPPING_UP = "wrapping up"
    OFFERED = "offered"
    NOTHING = "nothing"


WORKING, WRAPPING_UP, OFFERED, NOTHING = Activity

LAW: Mapping[tuple[Activity, bool, bool], AgentState] = {
    # (activity, chose Ready, device registered): visible state
    (WORKING, True, True): BUSY,
    (WORKING, True, False): BUSY,
    (WORKING, False, True): BUSY,
    (WORKING, False, False): BUSY,
    (WRAPPING_UP, True, True): WORKING_AFTER_CALL,
    (WRAPPING_UP, True, False): WORKING_AFTER_CALL,
    (WRAPPING_UP, False, True): WORKING_AFTER_CALL,
    (WRAPPING_UP, False, False): WORKING_AFTER_CALL,
    # An offer lasts seconds and is shown as such; NotReady asked for meanwhile is pending.
    (OFFERED, True, True): READY,
    (OFFERED, False, True): READY,
    (NOTHING, True, True): READY,
    (NOTHING, True, False): NOT_READY,  # reason: phone unreachable; heals by itself
    (NOTHING, False, True): NOT_READY,
    (NOTHING, False, False): NOT_READY,
}
"""(OFFERED without a registered device cannot be: the offer is cancelled when the registration goes.)"""


class Answer(Enum):
    """What becomes of a requested state."""

    NOW = "now"
    PENDING = "pending"
    NOTHING_TO_DO = "nothing to do"


REQUESTS: Mapping[tuple[AgentState, RequestedState], Answer | Refusal] = {
    (NOT_READY, RequestedState.LOGGED_OFF): Answer.NOW,
    (NOT_READY, RequestedState.NOT_READY): Answer.NOW,
    (NOT_READY, RequestedState.READY): Answer.NOW,
    (NOT_READY, RequestedState.WORKING_AFTER_CALL): Refusal.NOTHING_TO_WRAP_UP,
    (READY, RequestedState.LOGGED_OFF): Refusal.LOG_OFF_FROM_NOT_READY_ONLY,
    (READY, RequestedState.NOT_READY): Answer.NOW,
    (READY, RequestedState.READY): Answer.NOW,
    (READY, RequestedState.WORKING_AFTER_CALL): Refusal.NOTHING_TO_WRAP_UP,
    (BUSY, RequestedState.LOGGED_OFF): Refusal.LOG_OFF_FROM_NOT_READY_ONLY,
    (BUSY, RequestedState.NOT_READY): Answer.PENDING,
    (BUSY, RequestedState.READY): Answer.PENDING,
    (BUSY, RequestedState.WORKING_AFTER_CALL): Answer.PENDING,
    (WORKING_AFTER_CALL, RequestedState.LOGGED_OFF): Refusal.LOG_OFF_FROM_NOT_READY_ONLY,
    (WORKING_AFTER_CALL, RequestedState.NOT_READY): Answer.PENDING,
    (WORKING_AFTER_CALL, RequestedState.READY): Answer.PENDING,
    (WORKING_AFTER_CALL, RequestedState.WORKING_AFTER_CALL): Answer.NOTHING_TO_DO,
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

AVAILABLE, OUT_NOT_READY, OUT_BUSY, OUT_WRAPPING_UP, OUT_OFFERED = range(5)
"""Whether an agent can be offered something of a medium, and why not.

In the order of :class:`acd.model.Exclusion`, and numbers, because agents are counted by it.
"""


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
    state: AgentState = NULL
    offered: bool = False
    engagements: dict[InteractionId, Engagement] = field(default_factory=dict)
    worked: float = 0.0

    # what is observed

    def report(self) -> ReportAgentState:
        """What there is to be said of the agent now."""
        state = self.state
        if state is READY and self.chose_ready:
            return ReportAgentState(agent=self.profile.agent, state=state, since=self.since)
        chosen = READY if self.chose_ready else NOT_READY
        reason = NO_REASON
        pending: AgentState | None = None
        deadline: float | None = None
        if self.engagements:
            pending = chosen
            if state is WORKING_AFTER_CALL:
                deadline = self._wrap_up_deadline()
        elif state is NOT_READY:
            reason = PHONE_UNREACHABLE if self.chose_ready else self.chosen_reason
        else:  # being offered something; the break asked for meanwhile follows
            pending = chosen
        return ReportAgentState(
            agent=self.profile.agent,
            state=state,
            since=self.since,
            reason=reason,
            pending=pending,
            pending_reason=self.chosen_reason if pending is NOT_READY else NO_REASON,
            deadline=deadline,
            interactions=tuple(self.engagements),
        )

    def observe(self, now: float) -> None:
        """Bring the visible state up to date after anything changed."""
        activity = OFFERED if self.offered else NOTHING
        if self.engagements:
            activity = WRAPPING_UP
            for engagement in self.engagements.values():
                if not engagement.wrapping_up:
                    activity = WORKING
        state = LAW[activity, self.chose_ready, self.registered]
        before = self.state
        if state is not before:
            if state is READY:
                self.ready_since = now
            if before is BUSY or before is WORKING_AFTER_CALL:
                self.worked += now - self.since
            self.state = state
            self.since = now

    def availability(self, medium: Medium, capacity: int) -> int:
        """Whether an interaction of this medium may be offered now, of which ``capacity`` at once."""
        if self.offered:
            return OUT_OFFERED
        if not self.engagements:
            return AVAILABLE if self.chose_ready and self.registered and capacity > 0 else OUT_NOT_READY
        if self.state is WORKING_AFTER_CALL:
            return OUT_WRAPPING_UP
        return AVAILABLE if self._may_be_interrupted(medium, capacity) else OUT_BUSY

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
                current = [each for each in self.engagements.values() if each.wrap_up.mode is not WrapUpMode.NONE]
                if not current:
                    return Refusal.NOTHING_TO_WRAP_UP
                for engagement in current:
                    engagement.wrap_up_asked = True
            case _:
                pass
        if requested is RequestedState.NOT_READY and self.state is NOT_READY:
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
        self.engagements[engagement.interaction] = engagement
        self.observe(now)

    def end(self, engagement: Engagement, now: float) -> bool:
        """The conversation is over: wrap-up begins by the queue's rule, or all is over; says whether it is."""
        mode = engagement.wrap_up.mode
        optional = mode is WrapUpMode.NONE or (mode is WrapUpMode.OPTIONAL and not engagement.wrap_up_asked)
        over = optional or engagement.wrap_up_done
        if over:
            del self.engagements[engagement.interaction]
        else:
            engagement.wrapping_up = True
            if mode is not WrapUpMode.UNTIL_DISPOSITION:
                engagement.deadline = now + engagement.wrap_up.seconds
        self.observe(now)
        return over

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
        del self.engagements[engagement.interaction]
        self.observe(now)

    def _may_be_interrupted(self, medium: Medium, capacity: int) -> bool:
        """Whether, at work, the agent may take on something of this medium besides."""
        if not self.chose_ready or not self.registered:
            return False
        used = 0
        for engagement in self.engagements.values():
            if engagement.wrapping_up or medium not in self.interruptions[engagement.medium]:
                return False
            used += engagement.medium is medium
        return used < capacity

    def _wrap_up_deadline(self) -> float | None:
        """When the current work after a call ends by itself: with the last of several, never if one never does."""
        latest = float("-inf")
        for engagement in self.engagements.values():
            if engagement.deadline is None:
                return None
            latest = max(latest, engagement.deadline)
        return latest

    def _choose(self, *, ready: bool, reason: NotReadyReason) -> None:
        self.chose_ready = ready
        self.chosen_reason = reason
