"""An agent sends his customer on without a word before: to a colleague, a queue or a number (single-step transfer)."""

from __future__ import annotations

import acd.model
from callcenter.api import calls
from callcenter.api.calls import AgentTarget, CallRefusal, NumberTarget, QueueTarget
from callcenter.api.messages import Done, Reply
from callcenter.domain import commands
from callcenter.domain.catalogue import TransferredFrom
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId, QueueName
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.callees import Callee, Callees
from callcenter.server.contact import Contact, HandedHow, Part, Stage
from callcenter.server.floor import Floor
from callcenter.server.ivr_orders import IvrOrders
from callcenter.server.parts import Parts
from callcenter.server.refusals import refused
from callcenter.server.routing import Routing
from callcenter.server.talks import Talks

ANSWERS_WITHIN = 20.0  # seconds a colleague has to take the customer, before anybody of the queue may
AHEAD = 86_400  # seconds of head start that put somebody before all the others


class HandingOn:
    """Customers → colleagues, queues, numbers."""

    def __init__(
        self, floor: Floor, *, routing: Routing, orders: IvrOrders, talks: Talks, parts: Parts, callees: Callees
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._orders = orders
        self._talks = talks
        self._parts = parts
        self._callees = callees

    def single_step(self, contact: Contact, request: calls.SingleStepTransferCall, now: Moment) -> Reply:
        """Send the customer on, or refuse it. A colleague must be ready, for he is rung at once."""
        match request.target:
            case AgentTarget():
                callee = self._callees.find(request.target, AgentId(request.agent))
                if isinstance(callee, CallRefusal):
                    return refused(callee)
                return self._to_agent(contact, callee, now)
            case QueueTarget(queue=queue):
                if not self._floor.catalogue.takes(queue):
                    return refused(CallRefusal.TARGET_UNKNOWN)
                self.to_queue(contact, QueueName(queue), now)
                return Done()
            case NumberTarget(number=text):
                number = self._callees.number(text)
                if isinstance(number, CallRefusal):
                    return refused(number)
                self._to_number(contact, number, now)
                return Done()

    def _to_agent(self, contact: Contact, callee: Callee, now: Moment) -> Reply:
        desk = callee.desk
        if desk is None or desk.state is None or desk.state.state is not acd.model.AgentState.READY:
            return refused(CallRefusal.TARGET_BUSY)
        self._leave(contact, desk.record.agent, "agent", "transfer", now)
        contact.treatment_over = True  # he is awaited: music until then
        contact.waits_for = (desk.record.agent, now.monotonic + ANSWERS_WITHIN)
        self._wait(contact, contact.queue, now)
        return Done()

    def to_queue(self, contact: Contact, queue: QueueName, now: Moment) -> None:
        """Let the customer wait in a queue, from when on its rule says."""
        self._leave(contact, queue, "queue", "queue", now)
        contact.needs, contact.preferred_agent, contact.preferred_by = {}, None, None  # asked of another queue
        contact.treatment, contact.treatment_over = None, False
        plan = self._floor.plan(queue)
        match plan.transferred:
            case TransferredFrom.FIRST:
                pass
            case TransferredFrom.NOW:
                contact.enqueued_at, contact.head_start = None, 0
            case TransferredFrom.HEAD:
                contact.head_start = max(contact.head_start, AHEAD)
                contact.enqueued_at = contact.enqueued_at or now
        self._wait(contact, queue, now)

    def _to_number(self, contact: Contact, callee: Callee, now: Moment) -> None:
        self._leave(contact, callee.name, "number", "transfer", now)
        contact.queue = self._floor.plan(contact.queue).name
        if contact.enqueued_at is None:  # should he come back, he waits as one who was queued now
            contact.enqueued_at = now
        contact.part = Part()
        contact.stage = Stage.ELSEWHERE
        self._floor.write(contact, EventKind.WENT_ELSEWHERE, now, number=callee.name)
        self._floor.command(
            commands.ForwardCall(
                call=contact.call_id,
                to=callee.destination,
                queue=contact.queue,
                enqueued_at=contact.enqueued_epoch,
                sequence=contact.sequence,
                epoch=self._floor.epoch,
            )
        )

    def _leave(self, contact: Contact, to: str, to_kind: str, how: HandedHow, now: Moment) -> None:
        """The agent's part is over, and his work after it begins; his phone is put down as the customer goes."""
        agent, own, on_hold = contact.agent, contact.connection, contact.hold is not None
        contact.part.handed_on = True
        self._floor.write(contact, EventKind.TRANSFERRED, now, agent=agent, to=to, to_kind=to_kind, how="single_step")
        self._talks.leave(contact, now)
        self._parts.talk_ended(contact, "agent", Cause.NORMAL_CLEARING, now)
        self._routing.end_part(contact, now)
        contact.part.handed_by, contact.part.handed_how, contact.part.handed_at = agent, how, now
        if on_hold and own is not None:
            self._floor.command(commands.ClearConnection(connection=own))

    def _wait(self, contact: Contact, queue: QueueName | None, now: Moment) -> None:
        """To where he waits before anybody is rung: so his agent is out of it at once."""
        self._orders.place(contact, queue, now)
        self._routing.treatments.wait(contact)
        self._routing.enqueue(contact, now)
