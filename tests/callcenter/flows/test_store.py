"""Published versions: written once, never changed, and a history that says which is live."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.domain.errors import ConfigError, RequestRefused
from callcenter.flows.store import FlowStore, Release

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


class Shelf:
    def __init__(self, directory: Path) -> None:
        self.directory = directory / "flows"
        self.store = FlowStore(self.directory)
        self.at = NOON

    def publish(self, text: str, flow: str = "support") -> Release:
        self.at += timedelta(hours=1)
        return self.store.publish(flow, {f"{flow}.yaml": text}, by="ada", why=f"for {text}", at=self.at)

    def back(self, number: int | None = None) -> Release:
        self.at += timedelta(hours=1)
        return self.store.roll_back("support", number, by="bea", why="worse", at=self.at)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_what_was_published_last_is_live_and_what_was_before_stays(shelf: Shelf) -> None:
    shelf.publish("one")
    release = shelf.publish("two")
    assert shelf.store.live("support") == release
    assert (release.version, release.by, release.why) == (2, "ada", "for two")
    assert release.at == NOON + timedelta(hours=2)
    assert dict(shelf.store.version("support", 1).files) == {"support.yaml": "one"}
    assert dict(shelf.store.version("support", 2).files) == {"support.yaml": "two"}
    assert shelf.store.flows() == ["support"]


def test_publishing_what_is_live_changes_nothing(shelf: Shelf) -> None:
    first = shelf.publish("one")
    assert shelf.publish("one") == first
    assert len(shelf.store.history("support")) == 1


def test_rolling_back_goes_to_the_version_before_or_to_any(shelf: Shelf) -> None:
    for text in ("one", "two", "three"):
        shelf.publish(text)
    assert shelf.back().version == 2
    assert shelf.back().version == 3
    assert shelf.back(1).version == 1
    assert [(one.version, one.action) for one in shelf.store.history("support")] == [
        (1, "published"), (2, "published"), (3, "published"),
        (2, "rolled_back"), (3, "rolled_back"), (1, "rolled_back"),
    ]  # fmt: skip
    assert shelf.publish("four").version == 4


@pytest.mark.parametrize("number", [2, 0, -1])
def test_there_is_no_way_back_to_what_never_was(shelf: Shelf, number: int) -> None:
    shelf.publish("one")
    with pytest.raises(RequestRefused):
        shelf.back(number)
    with pytest.raises(RequestRefused):
        shelf.back()
    with pytest.raises(RequestRefused):
        shelf.store.roll_back("other", 1, by="b", why="w", at=NOON)


def test_a_version_that_was_changed_is_not_used(shelf: Shelf) -> None:
    shelf.publish("one")
    shelf.publish("two")
    path = shelf.directory / "support" / "versions" / "0001.json"
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8").replace("one", "won"), encoding="utf-8")
    with pytest.raises(ConfigError, match="was changed after it was published"):
        shelf.store.version("support", 1)
    with pytest.raises(ConfigError, match="was changed"):
        shelf.back(1)
    live = shelf.store.live("support")
    assert live is not None
    assert live.version == 2


def test_a_version_file_cannot_be_written_by_accident(shelf: Shelf) -> None:
    shelf.publish("one")
    path = shelf.directory / "support" / "versions" / "0001.json"
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_publication_that_was_cut_off_takes_no_number_and_leaves_no_litter(shelf: Shelf) -> None:
    """The version's file was there, and the machine went down before the history was."""
    shelf.publish("one")
    left = shelf.directory / "support" / "versions" / "0002.json"
    left.write_text("{", encoding="utf-8")
    assert shelf.publish("two").version == 3
    assert left.read_text(encoding="utf-8") == "{"
    assert not list(shelf.directory.rglob(".[!l]*"))


def test_many_publish_at_once_and_nothing_is_lost(shelf: Shelf) -> None:
    with ThreadPoolExecutor(8) as threads:
        releases = list(threads.map(lambda number: shelf.publish(str(number)), range(24)))
    assert sorted(release.version for release in releases) == list(range(1, 25))
    for release in releases:
        text = release.why.removeprefix("for ")
        assert dict(shelf.store.version("support", release.version).files) == {"support.yaml": text}


@pytest.mark.parametrize("name", ["../etc", "a/b", "", "A", ".lock", "x" * 41])
def test_a_flow_is_named_as_flows_are(shelf: Shelf, name: str) -> None:
    with pytest.raises(ConfigError, match="can be no flow's name"):
        shelf.publish("one", flow=name)
    with pytest.raises(ConfigError, match="can be no flow's name"):
        shelf.store.version(name, 1)


@pytest.mark.parametrize("content", ["", "{", "[{}]", '[{"version": 1}]', "\udcff"])
def test_a_broken_history_is_told(shelf: Shelf, content: str) -> None:
    shelf.publish("one")
    path = shelf.directory / "support" / "history.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match="is no history"):
        shelf.store.live("support")


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "flows").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        Shelf(tmp_path).publish("one")
