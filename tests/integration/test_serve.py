"""The whole platform under `callcenter serve`, with every real part: up, wounded, and down with nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.servers import LOOPBACK, TREE, accepts, free_port, free_ports

pytestmark = pytest.mark.integration

PATIENCE = 90.0
"""Seconds; the machine may have other things to do."""


def _house(directory: Path) -> Path:
    """Return the shipped configuration, with the sample bank at a free port."""
    shutil.copytree(TREE / "config", directory)
    bank = directory / "hosts" / "bank.yaml"
    bank.write_text(bank.read_text(encoding="utf-8").replace(":8190", f":{free_port()}"), encoding="utf-8")
    return directory


class Platform:
    """One `callcenter serve` with a home and ports of its own."""

    def __init__(self, home: Path, asterisk: Path) -> None:
        self.home = home
        self.port = free_port()
        self._output = home.parent / "serve.txt"
        rtp = free_ports(20)
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "CALLCENTER_HOME": str(home),
            "CALLCENTER_ASTERISK__COMMAND": str(asterisk),
            "CALLCENTER_ASTERISK__AMI_PORT": str(free_port()),
            "CALLCENTER_ASTERISK__HTTP_PORT": str(free_port()),
            "CALLCENTER_ASTERISK__SIP_PORT": str(free_port()),
            "CALLCENTER_ASTERISK__RTP_FIRST": str(rtp[0]),
            "CALLCENTER_ASTERISK__RTP_LAST": str(rtp[-1]),
            "CALLCENTER_DESKTOP__PORT": str(self.port),
            "CALLCENTER_ROUTING__DIRECTORY": str(_house(home.parent / "config")),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "callcenter", "serve", *arguments],
                cwd=TREE,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of ours with the same settings."""
        return subprocess.run(
            [sys.executable, "-m", "callcenter", *arguments],
            cwd=TREE,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def console(self, command: str) -> str:
        """Return what Asterisk's console says to a command."""
        etc = self.home / "switch" / "etc" / "asterisk.conf"
        argv = [self.environment["CALLCENTER_ASTERISK__COMMAND"], "-C", str(etc), "-n", "-r", "-x", command]
        return subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout

    def wait(self, true: Callable[[], bool], seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"too late; it said:\n{self.said()}{self.logs()}"
            time.sleep(0.05)

    def wait_until_up(self) -> None:
        assert self.process is not None
        process = self.process
        self.wait(lambda: "The platform is up" in self.said() or process.poll() is not None)
        assert process.poll() is None, self.said()

    def logs(self) -> str:
        return "".join(
            f"\n--- {path.name}\n{path.read_text(errors='replace')[-1500:]}"
            for path in sorted((self.home / "logs").glob("*.log"))
        )

    def switch_file(self, name: str) -> str:
        """Return the text of one of Asterisk's files."""
        return (self.home / "switch" / "etc" / name).read_text(encoding="utf-8")

    def pid_of(self, words: str) -> int | None:
        """Return the process of the platform whose command line holds these words."""
        for pid, command in self.processes().items():
            if words in command:
                return pid
        return None

    def processes(self) -> dict[int, str]:
        """Return every descendant of the supervisor: process id → command line."""
        assert self.process is not None
        children: dict[int, list[int]] = {}
        commands: dict[int, str] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                commands[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except (OSError, ValueError):
                continue  # it ended while we looked
            children.setdefault(parent, []).append(int(entry.name))
        found: dict[int, str] = {}
        unseen = children.get(self.process.pid, [])
        while unseen:
            pid = unseen.pop()
            found[pid] = commands.get(pid, "")
            unseen += children.get(pid, [])
        return found

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture
def platform(asterisk_command: Path) -> Iterator[Platform]:
    # Not pytest's directory, which is closed to others: Asterisk is another user when we are root.
    directory = Path(tempfile.mkdtemp(prefix="callcenter-platform-"))
    directory.chmod(0o711)
    running = Platform(directory / "home", asterisk_command.resolve())
    try:
        yield running
    finally:
        running.end()
        shutil.rmtree(directory)


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_a_platform_from_its_first_start_to_its_last_second(platform: Platform) -> None:
    """Up with sign-in details shown once; a second one refused; wounded and healed; down with nothing left."""
    platform.start()
    platform.wait_until_up()
    assert f"http://{LOOPBACK}:{platform.port}/" in platform.said()
    assert len(re.findall(r"^ *(agent|supervisor|administrator) ", platform.said(), re.MULTILINE)) == 4
    assert not (platform.home / "first-sign-in.txt").exists()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (platform.home / "secrets").iterdir()}
    assert set(modes.values()) == {0o600}
    secrets = [path.read_text().strip() for path in (platform.home / "secrets").iterdir()]
    assert not [secret for secret in secrets if secret in platform.said() + platform.logs()]

    refused = platform.run("serve")
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    platform.wait(lambda: "    bank  " in platform.said())
    examined = platform.run("doctor")
    assert examined.returncode == 0, examined.stdout
    assert "Host system bank can be reached." in examined.stdout

    # The CTI server is killed: back by itself, and the desktop and Asterisk never noticed.
    before = {words: platform.pid_of(words) for words in ("callcenter cti", "agent_desktop", "asterisk.conf")}
    assert None not in before.values()
    killed = before["callcenter cti"]
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    platform.wait(lambda: platform.pid_of("callcenter cti") not in {None, killed})
    platform.wait(lambda: platform.said().count("cti  ") >= 2)
    assert platform.pid_of("agent_desktop") == before["agent_desktop"]
    assert platform.pid_of("asterisk.conf") == before["asterisk.conf"]

    everything = platform.processes()
    assert platform.process is not None
    platform.process.send_signal(signal.SIGINT)
    assert platform.process.wait(60) == 0
    assert [command for pid, command in everything.items() if not gone(pid)] == []
    assert not accepts(platform.port)


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_is_clean(platform: Platform) -> None:
    """Nor the simulated network, to which its Asterisk sent calls to numbers."""
    platform.start("--callers", "1")
    platform.wait_until_up()
    platform.wait(lambda: platform.pid_of("network.xml") is not None)
    platform.wait(lambda: platform.pid_of("callers-") is not None)  # the first of the callers
    network = re.findall(r"contact = sip:(127\.0\.0\.1:\d+)$", platform.switch_file("pjsip.conf"), re.MULTILINE)
    everything = platform.processes()
    assert [one for one in everything.values() if f"-p {network[0].partition(':')[2]} " in one]
    assert platform.process is not None
    platform.process.kill()
    platform.process.wait()
    platform.wait(lambda: all(gone(pid) for pid in everything), 20)
    platform.start()
    platform.wait_until_up()
    assert "contact =" not in platform.switch_file("pjsip.conf"), "without simulated callers there is no network"
    assert "first-sign-in.shown.txt" in platform.said()
    assert not re.search(r"^ *agent ", platform.said(), re.MULTILINE)


def test_a_broken_configuration_starts_nothing_and_names_file_and_line(platform: Platform, tmp_path: Path) -> None:
    settings = tmp_path / "callcenter.toml"
    settings.write_text("[desktop]\nprot = 8080\n")
    refused = platform.run("serve", "--config", str(settings))
    assert refused.returncode == 1
    assert "desktop.prot" in refused.stderr
    assert str(settings) in refused.stderr
    assert not list(platform.home.glob("*.sqlite"))


def test_without_a_platform_nobody_reads_the_configuration_again(platform: Platform) -> None:
    alone = platform.run("reload")
    assert alone.returncode == 2
    assert "no CTI server answers; is the platform running?" in alone.stderr


def test_a_taken_port_is_named_before_anything_starts(platform: Platform) -> None:
    with socket.create_server((LOOPBACK, platform.port)):
        refused = platform.run("serve")
    assert refused.returncode == 1
    assert str(platform.port) in refused.stderr
    assert "desktop.port" in refused.stderr
    assert not (platform.home / "logs" / "cti.log").exists()


def test_a_new_number_and_a_new_queue_reach_the_switch_while_it_runs(platform: Platform) -> None:
    """By `callcenter reload`; what is wrong is refused, and neither files nor switch have changed."""
    platform.start()
    platform.wait_until_up()
    config = Path(platform.environment["CALLCENTER_ROUTING__DIRECTORY"])
    house = config / "callcenter.yaml"
    text = house.read_text(encoding="utf-8")
    (config / "queues" / "repairs.yaml").write_text("label: { en: Repairs }\n", encoding="utf-8")
    house.write_text(
        text.replace("numbers:\n", 'numbers:\n  - { number: "5550177", flow: repair }\n'), encoding="utf-8"
    )
    refused = platform.run("reload")
    assert refused.returncode == 1
    assert "number 5550177 is answered by flow repair, which is not published" in refused.stderr
    assert "repairs" not in platform.console("queue show")

    house.write_text(house.read_text(encoding="utf-8").replace("flow: repair", "flow: enqueue_only"), encoding="utf-8")
    taken = platform.run("reload")
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.splitlines() == ["queue repairs: added", "number 5550177: added"]
    assert "repairs" in platform.console("queue show")
    assert "5550177" in platform.console("dialplan show cc-in")
    assert "CC_HEARTBEAT" in platform.console("dialplan show globals"), "the dialplan knows that we are alive"

    # What is gone from the files stays in the switch until its next start: somebody may wait there.
    (config / "queues" / "repairs.yaml").unlink()
    house.write_text(text, encoding="utf-8")
    assert platform.run("reload").stdout.splitlines() == ["queue repairs: removed", "number 5550177: removed"]
    assert "repairs" in platform.console("queue show")
    assert "5550177" not in platform.console("dialplan show cc-in")
