"""The desktop server over large records, in a process of its own; and the call server's part beside it.

Only the CTI server behind it is a fake: sessions, customers, timelines are the real adapters on the real database.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import resource
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
import uvloop
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_desktop.config import Site
from agent_desktop.web.app import CustomerPorts, Ports, make_app
from agent_desktop.web.softphone import SipGate
from agent_desktop.web.words import Words
from callcenter.bootstrap import CARD_THREADS
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.collector import calm_collector
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.storage.accounts import SessionLimits, SqlAccounts
from callcenter.storage.customer_master import SqlCustomerMaster
from callcenter.storage.customers import SqlCustomers
from callcenter.storage.database import open_database, writing
from callcenter.storage.dealings import SqlDealings
from callcenter.storage.history import store_events
from callcenter.storage.labels import Labels
from callcenter.storage.passwords import open_passwords
from callcenter.storage.privacy import SqlPrivacy, Stores
from callcenter.storage.threads import open_threads
from callcenter.storage.timeline import SqlTimeline
from callcenter.storage.transfers import SqlTransfers
from callcenter.storage.voicemails import SqlVoicemails
from tests.fakes.cti_client import FakeCtiClient
from tests.support import floor_samples as samples
from tests.support.large_records import AGENTS, QUEUES, Size, customer_id, phone_number
from tests.support.masters import PLAN
from tests.support.servers import free_port

LIMITS = SessionLimits(idle=timedelta(days=1), absolute=timedelta(days=1))
READY_WITHIN = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where, how to be let in, and its process."""

    origin: str
    cookie: str
    pid: int


@contextmanager
def history_server(url: str) -> Iterator[Served]:
    """Serve the records at `url` on a free port."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(url, free_port(), theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(READY_WITHIN):
            raise TimeoutError("the server did not start")
        origin, cookie = ours.recv()
        yield Served(origin, cookie, process.pid or 0)
    finally:
        process.terminate()
        process.join(10)


def _serve(url: str, port: int, pipe: Connection) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(_serving(url, port, pipe))


async def _serving(url: str, port: int, pipe: Connection) -> None:
    clock = SystemClock()
    origin = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(url))
        threads = await stack.enter_async_context(open_threads(database))
        passwords = await stack.enter_async_context(open_passwords())
        accounts = SqlAccounts(database, threads, passwords, clock, LIMITS)
        timeline = SqlTimeline(threads, Labels(), clock)
        ids = TimeOrderedIds(clock)
        folder = Path(stack.enter_context(TemporaryDirectory()))
        stores = Stores(journal=folder / "journal.sqlite", sounds=folder, spool=folder / "spool", bus=None, salt="none")
        transfers = SqlTransfers(threads, PLAN, clock, ids, command=("false",), environment={})
        app = make_app(
            Ports(
                cti=FakeCtiClient(samples.snapshot()),
                accounts=accounts,
                records=SqlCustomers(threads, Labels(), PLAN, clock),
                customers=CustomerPorts(
                    master=SqlCustomerMaster(threads, PLAN, timeline, clock, ids),
                    timeline=timeline,
                    dealings=SqlDealings(threads),
                    imports=transfers,
                    exports=transfers,
                    privacy=SqlPrivacy(database, threads, stores, plan=PLAN, clock=clock, ids=ids),
                    spool=stores.spool,
                ),
                voicemails=SqlVoicemails(database, Path("/nonexistent")),
                words=Words(samples.LABELS),
                utc=clock.utc,
                site=Site(frozenset({origin})),
                sip_gate=SipGate(url="http://127.0.0.1:9/ws", key="none"),
                static=Path("/nonexistent"),
            )
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        calm_collector()
        secret = await accounts.open_session(AGENTS[0], clock.utc())
        pipe.send((origin, f"{Site(frozenset({origin})).cookie}={secret}"))
        await asyncio.Event().wait()


# -- calls meanwhile --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Written:
    """What the calls did. `looked_up`: seconds from a caller's number to his card, in the call server's process."""

    calls: int = 0
    refused: int = 0  # attempts to store one that had to be repeated
    late: int = 0  # calls that were not stored within a second of their turn
    looked_up: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0


@contextmanager
def calls_written(url: str, size: Size, a_second: int) -> Iterator[Written]:
    """Look callers up and store their calls, so many a second, until the block ends; then `Written` is filled."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_call, args=(url, size, a_second, theirs), daemon=True)
    process.start()
    theirs.close()
    written = Written()
    try:
        if not ours.poll(READY_WITHIN):
            raise TimeoutError("the calls did not begin")
        ours.recv()
        yield written
    finally:
        ours.send("stop")
        if ours.poll(READY_WITHIN):
            done: Written = ours.recv()
            written.calls, written.late, written.refused = done.calls, done.late, done.refused
            written.looked_up, written.cpu_seconds = done.looked_up, done.cpu_seconds
        process.terminate()
        process.join(10)


def _call(url: str, size: Size, a_second: int, pipe: Connection) -> None:
    uvloop.run(_calling(url, size, a_second, pipe))


async def _calling(url: str, size: Size, a_second: int, pipe: Connection) -> None:
    clock, chance, done = SystemClock(), random.Random(size.seed), Written()
    ids = TimeOrderedIds(clock)
    async with open_database(url) as database, open_threads(database, CARD_THREADS) as threads:
        cards = SqlCustomers(threads, Labels(), PLAN, clock)
        for _ in range(20):
            await cards.by_number(phone_number(chance.randrange(size.customers)))
        calm_collector()
        pipe.send("ready")
        turn = time.monotonic()
        while not pipe.poll():
            events: list[InteractionEvent] = []
            turns: list[float] = []
            while turn <= time.monotonic():
                number = chance.randrange(size.customers)
                began = time.perf_counter()
                card = await cards.by_number(phone_number(number))
                done.looked_up.append(time.perf_counter() - began)
                if card is None or card.customer != customer_id(number):
                    raise AssertionError("somebody else's card")
                events += _events(ids.interaction_id(), number, clock, chance)
                turns.append(turn)
                turn += 1 / a_second
            while events and not await _stored(database, events):
                done.refused += 1
            done.calls += len(turns)
            done.late += sum(time.monotonic() > one + 1 for one in turns)
            await asyncio.sleep(max(0.0, turn - time.monotonic()))
    used = resource.getrusage(resource.RUSAGE_SELF)
    done.cpu_seconds = used.ru_utime + used.ru_stime
    pipe.send(done)


async def _stored(database: AsyncEngine, events: list[InteractionEvent]) -> bool:
    """Store the events of the calls that have ended as the drain does: all in one transaction, and again if need be."""
    try:
        async with writing(database, "storing what happened") as connection:
            await store_events(connection, events)
    except ExternalFailure:
        return False
    return True


def _events(
    interaction: InteractionId, number: int, clock: SystemClock, chance: random.Random
) -> list[InteractionEvent]:
    queue, agent = chance.choice(QUEUES), chance.choice(AGENTS)
    start = clock.utc()
    events: list[InteractionEvent] = []

    def tell(kind: EventKind, after: float, **data: FieldValue) -> None:
        at = start + timedelta(seconds=after)
        events.append(InteractionEvent(interaction=interaction, seq=len(events) + 1, at=at, kind=kind, data=data))

    tell(EventKind.STARTED, 0, called_number="+442079460999", calling_number=phone_number(number))
    tell(EventKind.IDENTIFIED, 0.01, customer=customer_id(number), name="", tier="standard", by="number")
    tell(EventKind.NODE_ENTERED, 0.02, node="welcome")
    tell(EventKind.ANSWER_GIVEN, 4, key="which_matter", value="2")
    tell(EventKind.QUEUED, 5, queue=queue, head_start=0)
    tell(EventKind.OFFERED, 14, agent=agent, offer=str(interaction))
    tell(EventKind.ANSWERED, 15, agent=agent)
    tell(EventKind.TALK_ENDED, 75, agent=agent, ended_by="caller", cause="normal_clearing")
    tell(EventKind.ENDED, 75, outcome="handled", cause="normal_clearing")
    tell(EventKind.WRAP_UP_COMPLETED, 90, agent=agent, disposition="solved", note="Invoice of last month explained.")
    tell(EventKind.CLOSED, 90)
    return events
