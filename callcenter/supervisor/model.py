"""What the supervisor is told about each process: how to start it, when it is ready, how it is restarted and ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NewType

ProcessName = NewType("ProcessName", str)
"""Name of one supervised process, unique in a plan; also the name of its log file."""


class Kind(StrEnum):
    """Whether a process is expected to stay or to finish."""

    SERVICE = "service"  # runs until it is stopped; started again whenever it ends
    ONE_SHOT = "one_shot"  # does its work once and ends with status 0; never started again


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """Ready when it says so: it sends ``READY=1`` to the datagram socket named in ``NOTIFY_SOCKET`` (sd_notify(3))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpAccepts:
    """Ready when it accepts a TCP connection."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnixAccepts:
    """Ready when it accepts a connection on a Unix socket."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSays:
    """Ready when this command prints `words`; it is not tried before the file `when` exists."""

    argv: tuple[str, ...]
    words: str
    when: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Ready as soon as it runs."""


Readiness = Notified | TcpAccepts | UnixAccepts | CommandSays | Started


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """How long to wait before a service that ended is started again; it is never given up.

    The n-th failure in a row waits ``first_seconds`` × 2ⁿ⁻¹, at most ``longest_seconds``, of which a random half is
    taken off, so that services that fell together do not rise together. A run that stayed ready for
    ``healthy_seconds`` ends the row.
    """

    first_seconds: float = 0.2
    longest_seconds: float = 10.0
    healthy_seconds: float = 10.0

    def delay(self, failures: int, jitter: float) -> float:
        """Return the seconds to wait after the `failures`-th failure in a row; `jitter` is drawn from 0 to 1."""
        doublings = min(failures - 1, 30)
        return float(min(self.longest_seconds, self.first_seconds * 2**doublings) * (0.5 + 0.5 * jitter))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One process of the plan."""

    name: ProcessName
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)  # may hold a database password
    kind: Kind = Kind.SERVICE
    after: frozenset[ProcessName] = frozenset()  # ready (or done) before this one is started for the first time
    ready: Readiness = Started()
    ready_seconds: float = 30.0  # a one-shot's whole time
    stop_seconds: float = 10.0  # from SIGTERM to SIGKILL
    restart: RestartPolicy = RestartPolicy()
    essential: bool = True  # the platform does not start without it
    user: str | None = None  # run as this user; needs root rights
    directory: Path | None = None  # working directory


def check_plan(specs: Iterable[ProcessSpec]) -> tuple[ProcessSpec, ...]:
    """Return the plan in an order in which everything comes after what it needs.

    Raises `ValueError` for a name that is taken twice, a dependency that does not exist, a circle, or something
    essential that waits for something that is not.
    """
    left: dict[ProcessName, ProcessSpec] = {}
    for spec in specs:
        if spec.name in left:
            raise ValueError(f"two processes are named {spec.name}")
        left[spec.name] = spec
    known = frozenset(left)
    for spec in left.values():
        if unknown := spec.after - known:
            raise ValueError(f"{spec.name} waits for {', '.join(sorted(unknown))}, which is not in the plan")
        if spec.essential and (optional := [name for name in spec.after if not left[name].essential]):
            raise ValueError(f"{spec.name} is essential and waits for {', '.join(sorted(optional))}, which is not")
    ordered: list[ProcessSpec] = []
    while left:
        free = [spec for spec in left.values() if spec.after.isdisjoint(left)]
        if not free:
            raise ValueError(f"these processes wait for each other: {', '.join(sorted(left))}")
        ordered += free
        for spec in free:
            del left[spec.name]
    return tuple(ordered)
