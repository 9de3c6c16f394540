"""What becomes of a talk by an agent's wish, as the switch reports it: held, consulted, handed over, joined, left.

Facts: nothing here refuses or raises. Who the customer belongs to is decided here and nowhere else, and every way ends
with the customer in somebody's hands and each agent's part written to its end.
"""

from __future__ import annotations

import acd.events
import acd.model
from callcenter.api.calls import CallDirection, ConnectionState
from callcenter.domain import events
from callcenter.domain.call import CallState
from callcenter.domain.cause import LOST, Cause
from callcenter.domain.ids import AgentId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.contact import Beside, Contact, EndedBy, Hold, Part, Stage
from callcenter.server.floor import Desk, Floor
from callcenter.server.ivr_orders import IvrOrders
from callcenter.server.pages import Pages
from callcenter.server.parties import Parties, is_being_handed_over, name_of, set_state
from callcenter.server.parts import Parts
from callcenter.server.routing import Routing

RETURN_WITHIN = 30.0  # seconds an agent whose phone was lost in a talk has to come back to his caller


class Talks:
    """Facts about talks → contact, engine, effects."""

    def __init__(
        self,
        floor: Floor,
        *,
        routing: Routing,
        orders: IvrOrders,
        parties: Parties,
        parts: Parts,
        pages: Pages,
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._orders = orders
        self._parties = parties
        self._parts = parts
        self._pages = pages

    # -- of the customer's call ----------------------------------------------------------------------------------------

    def follow(self, contact: Contact, event: events.CallEvent, now: Moment) -> None:
        """Take one fact about a customer's talk."""
        match event:
            case events.Held():
                self._held(contact, event, now)
            case events.Retrieved():
                self._retrieved(contact, now)
            case events.Transferred():
                self._transferred(contact, event, now)
            case events.Conferenced():
                self._conferenced(contact, event, now)
            case _:
                pass

    def _held(self, contact: Contact, event: events.Held, now: Moment) -> None:
        """The customer hears music."""
        if contact.stage is Stage.TALKING and contact.hold is None:
            contact.hold = Hold(by_phone=event.by_phone)
            contact.since = now
            self._floor.write(contact, EventKind.HELD, now, agent=contact.agent, by_phone=event.by_phone)
            self._pages.refresh(contact)

    def _retrieved(self, contact: Contact, now: Moment) -> None:
        """The customer talks to his agent again."""
        if contact.stage is Stage.TALKING and contact.hold is not None:
            contact.hold, contact.since = None, now
            self._parties.forget_failed(contact)
            self._floor.write(contact, EventKind.RETRIEVED, now, agent=contact.agent)
            self._pages.refresh(contact)

    def _conferenced(self, contact: Contact, event: events.Conferenced, now: Moment) -> None:
        """All three talk."""
        party = contact.beside
        if contact.stage is not Stage.TALKING or party is None:
            self._floor.misfit("a conference with somebody whom nobody called", now)
            return
        party.connection, party.joined = event.connection, True
        set_state(party, ConnectionState.CONNECTED, now)
        contact.hold, contact.since = None, now
        self._floor.write(contact, EventKind.CONFERENCED, now, agent=contact.agent, to=name_of(party))
        self._pages.refresh(contact)

    def _transferred(self, contact: Contact, event: events.Transferred, now: Moment) -> None:
        """The customer talks to whom his agent had called."""
        party = contact.beside
        if contact.stage is not Stage.TALKING or party is None or event.connection != party.connection:
            self._floor.misfit("a transfer to somebody whom nobody called", now)
            return
        self._hand_over(contact, party, party.inherits or "consultation", now)

    # -- the agent, or the customer, leaves ----------------------------------------------------------------------------

    def agent_left(self, contact: Contact, event: events.ConnectionCleared, now: Moment) -> None:
        """The agent's phone is off the line. Whether the caller goes too, or waits again, the next event may tell."""
        by: EndedBy = "switch" if event.cause in LOST else "agent" if event.by_agent else "caller"
        party = contact.party
        self._floor.forget_leg(event.connection)
        if party is not None and party.joined:
            self._hand_over(contact, party, "conference", now)
        elif party is not None and is_being_handed_over(contact):  # his phone was quicker than the other's
            party.inherits = "consultation"
        elif contact.hold is not None and not contact.hold.by_phone:
            self._left_on_hold(contact, by, event.cause, now)
        else:
            if party is not None:  # who was aside has nobody any more
                self._parties.let_go(contact, now)
            self._parts.talk_ended(contact, by, event.cause, now)
            contact.stage = Stage.WRAP_UP
            self._routing.begin_wrap_up(contact, now)

    def _left_on_hold(self, contact: Contact, by: EndedBy, cause: Cause, now: Moment) -> None:
        """The customer hears music and his agent has gone: to whom he had called, or to the head of the line.

        Who hangs up while talking to a colleague hands the customer over to him, as telephones do. An agent whose phone
        was lost did not mean that, and a stranger at a number is not for the customer to talk to alone.
        """
        party = contact.party
        colleague = party is not None and party.agent is not None and party.state is ConnectionState.CONNECTED
        if party is not None and colleague and by == "agent" and contact.call.state is not CallState.CLEARED:
            party.inherits = "hang_up"
            return  # his phone is told to be alone in a moment: then he is joined with the customer
        if party is not None:
            self._parties.let_go(contact, now)
        self.back_to_line(contact, by, cause, now)

    def back_to_line(self, contact: Contact, by: EndedBy, cause: Cause, now: Moment) -> None:
        """A customer on hold without an agent waits again, at the old place; for a while for an agent who was lost."""
        agent = contact.agent
        contact.hold = contact.under_way = None
        if contact.direction is CallDirection.INTERNAL:
            self._parts.talk_ended(contact, by, cause, now)
            self._routing.end_internal(contact)
            self._routing.begin_wrap_up(contact, now)
            return
        if by == "switch":
            self._parts.talk_ended(contact, by, cause, now)
            self._routing.release(contact, now)
            self.expect_back(contact, agent, now)
        else:
            self._handed_on(contact, contact.queue or "", "queue", "hang_up", now)
            self._parts.talk_ended(contact, by, cause, now)
            self._routing.end_part(contact, now)
        contact.treatment_over = True  # he has talked to somebody: music, not announcements
        self._orders.place(contact, contact.queue, now)
        self._routing.treatments.wait(contact)
        self._routing.enqueue(contact, now, came_back=True)
        if by == "switch":
            self._routing.ring_who_is_there(contact, now)

    def expect_back(self, contact: Contact, agent: AgentId | None, now: Moment) -> None:
        """Let a caller whose agent was lost wait a while for that agent alone."""
        contact.waits_for = (agent, now.monotonic + RETURN_WITHIN) if agent is not None else None

    def customer_left(self, contact: Contact, cause: Cause, now: Moment) -> None:
        """The customer has gone. An agent who talks to somebody beside goes on with that; else it is put down."""
        party, held = contact.party, contact.hold is not None
        contact.hold = contact.under_way = None
        if party is not None and party.state is ConnectionState.CONNECTED and not party.inherits:
            party.joined = False
            self._pages.refresh(contact)
            return
        if party is not None:
            self._parties.let_go(contact, now)
        if held:
            self._parties.put_down(contact)
        self._parts.talk_ended(contact, "switch" if cause in LOST else "caller", cause, now)
        contact.stage = Stage.WRAP_UP

    def leave(self, contact: Contact, now: Moment) -> None:
        """The customer goes on without his agent, and without anything that was under way between them."""
        if contact.party is not None:
            self._parties.let_go(contact, now)
        contact.hold = contact.beside = contact.under_way = None
        if contact.connection is not None:
            self._floor.forget_leg(contact.connection)

    # -- what several cases share --------------------------------------------------------------------------------------

    def _hand_over(self, contact: Contact, party: Beside, how: str, now: Moment) -> None:
        """The customer belongs to the party from now on; the agent's part is over, but for his work after it."""
        desk = self._floor.desks.get(party.agent) if party.agent else None
        agent, to, old = contact.agent, name_of(party), contact.connection
        kind = "agent" if party.agent is not None else "number"
        self._floor.write(contact, EventKind.CONSULT_ENDED, now, agent=agent, to=to, outcome="transferred")
        self._handed_on(contact, to, kind, how, now)
        self._parts.talk_ended(contact, "agent", Cause.NORMAL_CLEARING, now)
        contact.beside = contact.hold = contact.under_way = None
        contact.call.state, contact.since = CallState.CONNECTED, now
        if old is not None:
            self._floor.forget_leg(old)
        self._routing.end_part(contact, now)
        contact.part = Part(
            agent=desk.record.agent if desk else None,
            device=party.device,
            connection=party.connection,
            offered_at=now,
            answered_at=now,
            handed_by=agent,
            handed_how="transfer",
            handed_at=now,
        )
        if party.connection is not None:
            self._floor.know_leg(contact, party.connection)
        if desk is None:
            contact.stage = Stage.ELSEWHERE
            self._floor.write(contact, EventKind.WENT_ELSEWHERE, now, number=to)
            return
        self._take_over(contact, desk, now)

    def _handed_on(self, contact: Contact, to: str, kind: str, how: str, now: Moment) -> None:
        contact.part.handed_on = True
        self._floor.write(contact, EventKind.TRANSFERRED, now, agent=contact.agent, to=to, to_kind=kind, how=how)

    def _take_over(self, contact: Contact, desk: Desk, now: Moment) -> None:
        contact.queue = self._floor.plan(contact.queue).name
        if desk.works_on(contact):
            self._routing.tell(
                acd.events.WorkTakenOver(
                    agent=acd.model.AgentId(desk.record.agent),
                    work=acd.model.InteractionId(contact.interaction),
                    queue=acd.model.QueueName(contact.queue),
                ),
                now,
            )
        else:
            self._routing.engage(contact, desk, acd.events.EngagementPhase.CONNECTED, since=now, now=now)
        self._floor.write(contact, EventKind.ANSWERED, now, agent=contact.agent, queue=contact.queue)
        self._pages.show(contact)
