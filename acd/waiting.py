"""The waiting lines. Interactions that any given agent may take or not take alike share one line.

So an agent who becomes free looks at the heads of the lines the agent may serve, never at all who wait.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from acd.model import (
    AgentId,
    AgentSelection,
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
    ``on_line_since`` is when who was called back answered: his queue gives him away only after he has waited so again.
    From ``overdue_at`` on it is to be ``overdue``, before all who are not; that is settled when it comes to a queue.
    ``place`` is where it stands, None while it is offered or held back; ``has_stood`` says that nobody was ready for
    it at once.
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
    on_line_since: float = -inf
    offer: OfferId | None = None
    offered_to: AgentId | None = None
    place: tuple[Line, Entry] | None = None
    has_stood: bool = False

    def entry(self, rank: float) -> Entry:
        """What stands in a line for it, at this rank."""
        return (rank, self.sequence, self.order, self.interaction)

    @property
    def line(self) -> Line | None:
        """The line it stands in."""
        return self.place[0] if self.place is not None else None

    @property
    def rank(self) -> float:
        """Order of service, smaller first: the time of queueing less all head starts, as the queue weighs them.

        The overdue come before all others, among themselves in that same order.
        """
        queue = self.queue
        rank = queue.pace * self.enqueued_at - queue.index.head_start * (self.head_start + queue.start)
        return rank - OVERDUE if self.overdue else rank

    @property
    def selection(self) -> AgentSelection:
        """Which of several ready agents is taken."""
        return AgentSelection.MOST_PROFICIENT if self.prefers_expert else self.queue.selection

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
            self.present_since + overflow.limit
            for overflow in self.queue.overflows
            if overflow.cause is OverflowCause.WAITED
        ]
        if self.queue.limits is not None and self.queue.limits.seconds is not None:
            times.append(self.present_since + self.queue.limits.seconds)
        return min((time for time in times if now < time < inf), default=None)

    @property
    def present_since(self) -> float:
        """Since when the customer waits in this queue himself: what gives him away counts from here."""
        return max(self.entered_at, self.on_line_since)

    @property
    def hold_for_expert_until(self) -> float:
        """Until when a VIP may wait for an expert; minus infinity for others."""
        return self.entered_at + self.queue.expert_hold if self.prefers_expert else float("-inf")


Entry: TypeAlias = tuple[float, int, int, InteractionId]
"""(rank, sequence, order of arrival, who): the order differs, so that names are never compared."""


Head: TypeAlias = tuple[InteractionId, float]
"""Who is first in a line, and the rank."""

NOBODY: Head = (InteractionId(""), inf)


class Heads:
    """The heads of all lines, each at its line's number; the rank of an empty line is infinite.

    An agent who becomes free looks at the heads of dozens of lines and serves one of them. Numbers side by side in an
    array are read many times as fast as those of so many objects scattered over the memory.
    """

    def __init__(self) -> None:
        self.ranks = array("d")
        self.names: list[Head] = []
        self.lines: list[Line] = []
        self._unused: list[int] = []

    def add(self, line: Line) -> int:
        """Give a new line, which is empty, its number."""
        if self._unused:
            number = self._unused.pop()
            self.lines[number] = line
        else:
            number = len(self.lines)
            self.ranks.append(inf)
            self.names.append(NOBODY)
            self.lines.append(line)
        return number

    def drop(self, line: Line) -> None:
        """An empty line is no more; its number may be given to another."""
        self._unused.append(line.number)


class Line:
    """Interactions by rank, then sequence. ``pace`` is how fast waiting counts, the same for everybody in the line.

    Those who come are mostly the last, those who go mostly the first, so a sorted list serves best. It begins at
    ``_start``: what lies before has been served.
    """

    def __init__(self, heads: Heads, pace: float) -> None:
        self.pace = pace
        self.size = 0
        self.number = heads.add(self)
        self._heads = heads
        self._entries: list[Entry] = []
        self._start = 0

    def add(self, entry: Entry) -> None:
        """Put somebody in."""
        entries = self._entries
        self.size += 1
        if self.size > 1 and entries[-1] < entry:
            entries.append(entry)
            return
        insort(entries, entry, self._start)
        self._show_head()

    def remove(self, entry: Entry) -> None:
        """Take somebody out, wherever in the line."""
        entries, start = self._entries, self._start
        self.size -= 1
        if entries[start] is not entry:
            del entries[bisect_left(entries, entry, start)]
            return
        self._start = start + 1
        if start > _SLACK and 2 * start > len(entries):
            del entries[: self._start]
            self._start = 0
        self._show_head()

    def _show_head(self) -> None:
        heads, number = self._heads, self.number
        if self.size:
            first, _, _, interaction = self._entries[self._start]
            heads.ranks[number] = first
            heads.names[number] = (interaction, first)
        else:
            heads.ranks[number], heads.names[number] = NOBODY[1], NOBODY

    @property
    def head(self) -> Head:
        """Who is first; :data:`NOBODY` in an empty line."""
        return self._heads.names[self.number]

    @property
    def first(self) -> float:
        """The rank of the head; infinite in an empty line."""
        return self._heads.ranks[self.number]

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
