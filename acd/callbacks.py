"""Callbacks in the queue: the customer hangs up, the place stays, and the call is made when an agent is soon free.

waiting → released (the customer is being called) → answered (an interaction like any other, in its old place) or,
unanswered, waiting again after a pause, until the attempts or the time are used up.

Those who need the same stand in a line of their own, apart from the callers who are there. Once a second the first of
each line is looked at: if that one may not be called, neither may those behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import floor
from typing import TypeAlias

from acd.agent import OUT_BUSY, OUT_WRAPPING_UP
from acd.assignment import Assignment
from acd.handling import HandlingTimes
from acd.model import InteractionId, Medium, QueueName, Requirement
from acd.pools import Pool
from acd.waiting import Entry, Heads, Line, Waiting

LEAD = 20.0
"""Seconds from calling a customer to having them on the line."""

PACE = 1.0
"""Seconds between two looks at whether a callback may be released."""

LineKey: TypeAlias = tuple[QueueName, Medium, Requirement]
"""(queue, medium, own needs): what those have in common who need the same."""


@dataclass(slots=True, eq=False)
class Callback:
    """One promise to call back.

    ``released`` while the customer is being called, for the ``attempt``-th time; ``place`` is where it stands while it
    may be released, ``not_before`` (monotonic seconds) until when it may not after an attempt, None without a pause.
    """

    waiting: Waiting
    expires_at: float
    attempts: int
    retry_after: float
    attempt: int = 0
    released: bool = False
    place: tuple[Line, Entry] | None = None
    not_before: float | None = None

    def leave_line(self) -> None:
        """It may not be released any more."""
        if self.place is not None:
            line, entry = self.place
            self.place = None
            line.remove(entry)


class Callbacks:
    """All promises that are not kept yet."""

    def __init__(self) -> None:
        self._open: dict[InteractionId, Callback] = {}
        self._out: dict[InteractionId, Callback] = {}
        self._heads = Heads()
        self._lines: dict[LineKey, Line] = {}
        self._pauses: list[tuple[float, int, InteractionId]] = []

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def __iter__(self) -> Iterator[Callback]:
        """All of them, in the order they were asked for."""
        return iter(self._open.values())

    def get(self, interaction: InteractionId) -> Callback | None:
        """The promise for this interaction, if any."""
        return self._open.get(interaction)

    # --- one promise

    def add(self, callback: Callback, not_before: float | None = None) -> None:
        """A customer is to be called back: not before that time, or is being called already."""
        interaction = callback.waiting.interaction
        self._open[interaction] = callback
        if callback.released:
            self._out[interaction] = callback
        elif not_before is not None:
            self._pause(callback, not_before)
        else:
            self._line_up(callback)

    def try_again(self, callback: Callback, now: float) -> None:
        """The customer was not reached: it is the turn of others for ``retry_after`` seconds."""
        callback.released = False
        del self._out[callback.waiting.interaction]
        self._pause(callback, now + callback.retry_after)

    def close(self, interaction: InteractionId) -> None:
        """The promise is kept, or given up."""
        self._open.pop(interaction).leave_line()
        self._out.pop(interaction, None)

    # --- all of them

    def release(self, assignment: Assignment, now: float) -> list[Callback]:
        """Mark those whose customers are to be called now, and return them in order of service.

        Among the agents who would do for one, never more are promised to customers being called than are ready or
        expected to be free within :data:`LEAD`, less the callers on the line who come before.
        """
        self._end_pauses(now)
        found = []
        heads = [(_urgency(line, now), line) for line in self._lines.values() if line.size]
        heapify(heads)
        while heads:
            _, line = heappop(heads)
            callback = self._open[line.head[0]]
            if self._has_room(callback.waiting, assignment, now):
                callback.leave_line()
                callback.released = True
                callback.attempt += 1
                self._out[callback.waiting.interaction] = callback
                found.append(callback)
                if line.size:
                    heappush(heads, (_urgency(line, now), line))
        return found

    def sort_anew(self) -> None:
        """Queues have new rules, and with them the order may be another."""
        standing = [callback for callback in self._open.values() if callback.place is not None]
        for callback in standing:
            callback.leave_line()
        self._lines.clear()
        self._heads = Heads()
        for callback in standing:
            self._line_up(callback)

    # --- how it is done

    def _pause(self, callback: Callback, until: float) -> None:
        waiting = callback.waiting
        callback.not_before = until
        heappush(self._pauses, (until, waiting.order, waiting.interaction))

    def _line_up(self, callback: Callback) -> None:
        waiting = callback.waiting
        callback.not_before = None
        key = (waiting.queue.name, waiting.medium, waiting.needs)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(self._heads, waiting.queue.pace)
        entry = waiting.entry(waiting.rank)
        callback.place = (line, entry)
        line.add(entry)

    def _end_pauses(self, now: float) -> None:
        while self._pauses and self._pauses[0][0] <= now:
            callback = self._open.get(heappop(self._pauses)[2])
            if callback is not None and not callback.released and callback.place is None:
                self._line_up(callback)

    def _has_room(self, waiting: Waiting, assignment: Assignment, now: float) -> bool:
        pool = assignment.home(waiting, now).pool
        promised = sum(pool.shares_agents(assignment.home(each.waiting, now).pool) for each in self._out.values())
        room = soon_free(pool, assignment.handling, waiting.queue.name) - promised
        if room < 1:
            return False
        urgency = waiting.rank - waiting.queue.pace * now
        arrival = (waiting.sequence, waiting.order)
        ahead = sum(
            share * line.ahead_of(urgency + line.pace * now, arrival) for line, share in assignment.index.rivals(pool)
        )
        return room - ahead >= 1


def soon_free(pool: Pool, handling: HandlingTimes, queue: QueueName) -> int:
    """Agents ready now, and those expected to be within :data:`LEAD`, rounded down."""
    busy = pool.count(OUT_BUSY, OUT_WRAPPING_UP)
    return pool.ready_count + floor(handling.free_within(queue, busy, LEAD))


def _urgency(line: Line, now: float) -> tuple[float, int, int]:
    """By what the heads of lines are compared, the smallest first; no two are equal."""
    return (line.first - line.pace * now, *line.arrival())
