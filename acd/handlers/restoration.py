"""After a restart: conversations, wrap-ups and offers that the switch says are under way."""

from __future__ import annotations

from math import isfinite

from acd.agent import Engagement
from acd.commands import CancelReason
from acd.events import EngagementPhase, EngagementRestored
from acd.handlers.offers import withdraw
from acd.handlers.work import begin
from acd.model import OfferId
from acd.offer import Offer, OfferPhase
from acd.placement import leave, send_back, settle
from acd.pools import Seat
from acd.state import EngineState
from acd.waiting import Waiting


def restored(state: EngineState, event: EngagementRestored) -> None:
    """The agent works on this interaction, or is being offered it; the switch is believed."""
    seat = state.assignment.index.seats.get(event.agent)
    if seat is None:
        state.odd(event, "the agent is not logged on")
        return
    if event.interaction in seat.machine.engagements:
        state.odd(event, "the agent works on this interaction already")
        return
    waiting = state.assignment.waiting.get(event.interaction)
    if event.phase is EngagementPhase.ALERTING:
        _restore_offer(state, event, seat, waiting)
        return
    if waiting is not None and waiting.offered_to is not None and waiting.offered_to != event.agent:
        state.odd(event, "the interaction is being offered to another agent")
        return
    returned = withdraw(state, seat, CancelReason.AGENT_TAKEN)
    if returned is waiting:
        returned = None
    if waiting is not None:
        leave(state, waiting)
    since = min(event.since, state.now) if isfinite(event.since) else state.now
    engagement = begin(
        state, seat, event.interaction, medium=event.medium, kind=event.kind, queue=event.queue, since=since
    )
    if event.phase is EngagementPhase.WRAP_UP:
        _restore_wrap_up(state, seat, engagement, since)
    settle(state, seat)
    send_back(state, returned)


def _restore_offer(state: EngineState, event: EngagementRestored, seat: Seat, waiting: Waiting | None) -> None:
    machine = seat.machine
    if waiting is None or waiting.offer is not None or machine.offered or machine.engagements:
        state.odd(event, "this cannot be an offer now")
        return
    if not machine.registered:
        state.odd(event, "the agent's phone is not registered")
        return
    offer = Offer(
        offer=event.offer or OfferId(f"{state.epoch}-found-{event.interaction}"),
        interaction=event.interaction,
        agent=event.agent,
        made_at=state.now,
        expires_at=state.now + waiting.queue.offer_timeout,
        phase=OfferPhase.ALERTING,
    )
    if offer.offer in state.assignment.offers or state.assignment.has_yet_to_make(offer.offer):
        state.odd(event, "there is such an offer already, or will be")
        return
    state.assignment.adopt(waiting, seat, offer)
    state.due.set(("offer", offer.offer, ""), offer.expires_at)
    machine.observe(state.now)
    state.publish(seat)


def _restore_wrap_up(state: EngineState, seat: Seat, engagement: Engagement, since: float) -> None:
    engagement.wrap_up_asked = True
    seat.machine.end(engagement, state.now)
    state.talk_ends(engagement.interaction)
    if engagement.deadline is not None:
        engagement.deadline += since - state.now
        state.due.set(("wrap-up", seat.machine.profile.agent, engagement.interaction), engagement.deadline)
    settle(state, seat)
