"""How agents' parts in an interaction end, and with the last of them the interaction itself."""

from __future__ import annotations

from callcenter.domain.call import CallState
from callcenter.domain.cause import Cause
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, EndedBy, Part, Stage
from callcenter.server.floor import Floor
from callcenter.server.pages import Pages


class Parts:
    """Ends of parts → events, pages."""

    def __init__(self, floor: Floor, pages: Pages) -> None:
        self._floor = floor
        self._pages = pages

    def talk_ended(self, contact: Contact, by: EndedBy | None, cause: Cause, now: Moment) -> None:
        """Write down that the present agent's talk is over; `by` is none where nobody saw it."""
        part = contact.part
        if part.answered_at is None or part.talk_ended_at is not None:
            return
        part.talk_ended_at, part.ended_by = now, by
        if part.connection is not None:
            self._floor.forget_leg(part.connection)
        self._floor.write(contact, EventKind.TALK_ENDED, now, agent=part.agent, ended_by=by, cause=cause.value)

    def finish(self, contact: Contact, part: Part, now: Moment) -> None:
        """An agent works on the contact no more: his part is written as done, and with the last one all is closed."""
        if part.agent is not None and not part.completed:
            part.completed = True
            self._floor.write(
                contact,
                EventKind.WRAP_UP_COMPLETED,
                now,
                agent=part.agent,
                disposition=part.disposition,
                note=part.note,
            )
            desk = self._floor.desks.get(part.agent)
            if desk is not None:
                self._pages.clear(desk, contact, "completed")
        self.close_if_over(contact, now)

    def close_if_over(self, contact: Contact, now: Moment) -> None:
        """Close the interaction when its call is over, and neither an agent nor a flow works on it any more."""
        if contact.stage in (Stage.CLOSED, Stage.CALLBACK) or contact.call.state is not CallState.CLEARED:
            return
        if contact.recordings or self._floor.after_call.get(contact.call_id) is contact:
            return  # his flow still files what he has said
        parts = (contact.part, *contact.earlier)
        if any(part.agent is not None and not part.completed for part in parts):
            return
        contact.stage = Stage.CLOSED
        self._floor.write(contact, EventKind.CLOSED, now)
        self._floor.forget(contact)
