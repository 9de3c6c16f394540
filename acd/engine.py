"""The routing engine: told what happened, it answers with what shall be done.

One entry for facts and requests (:meth:`RoutingEngine.handle`), one deadline out
(:meth:`RoutingEngine.next_deadline`), one entry for time (:meth:`RoutingEngine.handle_timer`). The same inputs
give the same decisions, in the same order, on every run.

What is done with each fact stands in :mod:`acd.handlers`; the state they share is :mod:`acd.state`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import assert_never

from acd import prospect
from acd.accuracy import WaitAccuracy
from acd.agent import INTERRUPTIONS
from acd.assignment import Assignment
from acd.callbacks import Callback
from acd.commands import Command, ReportAgentState
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
    EngagementRestored,
    Event,
    InteractionAbandoned,
    InteractionEnded,
    InteractionQueued,
    InterruptionsConfigured,
    OfferAccepted,
    OfferAlerting,
    OfferFailed,
    OfferRefused,
    OfferUnanswered,
    QueueOpeningChanged,
    QueuesConfigured,
    RulesConfigured,
    WaitHistoryRestored,
    WorkTakenOver,
    WrapUpCompleted,
    WrapUpExtended,
)
from acd.handlers import agents, callbacks, interactions, offers, restoration, work
from acd.model import (
    MISSED_CALL,
    PHONE_FAILED,
    AgentId,
    AttributeValue,
    InteractionId,
    Medium,
    OfferId,
    Position,
    QueueName,
    WaitingInteraction,
)
from acd.offer import Offer, OfferPhase
from acd.placement import place_anew
from acd.queue_waits import Estimate
from acd.rules import Effect, effect_of
from acd.state import EngineState, Oddity
from acd.wait_history import WaitHistory
from acd.waiting import Waiting, order_of_service


class RoutingEngine:
    """Agents, queues, waiting interactions and offers of one CTI server.

    ``epoch`` grows with every start of the server and is part of every offer's id, so that an answer to an
    offer of an earlier life finds nothing. ``interruptions`` says which medium may be offered to somebody
    who works on another. ``assignment`` is for those who want to watch it decide. The engine belongs to one
    writer; it is not thread-safe.
    """

    def __init__(
        self,
        *,
        epoch: int,
        interruptions: Mapping[Medium, frozenset[Medium]] = INTERRUPTIONS,
        assignment: Assignment | None = None,
    ) -> None:
        self._state = EngineState(epoch=epoch, interruptions=interruptions, assignment=assignment or Assignment(epoch))

    # --- driving it

    def handle(self, event: Event, now: float) -> list[Command]:  # noqa: C901, PLR0912, PLR0915 - one line a case
        """Tell a fact or a request; what was due before ``now`` happens first.

        ``now`` is monotonic seconds; a time that lies back counts as the latest one known.
        """
        state = self._state
        self._advance(now)
        match event:  # the most frequent first
            case InteractionEnded():
                work.ended(state, event)
            case InteractionQueued():
                interactions.queued(state, event)
            case OfferAccepted():
                offers.accepted(state, event)
            case OfferAlerting():
                offers.alerting(state, event)
            case AgentStateRequested():
                agents.state_requested(state, event)
            case WrapUpCompleted():
                work.wrap_up_completed(state, event)
            case InteractionAbandoned():
                interactions.abandoned(state, event)
            case QueuesConfigured():
                interactions.queues_configured(state, event.queues)
            case QueueOpeningChanged():
                interactions.opening_changed(state, event)
            case RulesConfigured():
                state.rules = event.rules
            case InterruptionsConfigured():
                agents.interruptions_configured(state, event.interruptions)
            case AgentConfigured():
                agents.configured(state, event.agent)
            case AgentLoggedOn():
                agents.logged_on(state, event)
            case AgentLoggedOff():
                agents.logged_off(state, event)
            case DeviceRegistrationChanged():
                agents.registration_changed(state, event.agent, registered=event.registered)
            case AgentReserved():
                agents.reserved(state, event)
            case WorkTakenOver():
                work.taken_over(state, event)
            case AgentReleased():
                work.released(state, event)
            case WrapUpExtended():
                work.wrap_up_extended(state, event)
            case CallbackRequested():
                callbacks.requested(state, event)
            case CallbackAnswered():
                callbacks.answered(state, event)
            case CallbackUnanswered():
                callbacks.unanswered(state, event)
            case WaitHistoryRestored():
                if not state.waits.restore(event.history, state.now, away=event.away):
                    state.note("wait history", "it is of another make")
            case EngagementRestored():
                restoration.restored(state, event)
            case OfferRefused():
                offers.missed(state, event, OfferPhase.REFUSED, event.reason)
            case OfferUnanswered():
                offers.missed(state, event, OfferPhase.UNANSWERED, MISSED_CALL)
            case OfferFailed(device_trouble=True):
                offers.missed(state, event, OfferPhase.FAILED, PHONE_FAILED)
            case OfferFailed():
                offers.failed(state, event)
            case _:
                assert_never(event)
        if state.due.earliest <= state.now:  # made due by the event itself, like the end of a wrap-up of no length
            self._let_happen()
        answers, state.out = state.out, []
        return answers

    def next_deadline(self) -> float | None:
        """When :meth:`handle_timer` is to be called next (monotonic seconds), or None."""
        return self._state.due.next()

    def handle_timer(self, now: float) -> list[Command]:
        """Let happen what is due at ``now``."""
        self._advance(now)
        answers, self._state.out = self._state.out, []
        return answers

    # --- looking at it

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """The latest facts that did not fit, oldest first, at most :data:`acd.state.MOST_ODDITIES`."""
        return tuple(self._state.oddities)

    def waiting(self) -> list[WaitingInteraction]:
        """Everybody who waits, those being offered included, in order of service across all queues."""
        return [_shown(each) for each in self._state.assignment]

    @property
    def waiting_count(self) -> int:
        """How many wait, those being offered included."""
        return len(self._state.assignment.waiting)

    def effect(self, queue: QueueName, attributes: Mapping[str, AttributeValue]) -> Effect:
        """What the rules would give an interaction that came to this queue now with these attributes."""
        return effect_of(self._state.rules, queue, attributes)

    def expected_wait(self, interaction: InteractionId) -> Estimate | None:
        """The wait estimated when this one joined its queue; None is "unknown", or that nobody made it wait."""
        return self._state.waits.estimate(interaction)

    def expected_wait_in(self, queue: QueueName) -> Estimate | None:
        """The wait of somebody without needs of its own who comes to this queue now; None is "unknown"."""
        configured = self._state.assignment.queues.get(queue)
        return prospect.of_a_newcomer(self._state, configured) if configured is not None else None

    def order_of_service(self, interaction: InteractionId) -> tuple[float, int, int] | None:
        """What interactions of one queue are served by, smaller first; None for one that does not wait."""
        waiting = self._state.assignment.waiting.get(interaction)
        return order_of_service(waiting) if waiting is not None else None

    def callback(self, interaction: InteractionId) -> Callback | None:
        """The promise to call this one back, None without one. To look at, not to touch."""
        return self._state.callbacks.get(interaction)

    def remaining_wait(self, interaction: InteractionId) -> Estimate | None:
        """The wait from now on, estimated anew; None is "unknown", or that it does not wait in a line."""
        waiting = self._state.assignment.waiting.get(interaction)
        return prospect.remaining(self._state, waiting) if waiting is not None else None

    def position(self, interaction: InteractionId) -> Position | None:
        """The place in the order of service among those who compete for the same agents; None is "unknown".

        When that is unknown, :func:`acd.prospect.position` says.
        """
        waiting = self._state.assignment.waiting.get(interaction)
        return prospect.position(self._state, waiting) if waiting is not None else None

    def wait_accuracy(self) -> Mapping[QueueName, WaitAccuracy]:
        """How far the estimates of late were from the waits, queue by queue."""
        return self._state.waits.accuracy()

    def wait_history(self) -> WaitHistory:
        """What has been learned about waits, for the next engine (:class:`acd.events.WaitHistoryRestored`)."""
        return self._state.waits.history(self._state.now)

    def why(self, interaction: InteractionId) -> Explanation | None:
        """Why this interaction still waits; None when it does not."""
        state = self._state
        waiting = state.assignment.waiting.get(interaction)
        if waiting is None:
            return None
        pool = state.assignment.home(waiting, state.now).pool
        return explanation(
            waiting,
            now=state.now,
            position=prospect.position(state, waiting),
            logged_on=pool.size,
            counts=pool.counts(),
            estimate=state.waits.estimate(interaction),
        )

    def offers(self) -> list[Offer]:
        """The offers under way, in the order they were made. To look at, not to touch."""
        return list(self._state.assignment.offers.values())

    def agent_states(self) -> list[ReportAgentState]:
        """What was last reported of everybody who is logged on, in the order they logged on."""
        return [seat.reported for seat in self._state.assignment.index.seats.values() if seat.reported is not None]

    # --- time

    def _advance(self, now: float) -> None:
        state = self._state
        if state.now <= now < inf:
            state.now = now
        else:
            state.note("time", "it went backwards or nowhere")
        if state.due.earliest <= state.now:
            self._let_happen()

    def _let_happen(self) -> None:
        state = self._state
        while (due := state.due.pop_due(state.now)) is not None:
            match due:
                case ("offer", offer, _):
                    offers.expired(state, OfferId(offer))
                case ("wrap-up", agent, interaction):
                    work.wrap_up_expired(state, AgentId(agent), InteractionId(interaction))
                case ("callback", interaction, _):
                    callbacks.expired(state, InteractionId(interaction))
                case ("pacing", _, _):
                    callbacks.pace(state)
                case (_, interaction, _):
                    place_anew(state, InteractionId(interaction))


def _shown(waiting: Waiting) -> WaitingInteraction:
    return WaitingInteraction(
        interaction=waiting.interaction,
        queue=waiting.queue.name,
        medium=waiting.medium,
        enqueued_at=waiting.enqueued_at,
        rank=waiting.rank,
        sequence=waiting.sequence,
        requirements=waiting.requirement,
        step=waiting.step,
        prefers_expert=waiting.prefers_expert,
        offered_to=waiting.offered_to,
    )
