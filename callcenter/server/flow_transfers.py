"""A flow hands its caller over to one agent or to a number of the house, and goes on with him if nobody takes him.

Meanwhile the caller hears music or the ringing, in no queue; his session waits for the outcome. Success is the end of
it. Of anything else it is told when the caller is back in our hands, so that what it does next can be heard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import acd.events
import acd.model
from callcenter.domain import commands, events
from callcenter.domain.cause import Cause
from callcenter.domain.commands import Destination
from callcenter.domain.dial_plan import TRANSFER, Dialable
from callcenter.domain.ids import AgentId, DeviceName, QueueName
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server import facts, views
from callcenter.server.callees import is_free
from callcenter.server.contact import Contact, HandingOver, Stage
from callcenter.server.effects import StopIvr, TellTransfer
from callcenter.server.floor import Desk, Floor
from callcenter.server.pages import Pages
from callcenter.server.routing import Routing

Enqueue = Callable[[Contact, QueueName, Moment], None]
"""How a caller who waits nowhere yet is queued."""

Outcome = Literal["busy", "unanswered", "failed"]

SETTLES_WITHIN = 2.0  # seconds after which an order to ring must show in a snapshot

_OUTCOMES: dict[Cause, Outcome] = {
    Cause.BUSY: "busy",
    Cause.CALL_REJECTED: "busy",
    Cause.NO_ANSWER: "unanswered",
}


class FlowTransfers:
    """Orders of flows → commands; what becomes of them → the flow, or a talk."""

    def __init__(self, floor: Floor, *, routing: Routing, pages: Pages) -> None:
        self._floor = floor
        self._routing = routing
        self._pages = pages

    # -- begun ---------------------------------------------------------------------------------------------------------

    def begin(self, contact: Contact, order: facts.TransferWanted, now: Moment) -> None:
        """Ring whom the flow names, or tell it at once that this cannot be."""
        desk = self._floor.desks.get(AgentId(order.name)) if order.to == "agent" else None
        to = self._of_agent(desk) if order.to == "agent" else self._of_number(order.name)
        if isinstance(to, str):
            self._tell(contact, order.session, order.step, to)
        elif contact.offer is not None:  # somebody else is being rung for him just now
            self._tell(contact, order.session, order.step, "busy")
        else:
            waited = contact.stage is Stage.WAITING
            if waited:
                self._routing.withdraw(contact, "cancelled", "cancelled", now)
            if self._reserve(contact, desk, order, now):
                self._ring(contact, order, to, desk, now, waited=waited)
                return
            if waited:
                self._routing.enqueue(contact, now, came_back=True)
            self._tell(contact, order.session, order.step, "busy")

    def _of_agent(self, desk: Desk | None) -> Destination | Outcome:
        if desk is None:
            return "failed"
        ready = desk.state is not None and desk.state.state is acd.model.AgentState.READY
        if not ready or not is_free(desk) or desk.record.device not in self._floor.in_service:
            return "busy"
        return Destination(device=desk.record.device)

    def _of_number(self, name: str) -> Destination | Outcome:
        """Find a number by its name in the house's list. The dial plan has the last word, as with any other."""
        dialling = self._floor.catalogue.dialling
        row = next((one for one in dialling.directory if one.name == name), None)
        number = dialling.plan.check(row.number, TRANSFER) if row is not None else None
        if not isinstance(number, Dialable) or not self._floor.calls_out:
            return "failed"
        return Destination(number=number.number, caller_id=dialling.plan.caller_id)

    def _reserve(self, contact: Contact, desk: Desk | None, order: facts.TransferWanted, now: Moment) -> bool:
        """Take the agent out of the engine's hands before anything rings: no offer may come between."""
        if desk is None:
            return True
        reserved = acd.events.AgentReserved(
            agent=acd.model.AgentId(desk.record.agent),
            work=acd.model.InteractionId(contact.interaction),
            kind=acd.model.WorkKind.ACD,
            queue=acd.model.QueueName(self._floor.plan(contact.queue).name),
            request_id=acd.model.RequestId(f"{contact.interaction}-{order.session}-{order.step}"),
        )
        return self._routing.tell(reserved, now) is None

    def _ring(
        self,
        contact: Contact,
        order: facts.TransferWanted,
        to: Destination,
        desk: Desk | None,
        now: Moment,
        *,
        waited: bool,
    ) -> None:
        contact.handed_on = {**contact.handed_on, **order.attributes}
        contact.handing_over = HandingOver(
            step=order.step,
            session=order.session,
            name=order.name,
            agent=desk.record.agent if desk is not None else None,
            until=now.monotonic + order.timeout,
            ordered_at=now.monotonic,
            waited=waited,
        )
        contact.stage = Stage.HANDING_OVER
        self._floor.handing_over[contact.interaction] = contact
        self._floor.write(contact, EventKind.TRANSFER_BEGUN, now, to=order.name, to_kind=order.to)
        self._floor.command(commands.SingleStepTransfer(call=contact.call_id, to=to))
        if desk is not None:
            self._pages.show_at(desk, contact)

    def to_queue(self, contact: Contact, order: facts.TransferWanted, now: Moment, *, enqueue: Enqueue) -> None:
        """Let the caller wait in the queue that the flow names: from now on, or with the time that he has waited."""
        queue = QueueName(order.name)
        if queue not in self._floor.catalogue.queues or contact.offer is not None:
            self._tell(contact, order.session, order.step, "failed")
            return
        contact.handed_on = {**contact.handed_on, **order.attributes}
        if contact.stage is not Stage.WAITING:
            self._floor.emit(StopIvr(call=contact.call_id, session=order.session))
            enqueue(contact, queue, now)
            return
        self._routing.withdraw(contact, "cancelled", "cancelled", now)
        contact.came_from, contact.queue, contact.entered_at = contact.queue, queue, now
        self._floor.write(contact, EventKind.MOVED, now, queue=contact.came_from, to=queue, why="transfer")
        contact.needs, contact.preferred_agent = {}, None  # what the flow asked for, it asked of another queue
        self._routing.treatments.end(contact)
        contact.treatment, contact.treatment_over = None, False
        self._routing.enqueue(contact, now, came_back=True)
        if contact.offer is None:
            self._routing.treatments.wait(contact)

    # -- what becomes of it --------------------------------------------------------------------------------------------

    def follow(self, contact: Contact, event: events.CallEvent, now: Moment) -> bool:
        """Take one fact about a caller who is being handed over; return whether it says no more than that."""
        under_way = contact.handing_over
        if under_way is None:
            return False
        match event:
            case events.Established():
                self._taken(contact, under_way, event.device, now)
                return False
            case events.Failed():
                under_way.why = under_way.why or _OUTCOMES.get(event.cause, "failed")
            case events.Queued(fallback=False):
                self._floor.command(commands.ReturnToIvr(call=contact.call_id))
            case events.IvrEntered():
                self._back(contact, under_way, now)
            case events.Queued() | events.CallCleared():
                self._let_go(contact, under_way, "caller_gone", now)
                contact.stage = Stage.IVR
                return False
            case _:
                pass
        return True

    def _taken(self, contact: Contact, under_way: HandingOver, device: DeviceName | None, now: Moment) -> None:
        """Whom we rang talks to the caller: an agent, as with any call; or a number, whose business it is now."""
        desk = self._floor.desk_at(device)
        if desk is not None and desk.record.agent == under_way.agent:
            self._forget(contact)
        else:
            self._let_go(contact, under_way, "cancelled", now)
        contact.treated = None
        self._floor.emit(StopIvr(call=contact.call_id, session=under_way.session))
        contact.queue = self._floor.plan(contact.queue).name
        if device is None:
            contact.stage, contact.promise = Stage.ELSEWHERE, None
            self._floor.write(contact, EventKind.WENT_ELSEWHERE, now, number=under_way.name)

    def _back(self, contact: Contact, under_way: HandingOver, now: Moment) -> None:
        """Nobody took him: he is in our hands again, and so is his session."""
        self._let_go(contact, under_way, "failed", now)
        why = under_way.why or "failed"
        queue = contact.queue if under_way.waited else None
        self._floor.write(contact, EventKind.TRANSFER_FAILED, now, to=under_way.name, why=why, queue=queue)
        contact.stage = Stage.IVR
        if under_way.waited:  # back in the line, at his place
            self._routing.enqueue(contact, now, came_back=True)
        self._tell(contact, under_way.session, under_way.step, why)

    def _let_go(self, contact: Contact, under_way: HandingOver, gone: views.Gone, now: Moment) -> None:
        self._forget(contact)
        desk = self._floor.desks.get(under_way.agent) if under_way.agent is not None else None
        if desk is not None:
            self._routing.free(desk, contact, gone, now)

    def _forget(self, contact: Contact) -> None:
        contact.handing_over = None
        self._floor.handing_over.pop(contact.interaction, None)

    def _tell(self, contact: Contact, session: int, step: int, why: Outcome) -> None:
        self._floor.emit(TellTransfer(call=contact.call_id, session=session, step=step, why=why))

    # -- the clock -----------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """Return when somebody has rung for as long as his flow wanted."""
        due = (one.handing_over.until for one in self._floor.handing_over.values() if one.handing_over is not None)
        return min(due, default=None)

    def time_passed(self, now: Moment) -> None:
        """Take back whoever has been rung for long enough."""
        for contact in list(self._floor.handing_over.values()):
            under_way = contact.handing_over
            if under_way is not None and under_way.until <= now.monotonic:
                under_way.why = "unanswered"
                under_way.until = now.monotonic + SETTLES_WITHIN  # should the order get lost
                self._floor.command(commands.ReturnToIvr(call=contact.call_id))


def settles(contact: Contact, now: Moment) -> bool:
    """Tell whether the order to ring is so fresh that a snapshot need not show it yet."""
    under_way = contact.handing_over
    return under_way is not None and now.monotonic < under_way.ordered_at + SETTLES_WITHIN
