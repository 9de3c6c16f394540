"""Hand-over times taken at the telephones: of our platform, and of app_queue on the same Asterisk with the same load.

Agents' telephones answer at once and hang up after a random time (3 to 7 s); callers are SIPp's. All telephones and
pages are in this process, with one audio frame a second, so that they take little of the CPU that is measured; what
they took is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import resource
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.bench import cpu_seconds, resident_bytes
from tests.support.phone import Phone, PhoneCall
from tests.support.platform import PARTS, STRAIGHT, Employee, Platform
from tests.support.traffic import Traffic, callers
from tests.support.workplace import Workplace

PEER = "5550177"
"""The number whose callers app_queue serves."""
TALK = (3.0, 7.0)  # seconds; constant lengths would lock app_queue's one-second polls in phase
SLOW_AUDIO = 1.0  # seconds between frames: enough for Asterisk to believe that the telephone lives
OVERLOAD = 1.1  # callers' rate over what the agents can serve: the queue never empties
IDLE_LOAD = 0.4  # the same where an agent is to be idle
FILL = 20.0  # callers a second while the queue is filled
LATE = 3.0  # seconds after which a hand-over that has not happened counts as missing


def peer_configuration(employees: Sequence[Employee]) -> dict[str, str]:
    """Return what makes the same Asterisk serve `PEER` with app_queue, at its best settings."""
    members = "".join(f"member => PJSIP/{one.device}\n" for one in employees if one.device)
    return {
        "extensions.conf": f"""
[cc-in]
exten => {PEER},1,Answer(0,i)
 same => n,Queue(peer)
 same => n,Hangup()
""",
        # wrapuptime 0 and the shortest retry; rrmemory, since leastrecent counts in whole seconds.
        "queues.conf": f"""
[peer]
strategy = rrmemory
ringinuse = no
timeout = 15
retry = 1
wrapuptime = 0
joinempty = yes
musicclass = default
{members}
""",
    }


@dataclass(slots=True, kw_only=True)
class Sample:
    """One case on one side."""

    handovers: list[float] = field(default_factory=list)  # seconds from an agent's BYE to his next INVITE
    missing: int = 0  # hand-overs that had not happened after `LATE`
    idle: list[float] = field(default_factory=list)  # seconds from a caller's INVITE to the agent's
    calls: int = 0  # that reached an agent in the time measured
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)  # seconds used meanwhile, by process
    pops: int = 0
    pops_after_invite: int = 0  # as seen at telephone and page
    pop_lead: list[float] = field(default_factory=list)  # seconds the pop was there before the INVITE
    pops_late: int = 0  # whose write was not told of within 50 ms, by the CTI server's own count

    def cpu_per_call(self, *names: str) -> float:
        """Return the CPU seconds of these processes for each call."""
        return sum(self.cpu.get(name, 0.0) for name in names) / max(1, self.calls)


@dataclass(slots=True)
class Seat:
    """An agent at work: answers at once, talks for a while, hangs up."""

    phone: Phone
    chance: random.Random
    closed: bool = False

    def __post_init__(self) -> None:
        self.phone.on_invite = self._talk

    def _talk(self, call: PhoneCall) -> None:
        call.answer()
        asyncio.get_running_loop().call_later(self.chance.uniform(*TALK), self._hang_up, call)

    def _hang_up(self, call: PhoneCall) -> None:
        if call.state == "up" and not self.closed:
            call.bye()


class Floor:
    """All seats of one case, and what they saw."""

    def __init__(self, seats: Sequence[Seat], pages: Sequence[Workplace]) -> None:
        self.seats = seats
        self.pops: dict[str, float] = {}  # calling number → when its pop was read
        for page in pages:
            page.on_frame = self._frame

    def _frame(self, frame: dict[str, Any], at: float) -> None:
        contact = frame.get("contact")
        if contact and contact["phase"] == "offered":
            self.pops.setdefault(contact["calling_number"], at)

    def invites(self) -> dict[str, float]:
        """Return when each caller's call reached an agent's telephone, by the caller's number."""
        found: dict[str, float] = {}
        for seat in self.seats:
            for stamp in seat.phone.stamps:
                if not stamp.sent and stamp.method == "INVITE" and not stamp.line.startswith("SIP/2.0"):
                    call = seat.phone.calls.get(stamp.call_id)
                    if call is not None and call.invite is not None:
                        found.setdefault(caller_of(call), stamp.at)
        return found

    def handovers(self, arrived: Sequence[float], *, since: float, until: float) -> tuple[list[float], int]:
        """Return each time from a BYE to the next INVITE at that agent while somebody waited; and how many are missing.

        Somebody waits when more callers had arrived, 0.3 s before, than had reached an agent.
        """
        reached = sorted(self.invites().values())
        found, missing = [], 0
        for seat in self.seats:
            invites = sorted(seat.phone.times("INVITE", sent=False))
            for bye in seat.phone.times("BYE", sent=True):
                waiting = sum(1 for one in arrived if one < bye - 0.3) - sum(1 for one in reached if one <= bye)
                if not since <= bye <= until or waiting < 1:
                    continue
                after = next((invite for invite in invites if invite > bye), None)
                if after is None or after > bye + LATE:
                    missing += 1
                else:
                    found.append(after - bye)
        return found, missing

    def close(self) -> None:
        """No more hanging up: the case is over."""
        for seat in self.seats:
            seat.closed = True


def caller_of(call: PhoneCall) -> str:
    """Return the calling number of a call at an agent's telephone."""
    assert call.invite is not None
    found = re.search(r"sip:([^@>]+)@", call.invite.get("From"))
    return found[1] if found else ""


class Bench:
    """One platform, laid out once; each case gets a fresh Asterisk and, on our side, fresh processes of ours."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self._platform = platform
        self._seed = seed
        self._agents = [one for one in platform.employees if one.device]

    async def saturated(self, *, ours: bool, turn: int, handovers: int) -> Sample:
        """Keep callers waiting, and time the hand-overs."""
        capacity = len(self._agents) / (sum(TALK) / 2)
        seconds = handovers / capacity
        async with self._case(ours=ours, turn=turn) as (floor, meter):
            number = STRAIGHT if ours else PEER
            async with (
                self._callers(number, rate=FILL, calls=2 * len(self._agents), series="2") as first,
                self._callers(number, rate=OVERLOAD * capacity, calls=10_000, series="3") as steady,
            ):
                await asyncio.sleep(2 * len(self._agents) / FILL + TALK[1])  # the first calls ended; now it is steady
                began = meter.begin()
                await asyncio.sleep(seconds)
                sample = meter.end()
                await asyncio.sleep(LATE)
                floor.close()
                arrived = sorted([*first.dialled().values(), *steady.dialled().values()])
            sample.handovers, sample.missing = floor.handovers(arrived, since=began, until=began + sample.seconds)
            self._pops(floor, sample)
        self._count_late(sample, ours=ours)
        return sample

    async def idle(self, *, ours: bool, turn: int, calls: int) -> Sample:
        """Let callers meet an idle agent, and time how long the agent's telephone takes to hear of it."""
        rate = IDLE_LOAD * len(self._agents) / (sum(TALK) / 2)
        async with self._case(ours=ours, turn=turn) as (floor, meter):
            number = STRAIGHT if ours else PEER
            async with self._callers(number, rate=rate, calls=5, series="4"):
                await asyncio.sleep(5 / rate + TALK[1])  # not the very first calls: modules and caches are cold
            meter.begin()
            async with self._callers(number, rate=rate, calls=calls, series="5") as traffic:
                await asyncio.sleep(calls / rate + TALK[1] + 1)
                sample = meter.end()
                dialled = traffic.dialled()
            invites = floor.invites()
            sample.idle = [invites[caller] - at for caller, at in dialled.items() if caller in invites]
            sample.missing = len(dialled) - len(sample.idle)
            self._pops(floor, sample)
        self._count_late(sample, ours=ours)
        return sample

    async def waiting(self, *, ours: bool, callers_waiting: int) -> dict[str, float]:
        """Let callers wait with nobody there; return bytes a caller by process, and the share of a core that all take.

        Measured between a third of them and all: the first ones also pay for buffers that are kept.
        """
        async with self._case(ours=ours, turn=0, staffed=False):
            number = STRAIGHT if ours else PEER
            pids = self._pids(ours=ours)
            third = callers_waiting // 3
            async with (
                self._callers(number, rate=FILL, calls=third, series="6"),
                contextlib.AsyncExitStack() as stack,
            ):
                await asyncio.sleep(third / FILL + 3)
                before = {name: resident_bytes(pid) for name, pid in pids.items()}
                rest = callers_waiting - third
                await stack.enter_async_context(self._callers(number, rate=FILL, calls=rest, series="7"))
                await asyncio.sleep(rest / FILL + 3)
                grown = {name: (resident_bytes(pid) - before[name]) / rest for name, pid in pids.items()}
                used = sum(map(cpu_seconds, pids.values()))
                await asyncio.sleep(10)
                grown["core"] = (sum(map(cpu_seconds, pids.values())) - used) / 10
        return grown

    # -- one case ------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _case(self, *, ours: bool, turn: int, staffed: bool = True) -> AsyncIterator[tuple[Floor, Meter]]:
        platform = self._platform
        shutil.rmtree(platform.asterisk.directory / "db", ignore_errors=True)  # members that Asterisk remembers
        (platform.asterisk.directory / "db").mkdir()
        platform.asterisk.start()
        try:
            if ours:
                platform.start()
            async with contextlib.AsyncExitStack() as stack:
                seats, pages = [], []
                for position, employee in enumerate(self._agents if staffed else ()):
                    phone = await stack.enter_async_context(platform.phone(employee, frame_interval=SLOW_AUDIO))
                    seats.append(Seat(phone, random.Random(f"{self._seed} {turn} {position}")))
                    if ours:
                        page = await stack.enter_async_context(platform.page(employee))
                        await page.get_ready()
                        pages.append(page)
                floor = Floor(seats, pages)
                await asyncio.sleep(1)
                yield floor, Meter(self._pids(ours=ours), floor)
        finally:
            if ours:
                platform.stop()
            platform.asterisk.stop()

    def _callers(
        self, number: str, *, rate: float, calls: int, series: str
    ) -> contextlib.AbstractAsyncContextManager[Traffic]:
        home, server = self._platform.home, self._platform.sip
        return callers(home, number=number, server=server, rate=rate, calls=calls, series=series)

    def _pids(self, *, ours: bool) -> dict[str, int]:
        pids = {"asterisk": self._platform.asterisk.pid}
        for name in PARTS if ours else ():
            pid = self._platform.pid(name)
            assert pid is not None, name
            pids[name] = pid
        return pids

    def _pops(self, floor: Floor, sample: Sample) -> None:
        invites = floor.invites()
        sample.pops = len(floor.pops)
        leads = [invites[caller] - at for caller, at in floor.pops.items() if caller in invites]
        sample.pop_lead = leads
        sample.pops_after_invite = sum(1 for lead in leads if lead < 0)

    def _count_late(self, sample: Sample, *, ours: bool) -> None:
        """Read the CTI server's own count, which it logs when it ends."""
        if ours:
            log = (self._platform.home / "logs" / "cti.log").read_text(encoding="utf-8", errors="replace")
            sample.pops_late = int(re.findall(r"pops_late\W+(\d+)", log)[-1])


class Meter:
    """CPU times and calls between two moments."""

    def __init__(self, pids: dict[str, int], floor: Floor) -> None:
        self._pids = pids
        self._floor = floor
        self._before: dict[str, float] = {}
        self._calls = 0
        self._began = 0.0

    def begin(self) -> float:
        """Start; return when."""
        self._before = self._read()
        self._calls = len(self._floor.invites())
        self._began = asyncio.get_running_loop().time()
        return self._began

    def end(self) -> Sample:
        """Stop; return what was used."""
        used = {name: value - self._before[name] for name, value in self._read().items()}
        return Sample(
            calls=len(self._floor.invites()) - self._calls,
            seconds=asyncio.get_running_loop().time() - self._began,
            cpu=used,
        )

    def _read(self) -> dict[str, float]:
        own = resource.getrusage(resource.RUSAGE_SELF)
        return {name: cpu_seconds(pid) for name, pid in self._pids.items()} | {
            "telephones": own.ru_utime + own.ru_stime
        }


def home_of(directory: Path, name: str) -> Path:
    """Return an empty home."""
    home = directory / name
    home.mkdir()
    return home
