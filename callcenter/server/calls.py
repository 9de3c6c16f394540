"""What the switch reports about calls, applied to the floor: facts, so nothing here refuses or raises."""

from __future__ import annotations

import acd.events
import acd.model
from callcenter.domain import commands, events
from callcenter.domain.call import Call
from callcenter.domain.cause import Cause
from callcenter.domain.ids import DeviceName, QueueName
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server import views
from callcenter.server.contact import Contact, EndedBy, Stage
from callcenter.server.effects import Command, PassDigit, StopIvr
from callcenter.server.floor import Desk, Floor
from callcenter.server.ivr_orders import IvrOrders
from callcenter.server.live import Live
from callcenter.server.routing import Routing

_OUTCOMES: dict[Cause, tuple[str, views.Gone]] = {
    Cause.NO_ANSWER: ("unanswered", "missed"),
    Cause.BUSY: ("refused", "refused"),
    Cause.CALL_REJECTED: ("refused", "refused"),
}
_SWITCH_CAUSES = (Cause.SWITCH_FAILURE, Cause.MEDIA_LOST, Cause.UNKNOWN)


class Calls:
    """Call events → contact, engine, effects."""

    def __init__(self, floor: Floor, routing: Routing, orders: IvrOrders, live: Live) -> None:
        self._floor = floor
        self._routing = routing
        self._orders = orders
        self._live = live

    def apply(self, event: events.CallEvent, now: Moment) -> None:  # noqa: C901 -- one case per event
        """Take one fact about a call."""
        if isinstance(event, events.Offered):
            self._offered(event, now)
            return
        contact = self._floor.by_call.get(event.call)
        if contact is None:
            self._unknown(event, now)
            return
        if not contact.call.apply(event):
            self._floor.resynchronise(f"{type(event).__name__} while {contact.stage}", now)
        match event:
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
        self._floor.add(contact)
        self._floor.write(
            contact,
            EventKind.STARTED,
            now,
            call=event.call,
            called_number=event.called_number,
            calling_number=event.calling_number,
            calling_name=event.calling_name,
        )
        mark = commands.MarkCall(call=event.call, interaction=contact.interaction, epoch=self._floor.epoch)
        self._floor.emit(Command(command=mark))

    def _unknown(self, event: events.CallEvent, now: Moment) -> None:
        """A fact about a call we never heard of: its end needs nothing, anything else means that we are blind."""
        if not isinstance(event, events.CallCleared | events.ConnectionCleared | events.IvrLeft):
            self._floor.resynchronise(f"{type(event).__name__} of an unknown call", now)

    # -- in the IVR --------------------------------------------------------------------------------------------------

    def _ivr_entered(self, contact: Contact, now: Moment) -> None:
        if contact.stage is Stage.WAITING:  # he has his place already: back into the room, or to the ringing agent
            if contact.offer is None:
                self._orders.move_to_room(contact)
            return
        self._orders.start(contact, now)

    def _ivr_left(self, contact: Contact) -> None:
        if contact.stage is Stage.IVR:
            self._floor.emit(StopIvr(call=contact.call_id))

    def _digit(self, contact: Contact, digit: str) -> None:
        if contact.stage is Stage.IVR:
            self._floor.emit(PassDigit(call=contact.call_id, digit=digit))

    # -- waiting -----------------------------------------------------------------------------------------------------

    def _queued(self, contact: Contact, event: events.Queued, now: Moment) -> None:
        if event.fallback:
            self._fell_back(contact, now)
        elif contact.stage in (Stage.ARRIVED, Stage.IVR):  # the guard took him out of our hands: a person helps
            self._orders.enqueue(contact, contact.queue, now, moved=True)
        elif contact.stage is Stage.FALLBACK:
            self._routing.enqueue(contact, now)
        elif contact.stage is Stage.TALKING:
            self._lost_agent(contact, now)

    def _fell_back(self, contact: Contact, now: Moment) -> None:
        """The switch's own queue took the caller (it missed our heartbeat): it will serve him, in our order."""
        if contact.stage is Stage.FALLBACK:
            return
        if contact.stage is Stage.IVR:
            self._floor.emit(StopIvr(call=contact.call_id))
        if contact.stage is Stage.WAITING:
            self._routing.withdraw(contact, now)
        else:
            contact.queue = contact.queue or QueueName(self._floor.plan(None).name)
            contact.enqueued_at = contact.enqueued_at or now
            self._floor.write(contact, EventKind.QUEUED, now, queue=contact.queue, head_start=contact.head_start)
        contact.stage = Stage.FALLBACK
        self._floor.write(contact, EventKind.FELL_BACK, now)
        if contact.queue:
            self._live.queue_changed(contact.queue)

    def _lost_agent(self, contact: Contact, now: Moment) -> None:
        """The agent's phone died in the talk and the switch kept the caller: he is first in the line again."""
        if contact.agent is not None and contact.talk_ended_at is None:
            self._talk_ended(contact, "switch", Cause.MEDIA_LOST, now)
        contact.agent = contact.device = contact.connection = contact.talk_ended_at = contact.ended_by = None
        self._floor.write(
            contact, EventKind.QUEUED, now, queue=contact.queue, head_start=contact.head_start, again=True
        )
        self._routing.enqueue(contact, now)

    # -- at an agent -------------------------------------------------------------------------------------------------

    def _delivered(self, contact: Contact, event: events.Delivered, now: Moment) -> None:
        offer = contact.offer
        if offer is None or offer.device != event.device:
            return
        self._floor.write(contact, EventKind.RANG, now, agent=offer.agent, offer=offer.offer)
        self._routing.tell(acd.events.OfferAlerting(offer=acd.model.OfferId(offer.offer)), now)

    def _established(self, contact: Contact, event: events.Established, now: Moment) -> None:
        if contact.stage is Stage.TALKING and contact.device == event.device:
            return
        desk = self._floor.by_device.get(event.device)
        if desk is None:
            self._floor.resynchronise("a talk with a device that is nobody's", now)
            return
        offer, contact.offer = contact.offer, None
        waited_in = contact.queue
        contact.agent = desk.record.agent
        contact.device, contact.connection = event.device, event.connection
        contact.offered_at = offer.made_at if offer else now
        contact.answered_at = now
        was_waiting = contact.stage is Stage.WAITING
        contact.stage = Stage.TALKING
        self._floor.write(contact, EventKind.ANSWERED, now, agent=desk.record.agent, queue=waited_in)
        self._show(desk, contact)
        if offer is not None and offer.agent == desk.record.agent:
            self._routing.tell(acd.events.OfferAccepted(offer=acd.model.OfferId(offer.offer)), now)
        else:  # the switch's own queue, or somebody the engine did not choose, took him: a fact
            if was_waiting:
                self._routing.withdraw(contact, now)
            self._engage(contact, desk, now)
        self._routing.tell_contact(contact)
        if waited_in:
            self._live.queue_changed(waited_in)

    def _engage(self, contact: Contact, desk: Desk, now: Moment) -> None:
        if desk.state is None:
            return
        self._routing.tell(
            acd.events.EngagementRestored(
                agent=acd.model.AgentId(desk.record.agent),
                interaction=acd.model.InteractionId(contact.interaction),
                phase=acd.events.EngagementPhase.CONNECTED,
                since=now.monotonic,
                queue=acd.model.QueueName(self._floor.plan(contact.queue).name),
            ),
            now,
        )

    def _show(self, desk: Desk, contact: Contact) -> None:
        desk.contact = contact.interaction
        self._live.agent_changed(desk.record.agent)

    def _failed(self, contact: Contact, event: events.Failed, now: Moment) -> None:
        offer = contact.offer
        if offer is None or offer.device != event.device or not offer.rung:
            return
        if event.cause is Cause.CALLER_CANCELLED:
            return  # the caller's own end follows and says so
        outcome, gone = _OUTCOMES.get(event.cause, ("failed", "failed"))
        self._routing.offer_over(contact, outcome, gone, now)
        engine_offer = acd.model.OfferId(offer.offer)
        if outcome == "unanswered":
            self._routing.tell(acd.events.OfferUnanswered(offer=engine_offer), now)
        elif outcome == "refused":
            self._routing.tell(acd.events.OfferRefused(offer=engine_offer), now)
        else:
            self._routing.tell(acd.events.OfferFailed(offer=engine_offer, device_trouble=True), now)

    def _connection_cleared(self, contact: Contact, event: events.ConnectionCleared, now: Moment) -> None:
        if contact.stage is not Stage.TALKING or contact.talk_ended_at is not None:
            return
        by: EndedBy = "switch" if event.cause in _SWITCH_CAUSES else "agent" if event.by_agent else "caller"
        self._talk_ended(contact, by, event.cause, now)

    def _talk_ended(self, contact: Contact, by: EndedBy, cause: Cause, now: Moment) -> None:
        contact.talk_ended_at, contact.ended_by = now, by
        self._floor.write(contact, EventKind.TALK_ENDED, now, agent=contact.agent, ended_by=by, cause=cause.value)
        if contact.agent is None:
            return
        ended = acd.events.InteractionEnded(
            interaction=acd.model.InteractionId(contact.interaction), agent=acd.model.AgentId(contact.agent)
        )
        if cause is not Cause.MEDIA_LOST:  # with a lost phone the caller comes back; otherwise the wrap-up begins
            contact.stage = Stage.WRAP_UP
        self._routing.tell(ended, now)
        self._routing.tell_contact(contact)

    # -- the end -----------------------------------------------------------------------------------------------------

    def _call_cleared(self, contact: Contact, event: events.CallCleared, now: Moment) -> None:
        stage = contact.stage
        if stage is Stage.TALKING and contact.talk_ended_at is None:
            by: EndedBy = "switch" if event.cause in _SWITCH_CAUSES else "caller"
            self._talk_ended(contact, by, event.cause, now)
        elif stage is Stage.IVR:
            self._floor.emit(StopIvr(call=contact.call_id))
        elif stage is Stage.WAITING:
            self._routing.withdraw(contact, now)
        outcome = self._outcome(contact, stage, event.cause)
        self._floor.write(contact, EventKind.ENDED, now, outcome=outcome, cause=event.cause.value)
        self._floor.forget_call(contact)
        if contact.stage is Stage.TALKING:
            contact.stage = Stage.WRAP_UP
        if not self._still_worked_on(contact):
            self._routing.close(contact, now)
        if contact.queue:
            self._live.queue_changed(contact.queue)

    def _outcome(self, contact: Contact, stage: Stage, cause: Cause) -> str:
        if contact.answered_at is not None:
            return "handled"
        if cause is Cause.SWITCH_FAILURE:
            return "switch_failure"
        return "abandoned" if stage in (Stage.WAITING, Stage.FALLBACK) else "left_in_ivr"

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
