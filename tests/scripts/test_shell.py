"""The shell part of the set-up: which Asterisk is taken, and how stages and failures are told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.servers import TREE

# What scripts/install_asterisk calls before it would download anything.
TOOLS = (
    *("bash", "cat", "chmod", "date", "df", "dirname", "echo", "flock", "head", "id", "ln", "mkdir", "readlink"),
    *("sed", "tr", "xargs"),
)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with a shell, and neither apt nor Asterisk: its PATH."""
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, tool
        (path / tool).symlink_to(found)
    return path


def asterisk(path: Path, version: str) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    command = path / "asterisk"
    command.write_text(f"#!/bin/sh\necho 'Asterisk {version}'\n")
    command.chmod(0o755)
    return command


def install(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = machine.parent / "home"
    return subprocess.run(
        [shutil.which("bash") or "bash", str(TREE / "scripts" / "install_asterisk"), "--home", str(home), *arguments],
        env={"PATH": str(machine), "HOME": str(machine.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_machines_own_asterisk_is_used_and_only_its_path_is_printed(machine: Path) -> None:
    command = asterisk(machine, "22.10.1")
    done = install(machine)
    assert (done.returncode, done.stdout) == (0, f"{command}\n")
    assert "Warning" not in done.stderr


@pytest.mark.parametrize(
    ("version", "words"), [("22.7.0~dfsg-1", "not the 22"), ("24.1.0", "new major version; the platform was tested")]
)
def test_an_untried_version_is_used_with_a_warning(machine: Path, version: str, words: str) -> None:
    asterisk(machine, version)
    done = install(machine)
    assert done.returncode == 0
    assert words in done.stderr


def test_an_old_one_is_left_alone_and_without_debian_the_way_out_is_said(machine: Path) -> None:
    asterisk(machine, "20.9.1")
    done = install(machine)
    assert (done.returncode, done.stdout) == (1, "")
    assert "older than 22: left alone" in done.stderr
    assert "apt-get is missing" in done.stderr
    assert "it is used if it is on PATH" in done.stderr


def test_one_that_was_installed_and_verified_before_is_used_again(machine: Path) -> None:
    place = machine.parent / "home" / "asterisk" / "22.10.1"
    asterisk(place, "22.10.1")
    (place.parent / "current").symlink_to("22.10.1")
    assert install(machine).returncode == 1, "it was never verified"
    (place / "VERIFIED").touch()
    done = install(machine)
    assert (done.returncode, done.stdout) == (0, f"{place.parent}/current/asterisk\n")


def test_asked_for_a_private_one_the_machines_own_is_not_used(machine: Path) -> None:
    asterisk(machine, "22.10.1")
    assert install(machine, "--private").returncode == 1


def test_an_unknown_option_is_refused_with_the_known_ones(machine: Path) -> None:
    done = install(machine, "--prefix", "/opt")
    assert done.returncode == 1
    assert "it knows --home, --mirror and --private" in done.stderr


def report(script: str) -> subprocess.CompletedProcess[str]:
    code = f"set -euo pipefail; . {TREE}/scripts/lib/report.sh; {script}"
    return subprocess.run(["bash", "-c", code], capture_output=True, text=True, env=dict(os.environ), check=False)


def test_a_stage_ends_at_its_first_failing_line_and_the_table_says_so() -> None:
    """Bash switches that off for everything in a condition; a stage must not be one."""
    done = report("body() { false; echo not reached; }; stage Doomed body; stage Fine true; stage_table")
    assert done.returncode == 0
    assert "not reached" not in done.stdout
    table = done.stderr[done.stderr.index("seconds") :]
    assert [line.split()[1:] for line in table.splitlines()[1:]] == [["FAILED", "Doomed"], ["ok", "Fine"]]


def test_no_command_runs_a_stage_in_a_condition() -> None:
    """There bash would go on after a failing line."""
    for script in (TREE / "scripts").glob("*"):
        if script.is_file():
            for line in script.read_text(encoding="utf-8").splitlines():
                assert not re.search(r"\b(stage|check) .*(\|\||&&)|\bif (must_)?stage ", line), f"{script.name}: {line}"


def test_a_failure_says_what_why_and_what_to_do() -> None:
    done = report("fail 'no bread' 'the shop is shut' 'bake some'")
    assert done.returncode == 1
    assert [line.strip() for line in done.stderr.splitlines() if line] == [
        "Failed: no bread",
        "Why: the shop is shut",
        "Do: bake some",
    ]


def test_a_quiet_command_is_heard_when_it_fails() -> None:
    assert report("quietly work sh -c 'echo told'").stderr == ""
    done = report("quietly work sh -c 'echo told; exit 3'")
    assert done.returncode == 3
    assert "work ended with status 3" in done.stderr
    assert "| told" in done.stderr
