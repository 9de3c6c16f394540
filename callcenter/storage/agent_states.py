"""Agents' states in SQL: stored with what happened to interactions, read as the stretches that they make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.domain.agent_time import AgentStretch, agent_stretches
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.storage.database import insert_into, reading
from callcenter.storage.tables import agent_states

_COLUMNS = ("agent", "state", "reason", "by")


async def store_agent_states(connection: AsyncConnection, events: Sequence[InteractionEvent]) -> None:
    """Store them under their identity; those that are there already stay as they are."""
    rows = [
        {"shift": event.interaction, "n": event.seq, "at": event.at} | {name: event.data.get(name) for name in _COLUMNS}
        for event in events
    ]
    if rows:
        await connection.execute(insert_into(connection.dialect, agent_states).on_conflict_do_nothing(), rows)


async def stretches_between(engine: AsyncEngine, since: datetime, until: datetime) -> tuple[AgentStretch, ...]:
    """Return the stretches of all agents that are told of from `since` to before `until`. Raises `ExternalFailure`."""
    query = select(agent_states).where(agent_states.c.at >= since, agent_states.c.at < until)
    async with reading(engine, "reading agents' states") as connection:
        rows = (await connection.execute(query)).all()
    return agent_stretches(
        InteractionEvent(
            interaction=InteractionId(row.shift),
            seq=row.n,
            at=row.at,
            kind=EventKind.AGENT_STATE,
            data={"agent": row.agent, "state": row.state, "reason": row.reason, "by": row.by},
        )
        for row in rows
    )
