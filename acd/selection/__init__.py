"""Which of several ready agents is taken: one strategy a file, each a key to sort by, smallest first.

A key may only depend on what does not change while the agent stays ready, so that the ready agents can be
kept sorted. Ties are broken by who is idle longest, then by who logged on first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from acd.model import AgentSelection, SkillName, TunableIndex
from acd.selection import least_occupied, least_specialised, longest_idle, most_proficient, tunable_index
from acd.selection.ready_agent import ReadyAgent

SelectionKey: TypeAlias = Callable[[ReadyAgent, tuple[SkillName, ...], TunableIndex], float]
"""(agent, skills asked for, weights of the queue) → how late the agent comes; smaller is taken first."""

KEYS: Mapping[AgentSelection, SelectionKey] = {
    AgentSelection.LEAST_SPECIALISED: least_specialised.key,
    AgentSelection.LONGEST_IDLE: longest_idle.key,
    AgentSelection.LEAST_OCCUPIED: least_occupied.key,
    AgentSelection.MOST_PROFICIENT: most_proficient.key,
    AgentSelection.TUNABLE_INDEX: tunable_index.key,
}
