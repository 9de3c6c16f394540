"""One running child process: started by argv, watched, ended with everything it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from callcenter.supervisor.logs import RotatingLog
from callcenter.supervisor.model import ProcessSpec

_LAST_WORDS = 1.0
"""Seconds a dead process's output is still read; something that left its group may hold it open."""


class ChildProcess:
    """A child in a session of its own: the terminal's Ctrl-C does not reach it, and its group can be ended as one.

    It is killed when the supervisor dies, however that happens (``setpriv --pdeathsig``; Linux).
    """

    def __init__(self, process: asyncio.subprocess.Process, output: _Output) -> None:
        self._process = process
        self._output = output

    @classmethod
    async def start(
        cls, spec: ProcessSpec, environment: Mapping[str, str], log: RotatingLog, setpriv: str | None
    ) -> ChildProcess:
        """Start it; what it prints goes to `log`. `setpriv` is util-linux's program. Raises `OSError`."""
        # Behind setpriv a missing program would be one that started and ended.
        if shutil.which(spec.argv[0], path=environment.get("PATH")) is None:
            raise FileNotFoundError(f"there is no program {spec.argv[0]}")
        # A pipe of our own: asyncio's would let wait() hang on a grandchild that inherited it.
        reading, writing = os.pipe()
        output = _Output(log)
        try:
            await asyncio.get_running_loop().connect_read_pipe(lambda: output, os.fdopen(reading, "rb", 0))
            process = await asyncio.create_subprocess_exec(
                *guarded(spec, setpriv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                env=dict(environment),
                cwd=spec.directory,
                start_new_session=True,
            )
        except BaseException:
            output.close()
            raise
        finally:
            os.close(writing)
        return cls(process, output)

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for its end, end whatever it left behind, and return its status (minus the signal's number)."""
        try:
            status = await self._process.wait()
        finally:
            self._signal_group(signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                await self._output.closed.wait()
        self._output.close()
        return status

    def terminate(self) -> None:
        """Ask it to end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def tell(self, number: signal.Signals) -> None:
        """Send it, and nothing that it started, a signal."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it and all it started."""
        if self._process.returncode is None:
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


class _Output(asyncio.Protocol):
    """Copies a process's output to its log as it comes."""

    def __init__(self, log: RotatingLog) -> None:
        self._log = log
        self._transport: asyncio.BaseTransport | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._log.write(data)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        self.closed.set()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def guarded(spec: ProcessSpec, setpriv: str | None) -> tuple[str, ...]:
    """Return the argv that starts `spec` bound to our life and, if it says so, as another user."""
    if setpriv is None:
        if spec.user is not None:
            raise FileNotFoundError(f"setpriv (util-linux) is needed to run {spec.name} as {spec.user}")
        return spec.argv
    # The kernel forgets the signal when a process changes its user, so it is setpriv that sets it, afterwards.
    guard = [setpriv, "--pdeathsig", "KILL"]
    if spec.user is not None:
        guard += ["--reuid", spec.user, "--regid", spec.user, "--init-groups", "--no-new-privs"]
    return (*guard, "--", *spec.argv)


def log_path(directory: Path, spec: ProcessSpec) -> Path:
    """Return where the output of `spec` goes."""
    return directory / f"{spec.name}.log"
