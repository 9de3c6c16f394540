"""Longest idle: all who suffice are equal, so the tie-break on idle time decides."""

from acd.model import Agent, SkillName


def key(agent: Agent, needed: tuple[SkillName, ...]) -> float:  # noqa: ARG001 - one signature for all strategies
    """Zero for everybody."""
    return 0.0
