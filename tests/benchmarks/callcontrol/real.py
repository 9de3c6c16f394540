"""The same on a real Asterisk: two agents' pages and telephones, a caller's, and a number outside.

Operations are asked for on the socket that a page uses, and take the whole way: desktop, bus, CTI server, Manager
Interface, Asterisk, audio. What the far end hears is taken from its audio, in frames of 20 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Row, select

from callcenter.domain.agent_time import agent_stretches
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.storage.database import open_database, reading
from callcenter.storage.tables import agent_states, interaction_events
from tests.benchmarks.callcontrol.virtual import added_up
from tests.support.bench import say
from tests.support.phone import CallState, Phone, PhoneCall
from tests.support.platform import STRAIGHT, Platform, agents, laid_out, one_queue
from tests.support.rtp import RATE, SAMPLES, AudioStream, tone
from tests.support.servers import free_port
from tests.support.workplace import Workplace

TONES = {"agent01": 440, "agent02": 700, "number": 1100}  # Hertz that each says
STEPS = (10, 24)
FRAME_SHARE = 0.5  # of a frame's energy: then it is that tone
LISTENS = 10.0  # seconds, for an effect; what takes longer does not come
FREE_WITHIN = 10.0  # seconds after everybody hung up
OPERATIONS = {
    "hold": "call.hold",
    "retrieve": "call.retrieve",
    "consult": "call.consult",
    "alternate": "call.alternate",
    "reconnect": "call.reconnect",
    "transfer": "call.transfer",
    "conference": "call.conference",
    "transfer_to": "call.transfer_to",
    "clear": "call.clear",
}


Samples = np.ndarray[Any, np.dtype[np.float64]]
"""One frame of audio."""


@dataclass(slots=True)
class Delays:
    """Milliseconds from a command at the page's socket to its effect at the far end."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def take(self, name: str, began: float, seen: float | None) -> None:
        """Note one; none: nothing was heard of it."""
        if seen is None:
            say(f"no effect: {name}")
            self.missing[name] = self.missing.get(name, 0) + 1
        else:
            self.taken.setdefault(name, []).append(1000 * (seen - began))


@dataclass(slots=True)
class Sequences:
    """What came of random sequences."""

    sequences: int = 0
    operations: int = 0
    refused: int = 0
    stuck: list[str] = field(default_factory=list)
    interactions: int = 0
    off: list[float] = field(default_factory=list)
    agents_off: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Stage:
    """Everybody who takes part."""

    platform: Platform
    pages: dict[str, Workplace]
    phones: dict[str, Phone]
    caller: Phone
    number: Phone
    calls: dict[str, PhoneCall] = field(default_factory=dict)

    def page_call(self, agent: str) -> dict[str, Any] | None:
        """Return the call that an agent's page shows."""
        contact = self.pages[agent].view.get("contact")
        return contact["call"] if contact else None

    async def ask(self, agent: str, operation: str, **fields: object) -> bool:
        """Ask for an operation as the page does; tell whether it was granted."""
        contact = self.pages[agent].view.get("contact")
        if not contact:
            return False
        reply = await self.pages[agent].command(OPERATIONS[operation], interaction=contact["interaction"], **fields)
        return bool(reply["ok"])

    async def shows(self, agent: str, holds: Callable[[dict[str, Any]], bool], within: float = 5.0) -> None:
        """Wait until something holds of the call on an agent's page."""
        await self.pages[agent].until(
            lambda view: bool(view.get("contact") and view["contact"]["call"] and holds(view["contact"]["call"])),
            within=within,
        )

    async def hang_up_all(self) -> None:
        """Everybody puts his telephone down."""
        for phone in (self.caller, self.number, *self.phones.values()):
            await phone.hang_up_all()
        self.calls.clear()

    async def all_free(self, within: float = FREE_WITHIN) -> list[str]:
        """Wait until no page shows a call; return who is not free then."""
        free = ("ready", "not_ready")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                for page in self.pages.values():
                    await page.until(lambda v: not v.get("contact") and v["me"]["state"] in free, within=within)
        return [
            f"{agent} is {page.view['me']['state']}, contact: {bool(page.view.get('contact'))}"
            for agent, page in self.pages.items()
            if page.view.get("contact") or page.view["me"]["state"] not in free
        ]

    async def ready(self) -> None:
        """Both agents take calls: one who missed some has to say so again."""
        for phone in self.phones.values():
            for _ in range(3):  # for another minute; a nonce may just have grown old
                with contextlib.suppress(TimeoutError):
                    if (status := await phone.register()) == 200:
                        break
                    say(f"a telephone was not registered: {status}")
        for page in self.pages.values():
            with contextlib.suppress(TimeoutError):
                if page.view["me"]["state"] != "ready":
                    await page.command("agent.set_state", state="ready")


@contextlib.contextmanager
def house(home: Path) -> Iterator[tuple[Platform, int]]:
    """A whole platform with two agents who have plain telephones, and a port where calls to numbers go."""
    outside = free_port()
    reasons = "not_ready_reasons:\n  - { name: break, label: { en: Break } }\n"
    catalogue = one_queue()
    catalogue["callcenter.yaml"] = catalogue["callcenter.yaml"].replace("not_ready_reasons: []\n", reasons)
    with laid_out(home, employees=agents(2), catalogue=catalogue, outside=outside, ring_seconds=5) as platform:
        platform.asterisk.start()
        platform.start()
        yield platform, outside


@contextlib.asynccontextmanager
async def stage(platform: Platform, outside: int) -> AsyncIterator[Stage]:
    """Everybody is there, registered and ready."""
    async with contextlib.AsyncExitStack() as stack:
        phones, pages = {}, {}
        for one in platform.employees:
            phones[one.person] = await stack.enter_async_context(platform.phone(one))
            pages[one.person] = await stack.enter_async_context(platform.page(one))
        caller = await stack.enter_async_context(Phone.open(server=platform.sip, user="0821234567"))
        number = await stack.enter_async_context(Phone.open(server=platform.sip, user="outside", port=outside))
        for page in pages.values():
            await page.get_ready()
        yield Stage(platform, pages, phones, caller, number)


# -- delays ----------------------------------------------------------------------------------------------------------


async def heard(audio: AudioStream, since: float, holds: Callable[[Samples], bool]) -> float | None:
    """Return when the first frame of which something holds came in after `since`."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LISTENS
    while loop.time() < until:
        for frame in list(audio.heard):
            if frame.at > since and holds(SAMPLES[np.frombuffer(frame.payload, dtype=np.uint8)]):
                return frame.at
        await asyncio.sleep(0.01)
    return None


def share(samples: Samples, hertz: int) -> float:
    """Return which share of the energy is this tone's."""
    energy = float(np.sum(samples**2))
    if energy < len(samples) * 100.0:
        return 0.0
    angles = 2 * np.pi * hertz / RATE * np.arange(len(samples))
    return 2 * abs(complex(np.sum(samples * np.exp(-1j * angles)))) ** 2 / (energy * len(samples))


async def rings(phone: Phone, within: float) -> PhoneCall:
    """Return the next call that rings at a telephone; those that rang before and gave up are passed over."""
    async with asyncio.timeout(within):
        while True:
            call = await phone.incoming(within=within)
            if call.state is CallState.RINGING:
                return call


async def measure(on: Stage, rounds: int) -> Delays:
    """Take every delay so many times."""
    delays = Delays()
    for turn in range(rounds):
        try:
            await _round(on, delays, conference=turn % 2 == 1)
        except (TimeoutError, AssertionError, KeyError, StopIteration) as error:
            delays.missing["round"] = delays.missing.get("round", 0) + 1
            say(f"round {turn} broke off: {error!r}"[:200])
        await on.hang_up_all()
        await on.all_free()
        await on.ready()
        if turn % 10 == 9:
            say(f"{turn + 1} rounds of delays")
    return delays


async def _round(on: Stage, delays: Delays, *, conference: bool) -> None:
    loop = asyncio.get_running_loop()
    for name in ("agent02", "agent01"):
        wanted = {"state": "ready"} if name == "agent01" else {"state": "not_ready", "reason": "break"}
        await on.pages[name].command("agent.set_state", **wanted)
    call = await on.caller.dial(STRAIGHT)
    first = await rings(on.phones["agent01"], within=10)
    first.answer()
    first.audio.play(tone(TONES["agent01"]))
    await call.audio.hears(TONES["agent01"], within=5)
    await on.shows("agent01", lambda one: "hold" in one["may"])
    for _ in range(3):
        began = loop.time()
        assert await on.ask("agent01", "hold")
        gone = await heard(call.audio, began, lambda s: share(s, TONES["agent01"]) < FRAME_SHARE)
        delays.take("hold, at the caller", began, gone)
        await on.shows("agent01", lambda one: "retrieve" in one["may"])
        began = loop.time()
        assert await on.ask("agent01", "retrieve")
        back = await heard(call.audio, began, lambda s: share(s, TONES["agent01"]) > FRAME_SHARE)
        delays.take("retrieve, at the caller", began, back)
        await on.shows("agent01", lambda one: "hold" in one["may"])
    began = loop.time()
    assert await on.ask("agent01", "consult", target={"kind": "agent", "agent": "agent02"})
    second = await rings(on.phones["agent02"], within=5)
    rung = on.phones["agent02"].times("INVITE", sent=False)[-1]
    delays.take("consultation, at the colleague's telephone", began, rung)
    second.answer()
    second.audio.play(tone(TONES["agent02"]))
    await on.shows("agent01", lambda one: "transfer" in one["may"])
    await first.audio.hears(TONES["agent02"], within=5)
    began = loop.time()
    operation = "conference" if conference else "transfer"
    assert await on.ask("agent01", operation)
    least = 0.2 if conference else FRAME_SHARE  # both speak in a conference
    joined = await heard(call.audio, began, lambda s: share(s, TONES["agent02"]) > least)
    delays.take(f"{operation}, at the caller", began, joined)


# -- sequences -------------------------------------------------------------------------------------------------------


async def run(on: Stage, count: int, seed: int) -> Sequences:
    """Run so many random sequences, one after the other."""
    outcome = Sequences()
    for number in range(count):
        chance = random.Random(seed * 1_000 + number)
        await on.ready()
        with contextlib.suppress(TimeoutError):
            await _sequence(on, chance, outcome)
        await on.hang_up_all()
        left = await on.all_free()
        outcome.stuck += [f"sequence {number}: {one}" for one in left]
        outcome.sequences += 1
        if number % 10 == 9:
            say(f"{number + 1} sequences, {outcome.operations} operations, {len(outcome.stuck)} stuck")
    return outcome


async def _sequence(on: Stage, chance: random.Random, outcome: Sequences) -> None:
    call = await on.caller.dial(STRAIGHT)
    for _ in range(chance.randint(*STEPS)):
        await _answer(on, chance)
        if chance.random() < 0.75:
            possible = [
                (agent, one)
                for agent in on.pages
                for one in (on.page_call(agent) or {}).get("may", ())
                if one in OPERATIONS and (one != "clear" or chance.random() < 0.3)
            ]
            if possible:
                agent, operation = chance.choice(possible)
                other = next(one for one in on.pages if one != agent)
                targets = [{"kind": "agent", "agent": other}] * 3 + [{"kind": "number", "number": "202 555 0123"}]
                needs = operation in ("consult", "transfer_to")
                granted = await on.ask(agent, operation, **({"target": chance.choice(targets)} if needs else {}))
                outcome.operations += granted
                outcome.refused += not granted
        elif chance.random() < 0.15 and call.state is CallState.UP:
            call.bye()
        elif chance.random() < 0.15:
            await chance.choice(list(on.phones.values())).hang_up_all()
        await asyncio.sleep(chance.choice((0.02, 0.1, 0.3, 0.6)))


async def _answer(on: Stage, chance: random.Random) -> None:
    """Whose telephone rings takes the call, mostly."""
    for phone in (*on.phones.values(), on.number):
        with contextlib.suppress(TimeoutError):
            ringing = await phone.incoming(within=0.05)
            if ringing.state is CallState.RINGING:
                ringing.answer() if chance.random() < 0.93 else ringing.reject()


async def look_back(on: Stage, outcome: Sequences) -> None:
    """Read what was written, and see whether it adds up."""
    for page in on.pages.values():
        await page.command("agent.set_state", state="not_ready", reason="break")
        signed_off = await page.command("agent.sign_off")
        if not signed_off["ok"]:
            outcome.stuck.append(f"an agent cannot sign off: {signed_off['code']}")
    await asyncio.sleep(3.0)  # the drain is a quarter of a second behind
    async with open_database(on.platform.settings.database_url) as engine, reading(engine, "looking back") as database:
        rows = (await database.execute(select(interaction_events))).all()
        states = (await database.execute(select(agent_states).order_by(agent_states.c.at, agent_states.c.n))).all()
    found: dict[str, list[InteractionEvent]] = {}
    for row in rows:
        event = InteractionEvent(
            interaction=InteractionId(row.interaction), seq=row.seq, at=row.at, kind=EventKind(row.kind), data=row.data
        )
        found.setdefault(row.interaction, []).append(event)
    for interaction, events in found.items():
        outcome.interactions += 1
        if any(event.kind is EventKind.CLOSED for event in events):
            outcome.off.append(added_up(events))
        else:
            outcome.stuck.append(f"interaction {interaction} is not closed")
    for agent in on.pages:
        shifts: dict[str, list[InteractionEvent]] = {}
        for row in states:
            if row.agent == agent:
                shifts.setdefault(row.shift, []).append(_state(row))
        ended = [told for told in shifts.values() if told[-1].data["state"] == "null"]  # a page signs on again at once
        for told in ended:
            signed_on = (told[-1].at - told[0].at).total_seconds()
            outcome.agents_off.append(abs(sum(one.seconds for one in agent_stretches(told)) - signed_on))
        if not ended:
            outcome.stuck.append(f"{agent} was not signed off")


def _state(row: Row[Any]) -> InteractionEvent:
    return InteractionEvent(
        interaction=InteractionId(row.shift),
        seq=row.n,
        at=row.at,
        kind=EventKind.AGENT_STATE,
        data={"agent": row.agent, "state": row.state},
    )
