"""Between the floor and the routing engine: facts in its words, its decisions in ours."""

from __future__ import annotations

import acd.commands
import acd.events
import acd.model
from callcenter.api.messages import ContactReport
from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.ids import AgentId, DeviceName, InteractionId, OfferId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server import views
from callcenter.server.contact import Contact, OpenOffer, Stage
from callcenter.server.effects import Command, RememberAgent, Tell
from callcenter.server.floor import Desk, Floor
from callcenter.server.live import Live

_REACHABLE = (CallState.OFFERED, CallState.IVR, CallState.QUEUED, CallState.ALERTING, CallState.RELEASED)


class Routing:
    """Tells the engine, and does what it decides."""

    def __init__(self, floor: Floor, live: Live) -> None:
        self._floor = floor
        self._live = live

    # -- telling the engine ------------------------------------------------------------------------------------------

    def tell(self, event: acd.events.Event, now: Moment) -> acd.model.Refusal | None:
        """Tell the engine one event, do what it decides, and return its refusal if it was a refused request."""
        return self._obey(self._floor.engine.handle(event, now.monotonic), now)

    def time_passed(self, now: Moment) -> None:
        """Let the engine do what is due, and ring the phones whose pop has had its time."""
        self._obey(self._floor.engine.handle_timer(now.monotonic), now)

    def enqueue(self, contact: Contact, now: Moment) -> None:
        """Put a contact into the engine's line; `contact.queue` and `enqueued_at` are set."""
        plan = self._floor.plan(contact.queue)
        contact.stage = Stage.WAITING
        enqueued_at = contact.enqueued_at or now
        self.tell(
            acd.events.InteractionQueued(
                interaction=acd.model.InteractionId(contact.interaction),
                queue=acd.model.QueueName(plan.name),
                enqueued_at=enqueued_at.monotonic,
                head_start=float(contact.head_start),
                prefers_expert=contact.tier.value in plan.expert_tiers,
                attributes={"tier": contact.tier.value},
            ),
            now,
        )
        self._live.queue_changed(plan.name)

    def withdraw(self, contact: Contact, now: Moment) -> None:
        """Take a contact out of the engine's line: the caller is gone, or the switch's own queue has him."""
        self.tell(acd.events.InteractionAbandoned(interaction=acd.model.InteractionId(contact.interaction)), now)
        if contact.queue:
            self._live.queue_changed(contact.queue)

    # -- doing what it decides ---------------------------------------------------------------------------------------

    def _obey(self, decisions: list[acd.commands.Command], now: Moment) -> acd.model.Refusal | None:
        refusal: acd.model.Refusal | None = None
        for decision in decisions:
            match decision:
                case acd.commands.OfferInteraction():
                    self._offer(decision, now)
                case acd.commands.CancelOffer():
                    self._cancel(decision, now)
                case acd.commands.ReportAgentState():
                    self._agent_changed(decision, now)
                case acd.commands.RefuseRequest():
                    refusal = decision.reason
                case acd.commands.RequestResynchronisation():
                    self._floor.resynchronise(decision.why, now)
        return refusal

    def _offer(self, decision: acd.commands.OfferInteraction, now: Moment) -> None:
        """Show the pop; the phone follows when the pop was written, or when its time is over."""
        contact = self._floor.contacts[InteractionId(decision.interaction)]
        desk = self._floor.desks[AgentId(decision.agent)]
        wait = self._floor.pop_ack if desk.desktop else 0.0
        contact.offer = OpenOffer(
            offer=OfferId(decision.offer),
            agent=desk.record.agent,
            device=desk.record.device,
            made_at=now,
            ring_at=now.monotonic + wait,
        )
        desk.contact = contact.interaction
        best = ",".join(str(candidate.who) for candidate in decision.trace.best)
        self._floor.write(
            contact,
            EventKind.OFFERED,
            now,
            agent=desk.record.agent,
            offer=decision.offer,
            rule=decision.trace.rule,
            candidates=best,
        )
        self._tell_contact(contact, desk)
        self._live.agent_changed(desk.record.agent)
        self._floor.unrung[contact.offer.offer] = contact
        if not desk.desktop:  # a desk phone alone: there is no page to wait for
            self.ring(contact)

    def ring(self, contact: Contact) -> None:
        """Ring the agent's phone for the offer under way, once."""
        offer = contact.offer
        if offer is None or offer.rung or contact.queue is None:
            return
        offer.rung = True
        self._floor.unrung.pop(offer.offer, None)
        self._floor.emit(
            Command(
                command=commands.DeflectCall(
                    call=contact.call_id,
                    device=offer.device,
                    queue=contact.queue,
                    enqueued_at=contact.enqueued_epoch,
                    sequence=contact.sequence,
                    epoch=self._floor.epoch,
                )
            )
        )

    def _cancel(self, decision: acd.commands.CancelOffer, now: Moment) -> None:
        """The engine took an offer back: stop ringing, unless the caller himself is gone."""
        contact = self._floor.contacts.get(InteractionId(decision.interaction))
        if contact is None or contact.offer is None or contact.offer.offer != OfferId(decision.offer):
            return
        abandoned = decision.why is acd.commands.CancelReason.ABANDONED
        missed = decision.why is acd.commands.CancelReason.UNANSWERED
        rung = contact.offer.rung
        outcome = "abandoned" if abandoned else "unanswered" if missed else "cancelled"
        gone: views.Gone = "caller_gone" if abandoned else "missed" if missed else "cancelled"
        self.offer_over(contact, outcome, gone, now)
        if rung and not abandoned and contact.call.state in _REACHABLE:
            self._floor.emit(Command(command=commands.RecallCall(call=contact.call_id)))

    def offer_over(self, contact: Contact, outcome: str, gone: views.Gone, now: Moment) -> None:
        """Close the offer under way: it ended without an answer."""
        offer = contact.offer
        if offer is None:
            return
        contact.offer = None
        self._floor.write(contact, EventKind.OFFER_ENDED, now, agent=offer.agent, offer=offer.offer, outcome=outcome)
        desk = self._floor.desks.get(offer.agent)
        if desk is not None and desk.contact == contact.interaction:
            desk.contact = None
            self._floor.emit(Tell(report=ContactReport(agent=offer.agent, contact=None, gone=gone)))
            self._live.agent_changed(offer.agent)

    def _agent_changed(self, state: acd.commands.ReportAgentState, now: Moment) -> None:
        desk = self._floor.desks.get(AgentId(state.agent))
        if desk is None:
            return
        before, desk.state = desk.state, state
        agent = desk.record.agent
        if state.state is acd.model.AgentState.NULL:
            desk.state = None
        self._remember(desk, before)
        self._mirror(desk)
        self._live.agent_changed(agent)
        for queue in desk.queues:
            self._live.queue_changed(queue)
        self._follow_wrap_up(desk, now)

    def _follow_wrap_up(self, desk: Desk, now: Moment) -> None:
        """Close the agent's contact when the engine has ended his work on it; else show the count-down it set."""
        contact = self._floor.contacts.get(desk.contact) if desk.contact else None
        if contact is None or contact.stage is not Stage.WRAP_UP:
            return
        if desk.works_on(contact):
            self._tell_contact(contact, desk)
        else:
            self.close(contact, now)

    def close(self, contact: Contact, now: Moment) -> None:
        """Nothing more will come of this interaction."""
        if contact.stage is Stage.CLOSED:
            return
        if contact.agent is not None:
            self._floor.write(
                contact,
                EventKind.WRAP_UP_COMPLETED,
                now,
                agent=contact.agent,
                disposition=contact.disposition,
                note=contact.note,
            )
        contact.stage = Stage.CLOSED
        self._floor.write(contact, EventKind.CLOSED, now)
        self._floor.forget(contact)
        desk = self._floor.desks.get(contact.agent) if contact.agent else None
        if desk is not None and desk.contact == contact.interaction:
            desk.contact = None
            self._floor.emit(Tell(report=ContactReport(agent=desk.record.agent, contact=None, gone="completed")))
            self._live.agent_changed(desk.record.agent)

    def _tell_contact(self, contact: Contact, desk: Desk) -> None:
        live = views.contact_live(contact, desk, self._floor)
        self._floor.emit(Tell(report=ContactReport(agent=desk.record.agent, contact=live)))

    def tell_contact(self, contact: Contact) -> None:
        """Show the agent of a contact how it stands."""
        holder = contact.agent or (contact.offer.agent if contact.offer else None)
        desk = self._floor.desks.get(holder) if holder else None
        if desk is not None and desk.contact == contact.interaction:
            self._tell_contact(contact, desk)

    # -- what must outlive us ----------------------------------------------------------------------------------------

    def _remember(self, desk: Desk, before: acd.commands.ReportAgentState | None) -> None:
        choice = chosen(desk.state)
        if choice != chosen(before):
            self._floor.emit(RememberAgent(agent=desk.record.agent, choice=choice))

    def _mirror(self, desk: Desk) -> None:
        """Keep the switch's own queues ready to take over: members are those who would take calls now."""
        choice = chosen(desk.state)
        ready = None if choice is None else _takes_calls(desk.state)
        if ready == desk.mirrored:
            return
        desk.mirrored = ready
        members = tuple(commands.FallbackMember(queue=queue, penalty=0) for queue in desk.queues)
        self._floor.emit(
            Command(
                command=commands.MirrorAgent(
                    device=DeviceName(desk.record.device),
                    queues=() if ready is None else members,
                    ready=bool(ready),
                )
            )
        )


def chosen(state: acd.commands.ReportAgentState | None) -> dict[str, str] | None:
    """Return what the agent has chosen, observed work aside: what a restart restores; None when logged off."""
    if state is None:
        return None
    observed = state.state in (acd.model.AgentState.BUSY, acd.model.AgentState.WORKING_AFTER_CALL)
    choice = (state.pending or acd.model.AgentState.NOT_READY) if observed else state.state
    reason = state.pending_reason if observed else state.reason
    return {"state": choice.value, "reason": str(reason)}


def _takes_calls(state: acd.commands.ReportAgentState | None) -> bool:
    """Tell whether the switch may ring this agent without us; a busy phone it sees by itself (``ringinuse=no``)."""
    if state is None:
        return False
    if state.state is acd.model.AgentState.BUSY:
        return state.pending is acd.model.AgentState.READY
    return state.state is acd.model.AgentState.READY
