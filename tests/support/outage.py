"""A floor of live calls, a CTI server that is killed, and what every telephone and page saw of it.

Callers are telephones that listen: each one's longest silence is told. Agents answer at once and speak a tone; they
hang up when the scenario says so. Nothing here decides what is good enough: that is the benchmark's, and the test's.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.bench import started_at
from tests.support.handover import caller_of
from tests.support.phone import CallState, Phone, PhoneCall
from tests.support.platform import STRAIGHT, SUPERVISOR, SUPPORT, Employee, Platform
from tests.support.rtp import tone
from tests.support.workplace import Workplace

AUDIBLE = 30.0  # root mean square of 16-bit samples; music's soft passages are above, comfort noise below
LISTEN_EVERY = 0.25  # seconds
SPARSE = 0.5  # seconds between the frames that callers send: they listen
FALL_BACK_AFTER = 4.0  # seconds after the kill in which no heartbeat can be missed yet
SETTLE = 20.0  # seconds until the calls of a round must stand where they should
_TONE = tone(440)
_NUMBERS = itertools.count(1000)  # of callers: each calls once


@dataclass(slots=True)
class Caller:
    """One caller: his call, what he heard, and whether his end was meant."""

    number: str
    phone: Phone
    call: PhoneCall
    last_sound: float
    silence: float = 0.0  # seconds, the longest so far
    silent_from: float = 0.0  # when that began
    leaves: bool = False  # he hung up himself, or his agent did: not dropped

    @property
    def up(self) -> bool:
        """Whether he is still there."""
        return self.call.state is CallState.UP

    @property
    def dropped(self) -> bool:
        """Whether the switch ended his call though nobody wanted that."""
        return self.call.state is CallState.ENDED and not self.leaves


@dataclass(slots=True)
class Agent:
    """One agent: telephone, page, and the talk of the moment."""

    employee: Employee
    phone: Phone
    page: Workplace
    talk: PhoneCall | None = None
    rung: list[tuple[float, str]] = field(default_factory=list)  # when, and for whom

    @property
    def talking(self) -> bool:
        """Whether somebody is on the line."""
        return self.talk is not None and self.talk.state is CallState.UP


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """What became of one kill. All times are seconds."""

    fell_back: bool  # so late that the dialplan had given callers to Asterisk's own queue
    back: float  # from the kill until the new process began to serve
    started: float  # from the kill until the new process was there
    routed: tuple[float, ...]  # from the new process's start until an agent freed in between was rung
    page_freed: float | None  # from the new process's serving until the page whose caller had left showed it
    inverted: tuple[float, ...]  # of each pair of callers out of order: seconds between their queueing
    compared: int  # pairs of waiting callers whose order was compared
    places: dict[str, int]  # how many callers were where when it happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """What became of everybody while the CTI server stayed dead, and when it came back."""

    in_queue: float  # seconds from the kill until every caller that waited was in Asterisk's own queue
    inverted: tuple[float, ...]  # of each pair that stood there in another order: seconds between their queueing
    freed: int  # agents who hung up meanwhile
    rung: int  # of those, how many Asterisk's queue rang
    dropped: int
    silence: float  # seconds, the longest
    live: int  # callers who had waited or talked, when the server was back
    adopted: int  # of those, how many the pages showed again, waiting or talking
    cut: int  # talks that did not outlive its return
    overtaken: int  # callers left in Asterisk's queue who were passed by later ones once it was back


class Floor:
    """Everybody in one benchmark or test."""

    def __init__(self, platform: Platform, chance: random.Random, stack: contextlib.AsyncExitStack) -> None:
        self.platform = platform
        self.chance = chance
        self.callers: dict[str, Caller] = {}
        self.agents: list[Agent] = []
        self.gone: list[Caller] = []
        self._stack = stack
        self._numbers = _NUMBERS
        self._loop = asyncio.get_running_loop()
        self._board: Workplace | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, platform: Platform, employees: Iterable[Employee], seed: int) -> AsyncIterator[Floor]:
        """Have all agents at work, a supervisor watching, and nobody on the line."""
        async with contextlib.AsyncExitStack() as stack:
            floor = cls(platform, random.Random(seed), stack)
            floor._board = await stack.enter_async_context(platform.page(SUPERVISOR))
            for employee in employees:
                phone = await stack.enter_async_context(platform.phone(employee))
                page = await stack.enter_async_context(platform.page(employee))
                floor.agents.append(floor._seat(employee, phone, page))
                await page.get_ready()
            listening = asyncio.create_task(floor._listen())
            registering = asyncio.create_task(floor._stay_registered())
            try:
                yield floor
            finally:
                await floor.send_home()
                listening.cancel()
                registering.cancel()
                await asyncio.gather(listening, registering, return_exceptions=True)

    # -- what people do ------------------------------------------------------------------------------------------

    async def dial(self, number: str) -> Caller:
        """Let a new caller dial; he is counted when he was answered."""
        own = str(next(self._numbers))
        phone = await self._stack.enter_async_context(
            Phone.open(server=self.platform.sip, user=own, frame_interval=SPARSE)
        )
        call = await phone.dial(number)
        await call.answered(within=10)
        caller = Caller(own, phone, call, last_sound=self._loop.time())
        self.callers[own] = caller
        return caller

    def leave(self, caller: Caller) -> None:
        """The caller hangs up."""
        caller.leaves = True
        caller.call.bye()

    def hang_up(self, agent: Agent) -> None:
        """The agent hangs up; so his caller's end is meant."""
        assert agent.talk is not None
        caller = self.callers.get(caller_of(agent.talk))
        if caller is not None:
            caller.leaves = True
        agent.talk.bye()

    async def send_home(self) -> None:
        """All callers hang up."""
        for caller in self.callers.values():
            if caller.up:
                self.leave(caller)
        await asyncio.sleep(1)

    async def fill(self, *, ivr: int, waiting: int, apart: tuple[float, float] = (0.05, 0.3)) -> None:
        """Bring it about that every agent talks, so many wait and so many are in the IVR.

        Who waits comes `apart` (seconds, least and most), the IVR's callers at random moments; if too many wait, the
        last hang up.
        """
        await self._until_all_talk()
        line = [number for number in self.waiting() if self.callers[number].up]
        for number in line[waiting:]:
            self.leave(self.callers[number])
        for _ in range(waiting - len(line)):
            await self.dial(STRAIGHT)
            await asyncio.sleep(self.chance.uniform(*apart))
        await self._board_shows(waiting)
        for _ in range(ivr - self.places()["ivr"]):
            await self.dial(SUPPORT)
            await asyncio.sleep(self.chance.uniform(0.1, 0.8))

    # -- what is seen --------------------------------------------------------------------------------------------

    def waiting(self) -> list[str]:
        """Return the callers that the supervisor's page shows waiting, in its order, by number."""
        assert self._board is not None
        queues = self._board.view.get("queues") or ()
        return [one["calling_number"] for queue in queues for one in queue["first_waiting"]]

    def queued_at(self) -> dict[str, float]:
        """Return when each of them was queued, in seconds."""
        assert self._board is not None
        queues = self._board.view.get("queues") or ()
        return {one["calling_number"]: one["since"] / 1000 for queue in queues for one in queue["first_waiting"]}

    def dropped(self) -> list[Caller]:
        """Return everybody whose call ended against everybody's will."""
        return [caller for caller in (*self.callers.values(), *self.gone) if caller.dropped]

    def longest_silence(self) -> float:
        """Return the longest silence that anybody heard."""
        return max((caller.silence for caller in (*self.callers.values(), *self.gone)), default=0.0)

    def forget_silences(self) -> None:
        """Count silences from now on, the present ones included."""
        self.gone.clear()
        for caller in self.callers.values():
            caller.silence = 0.0

    def places(self) -> dict[str, int]:
        """Count who is where."""
        talking = {caller_of(agent.talk) for agent in self.agents if agent.talking and agent.talk}
        line = set(self.waiting())
        up = {number for number, caller in self.callers.items() if caller.up}
        return {
            "talking": len(talking & up),
            "waiting": len(line & up - talking),
            "ivr": len(up - talking - line),
        }

    def forget_ended(self) -> None:
        """Take those off the floor whose calls are over."""
        for number, caller in list(self.callers.items()):
            if caller.call.state is CallState.ENDED:
                self.gone.append(self.callers.pop(number))

    # -- a round -------------------------------------------------------------------------------------------------

    async def kill_and_watch(self, *, watch: float, freed: int = 2) -> Restart:
        """Kill the CTI server; meanwhile agents and a caller hang up and others dial; watch for a while, then tell.

        Of those who talk, `freed` agents hang up while the server is away, and one caller does.
        """
        before, queued_at, places = self.waiting(), self.queued_at(), self.places()
        talking = [agent for agent in self.agents if agent.talking]
        self.chance.shuffle(talking)
        leaver, busy = talking[0], talking[1 : 1 + freed]
        self.platform.kill_cti()
        killed = self._loop.time()
        async with asyncio.TaskGroup() as tasks:
            left = tasks.create_task(self._caller_leaves(leaver, self.chance.uniform(0.05, 0.5)))
            for agent in busy:
                tasks.create_task(self._agent_hangs_up(agent, self.chance.uniform(0.05, 0.5)))
            tasks.create_task(self._dial_later(STRAIGHT, self.chance.uniform(0.1, 1.0)))
            tasks.create_task(self._dial_later(SUPPORT, self.chance.uniform(0.1, 1.0)))
            started, back = await self._new_server(killed)
            await asyncio.sleep(max(0.0, watch - (self._loop.time() - killed)))
        after = self.waiting()
        fell_back = back - killed > FALL_BACK_AFTER or bool(await self._in_queue())
        routed = [
            next((at for at, _ in agent.rung if at > killed), killed + 3600.0) - started for agent in (*busy, leaver)
        ]
        freed_at = left.result()
        page_freed = None if freed_at is None else max(0.0, freed_at - back)
        inverted, compared = _inversions(before, after)
        served = sorted((at, caller) for agent in self.agents for at, caller in agent.rung if at > killed)
        late, pairs = _served_out_of_order(before, served)
        return Restart(
            fell_back=fell_back,
            back=back - killed,
            started=started - killed,
            routed=tuple(routed),
            page_freed=page_freed,
            inverted=tuple(queued_at[second] - queued_at[first] for first, second in {*inverted, *late}),
            compared=compared + pairs,
            places=places,
        )

    async def kill_for_good(self, *, freed: int = 4) -> Death:
        """Kill the CTI server and keep it dead until everybody was looked after by Asterisk alone; then let it back."""
        before, queued_at = self.waiting(), self.queued_at()
        known_dropped = len(self.dropped())
        self.forget_silences()
        self.platform.kill_cti(for_good=True)
        killed = self._loop.time()
        in_queue = None
        while in_queue is None and self._loop.time() < killed + 30:
            await asyncio.sleep(0.2)
            there = await self._in_queue()
            up = [number for number in before if self.callers[number].up]
            in_queue = self._loop.time() - killed if set(up) <= set(there) else None
        inverted, _ = _inversions(before, await self._in_queue())
        await asyncio.sleep(10)  # the IVR's callers follow, step by step
        silence = self.longest_silence()
        hung_up = [agent for agent in self.agents if agent.talking][:freed]
        for agent in hung_up:
            self.hang_up(agent)
            await asyncio.sleep(1)
        await asyncio.sleep(4)
        rung = sum(1 for agent in hung_up if agent.rung and agent.rung[-1][0] > killed)
        talks = {caller_of(agent.talk) for agent in self.agents if agent.talking and agent.talk}
        self.platform.revive()
        await self._new_server(killed)
        await asyncio.sleep(5)
        live = {number for number in (*before, *talks) if self.callers[number].up}
        still = {caller_of(agent.talk) for agent in self.agents if agent.talking and agent.talk}
        shown = {contact["calling_number"] for agent in self.agents if (contact := agent.page.view.get("contact"))}
        shown |= set(self.waiting())
        left = [number for number in await self._in_queue() if number in self.callers and self.callers[number].up]
        for _ in range(3):
            await self.dial(STRAIGHT)
        await asyncio.sleep(2)
        returned = self._loop.time()
        for agent in [agent for agent in self.agents if agent.talking][:2]:
            self.hang_up(agent)
            await asyncio.sleep(3)
        reached = {number for agent in self.agents for at, number in agent.rung if at > returned}
        overtaken = [number for number in left if number not in reached] if reached - set(left) else []
        return Death(
            in_queue=float("inf") if in_queue is None else in_queue,
            inverted=tuple(queued_at[second] - queued_at[first] for first, second in inverted),
            freed=len(hung_up),
            rung=rung,
            dropped=len(self.dropped()) - known_dropped,
            silence=silence,
            live=len(live),
            adopted=len(live & shown),
            cut=len(talks - still),
            overtaken=len(overtaken),
        )

    # -- inside --------------------------------------------------------------------------------------------------

    async def _in_queue(self) -> list[str]:
        """Return who is in Asterisk's own queues, in their order, by number."""
        listing = await asyncio.to_thread(self.platform.asterisk.rx, "queue show")
        channels = re.findall(r"^\s+\d+\. (\S+) \(wait", listing, re.MULTILINE)
        names = await asyncio.to_thread(self.platform.asterisk.rx, "core show channels concise")
        # channel ! context ! extension ! priority ! state ! application ! data ! caller's number ! ...
        numbers = {fields[0]: fields[7] for line in names.splitlines() if len(fields := line.split("!")) > 7}
        return [numbers.get(channel, "") for channel in channels]

    def _seat(self, employee: Employee, phone: Phone, page: Workplace) -> Agent:
        agent = Agent(employee, phone, page)

        def ring(call: PhoneCall) -> None:
            agent.rung.append((self._loop.time(), caller_of(call)))
            call.answer()
            call.audio.play(_TONE)
            agent.talk = call

        phone.on_invite = ring
        return agent

    async def _until_all_talk(self) -> None:
        deadline = self._loop.time() + SETTLE
        while not all(agent.talking for agent in self.agents):
            if self._loop.time() > deadline:
                idle = [agent.employee.person for agent in self.agents if not agent.talking]
                raise TimeoutError(f"nobody was given to {', '.join(idle)}; waiting: {len(self.waiting())}")
            if len(self.waiting()) == 0:
                await self.dial(STRAIGHT)
            await asyncio.sleep(0.3)

    async def _board_shows(self, waiting: int) -> None:
        assert self._board is not None
        await self._board.until(lambda _: len(self.waiting()) >= waiting, within=SETTLE)

    async def _caller_leaves(self, agent: Agent, delay: float) -> float | None:
        """Hang up the agent's caller after a while; return when the agent's page no longer shows the talk."""
        await asyncio.sleep(delay)
        assert agent.talk is not None
        number = caller_of(agent.talk)
        caller = self.callers.get(number)
        if caller is None or not caller.up:
            return None
        self.leave(caller)
        return await agent.page.until(lambda view: not _talks_with(view, number), within=60)

    async def _agent_hangs_up(self, agent: Agent, delay: float) -> None:
        await asyncio.sleep(delay)
        if agent.talking:
            self.hang_up(agent)

    async def _dial_later(self, number: str, delay: float) -> None:
        await asyncio.sleep(delay)
        await self.dial(number)

    async def _new_server(self, killed: float) -> tuple[float, float]:
        """Return when the next CTI server's process was there, and when it began to serve (the loop's times)."""
        async with asyncio.timeout(60):
            while True:
                pid = self.platform.pid("cti")
                served = serving_since(self.platform)
                if pid is not None and served is not None and served > killed:
                    return started_at(pid), served
                await asyncio.sleep(0.02)

    async def _listen(self) -> None:
        """Note for each caller how long nothing was to be heard."""
        while True:
            await asyncio.sleep(LISTEN_EVERY)
            now = self._loop.time()
            for caller in list(self.callers.values()):
                if not caller.up:
                    continue
                if caller.call.audio.level(since=now - 1.5 * LISTEN_EVERY) > AUDIBLE:
                    caller.last_sound = now
                elif now - caller.last_sound > caller.silence:
                    caller.silence, caller.silent_from = now - caller.last_sound, caller.last_sound

    async def _stay_registered(self) -> None:
        while True:
            await asyncio.sleep(25)
            for agent in self.agents:
                await agent.phone.register()


def serving_since(platform: Platform) -> float | None:
    """Return when the newest CTI server began to serve (monotonic), by its log."""
    log = (platform.home / "logs" / "cti.log").read_text(encoding="utf-8", errors="replace")
    found = re.findall(r"^(\S+Z).*cti_server_started", log, re.MULTILINE)
    if not found:
        return None
    return datetime.fromisoformat(found[-1]).timestamp() - (time.time() - time.monotonic())


def _talks_with(view: dict[str, object], number: str) -> bool:
    contact = view.get("contact")
    return isinstance(contact, dict) and contact["phase"] == "talking" and contact["calling_number"] == number


_Pairs = list[tuple[str, str]]


def _inversions(before: Sequence[str], after: Sequence[str]) -> tuple[_Pairs, int]:
    """Return the pairs that stand in another order after than before, and count all pairs that stand in both."""
    place = {number: position for position, number in enumerate(after)}
    pairs = list(itertools.combinations([number for number in before if number in place], 2))
    return [(first, second) for first, second in pairs if place[first] > place[second]], len(pairs)


TOGETHER = 0.25
"""Seconds within which two telephones ring together: which of them rings first is chance."""


def _served_out_of_order(before: Sequence[str], served: Sequence[tuple[float, str]]) -> tuple[_Pairs, int]:
    """Return the pairs of whom the second was served first, the first late or not at all; and count all compared."""
    at = {number: moment for moment, number in reversed(served)}
    pairs = [pair for pair in itertools.combinations(before, 2) if pair[1] in at]
    never = float("inf")
    return [pair for pair in pairs if at.get(pair[0], never) > at[pair[1]] + TOGETHER], len(pairs)
