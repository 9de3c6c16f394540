"""Tunable index: idle time, proficiency and specialisation, weighed by the queue (see TunableIndex)."""

from acd.model import SkillName, TunableIndex
from acd.selection.ready_agent import ReadyAgent


def key(agent: ReadyAgent, needed: tuple[SkillName, ...], index: TunableIndex) -> float:
    """Minus the agent's part of the index; idle time grows alike for all, so the time it began stands for it."""
    skills = agent.profile.skills
    value = -index.idle * agent.ready_since
    if index.proficiency:
        value += index.proficiency * sum(skills.get(skill, 0) for skill in needed)
    if index.specialisation:
        value -= index.specialisation * sum(skills.values())
    return -value - dict(index.groups).get(agent.profile.group, 0.0)
