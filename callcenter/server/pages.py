"""What agents' pages show: each one contact, the one that its agent has to do with now."""

from __future__ import annotations

from callcenter.api.messages import ContactReport
from callcenter.domain.ids import AgentId, InteractionId
from callcenter.server import call_views, views
from callcenter.server.contact import Contact
from callcenter.server.effects import Tell
from callcenter.server.floor import Desk, Floor
from callcenter.server.live import Live


class Pages:
    """Contacts → reports to the agents concerned."""

    def __init__(self, floor: Floor, live: Live) -> None:
        self._floor = floor
        self._live = live

    def show_at(self, desk: Desk, contact: Contact) -> None:
        """Put a contact on a page, in the place of whatever was there."""
        desk.contact = contact.interaction
        self.tell(contact, desk)
        self._live.agent_changed(desk.record.agent)

    def show(self, contact: Contact) -> None:
        """Put a contact on its agent's page, as it stands now."""
        holder = contact.agent or (contact.offer.agent if contact.offer else None)
        desk = self._floor.desks.get(holder) if holder else None
        if desk is not None:
            self.show_at(desk, contact)

    def clear(self, desk: Desk, contact: Contact, gone: views.Gone) -> None:
        """Take a contact off a page; other work that waits for the agent there comes to light."""
        if desk.contact != contact.interaction:
            return
        desk.contact = None
        why = call_views.why_not_reached(contact.failed) if contact.failed is not None else None
        self._floor.emit(Tell(report=ContactReport(agent=desk.record.agent, contact=None, gone=gone, not_reached=why)))
        self._live.agent_changed(desk.record.agent)
        for interaction in desk.state.interactions if desk.state else ():
            other = self._floor.contacts.get(InteractionId(interaction))
            if other is not None and other is not contact and other.part_of(desk.record.agent) is not None:
                self.show_at(desk, other)
                return

    def agent_changed(self, desk: Desk) -> None:
        """Something of the agent himself is to be shown anew."""
        self._live.agent_changed(desk.record.agent)

    def forget(self, desk: Desk, interaction: InteractionId) -> None:
        """Take an interaction off a page that there is nothing more of."""
        if desk.contact == interaction:
            desk.contact = None
            self._floor.emit(Tell(report=ContactReport(agent=desk.record.agent, contact=None, gone="failed")))
            self._live.agent_changed(desk.record.agent)

    def refresh(self, contact: Contact, *, but: str | None = None) -> None:
        """Show a contact anew on every page where it is shown; not on that of who knows already, what he typed, say."""
        for agent in contact.concerned():
            desk = self._floor.desks.get(agent)
            if desk is not None and desk.contact == contact.interaction and agent != but:
                self.tell(contact, desk)
                self._live.agent_changed(agent)

    def refresh_at(self, agent: AgentId) -> None:
        """Show an agent's contact anew, whatever it is."""
        desk = self._floor.desks.get(agent)
        contact = self._floor.contacts.get(desk.contact) if desk is not None and desk.contact else None
        if desk is not None and contact is not None:
            self.tell(contact, desk)

    def tell(self, contact: Contact, desk: Desk) -> None:
        """Report how a contact stands to the agent of this desk."""
        live = views.contact_live(contact, desk, self._floor)
        self._floor.emit(Tell(report=ContactReport(agent=desk.record.agent, contact=live)))
