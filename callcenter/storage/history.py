"""Storing what happened: events under their identity, once, and the summaries that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Row, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.customers.words import words_of
from callcenter.domain.history import InteractionSummary, summarize
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.domain.story import Story
from callcenter.storage.agent_states import store_agent_states
from callcenter.storage.customer_tables import customers
from callcenter.storage.customers import MOST_MERGES
from callcenter.storage.database import insert_into, reading
from callcenter.storage.tables import interaction_events, interactions
from callcenter.storage.voicemails import store_voicemails


async def store_events(connection: AsyncConnection, events: Sequence[InteractionEvent]) -> None:
    """Store events, those that are there already excepted, and bring the summaries of their interactions up to date.

    To be called in a transaction; the same events, given again or in another order, leave the same rows.
    """
    await store_agent_states(connection, [event for event in events if event.kind is EventKind.AGENT_STATE])
    events = [event for event in events if event.kind is not EventKind.AGENT_STATE]
    if not events:
        return
    insert = insert_into(connection.dialect, interaction_events).on_conflict_do_nothing()
    await connection.execute(insert, [_row(event) for event in events])
    await store_voicemails(connection, events)
    summaries = await _summaries(connection, {event.interaction for event in events})
    if summaries:
        current = await connection.run_sync(as_merged, {one.customer for one in summaries if one.customer})
        rows = [_summary_row(summary, current) for summary in summaries]
        await connection.execute(_upsert(connection.dialect), rows)


def _upsert(dialect: Dialect) -> sqlite.Insert | postgresql.Insert:
    """Whose an interaction is stays as a merge or a person has said, unless the caller turns out to be another."""
    insert = insert_into(dialect, interactions)
    told, known = insert.excluded, interactions.c
    same = known.identified_as.is_not_distinct_from(told.identified_as)
    values = {name: told[name] for name in _SUMMARY_COLUMNS if name != "customer"}
    return insert.on_conflict_do_update(
        index_elements=[known.interaction],
        set_={**values, "customer": case((same, known.customer), else_=told.customer)},
    )


def as_merged(connection: Connection, asked: Iterable[str]) -> dict[str, str]:
    """Return what merged customers have become: a call may begin with a record that is another's when it ends."""
    became: dict[str, str] = {}
    wanted = sorted(asked)
    for _ in range(MOST_MERGES):
        query = select(customers.c.customer, customers.c.merged_into).where(
            customers.c.customer.in_(wanted), customers.c.merged_into.is_not(None)
        )
        found = {row.customer: row.merged_into for row in connection.execute(query)} if wanted else {}
        if not found:
            break
        became = {one: found.get(now, now) for one, now in became.items()} | found
        wanted = sorted(set(found.values()))
    return became


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


_COUNTED_KINDS = (
    EventKind.QUEUED,
    EventKind.MOVED,
    EventKind.OVERFLOWED,
    EventKind.ANSWERED,
    EventKind.ENDED,
    EventKind.CALLBACK_WAITS,
    EventKind.CALLBACK_REACHED,
    EventKind.CALLBACK_DROPPED,
)


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


async def events_between(
    engine: AsyncEngine, since: datetime, until: datetime, kinds: Iterable[EventKind]
) -> list[InteractionEvent]:
    """Return the events of these kinds of every interaction that began from `since` to before `until`, in no order.

    Raises `ExternalFailure`.
    """
    begun = select(interactions.c.interaction).where(
        interactions.c.started_at >= since, interactions.c.started_at < until
    )
    query = select(interaction_events).where(
        interaction_events.c.interaction.in_(begun), interaction_events.c.kind.in_(list(kinds))
    )
    async with reading(engine, "reading past calls") as connection:
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


def _said(story: Story) -> Iterable[str]:
    return (str(answer.value) for answer in story.answers if answer.value is not None)


def _summary_row(summary: InteractionSummary, current: Mapping[str, str]) -> dict[str, object]:
    return {
        "interaction": summary.interaction,
        "started_at": summary.started_at,
        "called_number": summary.called_number,
        "calling_number": summary.calling_number,
        "calling_name": summary.calling_name,
        "identified_as": summary.customer,
        "customer": current.get(summary.customer, summary.customer) if summary.customer else None,
        "queue": summary.queue,
        "agent": summary.agent,
        "ended_at": summary.ended_at,
        "outcome": summary.outcome,
        "cause": summary.cause,
        "waited_s": summary.waited_s,
        "talked_s": summary.talked_s,
        "disposition": summary.disposition,
        "note": summary.note,
        "closed": summary.closed,
        "story": summary.story.as_json(),
        "words": words_of(summary.note or "", *_said(summary.story)),
    }


_SUMMARY_COLUMNS = tuple(
    _summary_row(InteractionSummary(interaction=InteractionId(""), started_at=datetime.min.replace(tzinfo=UTC)), {})
)


def _storable(value: FieldValue) -> FieldValue:
    """Return the value as PostgreSQL can hold it: text without NUL and half characters, numbers that are numbers."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
