"""Storing what happened: events under their identity, once, and the summaries that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.domain.history import InteractionSummary, summarize
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.storage.database import insert_into, reading
from callcenter.storage.tables import interaction_events, interactions


async def store_events(connection: AsyncConnection, events: Sequence[InteractionEvent]) -> None:
    """Store events, those that are there already excepted, and bring the summaries of their interactions up to date.

    To be called in a transaction; the same events, given again or in another order, leave the same rows.
    """
    if not events:
        return
    insert = insert_into(connection.dialect, interaction_events).on_conflict_do_nothing()
    await connection.execute(insert, [_row(event) for event in events])
    upsert = insert_into(connection.dialect, interactions)
    upsert = upsert.on_conflict_do_update(
        index_elements=[interactions.c.interaction],
        set_={column.name: upsert.excluded[column.name] for column in interactions.c if not column.primary_key},
    )
    summaries = await _summaries(connection, {event.interaction for event in events})
    if summaries:
        await connection.execute(upsert, [_summary_row(summary) for summary in summaries])


_KNOWN_KINDS = frozenset(EventKind)


async def _summaries(connection: AsyncConnection, touched: Iterable[InteractionId]) -> list[InteractionSummary]:
    """Summarise from all events that SQL has, not only the new ones: the same result however they arrived."""
    query = select(interaction_events).where(interaction_events.c.interaction.in_(sorted(touched)))
    found: dict[str, list[InteractionEvent]] = {}
    for row in (await connection.execute(query)).all():
        if row.kind not in _KNOWN_KINDS:
            continue  # written by a newer version
        found.setdefault(row.interaction, []).append(_event(row))
    return [summarize(events) for events in found.values()]


_COUNTED_KINDS = (EventKind.QUEUED, EventKind.ANSWERED, EventKind.ENDED)


async def counted_events(engine: AsyncEngine, since: datetime) -> list[InteractionEvent]:
    """Return what the day's counts need of every interaction that began at `since` or later, in no order.

    Raises `ExternalFailure`.
    """
    begun = select(interactions.c.interaction).where(interactions.c.started_at >= since)
    query = select(interaction_events).where(
        interaction_events.c.interaction.in_(begun), interaction_events.c.kind.in_(_COUNTED_KINDS)
    )
    async with reading(engine, "reading the day so far") as connection:
        return [_event(row) for row in (await connection.execute(query)).all()]


def _event(row: Row[Any]) -> InteractionEvent:
    return InteractionEvent(
        interaction=InteractionId(row.interaction),
        seq=row.seq,
        at=row.at,
        kind=EventKind(row.kind),
        data=row.data,
    )


def _row(event: InteractionEvent) -> dict[str, object]:
    return {
        "interaction": event.interaction,
        "seq": event.seq,
        "at": event.at,
        "kind": event.kind.value,
        "data": {_storable(key): _storable(value) for key, value in event.data.items()},
    }


def _summary_row(summary: InteractionSummary) -> dict[str, object]:
    return {
        "interaction": summary.interaction,
        "started_at": summary.started_at,
        "called_number": summary.called_number,
        "calling_number": summary.calling_number,
        "customer": summary.customer,
        "queue": summary.queue,
        "agent": summary.agent,
        "ended_at": summary.ended_at,
        "outcome": summary.outcome,
        "waited_s": summary.waited_s,
        "talked_s": summary.talked_s,
        "disposition": summary.disposition,
        "note": summary.note,
        "closed": summary.closed,
    }


def _storable(value: FieldValue) -> FieldValue:
    """Return the value as PostgreSQL can hold it: text without NUL and half characters, numbers that are numbers."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
