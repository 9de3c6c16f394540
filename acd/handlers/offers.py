"""What becomes of an offer: it alerts, is accepted, comes to nothing, expires, or is withdrawn."""

from __future__ import annotations

from acd.commands import CancelOffer, CancelReason
from acd.events import Event, OfferAccepted, OfferAlerting, OfferFailed, OfferRefused, OfferUnanswered
from acd.handlers.work import begin
from acd.model import MISSED_CALL, NotReadyReason, OfferId, WorkKind
from acd.offer import Offer, OfferPhase
from acd.placement import send_back, settle
from acd.pools import Seat
from acd.state import EngineState
from acd.waiting import Waiting

RETRY_AFTER = 2.0
"""Seconds an interaction is held back after an offer failed for a reason that was not the agent's device."""


def alerting(state: EngineState, event: OfferAlerting) -> None:
    """The agent's device rings."""
    offer = state.assignment.offers.get(event.offer)
    if offer is None or not offer.advance(OfferPhase.ALERTING):
        state.odd(event, "no such offer is waiting to alert")


def accepted(state: EngineState, event: OfferAccepted) -> None:
    """The agent answered: the interaction waits no more, the agent works on it."""
    offer = _known(state, event, event.offer)
    if offer is None:
        return
    seat = state.assignment.index.seats[offer.agent]
    waiting = _end(state, offer, OfferPhase.ACCEPTED)
    if waiting.has_stood:  # until it was offered: the ringing is not the queue's
        state.limits.observe(waiting.queue, offer.made_at - waiting.enqueued_at)
    state.assignment.forget(waiting)
    state.waits.answered(waiting.queue.name, waiting.interaction, state.now)
    state.due.clear(("place", waiting.interaction, ""))
    begin(
        state,
        seat,
        waiting.interaction,
        medium=waiting.medium,
        kind=WorkKind.ACD,
        queue=waiting.queue.name,
        since=state.now,
        wrap_up=waiting.queue.wrap_up,
    )
    settle(state, seat)


def missed(
    state: EngineState,
    event: OfferRefused | OfferUnanswered | OfferFailed,
    phase: OfferPhase,
    reason: NotReadyReason,
) -> None:
    """It came to nothing by the agent's doing, or the agent's phone's: the agent is NotReady for ``reason``."""
    offer = _known(state, event, event.offer)
    if offer is not None:
        _miss(state, offer, phase, reason)


def failed(state: EngineState, event: OfferFailed) -> None:
    """It came to nothing for a reason that lies with the switch: the interaction is held back for a moment."""
    offer = _known(state, event, event.offer)
    if offer is None:
        return
    seat = state.assignment.index.seats[offer.agent]
    waiting = _end(state, offer, OfferPhase.FAILED)
    waiting.held_until = state.now + RETRY_AFTER
    state.due.set(("place", waiting.interaction, ""), waiting.held_until)
    settle(state, seat)


def expired(state: EngineState, offer_id: OfferId) -> None:
    """Nobody said anything in time."""
    offer = state.assignment.offers[offer_id]
    state.out.append(
        CancelOffer(offer=offer.offer, interaction=offer.interaction, agent=offer.agent, why=CancelReason.UNANSWERED)
    )
    _miss(state, offer, OfferPhase.UNANSWERED, MISSED_CALL)


def withdraw(state: EngineState, seat: Seat, why: CancelReason) -> Waiting | None:
    """Cancel the agent's offer, if there is one. The agent is to be settled, the interaction sent back."""
    offer = seat.offer
    if offer is None:
        return None
    state.out.append(CancelOffer(offer=offer.offer, interaction=offer.interaction, agent=offer.agent, why=why))
    return _end(state, offer, OfferPhase.CANCELLED)


def _known(state: EngineState, event: Event, offer_id: OfferId) -> Offer | None:
    offer = state.assignment.offers.get(offer_id)
    if offer is None:
        state.odd(event, "no such offer is under way")
    return offer


def _miss(state: EngineState, offer: Offer, phase: OfferPhase, reason: NotReadyReason) -> None:
    seat = state.assignment.index.seats[offer.agent]
    returned = _end(state, offer, phase)
    seat.machine.miss(reason, state.now)
    settle(state, seat)
    send_back(state, returned)


def _end(state: EngineState, offer: Offer, phase: OfferPhase) -> Waiting:
    state.due.clear(("offer", offer.offer, ""))
    seat = state.assignment.index.seats[offer.agent]
    waiting = state.assignment.close(offer, phase)
    seat.machine.offered = False
    seat.machine.observe(state.now)
    if waiting.preferred is not None and waiting.preferred.agent == offer.agent:
        waiting.preferred = None
    return waiting
