"""The routing engine: told what happened, it answers with what shall be done.

One entry for facts and requests (:meth:`RoutingEngine.handle`), one deadline out
(:meth:`RoutingEngine.next_deadline`), one entry for time (:meth:`RoutingEngine.handle_timer`). The same inputs
give the same decisions, in the same order, on every run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias, assert_never

from acd.agent import INTERRUPTIONS, AgentMachine, Engagement
from acd.assignment import Assignment
from acd.callbacks import PACE, Callback, Callbacks
from acd.commands import (
    CancelOffer,
    CancelReason,
    Command,
    DivertInteraction,
    DropCallback,
    DropReason,
    MoveInteraction,
    OfferInteraction,
    RefuseRequest,
    ReleaseCallback,
    ReportAgentState,
    RequestResynchronisation,
)
from acd.deadlines import Deadlines
from acd.decision import Explanation, explanation
from acd.events import (
    AgentConfigured,
    AgentLoggedOff,
    AgentLoggedOn,
    AgentReleased,
    AgentReserved,
    AgentStateRequested,
    CallbackAnswered,
    CallbackRequested,
    CallbackUnanswered,
    DeviceRegistrationChanged,
    EngagementPhase,
    EngagementRestored,
    Event,
    InteractionAbandoned,
    InteractionEnded,
    InteractionQueued,
    OfferAccepted,
    OfferAlerting,
    OfferFailed,
    OfferRefused,
    OfferUnanswered,
    QueuesConfigured,
    RulesConfigured,
    WrapUpCompleted,
    WrapUpExtended,
)
from acd.expected_wait import Estimate, WaitEstimator
from acd.matching import combined
from acd.model import (
    MISSED_CALL,
    NO_REASON,
    PHONE_FAILED,
    Agent,
    AgentId,
    AgentState,
    Exclusion,
    InteractionId,
    Medium,
    NotReadyReason,
    Occasion,
    OfferId,
    OverflowTo,
    Queue,
    QueueName,
    Refusal,
    RequestedState,
    RequestId,
    WaitingInteraction,
    WorkKind,
    WrapUp,
)
from acd.offer import Offer, OfferPhase
from acd.overflow import applicable
from acd.pools import Seat
from acd.rules import NO_EFFECT, Rule, effect_of
from acd.waiting import Waiting

Due: TypeAlias = tuple[str, str, str]
"""What a deadline is about.

("offer", offer, ""), ("wrap-up", agent, interaction), ("place", interaction, ""), ("callback", interaction, ""),
or :data:`PACING`.
"""

PACING: Due = ("pacing", "", "")

MOST_ODDITIES = 200
RETRY_AFTER = 2.0
"""Seconds an interaction is held back after an offer failed for a reason that was not the agent's device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """A fact that did not fit: it changed nothing, and somebody should look at the switch."""

    at: float
    fact: str
    why: str


class RoutingEngine:
    """Agents, queues, waiting interactions and offers of one CTI server.

    ``epoch`` grows with every start of the server and is part of every offer's id, so that an answer to an
    offer of an earlier life finds nothing. ``interruptions`` says which medium may be offered to somebody
    who works on another. The engine belongs to one writer; it is not thread-safe.
    """

    def __init__(self, *, epoch: int, interruptions: Mapping[Medium, frozenset[Medium]] = INTERRUPTIONS) -> None:
        self._epoch = epoch
        self._interruptions = interruptions
        self._now = float("-inf")
        self._assignment = Assignment(epoch)
        self._due: Deadlines[Due] = Deadlines()
        self._reported: dict[AgentId, ReportAgentState] = {}
        self._oddities: deque[Oddity] = deque(maxlen=MOST_ODDITIES)
        self._estimators: dict[QueueName, WaitEstimator] = {}
        self._callbacks = Callbacks()
        self._rules: tuple[Rule, ...] = ()
        self._log_ons = 0
        self._arrivals = 0
        self._out: list[Command] = []

    # --- driving it

    def handle(self, event: Event, now: float) -> list[Command]:
        """Tell a fact or a request; what was due before ``now`` happens first.

        ``now`` is monotonic seconds; a time that lies back counts as the latest one known.
        """
        self._advance(now)
        self._dispatch(event)
        self._let_happen()  # what the event itself made due at once, like the end of a wrap-up of no length
        return self._take()

    def next_deadline(self) -> float | None:
        """When :meth:`handle_timer` is to be called next (monotonic seconds), or None."""
        return self._due.next()

    def handle_timer(self, now: float) -> list[Command]:
        """Let happen what is due at ``now``."""
        self._advance(now)
        return self._take()

    # --- looking at it

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """The latest facts that did not fit, oldest first, at most :data:`MOST_ODDITIES`."""
        return tuple(self._oddities)

    def waiting(self) -> list[WaitingInteraction]:
        """Everybody who waits, those being offered included, in order of service across all queues."""
        return [_shown(each) for each in self._assignment]

    @property
    def waiting_count(self) -> int:
        """How many wait, those being offered included."""
        return len(self._assignment.waiting)

    def expected_wait(self, interaction: InteractionId) -> Estimate | None:
        """The wait estimated when this one joined its queue; None is "unknown", or that nobody made it wait."""
        waiting = self._assignment.waiting.get(interaction)
        return self._estimator(waiting.queue).estimate(interaction) if waiting is not None else None

    def why(self, interaction: InteractionId) -> Explanation | None:
        """Why this interaction still waits; None when it does not."""
        waiting = self._assignment.waiting.get(interaction)
        if waiting is None:
            return None
        pool = self._assignment.eligible(waiting, self._now)
        ahead = [each for each in self._assignment if each.queue.name == waiting.queue.name]
        return explanation(
            waiting,
            now=self._now,
            position=ahead.index(waiting) + 1,
            logged_on=pool.size,
            excluded=pool.excluded,
            estimate=self._estimator(waiting.queue).estimate(interaction),
        )

    def offers(self) -> list[Offer]:
        """The offers under way, in the order they were made. To look at, not to touch."""
        return list(self._assignment.offers.values())

    def agent_states(self) -> list[ReportAgentState]:
        """What was last reported of everybody who is logged on, in the order they logged on."""
        return [self._reported[agent] for agent in self._assignment.index.seats]

    # --- what is told

    def _dispatch(self, event: Event) -> None:  # noqa: C901, PLR0912, PLR0915 - one line a case
        match event:  # the most frequent first
            case InteractionEnded():
                self._interaction_ended(event)
            case InteractionQueued():
                self._interaction_queued(event)
            case OfferAccepted(offer=offer):
                self._offer_accepted(event, offer)
            case OfferAlerting(offer=offer):
                self._offer_alerting(event, offer)
            case AgentStateRequested():
                self._agent_state_requested(event)
            case WrapUpCompleted():
                self._wrap_up_completed(event)
            case InteractionAbandoned():
                self._interaction_abandoned(event)
            case QueuesConfigured(queues=queues):
                self._queues_configured(queues)
            case RulesConfigured(rules=rules):
                self._rules = rules
            case AgentConfigured(agent=profile):
                self._agent_configured(profile)
            case AgentLoggedOn():
                self._agent_logged_on(event)
            case AgentLoggedOff(agent=agent):
                self._agent_logged_off(event, agent)
            case DeviceRegistrationChanged(agent=agent, registered=registered):
                self._registration_changed(agent, registered=registered)
            case AgentReserved():
                self._agent_reserved(event)
            case AgentReleased():
                self._agent_released(event)
            case WrapUpExtended():
                self._wrap_up_extended(event)
            case CallbackRequested():
                self._callback_requested(event)
            case CallbackAnswered(interaction=interaction):
                self._callback_answered(event, interaction)
            case CallbackUnanswered(interaction=interaction):
                self._callback_unanswered(event, interaction)
            case EngagementRestored():
                self._engagement_restored(event)
            case OfferRefused(offer=offer, reason=reason):
                self._offer_missed(event, offer, OfferPhase.REFUSED, reason)
            case OfferUnanswered(offer=offer):
                self._offer_missed(event, offer, OfferPhase.UNANSWERED, MISSED_CALL)
            case OfferFailed(offer=offer, device_trouble=True):
                self._offer_missed(event, offer, OfferPhase.FAILED, PHONE_FAILED)
            case OfferFailed(offer=offer):
                self._offer_failed(event, offer)
            case _:
                assert_never(event)

    # --- configuration

    def _queues_configured(self, queues: tuple[Queue, ...]) -> None:
        for waiting in self._assignment.configure({queue.name: queue for queue in queues}):
            self._place(waiting, Occasion.REQUIREMENTS_CHANGED)

    def _agent_configured(self, profile: Agent) -> None:
        seat = self._assignment.index.seats.get(profile.agent)
        if seat is not None:
            self._assignment.index.reclassify(seat, profile)
            self._settle(seat)

    # --- agents

    def _agent_logged_on(self, event: AgentLoggedOn) -> None:
        profile = event.agent
        if profile.agent in self._assignment.index.seats:
            self._agent_configured(profile)
            self._registration_changed(profile.agent, registered=event.registered)
            return
        self._log_ons += 1
        others = [seat.machine.worked for seat in self._assignment.index.seats.values()]
        machine = AgentMachine(
            profile=profile,
            order=self._log_ons,
            registered=event.registered,
            chose_ready=event.ready,
            chosen_reason=NO_REASON if event.ready else event.reason,
            since=self._now,
            ready_since=self._now,
            interruptions=self._interruptions,
            worked=sum(others) / len(others) if others else 0.0,
        )
        machine.observe(self._now)
        self._settle(self._assignment.index.add(machine))

    def _agent_logged_off(self, event: Event, agent: AgentId) -> None:
        seat = self._assignment.index.seats.get(agent)
        if seat is None:
            self._odd(event, "the agent was not logged on")
            return
        self._remove(seat)

    def _agent_state_requested(self, event: AgentStateRequested) -> None:
        seat = self._assignment.index.seats.get(event.agent)
        if seat is None:
            self._refuse(event.request_id, Refusal.UNKNOWN_AGENT)
            return
        answer = seat.machine.request(event.state, event.reason, self._now)
        if isinstance(answer, Refusal):
            self._refuse(event.request_id, answer)
        elif event.state is RequestedState.LOGGED_OFF:
            self._remove(seat)
        else:
            self._settle(seat)

    def _remove(self, seat: Seat) -> None:
        agent = seat.machine.profile.agent
        returned = self._withdraw(seat, CancelReason.AGENT_GONE)
        for engagement in seat.machine.engagements:
            self._due.clear(("wrap-up", agent, engagement.interaction))
        bereft = self._assignment.waiting_for(seat) + self._assignment.deserted_by(seat)
        self._assignment.index.remove(seat)
        del self._reported[agent]
        self._out.append(ReportAgentState(agent=agent, state=AgentState.NULL, since=self._now))
        for waiting in bereft:
            self._assignment.take_out(waiting)
            self._place(waiting, Occasion.REQUIREMENTS_CHANGED)
        self._return(returned)

    def _registration_changed(self, agent: AgentId, *, registered: bool) -> None:
        seat = self._assignment.index.seats.get(agent)
        if seat is None or seat.machine.registered is registered:
            return  # phones of people who are not logged on come and go; that is nothing odd
        returned = None if registered else self._withdraw(seat, CancelReason.PHONE_UNREACHABLE)
        seat.machine.registered = registered
        seat.machine.observe(self._now)
        self._settle(seat)
        self._return(returned)

    def _agent_reserved(self, event: AgentReserved) -> None:
        seat = self._assignment.index.seats.get(event.agent)
        if seat is None:
            self._misfit(event, event.request_id, Refusal.UNKNOWN_AGENT)
            return
        machine = seat.machine
        if machine.engagement(event.work) is not None:
            self._misfit(event, event.request_id, Refusal.AGENT_NOT_FREE)
            return
        if event.request_id is not None and (machine.engagements or machine.offered):
            self._refuse(event.request_id, Refusal.AGENT_NOT_FREE)
            return
        returned = self._withdraw(seat, CancelReason.AGENT_TAKEN)
        self._begin(seat, event.work, medium=event.medium, kind=event.kind, queue=event.queue, since=self._now)
        self._settle(seat)
        self._return(returned)

    def _agent_released(self, event: AgentReleased) -> None:
        found = self._engagement(event, event.agent, event.work)
        if found is not None:
            seat, engagement = found
            self._due.clear(("wrap-up", event.agent, event.work))
            seat.machine.drop(engagement, self._now)
            self._settle(seat)

    # --- interactions

    def _interaction_queued(self, event: InteractionQueued) -> None:
        queue = self._assignment.queues.get(event.queue)
        if queue is None:
            self._odd(event, "no such queue is configured")
            return
        if event.interaction in self._assignment.waiting:
            self._odd(event, "the interaction waits already")
            return
        self._arrivals += 1
        effect = effect_of(self._rules, queue.name, event.attributes) if self._rules else NO_EFFECT
        for rule in effect.failed:
            self._note("rule", f"{rule!r} could not be evaluated")
        enqueued_at = min(event.enqueued_at, self._now) if isfinite(event.enqueued_at) else self._now
        waiting = Waiting(
            interaction=event.interaction,
            queue=queue,
            medium=event.medium,
            enqueued_at=enqueued_at,
            sequence=event.sequence or self._arrivals,
            head_start=(event.head_start if isfinite(event.head_start) else 0.0) + effect.head_start,
            prefers_expert=event.prefers_expert or effect.prefers_expert,
            needs=combined(event.requirements, effect.requirements) if effect.applied else event.requirements,
            requirement=event.requirements,
            step=-1,
            entered_at=enqueued_at,
            order=self._arrivals,
            preferred=event.preferred,
            attributes=event.attributes,
        )
        self._assignment.enter(waiting)
        self._place(waiting, Occasion.INTERACTION_ARRIVED)

    def _interaction_abandoned(self, event: InteractionAbandoned) -> None:
        waiting = self._assignment.waiting.get(event.interaction)
        if waiting is None:
            self._odd(event, "no such interaction waits")
            return
        seat = self._assignment.index.seats[waiting.offered_to] if waiting.offered_to else None
        if seat is not None:
            self._withdraw(seat, CancelReason.ABANDONED)
        self._leave(waiting)
        if seat is not None:
            self._settle(seat)

    def _interaction_ended(self, event: InteractionEnded) -> None:
        found = self._engagement(event, event.agent, event.interaction)
        if found is None:
            return
        seat, engagement = found
        if engagement.wrapping_up:
            self._odd(event, "the agent's part had ended already")
            return
        seat.machine.end(engagement, self._now)
        if engagement.deadline is not None:
            self._due.set(("wrap-up", event.agent, event.interaction), engagement.deadline)
        self._learn(seat, engagement)
        self._settle(seat)

    def _wrap_up_completed(self, event: WrapUpCompleted) -> None:
        found = self._engagement(event, event.agent, event.interaction, event.request_id)
        if found is None:
            return
        seat, engagement = found
        refusal = seat.machine.complete(engagement, has_disposition=event.has_disposition, now=self._now)
        if refusal is not None:
            self._misfit(event, event.request_id, refusal)
            return
        self._due.clear(("wrap-up", event.agent, event.interaction))
        self._learn(seat, engagement)
        self._settle(seat)

    def _wrap_up_extended(self, event: WrapUpExtended) -> None:
        found = self._engagement(event, event.agent, event.interaction, event.request_id)
        if found is None:
            return
        seat, engagement = found
        refusal = seat.machine.extend(engagement, event.seconds, self._now)
        if refusal is not None:
            self._refuse(event.request_id, refusal)
        elif engagement.deadline is not None:
            self._due.set(("wrap-up", event.agent, event.interaction), engagement.deadline)
            self._settle(seat)

    def _engagement_restored(self, event: EngagementRestored) -> None:
        seat = self._assignment.index.seats.get(event.agent)
        if seat is None:
            self._odd(event, "the agent is not logged on")
            return
        if seat.machine.engagement(event.interaction) is not None:
            self._odd(event, "the agent works on this interaction already")
            return
        waiting = self._assignment.waiting.get(event.interaction)
        if event.phase is EngagementPhase.ALERTING:
            self._restore_offer(event, seat, waiting)
            return
        if waiting is not None:
            if waiting.offered_to is not None and waiting.offered_to != event.agent:
                self._odd(event, "the interaction is being offered to another agent")
                return
            self._due.clear(("place", event.interaction, ""))
        returned = self._withdraw(seat, CancelReason.AGENT_TAKEN)
        if returned is waiting:
            returned = None
        if waiting is not None:
            self._leave(waiting)
        since = min(event.since, self._now) if isfinite(event.since) else self._now
        engagement = self._begin(
            seat, event.interaction, medium=event.medium, kind=event.kind, queue=event.queue, since=since
        )
        if event.phase is EngagementPhase.WRAP_UP:
            self._restore_wrap_up(seat, engagement, since)
        self._settle(seat)
        self._return(returned)

    def _restore_offer(self, event: EngagementRestored, seat: Seat, waiting: Waiting | None) -> None:
        machine = seat.machine
        if waiting is None or waiting.offer is not None or machine.offered or machine.engagements:
            self._odd(event, "this cannot be an offer now")
            return
        if not machine.registered:
            self._odd(event, "the agent's phone is not registered")
            return
        offer = Offer(
            offer=event.offer or OfferId(f"{self._epoch}-{event.interaction}"),
            interaction=event.interaction,
            agent=event.agent,
            made_at=self._now,
            expires_at=self._now + waiting.queue.offer_timeout,
            phase=OfferPhase.ALERTING,
        )
        if offer.offer in self._assignment.offers:
            self._odd(event, "there is such an offer already")
            return
        self._assignment.adopt(waiting, seat, offer)
        self._due.clear(("place", event.interaction, ""))
        self._due.set(("offer", offer.offer, ""), offer.expires_at)
        machine.observe(self._now)
        self._publish(seat)

    def _restore_wrap_up(self, seat: Seat, engagement: Engagement, since: float) -> None:
        engagement.wrap_up_asked = True
        seat.machine.end(engagement, self._now)
        if engagement.deadline is not None:
            engagement.deadline += since - self._now
            self._due.set(("wrap-up", seat.machine.profile.agent, engagement.interaction), engagement.deadline)
        self._settle(seat)

    # --- callbacks

    def _callback_requested(self, event: CallbackRequested) -> None:
        waiting = self._assignment.waiting.get(event.interaction)
        if waiting is None or waiting.offer is not None or waiting.called_back:
            self._odd(event, "no such interaction waits unoffered")
            return
        self._assignment.take_out(waiting)
        waiting.called_back = True
        self._estimator(waiting.queue).left(waiting.interaction, self._now)
        self._due.clear(("place", waiting.interaction, ""))
        callback = Callback(
            waiting=waiting,
            pool=self._assignment.eligible(waiting, self._now),
            expires_at=self._now + event.expires_after,
            attempts=event.attempts,
            retry_after=event.retry_after,
            not_before=self._now,
        )
        self._callbacks.add(callback)
        self._due.set(("callback", waiting.interaction, ""), callback.expires_at)
        self._due.set(PACING, self._now)

    def _callback_answered(self, event: Event, interaction: InteractionId) -> None:
        callback = self._released(event, interaction)
        if callback is not None:
            self._callbacks.close(interaction)
            self._due.clear(("callback", interaction, ""))
            callback.waiting.called_back = False
            self._place(callback.waiting, Occasion.CALLBACK_ANSWERED)

    def _callback_unanswered(self, event: Event, interaction: InteractionId) -> None:
        callback = self._released(event, interaction)
        if callback is None:
            return
        callback.released = False
        callback.not_before = self._now + callback.retry_after
        if callback.attempt >= callback.attempts:
            self._drop(callback.waiting, DropReason.NOT_REACHED)

    def _released(self, event: Event, interaction: InteractionId) -> Callback | None:
        callback = self._callbacks.get(interaction)
        if callback is None or not callback.released:
            self._odd(event, "nobody is being called back for this interaction")
            return None
        return callback

    def _drop(self, waiting: Waiting, why: DropReason) -> None:
        self._leave(waiting)
        self._out.append(DropCallback(interaction=waiting.interaction, queue=waiting.queue.name, why=why))

    def _pace(self) -> None:
        """Release the callbacks for which agents are soon free, and look again in a moment."""
        for callback in self._callbacks.release(self._assignment.handling, self._now):
            waiting = callback.waiting
            self._out.append(
                ReleaseCallback(interaction=waiting.interaction, queue=waiting.queue.name, attempt=callback.attempt)
            )
        if self._callbacks:
            self._due.set(PACING, self._now + PACE)

    # --- offers

    def _offer_alerting(self, event: Event, offer_id: OfferId) -> None:
        offer = self._assignment.offers.get(offer_id)
        if offer is None or not offer.advance(OfferPhase.ALERTING):
            self._odd(event, "no such offer is waiting to alert")

    def _offer_accepted(self, event: Event, offer_id: OfferId) -> None:
        offer = self._known(event, offer_id)
        if offer is None:
            return
        seat = self._assignment.index.seats[offer.agent]
        waiting = self._end(offer, OfferPhase.ACCEPTED)
        self._assignment.forget(waiting)
        self._estimator(waiting.queue).answered(waiting.interaction, self._now)
        self._begin(
            seat,
            waiting.interaction,
            medium=waiting.medium,
            kind=WorkKind.ACD,
            queue=waiting.queue.name,
            since=self._now,
            wrap_up=waiting.queue.wrap_up,
        )
        self._settle(seat)

    def _offer_missed(self, event: Event, offer_id: OfferId, phase: OfferPhase, reason: NotReadyReason) -> None:
        offer = self._known(event, offer_id)
        if offer is not None:
            self._miss(offer, phase, reason)

    def _offer_failed(self, event: Event, offer_id: OfferId) -> None:
        offer = self._known(event, offer_id)
        if offer is None:
            return
        seat = self._assignment.index.seats[offer.agent]
        waiting = self._end(offer, OfferPhase.FAILED)
        waiting.held_until = self._now + RETRY_AFTER
        self._due.set(("place", waiting.interaction, ""), waiting.held_until)
        self._settle(seat)

    def _miss(self, offer: Offer, phase: OfferPhase, reason: NotReadyReason) -> None:
        seat = self._assignment.index.seats[offer.agent]
        returned = self._end(offer, phase)
        seat.machine.miss(reason, self._now)
        self._settle(seat)
        self._return(returned)

    def _withdraw(self, seat: Seat, why: CancelReason) -> Waiting | None:
        """Cancel the agent's offer, if there is one. The agent is to be settled, the interaction returned."""
        offer = self._assignment.offer_to(seat.machine.profile.agent)
        if offer is None:
            return None
        self._out.append(CancelOffer(offer=offer.offer, interaction=offer.interaction, agent=offer.agent, why=why))
        return self._end(offer, OfferPhase.CANCELLED)

    def _end(self, offer: Offer, phase: OfferPhase) -> Waiting:
        self._due.clear(("offer", offer.offer, ""))
        seat = self._assignment.index.seats[offer.agent]
        waiting = self._assignment.close(offer, phase)
        seat.machine.offered = False
        seat.machine.observe(self._now)
        if waiting.preferred is not None and waiting.preferred.agent == offer.agent:
            waiting.preferred = None
        return waiting

    # --- bringing both sides together

    def _place(self, waiting: Waiting, occasion: Occasion) -> None:
        """The interaction looks for an agent, or waits; time may change something for it later."""
        if waiting.called_back:
            return
        arriving = occasion is Occasion.INTERACTION_ARRIVED
        if not self._overflow(waiting, arriving=arriving):
            return
        self._offered(self._assignment.place(waiting, occasion, self._now))
        if waiting.offer is None:
            if arriving or occasion is Occasion.CALLBACK_ANSWERED:
                self._estimator(waiting.queue).joined(waiting.interaction, self._now, waiting.rank, self._busy(waiting))
            change = waiting.next_change(self._now)
            if change is not None:
                self._due.set(("place", waiting.interaction, ""), change)

    def _overflow(self, waiting: Waiting, *, arriving: bool) -> bool:
        """Move the interaction on as far as overflows demand; says whether it still waits."""
        while waiting.queue.overflows:
            queue = waiting.queue
            overflow = applicable(
                queue,
                arriving=arriving,
                waited=self._now - waiting.entered_at,
                others=self._assignment.lengths[queue.name] - 1,
                logged_on=self._assignment.eligible(waiting, self._now).size,
                expected_wait=lambda: self._expected_seconds(waiting),
            )
            if overflow is None:
                return True
            if overflow.to is not OverflowTo.QUEUE:
                self._leave(waiting)
                self._out.append(
                    DivertInteraction(
                        interaction=waiting.interaction,
                        queue=queue.name,
                        to=overflow.to,
                        name=overflow.name,
                        why=overflow.cause,
                    )
                )
                return False
            target = self._assignment.queues.get(QueueName(overflow.name))
            if target is None or target.name in waiting.been_in or target is queue:
                return True  # configuration changed meanwhile: better wait here than run in a circle
            self._estimator(queue).left(waiting.interaction, self._now)
            self._assignment.move(waiting, target, self._now)
            self._out.append(
                MoveInteraction(interaction=waiting.interaction, queue=queue.name, to=target.name, why=overflow.cause)
            )
        return True

    def _return(self, waiting: Waiting | None) -> None:
        """An offer came to nothing: the interaction looks for another agent, in its old place."""
        if waiting is not None:
            self._place(waiting, Occasion.OFFER_RETURNED)

    def _settle(self, seat: Seat) -> None:
        """Something about the agent changed: report it, and look for an interaction if the agent is free."""
        self._publish(seat)
        self._offered(self._assignment.seek(seat, self._now))

    def _offered(self, command: OfferInteraction | None) -> None:
        if command is not None:
            self._due.clear(("place", command.interaction, ""))
            self._due.set(("offer", command.offer, ""), command.expires_at)
            self._out.append(command)

    def _begin(
        self,
        seat: Seat,
        interaction: InteractionId,
        *,
        medium: Medium,
        kind: WorkKind,
        queue: QueueName | None,
        since: float,
        wrap_up: WrapUp | None = None,
    ) -> Engagement:
        if wrap_up is None:
            configured = self._assignment.queues.get(queue) if queue is not None else None
            wrap_up = configured.wrap_up if configured is not None else WrapUp()
        engagement = Engagement(
            interaction=interaction, medium=medium, kind=kind, queue=queue, since=since, wrap_up=wrap_up
        )
        seat.machine.begin(engagement, self._now)
        return engagement

    def _learn(self, seat: Seat, engagement: Engagement) -> None:
        """Remember how long this took, once it is over."""
        if engagement.queue is not None and seat.machine.engagement(engagement.interaction) is not engagement:
            seconds = self._now - engagement.since
            self._assignment.handling.observe(engagement.queue, seconds)
            estimator = self._estimators.get(engagement.queue)
            if estimator is not None:
                estimator.finished(seconds)

    def _leave(self, waiting: Waiting) -> None:
        """The interaction goes, unanswered."""
        self._due.clear(("place", waiting.interaction, ""))
        if waiting.called_back:
            self._callbacks.close(waiting.interaction)
            self._due.clear(("callback", waiting.interaction, ""))
        self._assignment.forget(waiting)
        self._estimator(waiting.queue).left(waiting.interaction, self._now)

    def _estimator(self, queue: Queue) -> WaitEstimator:
        estimator = self._estimators.get(queue.name)
        if estimator is None:
            estimator = self._estimators[queue.name] = WaitEstimator()
        return estimator

    def _busy(self, waiting: Waiting) -> int:
        counts = self._assignment.eligible(waiting, self._now).excluded
        return counts[Exclusion.BUSY] + counts[Exclusion.WORKING_AFTER_CALL] + counts[Exclusion.HAS_OFFER]

    def _expected_seconds(self, waiting: Waiting) -> float | None:
        """What somebody like this would wait; nothing when an agent is ready."""
        if self._assignment.eligible(waiting, self._now).ready_count:
            return 0.0
        estimate = self._estimator(waiting.queue).if_joined(self._now, waiting.rank, self._busy(waiting))
        return estimate.seconds if estimate is not None else None

    # --- time

    def _advance(self, now: float) -> None:
        if isfinite(now) and now >= self._now:
            self._now = now
        else:
            self._note("time", "it went backwards or nowhere")
        self._let_happen()

    def _let_happen(self) -> None:
        while (due := self._due.pop_due(self._now)) is not None:
            self._happen(due)

    def _happen(self, due: Due) -> None:
        match due:
            case ("offer", offer_id, _):
                offer = self._assignment.offers[OfferId(offer_id)]
                self._out.append(
                    CancelOffer(
                        offer=offer.offer,
                        interaction=offer.interaction,
                        agent=offer.agent,
                        why=CancelReason.UNANSWERED,
                    )
                )
                self._miss(offer, OfferPhase.UNANSWERED, MISSED_CALL)
            case ("wrap-up", agent, interaction):
                seat = self._assignment.index.seats[AgentId(agent)]
                engagement = seat.machine.engagement(InteractionId(interaction))
                if engagement is not None:
                    seat.machine.drop(engagement, self._now)
                    self._learn(seat, engagement)
                    self._settle(seat)
            case ("callback", interaction, _):
                self._drop(self._assignment.waiting[InteractionId(interaction)], DropReason.EXPIRED)
            case ("pacing", _, _):
                self._pace()
            case (_, interaction, _):
                waiting = self._assignment.waiting[InteractionId(interaction)]
                self._assignment.take_out(waiting)
                self._place(waiting, Occasion.REQUIREMENTS_CHANGED)

    # --- answers

    def _take(self) -> list[Command]:
        out, self._out = self._out, []
        return out

    def _publish(self, seat: Seat) -> None:
        machine = seat.machine
        pending = machine.pending
        report = ReportAgentState(
            agent=machine.profile.agent,
            state=machine.state,
            since=machine.since,
            reason=machine.reason,
            pending=pending,
            pending_reason=machine.chosen_reason if pending is AgentState.NOT_READY else NO_REASON,
            deadline=machine.deadline,
            interactions=tuple(engagement.interaction for engagement in machine.engagements),
        )
        if self._reported.get(report.agent) != report:
            self._reported[report.agent] = report
            self._out.append(report)

    def _refuse(self, request_id: RequestId, reason: Refusal) -> None:
        self._out.append(RefuseRequest(request_id=request_id, reason=reason))

    def _odd(self, event: Event, why: str) -> None:
        fact = type(event).__name__
        self._note(fact, why)
        self._out.append(RequestResynchronisation(why=f"{fact}: {why}"))

    def _note(self, fact: str, why: str) -> None:
        self._oddities.append(Oddity(at=self._now, fact=fact, why=why))

    def _misfit(self, event: Event, request_id: RequestId | None, reason: Refusal) -> None:
        """Refuse a request; record a fact."""
        if request_id is not None:
            self._refuse(request_id, reason)
        else:
            self._odd(event, reason.text)

    def _known(self, event: Event, offer_id: OfferId) -> Offer | None:
        offer = self._assignment.offers.get(offer_id)
        if offer is None:
            self._odd(event, "no such offer is under way")
        return offer

    def _engagement(
        self, event: Event, agent: AgentId, interaction: InteractionId, request_id: RequestId | None = None
    ) -> tuple[Seat, Engagement] | None:
        seat = self._assignment.index.seats.get(agent)
        if seat is None:
            self._misfit(event, request_id, Refusal.UNKNOWN_AGENT)
            return None
        engagement = seat.machine.engagement(interaction)
        if engagement is None:
            self._misfit(event, request_id, Refusal.UNKNOWN_INTERACTION)
            return None
        return seat, engagement


def _shown(waiting: Waiting) -> WaitingInteraction:
    return WaitingInteraction(
        interaction=waiting.interaction,
        queue=waiting.queue.name,
        medium=waiting.medium,
        enqueued_at=waiting.enqueued_at,
        rank=waiting.rank,
        sequence=waiting.sequence,
        requirements=waiting.requirement,
        step=max(waiting.step, 0),
        prefers_expert=waiting.prefers_expert,
        offered_to=waiting.offered_to,
    )
