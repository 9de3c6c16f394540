"""Values as plain data: nothing is lost on the way, for every kind of event; and what is wrong is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.accuracy import Judged
from acd.events import (
    Event,
    InteractionQueued,
    InterruptionsConfigured,
    OfferAccepted,
    OfferFailed,
    RulesConfigured,
    WaitHistoryRestored,
)
from acd.model import AllOf, AnyOf, InteractionId, OfferId, QueueName, Requirement, SkillRequirement, Without
from acd.plain import PlainError, event_from_plain, from_plain, to_plain
from acd.rules import Condition, Rule, compiled
from acd.wait_history import QueueWaitHistory, WaitHistory

skills = st.builds(SkillRequirement)
requirements: st.SearchStrategy[Requirement] = st.recursive(
    skills,
    lambda parts: st.one_of(
        st.builds(AllOf, parts=st.lists(parts, max_size=3).map(tuple)),
        st.builds(AnyOf, parts=st.lists(parts, max_size=3).map(tuple)),
        st.builds(Without, part=parts),
    ),
    max_leaves=5,
)
st.register_type_strategy(
    Mapping, lambda kind: st.dictionaries(*map(st.from_type, get_args(kind) or (str, str)), max_size=3)
)
st.register_type_strategy(float, st.floats(allow_nan=False).map(lambda number: number + 0.0))  # no minus zero
st.register_type_strategy(
    Condition, st.sampled_from(['tier == "vip"', "queue == 'sales'"]).map(lambda source: compiled(source, where="test"))
)
st.register_type_strategy(AllOf, st.builds(AllOf, parts=st.lists(requirements, max_size=3).map(tuple)))
st.register_type_strategy(AnyOf, st.builds(AnyOf, parts=st.lists(requirements, max_size=3).map(tuple)))
st.register_type_strategy(Without, st.builds(Without, part=requirements))


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_event_comes_back_from_json_as_it_was(kind: Any, data: st.DataObject) -> None:
    event = data.draw(st.builds(kind))
    text = json.dumps(to_plain(event, Event), allow_nan=False)
    read = event_from_plain(json.loads(text))
    if isinstance(event, InterruptionsConfigured):
        assert read == event
        assert sorted(repr(read)) == sorted(repr(event)), "a set has no order"
    else:
        assert repr(read) == repr(event), "an enumeration's member equals its text"


def test_what_is_usual_is_left_out() -> None:
    assert to_plain(OfferFailed(offer=OfferId("7-1")), Event) == {"is": "OfferFailed", "offer": "7-1"}


def test_requirements_name_their_kind_at_every_depth() -> None:
    event = InteractionQueued(
        interaction=InteractionId("i1"),
        queue=QueueName("sales"),
        enqueued_at=1.0,
        requirements=AllOf(parts=(Without(part=AnyOf(parts=())),)),
    )
    assert to_plain(event)["requirements"] == {
        "is": "AllOf",
        "parts": [{"is": "Without", "part": {"is": "AnyOf", "parts": []}}],
    }


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({"is": "OfferAccepted"}, "offer"),
        ({"is": "OfferAccepted", "offer": 7}, "str was expected"),
        ({"is": "OfferAccepted", "offer": "7-1", "when": 3}, "when"),
        ({"is": "OfferTaken", "offer": "7-1"}, "OfferTaken"),
        ({"offer": "7-1"}, "is"),
        ("OfferAccepted", "str"),
        (None, "None"),
        ({"is": "CallbackRequested", "interaction": "i1", "attempts": True}, "int was expected"),
        ({"is": "CallbackRequested", "interaction": "i1", "retry_after": "soon"}, "a number was expected"),
        ({"is": "AgentReserved", "agent": "ann", "work": "w", "medium": "smoke"}, "smoke"),
        ({"is": "RulesConfigured", "rules": [{"name": "r", "when": "tier =="}]}, "does not compile"),
        (
            {"is": "InteractionQueued", "interaction": "i", "queue": "q", "enqueued_at": 1, "attributes": {"a": []}},
            "text",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_the_reason(plain: object, said: str) -> None:
    with pytest.raises(PlainError, match=said):
        event_from_plain(plain)


def test_a_history_of_waits_comes_back() -> None:
    history = WaitHistory(
        age=3.5,
        features=("constant",),
        learned=(1.0, 2.0),
        queues=(
            QueueWaitHistory(
                queue=QueueName("sales"),
                learned=(),
                today=(0.5,),
                drift=-1.0,
                errors=((Judged(1.0, 2.0, None), Judged(3.0, 2.5, held=True)), ()),
            ),
        ),
    )
    assert from_plain(json.loads(json.dumps(to_plain(history))), WaitHistory) == history
    event = WaitHistoryRestored(history=history, away=1.0)
    assert event_from_plain(json.loads(json.dumps(to_plain(event, Event)))) == event


def test_rules_are_compiled_anew() -> None:
    rule = Rule(name="vips", when=compiled('tier == "vip"', where="test"), head_start=60.0)
    read = event_from_plain(json.loads(json.dumps(to_plain(RulesConfigured(rules=(rule,)), Event))))
    assert isinstance(read, RulesConfigured)
    assert read.rules[0].when.holds({"tier": "vip"})


def test_other_types_than_events() -> None:
    assert from_plain({"offer": "7-1"}, OfferAccepted) == OfferAccepted(offer=OfferId("7-1"))
