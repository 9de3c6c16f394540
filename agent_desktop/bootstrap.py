"""The composition root of the desktop server: the only module here that names concrete adapters."""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web

from agent_desktop.config import site_of
from agent_desktop.web import bodies
from agent_desktop.web.app import CustomerPorts, Ports, make_app, run_background
from agent_desktop.web.softphone import SipGate
from agent_desktop.web.words import Words
from callcenter.api.customer_records import Privacy
from callcenter.api.customers import MasterPlan
from callcenter.bus.client import RedisCtiClient
from callcenter.bus.traces import RedisTraces
from callcenter.catalogue import load_catalogue
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.collector import calm_collector
from callcenter.config import DesktopSettings, Settings, process_environment
from callcenter.customer_plan import load_master_plan
from callcenter.domain.catalogue import Catalogue, Label
from callcenter.domain.errors import ConfigError
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.systems import open_hosts
from callcenter.sources.asking import SourceDesk, open_sources
from callcenter.sources.customers import PageSources, SourcedCustomers
from callcenter.sources.reading import load_sources
from callcenter.storage.accounts import SessionLimits, SqlAccounts
from callcenter.storage.customer_master import Completion, SqlCustomerMaster
from callcenter.storage.customers import SqlCustomers
from callcenter.storage.database import open_database
from callcenter.storage.dealings import SqlDealings
from callcenter.storage.labels import Labels
from callcenter.storage.passwords import open_passwords
from callcenter.storage.privacy import SqlPrivacy, Stores
from callcenter.storage.threads import Threads, open_threads
from callcenter.storage.timeline import SqlTimeline
from callcenter.storage.transfers import SqlTransfers
from callcenter.storage.voicemails import SqlVoicemails

STATIC = Path(__file__).resolve().parent / "static"
WAITING_CONNECTIONS = 1024  # after a restart, every page comes back at once
IDLE_CONNECTION_S = 75.0
LAST_WORDS_S = 2.0  # for requests under way when the server ends

log = structlog.get_logger(__name__)


async def run_desktop(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the desktops until `stop` is set; then tell every page to come back. Raises `ConfigError`."""
    tls = tls_context(settings.desktop)
    catalogue = _read_catalogue(settings)
    plan = load_master_plan(settings.routing.directory, settings.routing.country)
    clock = SystemClock()
    labels = Labels.of(catalogue)

    async def read_again() -> bodies.LabelCatalogue | None:
        try:
            found = await asyncio.to_thread(_read_catalogue, settings)
        except ConfigError as error:  # changed again since the CTI server took it: what was known stays
            log.warning("labels not read again", why=str(error))
            return None
        labels.take(found)
        return labels_of(found)

    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.database_url))
        threads = await stack.enter_async_context(open_threads(database))
        passwords = await stack.enter_async_context(open_passwords())
        cti = RedisCtiClient(settings.redis_url, prefix=settings.redis.prefix, clock=clock)
        limits = SessionLimits(
            idle=timedelta(minutes=settings.desktop.session_idle_minutes),
            absolute=timedelta(hours=settings.desktop.session_hours),
        )
        desk = await _open_sources(stack, settings, clock)
        stores = Stores.of(settings, RedisTraces(settings.redis_url, settings.redis.prefix))
        privacy = SqlPrivacy(database, threads, stores, plan=plan, clock=clock, ids=TimeOrderedIds(clock))
        app = make_app(
            Ports(
                cti=cti,
                accounts=SqlAccounts(database, threads, passwords, clock, limits),
                records=SourcedCustomers(SqlCustomers(threads, labels, plan, clock), desk, clock, None),
                customers=customer_ports(
                    settings, threads, labels, plan, clock, privacy=privacy, complete=PageSources(desk, clock).complete
                ),
                voicemails=SqlVoicemails(database, settings.voicemail),
                words=Words(labels_of(catalogue), read_again),
                utc=clock.utc,
                site=site_of(settings.desktop),
                sip_gate=SipGate(
                    url=f"http://{settings.asterisk.host}:{settings.asterisk.http_port}/ws",
                    key=settings.secret("sip-key"),
                ),
                static=STATIC,
            )
        )
        async with asyncio.TaskGroup() as tasks:
            background = (
                tasks.create_task(cti.run(), name="cti client"),
                tasks.create_task(run_background(app), name="desktops"),
            )
            await serve_until(stop, app, settings.desktop, tls)
            for task in background:
                task.cancel()


def _read_catalogue(settings: Settings) -> Catalogue:
    return load_catalogue(
        settings.routing.directory, ring_seconds=settings.asterisk.ring_seconds, country=settings.routing.country
    )


async def _open_sources(stack: AsyncExitStack, settings: Settings, clock: SystemClock) -> SourceDesk:
    """Open where else customers are known, and the host systems that are asked for it, until the stack ends."""
    hosts = load_hosts(settings.routing.directory)
    sources = load_sources(settings.routing.directory, hosts)
    asked = {plan.host: hosts[plan.host] for plan in sources}
    systems = await stack.enter_async_context(
        open_hosts(asked, secrets=settings.secrets, environment=process_environment())
    )
    return await stack.enter_async_context(
        open_sources(sources, systems, country=settings.routing.country, monotonic=clock.monotonic)
    )


def customer_ports(
    settings: Settings,
    threads: Threads,
    labels: Labels,
    plan: MasterPlan,
    clock: SystemClock,
    *,
    privacy: Privacy,
    complete: Completion | None = None,
) -> CustomerPorts:
    """Return what the customers' pages read and change, on the records; `complete` adds what is kept elsewhere.

    Files are worked on by processes of the platform; what they need of the settings is in their environment.
    """
    ids = TimeOrderedIds(clock)
    timeline = SqlTimeline(threads, labels, clock)
    environment = process_environment() | {
        "CALLCENTER_HOME": str(settings.home),
        "CALLCENTER_ROUTING__DIRECTORY": str(settings.routing.directory.resolve()),
        "CALLCENTER_ROUTING__COUNTRY": settings.routing.country,
        "DATABASE_URL": settings.database_url,
    }
    transfers = SqlTransfers(
        threads, plan, clock, ids, command=(sys.executable, "-m", "callcenter"), environment=environment
    )
    return CustomerPorts(
        master=SqlCustomerMaster(threads, plan, timeline, clock, ids, complete=complete),
        timeline=timeline,
        dealings=SqlDealings(threads),
        imports=transfers,
        exports=transfers,
        privacy=privacy,
        spool=settings.home / "spool",
    )


def labels_of(catalogue: Catalogue) -> bodies.LabelCatalogue:
    """Take what people read for each configured name from the catalogue.

    Queues may share the name of a disposition; where they word it differently, the last one's words are taken, as in
    the labels of history.
    """

    def read(label: Label) -> bodies.Label:
        return bodies.Label(en=label.en, zh=label.zh)

    return bodies.LabelCatalogue(
        queues={name: read(queue.label) for name, queue in catalogue.queues.items()},
        dispositions={one.name: read(one.label) for queue in catalogue.queues.values() for one in queue.dispositions},
        reasons={one.name: read(one.label) for one in catalogue.reasons},
    )


async def serve_until(
    stop: asyncio.Event, app: web.Application, settings: DesktopSettings, tls: ssl.SSLContext | None
) -> None:
    """Listen until `stop` is set. Raises `ConfigError` if the address cannot be had."""
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=IDLE_CONNECTION_S, shutdown_timeout=LAST_WORDS_S)
    await runner.setup()
    try:
        site = web.TCPSite(
            runner, settings.listen, settings.port, ssl_context=tls, backlog=WAITING_CONNECTIONS, reuse_address=True
        )
        try:
            await site.start()
        except OSError as error:
            where = f"desktop.listen {settings.listen}, desktop.port {settings.port}"
            raise ConfigError(where, f"cannot be listened on: {error.strerror}") from error
        calm_collector()
        log.info("desktops served", listen=settings.listen, port=settings.port, encrypted=tls is not None)
        await stop.wait()
    finally:
        await runner.cleanup()


def tls_context(settings: DesktopSettings) -> ssl.SSLContext | None:
    """Return the encryption of our own listener, none without a certificate. Raises `ConfigError`."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        where = f"desktop.tls_certificate {settings.tls_certificate}, desktop.tls_key {settings.tls_key}"
        raise ConfigError(where, f"cannot be used: {error.strerror or error}") from error
    return context
