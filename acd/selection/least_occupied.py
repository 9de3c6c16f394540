"""Least occupied: whoever has worked least so far, so that work is shared fairly whatever each one's speed.

Longest idle gives the fast more calls for being fast; this gives everybody the same time at work.
"""

from acd.model import SkillName, TunableIndex
from acd.selection.ready_agent import ReadyAgent


def key(agent: ReadyAgent, needed: tuple[SkillName, ...], index: TunableIndex) -> float:  # noqa: ARG001 - one signature for all strategies
    """Seconds of work so far."""
    return agent.worked
