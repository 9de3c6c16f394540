"""The CTI server over fakes, under virtual time: inbox, writer, director, dispatch and sessions, as for real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from callcenter.api.messages import AgentStateName, Done, Reply, Request, SetState, SignOn
from callcenter.domain.ids import AgentId
from callcenter.domain.moment import Moment
from callcenter.ports import Clock
from callcenter.server.director import Director
from callcenter.server.dispatch import Dispatch
from callcenter.server.house_calendars import HouseCalendars
from callcenter.server.inbox import Inbox
from callcenter.server.ivr_gateway import IvrGateway
from callcenter.server.writer import Writer
from ivr.flow.flow import Flow
from ivr.flow.house import House
from ivr.flow.loader import load_flow
from ivr.ports import HostSystems
from tests.fakes.bus import FakeEventBus
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.customers import FakeCustomers
from tests.fakes.flows import FakeFlows
from tests.fakes.host_systems import FakeHostSystems
from tests.fakes.ids import CountingIds
from tests.fakes.journal import FakeJournal
from tests.fakes.media_control import FakeMediaControl
from tests.fakes.recording_files import FakeRecordingFiles
from tests.fakes.speech import FakeSpeechSynthesizer
from tests.fakes.switch import FakeSwitch
from tests.support.floor import CARLA, PEOPLE, catalogue, device

SUPPORT = """
version: 1
name: support
languages: [en]
inputs: [caller_number, dialled_number]
start: account
person: general_queue
nodes:
  account:
    type: collect
    prompt: { en: Please key in your account number. }
    store: account_number
    min_digits: 4
    max_digits: 8
    no_input: { say: [{ en: Once more. }], then: general_queue }
    no_match: { say: [{ en: Once more. }], then: general_queue }
    next: know
  know:
    type: lookup
    name: customer_by_account
    arguments: { account: { expression: account_number } }
    answers: [customer, name, tier]
    found: billing_queue
    not_found: general_queue
    failed: general_queue
  billing_queue: { type: enqueue, queue: billing }
  general_queue: { type: enqueue, queue: general }
"""


class LoopClock(Clock):
    """The time of the running event loop, real or virtual."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def utc(self) -> datetime:
        return datetime(2026, 1, 5, 9, 0, tzinfo=UTC) + timedelta(seconds=self.monotonic())


@dataclass
class Server:
    """What a test may look at and play with."""

    inbox: Inbox
    director: Director
    switch: FakeSwitch
    media: FakeMediaControl
    journal: FakeJournal
    bus: FakeEventBus
    customers: FakeCustomers
    speech: FakeSpeechSynthesizer

    async def ask(self, request: Request) -> Reply:
        """Make a request as the bus does, and wait for its answer."""
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.inbox.put_request(request, answered.set_result)
        return await answered

    async def sign_on(self, agent: str) -> None:
        """An agent is there and ready."""
        self.switch.register(device(agent))
        assert await self.ask(SignOn(agent=agent, desktop=f"desktop-{agent}")) == Done()
        assert await self.ask(SetState(agent=agent, state=AgentStateName.READY)) == Done()

    def state(self, agent: str) -> str:
        desk = self.director.floor.desks[AgentId(agent)]
        return desk.state.state.value if desk.state else "null"


@asynccontextmanager
async def whole_server(
    journal: FakeJournal | None = None,
    *,
    switch: FakeSwitch | None = None,
    flow: Flow | None = None,
    hosts: HostSystems | None = None,
) -> AsyncIterator[Server]:
    """Run a server; on leaving it is killed, and the journal and the switch may be given to the next one.

    `flow` answers instead of `SUPPORT`, and asks `hosts`.
    """
    clock, journal = LoopClock(), journal or FakeJournal()
    inbox, bus, speech = Inbox(), FakeEventBus(), FakeSpeechSynthesizer()
    media = FakeMediaControl()
    customers = FakeCustomers(CARLA)
    director = Director(
        catalogue=catalogue(),
        people=PEOPLE,
        ids=CountingIds(),
        epoch=await journal.next_epoch(),
        pop_ack=0.05,
        desktop_grace=10.0,
        now=Moment(monotonic=clock.monotonic(), utc=clock.utc()),
    )
    director.remember(await journal.unfinished(), await journal.agents())
    house = House(queues=frozenset({"billing", "technical", "general"}))
    flow = flow or load_flow(SUPPORT, source="support.yaml", house=house)
    tasks = asyncio.TaskGroup()
    try:
        async with tasks:
            if switch is None:
                switch = FakeSwitch(inbox, clock, left_ivr=media.fail)
            else:
                switch._sink = inbox
            ivr = IvrGateway(
                tasks=tasks,
                put=inbox.put_fact,
                flows=FakeFlows(support=flow),
                synthesizer=speech,
                customers=customers,
                hosts=hosts or FakeHostSystems(),
                calendars=HouseCalendars(dict, FakeClock().utc),
                recordings="/recordings",
                country="DE",
            )
            dispatch = Dispatch(
                tasks=tasks,
                inbox=inbox,
                switch=switch,
                media=media,
                recordings=FakeRecordingFiles(),
                journal=journal,
                bus=bus,
                ivr=ivr,
                configuration=FakeConfiguration(),
                resynchronise=switch.connect,
            )
            running = [
                tasks.create_task(Writer(inbox, director, dispatch, clock).run()),
                tasks.create_task(_keep_time(switch)),
            ]
            switch.connect()
            await asyncio.sleep(0.001)
            yield Server(inbox, director, switch, media, journal, bus, customers, speech)
            journal._write()
            tasks.create_task(_die())
            await asyncio.gather(*running)
    except* _Killed:
        pass


class _Killed(Exception):
    """The server's end: sessions and commands under way end with it."""


async def _die() -> None:
    raise _Killed


async def _keep_time(switch: FakeSwitch) -> None:
    """Let the switch do what is due: its own deadlines change with every command, so it is looked at often."""
    while True:
        await asyncio.sleep(0.02)
        switch.handle_timer()
