"""Agents' states come into SQL once, and are read as what they make."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.storage.agent_states import stretches_between
from callcenter.storage.database import reading, writing
from callcenter.storage.history import store_events
from callcenter.storage.tables import interaction_events
from tests.support.interactions import START, handled


def state(n: int, after: float, name: str, reason: str | None = None) -> InteractionEvent:
    data = {"agent": "ana", "state": name, "reason": reason, "by": None}
    shift = InteractionId("ana/1/1")
    return InteractionEvent(
        interaction=shift, seq=n, at=START + timedelta(seconds=after), kind=EventKind.AGENT_STATE, data=data
    )


async def test_states_beside_interactions_and_given_twice(records: AsyncEngine) -> None:
    states = [state(1, 0, "not_ready", "signed_in"), state(2, 5, "ready"), state(3, 65, "null")]
    call = handled().events
    for events in ([*states[:2], *call], [*call, *states]):
        async with writing(records, "storing") as connection:
            await store_events(connection, events)
    stretches = await stretches_between(records, START, START + timedelta(hours=1))
    assert [(one.agent, one.state, one.reason, one.seconds) for one in stretches] == [
        ("ana", "not_ready", "signed_in", 5.0),
        ("ana", "ready", None, 60.0),
    ]
    async with reading(records, "counting") as connection:
        rows = (await connection.execute(interaction_events.select())).all()
    assert len(rows) == len(call)
