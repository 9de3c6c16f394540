"""Facts about calls that an agent's phone makes beside a customer, known by his own connection.

Facts: nothing here refuses or raises.
"""

from __future__ import annotations

from callcenter.api.calls import ConnectionState, Operation
from callcenter.domain import commands, events
from callcenter.domain.call import CallState
from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId, ConnectionId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, Stage
from callcenter.server.floor import Floor
from callcenter.server.pages import Pages
from callcenter.server.parties import Parties, is_being_handed_over, name_of, set_state
from callcenter.server.parts import Parts
from callcenter.server.routing import Routing
from callcenter.server.talks import Talks
from callcenter.server.undertakings import Awaited, Undertakings


class BesideCalls:
    """Facts about whom agents have called → contact, engine, effects."""

    def __init__(
        self,
        floor: Floor,
        *,
        routing: Routing,
        talks: Talks,
        parties: Parties,
        undertakings: Undertakings,
        parts: Parts,
        pages: Pages,
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._talks = talks
        self._parties = parties
        self._undertakings = undertakings
        self._parts = parts
        self._pages = pages

    def apply(self, contact: Contact, event: events.CallEvent, now: Moment) -> None:
        """Take one fact about a call that an agent's phone makes, beside a customer or on its own."""
        match event:
            case events.Delivered():
                self._party_rings(contact, event, now)
            case events.Established():
                self._party_answered(contact, event, now)
            case events.Failed():
                self._party_failed(contact, event.cause, now)
            case events.ConnectionCleared():
                self._party_left(contact, event.connection, now)
            case events.Held():
                self._party_state(contact, ConnectionState.HELD, now)
            case events.Retrieved():
                self._party_state(contact, ConnectionState.CONNECTED, now)
            case events.ServiceInitiated():
                self._alone(contact, event.call, now)
            case events.CallCleared():
                self._leg_over(contact, event, now)
            case _:
                pass

    def _party_rings(self, contact: Contact, event: events.Delivered, now: Moment) -> None:
        party = contact.party
        if party is None:
            self._floor.misfit("somebody rings whom nobody called", now)
            return
        party.connection = event.connection
        self._floor.know_leg(contact, event.connection)
        self._pages.refresh(contact)

    def _party_answered(self, contact: Contact, event: events.Established, now: Moment) -> None:
        party = contact.party
        if party is None:
            self._floor.misfit("somebody answers whom nobody called", now)
            return
        party.connection = event.connection
        self._floor.know_leg(contact, event.connection)
        set_state(party, ConnectionState.CONNECTED, now)
        self._floor.write(contact, EventKind.CONSULT_ANSWERED, now, agent=contact.agent, to=name_of(party))
        self._pages.refresh(contact)

    def _party_state(self, contact: Contact, state: ConnectionState, now: Moment) -> None:
        party = contact.party
        if party is not None and party.state is not state:
            set_state(party, state, now)
            self._pages.refresh(contact)

    def _party_failed(self, contact: Contact, cause: Cause, now: Moment) -> None:
        """Whom the agent called does not come; the customer hears music until the agent comes back to him."""
        party = contact.party
        if party is None or party.state is not ConnectionState.ALERTING:
            return
        self._floor.write(
            contact, EventKind.CONSULT_ENDED, now, agent=contact.agent, to=name_of(party), outcome=cause.value
        )
        self._parties.free(contact, party, now)
        if cause is Cause.NORMAL_CLEARING:  # taken back by the agent
            contact.beside = None
        else:
            party.failed = cause
            set_state(party, ConnectionState.FAILED, now)
        if contact.call.state is CallState.CLEARED:
            self._parties.put_down(contact)
        self._pages.refresh(contact)

    def _party_left(self, contact: Contact, connection: ConnectionId, now: Moment) -> None:
        party = contact.party
        if party is None or party.connection != connection:
            self._floor.forget_leg(connection)
            return
        self._parties.end(contact, "cleared", now)
        if contact.call.state is CallState.CLEARED:  # the customer went before him
            self._parties.put_down(contact)
        self._pages.refresh(contact)

    def _alone(self, contact: Contact, call: CallId, now: Moment) -> None:
        """A phone is off the hook with nobody: the agent's, who decides what is next, or one's whose agent has left."""
        party = contact.party
        if ConnectionId(call) == contact.connection:
            if contact.call.state is CallState.CLEARED and party is None:
                self._parties.put_down(contact)
            return
        if party is None or ConnectionId(call) != party.connection:
            self._floor.command(commands.ClearConnection(connection=ConnectionId(call)))
        elif party.inherits and not is_being_handed_over(contact):
            order = commands.JoinParty(call=contact.call_id, party=ConnectionId(call))
            awaited: set[Awaited] = {(events.Transferred, contact.call_id)}
            self._undertakings.begin(contact, Operation.TRANSFER, order, awaited, now)
        elif not party.inherits and (contact.connection is None or contact.stage is not Stage.TALKING):
            self._parties.let_go(contact, now)

    def _leg_over(self, contact: Contact, event: events.CallCleared, now: Moment) -> None:
        """A phone that had no customer (any more) is put down."""
        self._floor.forget_leg(ConnectionId(event.call))
        party = contact.party
        if party is not None and ConnectionId(event.call) == party.connection:
            self._parties.end(contact, "cleared", now)
            if party.inherits:  # he did not wait for the customer
                self._talks.back_to_line(contact, "agent", Cause.NORMAL_CLEARING, now)
        elif ConnectionId(event.call) == contact.connection and contact.stage is Stage.TALKING:
            if party is not None:
                self._parties.let_go(contact, now)
            self._parts.talk_ended(contact, "agent", event.cause, now)
            contact.stage = Stage.WRAP_UP
            self._routing.begin_wrap_up(contact, now)
