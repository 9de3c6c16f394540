"""Most proficient: whoever masters best what is asked for. What VIPs get."""

from acd.model import Agent, SkillName


def key(agent: Agent, needed: tuple[SkillName, ...]) -> float:
    """Minus the sum of the agent's proficiencies in the skills asked for."""
    return -float(sum(agent.skills.get(skill, 0) for skill in needed))
