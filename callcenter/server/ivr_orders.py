"""What IVR sessions decided, applied to the floor. An order of a session that is over changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId, QueueName, is_configured_name
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server import facts
from callcenter.server.contact import Contact, Promise, Stage
from callcenter.server.effects import Play, PlayMusic, StartIvr, StopPlaying, TellCallback, TellTransfer
from callcenter.server.entitlement import CONTRACT, written_hints
from callcenter.server.floor import Floor
from callcenter.server.flow_transfers import FlowTransfers
from callcenter.server.parts import Parts
from callcenter.server.preferences import FLOW, prefer
from callcenter.server.recordings import Recordings
from callcenter.server.routing import Routing

GUARD_MARGIN = 5.0  # seconds the dialplan waits beyond a node's own budget before it takes the caller from us


class IvrOrders:
    """IVR decisions → contact, engine, effects."""

    def __init__(
        self, floor: Floor, routing: Routing, recordings: Recordings, parts: Parts, transfers: FlowTransfers
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._parts = parts
        self._recordings = recordings
        self._transfers = transfers

    def start(self, contact: Contact, now: Moment) -> None:
        """Begin the flow of the dialled number, or take it up where the call was."""
        flow = contact.flow or self._flow_of(contact.called_number)
        if flow is None:
            self.enqueue(contact, None, now)
            return
        contact.stage = Stage.IVR
        contact.session += 1
        self._floor.emit(
            StartIvr(
                call=contact.call_id,
                interaction=contact.interaction,
                session=contact.session,
                flow=flow,
                node=contact.node,
                version=_version(contact, flow),
                fields={
                    "caller_number": contact.calling_number,
                    "dialled_number": contact.called_number,
                    **contact.gathered,
                },
            )
        )

    def _flow_of(self, number: str) -> str | None:
        return next((one.flow for one in self._floor.catalogue.numbers if one.number == number), None)

    def apply(self, order: facts.IvrOrder, now: Moment) -> None:
        """Take one order of a session."""
        contact = self._floor.by_call.get(order.call) or self._floor.after_call.get(order.call)
        if contact is not None and isinstance(order, facts.NodeLeft):  # a report, also of a session that is just over
            self._node_left(contact, order, now)
            return
        if contact is None or contact.session != order.session:
            return
        if isinstance(order, facts.SessionEnded):
            self._session_ended(contact, order.call, now)
        elif contact.stage in (Stage.AFTER_IVR, Stage.CALLBACK):
            self._keep(contact, order, now)
        elif contact.stage is Stage.SURVEY:
            self._survey(contact, order, now)
        elif contact.stage is Stage.IVR:
            self._carry_out(contact, order, now)
        elif contact.treated is not None and contact.call.state is CallState.IVR:
            self._treat(contact, order, now)

    def _carry_out(self, contact: Contact, order: facts.IvrOrder, now: Moment) -> None:
        match order:
            case facts.CustomerIdentified():
                self._identified(contact, order, now)
            case facts.QueueWanted():
                name = QueueName(order.queue) if self._floor.catalogue.takes(order.queue) else None
                contact.handed_on = dict(order.attributes)
                self._wish(contact, order)
                self.enqueue(contact, name, now, head_start=order.head_start)
            case facts.TransferWanted():
                self._transfer(contact, order, now)
            case facts.SessionFailed():
                self._floor.write(contact, EventKind.IVR_FAILED, now, why=order.why)
                if contact.flow is None:
                    self.enqueue(contact, contact.queue, now)
                else:  # his queue has given him away, and what it gave him to does not work
                    self._routing.say_goodbye(contact)
            case _:
                self._converse(contact, order, now)

    def _transfer(self, contact: Contact, order: facts.TransferWanted, now: Moment) -> None:
        if order.to == "queue":
            self._transfers.to_queue(contact, order, now, enqueue=self.enqueue)
        else:
            self._transfers.begin(contact, order, now)

    def _treat(self, contact: Contact, order: facts.IvrOrder, now: Moment) -> None:
        """An order of a treatment: the caller waits, and goes on waiting unless he leaves."""
        match order:
            case facts.TransferWanted():
                self._transfer(contact, order, now)
            case facts.WaitOnWanted() | facts.SessionFailed() | facts.QueueWanted():
                self._routing.treatments.end(contact, for_good=True)
                if contact.offer is None:
                    self._routing.treatments.wait(contact)
            case facts.MusicWanted():
                self._floor.emit(PlayMusic(call=order.call))
                self._routing.treatments.tell_place(contact)
            case _:
                self._converse(contact, order, now)

    def _survey(self, contact: Contact, order: facts.IvrOrder, now: Moment) -> None:
        """An order of a survey: the caller has been served, and whatever goes wrong is the end of the call."""
        match order:
            case facts.SessionFailed() | facts.WaitOnWanted():
                self._floor.command(commands.ClearCall(call=order.call, cause=Cause.NORMAL_CLEARING))
            case facts.QueueWanted():  # he wants to talk to somebody once more: as one who has just come
                contact.end_part()
                contact.enqueued_at = contact.entered_at = None
                self._carry_out(contact, order, now)
            case facts.TransferWanted():
                told = TellTransfer(call=order.call, session=order.session, step=order.step, why="failed")
                self._floor.emit(told)
            case facts.CallbackWanted():
                why = "nobody is called back after a talk"
                self._floor.emit(TellCallback(call=order.call, session=order.session, step=order.step, refused=why))
            case _:
                self._converse(contact, order, now)

    def _converse(self, contact: Contact, order: facts.IvrOrder, now: Moment) -> None:
        """What a session may order wherever its caller is."""
        match order:
            case facts.PlayWanted():
                self._floor.emit(Play(call=order.call, session=order.session, step=order.step, files=order.files))
            case facts.SilenceWanted():
                self._floor.emit(StopPlaying(call=order.call))
            case facts.MusicWanted():
                self._floor.emit(PlayMusic(call=order.call))
            case facts.NodeEntered():
                self._node_entered(contact, order, now)
            case facts.RecordingWanted():
                self._recordings.begin(contact, order, now)
            case facts.CallbackWanted():
                self._routing.callbacks.promise(contact, order, now)
            case facts.HangUpWanted():
                self._floor.command(commands.ClearCall(call=order.call, cause=Cause.NORMAL_CLEARING))
            case _:
                self._keep(contact, order, now)

    def _keep(self, contact: Contact, order: facts.IvrOrder, now: Moment) -> None:
        """What is kept with the interaction, whether the caller is still there or not."""
        match order:
            case facts.AnswerGathered():
                self._answer_gathered(contact, order, now)
            case facts.RecordingKept():
                self._recordings.keep(contact, order)
            case facts.RecordingUnwanted():
                self._recordings.drop(contact, order, now)
            case _:
                pass  # an order about the call, which has gone

    def file_messages(self, contact: Contact) -> None:
        """After a restart: what the caller, who has gone meanwhile, had begun to say is looked at."""
        contact.stage = Stage.AFTER_IVR
        self._recordings.keep_rest(contact)

    def measured(self, fact: facts.RecordingMeasured, now: Moment) -> None:
        """A recording's length is known; it may be the last thing that an interaction waited for."""
        contact = self._floor.contacts.get(fact.interaction)
        if contact is not None:
            self._recordings.measured(contact, fact, now)
            if contact.stage is Stage.AFTER_IVR and not contact.recordings and not self._runs(contact):
                self._parts.close_if_over(contact, now)

    def _session_ended(self, contact: Contact, call: CallId, now: Moment) -> None:
        """Who hung up in the IVR has now left it: the interaction closes once his messages are filed."""
        self._floor.after_call.pop(call, None)
        awaited = self._recordings.keep_rest(contact)
        if contact.stage is Stage.AFTER_IVR and not awaited:
            self._parts.close_if_over(contact, now)

    def _runs(self, contact: Contact) -> bool:
        return self._floor.after_call.get(contact.call_id) is contact

    def enqueue(
        self, contact: Contact, queue: QueueName | None, now: Moment, *, head_start: float | None = None
    ) -> None:
        """Let the caller wait for a person: in the room, unless one is free and is about to be rung.

        `head_start` is what the flow gives him instead of what the rules would.
        """
        has_place = contact.enqueued_at is not None and contact.flow is None
        self.place(contact, queue, now, head_start=head_start)
        self._routing.enqueue(contact, now, came_back=has_place)
        if contact.offer is None and contact.stage is Stage.WAITING:
            self._routing.treatments.wait(contact)

    def place(self, contact: Contact, queue: QueueName | None, now: Moment, *, head_start: float | None = None) -> None:
        """Give the caller a place in the order; one that he has already he keeps (`again`).

        Who comes back from where an overflow led him keeps his place too, but comes to this queue anew.
        """
        plan = self._floor.plan(queue)
        contact.queue = plan.name
        back, contact.flow = contact.flow is not None, None
        if back and contact.enqueued_at is not None:
            contact.entered_at = now
            self.write_place(contact, since=contact.enqueued_at, now=now)
        elif contact.enqueued_at is None:
            effect = self._floor.engine.effect(plan.routing.name, contact.attributes)
            prefer(contact, plan, self._floor, ruled=effect.preferred is not None)
            entitled = contact.customer.routing.priority if contact.customer else 0
            contact.head_start = round(effect.head_start + entitled if head_start is None else head_start)
            rules = (*effect.applied, CONTRACT) if entitled and head_start is None else effect.applied
            self.write_place(contact, since=now, now=now, rules=rules)
        else:
            self.write_place(contact, since=contact.enqueued_at, now=now, again=True)

    def place_promised(self, contact: Contact, promise: Promise, now: Moment) -> None:
        """Give a caller who is to be called back the place in the order that he keeps, if it is not the one he has."""
        gone = promise.queue not in self._floor.catalogue.queues
        if gone or contact.enqueued_at is None or contact.flow is not None or contact.queue != promise.queue:
            self.place(contact, promise.queue, now)

    def write_place(
        self, contact: Contact, *, since: Moment, now: Moment, again: bool = False, rules: Sequence[str] = ()
    ) -> None:
        """Write down that the caller waits since `since`, with the head start he has and the rules that gave it."""
        contact.enqueued_at = since
        self._floor.write(
            contact,
            EventKind.QUEUED,
            now,
            queue=contact.queue,
            since=since.utc.timestamp(),
            head_start=contact.head_start,
            tier=contact.tier.value,
            rules=", ".join(rules),
            again=again,
            needs=" ".join(f"{skill}:{least}" for skill, least in sorted(contact.needs.items())),
            preferred_agent=contact.preferred_agent,
            preferred_for=contact.preferred_for,
            preferred_by=contact.preferred_by,
            treatment=contact.treatment,
            survey=contact.survey,
        )

    def _wish(self, contact: Contact, order: facts.QueueWanted) -> None:
        """Note what the flow wants for the caller besides the queue."""
        contact.needs = dict(order.needs)
        contact.preferred_agent, contact.preferred_for = order.preferred_agent, order.preferred_for
        contact.preferred_by = FLOW if order.preferred_agent is not None else None
        contact.treatment, contact.treatment_over = order.treatment, False
        contact.survey = order.survey

    def _node_entered(self, contact: Contact, order: facts.NodeEntered, now: Moment) -> None:
        if contact.treated is None:  # a call that is taken up again goes on in its own flow, not in the treatment
            contact.node, contact.in_version = order.node, (order.flow, order.version)
        if is_configured_name(order.node):
            guard = order.budget + GUARD_MARGIN
            self._floor.command(commands.MarkNode(call=order.call, node=order.node, guard=guard))
        self._floor.write(
            contact,
            EventKind.NODE_ENTERED,
            now,
            node=order.node,
            flow=order.flow,
            version=order.version,
            treatment=contact.treated is not None,
        )

    def _node_left(self, contact: Contact, order: facts.NodeLeft, now: Moment) -> None:
        self._floor.write(
            contact,
            EventKind.NODE_LEFT,
            now,
            flow=order.flow,
            version=order.version,
            node=order.node,
            exit=order.exit,
            asked_person=order.asked_person,
        )

    def _answer_gathered(self, contact: Contact, order: facts.AnswerGathered, now: Moment) -> None:
        if order.sensitive:
            return
        contact.gathered[order.key] = order.value
        shown = order.keyed and "." not in order.key  # what is keyed within a sub-flow is shown when it comes out of it
        if shown and not contact.surveyed:  # what he says of his agent is not for the agent to read
            contact.keyed[order.key] = None
        self._floor.write(contact, EventKind.ANSWER_GIVEN, now, key=order.key, value=order.value, keyed=shown)

    def _identified(self, contact: Contact, order: facts.CustomerIdentified, now: Moment) -> None:
        contact.customer = order.card
        self._floor.write(
            contact,
            EventKind.IDENTIFIED,
            now,
            customer=order.card.customer,
            name=order.card.name,
            account=order.card.account,
            tier=order.card.tier.value,
            by=order.by,
            hints=written_hints(order.card.routing),
        )


def _version(contact: Contact, flow: str) -> int | None:
    """Return in which version of its flow a call is taken up again; none: it begins, in the live one."""
    if contact.node is None or contact.in_version is None or contact.in_version[0] != flow:
        return None
    return contact.in_version[1]
