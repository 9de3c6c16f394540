"""A Redis that a test may kill and start again at the same address."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.supervisor.programs import redis_command
from tests.support.servers import end, spawn, wait_until


class MortalRedis:
    """A Redis on a Unix socket, without persistence: what it held dies with it."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "redis.sock"
        self._log = directory / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def start(self) -> None:
        self._socket.unlink(missing_ok=True)
        argv = [str(redis_command(self._socket.parent)), "--port", "0", "--unixsocket", str(self._socket), "--save", ""]
        self._process = spawn([*argv, "--dir", str(self._socket.parent)], self._log)
        wait_until(self._socket.exists, self._process, self._log, "Redis")

    def kill(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self, seconds: float) -> None:
        """Let it hang, as a stopped process does."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)


@pytest.fixture
def mortal_redis(tmp_path: Path) -> Iterator[MortalRedis]:
    redis = MortalRedis(tmp_path)
    redis.start()
    yield redis
    redis.stop()
