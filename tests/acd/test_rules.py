"""Rules over attributes: what they give, and what is refused when they are read."""

from __future__ import annotations

import pytest

from acd.config import queues_from_rows, rules_from_rows
from acd.errors import ConfigurationError
from acd.events import InteractionQueued, RulesConfigured
from acd.model import AgentId, AttributeValue, InteractionId, PreferredAgent, QueueName, SkillName
from acd.rules import effect_of
from tests.acd.world import Centre, agent, needs, offers

SKILLS = {SkillName("english"), SkillName("german")}
ROWS: list[dict[str, object]] = [
    {"name": "vip", "when": 'tier == "vip"', "head_start": 90, "prefers_expert": True},
    {"name": "germans", "when": 'language == "de"', "requirements": "german >= 3"},
    {"name": "rich", "when": "balance > 1000.0", "head_start": 10},
    {"name": "late payer", "when": 'queue == "support" && overdue', "head_start": -30},
]


def effects(**attributes: AttributeValue) -> tuple[float, bool, tuple[str, ...]]:
    effect = effect_of(rules_from_rows(ROWS, SKILLS), QueueName("support"), attributes)
    return (effect.head_start, effect.prefers_expert, effect.applied)


def test_effects_add_up() -> None:
    assert effects(tier="vip", balance=2000.0, overdue=False) == (100.0, True, ("vip", "rich"))
    assert effects(tier="standard", balance=0.0, overdue=True) == (-30.0, False, ("late payer",))


def test_an_attribute_without_a_value_is_null() -> None:
    effect = effect_of(rules_from_rows(ROWS[:2], SKILLS), QueueName("support"), {})
    assert (effect.applied, effect.failed) == ((), ())


def test_a_rule_that_cannot_be_evaluated_does_not_apply_and_is_named() -> None:
    effect = effect_of(rules_from_rows(ROWS[2:3], SKILLS), QueueName("support"), {"balance": "much"})
    assert (effect.applied, effect.failed) == ((), ("rich",))


def test_the_engine_applies_them_to_those_who_come() -> None:
    made = Centre()
    made.configure(*queues_from_rows([{"name": "support"}], SKILLS))
    made.tell(RulesConfigured(rules=rules_from_rows(ROWS, SKILLS)))
    made.queue("i1", requirements=needs(english=1))
    made.now += 60
    vip = InteractionQueued(
        interaction=InteractionId("i2"),
        queue=QueueName("support"),
        enqueued_at=made.now,
        requirements=needs(english=1),
        attributes={"tier": "vip", "language": "de", "balance": "much", "overdue": False},
    )
    made.tell(vip)
    first, second = made.engine.waiting()
    assert (first.interaction, first.prefers_expert, second.prefers_expert) == ("i2", True, False)
    assert first.requirements == needs(english=1, german=3)
    assert offers(made.log_on(agent("ann", english=5))) == {"i1": "ann"}
    assert ("rule", "'rich' could not be evaluated") in [(each.fact, each.why) for each in made.engine.oddities]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"when": "tier =="}, "rule 1 \\(r\\): does not compile, at character 8: mismatched input '<EOF>'$"),
        ({"when": "tier == lower(x)"}, r"^rule 1 \(r\): there is no function lower"),
        ({"when": "x" * 1001}, "at most 1000 characters"),
        ({"when": "(" * 41 + "1" + ")" * 41}, "40 brackets"),
        ({"when": "true", "requirements": "french"}, "no skill 'french'"),
        ({"when": "true", "colour": "red"}, "unknown: colour"),
        ({"when": "true", "preferred_agent": {"agent": ""}}, "agent must be a text"),
        ({}, "when must be a text"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_with_its_row(row: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        rules_from_rows([{"name": "r", **row}], SKILLS)


def test_a_name_is_used_once() -> None:
    with pytest.raises(ConfigurationError, match="taken by an earlier rule") as caught:
        rules_from_rows([ROWS[0], ROWS[0]], SKILLS)
    assert caught.value.path == (1, "name")


def test_a_condition_that_does_not_compile_is_found_in_its_row() -> None:
    with pytest.raises(ConfigurationError) as caught:
        rules_from_rows([ROWS[0], {"name": "r", "when": "tier =="}], SKILLS)
    assert caught.value.path == (1, "when")


def test_a_rule_names_the_agent_an_interaction_should_reach() -> None:
    """Of several the first rule's; an agent it came with goes before both."""
    rows: list[dict[str, object]] = [
        {"name": "key account", "when": 'account == "4711"', "preferred_agent": {"agent": "bob", "wait": 30}},
        {"name": "everybody", "when": "true", "preferred_agent": {"agent": "ann"}},
    ]
    made = Centre()
    made.configure(*queues_from_rows([{"name": "support"}], SKILLS))
    made.tell(RulesConfigured(rules=rules_from_rows(rows, SKILLS)))
    for name in ("ann", "bob"):
        made.log_on(agent(name, english=5))
    assert made.engine.effect(QueueName("support"), {"account": "4711"}).preferred == PreferredAgent(
        agent=AgentId("bob"), wait=30
    )
    came = InteractionQueued(
        interaction=InteractionId("i1"),
        queue=QueueName("support"),
        enqueued_at=made.now,
        attributes={"account": "4711"},
    )
    assert offers(made.tell(came)) == {"i1": "bob"}
