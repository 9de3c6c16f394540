"""Why this agent, and why still waiting: the trace that goes with every offer, and the answer when asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acd.model import AgentId, DecisionTrace, Exclusion, InteractionId, Position, QueueName, Requirement, by_reason
from acd.queue_waits import Estimate
from acd.waiting import Waiting


class Situation(StrEnum):
    """What keeps an interaction waiting. The values are words for people; an agent is named beside."""

    OFFERED = "being offered to"
    CALLED_BACK = "to be called back when an agent is soon free"
    HELD_BACK = "held back after an offer failed"
    PREFERS = "waiting alone for"
    EXPERT = "an expert is expected to be free soon"
    IN_LINE = "in line"
    OVERDUE = "overdue"
    NOBODY = "nobody who suffices is logged on"


class NextChange(StrEnum):
    """What time alone will do next for an interaction that waits."""

    WIDENING = "widening"
    ANYBODY_ELSE = "anybody else"  # the preferred agent is waited for no longer
    ANYBODY_WHO_SUFFICES = "anybody who suffices"  # an expert is waited for no longer
    FIRST_OF_ALL = "first of all"  # overdue
    TRIED_AGAIN = "tried again"
    OVERFLOW = "overflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an interaction still waits.

    ``agent``        whom it is offered to, or waits for alone
    ``next_change``  what time alone changes next, and in how many seconds
    """

    interaction: InteractionId
    queue: QueueName
    position: Position | None
    waited: float
    needs: Requirement
    suffice: int
    excluded: tuple[tuple[Exclusion, int], ...]
    situation: Situation
    agent: AgentId | None
    next_change: tuple[NextChange, float] | None
    estimate: Estimate | None

    def __str__(self) -> str:
        who = f"{self.suffice} {'agent' if self.suffice == 1 else 'agents'} logged on for {self.needs}"
        states = ", ".join(f"{count} {reason}" for reason, count in self.excluded)
        parts = [f"{who}: {states}" if states else who, self._situation()]
        if self.next_change is not None:
            parts.append(f"{self.next_change[0]} in {self.next_change[1]:.0f} s")
        if self.estimate is not None:
            parts.append(f"expected {self.estimate.low:.0f} to {self.estimate.high:.0f} s in all")
        else:
            parts.append("expected wait unknown")
        return "; ".join(parts)

    def _situation(self) -> str:
        if self.situation not in (Situation.IN_LINE, Situation.OVERDUE):
            return self.situation if self.agent is None else f"{self.situation} {self.agent}"
        at = self.position
        place = f"{at.place}. of {at.of} for the same agents" if at is not None else "place in line unknown"
        return f"{place}, overdue" if self.situation is Situation.OVERDUE else place


def explanation(
    waiting: Waiting,
    *,
    now: float,
    position: Position | None,
    logged_on: int,
    counts: tuple[int, ...],
    estimate: Estimate | None,
) -> Explanation:
    """Why ``waiting`` waits: in this place (None: unknown), for one of ``logged_on`` agents."""
    agent: AgentId | None = None
    if waiting.offered_to is not None:
        situation, agent = Situation.OFFERED, waiting.offered_to
    elif waiting.called_back:
        situation = Situation.CALLED_BACK
    elif waiting.held_until > now:
        situation = Situation.HELD_BACK
    elif waiting.preferred is not None and waiting.prefer_until > now:
        situation, agent = Situation.PREFERS, waiting.preferred.agent
    elif waiting.hold_for_expert_until > now:
        situation = Situation.EXPERT
    elif not logged_on:
        situation = Situation.NOBODY
    else:
        situation = Situation.OVERDUE if waiting.overdue else Situation.IN_LINE
    return Explanation(
        interaction=waiting.interaction,
        queue=waiting.queue.name,
        position=position,
        waited=now - waiting.enqueued_at,
        needs=waiting.requirement,
        suffice=logged_on,
        excluded=by_reason(0, counts),
        situation=situation,
        agent=agent,
        next_change=_next_change(waiting, now),
        estimate=estimate,
    )


def _next_change(waiting: Waiting, now: float) -> tuple[NextChange, float] | None:
    at = waiting.next_change(now)
    if at is None or waiting.offered_to is not None or waiting.called_back:
        return None
    if at in (waiting.entered_at + step.after for step in waiting.queue.steps):
        return (NextChange.WIDENING, at - now)
    if at == waiting.prefer_until:
        return (NextChange.ANYBODY_ELSE, at - now)
    if at == waiting.hold_for_expert_until:
        return (NextChange.ANYBODY_WHO_SUFFICES, at - now)
    if at == waiting.overdue_at:
        return (NextChange.FIRST_OF_ALL, at - now)
    return (NextChange.TRIED_AGAIN if at == waiting.held_until else NextChange.OVERFLOW, at - now)


def explained(decision: DecisionTrace) -> str:
    """The trace as one sentence for people."""
    out = ", ".join(f"{count} {reason}" for reason, count in decision.excluded)
    return (
        f"{decision.best[0].who if decision.best else 'nobody'} by {decision.rule} ({decision.occasion}) "
        f"after {decision.waited:.0f} s in step {decision.step}; who suffice: {decision.eligible}"
        + (f"; not considered: {out}" if out else "")
    )
