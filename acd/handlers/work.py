"""Facts and requests about agents' work: its beginning, its end, and the wrap-up after it."""

from __future__ import annotations

from acd.agent import Engagement
from acd.events import AgentReleased, InteractionEnded, WorkTakenOver, WrapUpCompleted, WrapUpExtended
from acd.model import AgentId, InteractionId, Medium, QueueName, WorkKind, WrapUp
from acd.placement import settle
from acd.pools import Seat
from acd.state import EngineState


def begin(
    state: EngineState,
    seat: Seat,
    interaction: InteractionId,
    *,
    medium: Medium,
    kind: WorkKind,
    queue: QueueName | None,
    since: float,
    wrap_up: WrapUp | None = None,
) -> Engagement:
    """The agent, who is to be settled, starts to work on an interaction; ``wrap_up`` is its queue's unless given."""
    if wrap_up is None:
        configured = state.assignment.queues.get(queue) if queue is not None else None
        wrap_up = configured.wrap_up if configured is not None else WrapUp()
    engagement = Engagement(
        interaction=interaction, medium=medium, kind=kind, queue=queue, since=since, wrap_up=wrap_up
    )
    seat.machine.begin(engagement, state.now)
    state.talk_begins(interaction)
    return engagement


def ended(state: EngineState, event: InteractionEnded) -> None:
    """The agent's part in the interaction is over; wrap-up follows by the queue's rule."""
    found = state.engagement(event, event.agent, event.interaction)
    if found is None:
        return
    seat, engagement = found
    if engagement.wrapping_up:
        state.odd(event, "the agent's part had ended already")
        return
    state.talk_ends(event.interaction)
    if seat.machine.end(engagement, state.now):
        _learn(state, engagement)
    elif engagement.deadline is not None:
        state.due.set(("wrap-up", event.agent, event.interaction), engagement.deadline)
    settle(state, seat)


def released(state: EngineState, event: AgentReleased) -> None:
    """Work that came past the queues is over, without wrap-up."""
    found = state.engagement(event, event.agent, event.work)
    if found is not None:
        seat, engagement = found
        if engagement.wrapping_up:
            state.due.clear(("wrap-up", event.agent, event.work))
        else:
            state.talk_ends(event.work)
        seat.machine.drop(engagement, state.now)
        settle(state, seat)


def taken_over(state: EngineState, event: WorkTakenOver) -> None:
    """Work that came past the queues has become a queue's: its wrap-up counts from now on."""
    found = state.engagement(event, event.agent, event.work)
    if found is None:
        return
    seat, engagement = found
    if engagement.wrapping_up:
        state.odd(event, "the agent's part had ended already")
        return
    configured = state.assignment.queues.get(event.queue)
    engagement.kind, engagement.queue = WorkKind.ACD, event.queue
    engagement.wrap_up = configured.wrap_up if configured is not None else WrapUp()
    engagement.since = state.now
    settle(state, seat)


def wrap_up_completed(state: EngineState, event: WrapUpCompleted) -> None:
    """The agent is done; said during the conversation, no wrap-up will follow."""
    found = state.engagement(event, event.agent, event.interaction, event.request_id)
    if found is None:
        return
    seat, engagement = found
    refusal = seat.machine.complete(engagement, has_disposition=event.has_disposition, now=state.now)
    if refusal is not None:
        state.misfit(event, event.request_id, refusal)
        return
    state.due.clear(("wrap-up", event.agent, event.interaction))
    if engagement.wrapping_up:
        _learn(state, engagement)
    settle(state, seat)


def wrap_up_extended(state: EngineState, event: WrapUpExtended) -> None:
    """The agent asks for more time, within the queue's limit."""
    found = state.engagement(event, event.agent, event.interaction, event.request_id)
    if found is None:
        return
    seat, engagement = found
    refusal = seat.machine.extend(engagement, event.seconds, state.now)
    if refusal is not None:
        state.refuse(event.request_id, refusal)
    elif engagement.deadline is not None:
        state.due.set(("wrap-up", event.agent, event.interaction), engagement.deadline)
        settle(state, seat)


def wrap_up_expired(state: EngineState, agent: AgentId, interaction: InteractionId) -> None:
    """The time for the work after the interaction is over."""
    seat = state.assignment.index.seats[agent]
    engagement = seat.machine.engagements.get(interaction)
    if engagement is not None:
        seat.machine.drop(engagement, state.now)
        _learn(state, engagement)
        settle(state, seat)


def _learn(state: EngineState, engagement: Engagement) -> None:
    """Remember how long this took, now that it is over."""
    if engagement.queue is not None:
        state.assignment.handling.observe(engagement.queue, state.now - engagement.since)
