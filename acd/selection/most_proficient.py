"""Most proficient: whoever masters best what is asked for. What VIPs get."""

from acd.model import SkillName, TunableIndex
from acd.selection.ready_agent import ReadyAgent


def key(agent: ReadyAgent, needed: tuple[SkillName, ...], index: TunableIndex) -> float:  # noqa: ARG001 - one signature for all strategies
    """Minus the sum of the agent's proficiencies in the skills asked for."""
    skills = agent.profile.skills
    return -float(sum(skills.get(skill, 0) for skill in needed))
