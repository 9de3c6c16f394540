"""Facts about interactions that wait, and the queues they wait in."""

from __future__ import annotations

from math import isfinite

from acd.commands import CancelReason
from acd.events import InteractionAbandoned, InteractionQueued, QueueOpeningChanged
from acd.handlers import callbacks
from acd.handlers.offers import withdraw
from acd.matching import combined
from acd.model import Occasion, Queue
from acd.placement import leave, limit, place, settle
from acd.rules import NO_EFFECT, effect_of
from acd.state import EngineState
from acd.waiting import Waiting


def queues_configured(state: EngineState, queues: tuple[Queue, ...]) -> None:
    """New rules for all queues: everybody who waits unoffered is placed anew, in order."""
    state.closed.intersection_update(queue.name for queue in queues)
    for waiting in state.assignment.configure({queue.name: queue for queue in queues}):
        limit(state, waiting)
        place(state, waiting, Occasion.REQUIREMENTS_CHANGED)
    state.callbacks.sort_anew()


def opening_changed(state: EngineState, event: QueueOpeningChanged) -> None:
    """The queue opens or closes. Those who wait go on waiting: it concerns who comes from now on."""
    if event.queue not in state.assignment.queues:
        state.odd(event, "no such queue is configured")
    elif event.is_open:
        state.closed.discard(event.queue)
    else:
        state.closed.add(event.queue)


def queued(state: EngineState, event: InteractionQueued) -> None:
    """An interaction arrives: the rules are applied to it once, then it looks for an agent."""
    queue = state.assignment.queues.get(event.queue)
    if queue is None:
        state.odd(event, "no such queue is configured")
        return
    if event.interaction in state.assignment.waiting:
        state.odd(event, "the interaction waits already")
        return
    if event.interaction in state.talks:
        state.odd(event, "an agent talks on the interaction")
        return
    if event.callback is not None and not callbacks.possible(event.callback):
        state.odd(event, "these are no terms for calling back")
        return
    state.arrivals += 1
    effect = effect_of(state.rules, queue.name, event.attributes) if state.rules else NO_EFFECT
    for rule in effect.failed:
        state.note("rule", f"{rule!r} could not be evaluated")
    preferred = event.preferred or effect.preferred
    if preferred is not None and not (isfinite(preferred.wait) and isfinite(preferred.head_start)):
        preferred = None
    enqueued_at = min(event.enqueued_at, state.now) if isfinite(event.enqueued_at) else state.now
    entered_at = event.entered_at if event.entered_at is not None and isfinite(event.entered_at) else enqueued_at
    waiting = Waiting(
        interaction=event.interaction,
        queue=queue,
        medium=event.medium,
        enqueued_at=enqueued_at,
        sequence=event.sequence or state.arrivals,
        head_start=(event.head_start if isfinite(event.head_start) else 0.0) + effect.head_start,
        prefers_expert=event.prefers_expert or effect.prefers_expert,
        needs=combined(event.requirements, effect.requirements) if effect.applied else event.requirements,
        requirement=event.requirements,
        entered_at=min(max(entered_at, enqueued_at), state.now),
        order=state.arrivals,
        preferred=preferred,
        attributes=event.attributes,
    )
    limit(state, waiting)
    state.assignment.enter(waiting)
    if event.callback is not None:
        callbacks.promised(state, waiting, event.callback)
        return
    place(state, waiting, Occasion.INTERACTION_CAME_BACK if event.came_back else Occasion.INTERACTION_ARRIVED)


def abandoned(state: EngineState, event: InteractionAbandoned) -> None:
    """The customer is gone before an agent answered; who was being offered the interaction is free again."""
    waiting = state.assignment.waiting.get(event.interaction)
    if waiting is None:
        state.odd(event, "no such interaction waits")
        return
    seat = state.assignment.index.seats[waiting.offered_to] if waiting.offered_to else None
    if seat is not None:
        withdraw(state, seat, CancelReason.ABANDONED)
    leave(state, waiting)
    if seat is not None:
        settle(state, seat)
