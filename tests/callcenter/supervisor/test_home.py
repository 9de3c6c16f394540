"""The home directory: modes, secrets that are made once, and one platform at a time."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from callcenter.domain.errors import ConfigError
from callcenter.supervisor.home import (
    HomeInUse,
    check_passage,
    is_in_use,
    make_home,
    make_secrets,
    sole_user,
    write_switch_files,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def tokens() -> Iterator[str]:
    return (f"token-{number}" for number in count())


def test_what_is_ours_alone_cannot_be_read_by_others(home: Path) -> None:
    assert {name: mode(home / name) for name in ("run", "secrets", "logs")} == dict.fromkeys(
        ("run", "secrets", "logs"), 0o700
    )
    assert (mode(home), mode(home / "sounds")) == (0o711, 0o711)


def test_a_home_that_was_opened_to_all_is_closed_again(home: Path) -> None:
    (home / "secrets").chmod(0o777)
    make_home(home)
    assert mode(home / "secrets") == 0o700


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="choose another home"):
        make_home(tmp_path / "file" / "home")


def test_secrets_are_made_once(home: Path, tokens: Iterator[str]) -> None:
    made = make_secrets(home / "secrets", lambda: next(tokens))
    before = {name: (home / "secrets" / name).read_text() for name in made}
    assert "ami" in made
    assert {mode(home / "secrets" / name) for name in made} == {0o600}
    assert make_secrets(home / "secrets", lambda: next(tokens)) == []
    assert {name: (home / "secrets" / name).read_text() for name in made} == before


def test_a_start_that_was_cut_short_does_not_leave_half_a_secret(home: Path, tokens: Iterator[str]) -> None:
    (home / "secrets" / ".ami.new").write_text("hal")
    make_secrets(home / "secrets", lambda: next(tokens))
    assert (home / "secrets" / "ami").read_text() == "token-0\n"


def test_asterisks_files_are_written_and_those_of_before_removed(home: Path) -> None:
    write_switch_files(home, {"asterisk.conf": "old", "users.conf": "gone soon"}, owner=None)
    path = write_switch_files(home, {"asterisk.conf": "new", "pjsip.conf": "password = x"}, owner=None)
    assert path == home / "switch" / "etc" / "asterisk.conf"
    assert {file.name: file.read_text() for file in path.parent.iterdir()} == {
        "asterisk.conf": "new",
        "pjsip.conf": "password = x",
    }
    assert mode(path.parent / "pjsip.conf") == 0o640


def test_a_second_platform_with_the_same_home_is_refused_and_told_who_has_it(home: Path) -> None:
    assert not is_in_use(home)
    with sole_user(home, "process 7, http://127.0.0.1:8080/"):
        assert is_in_use(home)
        with pytest.raises(HomeInUse, match=r"process 7, http://127\.0\.0\.1:8080/"), sole_user(home, "second"):
            pass
    assert not is_in_use(home)
    with sole_user(home, "third"):
        assert is_in_use(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run Asterisk as another user")
def test_a_folder_that_keeps_asterisks_user_out_is_named(tmp_path: Path) -> None:
    """/root or a closed temporary directory as home: said at once, not as Asterisk's own riddle."""
    with tempfile.TemporaryDirectory() as name:
        way = Path(name)
        way.chmod(0o711)
        (way / "closed" / "home").mkdir(parents=True)
        check_passage(way / "closed", "daemon")
        (way / "closed").chmod(0o710)
        with pytest.raises(ConfigError, match="closed does not let user daemon through"):
            check_passage(way / "closed" / "home", "daemon")
        shutil.chown(way / "closed", group="daemon")
        check_passage(way / "closed" / "home", "daemon")
