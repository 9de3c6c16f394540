"""The part of recovery that concerns talks: who is on hold, who was called beside, which phones are off the hook.

What a snapshot proves is told as facts, through the same entrance as what happens.
"""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.api.calls import ConnectionState
from callcenter.domain import commands, events
from callcenter.domain.call import CallState
from callcenter.domain.cause import Cause
from callcenter.domain.events import LiveCall, LiveParty, PartyPlace, Place
from callcenter.domain.ids import CallId, ConnectionId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.beside import BesideCalls
from callcenter.server.calls import Calls
from callcenter.server.contact import Beside, Contact, Hold, Part, Stage
from callcenter.server.floor import Desk, Floor
from callcenter.server.own_calls import OwnCalls
from callcenter.server.pages import Pages
from callcenter.server.routing import Routing
from callcenter.server.talks import Talks

AT_AN_AGENT = (Place.TALKING, Place.HELD)


class TalkRecovery:
    """Talks in a snapshot → facts."""

    def __init__(
        self,
        floor: Floor,
        *,
        routing: Routing,
        calls: Calls,
        talks: Talks,
        beside: BesideCalls,
        own_calls: OwnCalls,
        pages: Pages,
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._calls = calls
        self._talks = talks
        self._beside = beside
        self._own_calls = own_calls
        self._pages = pages

    # -- contacts that are known ---------------------------------------------------------------------------------------

    def answered(self, live: LiveCall, now: Moment) -> None:
        """See whether an unknown call is one that an agent was making: answered while we did not look."""
        contact = self._floor.by_leg.get(CallId(live.connection)) if live.connection is not None else None
        if contact is not None and contact.stage is Stage.DIALLING:
            own = CallId(live.connection or "")
            established = events.Established(call=own, device=None, connection=ConnectionId(live.call))
            self._own_calls.apply(contact, established, now)

    def reconcile(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """Bring a known customer's talk to what the switch says. `live.place` is one at an agent, or with a number."""
        if live.connection is None:
            self._without_agent(contact, live, now)
            return
        if contact.connection != live.connection or contact.stage not in (Stage.TALKING, Stage.ELSEWHERE):
            self._calls.learn(contact, self._took_over(contact, live, live.connection), now)
        if contact.stage is not Stage.TALKING:
            return
        if live.place is Place.HELD and contact.hold is None:
            self._calls.learn(contact, events.Held(call=live.call), now)
        elif live.place is Place.TALKING and contact.hold is not None and not contact.hold.by_phone:
            self._calls.learn(contact, events.Retrieved(call=live.call), now)
        self._party(contact, live.party, now)

    def _took_over(self, contact: Contact, live: LiveCall, connection: ConnectionId) -> events.CallEvent:
        party = contact.party
        if party is not None and party.connection == connection:
            return events.Transferred(call=live.call, device=live.device, connection=connection)
        return events.Established(call=live.call, device=live.device, connection=connection)

    def _without_agent(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """A customer hears music, and no agent's phone is with him."""
        if contact.stage is not Stage.TALKING or self._settles(contact, "a customer on hold without an agent", now):
            return
        if contact.hold is None:
            self._calls.learn(contact, events.Held(call=live.call), now)
        left = events.ConnectionCleared(
            call=live.call,
            device=contact.part.device,
            connection=contact.connection or ConnectionId(""),
            cause=Cause.UNKNOWN,
            by_agent=False,
        )
        self._calls.learn(contact, left, now)

    def gone(self, contact: Contact, now: Moment) -> None:
        """A customer's talk is over, and where he is now is told next."""
        self._talks.leave(contact, now)

    def agents_own(self, live: Mapping[CallId, LiveCall], now: Moment) -> None:
        """Reconcile agents' phones that have no customer: not yet, or not any more."""
        for contact in list(self._floor.contacts.values()):
            dials = contact.stage is Stage.DIALLING
            left = contact.stage is Stage.TALKING and contact.call.state is CallState.CLEARED
            if contact.connection is None or not (dials or left):
                continue
            own = live.get(CallId(contact.connection))
            if own is not None:
                if left:
                    self._party(contact, own.party, now)
            elif not self._settles(contact, "a phone off the hook that does not show", now):
                over = events.CallCleared(call=CallId(contact.connection), cause=Cause.UNKNOWN)
                (self._own_calls if dials else self._beside).apply(contact, over, now)

    def _party(self, contact: Contact, live: LiveParty | None, now: Moment) -> None:
        """Bring whom the agent has called beside to what the switch says."""
        party, own = contact.party, CallId(contact.connection or "")
        if live is None:
            if party is None or self._settles(contact, "a party that does not show", now):
                return
            if party.state is ConnectionState.ALERTING or party.connection is None:
                self._beside.apply(contact, events.Failed(call=own, device=party.device, cause=Cause.UNKNOWN), now)
            else:
                left = events.ConnectionCleared(
                    call=own, device=party.device, connection=party.connection, cause=Cause.UNKNOWN, by_agent=False
                )
                self._beside.apply(contact, left, now)
            return
        if party is None or (party.connection is not None and party.connection != live.connection):
            self._adopt(contact, live, now)
            return
        party.connection, party.joined = live.connection, live.place is PartyPlace.JOINED
        self._floor.know_leg(contact, live.connection)
        if party.state is not _STATES[live.place]:
            party.state, party.since = _STATES[live.place], now
            self._pages.refresh(contact)

    def _adopt(self, contact: Contact, live: LiveParty, now: Moment) -> None:
        """Somebody is beside whom we do not know: a colleague is taken, whoever he is."""
        desk = self._floor.desk_at(live.device)
        contact.beside = Beside(
            agent=desk.record.agent if desk else None,
            number=None,
            device=live.device,
            state=_STATES[live.place],
            since=now,
            connection=live.connection,
            joined=live.place is PartyPlace.JOINED,
        )
        self._floor.know_leg(contact, live.connection)
        self._take(contact, desk, now)
        self._pages.refresh(contact)

    def _take(self, contact: Contact, desk: Desk | None, now: Moment) -> None:
        """Somebody who is asked, or called by a colleague, is not free for anything else."""
        if desk is not None and desk.state is not None and not desk.works_on(contact):
            self._routing.take_for_consultation(contact, desk, now)
            self._pages.show_at(desk, contact)

    def _settles(self, contact: Contact, why: str, now: Moment) -> bool:
        """Tell whether an order is still on its way; then the switch is looked at again."""
        if contact.under_way is None or now.monotonic >= contact.under_way.until:
            return False
        self._floor.resynchronise(why, now)
        return True

    # -- contacts that are not ----------------------------------------------------------------------------------------

    def restore(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """Complete a talk that was found after a start: on hold, with somebody beside."""
        if live.connection is not None:
            self._floor.know_leg(contact, live.connection)
        if live.place is Place.HELD:
            contact.hold = contact.hold or Hold(by_phone=False)
            contact.call.state = CallState.HELD
        elif contact.hold is not None and not contact.hold.by_phone:
            contact.hold = None
            self._floor.write(contact, EventKind.RETRIEVED, now, agent=contact.agent)
        if live.party is not None:
            self._adopt(contact, live.party, now)
        self._take_colleague(contact, now)

    def _take_colleague(self, contact: Contact, now: Moment) -> None:
        if contact.colleague is not None:
            self._take(contact, self._floor.desks.get(contact.colleague), now)

    def restore_elsewhere(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """A customer was found talking to a number."""
        contact.part = Part(connection=live.connection, answered_at=now)
        contact.stage = Stage.ELSEWHERE
        if live.connection is not None:
            self._floor.know_leg(contact, live.connection)

    def restore_own_call(self, contact: Contact | None, live: LiveCall, now: Moment) -> None:
        """An agent's phone was found calling somebody. One that nothing is known of, and that is alone, is put down."""
        desk = self._floor.desk_at(live.device)
        if live.connection is None:
            return
        if contact is None or desk is None:
            if live.party is None or contact is not None:
                self._floor.command(commands.ClearConnection(connection=live.connection))
            if contact is not None:  # of somebody who works here no more
                self._own_calls.not_reached(contact, Cause.UNKNOWN, now)
            return
        contact.stage = Stage.DIALLING
        contact.part.agent, contact.part.device = desk.record.agent, live.device
        contact.part.connection = live.connection
        self._floor.know_leg(contact, live.connection)
        if desk.state is not None:
            self._routing.take_for_own_call(contact, desk, now)
            self._pages.show_at(desk, contact)
        self._take_colleague(contact, now)


_STATES = {
    PartyPlace.ALERTING: ConnectionState.ALERTING,
    PartyPlace.TALKING: ConnectionState.CONNECTED,
    PartyPlace.HELD: ConnectionState.HELD,
    PartyPlace.JOINED: ConnectionState.CONNECTED,
}
