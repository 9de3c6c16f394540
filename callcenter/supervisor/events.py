"""Facts told to the supervisor's machine. `generation` counts the starts of one process; old ones change nothing."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.supervisor.model import ProcessName


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequested:
    """Somebody wants the platform up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested:
    """Somebody wants the platform down; said twice, at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessReady:
    """A service answers."""

    name: ProcessName
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessExited:
    """A process and all it started are gone. `status`: exit status, or minus the number of the signal that ended it."""

    name: ProcessName
    generation: int
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessNotStarted:
    """The system refused to start a process."""

    name: ProcessName
    generation: int
    reason: str


Event = StartRequested | StopRequested | ProcessReady | ProcessExited | ProcessNotStarted
