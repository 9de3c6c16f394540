"""Exits are counted from what is stored, over the time asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.containment import Exits, NodeReport, containment
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.storage.database import writing
from callcenter.storage.exits import exits_between
from callcenter.storage.history import store_events
from callcenter.storage.tables import NODES_LEFT

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CALL = InteractionId("018f0000-0000-7000-8000-000000000001")


def left(seq: int, node: str, way: str, *, at: datetime = NOW, asked: bool = False) -> InteractionEvent:
    data: dict[str, FieldValue] = {"flow": "bank", "version": 2, "node": node, "exit": way, "asked_person": asked}
    return InteractionEvent(interaction=CALL, seq=seq, at=at, kind=EventKind.NODE_LEFT, data=data)


async def test_exits_are_counted_over_the_time_asked_for(records: AsyncEngine) -> None:
    events = [
        left(1, "menu", "choices.1"),
        left(2, "menu", "choices.1"),
        left(3, "menu", "choices.0", asked=True),
        left(4, "pay", "hang_up"),
        left(5, "menu", "choices.1", at=NOW - timedelta(days=9)),
    ]
    async with writing(records, "test") as connection:
        await store_events(connection, events)
    found = await exits_between(records, NOW - timedelta(days=7), NOW + timedelta(seconds=1))
    assert containment(found) == [
        NodeReport(flow="bank", node="menu", entered=3, asked_person=1, exits={"choices.1": 2, "choices.0": 1}),  # type: ignore[arg-type]  # a Counter equals a mapping
        NodeReport(flow="bank", node="pay", entered=1, gave_up=1, exits={"hang_up": 1}),  # type: ignore[arg-type]  # likewise
    ]


async def test_the_count_reads_an_index_not_every_event(records: AsyncEngine) -> None:
    if records.dialect.name != "sqlite":
        return  # PostgreSQL reads a small table whole, whatever its indexes
    async with records.connect() as connection:
        query = f"SELECT count(*) FROM interaction_events WHERE {NODES_LEFT} AND at >= '2026'"  # noqa: S608 -- a constant of ours
        plan = await connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))
        assert "ix_interaction_events_node_left" in " ".join(str(row) for row in plan.all())


def test_flows_come_by_name_and_their_most_visited_nodes_first() -> None:
    rows = [
        Exits(flow="b", node="x", exit="next", asked_person=False, calls=1),
        Exits(flow="a", node="rare", exit="next", asked_person=False, calls=1),
        Exits(flow="a", node="often", exit="next", asked_person=False, calls=5),
    ]
    assert [(one.flow, one.node) for one in containment(rows)] == [("a", "often"), ("a", "rare"), ("b", "x")]
