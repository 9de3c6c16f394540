"""What supervisors ask for about others: an agent's state, work that is stuck, a promised call. Each leaves a trace.

Whoever does it is named on the board, in the interaction's story, and in the log.
"""

from __future__ import annotations

import acd.events
import acd.model
from callcenter.api import messages
from callcenter.api.messages import Done, Refused, Repair, Reply
from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId, InteractionId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, Stage
from callcenter.server.effects import Tell
from callcenter.server.floor import Desk, Floor
from callcenter.server.own_calls import OwnCalls
from callcenter.server.pages import Pages
from callcenter.server.parties import Parties
from callcenter.server.parts import Parts
from callcenter.server.repairs import repaired
from callcenter.server.routing import Routing
from callcenter.server.talks import Talks

FORCED = "forced"  # the not-ready reason when the supervisor gave none
_DONE = Done()


class Supervision:
    """Supervisors' requests → engine, commands, a reply."""

    def __init__(
        self,
        floor: Floor,
        *,
        routing: Routing,
        talks: Talks,
        parties: Parties,
        own_calls: OwnCalls,
        parts: Parts,
        pages: Pages,
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._talks = talks
        self._parties = parties
        self._own_calls = own_calls
        self._parts = parts
        self._pages = pages

    # -- states ------------------------------------------------------------------------------------------------------

    def force_state(self, request_id: str, request: messages.ForceState, now: Moment) -> Reply:
        """Set an agent's state; during a contact it is what he takes after it, but for signing off."""
        desk = self._floor.desks.get(AgentId(request.agent))
        if desk is None or desk.state is None:
            return Refused(code="unknown_agent", message="this agent is not signed on")
        known = {reason.name for reason in self._floor.catalogue.reasons}
        if request.reason is not None and request.reason not in known:
            return Refused(code="unknown_reason", message="no such not-ready reason")
        before, desk.forced_by = desk.forced_by, request.by
        if request.state is messages.AgentStateName.NULL:
            self._sign_off(desk, request.by, now)
        else:
            ready = request.state is messages.AgentStateName.READY
            refusal = self._routing.tell(
                acd.events.AgentStateRequested(
                    request_id=acd.model.RequestId(request_id),
                    agent=acd.model.AgentId(desk.record.agent),
                    state=acd.model.RequestedState.READY if ready else acd.model.RequestedState.NOT_READY,
                    reason=acd.model.NotReadyReason("" if ready else request.reason or FORCED),
                ),
                now,
            )
            if refusal is not None:
                desk.forced_by = before
                return Refused(code=refusal.name.lower(), message=refusal.text)
        self._pages.agent_changed(desk)
        repaired(self._floor, Repair.STATE_FORCED, now, agent=desk.record.agent, by=request.by)
        return _DONE

    def _sign_off(self, desk: Desk, by: str, now: Moment) -> None:
        """End his time at work whatever he does; a talk goes on, for a customer is not cut off by a form."""
        self._routing.tell(acd.events.AgentLoggedOff(agent=acd.model.AgentId(desk.record.agent)), now)
        self._floor.desktops_due.pop(desk.record.agent, None)
        if desk.desktop is not None:
            dismissed = messages.DesktopDismissed(agent=desk.record.agent, desktop=desk.desktop, by=by)
            self._floor.emit(Tell(report=dismissed))
            desk.desktop = None

    # -- promises ----------------------------------------------------------------------------------------------------

    def drop_promise(self, request: messages.DropPromise, now: Moment) -> Reply:
        """Give up a promise to call a customer back, whose turn has not come."""
        self._routing.time_passed(now)  # it may come, or the time be over, in this very moment
        contact = self._floor.contacts.get(InteractionId(request.interaction))
        promise = contact.promise if contact is not None and contact.stage is Stage.CALLBACK else None
        if contact is None or promise is None:
            return Refused(code="promise_gone", message="nobody is to be called back for this contact")
        if promise.call is not None:
            return Refused(code="being_called", message="this customer is being called now")
        repaired(self._floor, Repair.PROMISE_DROPPED, now, interaction=contact.interaction, by=request.by)
        self._routing.callbacks.withdraw(contact, request.by, now)
        return _DONE

    # -- contacts ------------------------------------------------------------------------------------------------------

    def clear_contact(self, request: messages.ClearContact, now: Moment) -> Reply:
        """End an agent's work on a contact, whatever it is. A customer who is still there waits for another agent."""
        contact = self._floor.contacts.get(InteractionId(request.interaction))
        agent = AgentId(request.agent)
        desk = self._floor.desks.get(agent)
        if contact is None or desk is None or agent not in contact.concerned():
            return Refused(code="unknown_contact", message="this agent does not work on such a contact")
        if not self._floor.switch_up and contact.call.state is not CallState.CLEARED:
            return Refused(code="switch_down", message="the switch cannot be told")
        self._floor.write(contact, EventKind.CLEARED, now, agent=agent, by=request.by)
        repaired(
            self._floor,
            Repair.CONTACT_CLEARED,
            now,
            agent=agent,
            interaction=contact.interaction,
            by=request.by,
        )
        self._clear(contact, desk, now)
        return _DONE

    def _clear(self, contact: Contact, desk: Desk, now: Moment) -> None:
        agent = desk.record.agent
        if contact.offer is not None and contact.offer.agent == agent:
            self._routing.reject(contact, now)
        elif contact.beside is not None and contact.beside.agent == agent:
            self._parties.let_go(contact, now)
            self._pages.refresh(contact)
        elif contact.rung_by_switch == agent:
            self._routing.unreserve(contact, "cancelled", now)
        elif contact.colleague == agent:
            self._own_calls.colleague_is_free(contact, now)
        elif contact.agent == agent and contact.stage is Stage.DIALLING:
            self._put_down(contact)
            self._own_calls.not_reached(contact, Cause.NORMAL_CLEARING, now)
        elif contact.agent == agent and contact.stage is Stage.TALKING:
            self._end_talk(contact, desk, now)
        else:
            self._end_work(contact, desk, now)

    def _end_talk(self, contact: Contact, desk: Desk, now: Moment) -> None:
        if contact.party is not None:
            self._parties.let_go(contact, now)
        self._put_down(contact)
        if contact.call.state is CallState.CLEARED:
            self._parts.talk_ended(contact, "agent", Cause.NORMAL_CLEARING, now)
            contact.stage = Stage.WRAP_UP
        else:
            self._talks.back_to_line(contact, "agent", Cause.NORMAL_CLEARING, now)
        self._end_work(contact, desk, now)

    def _end_work(self, contact: Contact, desk: Desk, now: Moment) -> None:
        """No wrap-up follows: what is stuck would be so again."""
        part = contact.part_of(desk.record.agent)
        self._routing.free(desk, contact, "completed", now)
        if part is not None and not part.completed:
            self._parts.finish(contact, part, now)

    def _put_down(self, contact: Contact) -> None:
        if contact.connection is not None:
            self._floor.command(commands.ClearConnection(connection=contact.connection))
