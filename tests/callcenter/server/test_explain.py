"""The engine's account in sentences: exact, in both languages, with the names that people use."""

from __future__ import annotations

from typing import Any

import pytest

from acd.decision import Explanation, NextChange, Situation
from acd.model import (
    AgentId,
    AllOf,
    AnyOf,
    DecisionTrace,
    Exclusion,
    InteractionId,
    Occasion,
    Position,
    QueueName,
    Without,
)
from acd.queue_waits import Estimate
from callcenter.api.routing import ComparedCandidate
from callcenter.domain.catalogue import Catalogue, Label, Skill
from callcenter.server import explain
from tests.acd.world import needs
from tests.support.floor import catalogue

HOUSE = Catalogue(
    queues=catalogue().queues,
    default_queue=catalogue().default_queue,
    reasons=(),
    numbers=(),
    skills=(Skill(name="billing", label=Label(en="Billing", zh="账单")), Skill(name="de", label=Label(en="German"))),
)
NAMES = {"ana": "Ana Torres", "bo": "Bo Lin"}


def found(situation: Situation, **fields: Any) -> Explanation:
    usual: dict[str, Any] = {
        "interaction": InteractionId("i1"),
        "queue": QueueName("billing"),
        "position": Position(place=2, of=5),
        "waited": 65.0,
        "needs": needs(billing=8),
        "suffice": 2,
        "excluded": ((Exclusion.BUSY, 2),),
        "situation": situation,
        "agent": None,
        "next_change": None,
        "estimate": None,
    }
    return Explanation(**(usual | fields))


def english(explanation: Explanation) -> list[str]:
    account = explain.waiting(explanation, HOUSE, NAMES)
    return [account.title.en, *(line.en for line in account.lines)]


def test_two_experts_busy_and_the_requirements_about_to_widen() -> None:
    """What a supervisor wants to know first: who could, what they do, and what will change."""
    explanation = found(
        Situation.IN_LINE,
        next_change=(NextChange.WIDENING, 14.0),
        estimate=Estimate(at=0.0, seconds=100.0, low=70.0, high=3700.0, by="regression"),
    )
    assert english(explanation) == [
        "Waiting for 1:05",
        "2 agents logged on for Billing ≥ 8: 2 busy",
        "Place 2 of 5 who wait for the same agents",
        "In 0:14: the requirements widen",
        "When it began, a wait of 1:10 to 1:01:40 was expected (four of five fall into that)",
    ]
    account = explain.waiting(explanation, HOUSE, NAMES)
    assert [line.zh for line in account.lines] == [
        "在线且可接（账单 ≥ 8）的坐席：2 名：忙碌 2",
        "等待同一批坐席的 5 人中排第 2",
        "0:14 后：放宽要求",
        "入队时预计等待 1:10 至 1:01:40（五次中有四次在此范围内）",
    ]


@pytest.mark.parametrize("situation", list(Situation))
def test_every_situation_has_words_in_both_languages(situation: Situation) -> None:
    """None is left as a code."""
    line = explain.waiting(found(situation, agent=AgentId("ana")), HOUSE, NAMES).lines[1]
    assert situation.value not in line.zh
    assert ("Ana Torres" in line.en) == (situation in (Situation.OFFERED, Situation.PREFERS))


@pytest.mark.parametrize("change", list(NextChange))
def test_every_change_has_words(change: NextChange) -> None:
    """What time alone will do is said with when."""
    line = explain.waiting(found(Situation.IN_LINE, next_change=(change, 9.4)), HOUSE, NAMES).lines[2]
    assert line.en.startswith("In 0:09: ")
    assert line.zh.startswith("0:09 后：")


def test_what_is_unknown_is_called_unknown() -> None:
    """A guess would be believed."""
    lines = english(found(Situation.OVERDUE, position=None))
    assert lines[2:] == ["Place in line unknown; overdue, so before all who are not", "Expected wait unknown"]


def test_who_suffices_and_is_ready_is_counted_too() -> None:
    """Of three one is busy: the other two are not missing."""
    assert "3 agents logged on for Billing ≥ 8: 1 busy, 2 ready" in english(
        found(Situation.EXPERT, suffice=3, excluded=((Exclusion.BUSY, 1),))
    )
    assert "1 agent logged on for any call: 1 ready" in english(
        found(Situation.IN_LINE, suffice=1, excluded=(), needs=AllOf())
    )


def test_what_is_needed_reads_as_people_write_it() -> None:
    """Skills by their labels; one that is not configured any more by its name; brackets where they are needed."""
    wanted = AllOf(parts=(needs(billing=3), AnyOf(parts=(needs(de=1), Without(part=needs(trainee=1))))))
    assert explain.needs_in_words(wanted, HOUSE) == (
        "Billing ≥ 3 and (German or not trainee)",
        "账单 ≥ 3 且 (German 或 非 trainee)",
    )


def trace(**fields: Any) -> DecisionTrace:
    usual: dict[str, Any] = {
        "at": 10.0,
        "occasion": Occasion.INTERACTION_ARRIVED,
        "rule": "least specialised",
        "step": 1,
        "waited": 12.34,
        "lacking": 4,
        "counts": (1, 0, 1, 0, 1),
        "compared": ((AgentId("bo"), (2.0, 100.0)), (AgentId("ana"), (9.0, 50.0))),
    }
    return DecisionTrace(**(usual | fields))


def test_a_decision_is_kept_compactly_and_read_back_whole() -> None:
    """Rule, step, exclusions and the best five: as fields of the event, and as sentences."""
    fields = explain.trace_fields(trace())
    assert fields == {
        "rule": "least specialised",
        "occasion": "interaction arrived",
        "step": 1,
        "waited": 12.3,
        "eligible": 3,
        "excluded": "lacks skill:4,busy:1",
        "candidates": "bo:2.0/100.0,ana:9.0/50.0",
    }
    account = explain.offer({"agent": "bo", **fields}, NAMES)
    assert account.title.en == "Offered to Bo Lin"
    assert [line.en for line in account.lines] == [
        "Bo Lin was chosen: the least specialised who suffices, so that experts stay free",
        "When the caller came, after a wait of 0:12",
        "Requirements were widened: step 1",
        "3 agents logged on could take the call; not considered: 4 without the skills, 1 busy",
    ]
    assert account.candidates == (
        ComparedCandidate(name="Bo Lin", score="2.0/100.0"),
        ComparedCandidate(name="Ana Torres", score="9.0/50.0"),
    )


def test_an_agent_who_became_ready_compared_callers() -> None:
    """They are named as the board names them; one that has gone since, by its id."""
    fields = explain.trace_fields(
        trace(
            occasion=Occasion.AGENT_BECAME_READY,
            rule="first in order of service",
            step=0,
            compared=((InteractionId("i1"), -30.5), (InteractionId("i2"), -12.0)),
        )
    )
    account = explain.offer({"agent": "ana", **fields}, {**NAMES, "i1": "Carla Quist"})
    assert [one.name for one in account.candidates] == ["Carla Quist", "i2"]
    assert not any("widened" in line.en for line in account.lines)


def test_what_an_earlier_version_wrote_is_shown_as_far_as_it_goes() -> None:
    """Two fields more or less are no error."""
    account = explain.offer({"agent": "ana", "offer": "1-1", "rule": "some old rule", "candidates": "ana,bo"}, NAMES)
    assert [line.en for line in account.lines] == ["Ana Torres was chosen: some old rule"]
    assert [one.name for one in account.candidates] == ["Ana Torres", "Bo Lin"]
    assert explain.offer({}, NAMES).candidates == ()
