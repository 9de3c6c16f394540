"""Which processes make a platform, in which order. Pure: settings in, specifications out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callcenter.config import Settings
from callcenter.supervisor.model import (
    CommandSays,
    Kind,
    Notified,
    ProcessName,
    ProcessSpec,
    RestartPolicy,
    TcpAccepts,
    UnixAccepts,
)
from callcenter.supervisor.programs import AsteriskProgram

REDIS = ProcessName("redis")
PREPARE = ProcessName("prepare")
ASTERISK = ProcessName("asterisk")
CTI = ProcessName("cti")
DESKTOP = ProcessName("desktop")
BANK = ProcessName("bank")
CALLERS = ProcessName("callers")
NETWORK = ProcessName("network")

# What people notice at once is back at once; a crash on every start costs a second's pause, not a busy core.
_URGENT = RestartPolicy(first_seconds=0.1, longest_seconds=1.0)

_PLAIN_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """What the plan starts. None: somebody else runs it."""

    python: Path
    redis: Path | None
    asterisk: AsteriskProgram | None


def platform_plan(
    settings: Settings,
    programs: Programs,
    *,
    environment: Mapping[str, str],
    switch_user: str | None,
    callers: int = 0,
    bank: tuple[str, int] | None = None,
    network: int | None = None,
) -> tuple[ProcessSpec, ...]:
    """Return the processes of one platform.

    `environment` goes to our own processes, which read the same settings from it; foreign programs get the few
    variables that every program wants, and no secrets. `switch_user` is the user as which Asterisk runs, `bank` where
    the sample bank is to listen, `network` the loopback port at which the simulated telephone network takes calls.
    """
    plain = {name: environment[name] for name in _PLAIN_VARIABLES if name in environment}
    ours = dict(environment)
    python = str(programs.python)
    plan: list[ProcessSpec] = []

    if programs.redis is not None:
        plan.append(_redis(settings, programs.redis, plain))
    plan.append(
        ProcessSpec(
            name=PREPARE,
            argv=(python, "-m", "callcenter", "prepare"),
            environment=ours,
            kind=Kind.ONE_SHOT,
            ready_seconds=300,  # a migration of many records takes its time
        )
    )
    if programs.asterisk is not None:
        plan.append(_asterisk(settings, programs.asterisk, plain, switch_user))
    plan.extend(
        ProcessSpec(
            name=ProcessName(f"speech-{number}"),
            argv=(
                *(python, "-m", "ivr.tts.worker"),
                *("--socket", str(socket), "--directory", str(settings.sounds)),
                *(("--wideband",) if settings.speech.wideband else ()),
            ),
            environment=plain,
            ready=UnixAccepts(path=socket),
            restart=_URGENT,
        )
        for number, socket in enumerate(settings.speech_sockets, start=1)
    )
    if bank is not None:
        host, port = bank
        plan.append(
            ProcessSpec(
                name=BANK,
                argv=(python, "-m", "callcenter", "bank"),
                environment=ours,
                after=frozenset({PREPARE}),
                ready=TcpAccepts(host=host, port=port),
                ready_seconds=60,  # the first time it hashes some hundred PINs
                restart=_URGENT,
                essential=False,
            )
        )
    if network is not None:
        plan.append(
            ProcessSpec(
                name=NETWORK,
                argv=(python, "-m", "callcenter", "network", "--port", str(network)),
                environment=ours,
                after=frozenset({PREPARE}),
                essential=False,
            )
        )
    there = frozenset(spec.name for spec in plan if spec.essential)
    plan.append(
        ProcessSpec(
            name=CTI,
            argv=(python, "-m", "callcenter", "cti"),
            environment=ours,
            after=there,
            ready=Notified(),
            ready_seconds=60,
            restart=_URGENT,
        )
    )
    plan.append(
        ProcessSpec(
            name=DESKTOP,
            argv=(python, "-m", "agent_desktop"),
            environment=ours,
            after=there & {REDIS, PREPARE},
            ready=TcpAccepts(host=_reachable(settings.desktop.listen), port=settings.desktop.port),
            restart=_URGENT,
        )
    )
    if callers:
        plan.append(
            ProcessSpec(
                name=CALLERS,
                argv=(python, "-m", "callcenter", "callers", "--at-once", str(callers)),
                environment=ours,
                after=frozenset({CTI, DESKTOP}),
                essential=False,
            )
        )
    return tuple(plan)


def _redis(settings: Settings, command: Path, environment: Mapping[str, str]) -> ProcessSpec:
    socket = settings.home / "run" / "redis.sock"
    return ProcessSpec(
        name=REDIS,
        # A Unix socket in a folder of ours and no port: nobody else on this machine can speak to it. Nothing is kept
        # on disk, since nothing in it outlives the processes that it joins.
        argv=(
            *(str(command), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--dir", str(settings.home / "run")),
        ),
        environment=environment,
        ready=UnixAccepts(path=socket),
        restart=_URGENT,
    )


def _asterisk(
    settings: Settings, program: AsteriskProgram, environment: Mapping[str, str], user: str | None
) -> ProcessSpec:
    switch = settings.home / "switch"
    command = (str(program.command), "-C", str(switch / "etc" / "asterisk.conf"), "-n")
    return ProcessSpec(
        name=ASTERISK,
        argv=(*command, "-f"),
        environment=environment,
        after=frozenset({PREPARE}),
        # Asked at its console, not at its manager: the manager lets each user in once, and that is the CTI server.
        ready=CommandSays(
            argv=(*command, "-r", "-x", "core waitfullybooted"),
            words="fully booted",
            when=switch / "run" / "asterisk.ctl",
        ),
        ready_seconds=60,
        stop_seconds=15,
        restart=_URGENT,
        user=user,
        directory=switch / "run",
    )


def _reachable(listen: str) -> str:
    """Return an address at which a server that listens there can be asked from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(listen, listen)  # noqa: S104 -- compared, not bound
