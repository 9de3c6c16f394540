"""What a centre says about its media: how many of each an agent takes at once, and what may interrupt what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.agent import INTERRUPTIONS
from acd.matching import satisfies
from acd.model import ANY_AGENT, AgentId, Medium, Proficiency, Requirement, SkillName


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityException:
    """Some agents take more or less: those named here (none named: all) who satisfy the requirement."""

    capacities: Mapping[Medium, int]
    agents: frozenset[AgentId] = frozenset()
    requirements: Requirement = ANY_AGENT

    def concerns(self, agent: AgentId, skills: Mapping[SkillName, Proficiency]) -> bool:
        """Whether the agent, who has these skills, is one of them."""
        return (not self.agents or agent in self.agents) and satisfies(skills, self.requirements)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRules:
    """The house's rule. Of several exceptions that concern an agent the first counts."""

    capacities: Mapping[Medium, int] = field(default_factory=lambda: {Medium.VOICE: 1})
    exceptions: tuple[CapacityException, ...] = ()
    interruptions: Mapping[Medium, frozenset[Medium]] = field(default_factory=lambda: INTERRUPTIONS)

    def capacities_of(self, agent: AgentId, skills: Mapping[SkillName, Proficiency]) -> Mapping[Medium, int]:
        """How many of each medium this agent takes at once."""
        for exception in self.exceptions:
            if exception.concerns(agent, skills):
                return exception.capacities
        return self.capacities
