"""Queues that give interactions away: when, where to, and what is refused at load."""

from __future__ import annotations

from typing import ClassVar

import pytest

from acd.commands import Command, DivertInteraction, MoveInteraction, OfferInteraction, RequestResynchronisation
from acd.config import queues_from_rows
from acd.errors import ConfigurationError
from acd.events import (
    AgentLoggedOff,
    InteractionAbandoned,
    InteractionQueued,
    OfferAccepted,
    QueueOpeningChanged,
)
from acd.model import AgentId, InteractionId, OverflowCause, OverflowTo, Queue, QueueName, SkillName
from tests.acd.world import Centre, agent, every, offers, only

SKILLS = {SkillName("english"), SkillName("german")}


def configured(*overflows: dict[str, object], **row: object) -> tuple[Queue, ...]:
    return queues_from_rows(
        [
            {"name": "support", "requirements": "english", "overflows": overflows, **row},
            {"name": "backup", "requirements": "german"},
        ],
        SKILLS,
    )


def diverted(commands: list[Command]) -> tuple[OverflowTo, str, OverflowCause]:
    command = only(commands, DivertInteraction)
    return (command.to, command.name, command.why)


def test_after_waiting_to_another_queue_with_the_time_waited() -> None:
    made = Centre()
    made.configure(*configured({"cause": "waited", "limit": 30, "to": "queue", "name": "backup"}))
    made.log_on(agent("ann", german=1))
    made.queue("i1")
    assert made.wait(29) == []
    commands = made.wait(1)
    moved = only(commands, MoveInteraction)
    assert (moved.queue, moved.to, moved.why) == ("support", "backup", OverflowCause.WAITED)
    assert offers(commands) == {"i1": "ann"}


def test_the_time_in_a_queue_is_counted_from_the_coming_to_it() -> None:
    """After a restart the engine is told of one who has waited long, and elsewhere: he has his time here."""
    made = Centre()
    made.configure(*configured({"cause": "waited", "limit": 30, "to": "queue", "name": "backup"}))
    for interaction, entered_at in (("long ago", made.now - 20), ("before he came", made.now - 500)):
        made.tell(
            InteractionQueued(
                interaction=InteractionId(interaction),
                queue=QueueName("support"),
                enqueued_at=made.now - 100,
                entered_at=entered_at,
            )
        )
    moved = [each.interaction for each in every(made.wait(5), MoveInteraction)]
    assert moved == []
    assert {each.interaction: each.queue for each in made.engine.waiting()} == {
        "long ago": "support",
        "before he came": "backup",
    }
    assert only(made.wait(5), MoveInteraction).interaction == "long ago"


def test_when_too_many_wait_the_next_one_is_led_on() -> None:
    made = Centre()
    made.configure(*configured({"cause": "length", "limit": 2, "to": "voicemail", "name": "box"}))
    made.log_on(agent("ann"))
    assert made.queue("i1") == []
    assert made.queue("i2") == []
    assert diverted(made.queue("i3")) == (OverflowTo.VOICEMAIL, "box", OverflowCause.LENGTH)
    made.tell(InteractionAbandoned(interaction=InteractionId("i1")))
    assert made.queue("i4") == []
    assert [each.interaction for each in made.engine.waiting()] == ["i2", "i4"]


def test_nobody_logged_on_who_suffices() -> None:
    made = Centre()
    made.configure(*configured({"cause": "nobody logged on", "to": "message", "name": "closed"}))
    made.log_on(agent("eve", german=1))
    assert diverted(made.queue("i1"))[0] is OverflowTo.MESSAGE
    made.log_on(agent("ann", english=1), ready=False)
    assert made.queue("i2") == []
    assert diverted(made.tell(AgentLoggedOff(agent=AgentId("ann")))) == (
        OverflowTo.MESSAGE,
        "closed",
        OverflowCause.NOBODY_LOGGED_ON,
    )
    assert made.engine.waiting() == []
    assert made.engine.next_deadline() is None


def test_a_closed_queue_takes_nobody_who_arrives() -> None:
    """Those who wait go on waiting: their agents are still there."""
    made = Centre()
    made.configure(*configured({"cause": "closed", "to": "message", "name": "closed"}))
    made.queue("i1")
    assert made.tell(QueueOpeningChanged(queue=QueueName("support"), is_open=False)) == []
    assert [each.interaction for each in made.engine.waiting()] == ["i1"]
    assert diverted(made.queue("i2")) == (OverflowTo.MESSAGE, "closed", OverflowCause.CLOSED)
    made.tell(QueueOpeningChanged(queue=QueueName("support"), is_open=True))
    assert made.queue("i3") == []


def test_who_comes_back_is_not_kept_out() -> None:
    """After a restart a full, closed queue is told of those who had been accepted: nobody of them is sent away."""
    made = Centre()
    made.configure(
        *configured(
            {"cause": "closed", "to": "message", "name": "closed"},
            {"cause": "length", "limit": 0, "to": "message", "name": "full"},
            limits={"size": 1, "to": "message", "name": "full"},
        )
    )
    made.tell(QueueOpeningChanged(queue=QueueName("support"), is_open=False))
    for interaction in ("i1", "i2"):
        came_back = InteractionQueued(
            interaction=InteractionId(interaction), queue=QueueName("support"), enqueued_at=made.now, came_back=True
        )
        assert made.tell(came_back) == []
    assert len(made.engine.waiting()) == 2
    commands = made.log_on(agent("ann", english=1))
    assert offers(commands) == {"i1": "ann"}


def test_the_hours_of_a_queue_that_is_not_configured_fit_nothing() -> None:
    made = Centre()
    made.configure(*configured())
    only(made.tell(QueueOpeningChanged(queue=QueueName("nowhere"), is_open=False)), RequestResynchronisation)


def test_the_first_that_applies_is_taken() -> None:
    made = Centre()
    made.configure(
        *configured(
            {"cause": "length", "limit": 0, "to": "callback", "name": "offer"},
            {"cause": "nobody logged on", "to": "message", "name": "closed"},
        )
    )
    assert diverted(made.queue("i1"))[0] is OverflowTo.CALLBACK


def test_steps_relax_with_waiting_time() -> None:
    made = Centre()
    made.configure(
        *configured(steps=[{"after": 10, "requirements": {"any": ["english", "german >= 5"]}}, {"after": 20}])
    )
    made.log_on(agent("ann", german=5))
    made.queue("i1")
    assert offers(made.wait(9)) == {}
    commands = made.wait(1)
    assert offers(commands) == {"i1": "ann"}
    made.tell(OfferAccepted(offer=only(commands, OfferInteraction).offer))
    made.log_on(agent("bob"))
    made.queue("i2")
    assert offers(made.wait(19)) == {}
    assert offers(made.wait(1)) == {"i2": "bob"}


class TestLimits:
    FULL: ClassVar = {"size": 2, "name": "busy"}

    def test_who_would_be_too_many_is_led_on_in_the_flow(self) -> None:
        made = Centre()
        made.configure(*configured(limits=self.FULL))
        made.log_on(agent("ann"))
        assert made.queue("i1") == []
        assert made.queue("i2") == []
        assert diverted(made.queue("i3")) == (OverflowTo.MESSAGE, "busy", OverflowCause.LENGTH)
        assert [each.interaction for each in made.engine.waiting()] == ["i1", "i2"]

    def test_overflows_come_first(self) -> None:
        made = Centre()
        made.configure(*configured({"cause": "length", "limit": 2, "to": "queue", "name": "backup"}, limits=self.FULL))
        for name in ("i1", "i2"):
            made.queue(name)
        assert only(made.queue("i3"), MoveInteraction).to == "backup"

    def test_a_full_queue_takes_nobody_from_another(self) -> None:
        made = Centre()
        row = {"name": "backup", "requirements": "german", "limits": {"size": 1, "name": "busy"}}
        overflows = [
            {"cause": "waited", "limit": 30, "to": "queue", "name": "backup"},
            {"cause": "waited", "limit": 60, "to": "voicemail", "name": "box"},
        ]
        support = {"name": "support", "requirements": "english", "overflows": overflows}
        made.configure(*queues_from_rows([support, row], SKILLS))
        made.queue("there", "backup")
        made.queue("i1")
        assert made.wait(59) == []
        assert diverted(made.wait(1)) == (OverflowTo.VOICEMAIL, "box", OverflowCause.WAITED)

    def test_nobody_waits_longer(self) -> None:
        made = Centre()
        made.configure(*configured(limits={"seconds": 600, "to": "callback", "name": "later"}))
        made.queue("i1")
        assert made.wait(599) == []
        assert diverted(made.wait(1)) == (OverflowTo.CALLBACK, "later", OverflowCause.WAITED)

    def test_who_has_been_accepted_is_not_sent_away_when_the_queue_becomes_smaller(self) -> None:
        made = Centre()
        made.configure(*configured())
        for name in ("i1", "i2", "i3"):
            made.queue(name)
        assert made.configure(*configured(limits=self.FULL)) == []
        assert made.engine.waiting_count == 3


def test_an_overflow_that_leads_nowhere_is_passed_over() -> None:
    """A circle that came of new rules meanwhile; the next overflow is taken."""
    made = Centre()
    made.configure(*configured({"cause": "waited", "limit": 30, "to": "queue", "name": "backup"}))
    made.queue("i1")
    assert only(made.wait(30), MoveInteraction).to == "backup"
    overflows = [
        {"cause": "waited", "limit": 30, "to": "queue", "name": "support"},
        {"cause": "waited", "limit": 30, "to": "voicemail", "name": "box"},
    ]
    made.configure(*queues_from_rows([{"name": "support"}, {"name": "backup", "overflows": overflows}], SKILLS))
    assert diverted(made.wait(30)) == (OverflowTo.VOICEMAIL, "box", OverflowCause.WAITED)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("a", "b"), ("b", "a")], "circle: a → b → a"),
        ([("a", "a")], "circle: a → a"),
        ([("a", "nowhere")], "no queue 'nowhere'"),
    ],
)
def test_circles_and_unknown_targets_are_refused_at_load(rows: list[tuple[str, str]], reason: str) -> None:
    overflow = {"cause": "waited", "limit": 9, "to": "queue"}
    with pytest.raises(ConfigurationError, match=reason) as caught:
        queues_from_rows([{"name": name, "overflows": [{**overflow, "name": to}]} for name, to in rows], SKILLS)
    assert caught.value.row == "queue a"
    assert caught.value.path[0] == "overflows"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"steps": [{"after": 9}, {"after": 9}]}, "order of their times"),
        ({"steps": [{"after": 0}]}, "above 0"),
        ({"steps": {}}, "must be a list"),
        ({"steps": [7]}, "table of names"),
        ({"steps": [{"after": 1, "keeps_needs": 1}]}, "true or false"),
        ({"overflows": [{"cause": "rain", "to": "queue", "name": "x"}]}, "must be one of waited"),
        ({"overflows": [{"cause": "waited", "to": "queue", "name": ""}]}, "must be a text"),
        ({"index": {"weight": 1}}, "unknown: weight"),
        ({"index": {"groups": {"a": "x"}}}, "a must be a number"),
        ({"share": 0}, "above 0"),
        ({"weight": 0}, "above 0"),
        ({"priority": "high"}, "priority must be a number"),
        ({"limits": {"size": 2.5, "name": "x"}}, "whole number"),
        ({"limits": {"size": 0, "name": "x"}}, "above 0"),
        ({"limits": {"name": "x"}}, "a size, or seconds, or both"),
        ({"limits": {"size": 2}}, "name must be a text"),
        ({"limits": {"size": 2, "to": "queue", "name": "x"}}, "led out of the queues"),
        ({"expert_level": 11}, "proficiency from 1 to 10"),
    ],
)
def test_parts_of_a_row_are_named_in_errors(row: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        queues_from_rows([{"name": "a", **row}], SKILLS)
