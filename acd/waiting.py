"""The waiting lines. Interactions that any given agent may take or not take alike share one line.

So an agent who becomes free looks at the heads of the lines the agent may serve, never at all who wait.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

from acd.model import (
    AgentId,
    AttributeValue,
    InteractionId,
    Medium,
    OfferId,
    OverflowCause,
    PreferredAgent,
    Queue,
    QueueName,
    Requirement,
)

OVERDUE = 1e10
"""What the rank of an overdue interaction is less by: beyond any head start, and small enough to keep microseconds."""

_SLACK = 64


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """One interaction from queueing until an agent has it, offers included.

    ``needs`` are its own requirements, beside the queue's; ``requirement`` is all of them together, in
    the ``step`` in force. ``entered_at`` is when it came to this queue, ``been_in`` are the queues it overflowed
    from. While ``called_back`` the customer is not on the line and the place is kept. ``order`` counts arrivals.
    From ``overdue_at`` on it is to be ``overdue``, before all who are not; that is settled when it comes to a queue.
    ``entry`` is its place in ``line``; both are None while it is offered or held back.
    """

    interaction: InteractionId
    queue: Queue
    medium: Medium
    enqueued_at: float
    sequence: int
    head_start: float
    prefers_expert: bool
    needs: Requirement
    requirement: Requirement
    order: int
    preferred: PreferredAgent | None
    attributes: Mapping[str, AttributeValue]
    entered_at: float
    been_in: tuple[QueueName, ...] = ()
    step: int = 0
    overdue_at: float = inf
    overdue: bool = False
    held_until: float = 0.0
    called_back: bool = False
    offer: OfferId | None = None
    offered_to: AgentId | None = None
    line: Line | None = None
    entry: Entry | None = None

    @property
    def rank(self) -> float:
        """Order of service, smaller first: the time of queueing less all head starts, as the queue weighs them.

        The overdue come before all others, among themselves in that same order.
        """
        queue = self.queue
        rank = queue.pace * self.enqueued_at - queue.index.head_start * (self.head_start + queue.start)
        return rank - OVERDUE if self.overdue else rank

    @property
    def personal_rank(self) -> float:
        """The rank in the eyes of the preferred agent."""
        return self.rank - (self.preferred.head_start if self.preferred else 0.0)

    @property
    def prefer_until(self) -> float:
        """Until when it waits for the preferred agent alone; minus infinity without one."""
        return self.enqueued_at + self.preferred.wait if self.preferred else float("-inf")

    def next_change(self, now: float) -> float | None:
        """When time alone changes something next: a hold, the preferred agent, being overdue, a step, an overflow."""
        times = [self.held_until, self.prefer_until, self.hold_for_expert_until, self.overdue_at]
        times += [self.entered_at + step.after for step in self.queue.steps]
        times += [
            self.entered_at + overflow.limit
            for overflow in self.queue.overflows
            if overflow.cause is OverflowCause.WAITED
        ]
        if self.queue.limits is not None and self.queue.limits.seconds is not None:
            times.append(self.entered_at + self.queue.limits.seconds)
        return min((time for time in times if now < time < inf), default=None)

    @property
    def hold_for_expert_until(self) -> float:
        """Until when a VIP may wait for an expert; minus infinity for others."""
        return self.entered_at + self.queue.expert_hold if self.prefers_expert else float("-inf")


Entry: TypeAlias = tuple[float, int, int, InteractionId]
"""(rank, sequence, order of arrival, who): the order differs, so that names are never compared."""


@dataclass(slots=True, eq=False)
class Line:
    """Interactions by rank, then sequence.

    ``first`` is the rank of its head (infinite in an empty line), ``head`` the same with its name, as traces have it.
    They are kept here, because looking at the heads of many lines is what costs time, and most of that is fetching
    scattered memory. ``pace`` is how fast waiting counts, the same for everybody in the line.

    Those who come are mostly the last, those who go mostly the first, so a sorted list serves best. It begins at
    ``_start``: what lies before has been served.
    """

    size: int = 0
    first: float = inf
    head: tuple[InteractionId, float] | None = None
    pace: float = 1.0
    _entries: list[Entry] = field(default_factory=list)
    _start: int = 0

    def add(self, waiting: Waiting, rank: float) -> None:
        """Put somebody in at ``rank``."""
        entry = (rank, waiting.sequence, waiting.order, waiting.interaction)
        waiting.entry = entry
        waiting.line = self
        entries = self._entries
        if not entries or entries[-1] < entry:
            entries.append(entry)
        else:
            insort(entries, entry, self._start)
        self.size += 1
        self._look()

    def remove(self, waiting: Waiting) -> None:
        """Take somebody out, wherever in the line; nothing happens if this one is not in it."""
        entry = waiting.entry
        if entry is None or waiting.line is not self:
            return
        waiting.entry = waiting.line = None
        entries, start = self._entries, self._start
        if entries[start] is entry:
            self._start = start + 1
            if start > _SLACK and 2 * start > len(entries):
                del entries[: self._start]
                self._start = 0
        else:
            del entries[bisect_left(entries, entry, start)]
        self.size -= 1
        self._look()

    def _look(self) -> None:
        if self.size:
            self.first, _, _, interaction = self._entries[self._start]
            self.head = (interaction, self.first)
        else:
            self.first, self.head = inf, None

    def arrival(self) -> tuple[int, int]:
        """Between heads of the same rank, the smaller of this is served first; the line is not empty."""
        return self._entries[self._start][1:3]

    def ahead_of(self, rank: float, arrival: tuple[int, int] | None = None) -> int:
        """How many come before this rank, and of this rank before this arrival."""
        return bisect_left(self._entries, (rank, *(arrival or ())), self._start) - self._start

    def __iter__(self) -> Iterator[InteractionId]:
        """Everybody in the line, in order."""
        return iter([entry[3] for entry in self._entries[self._start :]])


def order_of_service(waiting: Waiting) -> tuple[float, int, int]:
    """The key by which interactions are served, smaller first."""
    return (waiting.rank, waiting.sequence, waiting.order)
