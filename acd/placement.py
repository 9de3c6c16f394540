"""What every handler ends with: an interaction looks for an agent, or an agent for an interaction.

:func:`place` is the interaction's side (overflow first, then an agent or a line), :func:`settle` the agent's.
What they decide becomes commands and deadlines here; who suits whom is :mod:`acd.assignment`'s business.
"""

from __future__ import annotations

from acd.commands import DivertInteraction, MoveInteraction, OfferInteraction
from acd.model import InteractionId, Occasion, Overflow, OverflowCause, OverflowTo, QueueName
from acd.pools import Seat
from acd.prospect import begin_to_wait, if_it_waited
from acd.state import EngineState
from acd.waiting import Waiting


def place(state: EngineState, waiting: Waiting, occasion: Occasion) -> None:
    """The interaction looks for an agent, or waits; time may change something for it later."""
    if waiting.called_back:
        return
    arriving = occasion is Occasion.INTERACTION_ARRIVED
    if not _overflow(state, waiting, arriving=arriving):
        return
    _offered(state, state.assignment.place(waiting, occasion, state.now))
    if waiting.offer is None:
        begin_to_wait(state, waiting)
        change = waiting.next_change(state.now)
        if change is not None:
            state.due.set(("place", waiting.interaction, ""), change)


def settle(state: EngineState, seat: Seat) -> None:
    """Something about the agent changed: report it, and look for an interaction if the agent is free."""
    state.publish(seat)
    _offered(state, state.assignment.seek(seat, state.now))


def send_back(state: EngineState, waiting: Waiting | None) -> None:
    """An offer came to nothing: its interaction, if any, looks for another agent, in its old place."""
    if waiting is not None:
        place(state, waiting, Occasion.OFFER_RETURNED)


def place_anew(state: EngineState, interaction: InteractionId) -> None:
    """Time has changed something for this one: a hold is over, a step or an overflow is reached."""
    waiting = state.assignment.waiting[interaction]
    if waiting.offer is not None:
        return  # should the offer come to nothing, everything is looked at anew
    state.assignment.take_out(waiting)
    place(state, waiting, Occasion.REQUIREMENTS_CHANGED)


def limit(state: EngineState, waiting: Waiting) -> None:
    """The interaction has come to its queue, or the queue has new rules: settle when it will be overdue."""
    waiting.overdue_at = waiting.enqueued_at + state.limits.limit(waiting.queue)


def leave(state: EngineState, waiting: Waiting) -> None:
    """The interaction goes, unanswered."""
    if waiting.has_stood and not waiting.called_back:
        state.limits.observe(waiting.queue, state.now - waiting.enqueued_at)
    state.due.clear(("place", waiting.interaction, ""))
    if waiting.called_back:
        state.callbacks.close(waiting.interaction)
        state.due.clear(("callback", waiting.interaction, ""))
    state.assignment.forget(waiting)
    state.waits.left(waiting.interaction, state.now)


def _offered(state: EngineState, command: OfferInteraction | None) -> None:
    if command is not None:
        state.due.set(("offer", command.offer, ""), command.expires_at)
        state.out.append(command)


def _overflow(state: EngineState, waiting: Waiting, *, arriving: bool) -> bool:
    """Move the interaction on as far as overflows and limits demand; says whether it still waits."""
    while (way_out := _way_out(state, waiting, arriving=arriving)) is not None:
        queue = waiting.queue
        if way_out.to is not OverflowTo.QUEUE:
            leave(state, waiting)
            state.out.append(
                DivertInteraction(
                    interaction=waiting.interaction,
                    queue=queue.name,
                    to=way_out.to,
                    name=way_out.name,
                    why=way_out.cause,
                )
            )
            return False
        target = state.assignment.queues[QueueName(way_out.name)]
        state.waits.left(waiting.interaction, state.now)
        state.assignment.move(waiting, target, state.now)
        limit(state, waiting)
        state.out.append(
            MoveInteraction(interaction=waiting.interaction, queue=queue.name, to=target.name, why=way_out.cause)
        )
    return True


def _way_out(state: EngineState, waiting: Waiting, *, arriving: bool) -> Overflow | None:
    """The first overflow that applies and leads somewhere; otherwise, beyond the queue's limits, out of it."""
    queue = waiting.queue
    for overflow in queue.overflows:
        if _applies(state, waiting, overflow, arriving=arriving) and _leads_on(state, waiting, overflow):
            return overflow
    limits = queue.limits
    if limits is None:
        return None
    if limits.seconds is not None and state.now - waiting.present_since >= limits.seconds:
        return Overflow(cause=OverflowCause.WAITED, to=limits.to, name=limits.name)
    if arriving and limits.size is not None and state.assignment.lengths[queue.name] > limits.size:
        return Overflow(cause=OverflowCause.LENGTH, to=limits.to, name=limits.name)
    return None


def _applies(state: EngineState, waiting: Waiting, overflow: Overflow, *, arriving: bool) -> bool:
    """Whether it is time to give the interaction away.

    Length, opening hours and expected wait concern those who arrive: who has been accepted is not sent away for them.
    """
    match overflow.cause:
        case OverflowCause.WAITED:
            return state.now - waiting.present_since >= overflow.limit
        case OverflowCause.LENGTH:
            return arriving and state.assignment.lengths[waiting.queue.name] > overflow.limit
        case OverflowCause.CLOSED:
            return arriving and waiting.queue.name in state.closed
        case OverflowCause.NOBODY_LOGGED_ON:
            return state.assignment.home(waiting, state.now).pool.size == 0
        case OverflowCause.EXPECTED_WAIT:
            expected = if_it_waited(state, waiting) if arriving else None
            return expected is not None and expected > overflow.limit


def _leads_on(state: EngineState, waiting: Waiting, overflow: Overflow) -> bool:
    """Whether it leads out of the queues, or into one that has room and that the interaction has not been in.

    Queues that would send interactions round in a circle are refused at load, but they may have changed meanwhile.
    """
    if overflow.to is not OverflowTo.QUEUE:
        return True
    target = state.assignment.queues.get(QueueName(overflow.name))
    if target is None or target is waiting.queue or target.name in waiting.been_in:
        return False
    size = target.limits.size if target.limits is not None else None
    return size is None or state.assignment.lengths.get(target.name, 0) < size
