"""What goes into a simulated day, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from acd.metrics import Outcome
from acd.model import (
    ANY_AGENT,
    Agent,
    AgentId,
    AttributeValue,
    InteractionId,
    Medium,
    PreferredAgent,
    QueueName,
    Requirement,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One interaction that will come: when, where to, how patient (seconds), and how much work (seconds).

    ``wrap_up`` seconds the agent would work after it, as far as the queue's rule lets that be; None: as long as the
    rule says, and not at all where it waits for a disposition. ``label`` is what results are grouped by (tier, type).
    """

    at: float
    interaction: InteractionId
    queue: QueueName
    work: float
    wrap_up: float | None = None
    patience: float = inf
    label: str = ""
    head_start: float = 0.0
    prefers_expert: bool = False
    requirements: Requirement = ANY_AGENT
    preferred: PreferredAgent | None = None
    medium: Medium = Medium.VOICE
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """An agent who is logged on and Ready from ``start`` to ``end``; what is begun is finished.

    ``any_of_group``: the end takes one agent of the group, not this one: whoever is free, else whoever is free first.
    So staffing is meant where it is a number of agents, as in Erlang's formulas.
    """

    agent: Agent
    start: float = 0.0
    end: float = inf
    any_of_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What came of it.

    ``busy`` (Busy or WorkingAfterCall) and ``logged_on`` are seconds per agent. ``unserved`` interactions waited
    still when it ended; they are in no outcome.
    """

    outcomes: tuple[Outcome, ...]
    busy: dict[AgentId, float]
    logged_on: dict[AgentId, float]
    unserved: int = 0

    def occupancy(self, agents: Iterable[AgentId] | None = None) -> float:
        """Work over time logged on, of these agents or of all."""
        chosen = list(self.logged_on if agents is None else agents)
        time = sum(self.logged_on.get(agent, 0.0) for agent in chosen)
        return sum(self.busy.get(agent, 0.0) for agent in chosen) / time if time else 0.0
