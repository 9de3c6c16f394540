"""Recovery is replay: a snapshot of the switch becomes synthetic facts for the normal entrance.

After a lost link the contacts are known and only their differences are told. After a start of ours nothing is known:
the channels say where each caller is, the journal says what he had answered and what had been done.
The order matters: who is busy is told before who waits, who waits before who is ready, so that no offer is made that
the switch's state already answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import acd.events
import acd.model
from callcenter.api.messages import CustomerCard, Tier
from callcenter.domain import commands, events
from callcenter.domain.call import Call, CallState
from callcenter.domain.cause import Cause
from callcenter.domain.events import LiveCall, Place, SwitchSnapshot
from callcenter.domain.ids import AgentId, CallId, InteractionId, OfferId, QueueName
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.domain.moment import Moment
from callcenter.ports import Remembered
from callcenter.server.agents import Agents
from callcenter.server.calls import Calls
from callcenter.server.contact import Contact, OpenOffer, Stage
from callcenter.server.effects import Command, Resynchronise
from callcenter.server.floor import Desk, Floor
from callcenter.server.ivr_orders import IvrOrders
from callcenter.server.routing import Routing

_WAITING_PLACES = (Place.WAITING, Place.ALERTING, Place.FALLBACK_QUEUE)


class Recovery:
    """Snapshots → facts."""

    def __init__(self, floor: Floor, routing: Routing, orders: IvrOrders, calls: Calls, agents: Agents) -> None:
        self._floor = floor
        self._routing = routing
        self._orders = orders
        self._calls = calls
        self._agents = agents
        self._remembered: dict[InteractionId, Remembered] = {}
        self._choices: Mapping[AgentId, Mapping[str, str]] = {}

    def remember(self, unfinished: Sequence[Remembered], choices: Mapping[AgentId, Mapping[str, str]]) -> None:
        """Take what the journal kept; it is used with the first snapshot."""
        self._remembered = {one.interaction: one for one in unfinished}
        self._choices = choices

    def take(self, snapshot: SwitchSnapshot, now: Moment) -> None:
        """Bring the floor to what the switch says."""
        for device in sorted(self._floor.in_service - snapshot.in_service):
            self._calls.device(device, in_service=False, now=now)
        for device in sorted(snapshot.in_service - self._floor.in_service):
            self._calls.device(device, in_service=True, now=now)
        live = {call.call: call for call in snapshot.calls}
        for contact in [one for call, one in self._floor.by_call.items() if call not in live]:
            self._calls.apply(events.CallCleared(call=contact.call_id, cause=Cause.SWITCH_FAILURE), now)
        for call_id, contact in list(self._floor.by_call.items()):
            self._reconcile(contact, live[call_id], now)
        unknown = [call for call in snapshot.calls if call.call not in self._floor.by_call]
        self._restore(unknown, now)

    # -- a floor that knows its calls --------------------------------------------------------------------------------

    def _reconcile(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        """Tell what happened to a known call while we did not see."""
        state = contact.call.state
        talking = live.device is not None and live.connection is not None and live.place is Place.TALKING
        if state is CallState.CONNECTED and not talking and contact.device and contact.connection:
            cleared = events.ConnectionCleared(
                call=live.call,
                device=contact.device,
                connection=contact.connection,
                cause=Cause.UNKNOWN,
                by_agent=True,
            )
            self._calls.apply(cleared, now)
        if live.place is Place.TALKING and live.device and live.connection:
            established = events.Established(call=live.call, device=live.device, connection=live.connection)
            self._calls.apply(established, now)
        elif live.place is Place.FALLBACK_QUEUE and state is not CallState.FALLBACK:
            self._calls.apply(events.Queued(call=live.call, fallback=True), now)
        elif live.place is Place.WAITING:
            offer = contact.offer
            if offer is not None and offer.rung:
                failed = events.Failed(call=live.call, device=offer.device, cause=Cause.UNREACHABLE)
                self._calls.apply(failed, now)
            if state is not CallState.QUEUED:
                self._calls.apply(events.Queued(call=live.call, fallback=False), now)

    # -- a floor that has just been opened ---------------------------------------------------------------------------

    def _restore(self, calls: Sequence[LiveCall], now: Moment) -> None:
        contacts = {live.call: self._contact(live, now) for live in calls}
        self._log_on_remembered(now)
        for live in calls:
            if live.place is Place.TALKING:
                self._restore_talk(contacts[live.call], live, now)
        for live in calls:
            if live.place is Place.FALLBACK_QUEUE:
                self._restore_fallback(contacts[live.call], now)
        waiting = [live for live in calls if self._was_queued(contacts[live.call], live)]
        for live in sorted(waiting, key=lambda one: (contacts[one.call].sequence, one.call)):
            contacts[live.call].call.state = CallState.QUEUED
            self._routing.enqueue(contacts[live.call], now)
        for live in calls:
            if live.place is Place.ALERTING and live in waiting:
                self._restore_offer(contacts[live.call], live, now)
        self._close_ended(now)
        self._restore_choices(now)
        for live in calls:
            self._resume(contacts[live.call], live, now, queued=live in waiting)

    def _contact(self, live: LiveCall, now: Moment) -> Contact:
        """Rebuild the contact of a call from its channel and the journal."""
        remembered = self._remembered.pop(live.interaction, None) if live.interaction else None
        contact = Contact(
            interaction=live.interaction or self._floor.ids.interaction_id(),
            call=Call(live.call, CallState.IVR if live.place is Place.IVR else CallState.OFFERED),
            arrived_at=_before(now, live.age),
            called_number=live.called_number,
            calling_number=live.calling_number,
            calling_name=live.calling_name,
            node=live.node,
            queue=live.queue,
        )
        if live.enqueued_at is not None and live.queue is not None:
            contact.enqueued_at = _at(now, datetime.fromtimestamp(live.enqueued_at, UTC))
            contact.head_start = live.enqueued_at - (live.sequence if live.sequence is not None else live.enqueued_at)
        if remembered is not None:
            recall(contact, remembered.events, now)
        self._floor.add(contact)
        if remembered is None:
            self._floor.write(
                contact,
                EventKind.STARTED,
                now,
                call=live.call,
                called_number=live.called_number,
                calling_number=live.calling_number,
                calling_name=live.calling_name,
            )
        mark = commands.MarkCall(call=live.call, interaction=contact.interaction, epoch=self._floor.epoch)
        self._floor.emit(Command(command=mark))
        return contact

    def _log_on_remembered(self, now: Moment) -> None:
        for agent in sorted(self._choices):
            desk = self._floor.desks.get(agent)
            if desk is not None and desk.state is None:
                self._agents.log_on(desk, now)
                desk.desktop_due = now.monotonic + self._floor.desktop_grace

    def _restore_talk(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        if live.device is None or live.connection is None:
            return
        desk = self._floor.by_device.get(live.device)
        contact.call.state = CallState.CONNECTED
        contact.stage = Stage.TALKING
        contact.device, contact.connection = live.device, live.connection
        if contact.answered_at is None:
            contact.answered_at = now
            agent = desk.record.agent if desk else None
            self._floor.write(contact, EventKind.ANSWERED, now, agent=agent, queue=contact.queue)
        if desk is None:
            return
        contact.agent = desk.record.agent
        contact.offered_at = contact.offered_at or contact.answered_at
        desk.contact = contact.interaction
        self._engage(contact, desk, acd.events.EngagementPhase.CONNECTED, contact.answered_at, now)
        self._routing.tell_contact(contact)

    def _restore_fallback(self, contact: Contact, now: Moment) -> None:
        contact.call.state = CallState.FALLBACK
        contact.enqueued_at = contact.enqueued_at or contact.arrived_at
        contact.queue = self._floor.plan(contact.queue).name
        contact.stage = Stage.FALLBACK
        self._floor.write(contact, EventKind.FELL_BACK, now)

    def _was_queued(self, contact: Contact, live: LiveCall) -> bool:
        return live.place in (Place.WAITING, Place.ALERTING) and contact.enqueued_at is not None

    def _restore_offer(self, contact: Contact, live: LiveCall, now: Moment) -> None:
        desk = self._floor.by_device.get(live.device) if live.device else None
        if desk is None or desk.state is None:
            self._floor.emit(Command(command=commands.RecallCall(call=live.call)))
            return
        offer = OfferId(f"{self._floor.epoch}r{live.call}")
        contact.call.state = CallState.ALERTING
        contact.offer = OpenOffer(
            offer=offer,
            agent=desk.record.agent,
            device=desk.record.device,
            made_at=now,
            ring_at=now.monotonic,
            rung=True,
        )
        desk.contact = contact.interaction
        self._routing.tell(
            acd.events.EngagementRestored(
                agent=acd.model.AgentId(desk.record.agent),
                interaction=acd.model.InteractionId(contact.interaction),
                phase=acd.events.EngagementPhase.ALERTING,
                since=now.monotonic,
                offer=acd.model.OfferId(offer),
                queue=acd.model.QueueName(self._floor.plan(contact.queue).name),
            ),
            now,
        )
        self._routing.tell_contact(contact)

    def _close_ended(self, now: Moment) -> None:
        """Finish what the journal left open and the switch has no call for: it ended while we were away."""
        for remembered in list(self._remembered.values()):
            contact = Contact(
                interaction=remembered.interaction,
                call=Call(CallId(""), CallState.CLEARED),
                arrived_at=now,
                called_number="",
                calling_number="",
                calling_name="",
            )
            recall(contact, remembered.events, now)
            ended = any(event.kind is EventKind.ENDED for event in remembered.events)
            talked = contact.answered_at is not None
            if talked and contact.talk_ended_at is None:
                contact.talk_ended_at = now
                self._floor.write(
                    contact, EventKind.TALK_ENDED, now, agent=contact.agent, ended_by=None, cause=Cause.UNKNOWN.value
                )
            if not ended:
                outcome = "handled" if talked else "abandoned" if contact.enqueued_at else "left_in_ivr"
                self._floor.write(contact, EventKind.ENDED, now, outcome=outcome, cause=Cause.UNKNOWN.value)
            self._restore_wrap_up(contact, now)
        self._remembered.clear()

    def _restore_wrap_up(self, contact: Contact, now: Moment) -> None:
        desk = self._floor.desks.get(contact.agent) if contact.agent else None
        self._floor.contacts[contact.interaction] = contact
        contact.stage = Stage.WRAP_UP
        if desk is None or desk.state is None or desk.contact is not None or contact.talk_ended_at is None:
            self._routing.close(contact, now)
            return
        desk.contact = contact.interaction
        self._engage(contact, desk, acd.events.EngagementPhase.WRAP_UP, contact.talk_ended_at, now)
        if not desk.works_on(contact):
            self._routing.close(contact, now)
        else:
            self._routing.tell_contact(contact)

    def _engage(
        self, contact: Contact, desk: Desk, phase: acd.events.EngagementPhase, since: Moment, now: Moment
    ) -> None:
        if desk.state is None:
            self._agents.log_on(desk, now)
            desk.desktop_due = now.monotonic + self._floor.desktop_grace
        self._routing.tell(
            acd.events.EngagementRestored(
                agent=acd.model.AgentId(desk.record.agent),
                interaction=acd.model.InteractionId(contact.interaction),
                phase=phase,
                since=since.monotonic,
                queue=acd.model.QueueName(self._floor.plan(contact.queue).name),
            ),
            now,
        )

    def _restore_choices(self, now: Moment) -> None:
        for agent in sorted(self._choices):
            choice = self._choices[agent]
            state = (
                acd.model.RequestedState.READY
                if choice.get("state") == acd.model.AgentState.READY.value
                else acd.model.RequestedState.NOT_READY
            )
            self._routing.tell(
                acd.events.AgentStateRequested(
                    request_id=acd.model.RequestId(""),
                    agent=acd.model.AgentId(agent),
                    state=state,
                    reason=acd.model.NotReadyReason(choice.get("reason", "")),
                ),
                now,
            )
        self._choices = {}

    def _resume(self, contact: Contact, live: LiveCall, now: Moment, *, queued: bool) -> None:
        """Take up callers who are in nobody's hands: in the IVR, or in the room without ever having been asked."""
        if live.place is Place.IVR and contact.enqueued_at is not None and contact.queue is not None:
            self._orders.enqueue(contact, contact.queue, now)
        elif live.place is Place.IVR:
            self._orders.start(contact, now)
        elif live.place is Place.WAITING and not queued:
            self._floor.emit(Command(command=commands.ReturnToIvr(call=live.call)))
        elif live.place is Place.ALERTING and not queued:
            self._floor.emit(Resynchronise(why="an agent rings for a call that was never queued"))


def recall(contact: Contact, remembered: Sequence[InteractionEvent], now: Moment) -> None:
    """Fill a contact from its own events."""
    for event in remembered:
        contact.seq = max(contact.seq, event.seq)
        data = event.data
        match event.kind:
            case EventKind.STARTED:
                contact.arrived_at = _at(now, event.at)
                contact.called_number = contact.called_number or str(data.get("called_number") or "")
                contact.calling_number = contact.calling_number or str(data.get("calling_number") or "")
                contact.calling_name = contact.calling_name or str(data.get("calling_name") or "")
            case EventKind.NODE_ENTERED:
                contact.node = str(data["node"])
            case EventKind.ANSWER_GIVEN:
                contact.gathered[str(data["key"])] = data.get("value")
            case EventKind.IDENTIFIED:
                contact.customer = _bare_card(data.get("customer"), data.get("name"), data.get("tier"))
            case EventKind.QUEUED:
                contact.queue = QueueName(str(data["queue"]))
                contact.head_start = int(data.get("head_start") or 0)
                if not data.get("again"):
                    contact.enqueued_at = _at(now, event.at)
            case EventKind.OFFERED:
                contact.offered_at = _at(now, event.at)
            case EventKind.ANSWERED:
                contact.agent = AgentId(str(data["agent"])) if data.get("agent") else None
                contact.answered_at = _at(now, event.at)
            case EventKind.TALK_ENDED:
                contact.talk_ended_at = _at(now, event.at)
            case EventKind.NOTE_SAVED | EventKind.WRAP_UP_COMPLETED:
                contact.note = str(data.get("note") or "")
                disposition = data.get("disposition")
                contact.disposition = str(disposition) if disposition else None
            case _:
                pass


def _bare_card(customer: object, name: object, tier: object) -> CustomerCard:
    """What the journal knows of the customer: enough to go on; the desktop reads the history itself."""
    return CustomerCard(
        customer=str(customer),
        name=str(name),
        account="",
        tier=Tier(str(tier)),
        language=None,
        numbers=(),
        history=(),
    )


def _at(now: Moment, utc: datetime) -> Moment:
    return Moment(monotonic=now.monotonic_of(utc), utc=utc)


def _before(now: Moment, seconds: float) -> Moment:
    monotonic = now.monotonic - seconds
    return Moment(monotonic=monotonic, utc=now.utc_of(monotonic))
