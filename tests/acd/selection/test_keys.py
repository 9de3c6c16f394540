"""Each strategy sorts the same people differently, as its name says."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from acd.model import Agent, AgentSelection, SkillName, TunableIndex
from acd.selection import KEYS
from tests.acd.world import agent

NEEDED = (SkillName("english"),)


@dataclass(frozen=True)
class Idle:
    profile: Agent
    ready_since: float = 0.0
    worked: float = 0.0


EXPERT = Idle(agent("expert", english=10), ready_since=30.0, worked=900.0)
MIDDLING = Idle(agent("middling", english=6), ready_since=20.0, worked=100.0)
POLYGLOT = Idle(agent("polyglot", english=4, german=9, french=9), ready_since=10.0, worked=500.0)
BEGINNER = Idle(agent("beginner", english=2), ready_since=40.0, worked=700.0)


def order(selection: AgentSelection, index: TunableIndex) -> list[str]:
    people = [POLYGLOT, EXPERT, BEGINNER, MIDDLING]
    return [each.profile.agent for each in sorted(people, key=lambda each: KEYS[selection](each, NEEDED, index))]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (AgentSelection.MOST_PROFICIENT, ["expert", "middling", "polyglot", "beginner"]),
        (AgentSelection.LEAST_SPECIALISED, ["beginner", "middling", "expert", "polyglot"]),
        (AgentSelection.LEAST_OCCUPIED, ["middling", "polyglot", "beginner", "expert"]),
    ],
)
def test_order(selection: AgentSelection, expected: list[str]) -> None:
    assert order(selection, TunableIndex()) == expected


def test_longest_idle_leaves_it_to_the_tie_break() -> None:
    key = KEYS[AgentSelection.LONGEST_IDLE]
    assert {key(each, NEEDED, TunableIndex()) for each in (EXPERT, BEGINNER)} == {0.0}


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (TunableIndex(), ["polyglot", "middling", "expert", "beginner"]),
        (TunableIndex(idle=0, proficiency=1), ["expert", "middling", "polyglot", "beginner"]),
        (TunableIndex(idle=0, specialisation=1), ["beginner", "middling", "expert", "polyglot"]),
        (TunableIndex(idle=1, proficiency=3), ["polyglot", "expert", "middling", "beginner"]),
    ],
)
def test_the_tunable_index_contains_the_others(index: TunableIndex, expected: list[str]) -> None:
    assert order(AgentSelection.TUNABLE_INDEX, index) == expected


def test_the_tunable_index_knows_groups() -> None:
    key = KEYS[AgentSelection.TUNABLE_INDEX]
    mine = Idle(Agent(agent=EXPERT.profile.agent, group="mine"))
    other = Idle(Agent(agent=EXPERT.profile.agent, group="other"))
    index = TunableIndex(groups=(("mine", 12.0),))
    assert key(mine, NEEDED, index) == key(other, NEEDED, index) - 12.0


def test_every_selection_has_a_key() -> None:
    assert set(KEYS) == set(AgentSelection)


def test_a_skill_that_is_missing_is_worth_nothing() -> None:
    """A call by name may reach an agent who lacks it."""
    mute = Idle(agent("mute", german=5))
    index = TunableIndex(idle=0, proficiency=2)
    assert KEYS[AgentSelection.TUNABLE_INDEX](mute, NEEDED, index) == 0
    assert KEYS[AgentSelection.TUNABLE_INDEX](BEGINNER, NEEDED, index) == -4
    assert KEYS[AgentSelection.MOST_PROFICIENT](mute, NEEDED, index) == 0
