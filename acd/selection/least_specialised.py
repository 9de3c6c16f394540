"""Least specialised: the one who suffices and would be missed least elsewhere, so that experts stay free."""

from acd.model import SkillName, TunableIndex
from acd.selection.ready_agent import ReadyAgent


def key(agent: ReadyAgent, needed: tuple[SkillName, ...], index: TunableIndex) -> float:  # noqa: ARG001 - one signature for all strategies
    """The sum of all the agent's proficiencies, those in the skills asked for counted twice.

    Somebody with many skills is kept for those few can serve; somebody strong in this skill is kept for
    those who need the best.
    """
    skills = agent.profile.skills
    return float(sum(skills.values()) + sum(skills.get(skill, 0) for skill in needed))
