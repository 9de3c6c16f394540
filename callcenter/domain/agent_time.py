"""How an agent's time was spent: his states, one after the other, from signing on to signing off. Pure.

The events are those of kind `EventKind.AGENT_STATE`: their ``interaction`` names the time signed on (a shift), not an
interaction. Each state lasts until the next, so that all of them add up to the time signed on; where nobody saw the end
of a shift (the CTI server was killed), the next shift of that agent ends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.ids import AgentId
from callcenter.domain.interaction import EventKind, InteractionEvent

SIGNED_OFF = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStretch:
    """An agent was in one state for some seconds; `until` is none while he still is. `by`: who had set it for him."""

    agent: AgentId
    state: str
    reason: str | None
    by: str | None
    since: datetime
    until: datetime | None

    @property
    def seconds(self) -> float:
        """How long it lasted; 0 while it lasts."""
        return max(0.0, (self.until - self.since).total_seconds()) if self.until is not None else 0.0


def agent_stretches(events: Iterable[InteractionEvent]) -> tuple[AgentStretch, ...]:
    """Return the stretches of all agents, in the order they began, from their events in any order."""
    found: list[AgentStretch] = []
    open_: dict[AgentId, InteractionEvent] = {}
    told = [event for event in events if event.kind is EventKind.AGENT_STATE]
    for event in sorted(told, key=lambda one: (one.at, one.interaction, one.seq)):
        agent = AgentId(str(event.data.get("agent")))
        before = open_.pop(agent, None)
        if before is not None:
            found.append(_stretch(agent, before, event.at))
        if event.data.get("state") != SIGNED_OFF:
            open_[agent] = event
    found += [_stretch(agent, event, None) for agent, event in open_.items()]
    return tuple(sorted(found, key=lambda one: one.since))


def _stretch(agent: AgentId, event: InteractionEvent, until: datetime | None) -> AgentStretch:
    reason, by = event.data.get("reason"), event.data.get("by")
    return AgentStretch(
        agent=agent,
        state=str(event.data.get("state")),
        reason=str(reason) if reason else None,
        by=str(by) if by else None,
        since=event.at,
        until=until,
    )
