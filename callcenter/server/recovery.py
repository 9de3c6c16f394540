"""Recovery is replay: a snapshot of the switch becomes synthetic facts for the normal entrance.

After a lost link the contacts are known and only their differences are told. After a start of ours nothing is known:
the channels say where each caller is, the journal says what he had answered and what had been done.
The order matters: who is busy is told before who waits, who waits before who is ready, so that no offer is made that
the switch's state already answers; and a phone that rings already goes on ringing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import acd.events
import acd.model
from callcenter.api.messages import CustomerCard
from callcenter.domain import commands, events
from callcenter.domain.call import Call, CallState
from callcenter.domain.cause import Cause
from callcenter.domain.events import LiveCall, Place, SwitchSnapshot
from callcenter.domain.ids import (
    AgentId,
    CallId,
    ConnectionId,
    DeviceName,
    InteractionId,
    OfferId,
    is_callback_call,
)
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.ports import Remembered
from callcenter.server.agent_recovery import AgentRecovery
from callcenter.server.calls import Calls
from callcenter.server.contact import Contact, OpenOffer, Promise, Stage
from callcenter.server.floor import Desk, Floor
from callcenter.server.flow_transfers import settles
from callcenter.server.ivr_orders import IvrOrders
from callcenter.server.memory import STATES, Memory, has_ended
from callcenter.server.pages import Pages
from callcenter.server.parts import Parts
from callcenter.server.recall import instant
from callcenter.server.routing import Routing
from callcenter.server.surveys import Surveys
from callcenter.server.talk_recovery import AT_AN_AGENT, TalkRecovery

RING_SETTLES = 5.0  # seconds after which an ordered ring must show in a snapshot
ARRIVAL_SETTLES = 5.0  # seconds after which a new caller must


class Recovery:
    """Snapshots → facts."""

    def __init__(
        self,
        floor: Floor,
        *,
        routing: Routing,
        orders: IvrOrders,
        calls: Calls,
        memory: Memory,
        agents: AgentRecovery,
        talks: TalkRecovery,
        parts: Parts,
        pages: Pages,
        surveys: Surveys,
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._orders = orders
        self._calls = calls
        self._memory = memory
        self._agent_recovery = agents
        self._talk_recovery = talks
        self._parts = parts
        self._pages = pages
        self._surveys = surveys
        self._rings_adopted = 0

    def remember(self, unfinished: Sequence[Remembered], choices: Mapping[AgentId, Mapping[str, str]]) -> None:
        """Take what the journal kept; it is used with the first snapshot."""
        self._memory.keep(unfinished)
        self._agent_recovery.remember(choices)

    def take(self, snapshot: SwitchSnapshot, now: Moment, *, blind: bool) -> None:
        """Bring the floor to what the switch says; `blind` when there was no link before."""
        for device in sorted(self._floor.in_service - snapshot.in_service):
            self._calls.device(device, in_service=False, now=now)
        live = {call.call: call for call in snapshot.calls}
        for one in snapshot.calls:
            if one.call not in self._floor.by_call and one.place not in _NOT_THERE:
                self._talk_recovery.answered(one, now)
        known = [(contact, live.get(call)) for call, contact in self._floor.by_call.items()]
        unknown = [
            (self._contact(one, now), one)
            for one in snapshot.calls
            if one.call not in self._floor.by_call and one.place not in _NOT_THERE
        ]
        self._agent_recovery.log_on_remembered(snapshot.in_service, now)
        self._talks(known, unknown, now)
        self._ends(known, now, blind=blind)
        self._own_calls(live, now)
        self._called_back(live, now)
        self._places(known, unknown, now)
        for device in sorted(snapshot.in_service - self._floor.in_service):
            self._calls.device(device, in_service=True, now=now)
        self._rings([*known, *unknown], now)
        self._close_ended(now)
        self._agent_recovery.restore_choices(now)
        self._routing.callbacks.switch_is_back(now)
        for contact in self._floor.contacts.values() if blind else ():
            self._surveys.mark_anew(contact)
        for desk in self._floor.desks.values():
            self._routing.mirror(desk, anew=blind)

    def customer_read(self, interaction: InteractionId, card: CustomerCard) -> None:
        """Complete what the journal knew of a customer, where he is still the contact's."""
        contact = self._floor.contacts.get(interaction)
        if contact is not None and contact.customer is not None and contact.customer.customer == card.customer:
            contact.customer = card
            self._pages.refresh(contact)

    # -- in this order -----------------------------------------------------------------------------------------------

    def _talks(
        self, known: Sequence[tuple[Contact, LiveCall | None]], unknown: Sequence[tuple[Contact, LiveCall]], now: Moment
    ) -> None:
        """Tell who talks, and whose talk is over."""
        for contact, live in known:
            if live is not None and contact.stage is Stage.TALKING and live.place not in AT_AN_AGENT:
                self._talk_recovery.gone(contact, now)
                self._calls.learn(contact, _hung_up(contact), now)
        for contact, live in known:
            if live is not None and live.place in AT_AN_AGENT:
                self._talk_recovery.reconcile(contact, live, now)
        for contact, live in unknown:
            if live.place is Place.TALKING and live.device is None:
                self._talk_recovery.restore_elsewhere(contact, live, now)
            elif live.place in AT_AN_AGENT and live.connection is not None:
                self._restore_talk(contact, live, now)
                self._talk_recovery.restore(contact, live, now)
                self._agent_recovery.restore_earlier(contact, now)

    def _own_calls(self, live: Mapping[CallId, LiveCall], now: Moment) -> None:
        """Tell of agents' phones that call somebody, or whose customer has gone."""
        self._talk_recovery.agents_own(live, now)
        for call, one in live.items():
            if one.place is Place.DIALLING and call not in self._floor.by_leg:
                found = self._memory.find(one)
                contact = self._memory.contact_of(found, one, now) if found is not None else None
                self._talk_recovery.restore_own_call(contact, one, now)

    def _called_back(self, live: Mapping[CallId, LiveCall], now: Moment) -> None:
        """Tell of customers whose telephones ring for us. One whom nobody has promised it rings no longer."""
        for call, one in live.items():
            if one.place is not Place.CALLED_BACK or call in self._floor.by_call:
                continue
            found = self._memory.find(one)
            contact = self._memory.contact_of(found, one, now) if found is not None else None
            if contact is None or contact.promise is None:
                self._floor.command(commands.ClearCall(call=call, cause=Cause.NORMAL_CLEARING))
                if found is not None:  # what is known of him is dealt with as if he had gone
                    self._floor.contacts.pop(found.interaction, None)
                    self._memory.put_back(found)
            else:
                self._recall_place(contact, one, now)
                self._orders.place_promised(contact, contact.promise, now)
                self._routing.callbacks.adopt(contact, contact.promise, call, now)

    def _ends(self, known: Sequence[tuple[Contact, LiveCall | None]], now: Moment, *, blind: bool) -> None:
        """Tell which calls are no more: with the link lost, the switch most likely was too."""
        cause = Cause.SWITCH_FAILURE if blind else Cause.UNKNOWN
        for contact, live in known:
            if live is not None:
                continue
            fresh = now.monotonic < contact.arrived_at.monotonic + ARRIVAL_SETTLES
            if fresh and contact.stage is Stage.ARRIVED and not blind:  # too new to be in any place
                self._floor.resynchronise("a caller who is nowhere yet", now)
                continue
            if not blind and self._routing.callbacks.settles(contact, now):
                self._floor.resynchronise("a customer whose telephone does not show yet", now)
                continue
            self._calls.learn(contact, events.CallCleared(call=contact.call_id, cause=cause), now)

    def _places(
        self, known: Sequence[tuple[Contact, LiveCall | None]], unknown: Sequence[tuple[Contact, LiveCall]], now: Moment
    ) -> None:
        """Tell who waits where."""
        for contact, live in known:
            if live is not None:
                self._reconcile(contact, live, now)
        waiting = [one for one in unknown if _waits(*one)]
        for contact, _ in sorted(waiting, key=lambda one: (one[0].sequence, len(one[1].call), one[1].call)):
            self._routing.enqueue(contact, now, came_back=True)
        for contact, live in unknown:
            self._take_up(contact, live, now)

    def _rings(self, calls: Sequence[tuple[Contact, LiveCall | None]], now: Moment) -> None:
        """Let the phones that ring go on ringing, where the engine is content with it."""
        for contact, live in calls:
            if live is not None and live.place is Place.ALERTING and contact.stage is Stage.WAITING:
                self._adopt_ring(contact, live, now)

    # -- calls that are known ----------------------------------------------------------------------------------------

    def _reconcile(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """Tell what happened to a known call while we did not see."""
        if live.interaction != contact.interaction:
            self._calls.mark(contact)
        offer = contact.offer
        if offer is not None and offer.rung_at is not None and live.place in (Place.WAITING, Place.IVR):
            if now.monotonic < offer.rung_at + RING_SETTLES:  # the order may still be on its way
                self._floor.resynchronise("a ring that does not show yet", now)
                return
            offer.delivered = True
            failed = events.Failed(call=live.call, device=offer.device, cause=Cause.NORMAL_CLEARING)
            self._calls.learn(contact, failed, now)
        match live.place:
            case Place.WAITING if contact.stage is Stage.ARRIVED and contact.flow is not None:
                self._floor.command(commands.ReturnToIvr(call=live.call))  # the order to lead him on was lost
            case Place.ALERTING if contact.stage is Stage.HANDING_OVER:
                pass  # it rings
            case Place.IVR if contact.stage is Stage.HANDING_OVER and settles(contact, now):
                self._floor.resynchronise("a transfer that does not show yet", now)
            case Place.WAITING | Place.ALERTING if contact.stage is not Stage.WAITING:
                self._calls.learn(contact, events.Queued(call=live.call, fallback=False), now)
            case Place.FALLBACK_QUEUE if contact.stage is not Stage.FALLBACK:
                self._calls.learn(contact, events.Queued(call=live.call, fallback=True), now)
            case Place.ENDING if contact.stage not in (Stage.FALLBACK, Stage.WRAP_UP):
                self._calls.learn(contact, events.Queued(call=live.call, fallback=True), now)
            case Place.SURVEY if contact.stage is not Stage.SURVEY:
                self._calls.learn(contact, events.IvrEntered(call=live.call), now)
            case Place.IVR if contact.stage is not Stage.IVR:
                self._calls.learn(contact, events.IvrEntered(call=live.call), now)
            case _:
                pass

    # -- calls that are not ------------------------------------------------------------------------------------------

    def _contact(self, live: LiveCall, now: Moment) -> Contact:
        """Rebuild the contact of a call from its channel and the journal."""
        remembered = self._memory.find(live)
        contact = self._memory.contact_of(remembered, live, now)
        if remembered is None:
            self._calls.begin(contact, now)
        else:
            self._floor.add(contact)
            self._calls.mark(contact)
        if contact.promise is not None and is_callback_call(live.call):  # he answered while we were away
            self._routing.callbacks.reached(contact, now)
            contact.stage, contact.call.state = Stage.ARRIVED, STATES[live.place]
        served = live.place is Place.TALKING or (live.place is Place.HELD and live.connection is not None)
        if not served and contact.part.answered_at is not None:
            if contact.part.talk_ended_at is None:
                self._parts.talk_ended(contact, "switch", Cause.UNKNOWN, now)
            if live.place not in (Place.ENDING, Place.SURVEY):  # the agent is gone, the caller is not: he waits again
                contact.leave_agent()
                self._orders.place(contact, contact.queue, now)
        self._recall_place(contact, live, now)
        return contact

    def _recall_place(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """Take the place that stands on the channel, if the journal does not know it more exactly."""
        if live.enqueued_at is None or live.queue is None:
            if live.place is Place.ALERTING and contact.enqueued_at is None:
                self._orders.place(contact, contact.queue, now)
            return
        if contact.enqueued_at is None:  # what the journal knew of it was lost with the last moments
            contact.queue = self._floor.plan(live.queue).name
            contact.head_start = live.enqueued_at - (live.sequence if live.sequence is not None else live.enqueued_at)
            since = instant(now, datetime.fromtimestamp(live.enqueued_at, UTC))
            self._orders.write_place(contact, since=since, now=now)

    def _take_up(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """See that a caller is in somebody's hands."""
        match live.place:
            case Place.IVR | Place.HELD if contact.stage is Stage.WAITING:
                self._routing.treatments.wait(contact)
            case Place.IVR:
                self._orders.start(contact, now)
            case Place.WAITING if contact.stage is not Stage.WAITING:  # never asked, or not to the end
                self._floor.command(commands.ReturnToIvr(call=live.call))
            case Place.SURVEY:
                self._agent_recovery.restore_wrap_up(contact, now)
                self._surveys.resume(contact, now)
            case Place.ENDING if contact.part.answered_at is not None:
                contact.stage = Stage.WRAP_UP
                self._agent_recovery.restore_wrap_up(contact, now)
            case Place.FALLBACK_QUEUE | Place.ENDING:
                led_on = contact.flow is not None and live.place is Place.FALLBACK_QUEUE
                if contact.enqueued_at is None or led_on:
                    self._orders.place(contact, contact.queue, now)
                contact.stage = Stage.FALLBACK
                self._floor.write(contact, EventKind.FELL_BACK, now)
            case _:
                pass

    def _restore_talk(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        desk = self._floor.by_device.get(live.device) if live.device else None
        agent = desk.record.agent if desk else None
        known = contact.part.answered_at if contact.part.talk_ended_at is None and contact.agent == agent else None
        if known is None:  # somebody else, or we were away when it began
            if contact.part.answered_at is not None and contact.part.talk_ended_at is None:
                self._parts.talk_ended(contact, "switch", Cause.UNKNOWN, now)
            contact.leave_agent()
            contact.part.agent = agent
            self._floor.write(contact, EventKind.ANSWERED, now, agent=agent, queue=contact.queue)
        contact.part.answered_at = known or now
        contact.since = contact.since if known and contact.since else now
        contact.part.offered_at = contact.part.offered_at or contact.part.answered_at
        contact.part.device, contact.part.connection = live.device, live.connection
        contact.stage = Stage.TALKING
        if desk is not None:
            if desk.state is None:
                self._agent_recovery.log_on(desk, now)
            phase = acd.events.EngagementPhase.CONNECTED
            self._routing.engage(contact, desk, phase, since=contact.part.answered_at, now=now)
            self._pages.show(contact)

    # -- phones that ring --------------------------------------------------------------------------------------------

    def _adopt_ring(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """Make the ringing phone the phone of the contact's offer; or take the call back, or let it be moved."""
        desk = self._floor.by_device.get(live.device) if live.device else None
        if contact.offer is None and desk is not None and desk.state is not None and desk.contact is None:
            self._restore_offer(contact, desk, now)
        offer = contact.offer
        if offer is None:
            self._floor.command(commands.RecallCall(call=live.call))
        elif offer.device == live.device and not offer.delivered:
            self._routing.rings(offer, now)
            offer.delivered = True
            contact.call.state = CallState.ALERTING
            self._floor.write(contact, EventKind.RANG, now, agent=offer.agent, offer=offer.offer)

    def _restore_offer(self, contact: Contact, desk: Desk, now: Moment) -> None:
        self._rings_adopted += 1
        offer = OpenOffer(
            offer=OfferId(f"{self._floor.epoch}r{self._rings_adopted}"),
            agent=desk.record.agent,
            device=desk.record.device,
            made_at=now,
            ring_at=now.monotonic,
            rung_at=now.monotonic,
        )
        self._routing.tell(
            acd.events.EngagementRestored(
                agent=acd.model.AgentId(desk.record.agent),
                interaction=acd.model.InteractionId(contact.interaction),
                phase=acd.events.EngagementPhase.ALERTING,
                since=now.monotonic,
                offer=acd.model.OfferId(offer.offer),
            ),
            now,
        )
        if any(one.offer == acd.model.OfferId(offer.offer) for one in self._floor.engine.offers()):
            contact.offer = offer
            contact.decision = {"agent": offer.agent, "offer": offer.offer, "rule": "restored"}
            self._floor.write(contact, EventKind.OFFERED, now, **contact.decision)
            self._pages.show(contact)

    # -- calls that have ended meanwhile -----------------------------------------------------------------------------

    def _close_ended(self, now: Moment) -> None:
        """Finish what the journal left open and the switch has no call for."""
        for remembered in self._memory.take_unclaimed():
            contact = Contact(
                interaction=remembered.interaction,
                call=Call(CallId(""), CallState.CLEARED),
                arrived_at=now,
                called_number="",
                calling_number="",
                calling_name="",
            )
            self._memory.recall(contact, remembered, now)
            self._floor.contacts[contact.interaction] = contact
            if contact.promise is not None and not has_ended(remembered):
                self._restore_promise(contact, contact.promise, now)
                continue
            talked = contact.part.answered_at is not None
            if talked and contact.part.talk_ended_at is None:
                self._parts.talk_ended(contact, None, Cause.UNKNOWN, now)
            if not has_ended(remembered):
                helped = talked or _was_elsewhere(remembered)
                outcome = "handled" if helped else "abandoned" if contact.enqueued_at else "left_in_ivr"
                self._floor.write(contact, EventKind.ENDED, now, outcome=outcome, cause=Cause.UNKNOWN.value)
            if contact.recordings:  # messages that we died over
                self._orders.file_messages(contact)
                continue
            contact.stage = Stage.WRAP_UP
            self._agent_recovery.restore_wrap_up(contact, now)

    def _restore_promise(self, contact: Contact, promise: Promise, now: Moment) -> None:
        """Who is to be called back goes on waiting for it, and his messages, if he left some, are filed."""
        if contact.recordings:
            self._orders.file_messages(contact)
        self._orders.place_promised(contact, promise, now)
        self._routing.callbacks.restore(contact, promise, now)


_NOT_THERE = (Place.DIALLING, Place.CALLED_BACK)
"""Where a call has no customer on the line yet."""


def _was_elsewhere(remembered: Remembered) -> bool:
    """Tell whether the customer was last known to talk to a number, and in no queue since."""
    places = [one.kind for one in remembered.events if one.kind in (EventKind.WENT_ELSEWHERE, EventKind.QUEUED)]
    return places[-1:] == [EventKind.WENT_ELSEWHERE]


def _waits(contact: Contact, live: LiveCall) -> bool:
    places = (Place.WAITING, Place.ALERTING, Place.IVR, Place.MOVING)
    if live.place is Place.HELD and live.connection is None:  # his agent is gone
        return True
    return live.place in places and contact.enqueued_at is not None and contact.flow is None


def _hung_up(contact: Contact) -> events.ConnectionCleared:
    return events.ConnectionCleared(
        call=contact.call_id,
        device=contact.part.device or DeviceName(""),
        connection=contact.connection or ConnectionId(""),
        cause=Cause.UNKNOWN,
        by_agent=False,
    )
