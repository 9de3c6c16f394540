"""The full trace of a decision: everybody who was considered, with the score, or why not; rebuilt by replay.

The trace that goes with an offer is small: the five best, and counts. Whoever wants to know all tells the same facts to
a second engine, which at that one moment looks at everybody, the slow and plain way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Any

from acd.agent import AVAILABLE, INTERRUPTIONS
from acd.assignment import Assignment
from acd.commands import OfferInteraction
from acd.engine import RoutingEngine
from acd.events import Event
from acd.matching import satisfies
from acd.model import ANY_AGENT, AgentId, Exclusion, InteractionId, Medium, Occasion, OfferId, Requirement, Score
from acd.pools import QueueLine, Seat
from acd.selection import KEYS
from acd.waiting import Waiting


class WhyNot(StrEnum):
    """Why somebody was no candidate; what agents are counted by in the compact trace comes first."""

    LACKS_SKILL = Exclusion.LACKS_SKILL.value
    NOT_READY = Exclusion.NOT_READY.value
    BUSY = Exclusion.BUSY.value
    WORKING_AFTER_CALL = Exclusion.WORKING_AFTER_CALL.value
    HAS_OFFER = Exclusion.HAS_OFFER.value
    OTHER_MEDIUM = "does not handle the medium"
    NOT_PREFERRED = "the preferred agent is ready"
    OFFERED = "being offered to another agent"
    CALLED_BACK = "to be called back"
    HELD_BACK = "held back after an offer failed"
    WAITS_FOR_ANOTHER = "waits for another agent alone"


OUT = tuple(WhyNot(reason) for reason in Exclusion)
"""By an agent's availability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """Somebody who was looked at: a candidate with a score, smaller is better, or none, and why not."""

    who: AgentId | InteractionId
    score: Score | None = None
    why_not: WhyNot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FullTrace:
    """An offer, and everybody considered for it: agents if the interaction chose, interactions if the agent did.

    Candidates come first, the best of them first, then the others as they came. ``needed`` is what an agent had to
    satisfy (a preferred agent need not).
    """

    offer: OfferInteraction
    needed: Requirement
    considered: tuple[Considered, ...]


def full_trace(
    told: Iterable[tuple[Event | None, float]],
    offer: OfferId,
    *,
    epoch: int,
    interruptions: Mapping[Medium, frozenset[Medium]] = INTERRUPTIONS,
) -> FullTrace | None:
    """Tell an engine again what another was told (None: its timer), up to this offer; None if it was never made.

    An offer that was found under way after a restart was made by an engine before, and has its trace there.
    """
    witness = Witness(epoch, offer)
    engine = RoutingEngine(epoch=epoch, interruptions=interruptions, assignment=witness)
    for event, now in told:
        if event is None:
            engine.handle_timer(now)
        else:
            engine.handle(event, now)
        if witness.seen is not None:
            break
    return witness.seen


class Witness(Assignment):
    """Decides the same, and looks at everybody when it makes the offer that is asked for."""

    def __init__(self, epoch: int, offer: OfferId) -> None:
        super().__init__(epoch)
        self.seen: FullTrace | None = None
        self._asked_for = offer

    def place(self, waiting: Waiting, occasion: Occasion, now: float) -> OfferInteraction | None:
        """As the assignment's."""
        considered = agents_for(self, waiting, now) if self.next_offer == self._asked_for else ()
        return self._noted(super().place(waiting, occasion, now), considered)

    def seek(self, seat: Seat, now: float) -> OfferInteraction | None:
        """As the assignment's."""
        considered = interactions_for(self, seat, now) if self.next_offer == self._asked_for else ()
        return self._noted(super().seek(seat, now), considered)

    def _noted(self, made: OfferInteraction | None, considered: tuple[Considered, ...]) -> OfferInteraction | None:
        if made is not None and made.offer == self._asked_for:
            needed = self.waiting[made.interaction].requirement
            self.seen = FullTrace(offer=made, needed=needed, considered=considered)
        return made


# --- the slow and plain way -------------------------------------------------------------------------------------------


def agents_for(assignment: Assignment, waiting: Waiting, now: float) -> tuple[Considered, ...]:
    """Everybody who is logged on, as an interaction sees them that looks for an agent."""
    line = assignment.line_for(waiting, now)
    wanted = assignment.preferred_seat(waiting, now)
    if wanted is not None and not wanted.may_be_offered(waiting.medium):
        wanted = None
    candidates: list[tuple[tuple[float, float, int], Considered]] = []
    others = []
    for seat in assignment.index.seats.values():
        machine = seat.machine
        why_not = agent_out(seat, waiting.medium, line.pool.requirement)
        if wanted is not None:
            why_not = None if seat is wanted else WhyNot.NOT_PREFERRED
        if why_not is not None:
            others.append(Considered(who=seat.agent, why_not=why_not))
            continue
        key = 0.0 if wanted else KEYS[waiting.selection](machine, line.pool.needed, waiting.queue.index)
        score = 0.0 if wanted else (key, machine.ready_since)
        candidates.append(((key, machine.ready_since, machine.order), Considered(who=seat.agent, score=score)))
    return _in_order(candidates, others)


def interactions_for(assignment: Assignment, seat: Seat, now: float) -> tuple[Considered, ...]:
    """Everybody who waits, as an agent sees them who has become free."""
    candidates: list[tuple[tuple[Score, int, int], Considered]] = []
    others = []
    for waiting in assignment.waiting.values():
        why_not = _interaction_out(seat, waiting)
        if why_not is not None:
            others.append(Considered(who=waiting.interaction, why_not=why_not))
            continue
        score = _score(assignment, seat, waiting, now)
        order = (score, waiting.sequence, waiting.order)
        candidates.append((order, Considered(who=waiting.interaction, score=score)))
    return _in_order(candidates, others)


def agent_out(seat: Seat, medium: Medium, requirement: Requirement) -> WhyNot | None:
    """Why this agent cannot be offered something of the medium with the requirement; None if the agent can."""
    machine = seat.machine
    capacity = machine.profile.capacities.get(medium, 0)
    if capacity <= 0:
        return WhyNot.OTHER_MEDIUM
    if not satisfies(machine.profile.skills, requirement):
        return WhyNot.LACKS_SKILL
    availability = machine.availability(medium, capacity)
    return None if availability == AVAILABLE else OUT[availability]


def _interaction_out(seat: Seat, waiting: Waiting) -> WhyNot | None:
    if waiting.offer is not None:
        return WhyNot.OFFERED
    if waiting.called_back:
        return WhyNot.CALLED_BACK
    line = waiting.line
    if line is None:
        return WhyNot.HELD_BACK
    if isinstance(line, QueueLine):
        return agent_out(seat, waiting.medium, line.pool.requirement)
    if waiting.preferred is not None and waiting.preferred.agent != seat.agent:
        return WhyNot.WAITS_FOR_ANOTHER
    return agent_out(seat, waiting.medium, ANY_AGENT)


def _score(assignment: Assignment, seat: Seat, waiting: Waiting, now: float) -> Score:
    """How urgent the interaction is in the eyes of this agent, as :class:`acd.assignment.Assignment` has it."""
    alone = not isinstance(waiting.line, QueueLine)
    rank = waiting.personal_rank if alone else waiting.rank
    if assignment.by_rank_alone:
        return rank
    queue, shares, lengths = waiting.queue, assignment.shares, assignment.lengths
    cost = rank - queue.pace * now
    if alone:
        return (0.0, cost)
    total = sum(lengths.get(name, 0) for name in shares)
    above = lengths[queue.name] - shares[queue.name] * total + total + 1.0 if queue.name in shares else 0.0
    return (-above, cost - dict(queue.index.groups).get(seat.machine.profile.group, 0.0))


def _in_order(candidates: list[tuple[Any, Considered]], others: list[Considered]) -> tuple[Considered, ...]:
    return (*(considered for _, considered in sorted(candidates, key=itemgetter(0))), *others)
