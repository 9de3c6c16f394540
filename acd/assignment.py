"""Brings waiting interactions and ready agents together, in both directions, and keeps the offers.

An interaction that arrives takes the first ready agent of its pool; an agent who becomes free takes the first
of all heads of the lines the agent may serve. Whoever finds nobody is entered in the index for the other side
to find. So nobody is ever scanned, and no ready agent stands beside an interaction that may take that agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TypeAlias

from acd.commands import OfferInteraction
from acd.decision import BEST, excluded
from acd.handling import HandlingTimes
from acd.matching import combined, needed_skills
from acd.model import (
    AgentId,
    AgentSelection,
    AllOf,
    Candidate,
    DecisionTrace,
    Exclusion,
    InteractionId,
    Medium,
    Occasion,
    OfferId,
    Queue,
    QueueName,
    Requirement,
    SkillRequirement,
)
from acd.offer import Offer, OfferPhase
from acd.pools import AgentIndex, Pool, QueueLine, Seat
from acd.waiting import Line, Waiting, order_of_service

MOST_LINES = 1000
"""From so many distinct (queue, medium, requirement) on, lines that are empty are forgotten."""

PREFERRED = "preferred agent"
ORDER_OF_SERVICE = "first in order of service"
RULES = {selection: selection.value.replace("_", " ") for selection in AgentSelection}

Head: TypeAlias = tuple[float, float, Line]
"""(above its share, minus the index, line): the smallest is served first; lines compare by their heads."""


class Assignment:
    """Who waits, who is ready, and which offers are under way. ``epoch`` is part of every offer's id."""

    def __init__(self, epoch: int) -> None:
        self.index = AgentIndex()
        self.queues: dict[QueueName, Queue] = {}
        self.waiting: dict[InteractionId, Waiting] = {}
        self.lengths: dict[QueueName, int] = {}
        self.offers: dict[OfferId, Offer] = {}
        self.handling = HandlingTimes()
        self._offer_of: dict[AgentId, Offer] = {}
        self._lines: dict[tuple[QueueName, Medium, Requirement], QueueLine] = {}
        self._combined: dict[tuple[Requirement, Requirement], Requirement] = {}
        self._shares: dict[QueueName, float] = {}
        self._epoch = epoch
        self._offers_made = 0

    # --- matching

    def place(self, waiting: Waiting, occasion: Occasion, now: float) -> OfferInteraction | None:
        """Offer the interaction to the best ready agent, or put it in its line (or nowhere while held back)."""
        if waiting.held_until > now or waiting.called_back:
            return None
        self._enter_step(waiting, now)
        waiting.overdue = now >= waiting.overdue_at
        preferred = self._preferred_seat(waiting, now)
        if preferred is not None:
            if preferred.machine.may_be_offered(waiting.medium):
                alone = Candidate(preferred.machine.profile.agent, (0.0,))
                return self._offer(
                    waiting, preferred, pool=None, rule=PREFERRED, occasion=occasion, best=(alone,), now=now
                )
            if waiting.prefer_until > now:
                personal = preferred.personal.setdefault(waiting.medium, Line())
                personal.add(waiting, waiting.personal_rank)
                return None
        line = self._line_to_wait_in(waiting, now)
        selection = AgentSelection.MOST_PROFICIENT if waiting.prefers_expert else waiting.queue.selection
        ready = line.ranking(selection, self.index.seats.values()).best(BEST)
        if not ready:
            line.add(waiting, waiting.rank)
            return None
        return self._offer(
            waiting,
            ready[0][4],
            pool=line.pool,
            rule=RULES[selection],
            occasion=occasion,
            best=tuple([Candidate(each[4].machine.profile.agent, (each[0], each[1])) for each in ready]),
            now=now,
        )

    def seek(self, seat: Seat, now: float) -> OfferInteraction | None:
        """Offer the agent the interaction that comes first of all the agent may take; list the agent otherwise."""
        heads = self._heads(seat, now)
        if not heads:
            self.index.refresh(seat)
            return None
        heads.sort()
        line = heads[0][2]
        pool = line.pool if isinstance(line, QueueLine) else None
        return self._offer(
            line.heap[0][4],
            seat,
            pool=pool,
            rule=ORDER_OF_SERVICE if pool else PREFERRED,
            occasion=Occasion.AGENT_BECAME_READY,
            best=tuple([Candidate(each.heap[0][4].interaction, (above, cost)) for above, cost, each in heads[:BEST]]),
            now=now,
        )

    # --- interactions

    def enter(self, waiting: Waiting) -> None:
        """The interaction has come; it is to be placed."""
        self.waiting[waiting.interaction] = waiting
        self._count(waiting.queue, 1)

    def move(self, waiting: Waiting, queue: Queue, now: float) -> None:
        """The interaction, in no line now, belongs to another queue from now on."""
        self._count(waiting.queue, -1)
        waiting.been_in = (*waiting.been_in, waiting.queue.name)
        waiting.queue = queue
        waiting.entered_at = now
        waiting.step = -1
        self._count(queue, 1)

    def take_out(self, waiting: Waiting) -> None:
        """The interaction stands in no line any more (it may still be waiting: offered or held back)."""
        if waiting.line is not None:
            waiting.line.remove(waiting)

    def forget(self, waiting: Waiting) -> None:
        """The interaction waits no more."""
        self.take_out(waiting)
        del self.waiting[waiting.interaction]
        self._count(waiting.queue, -1)

    def waiting_for(self, seat: Seat) -> list[Waiting]:
        """Those who wait for this agent alone."""
        return [waiting for line in seat.personal.values() for waiting in line]

    def deserted_by(self, seat: Seat) -> list[Waiting]:
        """Those who wait for nobody, now that the agent of this seat is about to go."""
        return [
            waiting
            for pools in seat.pools.values()
            for pool in pools
            if pool.size == 1
            for line in pool.lines
            for waiting in line
        ]

    def eligible(self, waiting: Waiting, now: float) -> Pool:
        """Those who suffice for the interaction in the step in force."""
        self._enter_step(waiting, now)
        return self._line_of(waiting, waiting.requirement).pool

    def configure(self, queues: dict[QueueName, Queue]) -> list[Waiting]:
        """New rules for all queues; returns everybody who waits unoffered, to be placed anew, in order."""
        self.queues = queues
        total = sum(queue.share for queue in queues.values() if queue.share)
        self._shares = {queue.name: queue.share / total for queue in queues.values() if queue.share}
        self._combined.clear()
        moved = []
        for waiting in self.waiting.values():
            waiting.queue = queues.get(waiting.queue.name, waiting.queue)
            waiting.step = -1
            if waiting.offer is None:
                self.take_out(waiting)
                moved.append(waiting)
        self._forget_empty_lines()
        return sorted(moved, key=order_of_service)

    # --- offers

    def adopt(self, waiting: Waiting, seat: Seat, offer: Offer) -> None:
        """An offer that is already under way in the switch."""
        self.take_out(waiting)
        self.offers[offer.offer] = self._offer_of[offer.agent] = offer
        waiting.offer, waiting.offered_to = offer.offer, offer.agent
        seat.machine.offered = True
        self.index.refresh(seat)

    def close(self, offer: Offer, phase: OfferPhase) -> Waiting:
        """The offer has ended this way; its interaction is in no line. The agent's machine is the caller's care."""
        offer.advance(phase)
        del self.offers[offer.offer]
        del self._offer_of[offer.agent]
        waiting = self.waiting[offer.interaction]
        waiting.offer = waiting.offered_to = None
        return waiting

    def offer_to(self, agent: AgentId) -> Offer | None:
        """The offer this agent has, if any."""
        return self._offer_of.get(agent)

    def _offer(
        self,
        waiting: Waiting,
        seat: Seat,
        *,
        pool: Pool | None,
        rule: str,
        occasion: Occasion,
        best: tuple[Candidate, ...],
        now: float,
    ) -> OfferInteraction:
        self._offers_made += 1
        agent = seat.machine.profile.agent
        offer = Offer(
            offer=OfferId(f"{self._epoch}-{self._offers_made}"),
            interaction=waiting.interaction,
            agent=agent,
            made_at=now,
            expires_at=now + waiting.queue.offer_timeout,
        )
        self.adopt(waiting, seat, offer)
        return OfferInteraction(
            offer=offer.offer,
            interaction=waiting.interaction,
            agent=agent,
            queue=waiting.queue.name,
            medium=waiting.medium,
            expires_at=offer.expires_at,
            trace=DecisionTrace(
                at=now,
                occasion=occasion,
                rule=rule,
                step=max(waiting.step, 0),
                waited=now - waiting.enqueued_at,
                eligible=1 if pool is None else pool.size,
                excluded=() if pool is None else excluded(pool.excluded, len(self.index.seats) - pool.size),
                best=best,
            ),
        )

    # --- lines

    def _heads(self, seat: Seat, now: float) -> list[Head]:
        heads: list[Head] = []
        machine = seat.machine
        shares = self._shares
        above = 0.0
        for medium, pools in seat.pools.items():
            if not machine.may_be_offered(medium):
                continue
            for pool in pools:
                for line in pool.lines:
                    first = line.first
                    if first != inf:
                        cost = first - line.wait * now
                        if line.groups:
                            cost -= line.groups.get(machine.profile.group, 0.0)
                        if shares:
                            above = self._above_share(line.queue.name)
                        heads.append((above, cost, line))
            personal = seat.personal.get(medium)
            if personal is not None and personal.heap:
                wait = personal.heap[0][4].queue.index.wait
                heads.append((0.0, personal.first - wait * now, personal))
        return heads

    def _above_share(self, queue: QueueName) -> float:
        """Minus how many more wait in this queue than its share of all that have one."""
        share = self._shares.get(queue)
        if share is None:
            return 0.0
        total = sum(self.lengths.get(name, 0) for name in self._shares)
        return -(self.lengths[queue] - share * total) - total - 1.0  # below zero: shares come first

    def _preferred_seat(self, waiting: Waiting, now: float) -> Seat | None:
        if waiting.preferred is None or waiting.prefer_until < now:
            return None
        seat = self.index.seats.get(waiting.preferred.agent)
        if seat is None:
            waiting.preferred = None  # who is not logged on is not waited for
        return seat

    def _enter_step(self, waiting: Waiting, now: float) -> None:
        step = 0
        for each in waiting.queue.steps:
            step += now - waiting.entered_at >= each.after
        if step != waiting.step:
            waiting.step = step
            queue = waiting.queue
            in_force = queue.steps[step - 1] if step else None
            base = in_force.requirements if in_force else queue.requirements
            needs = AllOf() if in_force and not in_force.keeps_needs else waiting.needs
            waiting.requirement = self._combine(base, needs)

    def _combine(self, base: Requirement, needs: Requirement) -> Requirement:
        key = (base, needs)
        found = self._combined.get(key)
        if found is None:
            if len(self._combined) >= MOST_LINES:
                self._combined.clear()
            found = self._combined[key] = combined(base, needs)
        return found

    def _line_to_wait_in(self, waiting: Waiting, now: float) -> QueueLine:
        """The line of those who need the same; for a VIP who is worth holding, the line of the experts."""
        if waiting.hold_for_expert_until > now:
            level = waiting.queue.expert_level
            experts = self._line_of(
                waiting,
                self._combine(
                    waiting.requirement,
                    AllOf(
                        parts=tuple(
                            SkillRequirement(skill=skill, minimum=level) for skill in needed_skills(waiting.requirement)
                        )
                    ),
                ),
            )
            busy = sum(
                experts.pool.excluded[reason]
                for reason in (Exclusion.BUSY, Exclusion.WORKING_AFTER_CALL, Exclusion.HAS_OFFER)
            )
            soon = self.handling.until_one_is_free(waiting.queue.name, busy - experts.size)
            if experts.pool.ready_count or now + soon <= waiting.hold_for_expert_until:
                return experts
        return self._line_of(waiting, waiting.requirement)

    def _line_of(self, waiting: Waiting, requirement: Requirement) -> QueueLine:
        key = (waiting.queue.name, waiting.medium, requirement)
        line = self._lines.get(key)
        if line is None or line.queue is not waiting.queue:
            if len(self._lines) >= MOST_LINES:
                self._forget_empty_lines()
            pool = self.index.pool(waiting.medium, requirement)
            line = self._lines[key] = QueueLine(pool=pool, queue=waiting.queue)
            pool.lines.append(line)
        return line

    def _forget_empty_lines(self) -> None:
        for key, line in list(self._lines.items()):
            if line.size == 0:
                del self._lines[key]
                line.pool.lines.remove(line)
                if not line.pool.lines:
                    self.index.drop(line.pool)

    def _count(self, queue: Queue, change: int) -> None:
        self.lengths[queue.name] = self.lengths.get(queue.name, 0) + change

    def __iter__(self) -> Iterator[Waiting]:
        """Everybody who waits, in order of service."""
        return iter(sorted(self.waiting.values(), key=order_of_service))
