"""Whom an agent has called beside his customer, and how that ends: what all who handle talks need of it."""

from __future__ import annotations

from callcenter.api.calls import ConnectionState, Operation
from callcenter.domain import commands
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.contact import Beside, Contact
from callcenter.server.floor import Floor
from callcenter.server.routing import Routing


class Parties:
    """Ends of what agents had beside a talk → commands, events, engine."""

    def __init__(self, floor: Floor, routing: Routing) -> None:
        self._floor = floor
        self._routing = routing

    def let_go(self, contact: Contact, now: Moment) -> None:
        """Hang up whom the agent had called beside, or was calling."""
        party = contact.party
        if party is not None and party.connection is not None:
            self._floor.command(commands.ClearConnection(connection=party.connection))
        self.end(contact, "cleared", now)

    def end(self, contact: Contact, outcome: str, now: Moment) -> None:
        """Whom the agent had called is gone, or was let go."""
        party, contact.beside = contact.beside, None
        if party is None:
            return
        if party.connection is not None:
            self._floor.forget_leg(party.connection)
        self._floor.write(
            contact, EventKind.CONSULT_ENDED, now, agent=contact.agent, to=name_of(party), outcome=outcome
        )
        self.free(contact, party, now)

    def free(self, contact: Contact, party: Beside, now: Moment) -> None:
        """A colleague has nothing more to do with the contact."""
        desk = self._floor.desks.get(party.agent) if party.agent else None
        if desk is not None:
            self._routing.free(desk, contact, "completed", now)

    def put_down(self, contact: Contact) -> None:
        """The agent's phone has nobody to wait for."""
        if contact.connection is not None:
            self._floor.command(commands.ClearConnection(connection=contact.connection))

    def forget_failed(self, contact: Contact) -> None:
        """Take whom the agent had called in vain off his page."""
        if contact.beside is not None and not contact.beside.in_call:
            contact.beside = None


def set_state(party: Beside, state: ConnectionState, now: Moment) -> None:
    """Note where a party is from now on."""
    party.state, party.since = state, now


def is_being_handed_over(contact: Contact) -> bool:
    """Tell whether the party was told to take the customer, and that does not show yet."""
    return contact.under_way is not None and contact.under_way.operation is Operation.TRANSFER


def name_of(party: Beside) -> str:
    """Return what a party is called in events."""
    return party.agent or party.number or ""
