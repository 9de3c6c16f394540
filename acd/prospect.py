"""What somebody who waits may expect: the place in the order of service, and how long it will take.

A place counts those who compete for the same agents, in whatever queue: somebody who waits is passed only by those whom
an agent who would do here too serves first.
"""

from __future__ import annotations

from math import inf

from acd.expected_wait import Situation
from acd.model import ANY_AGENT, InteractionId, Medium, Position, Queue
from acd.pools import AT_WORK, Pool, QueueLine
from acd.queue_waits import Estimate
from acd.state import EngineState
from acd.waiting import OVERDUE, Waiting


def position(state: EngineState, waiting: Waiting) -> Position | None:
    """The place among those who compete for the same agents; None is "unknown".

    It is unknown while the interaction waits for one agent alone, while nobody who suffices is logged on, and where
    the order depends on the moment or the agent: among queues served by shares, or with weights of agent groups.
    Who is being offered to an agent has the first place, and none in the eyes of others.
    """
    if waiting.line is not None and not isinstance(waiting.line, QueueLine):
        return None
    pool = _pool(state, waiting)
    if not pool.size:
        return None
    rivals = [(line, line.queue) for line, _ in state.assignment.index.rivals(pool)]
    if any(queue.share or queue.index.groups for queue in (waiting.queue, *(queue for _, queue in rivals))):
        return None
    cost = waiting.rank - waiting.queue.pace * state.now
    arrival = (waiting.sequence, waiting.order)
    ahead = sum(line.ahead_of(cost + line.pace * state.now, arrival) for line, _ in rivals)
    others = sum(line.size for line, _ in rivals) - isinstance(waiting.line, QueueLine)
    for callback in state.callbacks:
        other = callback.waiting
        if other is not waiting and pool.shares_agents(_pool(state, other)):
            others += 1
            ahead += (other.rank - other.queue.pace * state.now, other.sequence, other.order) < (cost, *arrival)
    return Position(place=1 if waiting.offer is not None else ahead + 1, of=others + 1)


def remaining(state: EngineState, waiting: Waiting) -> Estimate | None:
    """The wait from now on, estimated anew for somebody in this place; None is "unknown"."""
    line = waiting.line
    if not isinstance(line, QueueLine):
        return None
    return state.waits.if_joined(waiting.queue.name, state.now, _situation(state, waiting, line.pool))


def if_it_waited(state: EngineState, waiting: Waiting) -> float | None:
    """Seconds somebody who has just come to this queue would wait; 0 when an agent is ready, None is "unknown"."""
    pool = _pool(state, waiting)
    if pool.ready_count:
        return 0.0
    estimate = state.waits.if_joined(waiting.queue.name, state.now, _situation(state, waiting, pool))
    return estimate.seconds if estimate is not None else None


def of_a_newcomer(state: EngineState, queue: Queue) -> Estimate | None:
    """The wait of somebody without needs of its own who comes to this queue now; None is "unknown"."""
    newcomer = Waiting(
        interaction=InteractionId(""),
        queue=queue,
        medium=Medium.VOICE,
        enqueued_at=state.now,
        sequence=state.arrivals + 1,
        head_start=0.0,
        prefers_expert=False,
        needs=ANY_AGENT,
        requirement=ANY_AGENT,
        order=state.arrivals + 1,
        preferred=None,
        attributes={},
        entered_at=state.now,
    )
    pool = _pool(state, newcomer)
    if pool.ready_count:
        return Estimate(at=state.now, seconds=0.0, low=0.0, high=0.0, by="an agent is ready")
    return state.waits.if_joined(queue.name, state.now, _situation(state, newcomer, pool))


def begin_to_wait(state: EngineState, waiting: Waiting) -> None:
    """Estimate the wait of an interaction that is in a line of its queue, if that has not been done yet.

    Who waits for one agent alone, or is held back, has no estimate until it is in such a line.
    """
    if isinstance(waiting.line, QueueLine) and not state.waits.knows(waiting.interaction):
        situation = _situation(state, waiting, waiting.line.pool)
        state.waits.joined(waiting.queue.name, waiting.interaction, state.now, situation)


def _situation(state: EngineState, waiting: Waiting, pool: Pool) -> Situation:
    now = state.now
    cost = waiting.rank - waiting.queue.pace * now
    arrival = (waiting.sequence, waiting.order)
    ahead, first = 0.0, inf
    for line, share in state.assignment.index.rivals(pool):
        ahead += share * line.ahead_of(cost + line.pace * now, arrival)
        first = min(first, line.first - line.pace * now)
    return Situation(
        ahead=ahead,
        head=_behind(cost, first),
        agents=pool.count(*AT_WORK),
        handling=state.assignment.handling.mean(waiting.queue.name),
        head_start=waiting.head_start + waiting.queue.start,
    )


def _behind(cost: float, first: float) -> float:
    """How long the first has waited more than this one, head starts taken for waiting; being overdue is no time."""
    behind = cost - first
    return max(behind - OVERDUE if behind > OVERDUE / 2 else behind, 0.0)


def _pool(state: EngineState, waiting: Waiting) -> Pool:
    line = waiting.line
    return line.pool if isinstance(line, QueueLine) else state.assignment.home(waiting, state.now).pool
