"""Calls that an agent makes himself: to a number outside, or to a colleague.

His own phone is rung first; when it is off the hook, the other side is called. Who answers takes the customer's part in
the interaction from then on, so that an outgoing talk is held, consulted about and handed over like any other.
"""

from __future__ import annotations

from callcenter.api import calls
from callcenter.api.calls import CallDirection, CallRefusal
from callcenter.api.messages import Reply
from callcenter.domain import commands, events
from callcenter.domain.call import Call, CallState
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId, CallId, own_call
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.callees import Callee, Callees
from callcenter.server.contact import Contact, Part, Stage
from callcenter.server.floor import Desk, Floor
from callcenter.server.pages import Pages
from callcenter.server.parts import Parts
from callcenter.server.refusals import refused
from callcenter.server.routing import Routing


class OwnCalls:
    """Requests to call somebody, and what becomes of them until somebody answers."""

    def __init__(self, floor: Floor, *, routing: Routing, parts: Parts, pages: Pages, callees: Callees) -> None:
        self._floor = floor
        self._routing = routing
        self._parts = parts
        self._pages = pages
        self._callees = callees

    # -- asked for -----------------------------------------------------------------------------------------------------

    def make(self, request_id: str, request: calls.MakeCall, now: Moment) -> Reply:
        """Begin a call, or refuse it: its agent must be free, and the dial plan content."""
        desk = self._floor.desks.get(AgentId(request.agent))
        if desk is None:
            return refused(CallRefusal.NOT_YOURS)
        hindrance = self._hindrance(desk)
        if hindrance is not None:
            return refused(hindrance)
        callee = self._callees.find(request.target, desk.record.agent)
        if isinstance(callee, CallRefusal):
            return refused(callee)
        contact = self._contact(desk, callee, now)
        hindrance = self._reserve(request_id, contact, desk, callee.desk, now)
        if hindrance is not None:
            return refused(hindrance)
        self._begin(contact, desk, callee, request, now)
        return calls.CallMade(interaction=contact.interaction)

    def _hindrance(self, desk: Desk) -> CallRefusal | None:
        if desk.state is None:
            return CallRefusal.NOT_YOURS
        if not self._floor.switch_up:
            return CallRefusal.SWITCH_DOWN
        if desk.record.device not in self._floor.in_service:
            return CallRefusal.NO_PHONE
        return CallRefusal.BUSY if desk.state.interactions or desk.contact is not None else None

    def _reserve(
        self, request_id: str, contact: Contact, desk: Desk, colleague: Desk | None, now: Moment
    ) -> CallRefusal | None:
        """Take both agents out of the engine's hands before anything rings: no offer may come between."""
        if self._routing.take_for_own_call(contact, desk, now, request_id=request_id) is not None:
            return CallRefusal.BUSY
        if colleague is not None:
            if self._routing.take_for_consultation(contact, colleague, now, request_id=request_id) is not None:
                self._routing.free(desk, contact, "cancelled", now)
                return CallRefusal.TARGET_BUSY
            contact.colleague = colleague.record.agent
        return None

    def _contact(self, desk: Desk, callee: Callee, now: Moment) -> Contact:
        interaction = self._floor.ids.interaction_id()
        own = own_call(interaction)
        return Contact(
            interaction=interaction,
            call=Call(CallId(own)),
            arrived_at=now,
            called_number=callee.number or "",
            calling_number="",
            calling_name=callee.desk.record.name if callee.desk else "",
            stage=Stage.DIALLING,
            direction=CallDirection.OUT if callee.desk is None else CallDirection.INTERNAL,
            queue=self._floor.plan(self._floor.catalogue.dialling.queue).name,
            part=Part(agent=desk.record.agent, device=desk.record.device, connection=own, offered_at=now),
        )

    def _begin(self, contact: Contact, desk: Desk, callee: Callee, request: calls.MakeCall, now: Moment) -> None:
        own = own_call(contact.interaction)
        self._floor.contacts[contact.interaction] = contact
        self._floor.know_leg(contact, own)
        self._floor.write(
            contact,
            EventKind.STARTED,
            now,
            call=own,
            called_number=contact.called_number,
            calling_number=contact.calling_number,
            calling_name=contact.calling_name,
            direction=contact.direction.value,
            about=request.about,
        )
        self._floor.write(contact, EventKind.DIALLED, now, agent=contact.agent, to=callee.name, to_kind=callee.kind)
        self._floor.command(
            commands.MakeCall(
                connection=own, device=desk.record.device, to=callee.destination, interaction=contact.interaction
            )
        )
        self._pages.show_at(desk, contact)
        if callee.desk is not None:
            self._pages.show_at(callee.desk, contact)

    # -- what becomes of it -------------------------------------------------------------------------------------------

    def apply(self, contact: Contact, event: events.CallEvent, now: Moment) -> None:
        """Take one fact about a call that nobody has answered yet."""
        match event:
            case events.Established():
                self._reached(contact, event, now)
            case events.Failed():
                contact.failed = event.cause
            case events.CallCleared():
                self.not_reached(contact, contact.failed or event.cause, now)
            case events.Delivered() | events.Originated():
                self._pages.refresh(contact)
            case _:
                pass

    def _reached(self, contact: Contact, event: events.Established, now: Moment) -> None:
        contact.call = Call(CallId(event.connection), CallState.CONNECTED)
        self._floor.by_call[contact.call_id] = contact
        contact.stage = Stage.TALKING
        contact.part.answered_at = contact.since = now
        self._floor.command(
            commands.MarkCall(call=contact.call_id, interaction=contact.interaction, epoch=self._floor.epoch)
        )
        self._floor.write(contact, EventKind.ANSWERED, now, agent=contact.agent, queue=contact.queue)
        self._pages.refresh(contact)

    def not_reached(self, contact: Contact, cause: Cause, now: Moment) -> None:
        """Nobody answered, or the agent has given it up: no work follows."""
        if contact.connection is not None:
            self._floor.forget_leg(contact.connection)
        contact.call.state = CallState.CLEARED
        contact.failed = cause
        self._floor.write(contact, EventKind.ENDED, now, outcome="not_reached", cause=cause.value)
        self.colleague_is_free(contact, now)
        contact.part.completed = True
        desk = self._floor.desks.get(contact.agent) if contact.agent else None
        if desk is not None:
            self._routing.free(desk, contact, "failed", now)
        self._parts.close_if_over(contact, now)

    def colleague_is_free(self, contact: Contact, now: Moment) -> None:
        """A call between agents is over for the one who was called."""
        agent, contact.colleague = contact.colleague, None
        desk = self._floor.desks.get(agent) if agent else None
        if desk is not None:
            self._routing.free(desk, contact, "completed", now)
