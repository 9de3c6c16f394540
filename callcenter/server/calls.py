"""What the switch reports about calls, applied to the floor: facts, so nothing here refuses or raises."""

from __future__ import annotations

import acd.events
import acd.model
from callcenter.domain import commands, events
from callcenter.domain.call import Call
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId, DeviceName
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server import views
from callcenter.server.contact import Contact, EndedBy, OpenOffer, Stage
from callcenter.server.effects import PassDigit, StopIvr
from callcenter.server.floor import Desk, Floor
from callcenter.server.ivr_orders import IvrOrders
from callcenter.server.live import Live
from callcenter.server.routing import Routing

_OUTCOMES: dict[Cause, tuple[str, views.Gone]] = {
    Cause.NO_ANSWER: ("unanswered", "missed"),
    Cause.BUSY: ("refused", "refused"),
    Cause.CALL_REJECTED: ("refused", "refused"),
}
_SWITCH_CAUSES = (
    Cause.SWITCH_FAILURE,
    Cause.MEDIA_LOST,
    Cause.UNREACHABLE,
    Cause.CONGESTION,
    Cause.UNKNOWN,
)
"""Causes that are nobody's hang-up: a leg was lost."""


class Calls:
    """Call events → contact, engine, effects."""

    def __init__(self, floor: Floor, routing: Routing, orders: IvrOrders, live: Live) -> None:
        self._floor = floor
        self._routing = routing
        self._orders = orders
        self._live = live

    def apply(self, event: events.CallEvent, now: Moment) -> None:
        """Take one fact about a call, as it happened."""
        if isinstance(event, events.Offered):
            self._offered(event, now)
            return
        contact = self._floor.by_call.get(event.call)
        if contact is None:
            self._unknown(event, now)
            return
        if not contact.call.apply(event):
            self._floor.misfit(f"{type(event).__name__} while {contact.stage}", now)
        self._follow(contact, event, now)

    def learn(self, contact: Contact, event: events.CallEvent, now: Moment) -> None:
        """Take one fact that a snapshot proves: what came before it may have been missed, and that is no wonder."""
        contact.call.apply(event)
        self._follow(contact, event, now)

    def _follow(self, contact: Contact, event: events.CallEvent, now: Moment) -> None:  # noqa: C901 -- a case an event
        if contact.treated is not None and isinstance(event, events.Queued | events.Delivered | events.Established):
            # Rung for, served, or taken out of our hands by the guard: after that he hears music.
            self._routing.treatments.end(contact, for_good=isinstance(event, events.Queued))
        match event:
            case events.Offered():
                pass
            case events.IvrEntered():
                self._ivr_entered(contact, now)
            case events.IvrLeft():
                self._ivr_left(contact)
            case events.DigitPressed():
                self._digit(contact, event.digit)
            case events.Queued():
                self._queued(contact, event, now)
            case events.Delivered():
                self._delivered(contact, event, now)
            case events.Established():
                self._established(contact, event, now)
            case events.Failed():
                self._failed(contact, event, now)
            case events.ConnectionCleared():
                self._connection_cleared(contact, event, now)
            case events.CallCleared():
                self._call_cleared(contact, event, now)
            case (
                events.Held()
                | events.Retrieved()
                | events.ServiceInitiated()
                | events.Originated()
                | events.Transferred()
                | events.Conferenced()
            ):
                pass  # nobody asks for these yet

    # -- arriving ----------------------------------------------------------------------------------------------------

    def _offered(self, event: events.Offered, now: Moment) -> None:
        if event.call in self._floor.by_call:
            return
        contact = Contact(
            interaction=self._floor.ids.interaction_id(),
            call=Call(event.call),
            arrived_at=now,
            called_number=event.called_number,
            calling_number=event.calling_number,
            calling_name=event.calling_name,
        )
        self.begin(contact, now)

    def begin(self, contact: Contact, now: Moment) -> None:
        """Begin an interaction: on the floor, in the journal, and on the caller's channel."""
        self._floor.add(contact)
        self._floor.write(
            contact,
            EventKind.STARTED,
            now,
            call=contact.call_id,
            called_number=contact.called_number,
            calling_number=contact.calling_number,
            calling_name=contact.calling_name,
        )
        self.mark(contact)

    def mark(self, contact: Contact) -> None:
        """Write on the caller's channel whose call it is, and which life of ours knows it."""
        mark = commands.MarkCall(call=contact.call_id, interaction=contact.interaction, epoch=self._floor.epoch)
        self._floor.command(mark)

    def _unknown(self, event: events.CallEvent, now: Moment) -> None:
        """A fact about a call we never heard of: its end needs nothing, anything else means that we are blind."""
        if not isinstance(event, events.CallCleared | events.ConnectionCleared | events.IvrLeft):
            self._floor.misfit(f"{type(event).__name__} of an unknown call", now)

    # -- in the IVR --------------------------------------------------------------------------------------------------

    def _ivr_entered(self, contact: Contact, now: Moment) -> None:
        match contact.stage:
            case Stage.ARRIVED | Stage.IVR:
                self._orders.start(contact, now)
            case Stage.WAITING:  # he has his place already: back into the room, or to the ringing agent
                if contact.offer is None:
                    self._routing.treatments.wait(contact)
            case Stage.FALLBACK | Stage.TALKING | Stage.WRAP_UP:
                self._back_in_line(contact, now)
                self._routing.treatments.wait(contact)
            case Stage.AFTER_IVR | Stage.CLOSED:
                pass

    def _ivr_left(self, contact: Contact) -> None:
        """Between two places: the next event tells where, and whether the caller has hung up; his session waits."""
        if contact.stage is Stage.IVR:
            contact.stage = Stage.ARRIVED

    def _digit(self, contact: Contact, digit: str) -> None:
        if contact.stage is Stage.IVR or contact.treated is not None:
            self._floor.emit(PassDigit(call=contact.call_id, digit=digit))

    # -- waiting -----------------------------------------------------------------------------------------------------

    def _queued(self, contact: Contact, event: events.Queued, now: Moment) -> None:
        if event.fallback:
            self._fell_back(contact, now)
            return
        match contact.stage:
            case Stage.ARRIVED | Stage.IVR:  # the guard took him out of our hands: a person helps
                self._stop_ivr(contact)
                self._orders.enqueue(contact, contact.queue, now)
            case Stage.FALLBACK:
                self._routing.unreserve(contact, "cancelled", now)
                self._routing.enqueue(contact, now)
            case Stage.TALKING | Stage.WRAP_UP:
                self._back_in_line(contact, now)
            case Stage.WAITING:  # a ring came to nothing: his treatment goes on, if he still has one
                if contact.offer is None and self._routing.treatments.flow(contact) is not None:
                    self._routing.treatments.wait(contact)
            case Stage.AFTER_IVR | Stage.CLOSED:
                pass

    def _fell_back(self, contact: Contact, now: Moment) -> None:
        """The switch's own queue took the caller (it missed our heartbeat): it will serve him, in our order."""
        match contact.stage:
            case Stage.FALLBACK | Stage.AFTER_IVR | Stage.CLOSED:
                return
            case Stage.ARRIVED | Stage.IVR:
                self._stop_ivr(contact)
            case Stage.WAITING:
                self._routing.withdraw(contact, "cancelled", "cancelled", now)
            case Stage.TALKING | Stage.WRAP_UP:
                self._leave_agent(contact, now)
        if contact.stage is not Stage.WAITING:
            self._orders.place(contact, contact.queue, now)
        contact.stage = Stage.FALLBACK
        self._floor.write(contact, EventKind.FELL_BACK, now)
        self._live.queue_changed(self._floor.plan(contact.queue).name)

    def _back_in_line(self, contact: Contact, now: Moment) -> None:
        """The caller has lost his agent and is still there (a phone died, say): he waits again, at his old place."""
        if contact.stage is Stage.FALLBACK:
            self._routing.unreserve(contact, "cancelled", now)
        else:
            self._leave_agent(contact, now)
            self._orders.place(contact, contact.queue, now)
        self._routing.enqueue(contact, now)

    def _leave_agent(self, contact: Contact, now: Moment) -> None:
        if contact.stage is Stage.TALKING:
            self.talk_ended(contact, "switch", Cause.UNKNOWN, now)
        self._routing.release(contact, now)

    # -- at an agent -------------------------------------------------------------------------------------------------

    def _delivered(self, contact: Contact, event: events.Delivered, now: Moment) -> None:
        offer = contact.offer
        if offer is not None and offer.device == event.device:
            offer.delivered = True
            self._floor.write(contact, EventKind.RANG, now, agent=offer.agent, offer=offer.offer)
            self._routing.tell(acd.events.OfferAlerting(offer=acd.model.OfferId(offer.offer)), now)
        elif contact.stage is Stage.FALLBACK and contact.rung_by_switch is None:
            desk = self._floor.desk_at(event.device)
            if desk is not None:
                self._routing.reserve(contact, desk, now)
        elif contact.stage is Stage.WAITING and offer is None:
            self._floor.misfit("a phone rings that nobody was offered", now)

    def _established(self, contact: Contact, event: events.Established, now: Moment) -> None:
        if contact.stage is Stage.TALKING and contact.connection == event.connection:
            return
        desk = self._floor.desk_at(event.device)
        accepted = self._leave_other_places(contact, desk, now)
        contact.device, contact.connection = event.device, event.connection
        contact.offered_at = accepted.made_at if accepted else contact.offered_at or now
        contact.answered_at = now
        contact.stage = Stage.TALKING
        contact.agent = desk.record.agent if desk else None
        self._floor.write(contact, EventKind.ANSWERED, now, agent=contact.agent, queue=contact.queue)
        if desk is None:
            self._floor.misfit("a talk with a device that is nobody's", now)
        elif accepted is not None:
            self._routing.tell(acd.events.OfferAccepted(offer=acd.model.OfferId(accepted.offer)), now)
        elif not desk.works_on(contact):  # somebody the engine did not choose took him: a fact
            self._routing.engage(contact, desk, acd.events.EngagementPhase.CONNECTED, since=now, now=now)
        self._routing.show(contact)
        if contact.queue:
            self._live.queue_changed(contact.queue)

    def _leave_other_places(self, contact: Contact, desk: Desk | None, now: Moment) -> OpenOffer | None:
        """End whatever does not go with a talk at this desk; return the offer that led to it, if one did."""
        agent = desk.record.agent if desk else None
        match contact.stage:
            case Stage.ARRIVED | Stage.IVR:
                self._stop_ivr(contact)
            case Stage.WAITING if contact.offer is not None and contact.offer.agent == agent:
                return self._routing.take_offer(contact)
            case Stage.WAITING:
                self._routing.withdraw(contact, "cancelled", "cancelled", now)
            case Stage.FALLBACK if contact.rung_by_switch == agent:
                contact.rung_by_switch = None
            case Stage.FALLBACK:
                self._routing.unreserve(contact, "cancelled", now)
            case Stage.TALKING | Stage.WRAP_UP:
                self._leave_agent(contact, now)
            case Stage.AFTER_IVR | Stage.CLOSED:
                pass
        return None

    def _failed(self, contact: Contact, event: events.Failed, now: Moment) -> None:
        if event.cause is Cause.CALLER_CANCELLED:
            return  # the caller's own end follows and says so
        outcome, gone = _OUTCOMES.get(event.cause, ("failed", "failed"))
        offer = contact.offer
        if offer is None or offer.device != event.device or offer.rung_at is None:
            if contact.rung_by_switch is not None and self._is_device_of(event.device, contact.rung_by_switch):
                self._routing.unreserve(contact, gone, now)
            return
        if event.cause is Cause.NORMAL_CLEARING and not offer.delivered:
            return  # an earlier attempt at the same phone that was taken back; this one is still to come
        self._routing.offer_over(contact, outcome, gone, now)
        engine_offer = acd.model.OfferId(offer.offer)
        if outcome == "unanswered":
            self._routing.tell(acd.events.OfferUnanswered(offer=engine_offer), now)
        elif outcome == "refused":
            self._routing.tell(acd.events.OfferRefused(offer=engine_offer), now)
        else:  # an attempt that was cleared normally was taken back, not spoilt by the phone
            trouble = event.cause is not Cause.NORMAL_CLEARING
            self._routing.tell(acd.events.OfferFailed(offer=engine_offer, device_trouble=trouble), now)

    def _is_device_of(self, device: DeviceName | None, agent: AgentId) -> bool:
        desk = self._floor.desk_at(device)
        return desk is not None and desk.record.agent == agent

    def _connection_cleared(self, contact: Contact, event: events.ConnectionCleared, now: Moment) -> None:
        """The agent's part is over. Whether the caller goes too, or waits again, the next event tells."""
        if contact.stage is Stage.TALKING and contact.connection == event.connection:
            by: EndedBy = "switch" if event.cause in _SWITCH_CAUSES else "agent" if event.by_agent else "caller"
            self.talk_ended(contact, by, event.cause, now)
            contact.stage = Stage.WRAP_UP
            self._routing.begin_wrap_up(contact, now)

    def talk_ended(self, contact: Contact, by: EndedBy | None, cause: Cause, now: Moment) -> None:
        """Write down that the talk is over; `by` is none where nobody saw it."""
        contact.talk_ended_at, contact.ended_by = now, by
        self._floor.write(contact, EventKind.TALK_ENDED, now, agent=contact.agent, ended_by=by, cause=cause.value)

    # -- the end -----------------------------------------------------------------------------------------------------

    def _call_cleared(self, contact: Contact, event: events.CallCleared, now: Moment) -> None:
        stage = contact.stage
        match stage:
            case Stage.ARRIVED | Stage.IVR:
                if contact.session:
                    self._stop_ivr(contact, hung_up=True)
                    contact.stage = Stage.AFTER_IVR
            case Stage.WAITING:
                self._routing.withdraw(contact, "abandoned", "caller_gone", now)
                if contact.treated is not None:
                    self._stop_ivr(contact, hung_up=True)
                    contact.stage = Stage.AFTER_IVR
            case Stage.FALLBACK:
                self._routing.unreserve(contact, "caller_gone", now)
            case Stage.TALKING:
                by: EndedBy = "switch" if event.cause in _SWITCH_CAUSES else "caller"
                self.talk_ended(contact, by, event.cause, now)
                contact.stage = Stage.WRAP_UP
            case Stage.AFTER_IVR | Stage.WRAP_UP | Stage.CLOSED:
                pass
        outcome = _outcome(contact, stage, event.cause)
        self._floor.write(contact, EventKind.ENDED, now, outcome=outcome, cause=event.cause.value)
        self._floor.forget_call(contact)
        if contact.stage is Stage.AFTER_IVR:
            self._floor.after_call[contact.call_id] = contact
        elif stage is Stage.TALKING:
            self._routing.begin_wrap_up(contact, now)
        elif not self._still_worked_on(contact):
            self._routing.finish(contact, now)
        if contact.queue:
            self._live.queue_changed(contact.queue)

    def _stop_ivr(self, contact: Contact, *, hung_up: bool = False) -> None:
        self._floor.emit(StopIvr(call=contact.call_id, session=contact.session, hung_up=hung_up))

    def _still_worked_on(self, contact: Contact) -> bool:
        desk = self._floor.desks.get(contact.agent) if contact.agent else None
        return desk is not None and desk.works_on(contact)

    # -- devices -----------------------------------------------------------------------------------------------------

    def device(self, device: DeviceName, *, in_service: bool, now: Moment) -> None:
        """An agent's phone can be reached, or cannot any more."""
        if in_service:
            self._floor.in_service.add(device)
        else:
            self._floor.in_service.discard(device)
        desk = self._floor.by_device.get(device)
        if desk is None:
            return
        self._live.agent_changed(desk.record.agent)
        if desk.state is not None:
            changed = acd.events.DeviceRegistrationChanged(
                agent=acd.model.AgentId(desk.record.agent), registered=in_service
            )
            self._routing.tell(changed, now)


def _outcome(contact: Contact, stage: Stage, cause: Cause) -> str:
    if stage in (Stage.TALKING, Stage.WRAP_UP):
        return "handled"
    if cause is Cause.SWITCH_FAILURE:
        return "switch_failure"
    if contact.flow is not None or (contact.left_message and stage is Stage.WAITING):
        return "overflowed"
    return "abandoned" if stage in (Stage.WAITING, Stage.FALLBACK) else "left_in_ivr"
