"""A whole platform in a private home on free ports: real Redis, Asterisk, speech worker, CTI server and desktop.

Everything but Asterisk is started, watched and restarted by the real ``callcenter serve``. Asterisk is started here,
with the configuration that ``callcenter prepare`` would write, so that agents may have plain SIP telephones, which
tests can time; and so that a fresh one can be had at any moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import update

from callcenter.api.records import Role
from callcenter.api.softphone import sip_password
from callcenter.asterisk import tone
from callcenter.asterisk.configuration import render
from callcenter.asterisk.installation import Device, DeviceKind, Directories, Installation, Number, Trunk
from callcenter.catalogue import load_catalogue
from callcenter.config import Settings, load_settings
from callcenter.domain.ids import DeviceName
from callcenter.storage import tables
from callcenter.storage.database import open_database
from callcenter.storage.passwords import open_passwords
from callcenter.storage.people import NewPerson, SqlPeople
from callcenter.storage.schema import upgrade
from callcenter.supervisor.home import make_home, make_secrets
from tests.support.phone import Phone
from tests.support.servers import (
    LOOPBACK,
    TREE,
    AsteriskInstance,
    ServerFailed,
    asterisk_command,
    asterisk_instance,
    end,
    free_port,
    free_ports,
    program,
)
from tests.support.workplace import Workplace

PASSWORD = "correct horse battery"
STRAIGHT = "5550199"
"""A number whose callers go straight to the queue."""
SUPPORT = "5550100"
"""A number with the whole IVR."""
SUPPORT_QUEUES = ("general", "billing", "technical", "sales")
PARTS = {
    "cti": b"callcenter cti",
    "desktop": b"agent_desktop",
    "speech-1": b"speech-1.sock",
    "speech-2": b"speech-2.sock",
    "redis": b"redis-server",
    "bank": b"callcenter bank",
}
"""The processes of ``callcenter serve``, and how they are known."""
START_WITHIN = 90.0  # seconds, until everything is up; the cores may be shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """Somebody to be found in the records. Everybody has `PASSWORD`."""

    person: str
    role: Role = Role.AGENT
    skills: Mapping[str, int] = field(default_factory=dict)

    @property
    def device(self) -> DeviceName | None:
        """The agent's telephone."""
        return DeviceName(f"phone-{self.person}") if self.role is Role.AGENT else None


SUPERVISOR = Employee(person="sue", role=Role.SUPERVISOR)


def agents(count: int) -> list[Employee]:
    """Return agents of equal skill."""
    return [Employee(person=f"agent{number:02}") for number in range(1, count + 1)]


def one_queue() -> dict[str, str]:
    """Return the smallest house: one number, one queue without work after the call, straight to a person."""
    return {
        "callcenter.yaml": "default_queue: general\nnot_ready_reasons: []\nnumbers:\n"
        f"  - {{ number: '{STRAIGHT}', flow: enqueue_only }}\n",
        "queues/general.yaml": _QUEUE,
        "flows/enqueue_only.yaml": (TREE / "config" / "flows" / "enqueue_only.yaml").read_text(encoding="utf-8"),
    }


def support_desk() -> dict[str, str]:
    """Return a house with both flows and their queues, which ask for no skill, and no work after the call."""
    text = one_queue()
    text["callcenter.yaml"] += f"  - {{ number: '{SUPPORT}', flow: support }}\n"
    text["flows/support.yaml"] = (TREE / "config" / "flows" / "support.yaml").read_text(encoding="utf-8")
    return text | {f"queues/{name}.yaml": _QUEUE for name in SUPPORT_QUEUES}


_QUEUE = """\
label: { en: Queue }
wrap_up: { mode: none }
dispositions:
  - { name: solved, label: { en: Solved } }
"""


@dataclass(slots=True, kw_only=True)
class Platform:
    """What runs, and hands on it."""

    home: Path
    settings: Settings
    environment: Mapping[str, str]
    asterisk: AsteriskInstance
    employees: Sequence[Employee]
    supervisor: subprocess.Popen[bytes] | None = None

    @property
    def sip(self) -> tuple[str, int]:
        """Where Asterisk takes SIP."""
        return LOOPBACK, self.settings.asterisk.sip_port

    @property
    def address(self) -> str:
        """Where the pages are served."""
        return f"http://{LOOPBACK}:{self.settings.desktop.port}"

    def start(self) -> None:
        """Run ``callcenter serve`` and wait until it says that the platform is up."""
        log = self.home / "serve.log"
        argv = [program("setpriv"), "--pdeathsig", "TERM", "--", sys.executable, "-m", "callcenter", "serve"]
        with log.open("wb") as output:
            self.supervisor = subprocess.Popen(
                argv, cwd=TREE, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_WITHIN
        while "The platform is up" not in log.read_text(errors="replace"):
            if self.supervisor.poll() is not None or time.monotonic() > deadline:
                end(self.supervisor)
                raise ServerFailed(f"the platform did not start:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End all of it."""
        if self.supervisor is not None:
            self.supervisor.send_signal(signal.SIGCONT)
            end(self.supervisor, seconds=30)

    def pid(self, name: str) -> int | None:
        """Return the process of one part (a `PARTS` key); none while it is away."""
        assert self.supervisor is not None
        children = Path(f"/proc/{self.supervisor.pid}/task/{self.supervisor.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(OSError):
                if PARTS[name] in Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" "):
                    return int(child)
        return None

    def kill_cti(self, *, for_good: bool = False) -> None:
        """Kill the CTI server as a crash would; `for_good`: the supervisor does nothing about it until `revive`."""
        assert self.supervisor is not None
        victim = self.pid("cti")
        assert victim is not None
        if for_good:
            self.supervisor.send_signal(signal.SIGSTOP)
        os.kill(victim, signal.SIGKILL)

    def revive(self) -> None:
        """Let the supervisor do its work again."""
        assert self.supervisor is not None
        self.supervisor.send_signal(signal.SIGCONT)

    @contextlib.asynccontextmanager
    async def phone(self, employee: Employee, *, frame_interval: float = 0.02) -> AsyncIterator[Phone]:
        """An agent's telephone, registered."""
        assert employee.device is not None
        password = sip_password(self.settings.secret("sip-key"), employee.device)
        async with Phone.open(
            server=self.sip, user=employee.device, password=password, frame_interval=frame_interval
        ) as phone:
            assert await phone.register() == 200
            yield phone

    @contextlib.asynccontextmanager
    async def page(self, employee: Employee) -> AsyncIterator[Workplace]:
        """Somebody's page, signed in and connected."""
        async with Workplace.open(self.address, employee.person, PASSWORD) as page:
            yield page


@contextlib.contextmanager
def laid_out(
    home: Path,
    *,
    employees: Sequence[Employee],
    catalogue: Mapping[str, str],
    kind: DeviceKind = DeviceKind.PHONE,
    ring_seconds: int = 15,
    extra: Mapping[str, str] | None = None,
    records: str = "",
    bus: str = "",
    engine_log: bool = False,
    outside: int = 0,
) -> Iterator[Platform]:
    """Make a home with records and a configured Asterisk, nothing of it started; everything is stopped at the end.

    `catalogue` (file → text) takes the place of the house's numbers, queues and flows; `extra` (file → text) is
    appended to Asterisk's configuration. `records` and `bus` are addresses of a PostgreSQL and a Redis that are there
    already, in place of SQLite and a Redis of the platform's own. `engine_log`: what the engine is told and decides is
    written down. `outside`: the loopback port that takes the house's calls to numbers.
    """
    make_home(home)
    make_secrets(home / "secrets", lambda: secrets.token_urlsafe(32))
    routing = home / "config"
    shutil.copytree(TREE / "config" / "asterisk", routing / "asterisk")
    for name, text in catalogue.items():
        (routing / name).parent.mkdir(parents=True, exist_ok=True)
        (routing / name).write_text(text, encoding="utf-8")
    rtp = free_ports(1000)
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "TZ") if name in os.environ} | {
        "CALLCENTER_HOME": str(home),
        "CALLCENTER_ASTERISK__EMBEDDED": "false",
        "CALLCENTER_ASTERISK__AMI_PORT": str(free_port()),
        "CALLCENTER_ASTERISK__HTTP_PORT": str(free_port()),
        "CALLCENTER_ASTERISK__SIP_PORT": str(free_port()),
        "CALLCENTER_ASTERISK__RTP_FIRST": str(rtp.start),
        "CALLCENTER_ASTERISK__RTP_LAST": str(rtp.stop - 1),
        "CALLCENTER_ASTERISK__RING_SECONDS": str(ring_seconds),
        "CALLCENTER_DESKTOP__PORT": str(free_port()),
        "CALLCENTER_ROUTING__DIRECTORY": str(routing),
    }
    environment |= {"CALLCENTER_ROUTING__LOG": str(engine_log).lower()}
    environment |= {"DATABASE_URL": records} if records else {}
    environment |= {"REDIS_URL": bus} if bus else {}
    environment |= {"CALLCENTER_ASTERISK__OUTBOUND_HOST": f"{LOOPBACK}:{outside}"} if outside else {}
    settings = load_settings(environment=environment)
    asyncio.run(_fill_records(settings, employees))
    platform = Platform(
        home=home,
        settings=settings,
        environment=environment,
        asterisk=_switch(settings, employees, kind, extra or {}),
        employees=employees,
    )
    try:
        yield platform
    finally:
        platform.stop()
        platform.asterisk.stop()


@contextlib.contextmanager
def running_platform(
    home: Path, *, employees: Sequence[Employee], ring_seconds: int = 15, engine_log: bool = False
) -> Iterator[Platform]:
    """Start all of it."""
    with laid_out(
        home, employees=employees, catalogue=support_desk(), ring_seconds=ring_seconds, engine_log=engine_log
    ) as platform:
        platform.asterisk.start()
        platform.start()
        yield platform


async def _fill_records(settings: Settings, employees: Sequence[Employee]) -> None:
    async with open_database(settings.database_url) as database, open_passwords() as passwords:
        await upgrade(database)
        hashed = await passwords.hash(PASSWORD)
        people = SqlPeople(database)
        for one in employees:
            new = NewPerson(person=one.person, name=one.person, role=one.role, device=one.device, skills=one.skills)
            await people.add(new, password_hash=hashed)
        # Nobody is there to choose a password of his own at the first sign-in.
        async with database.begin() as connection:
            await connection.execute(update(tables.people).values(must_change_password=False))


def _switch(
    settings: Settings,
    employees: Sequence[Employee],
    kind: DeviceKind,
    extra: Mapping[str, str],
) -> AsteriskInstance:
    catalogue = load_catalogue(
        settings.routing.directory, ring_seconds=settings.asterisk.ring_seconds, country=settings.routing.country
    )
    key = settings.secret("sip-key")
    devices = [one.device for one in employees if one.device is not None]
    installation = Installation(
        settings=settings.asterisk,
        secret=settings.secret("ami"),
        numbers=tuple(Number(number=one.number, queue=catalogue.default_queue) for one in catalogue.numbers),
        queues=tuple(catalogue.queues),
        default_queue=catalogue.default_queue,
        trunks=(Trunk(name="carrier", addresses=settings.asterisk.trunks),),
        devices=tuple(Device(name=name, password=sip_password(key, name), kind=kind) for name in devices),
        sorry=str(settings.sounds / "sorry"),
    )
    (settings.sounds / f"{tone.NAME}.wav").write_bytes(tone.tone_wave())
    settings.voicemail.mkdir(parents=True, exist_ok=True)
    switch = settings.home / "switch"
    dialplan = (settings.routing.directory / "asterisk" / "extensions.conf").read_text(encoding="utf-8")
    files = render(installation, dialplan, Directories(home=str(switch)))
    for name, text in extra.items():
        files[name] = files.get(name, "") + text
    return asterisk_instance(asterisk_command(), switch, files)
