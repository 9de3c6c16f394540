"""Each check of the doctor, seen well and seen ill."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.asterisk.sections import READ_RIGHTS, WRITE_RIGHTS
from callcenter.config import load_settings
from callcenter.doctor.checks import (
    NEEDED_ACTIONS,
    check_asterisk,
    check_clock,
    check_database,
    check_disk,
    check_manager,
    check_microphone,
    check_ports,
    check_redis,
    check_secrets,
    required_modules,
)
from callcenter.doctor.findings import Examination, Finding, Severity
from tests.support.servers import LOOPBACK, free_port


def examination(home: Path, **environment: str) -> Examination:
    settings = load_settings(environment={"CALLCENTER_HOME": str(home), **environment})
    return Examination(settings=settings, running=False)


def running(stopped: Examination) -> Examination:
    return replace(stopped, running=True)


def severities(findings: list[Finding]) -> list[Severity]:
    assert all(finding.remedy for finding in findings if finding.severity is not Severity.GOOD)
    return [finding.severity for finding in findings]


class TestPorts:
    @pytest.mark.parametrize(
        ("setting", "kind"),
        [
            ("DESKTOP__PORT", socket.SOCK_STREAM),
            ("ASTERISK__AMI_PORT", socket.SOCK_STREAM),
            ("ASTERISK__HTTP_PORT", socket.SOCK_STREAM),
            ("ASTERISK__SIP_PORT", socket.SOCK_DGRAM),
        ],
    )
    async def test_a_taken_port_is_named_with_its_setting(
        self, tmp_path: Path, setting: str, kind: socket.SocketKind
    ) -> None:
        free = {f"CALLCENTER_{key}": str(free_port()) for key in ("DESKTOP__PORT", "ASTERISK__AMI_PORT")}
        free |= {f"CALLCENTER_{key}": str(free_port()) for key in ("ASTERISK__HTTP_PORT", "ASTERISK__SIP_PORT")}
        with socket.socket(socket.AF_INET, kind) as other:
            other.bind((LOOPBACK, 0))
            if kind is socket.SOCK_STREAM:
                other.listen()
            port = other.getsockname()[1]
            found = await check_ports(examination(tmp_path, **{**free, f"CALLCENTER_{setting}": str(port)}))
        (finding,) = [finding for finding in found if finding.severity is Severity.FAILURE]
        assert str(port) in finding.sentence
        assert setting.lower().replace("__", ".") in finding.remedy

    async def test_voice_ports_in_use_are_only_a_warning(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((LOOPBACK, 0))
            port = str(other.getsockname()[1])
            found = await check_ports(
                examination(
                    tmp_path,
                    CALLCENTER_ASTERISK__RTP_FIRST=port,
                    CALLCENTER_ASTERISK__RTP_LAST=port,
                    CALLCENTER_ASTERISK__AMI_PORT=str(free_port()),
                    CALLCENTER_ASTERISK__HTTP_PORT=str(free_port()),
                    CALLCENTER_ASTERISK__SIP_PORT=str(free_port()),
                    CALLCENTER_DESKTOP__PORT=str(free_port()),
                )
            )
        assert severities(found) == [Severity.WARNING]

    async def test_a_running_platform_has_its_own_ports(self, tmp_path: Path) -> None:
        assert severities(await check_ports(running(examination(tmp_path)))) == [Severity.GOOD]


class TestAsterisk:
    def program(self, directory: Path, version: str, modules: list[str]) -> str:
        (directory / "modules").mkdir(parents=True)
        for name in modules:
            (directory / "modules" / f"{name}.so").touch()
        (directory / "directories.conf").write_text(f"astmoddir => {directory}/modules\n")
        command = directory / "asterisk"
        command.write_text(f"#!/bin/sh\necho 'Asterisk {version}'\n")
        command.chmod(0o755)
        return str(command)

    async def test_a_complete_one_of_the_tested_version_is_good(self, tmp_path: Path) -> None:
        command = self.program(tmp_path / "asterisk", "22.10.1", required_modules())
        found = await check_asterisk(examination(tmp_path, CALLCENTER_ASTERISK__COMMAND=command))
        assert severities(found) == [Severity.GOOD, Severity.GOOD]

    async def test_a_missing_module_is_named(self, tmp_path: Path) -> None:
        modules = [name for name in required_modules() if name != "func_timeout"]
        command = self.program(tmp_path / "asterisk", "22.10.1", modules)
        found = await check_asterisk(examination(tmp_path, CALLCENTER_ASTERISK__COMMAND=command))
        assert severities(found) == [Severity.GOOD, Severity.FAILURE]
        assert "func_timeout" in found[1].sentence

    async def test_a_new_major_version_is_a_warning_and_an_old_one_a_failure(self, tmp_path: Path) -> None:
        new = self.program(tmp_path / "new", "24.0.0", required_modules())
        old = self.program(tmp_path / "old", "20.9.0", required_modules())
        found = await check_asterisk(examination(tmp_path, CALLCENTER_ASTERISK__COMMAND=new))
        assert Severity.WARNING in severities(found)
        found = await check_asterisk(examination(tmp_path, CALLCENTER_ASTERISK__COMMAND=old))
        assert severities(found) == [Severity.FAILURE]

    async def test_somebody_elses_is_not_looked_for(self, tmp_path: Path) -> None:
        found = await check_asterisk(examination(tmp_path, CALLCENTER_ASTERISK__EMBEDDED="false"))
        assert severities(found) == [Severity.GOOD]


@asynccontextmanager
async def manager(login: str, commands: frozenset[str] = frozenset()) -> AsyncIterator[int]:
    """A manager that answers a login with `login` and lists `commands`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/12.0.0\r\n")
        answers = {
            b"Login": login,
            b"ListCommands": "Response: Success\r\n" + "".join(f"{name}: words\r\n" for name in sorted(commands)),
        }
        while not reader.at_eof():
            block = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
            action = block.split(b"\r\n")[0].removeprefix(b"Action: ")
            # An event may come before the answer.
            writer.write(b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n" + answers[action].encode() + b"\r\n")
            await writer.drain()
            if action == b"ListCommands" or "Error" in login:
                break
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


class TestManager:
    def looked_at(self, home: Path, port: int) -> Examination:
        (home / "secrets").mkdir(exist_ok=True)
        (home / "secrets" / "ami").write_text("s3cret\n")
        return running(examination(home, CALLCENTER_ASTERISK__AMI_PORT=str(port)))

    async def test_the_right_rights_are_good(self, tmp_path: Path) -> None:
        async with manager("Response: Success\r\n", NEEDED_ACTIONS | {"Ping"}) as port:
            found = await check_manager(self.looked_at(tmp_path, port))
        assert severities(found) == [Severity.GOOD]

    async def test_a_lacking_right_is_a_failure_and_too_many_a_warning(self, tmp_path: Path) -> None:
        async with manager("Response: Success\r\n", NEEDED_ACTIONS - {"Redirect"} | {"Command"}) as port:
            found = await check_manager(self.looked_at(tmp_path, port))
        assert severities(found) == [Severity.FAILURE, Severity.WARNING]
        assert "Redirect" in found[0].sentence
        assert "Command" in found[1].sentence
        assert f"write = {WRITE_RIGHTS} and read = {READ_RIGHTS}." in found[0].remedy

    async def test_a_refused_login_says_where_to_look_and_not_the_secret(self, tmp_path: Path) -> None:
        async with manager("Response: Error\r\nMessage: Authentication failed\r\n") as port:
            found = await check_manager(self.looked_at(tmp_path, port))
        assert severities(found) == [Severity.FAILURE]
        assert "Authentication failed" in found[0].sentence
        assert "s3cret" not in found[0].sentence + found[0].remedy

    async def test_the_cti_servers_own_login_is_good(self, tmp_path: Path) -> None:
        async with manager("Response: Error\r\nMessage: Login Already In Use\r\n") as port:
            found = await check_manager(self.looked_at(tmp_path, port))
        assert severities(found) == [Severity.GOOD]

    async def test_nobody_there_is_a_failure(self, tmp_path: Path) -> None:
        found = await check_manager(self.looked_at(tmp_path, free_port()))
        assert severities(found) == [Severity.FAILURE]
        assert "nobody answers" in found[0].sentence

    async def test_before_the_first_start_there_is_nothing_to_look_at(self, tmp_path: Path) -> None:
        assert severities(await check_manager(examination(tmp_path))) == [Severity.GOOD]


@pytest.mark.parametrize(
    ("environment", "severity"),
    [
        ({}, Severity.GOOD),
        ({"LISTEN": "::1"}, Severity.GOOD),
        ({"LISTEN": "192.0.2.7"}, Severity.FAILURE),
        ({"LISTEN": "192.0.2.7", "PUBLIC_URL": "https://desk.example.org"}, Severity.GOOD),
        ({"PUBLIC_URL": "http://desk.example.org"}, Severity.FAILURE),
    ],
)
async def test_microphone_wants_https_or_this_machine(
    tmp_path: Path, environment: dict[str, str], severity: Severity
) -> None:
    looked_at = examination(tmp_path, **{f"CALLCENTER_DESKTOP__{key}": value for key, value in environment.items()})
    assert severities(await check_microphone(looked_at)) == [severity]


class JumpingClock:
    """The wall clock gains `jump` seconds at each look."""

    def __init__(self, start: datetime, jump: float) -> None:
        self._now, self._jump = start, jump

    def monotonic(self) -> float:
        return 0.0

    def utc(self) -> datetime:
        self._now += timedelta(seconds=self._jump)
        return self._now


@pytest.mark.parametrize(
    ("start", "jump", "severity"),
    [
        (datetime(2027, 1, 1, tzinfo=UTC), 0.0, Severity.GOOD),
        (datetime(2027, 1, 1, tzinfo=UTC), 30.0, Severity.WARNING),
        (datetime(1970, 1, 1, tzinfo=UTC), 0.0, Severity.FAILURE),
    ],
)
async def test_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: datetime, jump: float, severity: Severity
) -> None:
    monkeypatch.setenv("PATH", "")  # no timedatectl to ask
    assert severities(await check_clock(JumpingClock(start, jump), pause=0)(examination(tmp_path))) == [severity]


@pytest.mark.parametrize(
    ("free", "severity"),
    [(50_000_000_000, Severity.GOOD), (2_000_000_000, Severity.WARNING), (100_000_000, Severity.FAILURE)],
)
async def test_disk_is_looked_at_where_the_home_is_or_will_be(tmp_path: Path, free: int, severity: Severity) -> None:
    looked_at: list[Path] = []

    def free_bytes(path: Path) -> int:
        looked_at.append(path)
        return free

    found = await check_disk(free_bytes)(examination(tmp_path / "not" / "yet"))
    assert (severities(found), looked_at) == ([severity], [tmp_path])


async def test_secrets_that_others_can_read_are_a_failure(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    assert severities(await check_secrets(examination(tmp_path))) == [Severity.GOOD]
    secrets.mkdir(mode=0o700)
    (secrets / "ami").touch(mode=0o600)
    assert severities(await check_secrets(examination(tmp_path))) == [Severity.GOOD]
    (secrets / "ami").chmod(0o640)
    found = await check_secrets(examination(tmp_path))
    assert severities(found) == [Severity.FAILURE]
    assert "ami" in found[0].sentence


async def test_a_deaf_redis_is_a_failure_that_does_not_show_its_address(tmp_path: Path) -> None:
    looked_at = examination(tmp_path, REDIS_URL=f"redis://:hidden@127.0.0.1:{free_port()}/0")
    found = await check_redis(looked_at)
    assert severities(found) == [Severity.FAILURE]
    assert "hidden" not in found[0].sentence + found[0].remedy


async def test_records_that_cannot_be_opened_are_a_failure(tmp_path: Path) -> None:
    found = await check_database(examination(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/no/such/folder.sqlite"))
    assert severities(found) == [Severity.FAILURE]


async def test_looking_for_records_does_not_make_them(tmp_path: Path) -> None:
    assert severities(await check_database(examination(tmp_path))) == [Severity.GOOD]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.integration
async def test_a_real_redis_is_good(tmp_path: Path, redis_url: str) -> None:
    assert severities(await check_redis(examination(tmp_path, REDIS_URL=redis_url))) == [Severity.GOOD]
