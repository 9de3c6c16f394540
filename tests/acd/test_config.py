"""Rows become agents and queues, or an error that names the row and the reason."""

from __future__ import annotations

import pytest

from acd.agent import INTERRUPTIONS
from acd.config import agent_from_row, media_from_row, queues_from_rows
from acd.errors import ConfigurationError
from acd.media import CapacityException, MediaRules
from acd.model import (
    AgentId,
    AgentSelection,
    AllOf,
    AnyOf,
    Medium,
    OverflowTo,
    Queue,
    QueueLimits,
    QueueName,
    SkillName,
    Without,
    WrapUpMode,
)
from tests.acd.world import needs

SKILLS = {SkillName("english"), SkillName("german")}


def queue(**row: object) -> Queue:
    return queues_from_rows([{"name": "support", **row}], SKILLS)[0]


def test_a_full_row() -> None:
    made = queue(
        requirements=["english >= 3", {"any": ["german", {"not": {"skill": "english", "minimum": 9}}]}],
        priority=2,
        head_start=30,
        weight=1.5,
        overdue_after=480,
        overdue_factor=7.5,
        selection="most_proficient",
        limits={"size": 50, "seconds": 1800, "to": "voicemail", "name": "box"},
        offer_timeout=12,
        wrap_up={"mode": "fixed", "seconds": 45, "extension_limit": 60},
        service_level={"share": 0.9, "seconds": 10},
    )
    assert made.requirements == AllOf(
        parts=(needs(english=3), AnyOf(parts=(needs(german=1), Without(part=needs(english=9)))))
    )
    assert (made.priority, made.head_start, made.start) == (2, 30, 150)
    assert (made.weight, made.pace) == (1.5, 1.5)
    assert made.limits == QueueLimits(size=50, seconds=1800, to=OverflowTo.VOICEMAIL, name="box")
    assert (made.overdue_after, made.overdue_factor) == (480, 7.5)
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
        ({"overdue_factor": 7.5}, "needs overdue_after"),
        ({"offer_timeout": 0}, "above 0"),
        ({"offer_timeout": True}, "must be a number"),
        ({"head_start": float("nan")}, "must be a number"),
        ({"service_level": {"share": 1.5}}, "at most 1"),
        ({"wrap_up": {"seconds": -1}}, "at least 0"),
        ({"colour": "red"}, "unknown: colour"),
        ({"requirements": ["english >= 5", {"not": "english >= 3"}]}, "nobody could ever satisfy"),
    ],
)
def test_an_error_names_the_row_and_the_reason(row: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        queue(**row)
    assert caught.value.row.startswith("queue 1 (support)")
    assert caught.value.path[:1] == tuple(row)


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"wrap_up": {"mode": "fixed", "seconds": -1}}, ("wrap_up", "seconds")),
        ({"steps": [{"after": 1}, {"after": 2, "requirements": "french"}]}, ("steps", 1, "requirements")),
        ({"overflows": [{"cause": "waited", "to": "queue", "name": "x"}]}, ("overflows", 0, "limit")),
        (
            {"overflows": [{"cause": "nobody logged on", "to": "queue", "name": "x", "limit": 1}]},
            ("overflows", 0, "limit"),
        ),
        ({"index": {"groups": {"experts": "many"}}}, ("index", "groups", "experts")),
        ({"index": {"weight": 1}}, ("index", "weight")),
        ({"requirements": ["english", {"not": "english"}]}, ("requirements",)),
    ],
)
def test_an_error_leads_to_the_value(row: dict[str, object], path: tuple[str | int, ...]) -> None:
    """Whoever read the row from a file can say in which line it is."""
    with pytest.raises(ConfigurationError) as caught:
        queue(**row)
    assert caught.value.path == path


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


def test_what_may_interrupt_what() -> None:
    """A medium that is not named keeps the usual rule."""
    found = media_from_row({"capacities": {"voice": 1, "email": 5}, "interruptions": {"email": ["voice"]}})
    assert found.interruptions == {**INTERRUPTIONS, Medium.EMAIL: frozenset({Medium.VOICE})}
    assert found.capacities == {Medium.VOICE: 1, Medium.EMAIL: 5}
    assert media_from_row({}) == MediaRules(interruptions=dict(INTERRUPTIONS))


def test_some_agents_take_more_at_once() -> None:
    row = {
        "capacities": {"voice": 1, "chat": 2},
        "exceptions": [
            {"agents": ["ann"], "capacities": {"voice": 1}},
            {"requirements": "english >= 8", "capacities": {"chat": 5}},
        ],
    }
    found = media_from_row(row, SKILLS)
    assert found.exceptions[0] == CapacityException(agents=frozenset({AgentId("ann")}), capacities={Medium.VOICE: 1})
    fluent, halting = {SkillName("english"): 8}, {SkillName("english"): 7}
    assert found.capacities_of(AgentId("ann"), fluent) == {Medium.VOICE: 1}, "the first that concerns her"
    assert found.capacities_of(AgentId("bob"), fluent) == {Medium.CHAT: 5}
    assert found.capacities_of(AgentId("bob"), halting) == {Medium.VOICE: 1, Medium.CHAT: 2}


@pytest.mark.parametrize(
    ("row", "reason", "path"),
    [
        ({"interruptions": {"voice": ["voice"]}}, "two conversations", ("interruptions", "voice")),
        ({"interruptions": {"chat": "voice"}}, "a list of media", ("interruptions", "chat")),
        ({"interruptions": {"chat": ["fax"]}}, "a list of media", ("interruptions", "chat")),
        ({"interruptions": {"fax": []}}, "unknown: fax", ("interruptions", "fax")),
        ({"capacities": {"voice": 2}}, "two conversations", ("capacities",)),
        ({"exceptions": [{"agents": "ann", "capacities": {}}]}, "list of names", ("exceptions", 0, "agents")),
        ({"exceptions": [{"agents": ["ann"]}]}, "capacities are missing", ("exceptions", 0, "capacities")),
        ({"exceptions": [{"capacities": {}}]}, "whom it concerns is missing", ("exceptions", 0)),
        ({"fax": {}}, "unknown: fax", ("fax",)),
    ],
)
def test_media_that_cannot_be(row: dict[str, object], reason: str, path: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        media_from_row(row)
    assert caught.value.path == path
