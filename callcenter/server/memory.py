"""What the journal kept of interactions that had not been finished, to be found by the calls that the switch has."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.domain.call import Call, CallState
from callcenter.domain.events import LiveCall, Place
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue
from callcenter.domain.moment import Moment
from callcenter.ports import Remembered
from callcenter.server.contact import Contact
from callcenter.server.effects import ReadCustomer
from callcenter.server.floor import Floor
from callcenter.server.recall import recall

STATES = {
    Place.IVR: CallState.IVR,
    Place.SURVEY: CallState.IVR,
    Place.WAITING: CallState.QUEUED,
    Place.ALERTING: CallState.QUEUED,  # until the ring is made ours
    Place.TALKING: CallState.CONNECTED,
    Place.HELD: CallState.HELD,
    Place.DIALLING: CallState.OFFERED,
    Place.CALLED_BACK: CallState.OFFERED,
    Place.FALLBACK_QUEUE: CallState.FALLBACK,
    Place.ENDING: CallState.FALLBACK,
    Place.MOVING: CallState.QUEUED,
}
"""What a call in each place does."""


class Memory:
    """The unfinished interactions, each until a call claims it."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._remembered: dict[InteractionId, Remembered] = {}
        self._by_call: dict[FieldValue, InteractionId] = {}

    def keep(self, unfinished: Sequence[Remembered]) -> None:
        """Take what the journal kept, in place of what was here."""
        self._remembered = {one.interaction: one for one in unfinished}
        self._by_call = {one.events[0].data.get("call"): one.interaction for one in unfinished}

    def put_back(self, found: Remembered) -> None:
        """Nobody claims it after all."""
        self._remembered[found.interaction] = found

    def take_unclaimed(self) -> list[Remembered]:
        """Return those that no call has claimed, and forget them."""
        left = list(self._remembered.values())
        self._remembered.clear()
        return left

    def contact_of(self, remembered: Remembered | None, live: LiveCall, now: Moment) -> Contact:
        """Rebuild the contact of a call from its channel and from what the journal kept."""
        contact = Contact(
            interaction=remembered.interaction if remembered else self._new_interaction(live),
            call=Call(live.call, STATES[live.place]),
            arrived_at=_before(now, live.age),
            called_number=live.called_number,
            calling_number=live.calling_number,
            calling_name=live.calling_name,
            node=live.node,
        )
        if remembered is not None:
            self.recall(contact, remembered, now)
            self._floor.contacts[contact.interaction] = contact
        return contact

    def find(self, live: LiveCall) -> Remembered | None:
        """Find what the journal knows of a call: by the interaction on its channel, else by its own id."""
        for interaction in (live.interaction, self._by_call.get(live.call)):
            one = self._remembered.get(interaction) if interaction else None
            if one is not None and not has_ended(one):
                return self._remembered.pop(one.interaction)
        return None

    def recall(self, contact: Contact, remembered: Remembered, now: Moment) -> None:
        """Fill a contact from its events, and have its customer's card read again."""
        recall(contact, remembered.events, now)
        if contact.customer is not None and contact.customer.account:
            self._floor.emit(ReadCustomer(interaction=contact.interaction, account=contact.customer.account))

    def _new_interaction(self, live: LiveCall) -> InteractionId:
        """Use the interaction on the channel, unless it has ended: what was written to its end is not begun again."""
        if live.interaction is None or live.interaction in self._remembered:
            return self._floor.ids.interaction_id()
        return live.interaction


def has_ended(remembered: Remembered) -> bool:
    """Tell whether an interaction's end was written, though its work was not finished."""
    return any(event.kind is EventKind.ENDED for event in remembered.events)


def _before(now: Moment, seconds: float) -> Moment:
    monotonic = now.monotonic - seconds
    return Moment(monotonic=monotonic, utc=now.utc_of(monotonic))
