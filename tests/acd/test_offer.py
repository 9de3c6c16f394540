"""An offer ends once."""

from __future__ import annotations

from acd.model import AgentId, InteractionId, OfferId
from acd.offer import NEXT, Offer, OfferPhase


def offer(phase: OfferPhase) -> Offer:
    return Offer(
        offer=OfferId("1-1"),
        interaction=InteractionId("i1"),
        agent=AgentId("ann"),
        made_at=0.0,
        expires_at=20.0,
        phase=phase,
    )


def test_every_phase_has_a_law_and_the_ends_are_ends() -> None:
    assert set(NEXT) == set(OfferPhase)
    for phase in set(OfferPhase) - {OfferPhase.RESERVED, OfferPhase.ALERTING}:
        assert NEXT[phase] == frozenset()


def test_alerting_once_then_an_end() -> None:
    made = offer(OfferPhase.RESERVED)
    assert made.advance(OfferPhase.ALERTING)
    assert not made.advance(OfferPhase.ALERTING)
    assert made.advance(OfferPhase.ACCEPTED)
    assert not made.advance(OfferPhase.CANCELLED)
    assert made.phase is OfferPhase.ACCEPTED
