"""Each strategy sorts the same people differently, as its name says."""

from __future__ import annotations

import pytest

from acd.model import AgentSelection, SkillName
from acd.selection import KEYS
from tests.acd.world import agent

EXPERT = agent("expert", english=10)
MIDDLING = agent("middling", english=6)
POLYGLOT = agent("polyglot", english=4, german=9, french=9)
BEGINNER = agent("beginner", english=2)
NEEDED = (SkillName("english"),)


@pytest.mark.parametrize(
    ("selection", "order"),
    [
        (AgentSelection.MOST_PROFICIENT, ["expert", "middling", "polyglot", "beginner"]),
        (AgentSelection.LEAST_SPECIALISED, ["beginner", "middling", "expert", "polyglot"]),
    ],
)
def test_order(selection: AgentSelection, order: list[str]) -> None:
    people = [POLYGLOT, EXPERT, BEGINNER, MIDDLING]
    assert [each.agent for each in sorted(people, key=lambda each: KEYS[selection](each, NEEDED))] == order


def test_longest_idle_leaves_it_to_the_tie_break() -> None:
    key = KEYS[AgentSelection.LONGEST_IDLE]
    assert {key(each, NEEDED) for each in (EXPERT, BEGINNER)} == {0.0}


def test_every_selection_has_a_key() -> None:
    assert set(KEYS) == set(AgentSelection)
