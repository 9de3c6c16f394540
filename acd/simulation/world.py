"""Switch and callers of a simulated day, in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from heapq import heappop, heappush
from math import inf
from typing import TypeAlias

from acd.commands import CancelOffer, Command, DivertInteraction, OfferInteraction, ReportAgentState
from acd.engine import RoutingEngine
from acd.events import (
    Event,
    InteractionAbandoned,
    InteractionEnded,
    InteractionQueued,
    OfferAccepted,
    QueuesConfigured,
    RulesConfigured,
    WrapUpCompleted,
)
from acd.metrics import Outcome
from acd.model import AgentId, InteractionId, OfferId, Queue
from acd.rules import Rule
from acd.simulation.day import Arrival, Day, Shift
from acd.simulation.staff import Staff

WorkOf: TypeAlias = Callable[[Arrival, AgentId, float], float]
"""(arrival, agent, time of answer) → seconds this agent needs."""


def simulate(
    *,
    queues: Sequence[Queue],
    shifts: Sequence[Shift],
    arrivals: Iterable[Arrival],
    rules: Sequence[Rule] = (),
    work_of: WorkOf | None = None,
    answer_delay: float = 0.0,
    until: float = inf,
    engine: RoutingEngine | None = None,
) -> Day:
    """Run the arrivals (in order of time) through an engine with these queues, rules and shifts.

    It ends when nothing is left to happen, or at ``until``; who waits then is left out of the outcomes.
    """
    world = _World(engine or RoutingEngine(epoch=1), work_of, answer_delay)
    world.tell(QueuesConfigured(queues=tuple(queues)))
    if rules:
        world.tell(RulesConfigured(rules=tuple(rules)))
    for shift in shifts:
        world.at(shift.start, _Kind.SHIFT_BEGINS, shift)
        if shift.end < inf:
            world.at(shift.end, _Kind.SHIFT_ENDS, shift)
    world.run(iter(arrivals), until)
    return world.day(until)


class _Kind(IntEnum):
    """What happens in the world; at the same moment in this order."""

    SHIFT_BEGINS = 0
    WORK_ENDS = 1
    WRAP_UP_ENDS = 2
    ANSWER = 3
    PATIENCE_ENDS = 4
    ARRIVAL = 5
    SHIFT_ENDS = 6


@dataclass(slots=True)
class _Ringing:
    offer: OfferInteraction
    arrival: Arrival


@dataclass(slots=True)
class _Work:
    interaction: InteractionId
    agent: AgentId
    wrap_up: float | None


_Happening: TypeAlias = Arrival | Shift | _Ringing | _Work


class _World:
    def __init__(self, engine: RoutingEngine, work_of: WorkOf | None, answer_delay: float) -> None:
        self._engine = engine
        self._work_of = work_of
        self._answer_delay = answer_delay
        self._staff = Staff(self.tell)
        self._coming: list[tuple[float, int, int, _Happening]] = []
        self._count = 0
        self._now = 0.0
        self._waiting: dict[InteractionId, Arrival] = {}
        self._ringing: dict[OfferId, InteractionId] = {}
        self._outcomes: list[Outcome] = []

    def at(self, time: float, kind: _Kind, what: _Happening) -> None:
        self._count += 1
        heappush(self._coming, (time, kind, self._count, what))

    def tell(self, event: Event) -> None:
        self._carry_out(self._engine.handle(event, self._now))

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
        staff = self._staff
        staff.end(self._now if until == inf else until)
        return Day(
            outcomes=tuple(self._outcomes), busy=staff.busy, logged_on=staff.logged_on, unserved=len(self._waiting)
        )

    def _happen(self, kind: int, what: _Happening) -> None:
        match what:
            case Arrival() if kind == _Kind.ARRIVAL:
                self._arrive(what)
            case Arrival():
                self._give_up(what)
            case Shift() if kind == _Kind.SHIFT_BEGINS:
                self._staff.come(what.agent, self._now)
            case Shift(any_of_group=True):
                self._staff.one_goes(what.agent.group)
            case Shift():
                self._staff.go(what.agent.agent)
            case _Ringing(offer=offer):
                if self._ringing.pop(offer.offer, None) is not None:
                    self._answer(offer, what.arrival)
            case _Work() if kind == _Kind.WORK_ENDS:
                self._staff.is_about_to_be_free(what.agent)
                self.tell(InteractionEnded(interaction=what.interaction, agent=what.agent))
                self._wrap_up(what)
            case _Work(interaction=interaction, agent=agent):
                if self._staff.wraps_up(agent, interaction):
                    self.tell(WrapUpCompleted(agent=agent, interaction=interaction, has_disposition=True))

    # --- callers

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
            )
        )
        if arrival.patience < inf and arrival.interaction in self._waiting:
            self.at(arrival.at + arrival.patience, _Kind.PATIENCE_ENDS, arrival)

    def _give_up(self, arrival: Arrival) -> None:
        if self._waiting.pop(arrival.interaction, None) is not None:
            self._note(arrival, None)
            self.tell(InteractionAbandoned(interaction=arrival.interaction))

    def _answer(self, offer: OfferInteraction, arrival: Arrival) -> None:
        del self._waiting[arrival.interaction]
        agent = offer.agent
        work = self._work_of(arrival, agent, self._now) if self._work_of else arrival.work
        self._note(arrival, agent, work)
        self.at(self._now + work, _Kind.WORK_ENDS, _Work(arrival.interaction, agent, arrival.wrap_up))
        self.tell(OfferAccepted(offer=offer.offer))

    def _wrap_up(self, work: _Work) -> None:
        report = self._staff.wraps_up(work.agent, work.interaction)
        if report is None:
            return
        seconds = work.wrap_up
        if seconds is None and report.deadline is None:
            seconds = 0.0  # nothing but a disposition would end it
        if seconds is not None:
            self.at(self._now + seconds, _Kind.WRAP_UP_ENDS, work)

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

    # --- the switch

    def _carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case OfferInteraction():
                    arrival = self._waiting[command.interaction]
                    if self._answer_delay == 0.0:
                        self._answer(command, arrival)
                    else:
                        self._ringing[command.offer] = command.interaction
                        self.at(self._now + self._answer_delay, _Kind.ANSWER, _Ringing(command, arrival))
                case CancelOffer(offer=offer):
                    self._ringing.pop(offer, None)
                case DivertInteraction(interaction=interaction):
                    self._note(self._waiting.pop(interaction), None, diverted=True)
                case ReportAgentState():
                    self._staff.reported(command, self._now)
                case _:
                    pass
