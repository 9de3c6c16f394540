"""One interaction as a line of a list over all customers, and with its whole story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from callcenter.api.timeline import (
    InteractionDetail,
    NoteLine,
    PathStep,
    SegmentKind,
    SegmentLine,
    SoundLine,
    StoryAnswer,
    TimelineEntry,
)
from callcenter.domain.moment import milliseconds
from callcenter.domain.story import Story
from callcenter.storage.columns import AnyRow, AnySelect
from callcenter.storage.customer_tables import customers
from callcenter.storage.past import PAST, PastReader, agents_of
from callcenter.storage.tables import interaction_notes, interaction_payloads, interactions, people, voicemails

_IT = interactions.c
ENTRY = (_IT.n, *PAST, _IT.customer, customers.c.name.label("customer_name"), _IT.calling_number)
"""What a row of a list over all customers has, with `joined` tables."""


def with_agents(query: AnySelect) -> AnySelect:
    """Join the agents' names."""
    return query.select_from(interactions).outerjoin(people, people.c.person == _IT.agent)


def joined(query: AnySelect) -> AnySelect:
    """Join the names of agents and customers."""
    return with_agents(query).outerjoin(customers, customers.c.customer == _IT.customer)


def entries(past: PastReader, connection: Connection, rows: Sequence[AnyRow]) -> tuple[TimelineEntry, ...]:
    """Read rows of `ENTRY`."""
    return tuple(
        TimelineEntry(
            **fields, customer=row.customer, customer_name=row.customer_name, calling_number=row.calling_number
        )
        for row, fields in zip(rows, past.fields(connection, rows), strict=True)
    )


def detail(connection: Connection, past: PastReader, interaction: str) -> InteractionDetail | None:
    """Return one interaction with its whole story; none: there is none."""
    columns = (*ENTRY, _IT.called_number, _IT.calling_name, _IT.ended_at, _IT.cause)
    row = connection.execute(joined(select(*columns)).where(_IT.interaction == interaction)).one_or_none()
    if row is None:
        return None
    story = Story.from_json(row.story)
    note, payload = interaction_notes.c, interaction_payloads.c
    added = select(interaction_notes).where(note.interaction == interaction).order_by(note.n)
    notes = connection.execute(added).all()
    left = (
        select(voicemails.c.voicemail)
        .where(voicemails.c.interaction == interaction)
        .order_by(voicemails.c.seq)
        .limit(1)
    )
    data = connection.execute(select(payload.data).where(payload.interaction == interaction)).scalar()
    wanted = agents_of(story) | {one.by for one in notes} | {row.agent}
    query = select(people.c.person, people.c.name).where(people.c.person.in_(sorted(filter(None, wanted))))
    names = {one.person: one.name for one in connection.execute(query)}
    return InteractionDetail(
        entry=entries(past, connection, [row])[0],
        called_number=row.called_number,
        calling_name=row.calling_name,
        subject=row.subject,
        ended_at=milliseconds(row.ended_at) if row.ended_at else None,
        cause=row.cause,
        segments=tuple(
            SegmentLine(
                kind=SegmentKind(one.kind.value),
                started_at=_after(row.started_at, one.after),
                seconds=one.seconds,
                queue=one.queue,
                queue_label=past.labels.queue(one.queue),
                agent=one.agent,
                agent_name=names.get(one.agent or "", one.agent),
                ended=one.ended,
                ended_by=names.get(one.by or "", one.by),
                beside=one.beside,
            )
            for one in story.segments
        ),
        path=tuple(PathStep(at=_after(row.started_at, step.after), node=step.node) for step in story.path),
        answers=tuple(
            StoryAnswer(
                at=_after(row.started_at, one.after),
                key=one.key,
                value="" if one.value is None else str(one.value),
                keyed=one.keyed,
            )
            for one in story.answers
        ),
        sounds=tuple(
            SoundLine(
                agent=one.agent,
                agent_name=names.get(one.agent or "", one.agent),
                mos=one.mos,
                worst_mos=one.worst_mos,
                lost_share=one.lost_share,
                jitter_ms=one.jitter_ms,
                round_trip_ms=one.round_trip_ms,
                cause=one.cause,
            )
            for one in story.sounds
        ),
        notes=tuple(_notes(row, notes, names)),
        voicemail=connection.execute(left).scalar(),
        payload=data or {},
    )


def _notes(row: AnyRow, notes: Sequence[AnyRow], names: dict[str, str]) -> list[NoteLine]:
    found = []
    if row.note:
        by = row.agent or ""
        at = milliseconds(row.ended_at or row.started_at)
        found.append(NoteLine(at=at, by=by, by_name=names.get(by, by), text=row.note))
    return found + [
        NoteLine(at=milliseconds(one.at), by=one.by, by_name=names.get(one.by, one.by), text=one.text) for one in notes
    ]


def _after(started: datetime, seconds: float) -> int:
    return milliseconds(started + timedelta(seconds=seconds))
