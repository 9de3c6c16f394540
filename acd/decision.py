"""Why this agent, and why still waiting: the trace that goes with every offer, and the answer when asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acd.model import DecisionTrace, Exclusion, InteractionId, Position, QueueName, Requirement
from acd.queue_waits import Estimate
from acd.waiting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an interaction still waits. ``next_change`` is in how many seconds time alone changes something."""

    interaction: InteractionId
    queue: QueueName
    position: Position | None
    waited: float
    needs: Requirement
    suffice: int
    excluded: tuple[tuple[Exclusion, int], ...]
    situation: str
    next_change: tuple[str, float] | None
    estimate: Estimate | None

    def __str__(self) -> str:
        who = f"{self.suffice} {'agent' if self.suffice == 1 else 'agents'} logged on for {self.needs}"
        states = ", ".join(f"{count} {reason}" for reason, count in self.excluded)
        parts = [f"{who}: {states}" if states else who, self.situation]
        if self.next_change is not None:
            parts.append(f"{self.next_change[0]} in {self.next_change[1]:.0f} s")
        if self.estimate is not None:
            parts.append(f"expected {self.estimate.low:.0f} to {self.estimate.high:.0f} s in all")
        else:
            parts.append("expected wait unknown")
        return "; ".join(parts)


def explanation(
    waiting: Waiting,
    *,
    now: float,
    position: Position | None,
    logged_on: int,
    excluded: Iterable[tuple[Exclusion, int]],
    estimate: Estimate | None,
) -> Explanation:
    """Why ``waiting`` waits: in this place (None: unknown), for one of ``logged_on`` agents."""
    held = max(waiting.held_until - now, 0.0)
    if waiting.offered_to is not None:
        situation = f"being offered to {waiting.offered_to}"
    elif waiting.called_back:
        situation = "to be called back when an agent is soon free"
    elif held:
        situation = "held back after an offer failed"
    elif waiting.preferred is not None and waiting.prefer_until > now:
        situation = f"waiting for {waiting.preferred.agent} alone"
    elif waiting.hold_for_expert_until > now:
        situation = "an expert is expected to be free soon"
    else:
        overdue = ", overdue" if waiting.overdue else ""
        place = f"{position.place}. of {position.of} for the same agents" if position else "place in line unknown"
        situation = f"{place}{overdue}" if logged_on else "nobody who suffices is logged on"
    return Explanation(
        interaction=waiting.interaction,
        queue=waiting.queue.name,
        position=position,
        waited=now - waiting.enqueued_at,
        needs=waiting.requirement,
        suffice=logged_on,
        excluded=tuple(excluded),
        situation=situation,
        next_change=_next_change(waiting, now),
        estimate=estimate,
    )


def _next_change(waiting: Waiting, now: float) -> tuple[str, float] | None:
    at = waiting.next_change(now)
    if at is None or waiting.offered_to is not None or waiting.called_back:
        return None
    if at in (waiting.entered_at + step.after for step in waiting.queue.steps):
        return ("widening", at - now)
    if at == waiting.prefer_until:
        return ("anybody else", at - now)
    if at == waiting.hold_for_expert_until:
        return ("anybody who suffices", at - now)
    if at == waiting.overdue_at:
        return ("first of all", at - now)
    return ("tried again" if at == waiting.held_until else "overflow", at - now)


def explained(decision: DecisionTrace) -> str:
    """The trace as one sentence for people."""
    out = ", ".join(f"{count} {reason}" for reason, count in decision.excluded)
    return (
        f"{decision.best[0].who if decision.best else 'nobody'} by {decision.rule} ({decision.occasion}) "
        f"after {decision.waited:.0f} s in step {decision.step}; who suffice: {decision.eligible}"
        + (f"; not considered: {out}" if out else "")
    )
