"""Foreign programs are found, and what is missing or too old is said with what to do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from callcenter.domain.errors import ConfigError
from callcenter.supervisor.programs import find_asterisk, redis_command


def program(path: Path, says: str, *, status: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with a shell and nothing else."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    monkeypatch.setenv("PATH", str(binaries))
    return binaries


def test_the_machines_own_asterisk_is_used_if_it_is_new_enough(empty_path: Path, tmp_path: Path) -> None:
    program(empty_path / "asterisk", "Asterisk 23.1.0")
    found = find_asterisk(tmp_path / "home")
    assert (found.command, found.version, found.major, found.directories) == (empty_path / "asterisk", "23.1.0", 23, "")


def test_an_old_one_is_left_alone_for_the_private_one(empty_path: Path, tmp_path: Path) -> None:
    program(empty_path / "asterisk", "Asterisk 20.6.0~dfsg+~cs6.13.40431414-2")
    private = program(tmp_path / "home/asterisk/current/asterisk", "Asterisk 22.10.1~dfsg")
    (private.parent / "directories.conf").write_text(
        f"astmoddir => {tmp_path}/modules\nastdatadir => {tmp_path}/data\n"
    )
    found = find_asterisk(tmp_path / "home")
    assert (found.command, found.version) == (private, "22.10.1")
    assert (found.modules, found.sounds) == (tmp_path / "modules", tmp_path / "data" / "sounds")
    assert "astmoddir => " in found.directories


def test_none_at_all_says_how_to_get_one(empty_path: Path, tmp_path: Path) -> None:
    assert empty_path.exists()
    with pytest.raises(ConfigError, match="run scripts/install_asterisk"):
        find_asterisk(tmp_path / "home")


@pytest.mark.parametrize(
    ("says", "status", "complaint"),
    [
        ("Asterisk 20.6.0", 0, r"is Asterisk 20\.6\.0; 22 or newer is needed"),
        ("not a PBX", 0, "is it Asterisk"),
        ("", 127, "is it Asterisk"),
    ],
)
def test_a_configured_program_that_will_not_do_is_refused(
    tmp_path: Path, says: str, status: int, complaint: str
) -> None:
    command = program(tmp_path / "own" / "asterisk", says, status=status)
    with pytest.raises(ConfigError, match=complaint):
        find_asterisk(tmp_path / "home", command)


def test_a_configured_program_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not run"):
        find_asterisk(tmp_path / "home", tmp_path / "nowhere")


def test_redis_is_taken_under_either_name(empty_path: Path, tmp_path: Path) -> None:
    """Debian's redis-tools holds the server as redis-check-rdb; called redis-server it is one."""
    with pytest.raises(ConfigError, match="apt-get install redis-tools"):
        redis_command(tmp_path)
    checker = program(empty_path / "redis-check-rdb", "checked")
    for _ in range(2):
        found = redis_command(tmp_path)
        assert (found.name, found.resolve()) == ("redis-server", checker)
    server = program(empty_path / "redis-server", "served")
    assert redis_command(tmp_path) == server


@pytest.mark.integration
def test_debians_database_checker_really_is_a_server(tmp_path: Path) -> None:
    checker = shutil.which("redis-check-rdb")
    assert checker is not None
    link = tmp_path / "redis-server"
    link.symlink_to(checker)
    said = subprocess.run([link, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("Redis server v=")
