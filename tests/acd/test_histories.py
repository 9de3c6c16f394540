"""Random histories of facts, in any order and however impossible, must leave the invariants standing."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from acd import RoutingEngine
from acd.agent import INTERRUPTIONS
from acd.commands import (
    CancelOffer,
    Command,
    DivertInteraction,
    DropCallback,
    OfferInteraction,
    ReportAgentState,
    RequestResynchronisation,
)
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
    InterruptionsConfigured,
    OfferAccepted,
    OfferAlerting,
    OfferFailed,
    OfferRefused,
    OfferUnanswered,
    QueuesConfigured,
    RulesConfigured,
    WorkTakenOver,
    WrapUpCompleted,
    WrapUpExtended,
)
from acd.full_trace import full_trace, interactions_for
from acd.log import RecordingEngine, replay
from acd.matching import combined, satisfies
from acd.model import (
    Agent,
    AgentId,
    AgentState,
    AttributeValue,
    InteractionId,
    Medium,
    NotReadyReason,
    OfferId,
    Position,
    PreferredAgent,
    Queue,
    QueueName,
    Refusal,
    RequestedState,
    RequestId,
    Requirement,
    WorkKind,
)
from acd.pools import QueueLine
from acd.rules import Rule
from acd.waiting import Waiting
from tests.acd.checked import CheckedAssignment, check_pool, check_releases
from tests.acd.strategies import (
    QUEUES,
    agent_ids,
    attributes,
    interaction_ids,
    media,
    nonsense,
    offer_ids,
    preferences,
    profiles,
    queues,
    requirements,
    rules,
)
from tests.support.properties import examples

ODDITIES = {
    "an agent talks on the interaction",
    "no such interaction waits",
    "no such interaction waits unoffered",
    "no such offer is under way",
    "no such offer is waiting to alert",
    "no such queue is configured",
    "nobody is being called back for this interaction",
    "the agent is not logged on",
    "the agent was not logged on",
    "the agent works on this interaction already",
    "the agent's part had ended already",
    "the agent's phone is not registered",
    "the interaction is being offered to another agent",
    "the interaction waits already",
    "there is such an offer already, or will be",
    "these are no terms for calling back",
    "this cannot be an offer now",
    *(refusal.text for refusal in Refusal),
}
"""What may be wrong with a fact, in the words for whoever looks after the switch."""


class Histories(RuleBasedStateMachine):
    """Tells the engine anything at all and checks what must hold after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.engine = RecordingEngine(epoch=3, write=self.lines.append, assignment=CheckedAssignment(3))
        self.now = 0.0
        self.log: list[tuple[Event | None, float]] = []
        self.answers: list[list[Command]] = []
        self.profiles: dict[AgentId, Agent] = {}
        self.open: dict[OfferId, OfferInteraction] = {}
        self.expected_waiting: set[InteractionId] = set()
        self.needs: dict[InteractionId, tuple[Requirement, PreferredAgent | None]] = {}
        self.queues: dict[QueueName, Queue] = {}
        self.interruptions: Mapping[Medium, frozenset[Medium]] = INTERRUPTIONS
        self.reported: dict[AgentId, ReportAgentState] = {}
        check_releases(self.engine._state.callbacks)

    def tell(self, event: Event | None, now: float | None = None) -> list[Command]:
        now = self.now if now is None else now
        commands = self.engine.handle_timer(now) if event is None else self.engine.handle(event, now)
        self.log.append((event, now))
        self.answers.append(commands)
        for command in commands:
            match command:
                case OfferInteraction():
                    self.check_offer(command)
                    self.open[command.offer] = command
                case CancelOffer(offer=offer):
                    self.open.pop(offer, None)  # restored offers were never made
                case DivertInteraction(interaction=interaction) | DropCallback(interaction=interaction):
                    self.expected_waiting.remove(interaction)
                case ReportAgentState(agent=agent):
                    self.reported[agent] = command
                case RequestResynchronisation(why=why):
                    fact, _, reason = why.partition(": ")
                    assert fact == type(event).__name__
                    assert reason in ODDITIES
                    assert (self.engine.oddities[-1].fact, self.engine.oddities[-1].why) == (fact, reason)
                case _:
                    pass
        return commands

    def check_offer(self, command: OfferInteraction) -> None:
        """Nobody is offered an interaction whose requirements they fail, nor more than they handle at once."""
        machine = self.engine._state.assignment.index.seats[command.agent].machine
        media = [engagement.medium for engagement in machine.engagements.values()]
        assert media.count(command.medium) < machine.profile.capacities[command.medium]
        assert all(command.medium in self.interruptions[medium] for medium in media)
        own, preferred = self.needs[command.interaction]
        if preferred is None or preferred.agent != command.agent:
            configured = self.queues[command.queue]
            step = command.trace.step
            base = configured.steps[step - 1].requirements if step else configured.requirements
            needed = combined(base, own)
            assert satisfies(self.profiles[command.agent].skills, needed)
        assert command.expires_at > self.now

    @initialize(queues=queues)
    def start(self, queues: tuple[Queue, ...]) -> None:
        self.configure(queues)

    @rule(queues=queues)
    def configure(self, queues: tuple[Queue, ...]) -> None:
        self.queues = {queue.name: queue for queue in queues}
        self.tell(QueuesConfigured(queues=queues))

    @rule(rules=rules)
    def configure_rules(self, rules: tuple[Rule, ...]) -> None:
        self.tell(RulesConfigured(rules=rules))

    @rule(interruptions=st.fixed_dictionaries({medium: st.frozensets(st.sampled_from(Medium)) for medium in Medium}))
    def configure_interruptions(self, interruptions: dict[Medium, frozenset[Medium]]) -> None:
        self.interruptions = interruptions
        self.tell(InterruptionsConfigured(interruptions=interruptions))

    @rule(seconds=st.sampled_from([0.0, 1.0, 4.0, 11.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.tell(None)

    @rule(now=nonsense)
    def time_runs_wild(self, now: float) -> None:
        before = self.snapshot()
        self.tell(None, now)
        assert self.snapshot() == before, "a time that cannot be is the time that was"

    @rule(profile=profiles, ready=st.booleans(), registered=st.booleans())
    def log_on(self, profile: Agent, ready: bool, registered: bool) -> None:
        self.profiles[profile.agent] = profile
        self.tell(AgentLoggedOn(agent=profile, ready=ready, registered=registered))

    @rule(profile=profiles)
    def change_skills(self, profile: Agent) -> None:
        self.profiles[profile.agent] = profile
        self.tell(AgentConfigured(agent=profile))

    @rule(agent=agent_ids)
    def log_off(self, agent: AgentId) -> None:
        self.tell(AgentLoggedOff(agent=agent))

    @rule(agent=agent_ids, state=st.sampled_from(RequestedState))
    def request(self, agent: AgentId, state: RequestedState) -> None:
        self.tell(
            AgentStateRequested(request_id=RequestId("r"), agent=agent, state=state, reason=NotReadyReason("break"))
        )

    @rule(agent=agent_ids, registered=st.booleans())
    def registration(self, agent: AgentId, registered: bool) -> None:
        self.tell(DeviceRegistrationChanged(agent=agent, registered=registered))

    @rule(
        interaction=interaction_ids,
        queue=st.sampled_from(QUEUES),
        own=requirements,
        medium=media,
        expert=st.booleans(),
        head_start=st.sampled_from([0.0, 30.0]),
        waited=st.sampled_from([0.0, 100.0]),
        preferred=preferences,
        attributes=attributes,
    )
    def enqueue(
        self,
        *,
        interaction: InteractionId,
        queue: QueueName,
        own: Requirement,
        medium: Medium,
        expert: bool,
        head_start: float,
        waited: float,
        preferred: PreferredAgent | None,
        attributes: dict[str, AttributeValue],
    ) -> None:
        self.arrive(
            InteractionQueued(
                interaction=interaction,
                queue=queue,
                enqueued_at=self.now - waited,
                medium=medium,
                head_start=head_start,
                prefers_expert=expert,
                requirements=own,
                preferred=preferred,
                attributes=attributes,
            )
        )

    @rule(interaction=interaction_ids, numbers=st.tuples(nonsense, nonsense, nonsense, nonsense), agent=agent_ids)
    def enqueue_nonsense(self, interaction: InteractionId, numbers: tuple[float, ...], agent: AgentId) -> None:
        enqueued_at, entered_at, head_start, wait = numbers
        self.arrive(
            InteractionQueued(
                interaction=interaction,
                queue=QUEUES[0],
                enqueued_at=enqueued_at,
                entered_at=entered_at,
                head_start=head_start,
                preferred=PreferredAgent(agent=agent, wait=wait),
            )
        )

    def arrive(self, event: InteractionQueued) -> None:
        """Tell it; where nobody talks on the interaction and it does not wait yet, it waits from now on."""
        if event.interaction not in self.expected_waiting and event.interaction not in self.engine._state.talks:
            effect = self.engine.effect(event.queue, event.attributes)
            self.needs[event.interaction] = (
                combined(event.requirements, effect.requirements),
                event.preferred or effect.preferred,
            )
            self.expected_waiting.add(event.interaction)
        self.tell(event)

    @rule(interaction=interaction_ids)
    def abandon(self, interaction: InteractionId) -> None:
        self.expected_waiting.discard(interaction)
        self.tell(InteractionAbandoned(interaction=interaction))

    @rule(interaction=interaction_ids, expires=st.sampled_from([5.0, 100.0]), attempts=st.integers(1, 2))
    def ask_for_callback(self, interaction: InteractionId, expires: float, attempts: int) -> None:
        self.tell(
            CallbackRequested(interaction=interaction, expires_after=expires, attempts=attempts, retry_after=10.0)
        )

    @rule(interaction=interaction_ids, numbers=st.tuples(nonsense, nonsense))
    def ask_for_callback_in_nonsense(self, interaction: InteractionId, numbers: tuple[float, float]) -> None:
        before = self.snapshot()
        self.tell(CallbackRequested(interaction=interaction, expires_after=numbers[0], retry_after=numbers[1]))
        assert self.snapshot() == before

    @rule(interaction=interaction_ids, answered=st.booleans())
    def call_back(self, interaction: InteractionId, answered: bool) -> None:
        self.tell(
            CallbackAnswered(interaction=interaction) if answered else CallbackUnanswered(interaction=interaction)
        )

    @rule(data=st.data(), answer=st.sampled_from(["alerting", "accepted", "refused", "rona", "failed", "odd"]))
    def answer(self, data: st.DataObject, answer: str) -> None:
        known = sorted(self.open)
        offer = data.draw(st.sampled_from(known) if known else offer_ids)
        made = self.open.get(offer)
        events: dict[str, Event] = {
            "alerting": OfferAlerting(offer=offer),
            "accepted": OfferAccepted(offer=offer),
            "refused": OfferRefused(offer=offer),
            "rona": OfferUnanswered(offer=offer),
            "failed": OfferFailed(offer=offer),
            "odd": OfferFailed(offer=offer, device_trouble=False),
        }
        # An offer that is over by now is cancelled by the very call that brings the answer.
        over = made is not None and made.expires_at <= self.now
        if made is not None and not over and answer != "alerting":
            del self.open[offer]
            if answer == "accepted":
                self.expected_waiting.discard(made.interaction)
        self.tell(events[answer])

    @rule(offer=offer_ids)
    def stray_answer(self, offer: OfferId) -> None:
        if offer not in self.open:
            before = self.snapshot()
            self.tell(OfferAccepted(offer=offer))
            assert self.snapshot() == before, "an answer to an offer that is not open changes nothing"

    @rule(agent=agent_ids, interaction=interaction_ids)
    def end(self, agent: AgentId, interaction: InteractionId) -> None:
        self.tell(InteractionEnded(agent=agent, interaction=interaction))

    @rule(agent=agent_ids, interaction=interaction_ids, disposition=st.booleans())
    def complete(self, agent: AgentId, interaction: InteractionId, disposition: bool) -> None:
        self.tell(WrapUpCompleted(agent=agent, interaction=interaction, has_disposition=disposition))

    @rule(agent=agent_ids, interaction=interaction_ids, seconds=st.sampled_from([-1.0, 5.0, 40.0]))
    def extend(self, agent: AgentId, interaction: InteractionId, seconds: float) -> None:
        self.tell(WrapUpExtended(request_id=RequestId("r"), agent=agent, interaction=interaction, seconds=seconds))

    @rule(agent=agent_ids, number=st.integers(0, 2), asked=st.booleans(), medium=media)
    def reserve(self, agent: AgentId, number: int, asked: bool, medium: Medium) -> None:
        self.tell(
            AgentReserved(
                agent=agent,
                work=InteractionId(f"direct{number}"),
                kind=WorkKind.OUTBOUND,
                medium=medium,
                request_id=RequestId("r") if asked else None,
            )
        )
        self.forget_cancelled()

    @rule(agent=agent_ids, number=st.integers(0, 2))
    def take_over(self, agent: AgentId, number: int) -> None:
        self.tell(WorkTakenOver(agent=agent, work=InteractionId(f"direct{number}"), queue=QUEUES[number % 2]))

    @rule(agent=agent_ids, number=st.integers(0, 2))
    def release(self, agent: AgentId, number: int) -> None:
        self.tell(AgentReleased(agent=agent, work=InteractionId(f"direct{number}")))

    @rule(
        agent=agent_ids,
        interaction=interaction_ids,
        phase=st.sampled_from(EngagementPhase),
        number=st.integers(1, 3),
    )
    def restore(self, agent: AgentId, interaction: InteractionId, phase: EngagementPhase, number: int) -> None:
        offer = OfferId(f"restored-{number}")
        self.tell(
            EngagementRestored(
                agent=agent,
                interaction=interaction,
                phase=phase,
                since=self.now - 5,
                offer=offer,
                queue=QUEUES[0],
            )
        )
        self.forget_cancelled()
        waiting = {each.interaction for each in self.engine.waiting()}
        if phase is not EngagementPhase.ALERTING and interaction not in waiting:
            self.expected_waiting.discard(interaction)

    def forget_cancelled(self) -> None:
        live = {offer.offer for offer in self.engine.offers()}
        self.open = {offer: made for offer, made in self.open.items() if offer in live}

    def snapshot(self) -> Any:
        return (self.engine.waiting(), [offer.offer for offer in self.engine.offers()], self.engine.agent_states())

    # --- what must always hold

    @invariant()
    def at_most_one_offer_each(self) -> None:
        under_way = self.engine.offers()
        assert len({offer.agent for offer in under_way}) == len(under_way)
        assert len({offer.interaction for offer in under_way}) == len(under_way)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert {each.interaction for each in self.engine.waiting()} == self.expected_waiting

    @invariant()
    def who_talks_does_not_wait(self) -> None:
        talks = Counter(
            engagement.interaction
            for seat in self.engine._state.assignment.index.seats.values()
            for engagement in seat.machine.engagements.values()
            if not engagement.wrapping_up
        )
        assert self.engine._state.talks == dict(talks)
        assert not talks.keys() & self.expected_waiting

    @invariant()
    def offered_exactly_when_offered(self) -> None:
        shown = {each.interaction: each.offered_to for each in self.engine.waiting() if each.offered_to}
        assert shown == {offer.interaction: offer.agent for offer in self.engine.offers()}

    @invariant()
    def ready_means_registered(self) -> None:
        for seat in self.engine._state.assignment.index.seats.values():
            assert seat.machine.state is not AgentState.READY or seat.machine.registered

    @invariant()
    def capacity_is_kept(self) -> None:
        offered = {offer.agent for offer in self.engine.offers()}
        for seat in self.engine._state.assignment.index.seats.values():
            machine = seat.machine
            assert machine.offered is (machine.profile.agent in offered)

    @invariant()
    def nobody_idles_beside_work(self) -> None:
        assignment = self.engine._state.assignment
        for seat in assignment.index.seats.values():
            candidates = [each for each in interactions_for(assignment, seat, self.now) if each.score is not None]
            assert not candidates, (seat.agent, candidates)

    @invariant()
    def holding_for_an_expert_has_an_end(self) -> None:
        for waiting in self.engine._state.assignment.waiting.values():
            line = waiting.line
            if isinstance(line, QueueLine) and line.pool.requirement != waiting.requirement:
                assert waiting.hold_for_expert_until > self.now

    @invariant()
    def pools_agree_with_a_scan(self) -> None:
        index = self.engine._state.assignment.index
        for pool in index._pools.values():
            check_pool(pool, index.seats.values())

    @invariant()
    def places_are_those_of_a_plain_sort(self) -> None:
        state = self.engine._state
        served = {
            each.interaction: (each, state.assignment.home(each, self.now).pool)
            for each in state.assignment.waiting.values()
            if each.called_back
        }
        for each in state.assignment.waiting.values():
            if isinstance(each.line, QueueLine):
                served[each.interaction] = (each, each.line.pool)
                assert state.waits.knows(each.interaction)
        for interaction, (waiting, pool) in served.items():
            place = self.engine.position(interaction)
            seats = [seat for seat in state.assignment.index.seats.values() if pool.admits(seat.machine.profile)]
            rivals = [
                self.urgency(other)
                for other, theirs in served.values()
                if theirs is pool
                or (theirs.medium is pool.medium and any(theirs.admits(seat.machine.profile) for seat in seats))
            ]
            if place is not None:
                ahead = sum(other < self.urgency(waiting) for other in rivals)
                assert place == Position(place=ahead + 1, of=len(rivals))

    def urgency(self, waiting: Waiting) -> tuple[float, int, int]:
        return (waiting.rank - waiting.queue.pace * self.now, waiting.sequence, waiting.order)

    @invariant()
    def reported_is_what_is(self) -> None:
        for report in self.engine.agent_states():
            assert self.reported[report.agent] == report

    @invariant()
    def oddities_are_bounded(self) -> None:
        assert len(self.engine.oddities) <= 200

    def teardown(self) -> None:
        """Replaying the log yields the same decisions."""
        again = RoutingEngine(epoch=3)
        for (event, now), answer in zip(self.log, self.answers, strict=True):
            repeated = again.handle_timer(now) if event is None else again.handle(event, now)
            assert repeated == answer
        assert all(each.same for each in replay(self.lines))
        made = [each for answer in self.answers for each in answer if isinstance(each, OfferInteraction)]
        if made:
            full = full_trace(self.log, made[-1].offer, epoch=3)
            assert full is not None
            assert full.offer == made[-1]
            best = full.considered[0]
            assert (best.who, best.score) == full.offer.trace.compared[0]


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=examples(100), stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)

HASHED = """
import random, sys
sys.path.insert(0, {root!r})
from tests.acd.history import run
print(run(random.Random(11), steps={steps}))
"""


def test_decisions_do_not_depend_on_the_hash_seed() -> None:
    """The same log gives the same commands in processes that hash strings differently."""
    root = str(Path(__file__).parents[2])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", HASHED.format(root=root, steps=examples(1500))],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2", "987654")
    }
    assert len(outputs) == 1
    assert "OfferInteraction" in outputs.pop()
