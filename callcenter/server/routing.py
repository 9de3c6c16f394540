"""Between the floor and the routing engine: facts in its words, its decisions in ours."""

from __future__ import annotations

from collections.abc import Mapping

import acd.commands
import acd.events
import acd.model
from acd.assignment import PREFERRED
from callcenter.api.calls import CallDirection
from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId, DeviceName, InteractionId, OfferId, QueueName
from callcenter.domain.interaction import EventKind, FieldValue
from callcenter.domain.moment import Moment
from callcenter.server import explain, views
from callcenter.server.callbacks import Callbacks
from callcenter.server.choice import chosen
from callcenter.server.contact import Contact, OpenOffer, Part, Stage
from callcenter.server.effects import RememberAgent
from callcenter.server.entries import entry
from callcenter.server.floor import Desk, Floor
from callcenter.server.live import Live
from callcenter.server.overflows import Overflows
from callcenter.server.pages import Pages
from callcenter.server.parts import Parts
from callcenter.server.treatments import Treatments

RING_AGAIN_AFTER = 2.5  # seconds; the engine itself tries again those who are ready after two


class Routing:
    """Tells the engine, and does what it decides."""

    def __init__(self, floor: Floor, live: Live, pages: Pages, parts: Parts) -> None:
        self._floor = floor
        self._live = live
        self._pages = pages
        self._parts = parts
        self._overflows = Overflows(floor, live)
        self.treatments = Treatments(floor)
        self.callbacks = Callbacks(floor, live=live, parts=parts, treatments=self.treatments, tell=self.tell)

    # -- telling the engine ------------------------------------------------------------------------------------------

    def tell(self, event: acd.events.Event, now: Moment) -> acd.model.Refusal | None:
        """Tell the engine one event, do what it decides, and return its refusal if it was a refused request."""
        return self._obey(self._floor.engine.handle(event, now.monotonic), now)

    def time_passed(self, now: Moment) -> None:
        """Let the engine do what is due, and ring the phones whose pop has had its time."""
        self._obey(self._floor.engine.handle_timer(now.monotonic), now)

    def enqueue(self, contact: Contact, now: Moment, *, came_back: bool = False) -> None:
        """Put a contact into the engine's line; `contact.queue`, `enqueued_at` and `head_start` are set.

        `came_back`: it had been accepted before, so a full or closed queue takes it all the same.
        """
        if contact.direction is CallDirection.INTERNAL:
            self.end_internal(contact)
            return
        contact.stage = Stage.WAITING
        plan = self._floor.plan(contact.queue)
        if contact.queue is not None and contact.queue != plan.name:  # a restart found his queue configured no more
            gone = contact.queue
            contact.came_from, contact.queue = gone, plan.name
            self._floor.write(contact, EventKind.MOVED, now, queue=gone, to=plan.name, why="no such queue")
        self.tell(entry(contact, self._floor, now, came_back=came_back), now)
        self._live.queue_changed(plan.name)

    def end_internal(self, contact: Contact) -> None:
        """A colleague whose caller has gone is no customer who waits: his phone is put down."""
        contact.stage = Stage.WRAP_UP
        self._floor.command(commands.ClearCall(call=contact.call_id, cause=Cause.NORMAL_CLEARING))

    def offer_anyway(self, contact: Contact, desk: Desk, now: Moment) -> None:
        """Offer a waiting contact to this agent, ready or not; nothing happens if the engine knows better."""
        if desk.state is None or desk.state.interactions:
            return
        offer = OfferId(f"{self._floor.epoch}b{contact.interaction}-{contact.seq}")
        self.tell(
            acd.events.EngagementRestored(
                agent=acd.model.AgentId(desk.record.agent),
                interaction=acd.model.InteractionId(contact.interaction),
                phase=acd.events.EngagementPhase.ALERTING,
                since=now.monotonic,
                offer=acd.model.OfferId(offer),
            ),
            now,
        )
        if any(one.offer == acd.model.OfferId(offer) for one in self._floor.engine.offers()):
            self._begin_offer(contact, desk, offer, now, {"rule": "returns"})

    def ring_back(self, desk: Desk, now: Moment) -> None:
        """An agent's phone is there again: a caller whom he lost with it, and who waits for him alone, rings him.

        Also one who is not ready: he was in that talk, and goes on with it.
        """
        for contact in self._floor.contacts.values():
            agent, until = contact.waits_for or (None, 0.0)
            if agent == desk.record.agent and contact.stage is Stage.WAITING and now.monotonic < until:
                if contact.offer is None:
                    self.offer_anyway(contact, desk, now)
                return

    def ring_who_is_there(self, contact: Contact, now: Moment) -> None:
        """Ring the agent for whom a caller waits alone, if page and phone are there already.

        A tab that was opened anew has its phone there before the switch finds the old one's audio dead.
        """
        agent, _ = contact.waits_for or (None, 0.0)
        desk = self._floor.desks.get(agent) if agent is not None else None
        if desk is not None and desk.desktop is not None and desk.record.device in self._floor.in_service:
            self.ring_back(desk, now)

    def rings_again(self, contact: Contact, offer: OpenOffer, now: Moment) -> bool:
        """Tell whether a caller waits for the agent whose phone could not be rung; then it is tried again in a moment.

        A tab that is opened anew has no registration for a second or two: that is no trouble with the phone.
        """
        agent, until = contact.waits_for or (None, 0.0)
        if agent != offer.agent or now.monotonic + RING_AGAIN_AFTER >= until:
            return False
        self._floor.ring_again[contact.interaction] = now.monotonic + RING_AGAIN_AFTER
        return True

    def ring_again(self, now: Moment) -> None:
        """Ring once more those phones that could not be rung, if it is time."""
        for interaction, due in list(self._floor.ring_again.items()):
            if due <= now.monotonic:
                del self._floor.ring_again[interaction]
                contact = self._floor.contacts.get(interaction)
                if contact is not None and contact.stage is Stage.WAITING:
                    self.ring_who_is_there(contact, now)

    def reject(self, contact: Contact, now: Moment) -> None:
        """The agent does not take what is offered to him: the phone stops ringing, the caller keeps his place."""
        offer = contact.offer
        if offer is None:
            return
        rung = offer.rung_at is not None
        self.offer_over(contact, "refused", "refused", now)
        if rung:
            self._floor.command(commands.RecallCall(call=contact.call_id))
        elif contact.call.state is CallState.IVR:
            self.treatments.wait(contact)
        self.tell(acd.events.OfferRefused(offer=acd.model.OfferId(offer.offer)), now)

    def say_goodbye(self, contact: Contact) -> None:
        """Let a caller for whom nothing more can be done hear the spoken end."""
        self._overflows.say_goodbye(contact)

    def withdraw(self, contact: Contact, outcome: str, gone: views.Gone, now: Moment) -> None:
        """Take a contact out of the engine's line, and close the offer under way as `outcome`."""
        self.offer_over(contact, outcome, gone, now)
        self.tell(acd.events.InteractionAbandoned(interaction=acd.model.InteractionId(contact.interaction)), now)
        if contact.queue:
            self._live.queue_changed(contact.queue)

    def engage(
        self, contact: Contact, desk: Desk, phase: acd.events.EngagementPhase, *, since: Moment, now: Moment
    ) -> None:
        """Tell the engine about work that it did not assign, or does not know any more."""
        if desk.state is None:
            return
        self.tell(
            acd.events.EngagementRestored(
                agent=acd.model.AgentId(desk.record.agent),
                interaction=acd.model.InteractionId(contact.interaction),
                phase=phase,
                since=since.monotonic,
                queue=acd.model.QueueName(self._floor.plan(contact.queue).name),
            ),
            now,
        )

    def take_up_talk(self, desk: Desk, now: Moment) -> None:
        """Engage an agent who has just logged on with the talk he is already in."""
        contact = self._floor.contacts.get(desk.contact) if desk.contact else None
        if contact is not None and contact.stage is Stage.TALKING and contact.agent == desk.record.agent:
            self.engage(
                contact, desk, acd.events.EngagementPhase.CONNECTED, since=contact.part.answered_at or now, now=now
            )

    def reserve(self, contact: Contact, desk: Desk, now: Moment) -> None:
        """The switch's own queue rings this agent: nothing else is offered to him meanwhile, and he sees who calls."""
        if desk.state is None or desk.state.interactions:
            return
        contact.rung_by_switch = desk.record.agent
        self.tell(
            acd.events.AgentReserved(
                agent=acd.model.AgentId(desk.record.agent),
                work=acd.model.InteractionId(contact.interaction),
                kind=acd.model.WorkKind.ACD,
                queue=acd.model.QueueName(self._floor.plan(contact.queue).name),
            ),
            now,
        )
        contact.part.offered_at = now
        self._pages.show_at(desk, contact)

    def take_for_own_call(
        self, contact: Contact, desk: Desk, now: Moment, *, request_id: str | None = None
    ) -> acd.model.Refusal | None:
        """Take the agent for a call that he makes; asked for beforehand (`request_id`), only if he is free."""
        inside = contact.direction is CallDirection.INTERNAL
        return self.tell(
            acd.events.AgentReserved(
                agent=acd.model.AgentId(desk.record.agent),
                work=acd.model.InteractionId(contact.interaction),
                kind=acd.model.WorkKind.OTHER if inside else acd.model.WorkKind.OUTBOUND,
                queue=None if inside else acd.model.QueueName(self._floor.plan(contact.queue).name),
                request_id=acd.model.RequestId(request_id) if request_id is not None else None,
            ),
            now,
        )

    def take_for_consultation(
        self, contact: Contact, desk: Desk, now: Moment, *, request_id: str | None = None
    ) -> acd.model.Refusal | None:
        """Take a colleague who is called about a contact; asked for beforehand (`request_id`), only if he is free."""
        return self.tell(
            acd.events.AgentReserved(
                agent=acd.model.AgentId(desk.record.agent),
                work=acd.model.InteractionId(contact.interaction),
                request_id=acd.model.RequestId(request_id) if request_id is not None else None,
            ),
            now,
        )

    def unreserve(self, contact: Contact, gone: views.Gone, now: Moment) -> None:
        """The switch's own queue rings the agent no more, and he has not answered."""
        desk = self._floor.desks.get(contact.rung_by_switch) if contact.rung_by_switch else None
        contact.rung_by_switch = None
        if desk is not None:
            self.free(desk, contact, gone, now)

    def release(self, contact: Contact, now: Moment) -> None:
        """The caller goes on without his agent, who is free at once: what there is to wrap up, another will."""
        desk = self._floor.desks.get(contact.agent) if contact.agent else None
        contact.leave_agent()
        if desk is not None:
            self.free(desk, contact, "cancelled", now)

    def free(self, desk: Desk, contact: Contact, gone: views.Gone, now: Moment) -> None:
        """Let an agent go from a contact that he had no part of his own in, or has no more; no work follows."""
        self._pages.clear(desk, contact, gone)
        if desk.works_on(contact):
            self.tell(
                acd.events.AgentReleased(
                    agent=acd.model.AgentId(desk.record.agent), work=acd.model.InteractionId(contact.interaction)
                ),
                now,
            )

    def begin_wrap_up(self, contact: Contact, now: Moment) -> None:
        """The talk is over: the agent's work ends by the queue's rule, at once or after a while."""
        self._wrap_up(contact, contact.part, now)

    def end_part(self, contact: Contact, now: Moment) -> None:
        """The agent has handed the customer on: his own work ends by the queue's rule, whatever becomes of him."""
        self._wrap_up(contact, contact.end_part(), now)

    def _wrap_up(self, contact: Contact, part: Part, now: Moment) -> None:
        desk = self._floor.desks.get(part.agent) if part.agent else None
        if desk is not None and desk.works_on(contact):
            self.tell(
                acd.events.InteractionEnded(
                    interaction=acd.model.InteractionId(contact.interaction),
                    agent=acd.model.AgentId(desk.record.agent),
                ),
                now,
            )
        if desk is None or not desk.works_on(contact):
            self._parts.finish(contact, part, now)
        elif desk.contact == contact.interaction:
            self._pages.tell(contact, desk)

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
                    self._floor.misfit(decision.why, now)
                case acd.commands.MoveInteraction():
                    self._overflows.move(decision, now)
                case acd.commands.DivertInteraction():
                    self._overflows.divert(decision, now)
                case acd.commands.ReleaseCallback():
                    self.callbacks.release(decision, now)
                case acd.commands.DropCallback():
                    self.callbacks.dropped(decision, now)
        return refusal

    def _offer(self, decision: acd.commands.OfferInteraction, now: Moment) -> None:
        contact = self._floor.contacts[InteractionId(decision.interaction)]
        desk = self._floor.desks[AgentId(decision.agent)]
        why = explain.trace_fields(decision.trace)
        if decision.trace.rule == PREFERRED and contact.preferred_by is not None and contact.waits_for is None:
            why["preferred_by"] = contact.preferred_by
        self._begin_offer(contact, desk, OfferId(decision.offer), now, why)

    def _begin_offer(
        self, contact: Contact, desk: Desk, offer: OfferId, now: Moment, why: Mapping[str, FieldValue]
    ) -> None:
        """Show the pop; the phone follows when the pop was written, or when its time is over.

        Where there is no page, and none is expected back, there is nothing to wait for.
        """
        paged = desk.desktop is not None or desk.record.agent in self._floor.desktops_due
        contact.offer = OpenOffer(
            offer=offer,
            agent=desk.record.agent,
            device=desk.record.device,
            made_at=now,
            ring_at=now.monotonic + self._floor.pop_ack,
        )
        contact.decision = {"agent": desk.record.agent, "offer": offer, **why}
        self._floor.write(contact, EventKind.OFFERED, now, **contact.decision)
        self._pages.show_at(desk, contact)
        self._floor.unrung[contact.offer.offer] = contact
        if paged and contact.queue is not None:
            deflection = self._deflection(contact, contact.queue, desk.record.device)
            self._floor.command(commands.PrepareDeflection(deflection=deflection))
        else:
            self.ring(contact, now)

    def ring(self, contact: Contact, now: Moment) -> None:
        """Ring the agent's phone for the offer under way, once."""
        offer = contact.offer
        if offer is None or offer.rung_at is not None or contact.queue is None:
            return
        self.rings(offer, now)
        self._floor.command(self._deflection(contact, contact.queue, offer.device))

    def _deflection(self, contact: Contact, queue: QueueName, device: DeviceName) -> commands.DeflectCall:
        return commands.DeflectCall(
            call=contact.call_id,
            device=device,
            queue=queue,
            enqueued_at=contact.enqueued_epoch,
            sequence=contact.sequence,
            epoch=self._floor.epoch,
        )

    def rings(self, offer: OpenOffer, now: Moment) -> None:
        """Note that the phone rings for this offer, or is about to."""
        offer.rung_at = now.monotonic
        self._floor.unrung.pop(offer.offer, None)

    def _cancel(self, decision: acd.commands.CancelOffer, now: Moment) -> None:
        """The engine took an offer back: the caller waits in the room again."""
        contact = self._floor.contacts.get(InteractionId(decision.interaction))
        if contact is None or contact.offer is None or contact.offer.offer != OfferId(decision.offer):
            return
        rung = contact.offer.rung_at is not None
        if decision.why is acd.commands.CancelReason.UNANSWERED:
            self.offer_over(contact, "unanswered", "missed", now)
        else:
            self.offer_over(contact, "cancelled", "cancelled", now)
        if rung:
            self._floor.command(commands.RecallCall(call=contact.call_id))
        elif contact.call.state is CallState.IVR:  # on the way from the IVR straight to the agent, or in his treatment
            self.treatments.wait(contact)

    def take_offer(self, contact: Contact) -> OpenOffer | None:
        """Take the offer under way off the contact: it has ended."""
        offer, contact.offer = contact.offer, None
        if offer is not None:
            self._floor.unrung.pop(offer.offer, None)
        return offer

    def offer_over(self, contact: Contact, outcome: str, gone: views.Gone, now: Moment) -> None:
        """Close the offer under way: it ended without an answer."""
        offer = self.take_offer(contact)
        if offer is None:
            return
        self._floor.write(contact, EventKind.OFFER_ENDED, now, agent=offer.agent, offer=offer.offer, outcome=outcome)
        desk = self._floor.desks.get(offer.agent)
        if desk is not None:
            self._pages.clear(desk, contact, gone)

    def _agent_changed(self, state: acd.commands.ReportAgentState, now: Moment) -> None:
        desk = self._floor.desks.get(AgentId(state.agent))
        if desk is None:
            return
        before, desk.state = desk.state, state
        if state.state is acd.model.AgentState.NULL:
            desk.state, desk.off_since = None, state.since
        if before is None or (before.state, before.reason) != (state.state, state.reason):
            self._floor.write_state(desk, state.state.value, str(state.reason), now)
            if desk.state is None:
                desk.shift = None
        self._remember(desk, before)
        self.mirror(desk)
        self._live.agent_changed(desk.record.agent)
        for queue in desk.queues:
            self._live.queue_changed(queue)
        for interaction in before.interactions if before else ():
            if interaction not in state.interactions:
                self._work_over(self._floor.contacts.get(InteractionId(interaction)), desk, now)
        if state.state is acd.model.AgentState.WORKING_AFTER_CALL:  # the count-down has begun, or was moved
            self._pages.refresh_at(desk.record.agent)

    def _work_over(self, contact: Contact | None, desk: Desk, now: Moment) -> None:
        """The engine has ended the agent's work on a contact: completed, or its time was over."""
        part = contact.part_of(desk.record.agent) if contact is not None else None
        if contact is not None and part is not None and part.talk_ended_at is not None:
            self._parts.finish(contact, part, now)

    # -- what must outlive us ----------------------------------------------------------------------------------------

    def _remember(self, desk: Desk, before: acd.commands.ReportAgentState | None) -> None:
        choice = chosen(desk.state)
        if choice != chosen(before):
            self._floor.emit(RememberAgent(agent=desk.record.agent, choice=choice))

    def mirror(self, desk: Desk, *, anew: bool = False) -> None:
        """Keep the switch's own queues ready to take over: members are those who would take calls now.

        `anew` when the switch may have forgotten what it was told, or was not told what it should have been.
        """
        anew = anew or desk.mirror_failed
        if desk.state is None and desk.mirrored is None and not anew:
            return
        wanted = commands.MirrorAgent(
            device=desk.record.device,
            queues=desk.memberships if desk.state else (),
            ready=_takes_calls(desk.state),
        )
        if desk.mirrored is not None and desk.mirrored.device != wanted.device:
            self._floor.command(commands.MirrorAgent(device=desk.mirrored.device, queues=(), ready=False))
        if anew or wanted != desk.mirrored:
            desk.mirrored, desk.mirror_failed = wanted if desk.state else None, False
            self._floor.command(wanted)


def _takes_calls(state: acd.commands.ReportAgentState | None) -> bool:
    """Tell whether the switch may ring this agent without us; a busy phone it sees by itself (``ringinuse=no``)."""
    if state is None:
        return False
    if state.state is acd.model.AgentState.BUSY:
        return state.pending is acd.model.AgentState.READY
    return state.state is acd.model.AgentState.READY
