"""`callcenter serve`: starts the whole platform on this machine, keeps it up, and stops all of it on Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import random  # noqa: TID251 -- jitter of restarts; handed in, so that tests can hold it still
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path

from callcenter.clock import SystemClock
from callcenter.config import AsteriskSettings, Settings, load_settings, notify_address, process_environment
from callcenter.demo.sipp import LOOPBACK, free_port
from callcenter.doctor.ports import ports_in_use
from callcenter.domain.errors import ConfigError
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.sample import bank_address
from callcenter.supervisor.home import check_passage, make_home, make_secrets, sole_user, switch_user
from callcenter.supervisor.model import ProcessName, ProcessSpec
from callcenter.supervisor.notification import notify
from callcenter.supervisor.plan import CTI, Programs, platform_plan
from callcenter.supervisor.programs import find_asterisk, redis_command
from callcenter.supervisor.runner import Supervisor

FIRST_SIGN_IN = "first-sign-in.txt"
SHOWN_SIGN_IN = "first-sign-in.shown.txt"
NUMBERS_TO_TRY = """\
Calls to numbers reach a simulated network, and nobody real: +1 202 555 0142 answers; of all numbers, those that end in
01 are busy, in 02 do not answer, in 03 do not exist. Emergency calls are refused.
"""


def serve(
    *,
    config: Path | None = None,
    home: Path | None = None,
    listen: str | None = None,
    port: int | None = None,
    callers: int = 0,
) -> None:
    """Start everything and keep it up, until SIGTERM or Ctrl-C (twice: at once). SIGHUP: see `callcenter reload`.

    Parameters
    ----------
    config
        Settings file (TOML); without it the installation's own.
    home
        Where records, secrets and logs are.
    listen
        Address at which the agents' pages are served.
    port
        Port at which the agents' pages are served.
    callers
        How many simulated callers may be on the line at once. With any, and without `asterisk.outbound_host`, a
        simulated telephone network takes calls to numbers.
    """
    environment = process_environment()
    given = {
        "CALLCENTER_CONFIG": config and config.resolve(),
        "CALLCENTER_HOME": home and home.resolve(),
        "CALLCENTER_DESKTOP__LISTEN": listen,
        "CALLCENTER_DESKTOP__PORT": port,
    }
    environment |= {name: str(value) for name, value in given.items() if value is not None}
    environment.pop("NOTIFY_SOCKET", None)  # systemd listens to us, not to our children
    settings = load_settings(config, environment)
    environment["CALLCENTER_HOME"] = str(settings.home)
    network = free_port() if wants_network(settings.asterisk, callers) else None
    if network is not None:
        environment["CALLCENTER_ASTERISK__OUTBOUND_HOST"] = f"{LOOPBACK}:{network}"
        settings = load_settings(config, environment)
    make_home(settings.home)
    address = public_address(settings)
    with sole_user(settings.home, f"process {os.getpid()}, {address}"):
        make_secrets(settings.home / "secrets", lambda: secrets.token_urlsafe(32))
        plan = _plan(settings, environment, callers, network)
        _refuse_taken_ports(settings)
        teller = _Teller(settings.home, address, notify_address(), NUMBERS_TO_TRY if network else "")
        sys.exit(asyncio.run(_supervise(settings, plan, teller)))


def wants_network(asterisk: AsteriskSettings, callers: int) -> bool:
    """Tell whether a simulated network takes calls to numbers: with simulated callers, where nobody else takes them."""
    return callers > 0 and asterisk.embedded and not asterisk.outbound_host


def public_address(settings: Settings) -> str:
    """Return what people type into their browsers."""
    desktop = settings.desktop
    if desktop.public_url:
        return desktop.public_url
    scheme = "https" if desktop.tls_certificate else "http"
    host = f"[{desktop.listen}]" if ":" in desktop.listen else desktop.listen
    return f"{scheme}://{host}:{desktop.port}/"


def _plan(
    settings: Settings, environment: dict[str, str], callers: int, network: int | None
) -> tuple[ProcessSpec, ...]:
    asterisk, user = None, None
    if settings.asterisk.embedded:
        asterisk, user = find_asterisk(settings.home, settings.asterisk.command), switch_user()
        if user is not None:
            check_passage(asterisk.command, user)
            check_passage(settings.home / "switch", user)
    redis = redis_command(settings.home / "run") if settings.redis.embedded else None
    programs = Programs(python=Path(sys.executable), redis=redis, asterisk=asterisk)
    return platform_plan(
        settings,
        programs,
        environment=environment,
        switch_user=user,
        callers=callers,
        bank=_bank(settings),
        network=network,
    )


def _bank(settings: Settings) -> tuple[str, int] | None:
    return bank_address(load_hosts(settings.routing.directory)) if settings.demo.bank else None


def _refuse_taken_ports(settings: Settings) -> None:
    if taken := ports_in_use(settings, bank=_bank(settings)):
        lines = "; ".join(f"{port.what} ({port.kind} {port.host}:{port.number}, {port.setting})" for port in taken)
        raise ConfigError("ports", f"in use by other programs: {lines}. Stop those, or set other ports")


async def _supervise(settings: Settings, plan: tuple[ProcessSpec, ...], teller: _Teller) -> int:
    supervisor = Supervisor(
        plan,
        clock=SystemClock().monotonic,
        jitter=random.SystemRandom().random,
        announcer=teller,
        logs=settings.home / "logs",
        sockets=settings.home / "run",
        setpriv=shutil.which("setpriv"),
    )

    def stop() -> None:
        teller.stopping()
        supervisor.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if not sys.stdin.isatty():  # at a terminal, SIGHUP says that its window was closed
        loop.add_signal_handler(signal.SIGHUP, supervisor.pass_on, CTI, signal.SIGHUP)
    return await supervisor.run()


class _Teller:
    """Says on the terminal, and to systemd, what the supervisor does."""

    def __init__(self, home: Path, address: str, systemd: str, to_try: str) -> None:
        self._home = home
        self._address = address
        self._systemd = systemd
        self._to_try = to_try

    def progress(self, name: ProcessName, seconds: float) -> None:
        self._say(f"    {name:<10} {seconds:5.1f} s")

    def running(self) -> None:
        notify(self._systemd, "READY=1", f"STATUS=serving at {self._address}")
        self._say(f"\nThe platform is up: {self._address}\n")
        self._say(self._sign_in())
        self._say(self._to_try)
        self._say(f"Logs: {self._home / 'logs'}. Ctrl-C stops everything.")

    def stopping(self) -> None:
        notify(self._systemd, "STOPPING=1")
        self._say("\nStopping; once more to stop at once.")

    def restart(self, name: ProcessName, reason: str, delay: float) -> None:
        now = time.strftime("%H:%M:%S")
        self._say(f"{now} {name} {reason}; starting it again in {delay:.1f} s (logs/{name}.log)")

    def failure(self, name: ProcessName, reason: str, log: Path, tail: list[str]) -> None:
        self._say(f"\nFailed: {name} {reason}, so the platform was not started.")
        self._say("\n".join(f"    | {line}" for line in tail))
        self._say(f"   Why: the last lines of {log} are above.")
        self._say("    Do: mend what they say, then start again; `callcenter doctor` looks at the whole machine.\n")

    def _sign_in(self) -> str:
        fresh, shown = self._home / FIRST_SIGN_IN, self._home / SHOWN_SIGN_IN
        if fresh.exists():
            text = fresh.read_text(encoding="utf-8")
            fresh.replace(shown)
            return f"{text.rstrip()}\n\nThese are shown once; {shown} keeps them for you until you delete it.\n"
        if shown.exists():
            return f"How to sign in: see {shown}.\n"
        return ""

    def _say(self, text: str) -> None:
        if text:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
