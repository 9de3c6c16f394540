"""What the switch reports about calls, applied to the floor: facts, so nothing here refuses or raises."""

from __future__ import annotations

import acd.events
import acd.model
from callcenter.domain import commands, events
from callcenter.domain.call import Call
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId, ConnectionId, DeviceName
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server import views
from callcenter.server.beside import BesideCalls
from callcenter.server.contact import Contact, OpenOffer, Promise, Stage
from callcenter.server.effects import PassDigit, StopIvr
from callcenter.server.floor import Desk, Floor
from callcenter.server.flow_transfers import FlowTransfers
from callcenter.server.ivr_orders import IvrOrders
from callcenter.server.live import Live
from callcenter.server.own_calls import OwnCalls
from callcenter.server.pages import Pages
from callcenter.server.parts import Parts
from callcenter.server.routing import Routing
from callcenter.server.surveys import Surveys
from callcenter.server.talks import Talks
from callcenter.server.undertakings import Undertakings

_OUTCOMES: dict[Cause, tuple[str, views.Gone]] = {
    Cause.NO_ANSWER: ("unanswered", "missed"),
    Cause.BUSY: ("refused", "refused"),
    Cause.CALL_REJECTED: ("refused", "refused"),
}


class Calls:
    """Call events → contact, engine, effects."""

    def __init__(
        self,
        floor: Floor,
        live: Live,
        *,
        routing: Routing,
        orders: IvrOrders,
        talks: Talks,
        beside: BesideCalls,
        own_calls: OwnCalls,
        undertakings: Undertakings,
        parts: Parts,
        pages: Pages,
        surveys: Surveys,
        transfers: FlowTransfers,
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._orders = orders
        self._talks = talks
        self._beside = beside
        self._own_calls = own_calls
        self._undertakings = undertakings
        self._parts = parts
        self._pages = pages
        self._live = live
        self._surveys = surveys
        self._transfers = transfers

    def apply(self, event: events.CallEvent, now: Moment) -> None:
        """Take one fact about a call, as it happened."""
        if isinstance(event, events.Offered):
            self._offered(event, now)
            return
        contact = self._floor.by_call.get(event.call)
        if contact is None:
            self._of_agents(event, now)
            return
        if contact.stage is Stage.CALLBACK and self._routing.callbacks.follow(contact, event, now):
            return
        if not contact.call.apply(event):
            self._floor.misfit(f"{type(event).__name__} while {contact.stage}", now)
        self._understand(contact, event, now)
        self._surveys.mark(contact)
        self._undertakings.seen(contact, event)

    def _of_agents(self, event: events.CallEvent, now: Moment) -> None:
        """A fact about an agent's own connection: somebody called beside a customer, or instead of one."""
        contact = self._floor.by_leg.get(event.call)
        if contact is None:
            self._unknown(event, now)
            return
        if contact.stage is Stage.DIALLING:
            self._own_calls.apply(contact, event, now)
        else:
            self._beside.apply(contact, event, now)
        self._undertakings.seen(contact, event)

    def learn(self, contact: Contact, event: events.CallEvent, now: Moment) -> None:
        """Take one fact that a snapshot proves: what came before it may have been missed, and that is no wonder."""
        lost = isinstance(event, events.CallCleared) and event.cause is Cause.SWITCH_FAILURE
        if contact.stage is Stage.CALLBACK and self._routing.callbacks.follow(contact, event, now, lost=lost):
            return
        contact.call.apply(event)
        self._understand(contact, event, now)

    def _understand(self, contact: Contact, event: events.CallEvent, now: Moment) -> None:
        if contact.stage is not Stage.HANDING_OVER or not self._transfers.follow(contact, event, now):
            self._follow(contact, event, now)

    def _follow(self, contact: Contact, event: events.CallEvent, now: Moment) -> None:
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
            case _:
                self._talks.follow(contact, event, now)

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
        if isinstance(event, events.ServiceInitiated):  # a phone off the hook that has nobody: it is put down
            self._floor.command(commands.ClearConnection(connection=ConnectionId(event.call)))
        elif not isinstance(event, events.CallCleared | events.ConnectionCleared | events.IvrLeft):
            self._floor.misfit(f"{type(event).__name__} of an unknown call", now)

    # -- in the IVR --------------------------------------------------------------------------------------------------

    def _ivr_entered(self, contact: Contact, now: Moment) -> None:
        match contact.stage:
            case Stage.ARRIVED | Stage.IVR:
                self._orders.start(contact, now)
            case Stage.WAITING:  # he has his place already: back into the room, or to the ringing agent
                if contact.offer is None:
                    self._routing.treatments.wait(contact)
            case Stage.WRAP_UP if (survey := contact.survey_mark) is not None and not contact.surveyed:
                self._surveys.begin(contact, survey, now)
            case Stage.FALLBACK | Stage.TALKING | Stage.WRAP_UP | Stage.ELSEWHERE:
                self._back_in_line(contact, now)
                self._routing.treatments.wait(contact)
            case Stage.HANDING_OVER | Stage.DIALLING | Stage.AFTER_IVR | Stage.SURVEY | Stage.CALLBACK | Stage.CLOSED:
                pass

    def _ivr_left(self, contact: Contact) -> None:
        """Between two places: the next event tells where, and whether the caller has hung up; his session waits."""
        if contact.stage is Stage.IVR:
            contact.stage = Stage.ARRIVED

    def _digit(self, contact: Contact, digit: str) -> None:
        if contact.stage in (Stage.IVR, Stage.SURVEY) or contact.treated is not None:
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
                self._routing.enqueue(contact, now, came_back=True)
            case Stage.TALKING | Stage.WRAP_UP | Stage.ELSEWHERE:
                self._back_in_line(contact, now)
            case Stage.WAITING:  # a ring came to nothing: his treatment goes on, if he still has one
                if contact.offer is None and self._routing.treatments.flow(contact) is not None:
                    self._routing.treatments.wait(contact)
            case Stage.HANDING_OVER | Stage.DIALLING | Stage.AFTER_IVR | Stage.SURVEY | Stage.CALLBACK | Stage.CLOSED:
                pass

    def _fell_back(self, contact: Contact, now: Moment) -> None:
        """The switch's own queue took the caller (it missed our heartbeat): it will serve him, in our order."""
        match contact.stage:
            case (
                Stage.FALLBACK
                | Stage.HANDING_OVER
                | Stage.DIALLING
                | Stage.AFTER_IVR
                | Stage.SURVEY
                | Stage.CALLBACK
                | Stage.CLOSED
            ):
                return
            case Stage.ARRIVED | Stage.IVR:
                self._stop_ivr(contact)
            case Stage.WAITING:
                self._routing.withdraw(contact, "cancelled", "cancelled", now)
            case Stage.TALKING | Stage.WRAP_UP | Stage.ELSEWHERE:
                self._leave_agent(contact, now)
        if contact.stage is not Stage.WAITING:
            self._orders.place(contact, contact.queue, now)
        contact.stage = Stage.FALLBACK
        self._floor.write(contact, EventKind.FELL_BACK, now)
        self._live.queue_changed(self._floor.plan(contact.queue).name)

    def _back_in_line(self, contact: Contact, now: Moment) -> None:
        """The caller has lost his agent and is still there (a phone died, say): he waits again, at his old place."""
        died = contact.part.ended_by == "switch"
        if contact.stage is Stage.FALLBACK:
            self._routing.unreserve(contact, "cancelled", now)
        else:
            agent, lost = contact.agent, contact.part.ended_by in (None, "switch")
            self._leave_agent(contact, now)
            if lost:
                self._talks.expect_back(contact, agent, now)
            self._orders.place(contact, contact.queue, now)
        self._routing.enqueue(contact, now, came_back=True)
        if died:
            self._routing.ring_who_is_there(contact, now)

    def _leave_agent(self, contact: Contact, now: Moment) -> None:
        if contact.stage is Stage.TALKING:
            self._parts.talk_ended(contact, "switch", Cause.UNKNOWN, now)
        self._talks.leave(contact, now)
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
        if contact.connection == event.connection and contact.stage in (Stage.TALKING, Stage.ELSEWHERE):
            return
        desk = self._floor.desk_at(event.device)
        if desk is None and event.device is None and contact.stage is Stage.ELSEWHERE:
            contact.part.connection, contact.part.answered_at = event.connection, now
            contact.since = now
            return
        accepted = self._leave_other_places(contact, desk, now)
        contact.part.device, contact.part.connection = event.device, event.connection
        contact.part.offered_at = accepted.made_at if accepted else contact.part.offered_at or now
        contact.part.answered_at = now
        contact.part.agent = desk.record.agent if desk else None
        contact.stage, contact.waits_for, contact.since = Stage.TALKING, None, now
        contact.promise = None
        self._floor.know_leg(contact, event.connection)
        self._floor.write(contact, EventKind.ANSWERED, now, agent=contact.agent, queue=contact.queue)
        if desk is None:
            self._floor.misfit("a talk with a device that is nobody's", now)
        elif accepted is not None:
            self._routing.tell(acd.events.OfferAccepted(offer=acd.model.OfferId(accepted.offer)), now)
        elif not desk.works_on(contact):  # somebody the engine did not choose took him: a fact
            self._routing.engage(contact, desk, acd.events.EngagementPhase.CONNECTED, since=now, now=now)
        self._pages.show(contact)
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
            case Stage.TALKING | Stage.WRAP_UP | Stage.ELSEWHERE:
                self._leave_agent(contact, now)
            case Stage.HANDING_OVER | Stage.AFTER_IVR | Stage.SURVEY | Stage.DIALLING | Stage.CALLBACK | Stage.CLOSED:
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
            trouble = event.cause is not Cause.NORMAL_CLEARING and not self._routing.rings_again(contact, offer, now)
            self._routing.tell(acd.events.OfferFailed(offer=engine_offer, device_trouble=trouble), now)

    def _is_device_of(self, device: DeviceName | None, agent: AgentId) -> bool:
        desk = self._floor.desk_at(device)
        return desk is not None and desk.record.agent == agent

    def _connection_cleared(self, contact: Contact, event: events.ConnectionCleared, now: Moment) -> None:
        """Somebody's part is over. Whether the caller goes too, or waits again, the next event tells."""
        if contact.stage is Stage.TALKING and contact.connection == event.connection:
            self._talks.agent_left(contact, event, now)
        else:
            self._floor.forget_leg(event.connection)

    # -- the end -----------------------------------------------------------------------------------------------------

    def _call_cleared(self, contact: Contact, event: events.CallCleared, now: Moment) -> None:
        stage = contact.stage
        self._take_out(contact, now)
        if contact.promise is not None and stage in _PROMISED:
            self._keeps_his_place(contact, contact.promise, now)
            return
        if stage is Stage.TALKING:
            self._talks.customer_left(contact, event.cause, now)
        outcome = _outcome(contact, stage, event.cause)
        self._floor.write(contact, EventKind.ENDED, now, outcome=outcome, cause=event.cause.value)
        self._floor.forget_call(contact)
        self._own_calls.colleague_is_free(contact, now)
        if contact.stage in (Stage.WAITING, Stage.FALLBACK):  # he waits no more, though an agent may still work
            contact.stage = Stage.WRAP_UP
        if contact.stage is Stage.AFTER_IVR:
            self._floor.after_call[contact.call_id] = contact
        elif contact.stage is Stage.WRAP_UP and stage is Stage.TALKING:
            self._routing.begin_wrap_up(contact, now)
        elif contact.stage is not Stage.TALKING and not self._still_worked_on(contact):
            self._parts.finish(contact, contact.part, now)
        if contact.queue:
            self._live.queue_changed(contact.queue)

    def _take_out(self, contact: Contact, now: Moment) -> None:
        """The caller is gone from where he was: out of his flow, out of his queue."""
        match contact.stage:
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
            case Stage.SURVEY:
                self._stop_ivr(contact, hung_up=True)
                contact.stage = Stage.AFTER_IVR
            case _:
                pass

    def _keeps_his_place(self, contact: Contact, promise: Promise, now: Moment) -> None:
        """Who hangs up with a call promised goes on waiting; his flow, if it runs, runs its hang-up exits beside."""
        if contact.stage is Stage.AFTER_IVR:
            contact.treated = None
            self._floor.after_call[contact.call_id] = contact
        self._floor.forget_call(contact)
        self._orders.place_promised(contact, promise, now)
        self._routing.callbacks.begin(contact, promise, now)

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
            if in_service:
                self._routing.ring_back(desk, now)


_PROMISED = (Stage.ARRIVED, Stage.IVR, Stage.WAITING, Stage.FALLBACK)
"""Where a caller has not been served, so that a promise to call him back still means something."""


def _outcome(contact: Contact, stage: Stage, cause: Cause) -> str:
    if stage in (Stage.TALKING, Stage.WRAP_UP, Stage.SURVEY, Stage.ELSEWHERE):
        return "handled"
    if cause is Cause.SWITCH_FAILURE:
        return "switch_failure"
    if contact.flow is not None or (contact.left_message and stage is Stage.WAITING):
        return "overflowed"
    return "abandoned" if stage in (Stage.WAITING, Stage.FALLBACK) or contact.enqueued_at else "left_in_ivr"
