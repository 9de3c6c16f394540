"""Brings waiting interactions and ready agents together, in both directions, and keeps the offers.

An interaction that arrives takes the first ready agent of its pool; an agent who becomes free takes the first
of all heads of the lines the agent may serve. Whoever finds nobody is entered in the index for the other side
to find. So nobody is ever scanned, and no ready agent stands beside an interaction that may take that agent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import TypeAlias

from acd.commands import OfferInteraction
from acd.handling import HandlingTimes
from acd.matching import combined, needed_skills
from acd.model import (
    ANY_AGENT,
    AgentSelection,
    Compared,
    DecisionTrace,
    InteractionId,
    Medium,
    Occasion,
    OfferId,
    Queue,
    QueueName,
    Requirement,
    Score,
    SkillRequirement,
)
from acd.offer import Offer, OfferPhase
from acd.pools import AT_WORK, AgentIndex, Pool, QueueLine, Seat
from acd.waiting import Line, Waiting, order_of_service

BEST = 5
"""How many candidates a trace names."""

MANY_LINES = 1000
"""From so many lines on, those that are empty are forgotten now and then."""

PREFERRED = "preferred agent"
ORDER_OF_SERVICE = "first in order of service"
AGENT_BECAME_READY = Occasion.AGENT_BECAME_READY
RULES = {selection: selection.value.replace("_", " ") for selection in AgentSelection}

LineKey: TypeAlias = tuple[QueueName, Medium, int, Requirement, bool]
"""(queue, medium, step in force, the interaction's own needs, whether it holds for an expert)."""

Urgency: TypeAlias = Callable[[int], Score]
"""By what an agent compares the heads of lines, given their numbers; the smallest is served first, no head last."""


class Assignment:
    """Who waits, who is ready, and which offers are under way. ``epoch`` is part of every offer's id."""

    def __init__(self, epoch: int) -> None:
        self.index = AgentIndex()
        self.queues: dict[QueueName, Queue] = {}
        self.waiting: dict[InteractionId, Waiting] = {}
        self.lengths: dict[QueueName, int] = {}
        self.offers: dict[OfferId, Offer] = {}
        self.handling = HandlingTimes()
        self._lines: dict[LineKey, QueueLine] = {}
        self.shares: dict[QueueName, float] = {}
        self.by_rank_alone = True
        self._most_lines = MANY_LINES
        self._epoch = epoch
        self._offers_made = 0

    # --- matching

    def place(self, waiting: Waiting, occasion: Occasion, now: float) -> OfferInteraction | None:
        """Offer the interaction to the best ready agent, or put it in its line (or nowhere while held back)."""
        if waiting.held_until > now or waiting.called_back:
            return None
        if len(self._lines) > self._most_lines:
            self._forget_empty_lines()
        line = self.line_for(waiting, now)
        waiting.overdue = now >= waiting.overdue_at
        preferred = self.preferred_seat(waiting, now)
        if preferred is not None:
            if preferred.may_be_offered(waiting.medium):
                return self._offer(waiting, preferred, None, PREFERRED, occasion, ((preferred.agent, 0.0),), now)
            if waiting.prefer_until > now:
                personal = self.index.personal_line(preferred, waiting.medium, waiting.queue.pace)
                _stand(waiting, personal, waiting.personal_rank)
                return None
        selection = waiting.selection
        ready = line.ranking(selection, self.index.posts(waiting.medium)).best(BEST)
        if not ready:
            _stand(waiting, line, waiting.rank)
            return None
        compared: Compared = tuple([(entry[4].seat.agent, entry[:2]) for entry in ready])
        return self._offer(waiting, ready[0][4].seat, line.pool, RULES[selection], occasion, compared, now)

    def seek(self, seat: Seat, now: float) -> OfferInteraction | None:
        """Offer the agent the interaction that comes first of all the agent may take; list the agent otherwise."""
        heads = self.index.heads
        ranks, names = heads.ranks, heads.names
        urgency = ranks.__getitem__ if self.by_rank_alone else self._weighing(seat, now)
        lines = self.index.lines(seat)
        lines.sort(key=urgency)
        best = lines[:BEST]
        while best and ranks[best[-1]] == inf:
            best.pop()
        if not best:
            self.index.refresh(seat)
            return None
        if len(best) > 1 and urgency(best[0]) == urgency(best[1]):
            self._break_tie(best, lines, urgency)
        compared: Compared = tuple(map(names.__getitem__, best))
        if not self.by_rank_alone:
            compared = tuple([(names[line][0], urgency(line)) for line in best])
        first = best[0]
        line = heads.lines[first]
        pool, rule = (line.pool, ORDER_OF_SERVICE) if isinstance(line, QueueLine) else (None, PREFERRED)
        return self._offer(self.waiting[names[first][0]], seat, pool, rule, AGENT_BECAME_READY, compared, now)

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
        self._count(queue, 1)

    def take_out(self, waiting: Waiting) -> None:
        """The interaction stands in no line any more (it may still be waiting: offered or held back)."""
        if waiting.place is not None:
            line, entry = waiting.place
            waiting.place = None
            line.remove(entry)

    def forget(self, waiting: Waiting) -> None:
        """The interaction waits no more."""
        self.take_out(waiting)
        del self.waiting[waiting.interaction]
        self._count(waiting.queue, -1)

    def waiting_for(self, seat: Seat) -> list[Waiting]:
        """Those who wait for this agent alone."""
        return [self.waiting[each] for line in seat.personal.values() for each in line]

    def deserted_by(self, seat: Seat) -> list[Waiting]:
        """Those who wait for nobody, now that the agent of this seat is about to go."""
        return [
            self.waiting[each]
            for post in seat.posts
            for pool in post.pools
            if pool.size == 1
            for line in pool.lines
            for each in line
        ]

    def configure(self, queues: dict[QueueName, Queue]) -> list[Waiting]:
        """New rules for all queues; returns everybody who waits unoffered, to be placed anew, in order."""
        self.queues = queues
        total = sum(queue.share for queue in queues.values() if queue.share)
        self.shares = {queue.name: queue.share / total for queue in queues.values() if queue.share}
        moved = []
        for waiting in self.waiting.values():
            waiting.queue = queues.get(waiting.queue.name, waiting.queue)
            if waiting.offer is None:
                self.take_out(waiting)
                moved.append(waiting)
        self._forget_empty_lines()
        in_use = (queues | {waiting.queue.name: waiting.queue for waiting in self.waiting.values()}).values()
        alike = len({queue.pace for queue in in_use}) <= 1 and not any(queue.index.groups for queue in in_use)
        self.by_rank_alone = alike and not self.shares
        return sorted(moved, key=order_of_service)

    # --- offers

    def adopt(self, waiting: Waiting, seat: Seat, offer: Offer) -> None:
        """An offer that is already under way in the switch."""
        self.take_out(waiting)
        self.offers[offer.offer] = seat.offer = offer
        waiting.offer, waiting.offered_to = offer.offer, offer.agent
        self.index.reserve(seat)

    def close(self, offer: Offer, phase: OfferPhase) -> Waiting:
        """The offer has ended this way; its interaction is in no line. The agent's machine is the caller's care."""
        offer.advance(phase)
        del self.offers[offer.offer]
        self.index.seats[offer.agent].offer = None
        waiting = self.waiting[offer.interaction]
        waiting.offer = waiting.offered_to = None
        return waiting

    def _offer(  # noqa: PLR0917 - by position, since naming them would cost more than making the trace
        self,
        waiting: Waiting,
        seat: Seat,
        pool: Pool | None,
        rule: str,
        occasion: Occasion,
        compared: Compared,
        now: float,
    ) -> OfferInteraction:
        name = self.next_offer
        self._offers_made += 1
        interaction, queue, agent = waiting.interaction, waiting.queue, seat.agent
        expires_at = now + queue.offer_timeout
        self.adopt(waiting, seat, Offer(name, interaction, agent, now, expires_at))
        return OfferInteraction(
            offer=name,
            interaction=interaction,
            agent=agent,
            queue=queue.name,
            medium=waiting.medium,
            expires_at=expires_at,
            trace=DecisionTrace(
                at=now,
                occasion=occasion,
                rule=rule,
                step=waiting.step,
                waited=now - waiting.enqueued_at,
                lacking=0 if pool is None else len(self.index.seats) - pool.size,
                counts=() if pool is None else pool.counts(),
                compared=compared,
            ),
        )

    @property
    def next_offer(self) -> OfferId:
        """What the next offer made will be called."""
        return OfferId(f"{self._epoch}-{self._offers_made + 1}")

    def has_yet_to_make(self, offer: OfferId) -> bool:
        """Whether an offer to come will be called so."""
        number = offer.removeprefix(f"{self._epoch}-")
        return number != offer and number.isdecimal() and int(number) > self._offers_made

    # --- what an agent goes by

    def _weighing(self, seat: Seat, now: float) -> Urgency:
        """How this agent compares heads while waiting counts differently in different queues, or they have shares."""
        group = seat.machine.profile.group
        shares, lengths, heads = self.shares, self.lengths, self.index.heads
        total = sum(lengths.get(name, 0) for name in shares)

        def urgency(number: int) -> Score:
            first, line = heads.ranks[number], heads.lines[number]
            if first == inf:
                return (inf, inf)
            cost = first - line.pace * now
            if not isinstance(line, QueueLine):
                return (0.0, cost)
            name = line.queue.name
            # How many more wait than the queue's share of all; below zero, so that queues with shares come first.
            above = lengths[name] - shares[name] * total + total + 1.0 if name in shares else 0.0
            return (-above, cost - line.groups.get(group, 0.0))

        return urgency

    def _break_tie(self, best: list[int], lines: list[int], urgency: Urgency) -> None:
        """Of the lines whose heads are equally urgent, put the one whose head came first to the front of the best."""
        most = urgency(best[0])
        tied = [line for line in lines if urgency(line) == most]
        first = min(tied, key=lambda line: self.index.heads.lines[line].arrival())
        best[:] = [first, *(line for line in best if line != first)][:BEST]

    def preferred_seat(self, waiting: Waiting, now: float) -> Seat | None:
        """The agent to be asked before all others, if there still is one."""
        if waiting.preferred is None or waiting.prefer_until < now:
            return None
        seat = self.index.seats.get(waiting.preferred.agent)
        if seat is None:
            waiting.preferred = None  # who is not logged on is not waited for
        return seat

    # --- which line an interaction waits in

    def line_for(self, waiting: Waiting, now: float) -> QueueLine:
        """The line to wait in: that of those who need the same, or, for a VIP worth holding, that of the experts."""
        home = self.home(waiting, now)
        return self._experts(waiting, now) or home

    def home(self, waiting: Waiting, now: float) -> QueueLine:
        """The line of those who need the same, by the step in force now."""
        step = 0
        for each in waiting.queue.steps:
            step += now - waiting.entered_at >= each.after
        waiting.step = step
        line = self._line(waiting, among_experts=False)
        waiting.requirement = line.pool.requirement
        return line

    def _experts(self, waiting: Waiting, now: float) -> QueueLine | None:
        """For a VIP who is worth holding: the line of those who wait for an expert."""
        until = waiting.hold_for_expert_until
        if until <= now:
            return None
        line = self._line(waiting, among_experts=True)
        soon = self.handling.until_one_is_free(waiting.queue.name, line.pool.count(*AT_WORK) - line.size)
        return line if line.pool.ready_count or now + soon <= until else None

    def _line(self, waiting: Waiting, *, among_experts: bool) -> QueueLine:
        queue, step = waiting.queue, waiting.step
        keeps_needs = step == 0 or queue.steps[step - 1].keeps_needs
        key = (queue.name, waiting.medium, step, waiting.needs if keeps_needs else ANY_AGENT, among_experts)
        line = self._lines.get(key)
        return line if line is not None else self._new_line(key, queue)

    def _new_line(self, key: LineKey, queue: Queue) -> QueueLine:
        _, medium, step, needs, among_experts = key
        requirement = combined(queue.steps[step - 1].requirements if step else queue.requirements, needs)
        if among_experts:
            best = [SkillRequirement(skill=each, minimum=queue.expert_level) for each in needed_skills(requirement)]
            requirement = combined(requirement, *best)
        line = self._lines[key] = self.index.add_line(medium, requirement, queue)
        return line

    def _forget_empty_lines(self) -> None:
        for key, line in list(self._lines.items()):
            if line.size == 0:
                del self._lines[key]
                self.index.drop_line(line)
        self._most_lines = max(2 * len(self._lines), MANY_LINES)

    def _count(self, queue: Queue, change: int) -> None:
        self.lengths[queue.name] = self.lengths.get(queue.name, 0) + change

    def __iter__(self) -> Iterator[Waiting]:
        """Everybody who waits, in order of service."""
        return iter(sorted(self.waiting.values(), key=order_of_service))


def _stand(waiting: Waiting, line: Line, rank: float) -> None:
    """Put the interaction in this line."""
    entry = waiting.entry(rank)
    waiting.place = (line, entry)
    waiting.has_stood = True
    line.add(entry)
