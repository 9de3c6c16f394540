"""Brings waiting interactions and ready agents together, in both directions, and keeps the offers.

An interaction that arrives takes the first ready agent of its pool; an agent who becomes free takes the first
of all heads of the lines the agent may serve. Whoever finds nobody is entered in the index for the other side
to find. So nobody is ever scanned, and no ready agent stands beside an interaction that may take that agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest
from typing import TypeAlias

from acd.commands import OfferInteraction
from acd.decision import BEST, excluded
from acd.matching import combined
from acd.model import (
    AgentId,
    AgentSelection,
    Candidate,
    DecisionTrace,
    InteractionId,
    Medium,
    Occasion,
    OfferId,
    Queue,
    QueueName,
    Requirement,
)
from acd.offer import Offer, OfferPhase
from acd.pools import AgentIndex, Pool, QueueLine, Seat
from acd.waiting import Entry, Line, Waiting

MOST_LINES = 1000
"""From so many distinct (queue, medium, requirement) on, lines that are empty are forgotten."""

PREFERRED = "preferred agent"
ORDER_OF_SERVICE = "first in order of service"
RULES = {selection: selection.value.replace("_", " ") for selection in AgentSelection}

Scored: TypeAlias = tuple[AgentId | InteractionId, tuple[float, ...]]


class Assignment:
    """Who waits, who is ready, and which offers are under way. ``epoch`` is part of every offer's id."""

    def __init__(self, epoch: int) -> None:
        self.index = AgentIndex()
        self.queues: dict[QueueName, Queue] = {}
        self.waiting: dict[InteractionId, Waiting] = {}
        self.offers: dict[OfferId, Offer] = {}
        self._offer_of: dict[AgentId, Offer] = {}
        self._lines: dict[tuple[QueueName, Medium, Requirement], QueueLine] = {}
        self._epoch = epoch
        self._offers_made = 0

    # --- matching

    def place(self, waiting: Waiting, occasion: Occasion, now: float) -> OfferInteraction | None:
        """Offer the interaction to the best ready agent, or put it in its line (or nowhere while held back)."""
        if waiting.held_until > now:
            return None
        preferred = self._preferred_seat(waiting, now)
        if preferred is not None:
            if preferred.machine.may_be_offered(waiting.medium):
                alone: Scored = (preferred.machine.profile.agent, (0.0,))
                return self._offer(
                    waiting, preferred, pool=None, rule=PREFERRED, occasion=occasion, best=(alone,), now=now
                )
            if waiting.prefer_until > now:
                personal = preferred.personal.setdefault(waiting.medium, Line())
                personal.add(waiting, waiting.personal_rank)
                return None
        line = self._line_of(waiting)
        selection = AgentSelection.MOST_PROFICIENT if waiting.prefers_expert else waiting.queue.selection
        ready = line.pool.ready(selection)
        if not ready:
            line.add(waiting, waiting.rank)
            return None
        best = tuple((seat.machine.profile.agent, (key, since)) for key, since, _, seat in ready[:BEST])
        return self._offer(
            waiting,
            ready[0][3],
            pool=line.pool,
            rule=RULES[selection],
            occasion=occasion,
            best=best,
            now=now,
        )

    def seek(self, seat: Seat, now: float) -> OfferInteraction | None:
        """Offer the agent the interaction that comes first of all the agent may take; list the agent otherwise."""
        heads = nsmallest(BEST, self._heads(seat))
        if not heads:
            self.index.refresh(seat)
            return None
        waiting = heads[0][4]
        best = tuple((each.interaction, (rank, float(sequence))) for rank, sequence, _, _, each in heads)
        pool = waiting.line.pool if isinstance(waiting.line, QueueLine) else None
        rule = ORDER_OF_SERVICE if pool else PREFERRED
        return self._offer(
            waiting, seat, pool=pool, rule=rule, occasion=Occasion.AGENT_BECAME_READY, best=best, now=now
        )

    # --- interactions

    def take_out(self, waiting: Waiting) -> None:
        """The interaction stands in no line any more (it may still be waiting: offered or held back)."""
        if waiting.line is not None:
            waiting.line.remove(waiting)

    def forget(self, waiting: Waiting) -> None:
        """The interaction waits no more."""
        self.take_out(waiting)
        del self.waiting[waiting.interaction]

    def waiting_for(self, seat: Seat) -> list[Waiting]:
        """Those who wait for this agent alone."""
        return [waiting for line in seat.personal.values() for waiting in line]

    def requirement_of(self, queue: Queue, needs: Requirement) -> Requirement:
        """What an agent must satisfy for an interaction of this queue with these needs."""
        return combined(queue.requirements, needs)

    def configure(self, queues: dict[QueueName, Queue]) -> list[Waiting]:
        """New rules for all queues; returns everybody who waits unoffered, to be placed anew, in order."""
        self.queues = queues
        moved = []
        for waiting in self.waiting.values():
            waiting.queue = queues.get(waiting.queue.name, waiting.queue)
            waiting.requirement = self.requirement_of(waiting.queue, waiting.needs)
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
        best: tuple[Scored, ...],
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
                step=0,
                waited=now - waiting.enqueued_at,
                eligible=1 if pool is None else pool.size,
                excluded=() if pool is None else excluded(pool.excluded, len(self.index.seats) - pool.size),
                best=tuple(Candidate(who=who, score=score) for who, score in best),
            ),
        )

    # --- helpers

    def _heads(self, seat: Seat) -> Iterator[Entry]:
        for medium, pools in seat.pools.items():
            if not seat.machine.may_be_offered(medium):
                continue
            for pool in pools:
                for line in pool.lines:
                    head = line.head
                    if head is not None:
                        yield head
            personal = seat.personal.get(medium)
            if personal is not None and personal.head is not None:
                yield personal.head

    def _preferred_seat(self, waiting: Waiting, now: float) -> Seat | None:
        if waiting.preferred is None or waiting.prefer_until < now:
            return None
        seat = self.index.seats.get(waiting.preferred.agent)
        if seat is None:
            waiting.preferred = None  # who is not logged on is not waited for
        return seat

    def _line_of(self, waiting: Waiting) -> QueueLine:
        key = (waiting.queue.name, waiting.medium, waiting.requirement)
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= MOST_LINES:
                self._forget_empty_lines()
            pool = self.index.pool(waiting.medium, waiting.requirement)
            line = self._lines[key] = QueueLine(pool=pool)
            pool.lines.append(line)
        return line

    def _forget_empty_lines(self) -> None:
        for key, line in list(self._lines.items()):
            if line.size == 0:
                del self._lines[key]
                line.pool.lines.remove(line)
                if not line.pool.lines:
                    self.index.drop(line.pool)


def order_of_service(waiting: Waiting) -> tuple[float, int, int]:
    """The key by which interactions are served, smaller first."""
    return (waiting.rank, waiting.sequence, waiting.order)
