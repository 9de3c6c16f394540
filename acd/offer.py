"""An offer: one interaction reserved for one agent, until it is accepted, comes to nothing, or expires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from acd.model import AgentId, InteractionId, OfferId


class OfferPhase(StrEnum):
    """reserved → alerting → one of the ends."""

    RESERVED = "reserved"
    ALERTING = "alerting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    FAILED = "failed"
    CANCELLED = "cancelled"


NEXT: Mapping[OfferPhase, frozenset[OfferPhase]] = {
    OfferPhase.RESERVED: frozenset(
        {
            OfferPhase.ALERTING,
            # The switch may tell the end without having told that the device rang.
            OfferPhase.ACCEPTED,
            OfferPhase.REFUSED,
            OfferPhase.UNANSWERED,
            OfferPhase.FAILED,
            OfferPhase.CANCELLED,
        }
    ),
    OfferPhase.ALERTING: frozenset(
        {
            OfferPhase.ACCEPTED,
            OfferPhase.REFUSED,
            OfferPhase.UNANSWERED,
            OfferPhase.FAILED,
            OfferPhase.CANCELLED,
        }
    ),
    OfferPhase.ACCEPTED: frozenset(),
    OfferPhase.REFUSED: frozenset(),
    OfferPhase.UNANSWERED: frozenset(),
    OfferPhase.FAILED: frozenset(),
    OfferPhase.CANCELLED: frozenset(),
}
"""The law of an offer: from a phase to those that may follow."""


@dataclass(slots=True, eq=False)
class Offer:
    """One offer under way. The engine forgets it when it has ended, so that late answers find nothing."""

    offer: OfferId
    interaction: InteractionId
    agent: AgentId
    made_at: float
    expires_at: float
    phase: OfferPhase = OfferPhase.RESERVED

    def advance(self, phase: OfferPhase) -> bool:
        """Enter ``phase`` if the law permits it; says whether it did."""
        if phase not in NEXT[self.phase]:
            return False
        self.phase = phase
        return True
