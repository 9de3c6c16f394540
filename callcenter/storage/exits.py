"""By which exits calls left the nodes of their flows, counted from the stored events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.containment import Exits
from callcenter.storage.database import reading
from callcenter.storage.tables import NODES_LEFT, interaction_events


async def exits_between(engine: AsyncEngine, since: datetime, until: datetime) -> Sequence[Exits]:
    """Count the exits from `since` on, before `until`. Raises `ExternalFailure`."""
    events = interaction_events.c
    flow, node = events.data["flow"].as_string(), events.data["node"].as_string()
    way, asked = events.data["exit"].as_string(), events.data["asked_person"].as_boolean()
    query = (
        select(
            flow.label("flow"),
            node.label("node"),
            way.label("way"),
            asked.label("asked"),
            func.count().label("calls"),
        )
        .where(text(NODES_LEFT), events.at >= since, events.at < until)
        .group_by(flow, node, way, asked)
    )
    async with reading(engine, "counting the exits of flows") as connection:
        rows = (await connection.execute(query)).all()
    return [
        Exits(
            flow=row.flow or "", node=row.node or "", exit=row.way or "", asked_person=bool(row.asked), calls=row.calls
        )
        for row in rows
    ]
