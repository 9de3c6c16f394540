"""The supervisor's shell: carries out the machine's commands on real processes and tells it what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, assert_never

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
from callcenter.supervisor.logs import RotatingLog
from callcenter.supervisor.machine import SupervisorMachine
from callcenter.supervisor.model import Kind, Notified, ProcessName, ProcessSpec
from callcenter.supervisor.notification import NotificationSocket
from callcenter.supervisor.process import ChildProcess, log_path
from callcenter.supervisor.readiness import wait_until_ready


class Announcer(Protocol):
    """Who tells people what happens."""

    def progress(self, name: ProcessName, seconds: float) -> None:
        """A process is ready, or a one-shot done."""
        ...

    def running(self) -> None:
        """The whole platform is up."""
        ...

    def restart(self, name: ProcessName, reason: str, delay: float) -> None:
        """A service ended by itself and is started again in `delay` seconds."""
        ...

    def failure(self, name: ProcessName, reason: str, log: Path, tail: list[str]) -> None:
        """The platform cannot start because of `name`; `tail` is the end of what it printed."""
        ...


class Supervisor:
    """Runs one plan from start to stop, once."""

    def __init__(
        self,
        plan: Iterable[ProcessSpec],
        *,
        clock: Callable[[], float],
        jitter: Callable[[], float],
        announcer: Announcer,
        logs: Path,
        sockets: Path,
        setpriv: str | None,
    ) -> None:
        specs = tuple(plan)
        self._specs = {spec.name: spec for spec in specs}
        self._machine = SupervisorMachine(specs, jitter)
        self._clock = clock
        self._announcer = announcer
        self._logs = logs
        self._sockets = sockets
        self._setpriv = setpriv
        self._facts: asyncio.Queue[Event] = asyncio.Queue()
        self._children: dict[ProcessName, ChildProcess] = {}
        self._ready: set[ProcessName] = set()
        self._logs_of: dict[ProcessName, RotatingLog] = {}
        self._ends_wanted: dict[ProcessName, Callable[[ChildProcess], None]] = {}

    async def run(self) -> int:
        """Start everything, keep it up, and return the exit status when all of it is stopped."""
        self._facts.put_nowait(StartRequested())
        async with asyncio.TaskGroup() as children:
            while True:
                for command in await self._next_commands():
                    if isinstance(command, Finish):
                        return command.status
                    self._carry_out(command, children)

    def stop(self) -> None:
        """Stop everything in good order; called again, at once."""
        self._facts.put_nowait(StopRequested())

    def pid(self, name: ProcessName) -> int | None:
        """Return the process id of a child that runs."""
        child = self._children.get(name)
        return None if child is None else child.pid

    def pass_on(self, name: ProcessName, number: signal.Signals) -> None:
        """Send a signal on to a child that is ready for it; one that is just starting reads everything anyway."""
        child = self._children.get(name)
        if child is not None and name in self._ready:
            child.tell(number)

    async def _next_commands(self) -> list[Command]:
        deadline = self._machine.next_deadline()
        seconds = None if deadline is None else max(0.0, deadline - self._clock())
        try:
            async with asyncio.timeout(seconds):
                fact = await self._facts.get()
        except TimeoutError:
            return self._machine.handle_timer(self._clock())
        return self._machine.handle(fact, self._clock())

    def _carry_out(self, command: Command, children: asyncio.TaskGroup) -> None:
        match command:
            case StartProcess(name=name, generation=generation):
                children.create_task(self._run(self._specs[name], generation), name=f"{name}#{generation}")
            case TerminateProcess(name=name):
                self._end(name, ChildProcess.terminate)
            case KillProcess(name=name):
                self._end(name, ChildProcess.kill)
            case AnnounceProgress(name=name, seconds=seconds):
                self._announcer.progress(name, seconds)
            case AnnounceRunning():
                self._announcer.running()
            case AnnounceRestart(name=name, reason=reason, delay=delay):
                self._announcer.restart(name, reason, delay)
            case AnnounceFailure(name=name, reason=reason):
                log = self._logs_of.get(name)
                path = log_path(self._logs, self._specs[name])
                self._announcer.failure(name, reason, path, log.tail() if log is not None else [])
            case Finish():
                pass  # handled in run()
            case _:
                assert_never(command)

    def _end(self, name: ProcessName, how: Callable[[ChildProcess], None]) -> None:
        child = self._children.get(name)
        if child is None:
            self._ends_wanted[name] = how  # it is just being started
        else:
            how(child)

    async def _run(self, spec: ProcessSpec, generation: int) -> None:
        """One life of one process; tells the machine how it ended."""
        with contextlib.ExitStack() as opened:
            log = opened.enter_context(RotatingLog(log_path(self._logs, spec)))
            self._logs_of[spec.name] = log
            environment = dict(spec.environment)
            notification = None
            if isinstance(spec.ready, Notified):
                notification = opened.enter_context(NotificationSocket(self._sockets / f"{spec.name}.notify"))
                environment["NOTIFY_SOCKET"] = notification.address
            fact: Event
            try:
                child = await ChildProcess.start(spec, environment, log, self._setpriv)
            except OSError as error:
                self._ends_wanted.pop(spec.name, None)
                fact = ProcessNotStarted(name=spec.name, generation=generation, reason=str(error))
            else:
                status = await self._live(spec, generation, child, notification)
                fact = ProcessExited(name=spec.name, generation=generation, status=status)
        self._facts.put_nowait(fact)

    async def _live(
        self, spec: ProcessSpec, generation: int, child: ChildProcess, notification: NotificationSocket | None
    ) -> int:
        self._children[spec.name] = child
        if how := self._ends_wanted.pop(spec.name, None):
            how(child)
        try:
            async with asyncio.TaskGroup() as watch:
                if spec.kind is Kind.SERVICE:
                    ready = self._report_ready(spec, generation, notification)
                    watcher = watch.create_task(ready, name=f"{spec.name} ready")
                else:
                    watcher = None
                status = await child.wait()
                if watcher is not None:
                    watcher.cancel()
        finally:
            child.kill()
            self._ready.discard(spec.name)
            del self._children[spec.name]
        return status

    async def _report_ready(self, spec: ProcessSpec, generation: int, notification: NotificationSocket | None) -> None:
        await wait_until_ready(spec.ready, notification)
        self._ready.add(spec.name)
        self._facts.put_nowait(ProcessReady(name=spec.name, generation=generation))
