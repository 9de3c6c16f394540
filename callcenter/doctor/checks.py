"""The checks of `callcenter doctor`. A new one is a function of `Examination`, added to `CHECKS`."""

from __future__ import annotations

import asyncio
import ctypes.util
import shutil
import stat
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import redis.asyncio
from redis.exceptions import RedisError

from callcenter.asterisk.sections import READ_RIGHTS, WRITE_RIGHTS
from callcenter.doctor.findings import Check, Examination, Finding, failure, good, warning
from callcenter.doctor.hosts import check_hosts, sample_bank
from callcenter.doctor.ports import ports_in_use, taken_rtp_ports
from callcenter.domain.errors import ConfigError, ExternalFailure
from callcenter.ports import Clock
from callcenter.storage.database import open_database
from callcenter.storage.schema import is_current
from callcenter.supervisor.ami_probe import ManagerProbe, ProbeFailed, manager_login
from callcenter.supervisor.programs import AsteriskProgram, find_asterisk, find_redis

TESTED_MAJOR = 22
ROOM_NEEDED, ROOM_WANTED = 500_000_000, 5_000_000_000
"""Bytes of disk: below the first nothing can be relied on; a busy day of logs and recordings fits into the second."""

_PATIENCE = 5.0
"""Seconds a server may take to answer."""

NEEDED_ACTIONS = frozenset(
    {"AGI", "ControlPlayback", "DeviceStateList", "Hangup", "Originate", "QueueAdd", "QueuePause", "QueueRemove"}
    | {"QueueStatus", "Redirect", "Setvar", "Status"}
)
UNWANTED_ACTIONS = frozenset({"Command", "UpdateConfig", "ModuleLoad"})
"""What the login must not be able to do: each of them is worth a shell."""

SPOKEN_VOICES = {"en-us": "English", "cmn-latn-pinyin": "Chinese (Mandarin)"}


async def check_ports(examination: Examination) -> list[Finding]:
    """Our ports are free, or ours."""
    if examination.running:
        return [good("The platform is running, so its ports are its own.")]
    settings = examination.settings
    findings = [
        failure(
            f"Port {port.number} ({port.kind}, {port.what}) on {port.host} is used by another program.",
            f"Find it with: ss -lnp | grep {port.number}; stop it or set {port.setting} to another port.",
        )
        for port in ports_in_use(settings, bank=sample_bank(settings))
    ]
    if settings.asterisk.embedded and (taken := taken_rtp_ports(settings)):
        findings.append(
            warning(
                f"{len(taken)} ports of the voice range are used by other programs ({taken[0]} is the first).",
                "Calls step over them; with many of them set asterisk.rtp_first and rtp_last to another range.",
            )
        )
    return findings or [good("All ports are free.")]


async def check_asterisk(examination: Examination) -> list[Finding]:
    """An Asterisk that is new enough, with every module without which calls go wrong."""
    settings = examination.settings
    if not settings.asterisk.embedded:
        return [good(f"Asterisk is run by somebody else, at {settings.asterisk.host}.")]
    try:
        program = find_asterisk(settings.home, settings.asterisk.command)
    except ConfigError as error:
        return [failure(f"No usable Asterisk: {error}.", "Run scripts/install_asterisk.")]
    findings = [good(f"Asterisk {program.version} is at {program.command}.")]
    if program.major > TESTED_MAJOR:
        findings.append(
            warning(
                f"Asterisk {program.version} is a new major version; this platform was tested with {TESTED_MAJOR}.",
                "Run scripts/test before you rely on it.",
            )
        )
    return findings + _modules(program)


def _modules(program: AsteriskProgram) -> list[Finding]:
    folder = program.modules
    if folder is None:
        return [
            warning(
                "Where this Asterisk keeps its modules is not known, so they were not looked at.",
                "It refuses to start without a module that calls need, and says which.",
            )
        ]
    missing = [name for name in required_modules() if not (folder / f"{name}.so").exists()]
    if missing:
        return [
            failure(
                f"Asterisk lacks modules that calls need: {', '.join(missing)}.",
                "Install the package or build option that holds them, or run scripts/install_asterisk --private.",
            )
        ]
    return [good("It has every module that calls need.")]


def required_modules() -> list[str]:
    """Return the names in config/asterisk/required_modules."""
    listed = Path(__file__).parents[2] / "config" / "asterisk" / "required_modules"
    lines = (line.partition("#")[0].strip() for line in listed.read_text(encoding="ascii").splitlines())
    return [line for line in lines if line]


async def check_manager(examination: Examination) -> list[Finding]:
    """The Manager Interface lets the CTI server in, with the rights it needs and none that are worth a shell."""
    asterisk = examination.settings.asterisk
    if asterisk.embedded and not examination.running:
        return [good("Asterisk's manager is looked at while the platform runs.")]
    try:
        secret = examination.settings.secret("ami")
        async with (
            asyncio.timeout(_PATIENCE),
            manager_login(asterisk.host, asterisk.ami_port, asterisk.ami_user, secret) as probe,
        ):
            return await _rights(probe)
    except ConfigError as error:
        return [failure(f"The manager's secret is missing: {error}.", "Start once with scripts/run; it makes one.")]
    except TimeoutError:
        return [failure("Asterisk's manager does not answer.", "See logs/asterisk.log; is the machine overloaded?")]
    except ProbeFailed as error:
        if "already in use" in str(error).lower():
            return [good("The CTI server is logged in at Asterisk's manager.")]
        return [
            failure(
                f"Asterisk's manager: {error}.",
                f"Compare {asterisk.ami_user!r} in Asterisk's manager.conf with secrets/ami, and asterisk.ami_port.",
            )
        ]


async def _rights(probe: ManagerProbe) -> list[Finding]:
    allowed = set(await probe.ask("ListCommands"))
    findings = []
    if lacking := sorted(name for name in NEEDED_ACTIONS if name.lower() not in allowed):
        findings.append(
            failure(
                f"The manager's login may not do what calls need: {', '.join(lacking)}.",
                f"Give it in manager.conf: write = {WRITE_RIGHTS} and read = {READ_RIGHTS}.",
            )
        )
    if excess := sorted(name for name in UNWANTED_ACTIONS if name.lower() in allowed):
        findings.append(
            warning(
                f"The manager's login may do more than is good: {', '.join(excess)}.",
                "Take system, command and config out of its write rights in manager.conf.",
            )
        )
    return findings or [good(f"{probe.banner}: the login works and has the rights it needs, and no more.")]


async def check_microphone(examination: Examination) -> list[Finding]:
    """Browsers give a page the microphone only over https, or from this very machine (W3C Secure Contexts, 3.1)."""
    desktop = examination.settings.desktop
    scheme = "https" if desktop.tls_certificate else "http"
    host = f"[{desktop.listen}]" if ":" in desktop.listen else desktop.listen
    address = urlsplit(desktop.public_url or f"{scheme}://{host}:{desktop.port}")
    if address.scheme == "https" or _is_this_machine(address.hostname or ""):
        return [good(f"Browsers will let the softphone use the microphone at {address.geturl()}.")]
    return [
        failure(
            f"Browsers refuse the microphone at {address.geturl()}: it is neither https nor this machine.",
            "Set desktop.tls_certificate and tls_key, or put a proxy with https in front and set desktop.public_url.",
        )
    ]


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_clock(clock: Clock, pause: float = 0.5) -> Check:
    """Return the check of the machine's time: both clocks run alike, and somebody keeps the wall clock right."""

    async def check(_examination: Examination) -> list[Finding]:
        monotonic, utc = clock.monotonic(), clock.utc()
        await asyncio.sleep(pause)
        drift = abs((clock.utc() - utc).total_seconds() - (clock.monotonic() - monotonic))
        findings = []
        if drift > 0.1:
            findings.append(
                warning(
                    f"The wall clock jumped by {drift:.1f} s while we looked; recorded times will not fit together.",
                    "Let one service keep the time (systemd-timesyncd or chrony), and slewing, not stepping.",
                )
            )
        if clock.utc() < _built() - timedelta(days=1):
            findings.append(
                failure(
                    f"The clock says {clock.utc():%Y-%m-%d %H:%M} UTC, which is before this software was made.",
                    "Set it: certificates and records depend on it.",
                )
            )
        if await _synchronised() is False:
            findings.append(
                warning(
                    "The clock is not synchronised with any time service.",
                    "timedatectl set-ntp true, so that records of this machine and others agree.",
                )
            )
        return findings or [good(f"The clock runs evenly; it is {clock.utc():%Y-%m-%d %H:%M} UTC.")]

    return check


def _built() -> datetime:
    return datetime.fromisoformat("2026-01-01T00:00:00+00:00")


async def _synchronised() -> bool | None:
    """Ask systemd; None where it cannot be asked."""
    if shutil.which("timedatectl") is None:
        return None
    process = await asyncio.create_subprocess_exec(
        *("timedatectl", "show", "--property", "NTPSynchronized", "--value"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return {b"yes": True, b"no": False}.get(output.strip())


def check_disk(free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free) -> Check:
    """Return the check of the room left where the home is."""

    async def check(examination: Examination) -> list[Finding]:
        home = examination.settings.home
        place = next(folder for folder in (home, *home.parents) if folder.exists())
        free = free_bytes(place)
        remedy = f"Make room on the disk of {place}, or choose another home with --home."
        if free < ROOM_NEEDED:
            return [failure(f"Only {free / 1e6:.0f} MB are left for {home}; the journal cannot be relied on.", remedy)]
        if free < ROOM_WANTED:
            return [warning(f"{free / 1e9:.1f} GB are left for {home}, little for a busy day.", remedy)]
        return [good(f"{free / 1e9:.0f} GB are left for {home}.")]

    return check


async def check_secrets(examination: Examination) -> list[Finding]:
    """Nobody else can read the secrets."""
    directory = examination.settings.secrets
    if not directory.exists():
        return [good("No secrets yet; the first start makes them.")]
    open_to_others = [
        path.name for path in [directory, *directory.iterdir()] if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_to_others:
        return [
            failure(
                f"Others on this machine can read {', '.join(open_to_others)} in {directory}.",
                f"chmod -R go= {directory}; delete those somebody may have read: the next start makes new ones.",
            )
        ]
    return [good("The secrets can be read by nobody else.")]


async def check_speech(_examination: Examination) -> list[Finding]:
    """The speech engine is there, with the voices of our prompts. It is asked in a process of its own (GPL)."""
    if ctypes.util.find_library("espeak-ng") is None:
        return [failure("The speech engine is missing.", "apt-get install libespeak-ng1 espeak-ng-data")]
    code = "import pyttsx3; print(*(v.id for v in pyttsx3.init('espeak').getProperty('voices')))"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(20):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return [failure("The speech engine hangs.", "Reinstall libespeak-ng1 and espeak-ng-data.")]
    voices = {identifier.rpartition("/")[2] for identifier in output.decode("utf-8", "replace").lower().split()}
    if lacking := [language for voice, language in SPOKEN_VOICES.items() if voice not in voices]:
        return [failure(f"The speech engine has no voice for {', '.join(lacking)}.", "apt-get install espeak-ng-data")]
    return [good(f"The speech engine speaks {' and '.join(SPOKEN_VOICES.values())}.")]


async def check_redis(examination: Examination) -> list[Finding]:
    """Redis answers, or can be started."""
    settings = examination.settings
    if settings.redis.embedded and not examination.running:
        try:
            return [good(f"Redis will be started from {find_redis()}.")]
        except ConfigError as error:
            return [failure(f"No Redis: {error}.", "apt-get install redis-tools, or set REDIS_URL.")]
    client = redis.asyncio.Redis.from_url(settings.redis_url, socket_timeout=_PATIENCE)
    try:
        await client.dbsize()
    except (RedisError, OSError) as error:
        return [
            failure(
                f"Redis does not answer ({type(error).__name__}).",
                "Is it running, and is REDIS_URL right? Desktops show nothing without it; calls go on.",
            )
        ]
    finally:
        await client.aclose()
    return [good("Redis answers.")]


async def check_database(examination: Examination) -> list[Finding]:
    """The records can be reached."""
    settings = examination.settings
    if not settings.database.url and not (settings.home / "records.sqlite").exists():
        return [good("No records yet; the first start makes them.")]
    try:
        async with asyncio.timeout(2 * _PATIENCE), open_database(settings.database_url) as database:
            current = await is_current(database)
    except TimeoutError:
        return [failure("The database of the records does not answer.", "Is its machine reachable and awake?")]
    except (ExternalFailure, ConfigError) as error:
        return [
            failure(
                f"The records cannot be reached: {error}.",
                "Is the database running, and is DATABASE_URL right? Nobody can sign in without it; calls go on.",
            )
        ]
    if not current:
        return [warning("The records are not those of this version yet.", "The next start upgrades them.")]
    return [good("The database of the records answers.")]


def all_checks(clock: Clock) -> tuple[Check, ...]:
    """Return the checks in the order in which they are shown."""
    return (
        check_ports,
        check_asterisk,
        check_manager,
        check_redis,
        check_database,
        check_speech,
        check_hosts,
        check_microphone,
        check_clock(clock),
        check_disk(),
        check_secrets,
    )
