"""The composition root of the CTI server: the only module that names concrete adapters."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 -- jitter of reconnects; handed in, so that tests can hold it still
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.messages import OfferShown
from callcenter.asterisk import tone
from callcenter.asterisk.adapter import AsteriskAdapter
from callcenter.asterisk.recording_files import RecordingFolder
from callcenter.bus.publisher import RedisEventBus
from callcenter.bus.requests import RequestIntake
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.config import Settings, process_environment
from callcenter.customer_plan import load_master_plan
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import OfferId
from callcenter.domain.interaction import InteractionEvent
from callcenter.domain.moment import Moment, midnight
from callcenter.flows.library import FlowLibrary
from callcenter.hosts.model import Host
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.systems import open_hosts
from callcenter.house import HouseFiles, open_flows, read_catalogue
from callcenter.ports import Clock, Customers, Journal, People
from callcenter.server.director import Director
from callcenter.server.dispatch import Dispatch
from callcenter.server.facts import PeopleRead, ReloadWanted, RequestMade
from callcenter.server.house_calendars import HouseCalendars
from callcenter.server.inbox import Inbox
from callcenter.server.ivr_gateway import IvrGateway
from callcenter.server.writer import Writer
from callcenter.sources.asking import open_sources
from callcenter.sources.customers import SourcedCustomers
from callcenter.sources.reading import load_sources
from callcenter.storage.adopting import SqlAdoption
from callcenter.storage.customers import SqlCustomers
from callcenter.storage.database import open_database
from callcenter.storage.drain import Drain
from callcenter.storage.engine_log import EngineLog
from callcenter.storage.history import counted_events
from callcenter.storage.journal import open_journal
from callcenter.storage.labels import Labels
from callcenter.storage.people import SqlPeople
from callcenter.storage.threads import open_threads
from callcenter.storage.waits import SavedWaits, read_waits, write_waits
from ivr.flow.flow import Flow
from ivr.ports import HostSystems
from ivr.tts.cache import SpeechCache
from ivr.tts.client import WorkerSynthesizer
from ivr.tts.render import fixed_utterances, render_flow

DESKTOP_GRACE = 10.0  # seconds a desktop has to come back after a restart of the CTI server
READ_PEOPLE_EVERY = 5.0  # seconds
CARD_THREADS = 2  # look-ups of customers at once: each takes about a millisecond
SAVE_WAITS_EVERY = 300.0  # seconds
READ_DAY_WITHIN = 1.0  # seconds of a restart that the day's counts are worth

_log = structlog.get_logger(__name__)


async def run_cti_server(settings: Settings, ready: Callable[[], None], reload: asyncio.Event) -> None:
    """Run until cancelled; `ready` is called once. Raises `ConfigError` before anything starts.

    Whenever `reload` is set, the configuration is read again.
    """
    clock = SystemClock()
    catalogue = read_catalogue(settings)
    hosts = load_hosts(settings.routing.directory)
    sources = load_sources(settings.routing.directory, hosts)
    plan = load_master_plan(settings.routing.directory, settings.routing.country)
    flows = open_flows(settings, catalogue, hosts)
    async with (
        open_journal(settings.journal_path) as journal,
        open_database(settings.database_url) as database,
        open_threads(database, CARD_THREADS) as threads,
        open_hosts(hosts, secrets=settings.secrets, environment=process_environment()) as host_systems,
        open_sources(sources, host_systems, country=settings.routing.country, monotonic=clock.monotonic) as source_desk,
    ):
        people = SqlPeople(database)
        labels = Labels.of(catalogue)
        ours = SqlCustomers(threads, labels, plan, clock)
        customers = SourcedCustomers(ours, source_desk, clock, SqlAdoption(threads, plan, clock))
        director: Director | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(Drain(settings.journal_path, database).run(), name="drain")
                director = await serve_calls(
                    tasks,
                    settings,
                    catalogue,
                    flows,
                    journal=journal,
                    people=people,
                    customers=customers,
                    hosts=hosts,
                    host_systems=host_systems,
                    labels=labels,
                    clock=clock,
                    reload=reload,
                    earlier_today=await _earlier_today(database, clock),
                )
                ready()
        finally:
            if director is not None:
                floor = director.floor
                _log.info(
                    "cti_server_ended",
                    pops_shown=floor.pops_shown,
                    pops_late=floor.pops_late,
                    misfits=floor.misfits,
                    repairs=floor.repairs_done,
                )


async def _earlier_today(database: AsyncEngine, clock: Clock) -> Sequence[InteractionEvent]:
    """Read what the boards count of the day so far. Callers do not wait for it: the boards then begin at nought."""
    try:
        async with asyncio.timeout(READ_DAY_WITHIN):
            return await counted_events(database, midnight(clock.utc()))
    except (ExternalFailure, TimeoutError) as failure:
        _log.warning("day_not_read", why=str(failure) or "too slow")
        return ()


async def serve_calls(
    tasks: asyncio.TaskGroup,
    settings: Settings,
    catalogue: Catalogue,
    flows: FlowLibrary,
    *,
    journal: Journal,
    people: People,
    customers: Customers,
    hosts: Mapping[str, Host],
    host_systems: HostSystems,
    labels: Labels,
    clock: Clock,
    reload: asyncio.Event,
    earlier_today: Sequence[InteractionEvent] = (),
) -> Director:
    """Join the writer with the switch, the bus and the records; its tasks run in `tasks` until that ends.

    The first task that fails ends them all and so the process: the supervisor starts a new one, which recovers.
    """
    epoch = await journal.next_epoch()
    bus = RedisEventBus(settings.redis_url, prefix=settings.redis.prefix, epoch=epoch, clock=clock)
    inbox = Inbox()
    now = Moment(monotonic=clock.monotonic(), utc=clock.utc())
    engine_log = _engine_log(tasks, settings, epoch)
    director = Director(
        catalogue=catalogue,
        people=await people.agents(),
        ids=TimeOrderedIds(clock),
        epoch=epoch,
        pop_ack=settings.desktop.pop_ack_ms / 1000,
        desktop_grace=DESKTOP_GRACE,
        now=now,
        calls_out=bool(settings.asterisk.outbound_host) or not settings.asterisk.embedded,
        engine_log=engine_log.write if engine_log is not None else None,
    )
    waits = await asyncio.to_thread(read_waits, settings.waits_path)
    if waits is not None:
        away = max((now.utc - waits.at).total_seconds(), 0.0)
        director.learned_before(waits.history, away=away, now=now)
    director.remember(await journal.unfinished(), await journal.agents(), earlier_today)
    synthesizer = open_synthesizer(settings)
    ivr = IvrGateway(
        tasks=tasks,
        put=inbox.put_fact,
        flows=flows,
        synthesizer=synthesizer,
        customers=customers,
        hosts=host_systems,
        calendars=HouseCalendars(lambda: director.floor.catalogue.calendars, clock.utc),
        recordings=str(settings.recordings),
        country=settings.routing.country,
    )
    asterisk = AsteriskAdapter(
        settings=settings.asterisk,
        secret=settings.secret("ami"),
        sink=inbox,
        nonce=lambda: secrets.token_hex(8),
        jitter=random.SystemRandom().uniform,
        tone=str(settings.sounds / tone.NAME),
    )
    dispatch = Dispatch(
        tasks=tasks,
        inbox=inbox,
        switch=asterisk.switch,
        media=asterisk.media,
        recordings=RecordingFolder(settings.voicemail),
        journal=journal,
        bus=bus,
        ivr=ivr,
        configuration=HouseFiles(
            settings,
            present=lambda: director.floor.catalogue,
            hosts=hosts,
            flows=flows,
            make_ready=lambda flow: _render(flow, flows, synthesizer),
            taken_by=labels.take,
        ),
        resynchronise=asterisk.resynchronise,
    )
    intake = RequestIntake(
        settings.redis_url,
        prefix=settings.redis.prefix,
        clock=clock,
        sink=inbox,
        shown=lambda offer: _offer_shown(inbox, offer),
    )
    tasks.create_task(_keep_waits(director, settings.waits_path, clock), name="waits")
    tasks.create_task(Writer(inbox, director, dispatch, clock).run(), name="writer")
    tasks.create_task(bus.run(), name="bus")
    tasks.create_task(intake.run(), name="requests")
    tasks.create_task(asterisk.run(), name="asterisk")
    tasks.create_task(_reread_people(people, inbox), name="people")
    tasks.create_task(_follow_signals(reload, inbox), name="reload")
    tasks.create_task(_run_flows(flows, synthesizer), name="flows")
    _log.info("cti_server_started", epoch=epoch, queues=len(catalogue.queues), flows=len(flows.live()))
    return director


def open_synthesizer(settings: Settings, *, makes_room: bool = True) -> WorkerSynthesizer:
    """Return the speech of this installation: its cache, and the workers behind it.

    Only the CTI server makes room in the cache: it alone knows what is being played, and what is to be kept.
    """
    settings.sounds.mkdir(parents=True, exist_ok=True)
    speech = settings.speech
    limit = speech.cache_mb * 1_000_000 if makes_room else sys.maxsize
    cache = SpeechCache(settings.sounds, limit=limit, wideband=speech.wideband)
    return WorkerSynthesizer(sockets=settings.speech_sockets, cache=cache)


def _engine_log(tasks: asyncio.TaskGroup, settings: Settings, epoch: int) -> EngineLog | None:
    routing = settings.routing
    if not routing.log:
        return None
    log = EngineLog(settings.engine_logs, epoch, most_bytes=routing.log_mb * 1_000_000, files=routing.log_files)
    tasks.create_task(log.run(), name="engine log")
    return log


async def _keep_waits(director: Director, path: Path, clock: Clock) -> None:
    """Save now and then, and at the end, what was learned about waits."""

    def taken() -> SavedWaits:
        return SavedWaits(at=clock.utc(), history=director.floor.engine.wait_history())

    try:
        while True:
            await asyncio.sleep(SAVE_WAITS_EVERY)
            await asyncio.to_thread(write_waits, path, taken())
    finally:
        write_waits(path, taken())


def _offer_shown(inbox: Inbox, offer: OfferId) -> None:
    inbox.put_fact(RequestMade(request_id="", request=OfferShown(offer=offer)))


async def _reread_people(people: People, inbox: Inbox) -> None:
    """Notice new agents and changed skills. A database that is away changes nothing: we go on with what we know."""
    known = None
    while True:
        await asyncio.sleep(READ_PEOPLE_EVERY)
        try:
            agents = await people.agents()
        except ExternalFailure as failure:
            _log.warning("people_not_read", why=str(failure))
            continue
        if agents != known:
            known = agents
            inbox.put_fact(PeopleRead(agents=agents))


async def _follow_signals(reload: asyncio.Event, inbox: Inbox) -> None:
    """Have the configuration read whenever somebody has signalled that it changed."""
    while True:
        await reload.wait()
        reload.clear()
        inbox.put_fact(ReloadWanted())


async def _run_flows(library: FlowLibrary, synthesizer: WorkerSynthesizer) -> None:
    """Speak the fixed prompts of flows into the cache, so that no caller waits for synthesis: now, and ever after."""
    for flow in library.live().values():
        await _render(flow, library, synthesizer)
    await library.follow(lambda flow: _render(flow, library, synthesizer))


async def _render(flow: Flow, library: FlowLibrary, synthesizer: WorkerSynthesizer) -> None:
    # What is live is kept, and what is about to be: the version before may still be in use until its last call is over.
    used = (one for flow_in_use in (*library.live().values(), flow) for _, one in fixed_utterances(flow_in_use))
    synthesizer.keep((utterance.text, utterance.language) for utterance in used)
    rendered = await render_flow(flow, synthesizer)
    for one in rendered.failed:
        _log.error("prompt_not_rendered", flow=flow.name, node=one.node, language=one.utterance.language, why=one.why)
    _log.info("prompts_rendered", flow=flow.name, files=len(rendered.files))
