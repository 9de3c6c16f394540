"""The watchdog: looks at the switch now and then, and puts right what does not agree with what we believe.

Everything that happens is told as a fact, so nothing should ever disagree. Should it all the same (a message that was
lost, a fault of ours), a caller must not hear music for ever, nor an agent count as busy with nobody. One look finds
things that are only on their way; what two looks in a row find is wrong. What concerns calls is put right by reading
the switch back, as after a lost link; what concerns our own books is put right here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import acd.events
import acd.model
from callcenter.api.messages import Repair
from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.events import LiveCall, Place, SwitchSnapshot
from callcenter.domain.ids import AgentId, CallId, InteractionId, OfferId
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, Stage
from callcenter.server.effects import LookAtSwitch
from callcenter.server.floor import Desk, Floor
from callcenter.server.live import WAITING_STAGES
from callcenter.server.pages import Pages
from callcenter.server.parts import Parts
from callcenter.server.repairs import repaired
from callcenter.server.routing import Routing
from callcenter.server.talk_recovery import AT_AN_AGENT

LOOK_EVERY = 15.0  # seconds

_NOT_WAITING = (Stage.ARRIVED, Stage.IVR, Stage.HANDING_OVER, Stage.CALLBACK, Stage.ELSEWHERE, Stage.WRAP_UP)
"""Where nobody looks for an agent for a caller: were he in the room all the same, he would hear music for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that two who should agree say differently; the same one twice is a fault."""

    repair: Repair
    agent: AgentId | None = None
    interaction: InteractionId | None = None
    call: CallId | None = None
    in_books: bool = False  # ours alone: the switch has no part in it


class Watchdog:
    """Looks at the switch → repairs."""

    def __init__(self, floor: Floor, *, routing: Routing, parts: Parts, pages: Pages, now: Moment) -> None:
        self._floor = floor
        self._routing = routing
        self._parts = parts
        self._pages = pages
        self._due = now.monotonic + LOOK_EVERY
        self._before: frozenset[Finding] = frozenset()

    def next_deadline(self) -> float:
        """Return when the switch is to be looked at again."""
        return self._due

    def time_passed(self, now: Moment) -> None:
        """Ask for a look, if it is time; without a link the next snapshot comes with the link."""
        if self._due > now.monotonic:
            return
        self._due = now.monotonic + LOOK_EVERY
        if self._floor.switch_up:
            self._floor.emit(LookAtSwitch())
        else:
            self._before = frozenset()

    def looked(self, snapshot: SwitchSnapshot, now: Moment) -> None:
        """Compare; what the look before found as well is put right and told."""
        found = list(dict.fromkeys(self._find(snapshot, now)))
        twice = [one for one in found if one in self._before]
        self._before = frozenset(found)
        for finding in twice:
            repaired(self._floor, finding.repair, now, agent=finding.agent, interaction=finding.interaction)
            if finding.in_books:
                self._put_right(finding, now)
        if any(not finding.in_books for finding in twice):
            self._floor.resynchronise("the watchdog found calls that are otherwise", now)

    # -- looking -----------------------------------------------------------------------------------------------------

    def _find(self, snapshot: SwitchSnapshot, now: Moment) -> Iterator[Finding]:
        live = {one.call: one for one in snapshot.calls}
        for call, contact in self._floor.by_call.items():
            yield from self._of_call(contact, live.get(call), now)
        for call, one in live.items():
            yield from self._of_unknown(call, one)
        offers = frozenset(OfferId(one.offer) for one in self._floor.engine.offers())
        for contact in self._floor.contacts.values():
            yield from self._of_own_phone(contact, live)
            yield from self._of_contact(contact, offers)
        for desk in self._floor.desks.values():
            yield from self._of_desk(desk)
            device = desk.record.device
            if (device in snapshot.in_service) is not (device in self._floor.in_service):
                yield Finding(repair=Repair.PHONE_CHANGED, agent=desk.record.agent)
        yield from self._of_line()

    def _of_call(self, contact: Contact, live: LiveCall | None, now: Moment) -> Iterator[Finding]:
        """A customer whom we know: is he there, and with whom we think?"""
        who, which = contact.agent, contact.interaction
        if live is None:
            if not self._routing.callbacks.settles(contact, now):
                yield Finding(repair=Repair.CALL_FORGOTTEN, agent=who, interaction=which)
        elif contact.stage is Stage.TALKING:
            if live.place not in AT_AN_AGENT or live.connection != contact.connection:
                yield Finding(repair=Repair.CUSTOMER_WITHOUT_AGENT, agent=who, interaction=which)
        elif live.place in AT_AN_AGENT and contact.stage is not Stage.ELSEWHERE:
            repair = Repair.CALL_FOUND if live.connection is not None else Repair.CUSTOMER_WITHOUT_AGENT
            yield Finding(repair=repair, interaction=which)
        elif live.place is Place.WAITING and contact.stage in _NOT_WAITING:
            yield Finding(repair=Repair.CUSTOMER_WITHOUT_AGENT, interaction=which)

    def _of_unknown(self, call: CallId, live: LiveCall) -> Iterator[Finding]:
        if call in self._floor.by_call or live.place is Place.CALLED_BACK:
            return
        if live.place is not Place.DIALLING:
            yield Finding(repair=Repair.CALL_FOUND, call=call)
        elif call not in self._floor.by_leg:
            desk = self._floor.desk_at(live.device)
            yield Finding(repair=Repair.CONNECTION_CLEARED, agent=desk.record.agent if desk else None, call=call)

    def _of_own_phone(self, contact: Contact, live: Mapping[CallId, LiveCall]) -> Iterator[Finding]:
        """An agent's phone without a customer (not yet, or not any more): is it off the hook?"""
        left = contact.stage is Stage.TALKING and contact.call.state is CallState.CLEARED
        if (left or contact.stage is Stage.DIALLING) and CallId(contact.connection or "") not in live:
            yield Finding(repair=Repair.CALL_FORGOTTEN, agent=contact.agent, interaction=contact.interaction)

    def _of_contact(self, contact: Contact, offers: frozenset[OfferId]) -> Iterator[Finding]:
        """Work after a talk that nobody does any more, and an offer that the engine does not know."""
        which = contact.interaction
        for part in (contact.part, *contact.earlier):
            desk = self._floor.desks.get(part.agent) if part.agent else None
            worked_on = desk is not None and desk.works_on(contact)
            if part.agent is not None and part.talk_ended_at is not None and not (part.completed or worked_on):
                yield Finding(repair=Repair.AGENT_FREED, agent=part.agent, interaction=which, in_books=True)
        offer = contact.offer
        if offer is not None and offer.offer not in offers:
            yield Finding(repair=Repair.AGENT_FREED, agent=offer.agent, interaction=which, in_books=True)

    def _of_desk(self, desk: Desk) -> Iterator[Finding]:
        """An agent who counts as busy with nothing, or whose page shows it."""
        agent = desk.record.agent
        for work in desk.state.interactions if desk.state else ():
            contact = self._floor.contacts.get(InteractionId(work))
            if contact is None or agent not in contact.concerned() or self._talks_to_nobody(desk, contact):
                yield Finding(repair=Repair.AGENT_FREED, agent=agent, interaction=InteractionId(work), in_books=True)
        if desk.contact is not None and desk.contact not in self._floor.contacts:
            yield Finding(repair=Repair.AGENT_FREED, agent=agent, interaction=desk.contact, in_books=True)

    def _talks_to_nobody(self, desk: Desk, contact: Contact) -> bool:
        """Tell whether the engine has an agent talking whose talk is over, so that no time ends his work."""
        part = contact.part_of(desk.record.agent)
        busy = desk.state is not None and desk.state.state is acd.model.AgentState.BUSY
        return busy and part is not None and part.talk_ended_at is not None and not contact.beside

    def _of_line(self) -> Iterator[Finding]:
        """Who waits by our books and not in the engine's, or the other way round."""
        waiting = {InteractionId(one.interaction) for one in self._floor.engine.waiting()}
        offered = {InteractionId(one.interaction) for one in self._floor.engine.offers()}
        for contact in self._floor.contacts.values():
            there = contact.stage is Stage.WAITING and contact.call.state is not CallState.CLEARED
            if there and contact.interaction not in waiting | offered:
                yield Finding(repair=Repair.CUSTOMER_WITHOUT_AGENT, interaction=contact.interaction, in_books=True)
        for interaction in waiting | offered:
            contact_of = self._floor.contacts.get(interaction)
            if contact_of is None or contact_of.stage not in WAITING_STAGES:
                yield Finding(repair=Repair.CALL_FORGOTTEN, interaction=interaction, in_books=True)

    # -- putting right -------------------------------------------------------------------------------------------------

    def _put_right(self, finding: Finding, now: Moment) -> None:
        contact = self._floor.contacts.get(finding.interaction) if finding.interaction else None
        match finding.repair:
            case Repair.AGENT_FREED if finding.agent is not None:
                self._free(finding.agent, finding.interaction, contact, now)
            case Repair.CUSTOMER_WITHOUT_AGENT if contact is not None:
                self._routing.enqueue(contact, now, came_back=True)
                self._routing.treatments.wait(contact)
            case Repair.CALL_FORGOTTEN if finding.interaction is not None:
                gone = acd.events.InteractionAbandoned(interaction=acd.model.InteractionId(finding.interaction))
                self._routing.tell(gone, now)
            case _:
                pass

    def _free(self, agent: AgentId, interaction: InteractionId | None, contact: Contact | None, now: Moment) -> None:
        desk = self._floor.desks.get(agent)
        if contact is not None and contact.offer is not None and contact.offer.agent == agent:
            rung = contact.offer.rung_at is not None
            self._routing.offer_over(contact, "cancelled", "cancelled", now)
            if rung:
                self._floor.command(commands.RecallCall(call=contact.call_id))
        if desk is None or interaction is None:
            return
        work = acd.model.InteractionId(interaction)
        if desk.state is not None and work in desk.state.interactions:
            self._routing.tell(acd.events.AgentReleased(agent=acd.model.AgentId(agent), work=work), now)
        part = contact.part_of(agent) if contact is not None else None
        if contact is not None and part is not None and part.talk_ended_at is not None:
            self._parts.finish(contact, part, now)
        self._pages.forget(desk, interaction)
