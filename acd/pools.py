"""Agents by what they suffice for: one pool for each distinct requirement, with its ready agents kept sorted.

An interaction that arrives takes the first of its pool; nobody's skills are compared at that moment. A pool is
filled once, when its requirement is first seen, and then follows the agents.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TypeAlias

from acd.agent import AgentMachine
from acd.matching import needed_skills, satisfies
from acd.model import Agent, AgentId, AgentSelection, Exclusion, Medium, Queue, Requirement, SkillName, TunableIndex
from acd.selection import KEYS
from acd.waiting import Line

Policy: TypeAlias = tuple[AgentSelection, TunableIndex]
"""How ready agents are sorted: a strategy and its weights."""

ReadyEntry: TypeAlias = tuple[float, float, int, "Seat"]
"""(selection key, ready since, log-on order, who); the order differs, so seats are never compared."""


@dataclass(slots=True, eq=False)
class Seat:
    """One agent's place in the index.

    ``status`` says per medium why nothing can be offered, None if something can; ``listed_since`` is the
    time since when, as the pools have sorted it. ``personal`` are the lines of those who wait for this
    agent alone.
    """

    machine: AgentMachine
    pools: dict[Medium, list[Pool]] = field(default_factory=dict)
    status: dict[Medium, Exclusion | None] = field(default_factory=dict)
    personal: dict[Medium, Line] = field(default_factory=dict)
    listed_since: dict[Medium, float] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class QueueLine(Line):
    """A line of one queue, which any agent of ``pool`` may serve."""

    pool: Pool
    queue: Queue
    wait: float = field(init=False)
    groups: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self.wait = self.queue.index.wait
        self.groups = dict(self.queue.index.groups)


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
    _needed: tuple[SkillName, ...] = ()
    _ready: dict[Seat, dict[Policy, ReadyEntry]] = field(default_factory=dict)
    _sorted: dict[Policy, list[ReadyEntry]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._needed = needed_skills(self.requirement)

    @property
    def ready_count(self) -> int:
        """How many can be offered something now."""
        return len(self._ready)

    def admits(self, seat: Seat) -> bool:
        """Whether the agent belongs here, ready or not."""
        profile = seat.machine.profile
        return profile.capacities.get(self.medium, 0) > 0 and satisfies(profile.skills, self.requirement)

    def ready(self, policy: Policy) -> list[ReadyEntry]:
        """The ready agents, best first by this policy; sorted when first asked for, kept so from then on."""
        ready = self._sorted.get(policy)
        if ready is None:
            for seat, entries in self._ready.items():
                entries[policy] = self._entry(policy, seat)
            ready = self._sorted[policy] = sorted(entries[policy] for entries in self._ready.values())
        return ready

    def enter(self, seat: Seat, status: Exclusion | None) -> None:
        """The agent has this status from now on."""
        if status is not None:
            self.excluded[status] += 1
            return
        entries = self._ready[seat] = {}
        for policy, ready in self._sorted.items():
            entry = entries[policy] = self._entry(policy, seat)
            insort(ready, entry)

    def leave(self, seat: Seat, status: Exclusion | None) -> None:
        """The agent has this status no more."""
        if status is not None:
            self.excluded[status] -= 1
            return
        for policy, entry in self._ready.pop(seat).items():
            ready = self._sorted[policy]
            del ready[bisect_left(ready, entry)]

    def _entry(self, policy: Policy, seat: Seat) -> ReadyEntry:
        machine = seat.machine
        selection, index = policy
        return (KEYS[selection](machine, self._needed, index), machine.ready_since, machine.order, seat)


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
        for medium, pools in seat.pools.items():
            old = seat.status[medium]
            new = None if machine.may_be_offered(medium) else machine.exclusion()
            if old is new and seat.listed_since[medium] == machine.ready_since:
                continue
            seat.status[medium] = new
            seat.listed_since[medium] = machine.ready_since
            if old is not None and new is not None:
                for pool in pools:
                    pool.excluded[old] -= 1
                    pool.excluded[new] += 1
                continue
            for pool in pools:
                pool.leave(seat, old)
                pool.enter(seat, new)

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
        for medium in machine.profile.capacities:
            seat.pools[medium] = []
            seat.listed_since[medium] = machine.ready_since
            seat.status[medium] = None if machine.may_be_offered(medium) else machine.exclusion()
        for pool in self._pools.values():
            if pool.admits(seat):
                self._join(pool, seat)

    def _declassify(self, seat: Seat) -> None:
        for medium, pools in seat.pools.items():
            for pool in pools:
                pool.size -= 1
                pool.leave(seat, seat.status[medium])
        seat.pools.clear()
        seat.status.clear()

    @staticmethod
    def _join(pool: Pool, seat: Seat) -> None:
        pool.size += 1
        seat.pools[pool.medium].append(pool)
        pool.enter(seat, seat.status[pool.medium])
