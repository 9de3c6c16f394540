"""The real desktop server on a free port over fakes, and browsers that speak with it as a browser would."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, DummyCookieJar, WSMsgType, web
from aiohttp.test_utils import unused_port

from agent_desktop.config import Site, Timing
from agent_desktop.web.app import CustomerPorts, Ports, make_app, run_background
from agent_desktop.web.softphone import SipGate
from agent_desktop.web.words import Words
from callcenter.api.client import CtiClient
from callcenter.api.customers import MasterPlan
from callcenter.api.records import Person, Role, SessionRecord
from callcenter.customer_plan import load_master_plan
from callcenter.ports import Clock
from callcenter.storage.people import NewPerson, SqlPeople
from callcenter.storage.privacy import SqlPrivacy, Stores
from tests.fakes.accounts import FakeAccounts
from tests.fakes.clock import FakeClock
from tests.fakes.cti_client import FakeCtiClient
from tests.fakes.ids import CountingIds
from tests.fakes.records import FakeRecords
from tests.fakes.voicemails import FakeVoicemails
from tests.support import floor_samples as samples
from tests.support.masters import Masters, masters_of
from tests.support.records import open_records
from tests.support.transfers import TransfersHere

PASSWORD = "correct horse battery"
HOUSE = load_master_plan(Path(__file__).resolve().parents[2] / "config", "US")
"""How the house that comes with the platform keeps its customers."""

SHORT = Timing(
    heartbeat_s=0.1,
    alive_within_s=30.0,
    gone_after_s=0.15,
    cti_doubt_s=0.05,
    cti_retry_s=0.02,
    session_check_s=0.05,
    board_every_s=0.01,
    close_within_s=0.5,
)


def person(name: str, role: Role = Role.AGENT, *, must_change_password: bool = False) -> Person:
    """Return somebody who may sign in; an agent has himself as agent, and a device."""
    agent = role is Role.AGENT
    return Person(
        person=name,
        name=name.title(),
        role=role,
        agent=name if agent else None,
        device=f"phone-{name}" if agent else None,
        language="en",
        must_change_password=must_change_password,
    )


class WatchedAccounts(FakeAccounts):
    """Accounts that count evaluated passwords in `verified`, and fail while `down`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.verified = 0
        self.down = False

    def change(self, name: str, **fields: Any) -> None:
        """Change a person, as an administrator at another server would."""
        self._people[name] = replace(self._people[name], **fields)

    async def verify(self, person: str, password: str) -> Person | None:
        self.verified += 1
        return await super().verify(person, password)

    async def session(self, secret: str, now: datetime) -> SessionRecord | None:
        self._check()
        return await super().session(secret, now)

    async def sessions(self, person: str | None = None) -> Sequence[SessionRecord]:
        self._check()
        return await super().sessions(person)

    def _check(self) -> None:
        if self.down:
            raise ConnectionRefusedError("the fake records are away")


class Browser:
    """A page of one person: sends its origin and its cookie."""

    def __init__(self, server: DesktopServer, http: ClientSession) -> None:
        self.server = server
        self.http = http
        self.cookie = ""
        self.origin: str | None = server.origin

    def headers(self, **more: str) -> dict[str, str]:
        made = {**more}
        if self.cookie:
            made["Cookie"] = f"{self.server.site.cookie}={self.cookie}"
        if self.origin is not None:
            made.setdefault("Origin", self.origin)
        return made

    async def request(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        data = None if body is None else json.dumps(body)
        sent = self.headers(**headers)
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        async with self.http.request(
            method, self.server.origin + path, data=data, headers=sent, allow_redirects=False
        ) as response:
            answer = await Answer.of(response)
        given = response.cookies.get(self.server.site.cookie)
        if given is not None:
            self.cookie = given.value
        return answer

    async def sign_in(self, name: str, password: str = PASSWORD) -> Answer:
        return await self.request("POST", "/api/v1/session", {"person": name, "password": password})

    @asynccontextmanager
    async def socket(self, path: str = "/ws/desktop", **options: Any) -> AsyncIterator[Page]:
        async with self.http.ws_connect(self.server.origin + path, headers=self.headers(), **options) as socket:
            yield Page(socket)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer, read to its end."""

    status: int
    headers: Any
    text: str

    @classmethod
    async def of(cls, response: ClientResponse) -> Answer:
        return cls(status=response.status, headers=response.headers.copy(), text=await response.text())

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Page:
    """The page's end of /ws/desktop."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.view: dict[str, Any] = {}
        self.seq = 0

    async def frame(self) -> dict[str, Any]:
        """Return the next frame, heartbeats left out; keep the view as a browser does."""
        while True:
            message = await self.socket.receive(timeout=5)
            assert message.type is WSMsgType.TEXT, message
            frame: dict[str, Any] = json.loads(message.data)
            if "seq" in frame:
                assert frame["seq"] == self.seq + 1
                self.seq = frame["seq"]
            if frame["type"] == "snapshot":
                self.view = frame["view"]
            elif frame["type"] == "view":
                self.view |= {section: frame[section] for section in frame["changed"]}
            if frame["type"] != "heartbeat":
                return frame

    async def until(self, section: str, value: object) -> None:
        """Read until a section of the view has this value."""
        async with asyncio.timeout(5):
            while self.view.get(section) != value:
                await self.frame()

    async def heartbeat(self) -> dict[str, Any]:
        """Return the next heartbeat."""
        while True:
            message = await self.socket.receive(timeout=5)
            frame: dict[str, Any] = json.loads(message.data)
            self.seq = frame.get("seq", self.seq)
            if frame["type"] == "heartbeat":
                return frame

    async def command(self, kind: str, **fields: object) -> dict[str, Any]:
        """Give a command and return its reply."""
        await self.socket.send_str(json.dumps({"id": "c1", "command": {"type": kind, **fields}}))
        while (frame := await self.frame())["type"] != "reply":
            pass
        return frame

    async def closing(self) -> str:
        """Read until the server says goodbye; return why. The connection must then be closed."""
        while (frame := await self.frame())["type"] != "closing":
            pass
        async with asyncio.timeout(5):
            while (await self.socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING):
                pass
        return str(frame["why"])

    async def cut(self) -> None:
        """Read until the server has closed without a word."""
        async with asyncio.timeout(5):
            while (await self.socket.receive()).type is WSMsgType.TEXT:
                pass


@dataclass(kw_only=True)
class DesktopServer:
    """The server and the fakes behind it."""

    origin: str
    site: Site
    cti: FakeCtiClient  # stands idle where a test brings a real one
    clock: FakeClock
    accounts: WatchedAccounts
    records: FakeRecords
    voicemails: FakeVoicemails
    http: ClientSession
    masters: Masters  # the customers' records
    spool: Path
    app: web.Application = field(init=False)

    def browser(self) -> Browser:
        return Browser(self, self.http)

    async def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        answer = await browser.sign_in(name)
        assert answer.status == 200, answer.text
        return browser

    @property
    def now(self) -> datetime:
        """What the server's clock says; it goes only when told."""
        return self.clock.utc()


@asynccontextmanager
async def customers_records(clock: FakeClock, plan: MasterPlan) -> AsyncIterator[tuple[Masters, CustomerPorts]]:
    """Open empty records in a folder of their own, with everybody who may sign in, and the ports over them.

    Files are worked on here and not in processes of their own.
    """
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        async with open_records(f"sqlite:///{folder / 'records.sqlite'}") as engine:
            for name, role in (
                ("anna", Role.AGENT),
                ("ben", Role.AGENT),
                ("sue", Role.SUPERVISOR),
                ("adam", Role.ADMINISTRATOR),
            ):
                device = f"phone-{name}" if role is Role.AGENT else None
                who = NewPerson(person=name, name=name.title(), role=role, device=device)
                await SqlPeople(engine).add(who, password_hash="of nobody")
            async with masters_of(engine, plan=plan, clock=clock) as masters:
                transfers = TransfersHere(masters.threads, clock, plan)
                stores = Stores(
                    journal=folder / "journal.sqlite",
                    sounds=folder / "sounds",
                    spool=folder / "spool",
                    bus=None,
                    salt="of a test",
                )
                privacy = SqlPrivacy(engine, masters.threads, stores, plan=plan, clock=clock, ids=CountingIds(800_000))
                yield (
                    masters,
                    CustomerPorts(
                        master=masters.master,
                        timeline=masters.timeline,
                        dealings=masters.dealings,
                        imports=transfers,
                        exports=transfers,
                        privacy=privacy,
                        spool=stores.spool,
                    ),
                )


@asynccontextmanager
async def desktop_server(
    *,
    static: Path = Path("/nonexistent"),
    timing: Timing = SHORT,
    switch_url: str = "http://127.0.0.1:9/ws",
    cti: CtiClient | None = None,
    port: int | None = None,
    public: str | None = None,
    plan: MasterPlan = HOUSE,
    words: Words | None = None,
) -> AsyncIterator[DesktopServer]:
    """Run the server with the agents Anna and Ben, the supervisor Sue and the administrator Adam."""
    port = port or unused_port()
    origin = f"http://127.0.0.1:{port}"
    clock = FakeClock()
    accounts = WatchedAccounts(clock)
    for who in (
        person("anna"),
        person("ben"),
        person("sue", Role.SUPERVISOR),
        person("adam", Role.ADMINISTRATOR),
        person("newcomer", must_change_password=True),
    ):
        accounts.add(who, PASSWORD)
    async with (
        ClientSession(cookie_jar=DummyCookieJar()) as http,
        customers_records(clock, plan) as (masters, ports),
    ):
        server = DesktopServer(
            origin=origin,
            site=Site(frozenset({origin, f"http://localhost:{port}"} | ({public} if public else set()))),
            cti=cti if isinstance(cti, FakeCtiClient) else FakeCtiClient(samples.snapshot()),
            clock=clock,
            accounts=accounts,
            records=FakeRecords(),
            voicemails=FakeVoicemails(),
            http=http,
            masters=masters,
            spool=ports.spool,
        )
        server.app = make_app(
            Ports(
                cti=cti or server.cti,
                accounts=accounts,
                records=server.records,
                customers=ports,
                voicemails=server.voicemails,
                words=words or Words(samples.LABELS),
                utc=clock.utc,
                site=server.site,
                sip_gate=SipGate(url=switch_url, key="test key"),
                static=static,
                timing=timing,
            )
        )
        runner = web.AppRunner(server.app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        background = asyncio.create_task(run_background(server.app))
        try:
            yield server
        finally:
            await runner.cleanup()
            background.cancel()
            await asyncio.wait([background])
            assert background.cancelled(), background.exception()
