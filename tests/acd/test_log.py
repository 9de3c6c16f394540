"""The log: replayed, the engine decides the same; nothing of customers is in it; what cannot be read is refused."""

from __future__ import annotations

import json
from math import nan

import pytest

from acd.config import rules_from_rows
from acd.events import (
    AgentLoggedOn,
    CallbackRequested,
    InteractionAbandoned,
    InteractionEnded,
    InteractionQueued,
    OfferAccepted,
    RulesConfigured,
)
from acd.log import LogError, RecordingEngine, replay
from acd.model import (
    Agent,
    AgentId,
    InteractionId,
    Medium,
    Overflow,
    OverflowCause,
    OverflowTo,
    Queue,
    QueueName,
    RequestedState,
    SkillName,
)
from tests.acd.world import Centre, agent

SUPPORT = QueueName("support")
RULES = rules_from_rows(
    [
        {"name": "vips", "when": 'tier == "vip"', "head_start": 60, "prefers_expert": True},
        {"name": "Germans", "when": 'language == "de"', "requirements": "german"},
        {"name": "account owner", "when": "owner != null", "preferred_agent": {"agent": "ann", "wait": 20}},
        {"name": "cannot be told", "when": "age > 3"},
    ],
    {SkillName("german"), SkillName("english")},
)


def recorded() -> tuple[Centre, list[str]]:
    """A morning with everything in it that makes the engine decide."""
    lines: list[str] = []
    made = Centre(engine=RecordingEngine(epoch=7, write=lines.append))
    overflow = Overflow(cause=OverflowCause.WAITED, to=OverflowTo.VOICEMAIL, name="box", limit=100.0)
    made.configure(Queue(name=SUPPORT, overflows=(overflow,)))
    made.tell(RulesConfigured(rules=RULES))
    made.tell(AgentLoggedOn(agent=Agent(agent=AgentId("ann"), name="Ann Smith"), registered=True, ready=True))
    made.log_on(agent("bob", german=7))
    for number, attributes in enumerate(
        ({"name": "J. Doe"}, {"tier": "vip"}, {"language": "de", "number": "+4930123"}, {"owner": "ann"}, {})
    ):
        made.tell(
            InteractionQueued(
                interaction=InteractionId(f"i{number}"), queue=SUPPORT, enqueued_at=made.now, attributes=attributes
            )
        )
        made.wait(1)
    for offer in made.engine.offers():
        made.tell(OfferAccepted(offer=offer.offer))
    made.tell(CallbackRequested(interaction=InteractionId("i4"), expires_after=30.0))
    made.tell(InteractionAbandoned(interaction=InteractionId("nobody")))
    made.request("ann", RequestedState.NOT_READY, "break")
    for report in made.engine.agent_states():
        for interaction in report.interactions:
            made.wait(10)
            made.tell(InteractionEnded(interaction=interaction, agent=report.agent))
    made.wait(200)
    made.now = nan
    made.tell(InteractionAbandoned(interaction=InteractionId("i0")))
    return made, lines


def test_replayed_the_engine_decides_the_same() -> None:
    made, lines = recorded()
    told = list(replay(lines))
    assert [each.line for each in told] == list(range(2, len(lines) + 1))
    assert [(each.recorded, each.line) for each in told if not each.same] == []
    kinds = {decision.split()[0] for each in told for decision in each.decided}
    assert {"offer", "cancel", "divert", "drop", "resynchronise:", "ann"} <= kinds
    assert str(told[-1].at) == "nan"
    assert made.engine.oddities


def test_a_log_that_was_changed_is_noticed() -> None:
    _, lines = recorded()
    changed = [line.replace("offer 7-1: i0 to ann", "offer 7-1: i0 to bob") for line in lines]
    assert [each.same for each in replay(changed)].count(False) == 1


def test_nothing_of_customers_or_people_is_in_it() -> None:
    _, lines = recorded()
    text = "\n".join(lines)
    assert all(secret not in text for secret in ("Doe", "+4930123", "Smith", "attributes"))
    assert '"head_start": 60.0' in text, "what the rules made of them is"


def test_nothing_is_told_in_another_way_than_without_a_log() -> None:
    lines: list[str] = []
    engine = RecordingEngine(epoch=7, write=lines.append, interruptions={Medium.CHAT: frozenset({Medium.VOICE})})
    assert json.loads(lines[0]) == {
        "log": "acd events",
        "version": 1,
        "epoch": 7,
        "interruptions": {"chat": ["voice"]},
    }
    assert engine.next_deadline() is None
    assert engine.handle_timer(3.0) == []
    assert json.loads(lines[1]) == {"at": 3.0, "decided": []}


HEAD = '{"log": "acd events", "version": 1, "epoch": 7, "interruptions": {}}'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "line 1: this is no JSON"),
        (["hello"], "line 1: this is no JSON"),
        (["[]"], "line 1: this is no table"),
        (["{}"], "line 1: this is not the head"),
        ([HEAD.replace("1,", "2,")], "line 1: version 2 is not known"),
        ([HEAD.replace("7", '"7"')], "line 1: .*int was expected"),
        ([HEAD, '{"at": 1.0, "decided": []}', "{"], "line 3: this is no JSON"),
        ([HEAD, '{"at": "soon", "decided": []}'], "line 2: .*a number was expected"),
        ([HEAD, '{"at": 1.0}'], "line 2"),
        ([HEAD, '{"at": 1.0, "decided": [], "event": {"is": "Rain"}}'], "line 2: .*Rain"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(lines: list[str], said: str) -> None:
    with pytest.raises(LogError, match=said):
        list(replay(lines))
