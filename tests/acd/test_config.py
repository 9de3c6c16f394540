"""Rows become agents and queues, or an error that names the row and the reason."""

from __future__ import annotations

import pytest

from acd.config import agent_from_row, queues_from_rows
from acd.errors import ConfigurationError
from acd.model import AgentSelection, AllOf, AnyOf, Medium, Queue, QueueName, SkillName, Without, WrapUpMode
from tests.acd.world import needs

SKILLS = {SkillName("english"), SkillName("german")}


def queue(**row: object) -> Queue:
    return queues_from_rows([{"name": "support", **row}], SKILLS)[0]


def test_a_full_row() -> None:
    made = queue(
        requirements=["english >= 3", {"any": ["german", {"not": {"skill": "english", "minimum": 9}}]}],
        head_start=30,
        selection="most_proficient",
        offer_timeout=12,
        wrap_up_mode="fixed",
        wrap_up_seconds=45,
        wrap_up_extension_limit=60,
        service_level_share=0.9,
        service_level_seconds=10,
    )
    assert made.requirements == AllOf(
        parts=(needs(english=3), AnyOf(parts=(needs(german=1), Without(part=needs(english=9)))))
    )
    assert made.head_start == 30
    assert made.selection is AgentSelection.MOST_PROFICIENT
    assert made.offer_timeout == 12
    assert (made.wrap_up.mode, made.wrap_up.seconds, made.wrap_up.extension_limit) == (WrapUpMode.FIXED, 45, 60)
    assert (made.service_level.share, made.service_level.seconds) == (0.9, 10)


def test_only_a_name_is_needed() -> None:
    assert queue() == Queue(name=QueueName("support"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"requirements": "french"}, "no skill 'french'"),
        ({"requirements": "english >= 11"}, "proficiency from 1 to 10"),
        ({"requirements": {"any": []}}, "not a requirement"),
        ({"requirements": {"skill": "english", "least": 3}}, "not a requirement"),
        ({"requirements": 7}, "not a requirement"),
        ({"selection": "cheapest"}, "must be one of"),
        ({"offer_timeout": 0}, "above 0"),
        ({"offer_timeout": True}, "must be a number"),
        ({"head_start": float("nan")}, "must be a number"),
        ({"service_level_share": 1.5}, "at most 1"),
        ({"wrap_up_seconds": -1}, "at least 0"),
        ({"colour": "red"}, "unknown: colour"),
    ],
)
def test_an_error_names_the_row_and_the_reason(row: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        queue(**row)
    assert caught.value.row == "queue 1 (support)"


def test_a_row_without_a_name_is_named_by_its_number() -> None:
    with pytest.raises(ConfigurationError, match="name must be a text") as caught:
        queues_from_rows([{"name": "a"}, {"name": " "}], SKILLS)
    assert caught.value.row == "queue 2"


def test_a_name_is_used_once() -> None:
    with pytest.raises(ConfigurationError, match="taken by an earlier queue"):
        queues_from_rows([{"name": "a"}, {"name": "a"}], SKILLS)


def test_an_agent() -> None:
    made = agent_from_row(
        {"agent": "ann", "name": "Ann", "skills": {"english": 7}, "capacities": {"voice": 1, "chat": 3}}, SKILLS
    )
    assert made.skills == {"english": 7}
    assert made.capacities == {Medium.VOICE: 1, Medium.CHAT: 3}
    assert agent_from_row({"agent": "bob"}, SKILLS).capacities == {Medium.VOICE: 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"skills": {"french": 1}}, "no skill 'french'"),
        ({"skills": {"english": 0}}, "proficiency from 1 to 10"),
        ({"skills": {"english": True}}, "proficiency from 1 to 10"),
        ({"skills": [1]}, "must map names"),
        ({"capacities": {"fax": 1}}, "no medium 'fax'"),
        ({"capacities": {"chat": -1}}, "whole number"),
        ({"capacities": {"voice": 2}}, "two conversations"),
    ],
)
def test_an_agent_that_cannot_be(row: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        agent_from_row({"agent": "ann", **row}, SKILLS)
