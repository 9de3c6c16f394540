"""Real servers for tests: Redis, PostgreSQL and Asterisk, each on loopback, on free ports, in private directories.

Every server is started by argv, dies with the test process (parent-death signal), and is ended by its own pid.
A program that is missing is an error that says which command installs it, never a skipped test.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from callcenter.supervisor.programs import redis_command

LOOPBACK = "127.0.0.1"
TREE = Path(__file__).resolve().parents[2]
START_DEADLINE = 30.0
"""Seconds a server may take before its first answer; generous, since the cores may be shared."""


class ServerFailed(AssertionError):
    """A server did not start or died; the message carries the end of its log."""


# --- ports and processes --------------------------------------------------------------------------------------


def free_port() -> int:
    """Return a port that is free for TCP and UDP on loopback now.

    Drawn below the range from which the system gives out ports for outgoing connections, so that nobody is handed
    the same one between this answer and its use.
    """
    return free_ports(1)[0]


def free_ports(count: int) -> range:
    """Return `count` consecutive free ports (an RTP range, say), free for TCP and UDP on loopback now."""
    for _ in range(200):
        first = random.randrange(20_000, 32_000 - count, 2)
        if all(_is_free(port) for port in range(first, first + count)):
            return range(first, first + count)
    raise ServerFailed(f"no {count} consecutive free ports between 20000 and 32000")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as trial:
            try:
                trial.bind((LOOPBACK, port))
            except OSError:
                return False
    return True


def program(name: str, *directories: str) -> str:
    """Return the path of an installed program; raise `ServerFailed` naming the command that installs it."""
    found = shutil.which(name, path=os.pathsep.join((*directories, os.environ.get("PATH", os.defpath))))
    if found is None:
        raise ServerFailed(f"{name} is not installed; scripts/test installs what the tests need")
    return found


def spawn(argv: list[str], log: Path, *, user: str | None = None) -> subprocess.Popen[bytes]:
    """Start a server that is killed when this process dies; its output goes to `log`."""
    guard = [program("setpriv"), "--pdeathsig", "KILL"]
    if user is not None:
        guard += ["--reuid", user, "--regid", _group_of(user), "--clear-groups"]
    with log.open("ab") as output:
        return subprocess.Popen([*guard, "--", *argv], stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def _group_of(user: str) -> str:
    return subprocess.run(["id", "-gn", user], check=True, capture_output=True, text=True).stdout.strip()


def end(process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    """End one process: SIGTERM, then SIGKILL after `seconds`; returns when it is gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, what: str) -> None:
    """Wait for a server's first answer; raise `ServerFailed` with the end of its log when it dies or is late."""
    deadline = time.monotonic() + START_DEADLINE
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            state = "is silent" if process.poll() is None else f"ended with status {process.returncode}"
            end(process)
            text = log.read_text(errors="replace")[-4000:] if log.exists() else ""
            raise ServerFailed(f"{what} {state}:\n{text}")
        time.sleep(0.05)


def accepts(port: int) -> bool:
    """Tell whether something accepts TCP connections on this loopback port."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


# --- Redis --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisServer:
    """A Redis without persistence."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Address of database 0."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def flush(self) -> None:
        """Forget every key and stream (subscribers stay)."""
        with socket.create_connection((LOOPBACK, self.port), timeout=5) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(64).startswith(b"+OK")


@contextlib.contextmanager
def redis_server(directory: Path) -> Iterator[RedisServer]:
    """Run a Redis in `directory`."""
    port, log = free_port(), directory / "redis.log"
    process = spawn(
        [
            *(str(redis_command(directory)), "--dir", str(directory), "--bind", LOOPBACK, "--port", str(port)),
            *("--save", "", "--appendonly", "no"),
        ],
        log,
    )
    try:
        wait_until(lambda: accepts(port), process, log, "Redis")
        yield RedisServer(port=port, process=process)
    finally:
        end(process)


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A PostgreSQL cluster that does not wait for the disk; its superuser has a random password."""

    port: int
    password: str
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres") -> str:
        """Address of one database, in libpq's form: ``postgresql://…``."""
        return f"postgresql://postgres:{self.password}@{LOOPBACK}:{self.port}/{database}"

    @contextlib.contextmanager
    def fresh_database(self) -> Iterator[str]:
        """Make an empty database, yield its address, and drop it even if somebody is still connected."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield self.url(name)
        finally:
            with psycopg.connect(self.url(), autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL in a directory of its own; as `nobody` when we are root, which it refuses to run as."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    where = [str(path) for path in reversed(binaries)]
    user = "nobody" if os.geteuid() == 0 else None
    directory = Path(f"/tmp/callcenter-postgres-{secrets.token_hex(6)}")
    directory.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(directory, user, _group_of(user))
    port, log, password = free_port(), directory / "postgres.log", secrets.token_urlsafe(16)
    password_file = directory / "password"
    password_file.write_text(password)
    password_file.chmod(0o644)  # inside a directory of mode 0700
    data = directory / "data"
    process: subprocess.Popen[bytes] | None = None
    try:
        initdb = spawn(
            [
                *(program("initdb", *where), "-D", str(data), "--no-sync", "--no-instructions"),
                *("-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(password_file)),
                *("--encoding=UTF8", "--locale=C.UTF-8"),
            ],
            log,
            user=user,
        )
        if initdb.wait(2 * START_DEADLINE) != 0:
            raise ServerFailed(f"initdb failed:\n{log.read_text()[-4000:]}")
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(port),
            "unix_socket_directories": str(directory),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        process = spawn([program("postgres", *where), "-D", str(data), *options], log, user=user)
        server = PostgresServer(port=port, password=password, process=process)

        def ready() -> bool:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(server.url(), connect_timeout=2):
                return True
            return False

        wait_until(ready, process, log, "PostgreSQL")
        yield server
    finally:
        if process is not None:
            process.send_signal(2)  # SIGINT: fast shutdown, clients are thrown out
            end(process)
        shutil.rmtree(directory, ignore_errors=True)


# --- Asterisk -----------------------------------------------------------------------------------------------------

_PLAIN_MODULES = """\
[modules]
autoload = yes
noload = chan_iax2.so
noload = chan_unistim.so
noload = chan_motif.so
noload = chan_ooh323.so
noload = res_xmpp.so
noload = res_phoneprov.so
noload = pbx_dundi.so
noload = pbx_ael.so
noload = pbx_lua.so
noload = cdr_radius.so
noload = cel_radius.so
"""

_PLAIN_LOGGER = """\
[general]
dateformat = %F %T.%3q
[logfiles]
console => notice,warning,error,verbose(3)
"""


@dataclass(slots=True, kw_only=True)
class AsteriskInstance:
    """One Asterisk with directories of its own. It may be killed and started again, as a test needs."""

    command: str
    directory: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def etc(self) -> Path:
        """Its configuration files."""
        return self.directory / "etc"

    @property
    def configuration(self) -> Path:
        """Its asterisk.conf."""
        return self.etc / "asterisk.conf"

    @property
    def log(self) -> Path:
        """Everything it said."""
        return self.directory / "console.log"

    @property
    def pid(self) -> int:
        """Process id of the running instance."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start it and wait until it is fully booted."""
        argv = [self.command, "-f", "-n", "-C", str(self.configuration)]
        self.process = spawn(argv, self.log)
        wait_until(self._is_booted, self.process, self.log, "Asterisk")

    def rx(self, line: str) -> str:
        """Give one command to its console and return what it prints."""
        argv = [self.command, "-C", str(self.configuration), "-n", "-rx", line]
        return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False).stdout

    def stop(self) -> None:
        """End it in good order."""
        if self.process is not None:
            end(self.process)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _is_booted(self) -> bool:
        if not (self.directory / "run" / "asterisk.ctl").exists():
            return False  # a console that finds no socket costs 0.1 s of a core
        return "fully booted" in self.rx("core waitfullybooted")


AsteriskFactory = Callable[[Mapping[str, str]], AsteriskInstance]
"""Starts an Asterisk with the given configuration files (name → text)."""


def asterisk_command() -> Path:
    """Return the command that scripts/install_asterisk finds or installs."""
    finder = TREE / "scripts" / "install_asterisk"
    found = subprocess.run([str(finder)], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise ServerFailed(f"no Asterisk 22: {found.stderr}")
    return Path(found.stdout.strip())


def asterisk_instance(command: Path, directory: Path, files: Mapping[str, str]) -> AsteriskInstance:
    """Lay out an Asterisk under `directory` with the given configuration files (name → text); not started yet.

    ``asterisk.conf`` is written here, for the directories are ours; of a given one ``[options]`` is kept, if it stands
    last. ``modules.conf`` and ``logger.conf`` have plain
    versions when the caller gives none. A name may contain a folder (``pjsip.d/agents.conf``).
    """
    instance = AsteriskInstance(command=str(command), directory=directory)
    for name in ("etc", "lib", "db", "keys", "spool", "run", "log"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    own = {"etc": "etc", "varlib": "lib", "db": "db", "key": "keys", "spool": "spool", "run": "run", "log": "log"}
    lines = ["[directories]", *(f"ast{key}dir => {directory / name}" for key, name in own.items())]
    of_the_root = command.resolve().parent / "directories.conf"
    if of_the_root.exists():
        lines.append(of_the_root.read_text())
    defaults = {"modules.conf": _PLAIN_MODULES, "logger.conf": _PLAIN_LOGGER}
    _, options, values = files.get("asterisk.conf", "").partition("[options]\n")
    for name, text in {**defaults, **files, "asterisk.conf": "\n".join([*lines, options + values])}.items():
        path = instance.etc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return instance
