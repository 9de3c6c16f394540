"""Real processes under the supervisor: order, restarts, ends, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.supervisor.model import (
    Kind,
    Notified,
    ProcessName,
    ProcessSpec,
    Readiness,
    RestartPolicy,
    Started,
    TcpAccepts,
    UnixAccepts,
)
from callcenter.supervisor.notification import notify
from callcenter.supervisor.runner import Supervisor
from tests.support.servers import TREE, free_port

A, B = ProcessName("a"), ProcessName("b")
AT_ONCE = Started()


class Diary:
    """An announcer that writes down what it is told and lets a test wait for it."""

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.restarted = asyncio.Event()
        self.ready: list[ProcessName] = []
        self.failures: list[tuple[ProcessName, str, list[str]]] = []
        self.reasons: list[str] = []

    def progress(self, name: ProcessName, seconds: float) -> None:
        assert seconds >= 0
        self.ready.append(name)
        if self.reasons:
            self.restarted.set()

    def running(self) -> None:
        self.up.set()

    def restart(self, name: ProcessName, reason: str, delay: float) -> None:
        assert (name, delay) > (ProcessName(""), 0)
        self.reasons.append(reason)

    def failure(self, name: ProcessName, reason: str, log: Path, tail: list[str]) -> None:
        assert log.exists()
        self.failures.append((name, reason, tail))


def python(
    name: ProcessName,
    code: str,
    *after: ProcessName,
    ready: Readiness = AT_ONCE,
    kind: Kind = Kind.SERVICE,
    stop_seconds: float = 10.0,
    user: str | None = None,
) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        argv=(sys.executable, "-c", code),
        environment={"PATH": os.environ["PATH"], "PYTHONPATH": str(TREE)},
        after=frozenset(after),
        ready=ready,
        kind=kind,
        stop_seconds=stop_seconds,
        restart=RestartPolicy(first_seconds=0.05, longest_seconds=0.1),
        user=user,
    )


def supervisor(directory: Path, diary: Diary, *plan: ProcessSpec) -> Supervisor:
    return Supervisor(
        plan,
        clock=time.monotonic,
        jitter=lambda: 1.0,
        announcer=diary,
        logs=directory,
        sockets=directory,
        setpriv=shutil.which("setpriv"),
    )


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.02)


NOTIFYING = """
import os, time
from pathlib import Path
from callcenter.supervisor.notification import notify
notify(os.environ["NOTIFY_SOCKET"], "STATUS=half way")
print("half way", flush=True)
notify(os.environ["NOTIFY_SOCKET"], "READY=1", "STATUS=here")
time.sleep(60)
"""


async def test_everything_goes_up_in_order_and_down_on_request(tmp_path: Path) -> None:
    """A one-shot, then a service that notifies, then one that listens on TCP and one on a Unix socket."""
    port, path, diary = free_port(), tmp_path / "s.sock", Diary()
    run = supervisor(
        tmp_path,
        diary,
        python(ProcessName("one-shot"), "print('done')", kind=Kind.ONE_SHOT),
        python(A, NOTIFYING, ProcessName("one-shot"), ready=Notified()),
        python(
            B,
            f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)",
            A,
            ready=TcpAccepts(host="127.0.0.1", port=port),
        ),
        python(
            ProcessName("c"),
            f"import socket, time; s = socket.socket(1); s.bind({str(path)!r}); s.listen(); time.sleep(60)",
            B,
            ready=UnixAccepts(path=path),
        ),
    )
    async with asyncio.TaskGroup() as tasks:
        ended = tasks.create_task(run.run())
        await asyncio.wait_for(diary.up.wait(), 20)
        pids = [run.pid(name) for name in (A, B, ProcessName("c"))]
        run.stop()
    assert ended.result() == 0
    assert diary.ready == ["one-shot", "a", "b", "c"]
    assert [pid for pid in pids if pid is not None and alive(pid)] == []
    assert (tmp_path / "one-shot.log").read_text() == "done\n"
    assert not list(tmp_path.glob("*.notify"))


async def test_a_killed_service_is_back_within_a_second(tmp_path: Path) -> None:
    diary = Diary()
    run = supervisor(tmp_path, diary, python(A, NOTIFYING, ready=Notified()))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run.run())
        await asyncio.wait_for(diary.up.wait(), 20)
        first = run.pid(A)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await asyncio.wait_for(diary.restarted.wait(), 20)
        second = run.pid(A)
        run.stop()
    assert second not in {None, first}
    assert diary.reasons == ["killed by signal 9"]


async def test_a_failed_start_shows_what_the_process_said(tmp_path: Path) -> None:
    diary = Diary()
    run = supervisor(tmp_path, diary, python(A, "raise SystemExit('no such table')", kind=Kind.ONE_SHOT))
    assert await asyncio.wait_for(run.run(), 20) == 1
    assert diary.failures == [(A, "ended with status 1", ["no such table"])]


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    diary = Diary()
    run = supervisor(tmp_path, diary, ProcessSpec(name=A, argv=("/no/such/program",), environment={}))
    assert await asyncio.wait_for(run.run(), 20) == 1
    ((name, reason, tail),) = diary.failures
    assert (name, reason, tail) == (A, "there is no program /no/such/program", [])


DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


async def test_one_that_ignores_sigterm_is_killed_at_its_deadline(tmp_path: Path) -> None:
    diary = Diary()
    run = supervisor(tmp_path, diary, python(A, DEAF, stop_seconds=0.2))
    async with asyncio.TaskGroup() as tasks:
        ended = tasks.create_task(run.run())
        await until(lambda: (tmp_path / "a.log").exists() and "deaf" in (tmp_path / "a.log").read_text())
        pid = run.pid(A)
        run.stop()
    assert ended.result() == 0
    assert pid is not None
    assert not alive(pid)


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


async def test_what_a_service_started_ends_with_it(tmp_path: Path) -> None:
    """The grandchild holds the service's output open; neither it nor that keeps the supervisor."""
    diary = Diary()
    run = supervisor(tmp_path, diary, python(A, PARENT))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run.run())
        await until(lambda: (tmp_path / "a.log").exists() and (tmp_path / "a.log").read_text() != "")
        grandchild = int((tmp_path / "a.log").read_text())
        assert alive(grandchild)
        run.stop()
    await until(lambda: not alive(grandchild))


async def test_a_stop_in_the_middle_of_a_start_leaves_nothing(tmp_path: Path) -> None:
    diary = Diary()
    run = supervisor(tmp_path, diary, python(A, "import time; time.sleep(60)"), python(B, "pass", A))
    async with asyncio.TaskGroup() as tasks:
        ended = tasks.create_task(run.run())
        run.stop()
    assert ended.result() == 0
    assert (run.pid(A), run.pid(B)) == (None, None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_a_service_can_run_as_another_user(tmp_path: Path) -> None:
    run = supervisor(
        tmp_path,
        Diary(),
        ProcessSpec(
            name=A, argv=("id", "-un"), environment={"PATH": os.environ["PATH"]}, user="daemon", kind=Kind.ONE_SHOT
        ),
        python(B, "import time; time.sleep(60)", A),
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run.run())
        await until(lambda: run.pid(B) is not None)
        run.stop()
    assert (tmp_path / "a.log").read_text() == "daemon\n"


ORPHANING = """
import asyncio, os, sys, time
from pathlib import Path
sys.path.insert(0, {tree!r})
from tests.callcenter.supervisor.test_runner import A, Diary, python, supervisor
async def main():
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    await supervisor(Path({directory!r}), Diary(), python(A, code)).run()
asyncio.run(main())
"""


async def test_a_killed_supervisor_takes_its_children_with_it(tmp_path: Path) -> None:
    code = ORPHANING.format(tree=str(TREE), directory=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        await until(lambda: (tmp_path / "a.log").exists() and (tmp_path / "a.log").read_text() != "")
        child = int((tmp_path / "a.log").read_text())
        assert alive(child)
    finally:
        process.kill()
        process.wait()
    await until(lambda: not alive(child))


def test_notifying_nobody_is_no_error(tmp_path: Path) -> None:
    notify("", "READY=1")
    notify(str(tmp_path / "nobody"), "READY=1")


def test_systemds_abstract_addresses_are_understood() -> None:
    name = f"callcenter-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name)
        notify("@" + name, "READY=1", "STATUS=up")
        assert listening.recv(100) == b"READY=1\nSTATUS=up"
