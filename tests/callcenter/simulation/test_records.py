"""Past calls from the platform's own events, whatever their order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TypeAlias

import pytest

from acd.model import QueueName
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.simulation.calls import PastCall
from callcenter.simulation.records import past_calls

START = datetime(2026, 11, 15, 23, 30, 0, tzinfo=UTC)
Happened: TypeAlias = tuple[float, EventKind, Mapping[str, FieldValue]]
BERLIN = timezone(timedelta(hours=1))


def events(*happened: Happened, name: str = "i1") -> list[InteractionEvent]:
    return [
        InteractionEvent(
            interaction=InteractionId(name), seq=seq, at=START + timedelta(seconds=at), kind=kind, data=data
        )
        for seq, (at, kind, data) in enumerate(happened, start=1)
    ]


QUEUED: Happened = (0.0, EventKind.QUEUED, {"queue": "sales", "tier": "vip", "again": False})
AGAIN: Happened = (50.0, EventKind.QUEUED, {"queue": "sales", "tier": "vip", "again": True})
ANSWERED: Happened = (12.0, EventKind.ANSWERED, {"agent": "ann"})
TALK_ENDED: Happened = (112.0, EventKind.TALK_ENDED, {"agent": "ann"})
ENDED: Happened = (112.5, EventKind.ENDED, {"outcome": "handled"})
WRAPPED_UP: Happened = (142.0, EventKind.WRAP_UP_COMPLETED, {"agent": "ann"})


def call(
    waited: float, talk: float | None, wrap_up: float | None = None, *, queue: str = "sales", at: float = 0
) -> PastCall:
    return PastCall(
        day=date(2026, 11, 16),
        at=1800.0 + at,
        queue=QueueName(queue),
        waited=waited,
        talk=talk,
        wrap_up=wrap_up,
        tier="vip",
    )


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([QUEUED, ANSWERED, TALK_ENDED, ENDED, WRAPPED_UP], [call(12.0, 100.0, 30.0)]),
        ([QUEUED, ANSWERED, ENDED], [call(12.0, 100.5)]),
        ([QUEUED, ENDED], [call(112.5, None)]),
        ([QUEUED, AGAIN, ENDED], [call(112.5, None)]),
        ([QUEUED, ANSWERED, AGAIN, ENDED], [call(12.0, 100.5)]),
        ([QUEUED, ANSWERED], []),
        ([QUEUED], []),
        ([ANSWERED, TALK_ENDED], []),
    ],
)
def test_what_one_interaction_was(happened: list[Happened], expected: list[PastCall]) -> None:
    assert past_calls(reversed(events(*happened)), BERLIN) == expected


def test_who_is_passed_on_to_another_queue_came_to_both() -> None:
    second: Happened = (120.0, EventKind.QUEUED, {"queue": "help", "tier": "vip"})
    later: Happened = (130.0, EventKind.ANSWERED, {"agent": "bob"})
    ended: Happened = (160.0, EventKind.ENDED, {})
    found = past_calls(events(QUEUED, ANSWERED, TALK_ENDED, second, later, ended), BERLIN)
    assert found == [call(12.0, 100.0), call(10.0, 30.0, queue="help", at=120.0)]


def test_interactions_are_kept_apart_and_in_order() -> None:
    early = events(QUEUED, ENDED, name="z")
    late = events((5.0, *QUEUED[1:]), ENDED, name="a")
    assert [each.at for each in past_calls([*late, *early], BERLIN)] == [1800.0, 1805.0]
