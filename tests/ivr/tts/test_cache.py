"""The bounded cache of sound files."""

import os
from pathlib import Path

import pytest

from ivr.tts.cache import SpeechCache


def write(directory: Path, key: str, size: int = 100, *, suffix: str = ".wav", age: float = 0) -> None:
    file = directory / f"{key}{suffix}"
    file.write_bytes(b"x" * size)
    os.utime(file, (1_000_000 - age, 1_000_000 - age))


def keys(directory: Path) -> set[str]:
    return {file.name for file in directory.iterdir()}


def test_a_file_is_found_by_its_key_as_the_switch_wants_it(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, limit=1_000)
    assert cache.find("a", 0.0) is None
    write(tmp_path, "a")
    assert cache.add("a", 0.0) == cache.find("a", 0.0) == str(tmp_path / "a")


def test_files_of_an_earlier_run_are_found_again(tmp_path: Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", suffix=".wav16")  # without its .wav it is nobody's
    cache = SpeechCache(tmp_path, limit=1_000)
    assert cache.find("a", 0.0) is not None
    assert cache.find("b", 0.0) is None
    assert cache.total == 100


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    write(tmp_path, "old", age=20)
    write(tmp_path, "older", age=30)
    write(tmp_path, "older", suffix=".wav16", age=30)
    cache = SpeechCache(tmp_path, limit=250)
    write(tmp_path, "new")
    cache.add("new", 1_000.0)
    assert keys(tmp_path) == {"old.wav", "new.wav"}
    assert cache.find("old", 1_000.0)
    write(tmp_path, "newer", 60)
    cache.add("newer", 1_200.0)
    assert keys(tmp_path) == {"old.wav", "newer.wav"}
    assert cache.total == 160


def test_what_may_still_be_played_and_what_is_pinned_stays(tmp_path: Path) -> None:
    write(tmp_path, "pinned", age=99)
    cache = SpeechCache(tmp_path, limit=50)
    cache.pin(["pinned"])
    for second, key in enumerate("abc"):
        write(tmp_path, key)
        cache.add(key, float(second))
    assert keys(tmp_path) == {"pinned.wav", "a.wav", "b.wav", "c.wav"}
    write(tmp_path, "d")
    cache.add("d", 500.0)
    assert keys(tmp_path) == {"pinned.wav", "d.wav"}
    assert cache.total == 200


def test_a_file_that_somebody_removed_is_not_given_to_the_switch(tmp_path: Path) -> None:
    write(tmp_path, "a")
    cache = SpeechCache(tmp_path, limit=1_000)
    (tmp_path / "a.wav").unlink()
    assert cache.find("a", 0.0) is None
    assert cache.total == 0


def test_the_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert SpeechCache(Path("here"), limit=1).path("a") == f"{tmp_path}/here/a"


def test_a_file_that_somebody_else_wrote_is_found_and_counted(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, limit=150)
    write(tmp_path, "a")
    assert cache.find("a", 0.0)
    assert cache.total == 100


def test_where_sounds_are_wideband_one_without_its_wide_file_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, "a")
    cache = SpeechCache(tmp_path, limit=1_000, wideband=True)
    assert cache.find("a", 0.0) is None
    write(tmp_path, "a")
    write(tmp_path, "a", suffix=".wav16")
    assert cache.find("a", 0.0)
    assert cache.total == 200
