"""Agents by what they suffice for: one pool for each distinct requirement, with its ready agents kept in order.

An interaction that arrives takes the first of its pool; nobody's skills are compared at that moment. A pool is
filled once, when its requirement is first seen, and then follows the agents.

Who is in a pool, and who is busy, ready or away, are sets of agents, kept as the bits of whole numbers: an agent whose
state changes moves from one set to another, however many pools the agent is in, and how many of a pool are busy is
the size of an intersection.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from acd.agent import AVAILABLE, OUT_BUSY, OUT_OFFERED, OUT_WRAPPING_UP, AgentMachine
from acd.commands import ReportAgentState
from acd.matching import needed_skills, satisfies
from acd.model import Agent, AgentId, AgentSelection, Medium, Queue, Requirement, SkillName, TunableIndex
from acd.offer import Offer
from acd.selection import KEYS
from acd.waiting import Heads, Line

Policy: TypeAlias = tuple[AgentSelection, TunableIndex]
"""How ready agents are sorted: a strategy and its weights."""

ReadyEntry: TypeAlias = tuple[float, float, int, int, "Post"]
"""(selection key, ready since, log-on order, number of the listing, who); no two compare as far as the post."""

Standing: TypeAlias = list[int]
"""All agents who handle a medium: at each availability (:data:`acd.agent.AVAILABLE` …) the set of them, as bits."""

AT_WORK = (OUT_BUSY, OUT_WRAPPING_UP, OUT_OFFERED)

_SLACK = 64


@dataclass(slots=True, eq=False)
class Post:
    """One agent in one medium.

    ``standing`` is the medium's, ``status`` the agent's availability in it. ``listing`` numbers the times the agent was
    entered among the ready, 0 while not; entries under another number are out of date.
    ``lines`` are the numbers of all that the agent may serve, empty ones too, as of the index's ``line_changes``.
    """

    seat: Seat
    medium: Medium
    capacity: int
    standing: Standing
    status: int
    pools: list[Pool] = field(default_factory=list)
    listing: int = 0
    lines: list[int] = field(default_factory=list)
    lines_as_of: int = -1


@dataclass(slots=True, eq=False)
class Seat:
    """One agent's place in the index: a post for each medium, and a ``bit`` of its own in every set of agents.

    ``personal`` are the lines of those who wait for this agent alone, by medium and by how fast waiting counts.
    ``listed_since`` is since when the agent was ready when last listed, ``reported`` what was last said of the agent,
    ``offer`` the one under way.
    """

    machine: AgentMachine
    agent: AgentId
    bit: int
    posts: list[Post] = field(default_factory=list)
    personal: dict[tuple[Medium, float], Line] = field(default_factory=dict)
    listed_since: float = 0.0
    listings: int = 0
    reported: ReportAgentState | None = None
    offer: Offer | None = None

    def may_be_offered(self, medium: Medium) -> bool:
        """Whether the agent can be offered something of this medium now."""
        return any(
            post.medium is medium and self.machine.availability(medium, post.capacity) == AVAILABLE
            for post in self.posts
        )


@dataclass(slots=True, eq=False)
class Ranking:
    """The ready agents of a pool in the order of one policy. Who has left is taken out when met."""

    pool: Pool
    policy: Policy
    _entries: list[ReadyEntry] = field(default_factory=list)
    _most: int = _SLACK

    def add(self, post: Post) -> None:
        """The agent has just been listed as ready."""
        insort(self._entries, self._entry(post))
        if len(self._entries) > self._most:
            self._entries = [entry for entry in self._entries if entry[4].listing == entry[3]]
            self._most = 2 * len(self._entries) + _SLACK

    def best(self, most: int) -> list[ReadyEntry]:
        """The first agent, and those who follow for comparison, ``most`` in all; empty if nobody is ready."""
        found: list[ReadyEntry] = []
        met = 0
        for entry in self._entries:
            met += 1
            if entry[4].listing == entry[3]:
                found.append(entry)
                if len(found) == most:
                    break
        if met != len(found):
            self._entries[:met] = found
        return found

    def _entry(self, post: Post) -> ReadyEntry:
        machine = post.seat.machine
        selection, index = self.policy
        key = KEYS[selection](machine, self.pool.needed, index)
        return (key, machine.ready_since, machine.order, post.listing, post)


class QueueLine(Line):
    """A line of one queue, which any agent of ``pool`` may serve."""

    def __init__(self, heads: Heads, pool: Pool, queue: Queue) -> None:
        super().__init__(heads, queue.pace)
        self.pool = pool
        self.queue = queue
        self.groups = dict(queue.index.groups)
        self._rankings: dict[AgentSelection, Ranking] = {}

    def ranking(self, selection: AgentSelection, posts: Iterable[Post]) -> Ranking:
        """The ready agents by this selection with the queue's weights; ``posts`` fill it when first asked for."""
        found = self._rankings.get(selection)
        if found is None:
            found = self._rankings[selection] = self.pool.ranking((selection, self.queue.index), posts)
        return found


@dataclass(slots=True, eq=False)
class Pool:
    """The agents who satisfy one requirement and handle one medium; the lines whose interactions need that.

    ``members`` is the set of them, ``size`` how many they are; ``standing`` is the medium's.
    """

    medium: Medium
    requirement: Requirement
    standing: Standing
    members: int = 0
    size: int = 0
    lines: list[QueueLine] = field(default_factory=list)
    needed: tuple[SkillName, ...] = ()
    _rankings: dict[Policy, Ranking] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.needed = needed_skills(self.requirement)

    # --- how many

    @property
    def ready_count(self) -> int:
        """Those who can be offered something now."""
        return (self.members & self.standing[AVAILABLE]).bit_count()

    def count(self, *availabilities: int) -> int:
        """Those of one of these availabilities."""
        agents = 0
        for each in availabilities:
            agents |= self.standing[each]
        return (self.members & agents).bit_count()

    def counts(self) -> tuple[int, ...]:
        """Those of each availability."""
        return tuple(map(int.bit_count, map(self.members.__and__, self.standing)))

    # --- who

    def shares_agents(self, other: Pool) -> bool:
        """Whether some agent belongs to both, or they are the same."""
        return other is self or (other.medium is self.medium and bool(self.members & other.members))

    def admits(self, profile: Agent) -> bool:
        """Whether an agent of this profile belongs here, ready or not."""
        return profile.capacities.get(self.medium, 0) > 0 and satisfies(profile.skills, self.requirement)

    def ranking(self, policy: Policy, posts: Iterable[Post]) -> Ranking:
        """The ready agents by this policy, kept from now on; ``posts`` are all of the medium."""
        found = self._rankings.get(policy)
        if found is None:
            found = self._rankings[policy] = Ranking(self, policy)
            for post in posts:
                if post.listing and post.seat.bit & self.members:
                    found.add(post)
        return found

    def join(self, post: Post) -> None:
        """The agent belongs here from now on."""
        self.members |= post.seat.bit
        self.size += 1
        post.pools.append(self)
        if post.listing:
            self.enlist(post)

    def leave(self, post: Post) -> None:
        """The agent belongs here no more."""
        self.members ^= post.seat.bit
        self.size -= 1

    def enlist(self, post: Post) -> None:
        """The agent, who belongs here, can be offered something from now on."""
        for ranking in self._rankings.values():
            ranking.add(post)


class AgentIndex:
    """Everybody who is logged on, and the pools they are in."""

    def __init__(self) -> None:
        self.seats: dict[AgentId, Seat] = {}
        self.heads = Heads()
        self.line_changes = 0
        self._standing: Mapping[Medium, Standing] = {medium: [0, 0, 0, 0, 0] for medium in Medium}
        self._pools: dict[tuple[Medium, Requirement], Pool] = {}
        self._free_bits: list[int] = []

    # --- agents

    def add(self, machine: AgentMachine) -> Seat:
        """Somebody logged on."""
        agent = machine.profile.agent
        bit = self._free_bits.pop() if self._free_bits else 1 << len(self.seats)
        seat = self.seats[agent] = Seat(machine, agent, bit)
        self._man(seat)
        return seat

    def remove(self, seat: Seat) -> None:
        """Somebody is gone; nobody waits for this agent alone any more."""
        self._vacate(seat)
        for line in seat.personal.values():
            self.heads.drop(line)
        del self.seats[seat.agent]
        self._free_bits.append(seat.bit)

    def reclassify(self, seat: Seat, profile: Agent) -> None:
        """The agent's skills or capacities are these from now on."""
        self._vacate(seat)
        seat.machine.profile = profile
        self._man(seat)

    def refresh(self, seat: Seat) -> None:
        """The agent's state may have changed: move the agent to the set of those who are alike."""
        machine = seat.machine
        ready_anew = seat.listed_since != machine.ready_since
        for post in seat.posts:
            old = post.status
            new = machine.availability(post.medium, post.capacity)
            if old != new:
                post.standing[old] ^= seat.bit
                post.standing[new] ^= seat.bit
                post.status = new
            elif new != AVAILABLE or not ready_anew:
                continue
            self._list(post)
        seat.listed_since = machine.ready_since

    def reserve(self, seat: Seat) -> None:
        """The agent has got an offer."""
        seat.machine.offered = True
        bit = seat.bit
        for post in seat.posts:
            standing = post.standing
            standing[post.status] ^= bit
            standing[OUT_OFFERED] ^= bit
            post.status = OUT_OFFERED
            post.listing = 0

    def rivals(self, pool: Pool) -> Iterator[tuple[QueueLine, float]]:
        """The lines in which somebody waits for agents of this pool, and the share of these among a line's agents."""
        members, medium = pool.members, pool.medium
        for other in self._pools.values():
            if other.medium is medium:
                shared = (members & other.members).bit_count()
                if shared or other is pool:
                    for line in other.lines:
                        if line.size:
                            yield line, shared / other.size if other is not pool else 1.0

    def posts(self, medium: Medium) -> Iterator[Post]:
        """Everybody who handles the medium."""
        return (post for seat in self.seats.values() for post in seat.posts if post.medium is medium)

    # --- lines

    def pool(self, medium: Medium, requirement: Requirement) -> Pool:
        """The pool of this requirement, made and filled if it is new."""
        pool = self._pools.get((medium, requirement))
        if pool is None:
            pool = self._pools[medium, requirement] = Pool(medium, requirement, self._standing[medium])
            for post in self.posts(medium):
                if pool.admits(post.seat.machine.profile):
                    pool.join(post)
        return pool

    def add_line(self, medium: Medium, requirement: Requirement, queue: Queue) -> QueueLine:
        """A new line of a queue, for the agents who satisfy the requirement."""
        pool = self.pool(medium, requirement)
        line = QueueLine(self.heads, pool, queue)
        pool.lines.append(line)
        self.line_changes += 1
        return line

    def drop_line(self, line: QueueLine) -> None:
        """Forget a line, and its pool with the last one."""
        pool = line.pool
        pool.lines.remove(line)
        self.heads.drop(line)
        self.line_changes += 1
        if not pool.lines:
            del self._pools[pool.medium, pool.requirement]
            for post in self.posts(pool.medium):
                if post.seat.bit & pool.members:
                    post.pools.remove(pool)

    def personal_line(self, seat: Seat, medium: Medium, pace: float) -> Line:
        """The line of those who wait for this agent alone, and whose waiting counts at this pace."""
        line = seat.personal.get((medium, pace))
        if line is None:
            line = seat.personal[medium, pace] = Line(self.heads, pace)
            for post in seat.posts:
                post.lines_as_of = -1
        return line

    def lines(self, seat: Seat) -> list[int]:
        """The numbers of all lines from which the agent may be offered something now, empty ones too."""
        found: list[int] = []
        for post in seat.posts:
            if seat.machine.availability(post.medium, post.capacity) == AVAILABLE:
                if post.lines_as_of != self.line_changes:
                    self._look_for_lines(post)
                found += post.lines
        return found

    def __len__(self) -> int:
        """How many pools there are."""
        return len(self._pools)

    # --- posts

    def _man(self, seat: Seat) -> None:
        machine = seat.machine
        seat.listed_since = machine.ready_since
        for medium, capacity in machine.profile.capacities.items():
            status = machine.availability(medium, capacity)
            post = Post(seat, medium, capacity, self._standing[medium], status)
            post.standing[status] ^= seat.bit
            seat.posts.append(post)
            self._list(post)
            for pool in self._pools.values():
                if pool.medium is medium and pool.admits(machine.profile):
                    pool.join(post)

    @staticmethod
    def _vacate(seat: Seat) -> None:
        for post in seat.posts:
            post.standing[post.status] ^= seat.bit
            post.listing = 0
            for pool in post.pools:
                pool.leave(post)
        seat.posts.clear()

    @staticmethod
    def _list(post: Post) -> None:
        """Enter the agent among the ready, or take the agent out, as ``status`` says."""
        if post.status != AVAILABLE:
            post.listing = 0
            return
        post.seat.listings += 1
        post.listing = post.seat.listings
        for pool in post.pools:
            pool.enlist(post)

    def _look_for_lines(self, post: Post) -> None:
        post.lines = [line.number for pool in post.pools for line in pool.lines]
        post.lines += [line.number for (medium, _), line in post.seat.personal.items() if medium is post.medium]
        post.lines_as_of = self.line_changes
