"""The supervisor's decisions: facts in, commands out, time and randomness as arguments.

One process goes through these states::

    WAITING ──dependencies ready──▶ STARTING ──answers──▶ READY
                                       │  ▲                 │
                                exits  │  │ delay over      │ exits
                                       ▼  │                 ▼
                                     BACKING_OFF ◀──────────┘          a one-shot: STARTING ──status 0──▶ DONE

    any of them ──stop──▶ STOPPING ──exits──▶ STOPPED

Until the platform has been up once, a process that fails stops the start: nothing stays up half. Afterwards a
service that ends is started again, for ever. A running process is never touched because something it depends on
fell: its own connections find their way back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from callcenter.supervisor.commands import (
    AnnounceFailure,
    AnnounceProgress,
    AnnounceRestart,
    AnnounceRunning,
    Command,
    Finish,
    KillProcess,
    StartProcess,
    TerminateProcess,
)
from callcenter.supervisor.events import (
    Event,
    ProcessExited,
    ProcessNotStarted,
    ProcessReady,
    StartRequested,
    StopRequested,
)
from callcenter.supervisor.model import Kind, ProcessName, ProcessSpec, check_plan


class State(StrEnum):
    """Where one process stands."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    DONE = "done"
    BACKING_OFF = "backing_off"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Phase(StrEnum):
    """Where the platform stands."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"


_ALIVE = frozenset({State.STARTING, State.READY, State.STOPPING})
_SETTLED = frozenset({State.READY, State.DONE})


@dataclass(slots=True, kw_only=True)
class _Process:
    spec: ProcessSpec
    state: State = State.WAITING
    generation: int = 0
    since: float = 0.0
    deadline: float | None = None
    failures: int = 0


class SupervisorMachine:
    """Decides about all processes of one plan. `jitter` draws from 0 to 1."""

    def __init__(self, plan: Iterable[ProcessSpec], jitter: Callable[[], float]) -> None:
        self._processes = {spec.name: _Process(spec=spec) for spec in check_plan(plan)}
        self._jitter = jitter
        self._exit_status = 0
        self.phase = Phase.IDLE

    # --- what the shell asks ---

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take in one fact. Never raises: a fact about an older generation is simply out of date."""
        match event:
            case StartRequested():
                return self._start(now)
            case StopRequested():
                return self._stop_now() if self.phase is Phase.STOPPING else self._stop(now)
            case ProcessReady():
                return self._became_ready(event, now)
            case ProcessExited():
                return self._ended(event.name, event.generation, event.status, _reason(event.status), now)
            case ProcessNotStarted():
                return self._ended(event.name, event.generation, None, event.reason, now)
            case _:
                assert_never(event)

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` wants to be called, or None."""
        return min((p.deadline for p in self._processes.values() if p.deadline is not None), default=None)

    def handle_timer(self, now: float) -> list[Command]:
        """Act on every deadline that has passed."""
        commands: list[Command] = []
        for process in self._processes.values():
            if process.deadline is not None and process.deadline <= now:
                commands += self._overdue(process, now)
        return commands

    def state(self, name: ProcessName) -> State:
        """Return where one process stands."""
        return self._processes[name].state

    # --- going up ---

    def _start(self, now: float) -> list[Command]:
        if self.phase is not Phase.IDLE:
            return []
        self.phase = Phase.STARTING
        return self._advance(now)

    def _advance(self, now: float) -> list[Command]:
        commands: list[Command] = [
            self._launch(process, now)
            for process in self._processes.values()
            if process.state is State.WAITING
            and all(self._processes[name].state in _SETTLED for name in process.spec.after)
        ]
        if self.phase is Phase.STARTING and all(
            p.state in _SETTLED for p in self._processes.values() if p.spec.essential
        ):
            self.phase = Phase.RUNNING
            commands.append(AnnounceRunning())
        return commands

    def _launch(self, process: _Process, now: float) -> Command:
        process.generation += 1
        process.state = State.STARTING
        process.since = now
        process.deadline = now + process.spec.ready_seconds
        return StartProcess(name=process.spec.name, generation=process.generation)

    def _became_ready(self, event: ProcessReady, now: float) -> list[Command]:
        process = self._processes[event.name]
        if (
            process.generation != event.generation
            or process.state is not State.STARTING
            or process.spec.kind is Kind.ONE_SHOT
        ):
            return []
        return [self._settle(process, State.READY, now), *self._advance(now)]

    def _settle(self, process: _Process, state: State, now: float) -> Command:
        seconds = now - process.since
        process.state = state
        process.since = now
        process.deadline = None
        return AnnounceProgress(name=process.spec.name, seconds=seconds)

    # --- ends that nobody asked for ---

    def _ended(self, name: ProcessName, generation: int, status: int | None, reason: str, now: float) -> list[Command]:
        process = self._processes[name]
        if process.generation != generation or process.state not in _ALIVE:
            return []
        if self.phase is Phase.STOPPING:
            process.state = State.STOPPED
            process.deadline = None
            return self._stop_next(now)
        if process.spec.kind is Kind.ONE_SHOT and status == 0:
            return [self._settle(process, State.DONE, now), *self._advance(now)]
        if self._must_not_fail(process):
            process.state = State.STOPPED
            process.deadline = None
            return self._fail(process, reason, now)
        return [self._back_off(process, reason, now)]

    def _must_not_fail(self, process: _Process) -> bool:
        """A one-shot never may; an essential service may not before its first answer while all goes up."""
        return process.spec.kind is Kind.ONE_SHOT or (
            process.spec.essential
            and self.phase is Phase.STARTING
            and process.state is State.STARTING
            and process.failures == 0
        )

    def _back_off(self, process: _Process, reason: str, now: float) -> Command:
        policy = process.spec.restart
        if process.state is State.READY and now - process.since >= policy.healthy_seconds:
            process.failures = 0
        process.failures += 1
        delay = policy.delay(process.failures, self._jitter())
        process.state = State.BACKING_OFF
        process.deadline = now + delay
        return AnnounceRestart(name=process.spec.name, reason=reason, delay=delay)

    def _fail(self, process: _Process, reason: str, now: float) -> list[Command]:
        self._exit_status = 1
        return [AnnounceFailure(name=process.spec.name, reason=reason), *self._stop(now)]

    def _overdue(self, process: _Process, now: float) -> list[Command]:
        process.deadline = None
        if process.state is State.BACKING_OFF:
            return [self._launch(process, now)]
        if process.state is State.STARTING and self._must_not_fail(process):
            return self._fail(process, f"not ready after {process.spec.ready_seconds:g} s", now)
        # Late in stopping, or late in coming back: its end is then an end like any other.
        return [KillProcess(name=process.spec.name)]

    # --- going down, last started first ---

    def _stop(self, now: float) -> list[Command]:
        if self.phase in {Phase.STOPPING, Phase.FINISHED}:
            return []
        self.phase = Phase.STOPPING
        return self._stop_next(now)

    def _stop_next(self, now: float) -> list[Command]:
        commands: list[Command] = []
        needed = {
            name for p in self._processes.values() if p.state in _ALIVE for name in p.spec.after
        }  # by somebody who still runs
        for process in self._processes.values():
            if process.state not in _ALIVE:
                process.state = State.STOPPED
                process.deadline = None
            elif process.state is not State.STOPPING and process.spec.name not in needed:
                process.state = State.STOPPING
                process.deadline = now + process.spec.stop_seconds
                commands.append(TerminateProcess(name=process.spec.name))
        if all(p.state is State.STOPPED for p in self._processes.values()):
            self.phase = Phase.FINISHED
            commands.append(Finish(status=self._exit_status))
        return commands

    def _stop_now(self) -> list[Command]:
        alive = [p for p in self._processes.values() if p.state in _ALIVE]
        for process in alive:
            process.state = State.STOPPING
            process.deadline = None
        return [KillProcess(name=process.spec.name) for process in alive]


def _reason(status: int) -> str:
    return f"killed by signal {-status}" if status < 0 else f"ended with status {status}"
