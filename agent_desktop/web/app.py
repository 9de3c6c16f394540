"""The aiohttp application: everything the desktop server is made of, put together from its ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from aiohttp import web

from agent_desktop.config import Site, Timing
from agent_desktop.live.floor import Floor
from agent_desktop.web.asking import CUSTOMER_MASTER, DEALINGS, TIMELINE
from agent_desktop.web.defences import SITE, own_host, own_origin, secure_headers
from agent_desktop.web.exports import EXPORTS, ExportDesk
from agent_desktop.web.feed import Feed
from agent_desktop.web.guessing import GUESSES, Guesses
from agent_desktop.web.hub import HUB, Hub
from agent_desktop.web.imports import IMPORTS
from agent_desktop.web.pages import STATIC
from agent_desktop.web.permissions import (
    ACCOUNTS,
    SESSION_COOKIE,
    UTC_CLOCK,
    UtcClock,
    add_endpoints,
    check_declared,
    permissions,
)
from agent_desktop.web.person import PRIVACY
from agent_desktop.web.presence import Presence
from agent_desktop.web.problem import problems
from agent_desktop.web.routes import RECORDS, ROUTES
from agent_desktop.web.sessions import SESSIONS, SessionWatch
from agent_desktop.web.softphone import PHONES, SIP_GATE, SWITCH_HTTP, SipGate, switch_session
from agent_desktop.web.spool import SPOOL, TIDY_EVERY, Spool
from agent_desktop.web.voicemail import VOICEMAILS
from agent_desktop.web.websocket import CTI, TIMING
from agent_desktop.web.words import WORDS, Words
from callcenter.api.client import CtiClient
from callcenter.api.customer_records import CustomerMaster, Dealings, Exports, Imports, Privacy, Timeline
from callcenter.api.records import Accounts, Records
from callcenter.api.voicemail import Voicemails

log = structlog.get_logger(__name__)

LONGEST_BODY = 64 * 1024  # bytes

FEED = web.AppKey("feed", Feed)
PRESENCE = web.AppKey("presence", Presence)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPorts:
    """What the customers' pages read and change. Files on their way in and out are in the folder `spool`."""

    master: CustomerMaster
    timeline: Timeline
    dealings: Dealings
    imports: Imports
    exports: Exports
    privacy: Privacy
    spool: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the desktop server needs from outside."""

    cti: CtiClient
    accounts: Accounts
    records: Records
    customers: CustomerPorts
    voicemails: Voicemails
    words: Words
    utc: UtcClock
    site: Site
    sip_gate: SipGate
    static: Path
    timing: Timing = field(default_factory=Timing)


def make_app(ports: Ports) -> web.Application:
    """Put the application together. Raises `PermissionMissing` if anything can be reached without a declaration.

    `run_background` must run beside it.
    """
    # From outside in: failures become problems, then whose name, whose page, whose session.
    app = web.Application(client_max_size=LONGEST_BODY, middlewares=[problems, own_host, own_origin, permissions])
    floor = Floor()
    presence = app[PRESENCE] = Presence(ports.cti, ports.timing)
    hub = app[HUB] = Hub(floor, presence, ports.timing)
    app[FEED] = Feed(ports.cti, floor, hub, ports.timing, ports.words)
    app[SESSIONS] = SessionWatch(ports.accounts, ports.utc, every_s=ports.timing.session_check_s)
    app[ACCOUNTS], app[RECORDS], app[CTI] = ports.accounts, ports.records, ports.cti
    app[WORDS], app[VOICEMAILS] = ports.words, ports.voicemails
    app[SITE], app[SESSION_COOKIE], app[UTC_CLOCK] = ports.site, ports.site.cookie, ports.utc
    app[TIMING], app[STATIC], app[SIP_GATE] = ports.timing, ports.static, ports.sip_gate
    _add_customers(app, ports.customers, ports.utc)
    app[GUESSES] = Guesses()
    app[PHONES] = {}
    app.cleanup_ctx.append(_http_to_switch)
    app.on_response_prepare.append(secure_headers)
    app.on_shutdown.append(_close_sockets)
    add_endpoints(app, ROUTES)
    check_declared(app)
    return app


async def run_background(app: web.Application) -> None:
    """Follow the CTI server and the sessions, for as long as the application runs."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(app[FEED].run(), name="feed")
        tasks.create_task(app[PRESENCE].run(), name="presence")
        tasks.create_task(app[HUB].run(), name="hub")
        tasks.create_task(app[SESSIONS].run(), name="sessions")
        tasks.create_task(app[EXPORTS].run(), name="exports")
        tasks.create_task(_tidy_files(app), name="files")


async def _tidy_files(app: web.Application) -> None:
    """Remove customers' data when their time is over, whether or not anybody asks for files."""
    while True:
        await asyncio.sleep(TIDY_EVERY)
        try:
            app[EXPORTS].tidy()
            app[SPOOL].tidy()
        except OSError as error:
            log.warning("old files not removed", why=str(error))


def _add_customers(app: web.Application, ports: CustomerPorts, utc: UtcClock) -> None:
    app[CUSTOMER_MASTER], app[TIMELINE], app[DEALINGS] = ports.master, ports.timeline, ports.dealings
    app[IMPORTS], app[PRIVACY] = ports.imports, ports.privacy
    spool = app[SPOOL] = Spool(ports.spool, utc)
    spool.open()
    app[EXPORTS] = ExportDesk(ports.exports, spool, utc)


async def _http_to_switch(app: web.Application) -> AsyncIterator[None]:
    async with switch_session() as session:
        app[SWITCH_HTTP] = session
        yield


async def _close_sockets(app: web.Application) -> None:
    app[HUB].close_all()
    for phones in app[PHONES].values():
        for phone in phones:
            phone.set()
