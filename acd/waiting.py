"""The waiting lines. Interactions that any given agent may take or not take alike share one line.

So an agent who becomes free looks at the heads of the lines the agent may serve, never at all who wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
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
    ``overdue`` says that it has waited as long as its queue lets others pass.
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
        index = self.queue.index
        rank = index.wait * self.enqueued_at - index.head_start * (self.head_start + self.queue.head_start)
        return rank - OVERDUE if self.overdue else rank

    @property
    def overdue_at(self) -> float:
        """From when on it comes before all who have not waited so long; infinite if never."""
        after = self.queue.overdue_after
        return inf if after is None else self.enqueued_at + after

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
        return min((time for time in times if now < time < inf), default=None)

    @property
    def hold_for_expert_until(self) -> float:
        """Until when a VIP may wait for an expert; minus infinity for others."""
        return self.entered_at + self.queue.expert_hold if self.prefers_expert else float("-inf")


Entry: TypeAlias = tuple[float, int, int, int, Waiting]
"""(rank, sequence, order of arrival, count, who): the count differs, so that nobody is compared further."""


@dataclass(slots=True, eq=False)
class Line:
    """Interactions by rank, then sequence. Removal is lazy, but ``heap[0]``, if any, always waits.

    ``first`` is its rank (infinite in an empty line): kept here, because looking at the heads of many lines is
    what costs time, and most of that is fetching scattered memory.
    """

    size: int = 0
    heap: list[Entry] = field(default_factory=list)
    first: float = inf
    _count: int = 0

    def add(self, waiting: Waiting, rank: float) -> None:
        """Put somebody in at ``rank``."""
        self._count += 1
        entry = (rank, waiting.sequence, waiting.order, self._count, waiting)
        waiting.entry = entry
        waiting.line = self
        heappush(self.heap, entry)
        self.first = self.heap[0][0]
        self.size += 1

    def remove(self, waiting: Waiting) -> None:
        """Take somebody out, wherever in the line."""
        waiting.entry = None
        waiting.line = None
        self.size -= 1
        heap = self.heap
        while heap and heap[0][4].entry is not heap[0]:
            heappop(heap)
        self.first = heap[0][0] if heap else inf
        if len(heap) > 2 * self.size + _SLACK:
            heap[:] = [entry for entry in heap if entry[4].entry is entry]
            heapify(heap)

    def __lt__(self, other: Line) -> bool:
        """Between lines of equal urgency: whose head has the smaller sequence, then came first."""
        return self.heap[0][1:3] < other.heap[0][1:3]

    def __iter__(self) -> Iterator[Waiting]:
        """Everybody in the line, in order."""
        return iter([entry[4] for entry in sorted(self.heap) if entry[4].entry is entry])


def order_of_service(waiting: Waiting) -> tuple[float, int, int]:
    """The key by which interactions are served, smaller first."""
    return (waiting.rank, waiting.sequence, waiting.order)
