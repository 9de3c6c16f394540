"""Agents by what they suffice for: one pool for each distinct requirement, with its ready agents kept in order.

An interaction that arrives takes the first of its pool; nobody's skills are compared at that moment. A pool is
filled once, when its requirement is first seen, and then follows the agents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from acd.agent import AgentMachine
from acd.matching import needed_skills, satisfies
from acd.model import Agent, AgentId, AgentSelection, Exclusion, Medium, Queue, Requirement, SkillName, TunableIndex
from acd.selection import KEYS
from acd.waiting import Line

Policy: TypeAlias = tuple[AgentSelection, TunableIndex]
"""How ready agents are sorted: a strategy and its weights."""

ReadyEntry: TypeAlias = tuple[float, float, int, int, "Seat"]
"""(selection key, ready since, log-on order, number of the listing, who); no two compare as far as the seat."""

_SLACK = 64
_FIRST_LEVELS = 31
"""The five smallest of a heap are among its first five levels."""


@dataclass(slots=True, eq=False)
class Seat:
    """One agent's place in the index.

    ``status`` says per medium why nothing can be offered, None if something can. ``listing`` numbers the
    times the agent was entered among the ready, 0 while not; entries under another number are out of date.
    ``personal`` are the lines of those who wait for this agent alone.
    """

    machine: AgentMachine
    pools: dict[Medium, list[Pool]] = field(default_factory=dict)
    status: dict[Medium, Exclusion | None] = field(default_factory=dict)
    personal: dict[Medium, Line] = field(default_factory=dict)
    listing: dict[Medium, int] = field(default_factory=dict)
    listed_since: float = 0.0
    listings: int = 0


@dataclass(slots=True, eq=False)
class Ranking:
    """The ready agents of a pool in the order of one policy. Who has left is taken out when met."""

    pool: Pool
    policy: Policy
    _heap: list[ReadyEntry] = field(default_factory=list)

    def add(self, seat: Seat) -> None:
        """The agent of this seat has just been listed as ready."""
        heappush(self._heap, self._entry(seat))
        if len(self._heap) > 2 * self.pool.ready_count + _SLACK:
            self._heap = [entry for entry in self._heap if self._valid(entry)]
            heapify(self._heap)

    def best(self, most: int) -> list[ReadyEntry]:
        """The first agent, and up to ``most`` of the following ones for comparison; empty if nobody is ready."""
        heap = self._heap
        while heap and not self._valid(heap[0]):
            heappop(heap)
        if not heap:
            return heap
        return [entry for entry in sorted(heap[:_FIRST_LEVELS]) if self._valid(entry)][:most]

    def _valid(self, entry: ReadyEntry) -> bool:
        return entry[4].listing.get(self.pool.medium) == entry[3]

    def _entry(self, seat: Seat) -> ReadyEntry:
        machine = seat.machine
        selection, index = self.policy
        key = KEYS[selection](machine, self.pool.needed, index)
        return (key, machine.ready_since, machine.order, seat.listing[self.pool.medium], seat)


@dataclass(slots=True, eq=False, kw_only=True)
class QueueLine(Line):
    """A line of one queue, which any agent of ``pool`` may serve."""

    pool: Pool
    queue: Queue
    wait: float = field(init=False)
    groups: dict[str, float] = field(init=False)

    _rankings: dict[AgentSelection, Ranking] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wait = self.queue.index.wait
        self.groups = dict(self.queue.index.groups)

    def ranking(self, selection: AgentSelection, seats: Iterable[Seat]) -> Ranking:
        """The ready agents by this selection with the queue's weights; ``seats`` fill it when first asked for."""
        found = self._rankings.get(selection)
        if found is None:
            found = self._rankings[selection] = self.pool.ranking((selection, self.queue.index), seats)
        return found


@dataclass(slots=True, eq=False)
class Pool:
    """The agents who satisfy one requirement and handle one medium; the lines whose interactions need that.

    ``size`` counts them all, ``excluded`` those who cannot be offered anything now, by reason.
    """

    medium: Medium
    requirement: Requirement
    size: int = 0
    lines: list[QueueLine] = field(default_factory=list)
    excluded: dict[Exclusion, int] = field(default_factory=lambda: dict.fromkeys(Exclusion, 0))
    ready_count: int = 0
    needed: tuple[SkillName, ...] = ()
    _rankings: dict[Policy, Ranking] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.needed = needed_skills(self.requirement)

    def admits(self, seat: Seat) -> bool:
        """Whether the agent belongs here, ready or not."""
        profile = seat.machine.profile
        return profile.capacities.get(self.medium, 0) > 0 and satisfies(profile.skills, self.requirement)

    def ranking(self, policy: Policy, seats: Iterable[Seat]) -> Ranking:
        """The ready agents by this policy, kept from now on; ``seats`` are all there are."""
        found = self._rankings.get(policy)
        if found is None:
            found = self._rankings[policy] = Ranking(self, policy)
            for seat in seats:
                if seat.listing.get(self.medium) and self in seat.pools[self.medium]:
                    found.add(seat)
        return found

    def enter(self, seat: Seat, status: Exclusion | None) -> None:
        """The agent has this status from now on."""
        if status is not None:
            self.excluded[status] += 1
            return
        self.ready_count += 1
        for ranking in self._rankings.values():
            ranking.add(seat)

    def leave(self, status: Exclusion | None) -> None:
        """Some agent has this status no more."""
        if status is not None:
            self.excluded[status] -= 1
        else:
            self.ready_count -= 1


class AgentIndex:
    """Everybody who is logged on, and the pools they are in."""

    def __init__(self) -> None:
        self.seats: dict[AgentId, Seat] = {}
        self._pools: dict[tuple[Medium, Requirement], Pool] = {}

    def add(self, machine: AgentMachine) -> Seat:
        """Somebody logged on."""
        seat = self.seats[machine.profile.agent] = Seat(machine)
        self._classify(seat)
        return seat

    def remove(self, seat: Seat) -> None:
        """Somebody is gone."""
        self._declassify(seat)
        del self.seats[seat.machine.profile.agent]

    def reclassify(self, seat: Seat, profile: Agent) -> None:
        """The agent's skills or capacities are these from now on."""
        self._declassify(seat)
        seat.machine.profile = profile
        self._classify(seat)

    def refresh(self, seat: Seat) -> None:
        """The agent's state may have changed: tell the pools."""
        machine = seat.machine
        moved = seat.listed_since != machine.ready_since
        for medium, pools in seat.pools.items():
            old = seat.status[medium]
            new = None if machine.may_be_offered(medium) else machine.exclusion()
            if old is new and not (moved and new is None):
                continue
            self._list(seat, medium, new)
            if old is not None and new is not None:
                for pool in pools:
                    excluded = pool.excluded
                    excluded[old] -= 1
                    excluded[new] += 1
            elif new is not None:
                for pool in pools:
                    pool.ready_count -= 1
                    pool.excluded[new] += 1
            else:
                for pool in pools:
                    pool.leave(old)
                    pool.enter(seat, None)
        seat.listed_since = machine.ready_since

    def pool(self, medium: Medium, requirement: Requirement) -> Pool:
        """The pool of this requirement, made and filled if it is new."""
        pool = self._pools.get((medium, requirement))
        if pool is None:
            pool = self._pools[medium, requirement] = Pool(medium, requirement)
            for seat in self.seats.values():
                if pool.admits(seat):
                    self._join(pool, seat)
        return pool

    def drop(self, pool: Pool) -> None:
        """Forget a pool that nothing needs any more."""
        del self._pools[pool.medium, pool.requirement]
        for seat in self.seats.values():
            if pool.admits(seat):
                seat.pools[pool.medium].remove(pool)

    def __len__(self) -> int:
        """How many pools there are."""
        return len(self._pools)

    def _classify(self, seat: Seat) -> None:
        machine = seat.machine
        seat.listed_since = machine.ready_since
        for medium in machine.profile.capacities:
            seat.pools[medium] = []
            self._list(seat, medium, None if machine.may_be_offered(medium) else machine.exclusion())
        for pool in self._pools.values():
            if pool.admits(seat):
                self._join(pool, seat)

    def _declassify(self, seat: Seat) -> None:
        for medium, pools in seat.pools.items():
            for pool in pools:
                pool.size -= 1
                pool.leave(seat.status[medium])
        seat.pools.clear()
        seat.status.clear()
        seat.listing.clear()

    @staticmethod
    def _list(seat: Seat, medium: Medium, status: Exclusion | None) -> None:
        seat.status[medium] = status
        seat.listings += 1
        seat.listing[medium] = seat.listings if status is None else 0

    @staticmethod
    def _join(pool: Pool, seat: Seat) -> None:
        pool.size += 1
        seat.pools[pool.medium].append(pool)
        pool.enter(seat, seat.status[pool.medium])
