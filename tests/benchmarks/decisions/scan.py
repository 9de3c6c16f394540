"""The peer: the same policy, looking at everybody every time, written as fast as such a thing can be."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from heapq import nsmallest
from operator import itemgetter
from typing import TypeAlias

from acd.events import InteractionQueued
from acd.model import AgentId, InteractionId, Queue, QueueName, Requirement, SkillName, SkillRequirement
from tests.benchmarks.decisions.centre import Centre

Needs: TypeAlias = tuple[tuple[SkillName, int], ...]
"""The plain form of a requirement that a scan can check fastest."""


@dataclass(slots=True)
class ScanAgent:
    """An agent as the scan sees it."""

    skills: dict[SkillName, int]
    breadth: int
    ready: bool
    ready_since: float = 0.0


@dataclass(slots=True)
class ScanCall:
    """An interaction as the scan sees it."""

    interaction: InteractionId
    rank: float
    expert: bool
    alone: AgentId | None
    alone_until: float
    needs: Needs
    relaxed: Needs
    relaxed_from: float
    overflow_at: float


@dataclass(slots=True)
class Scan:
    """Waiting interactions and agents, compared one by one, with the same policy and the same trace."""

    agents: dict[AgentId, ScanAgent] = field(default_factory=dict)
    waiting: dict[InteractionId, ScanCall] = field(default_factory=dict)

    def agent_frees(self, agent: AgentId, now: float) -> object:
        """The best interaction for this agent, and the trace."""
        found = [
            (self.rank(call, agent, now), call) for call in self.waiting.values() if self.may_take(agent, call, now)
        ]
        if not found:
            return None
        best = nsmallest(5, found, key=itemgetter(0))
        return now, best, self.excluded(self.needs(best[0][1], now))

    def bare(self, agent: AgentId) -> ScanCall | None:
        """The same without VIPs, steps, overflow, preferred agents and trace: who came first of those I can take."""
        skills = self.agents[agent].skills
        best = None
        for call in self.waiting.values():
            if suffices(skills, call.needs) and (best is None or call.rank < best.rank):
                best = call
        return best

    def may_take(self, agent: AgentId, call: ScanCall, now: float) -> bool:
        """Whether the agent may take the interaction now."""
        if call.overflow_at <= now:
            return False
        if call.alone_until > now:
            return call.alone == agent
        return suffices(self.agents[agent].skills, self.needs(call, now))

    def rank(self, call: ScanCall, agent: AgentId, now: float) -> float:
        """The order of service as this agent sees it."""
        return call.rank - 60.0 if call.alone_until > now and call.alone == agent else call.rank

    def needs(self, call: ScanCall, now: float) -> Needs:
        """What is needed after the time waited."""
        return call.needs if now < call.relaxed_from else call.relaxed

    def arrives(self, call: ScanCall, now: float) -> object:
        """The best ready agent for this interaction, and the trace."""
        if call.alone is not None and self.agents[call.alone].ready:
            return call.alone
        needs = self.needs(call, now)
        found: list[tuple[float, float, AgentId]] = []
        for agent_id, agent in self.agents.items():
            if agent.ready and suffices(agent.skills, needs):
                level = sum(agent.skills[skill] for skill, _ in needs)
                found.append((-level if call.expert else agent.breadth + level, agent.ready_since, agent_id))
        return now, nsmallest(5, found), self.excluded(needs)

    def excluded(self, needs: Needs) -> tuple[int, int]:
        """How many lack a skill, how many are busy."""
        lacking = busy = 0
        for agent in self.agents.values():
            if not suffices(agent.skills, needs):
                lacking += 1
            elif not agent.ready:
                busy += 1
        return lacking, busy


def suffices(skills: dict[SkillName, int], needs: Needs) -> bool:
    """Whether every minimum is reached."""
    for skill, minimum in needs:  # noqa: SIM110 - a generator would slow the scan by half, which would flatter us
        if skills.get(skill, 0) < minimum:
            return False
    return True


def plain(requirement: Requirement) -> Needs:
    """The plain form of a conjunction."""
    parts = (requirement,) if isinstance(requirement, SkillRequirement) else getattr(requirement, "parts", ())
    return tuple((part.skill, part.minimum) for part in parts)


def scan_call(event: InteractionQueued, queues: dict[QueueName, Queue]) -> ScanCall:
    """The interaction as the scan sees it."""
    queue = queues[event.queue]
    preferred = event.preferred
    return ScanCall(
        interaction=event.interaction,
        rank=event.enqueued_at - event.head_start,
        expert=event.prefers_expert,
        alone=preferred.agent if preferred else None,
        alone_until=event.enqueued_at + preferred.wait if preferred else -math.inf,
        needs=plain(queue.requirements),
        relaxed=plain(queue.steps[0].requirements),
        relaxed_from=event.enqueued_at + queue.steps[0].after,
        overflow_at=event.enqueued_at + queue.overflows[0].limit,
    )


def scan_of(centre: Centre, *, ready: bool) -> Scan:
    """The centre as it is, for the scan."""
    queues = {queue.name: queue for queue in centre.queues}
    agents = {agent.agent: ScanAgent(dict(agent.skills), sum(agent.skills.values()), ready) for agent in centre.agents}
    waiting = {each.interaction: scan_call(centre.told[each.interaction], queues) for each in centre.engine.waiting()}
    return Scan(agents, waiting)
