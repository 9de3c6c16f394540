"""What the supervisor's machine wants done."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.supervisor.model import ProcessName


@dataclass(frozen=True, slots=True, kw_only=True)
class StartProcess:
    """Start it, and watch for its readiness."""

    name: ProcessName
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateProcess:
    """Ask it to end (SIGTERM)."""

    name: ProcessName


@dataclass(frozen=True, slots=True, kw_only=True)
class KillProcess:
    """End it and everything it started (SIGKILL to its process group)."""

    name: ProcessName


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceProgress:
    """Tell people that a process is ready (or done) and how many seconds it took."""

    name: ProcessName
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceRunning:
    """Tell people, and systemd, that the whole platform is up. Said once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceRestart:
    """Tell people that a service ended by itself and will be started again in `delay` seconds."""

    name: ProcessName
    reason: str
    delay: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceFailure:
    """Tell people that the platform cannot start because of this process; everything is being stopped."""

    name: ProcessName
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Nothing runs any more; leave with this exit status."""

    status: int


Command = (
    StartProcess
    | TerminateProcess
    | KillProcess
    | AnnounceProgress
    | AnnounceRunning
    | AnnounceRestart
    | AnnounceFailure
    | Finish
)
