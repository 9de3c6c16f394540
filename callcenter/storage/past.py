"""Interactions of the past, as rows of a list and of a card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from callcenter.api.calls import CallDirection
from callcenter.api.card import Medium, PastInteraction
from callcenter.api.shapes import Words
from callcenter.customers.narrative import Happening, Names, narrate
from callcenter.domain.segments import SegmentKind
from callcenter.domain.story import Story
from callcenter.storage.columns import AnyRow
from callcenter.storage.labels import Labels
from callcenter.storage.tables import interactions, people

PAST = (
    interactions.c.interaction,
    interactions.c.medium,
    interactions.c.direction,
    interactions.c.started_at,
    interactions.c.queue,
    interactions.c.agent,
    people.c.name.label("agent_name"),
    interactions.c.outcome,
    interactions.c.waited_s,
    interactions.c.talked_s,
    interactions.c.disposition,
    interactions.c.subject,
    interactions.c.story,
    interactions.c.note,
)
"""What a row must have to be read, with `people` joined on the agent."""


ONGOING = "ongoing"  # the outcome of what goes on


@dataclass(frozen=True, slots=True)
class PastReader:
    """Rows of `PAST` → what people read."""

    labels: Labels

    def read_all(self, connection: Connection, rows: Iterable[AnyRow]) -> tuple[PastInteraction, ...]:
        """Return the interactions of all rows."""
        return tuple(PastInteraction(**fields) for fields in self.fields(connection, rows))

    def fields(self, connection: Connection, rows: Iterable[AnyRow]) -> list[dict[str, Any]]:
        """Return what `PastInteraction` is made of, for each row."""
        told = [(row, Story.from_json(row.story)) for row in rows]
        names = {row.agent: row.agent_name for row, _ in told if row.agent_name}
        others = {agent for _, story in told for agent in agents_of(story)} - names.keys()
        if others:
            query = select(people.c.person, people.c.name).where(people.c.person.in_(sorted(others)))
            names |= {row.person: row.name for row in connection.execute(query)}
        return [self._fields(row, story, names) for row, story in told]

    def _fields(self, row: AnyRow, story: Story, names: Mapping[str, str]) -> dict[str, Any]:
        return {
            "interaction": row.interaction,
            "medium": Medium(row.medium),
            "direction": CallDirection(row.direction),
            "started_at": round(row.started_at.timestamp() * 1000),
            "queue": row.queue,
            "queue_label": self.labels.queue(row.queue),
            "agent": row.agent,
            "agent_name": names.get(row.agent, row.agent),
            "outcome": row.outcome or ONGOING,
            "waited_s": row.waited_s,
            "talked_s": row.talked_s,
            "disposition": row.disposition,
            "disposition_label": self.labels.disposition(row.disposition),
            "summary": self._summary(row, story, names),
            "note": row.note,
        }

    def _summary(self, row: AnyRow, story: Story, names: Mapping[str, str]) -> Words:
        happened = Happening(
            medium=Medium(row.medium),
            direction=CallDirection(row.direction),
            outcome=row.outcome or "",
            queue=row.queue,
            agent=row.agent,
            waited_s=row.waited_s,
            talked_s=row.talked_s,
            subject=row.subject,
            story=story,
        )
        return narrate(happened, Names(queues=self.labels.queues, agents=names))


def agents_of(story: Story) -> set[str]:
    """Return the agents who had to do with an interaction, and supervisors who ended a part of it."""
    supervisors = {one.by for one in story.segments if one.by}
    return supervisors | {one.agent for one in story.segments if one.agent and one.kind is not SegmentKind.QUEUE}
