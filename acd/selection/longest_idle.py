"""Longest idle: all who suffice are equal, so the tie-break on idle time decides."""

from acd.model import SkillName, TunableIndex
from acd.selection.ready_agent import ReadyAgent


def key(agent: ReadyAgent, needed: tuple[SkillName, ...], index: TunableIndex) -> float:  # noqa: ARG001 - one signature for all strategies
    """Zero for everybody."""
    return 0.0
