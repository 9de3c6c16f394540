"""A day of traffic on the real engine, under a virtual clock.

The engine decides; this module only plays the switch, the callers and the agents: offers are answered after
``answer_delay``, callers leave when their patience ends, agents come and go by their shifts. Nothing is drawn
here: arrivals come with their patience and their work, so the same day can be run under different rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heappop, heappush
from math import inf
from typing import TypeAlias

from acd.commands import CancelOffer, Command, DivertInteraction, OfferInteraction
from acd.engine import RoutingEngine
from acd.events import (
    AgentLoggedOff,
    AgentLoggedOn,
    AgentStateRequested,
    Event,
    InteractionAbandoned,
    InteractionEnded,
    InteractionQueued,
    OfferAccepted,
    QueuesConfigured,
)
from acd.metrics import Outcome
from acd.model import (
    ANY_AGENT,
    Agent,
    AgentId,
    AttributeValue,
    InteractionId,
    Medium,
    NotReadyReason,
    OfferId,
    PreferredAgent,
    Queue,
    QueueName,
    RequestedState,
    RequestId,
    Requirement,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One interaction that will come: when, where to, how patient (seconds), and how much work (seconds).

    ``label`` is what results are grouped by (tier, type).
    """

    at: float
    interaction: InteractionId
    queue: QueueName
    work: float
    patience: float = inf
    label: str = ""
    head_start: float = 0.0
    prefers_expert: bool = False
    requirements: Requirement = ANY_AGENT
    preferred: PreferredAgent | None = None
    medium: Medium = Medium.VOICE
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """An agent who is logged on and Ready from ``start`` to ``end``; what is begun is finished."""

    agent: Agent
    start: float = 0.0
    end: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What came of it. ``busy`` and ``logged_on`` are seconds per agent."""

    outcomes: tuple[Outcome, ...]
    busy: dict[AgentId, float]
    logged_on: dict[AgentId, float]

    def occupancy(self, agents: Iterable[AgentId] | None = None) -> float:
        """Work over time logged on, of these agents or of all."""
        chosen = list(self.logged_on if agents is None else agents)
        time = sum(self.logged_on.get(agent, 0.0) for agent in chosen)
        return sum(self.busy.get(agent, 0.0) for agent in chosen) / time if time else 0.0


class _Kind(IntEnum):
    """What happens in the world; at the same moment in this order."""

    SHIFT_BEGINS = 0
    WORK_ENDS = 1
    ANSWER = 2
    PATIENCE_ENDS = 3
    ARRIVAL = 4
    SHIFT_ENDS = 5


WorkOf: TypeAlias = Callable[[Arrival, AgentId, float], float]
"""(arrival, agent, time of answer) → seconds this agent needs."""


def simulate(
    *,
    queues: Sequence[Queue],
    shifts: Sequence[Shift],
    arrivals: Iterable[Arrival],
    work_of: WorkOf | None = None,
    answer_delay: float = 0.0,
    until: float = inf,
    engine: RoutingEngine | None = None,
) -> Day:
    """Run the arrivals (in order of time) through an engine with these queues and shifts.

    It ends when nothing is left to happen, or at ``until``; who waits then is left out of the outcomes.
    """
    world = _World(engine or RoutingEngine(epoch=1), work_of, answer_delay)
    world.tell(QueuesConfigured(queues=tuple(queues)), 0.0)
    for shift in shifts:
        world.at(shift.start, _Kind.SHIFT_BEGINS, shift)
        if shift.end < inf:
            world.at(shift.end, _Kind.SHIFT_ENDS, shift)
    world.run(iter(arrivals), until)
    return world.day(until)


@dataclass(slots=True)
class _Ringing:
    offer: OfferInteraction
    arrival: Arrival


@dataclass(slots=True)
class _Work:
    interaction: InteractionId
    agent: AgentId


_Happening: TypeAlias = Arrival | Shift | _Ringing | _Work


class _World:
    def __init__(self, engine: RoutingEngine, work_of: WorkOf | None, answer_delay: float) -> None:
        self._engine = engine
        self._work_of = work_of
        self._answer_delay = answer_delay
        self._coming: list[tuple[float, int, int, _Happening]] = []
        self._count = 0
        self._now = 0.0
        self._waiting: dict[InteractionId, Arrival] = {}
        self._ringing: dict[OfferId, InteractionId] = {}
        self._leaving: set[AgentId] = set()
        self._outcomes: list[Outcome] = []
        self._busy: dict[AgentId, float] = {}
        self._since: dict[AgentId, float] = {}
        self._logged_on: dict[AgentId, float] = {}

    def at(self, time: float, kind: _Kind, what: _Happening) -> None:
        self._count += 1
        heappush(self._coming, (time, kind, self._count, what))

    def tell(self, event: Event, now: float) -> None:
        self._carry_out(self._engine.handle(event, now))

    def run(self, arrivals: Iterable[Arrival], until: float) -> None:
        stream = iter(arrivals)
        coming = self._coming
        following = next(stream, None)
        while True:
            if following is not None and (not coming or following.at <= coming[0][0]):
                self.at(following.at, _Kind.ARRIVAL, following)
                following = next(stream, None)
                continue
            due = self._engine.next_deadline()
            time = coming[0][0] if coming else inf
            if due is not None and due <= time:
                if due > until:
                    break
                self._now = due
                self._carry_out(self._engine.handle_timer(due))
                continue
            if not coming or time > until:
                break
            at, kind, _, what = heappop(coming)
            if kind == _Kind.PATIENCE_ENDS and isinstance(what, Arrival) and what.interaction not in self._waiting:
                continue  # long answered: nothing happens, and the day does not last until then
            self._now = at
            self._happen(kind, what)

    def day(self, until: float) -> Day:
        end = self._now if until == inf else until
        for agent, since in self._since.items():
            self._logged_on[agent] = self._logged_on.get(agent, 0.0) + end - since
        return Day(outcomes=tuple(self._outcomes), busy=self._busy, logged_on=self._logged_on)

    def _happen(self, kind: int, what: _Happening) -> None:
        now = self._now
        match what:
            case Arrival():
                if kind == _Kind.PATIENCE_ENDS:
                    self._give_up(what)
                else:
                    self._arrive(what)
            case Shift() if kind == _Kind.SHIFT_BEGINS:
                self._since[what.agent.agent] = now
                self._leaving.discard(what.agent.agent)
                self.tell(AgentLoggedOn(agent=what.agent, registered=True, ready=True), now)
            case Shift():
                agent = what.agent.agent
                self._leaving.add(agent)
                self.tell(
                    AgentStateRequested(
                        request_id=RequestId("shift"),
                        agent=agent,
                        state=RequestedState.NOT_READY,
                        reason=NotReadyReason("end of shift"),
                    ),
                    now,
                )
                if agent not in self._busy_now():
                    self._log_off(agent)
            case _Ringing(offer=offer, arrival=arrival):
                if self._ringing.pop(offer.offer, None) is not None:
                    self._answer(offer, arrival)
            case _Work(interaction=interaction, agent=agent):
                self.tell(InteractionEnded(interaction=interaction, agent=agent), now)
                if agent in self._leaving:
                    self._log_off(agent)

    def _arrive(self, arrival: Arrival) -> None:
        self._waiting[arrival.interaction] = arrival
        self.tell(
            InteractionQueued(
                interaction=arrival.interaction,
                queue=arrival.queue,
                enqueued_at=arrival.at,
                medium=arrival.medium,
                head_start=arrival.head_start,
                prefers_expert=arrival.prefers_expert,
                requirements=arrival.requirements,
                preferred=arrival.preferred,
                attributes=arrival.attributes,
            ),
            arrival.at,
        )
        if arrival.patience < inf and arrival.interaction in self._waiting:
            self.at(arrival.at + arrival.patience, _Kind.PATIENCE_ENDS, arrival)

    def _give_up(self, arrival: Arrival) -> None:
        if self._waiting.pop(arrival.interaction, None) is not None:
            self._note(arrival, None)
            self.tell(InteractionAbandoned(interaction=arrival.interaction), self._now)

    def _answer(self, offer: OfferInteraction, arrival: Arrival) -> None:
        del self._waiting[arrival.interaction]
        agent = offer.agent
        work = self._work_of(arrival, agent, self._now) if self._work_of else arrival.work
        self._note(arrival, agent, work)
        self._busy[agent] = self._busy.get(agent, 0.0) + work
        self.at(self._now + work, _Kind.WORK_ENDS, _Work(arrival.interaction, agent))
        self.tell(OfferAccepted(offer=offer.offer), self._now)

    def _note(self, arrival: Arrival, agent: AgentId | None, served: float = 0.0, *, diverted: bool = False) -> None:
        self._outcomes.append(
            Outcome(
                interaction=arrival.interaction,
                queue=arrival.queue,
                label=arrival.label,
                arrived=arrival.at,
                wait=self._now - arrival.at,
                agent=agent,
                served=served,
                diverted=diverted,
            )
        )

    def _carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case OfferInteraction():
                    self._ringing[command.offer] = command.interaction
                    arrival = self._waiting[command.interaction]
                    if self._answer_delay == 0.0:
                        del self._ringing[command.offer]
                        self._answer(command, arrival)
                    else:
                        self.at(self._now + self._answer_delay, _Kind.ANSWER, _Ringing(command, arrival))
                case CancelOffer(offer=offer):
                    self._ringing.pop(offer, None)
                case DivertInteraction(interaction=interaction):
                    self._note(self._waiting.pop(interaction), None, diverted=True)
                case _:
                    pass

    def _busy_now(self) -> set[AgentId]:
        return {report.agent for report in self._engine.agent_states() if report.interactions}

    def _log_off(self, agent: AgentId) -> None:
        self._leaving.discard(agent)
        since = self._since.pop(agent)
        self._logged_on[agent] = self._logged_on.get(agent, 0.0) + self._now - since
        self.tell(AgentLoggedOff(agent=agent), self._now)
