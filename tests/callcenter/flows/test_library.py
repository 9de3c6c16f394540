"""What the CTI server runs: the live versions, older ones for calls that are in them, new ones once they are ready."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.domain.errors import ConfigError
from callcenter.flows.library import FlowLibrary
from callcenter.flows.store import FlowStore
from ivr.flow.flow import Flow
from ivr.flow.house import House

FLOW = """
version: 1
name: support
languages: [en]
start: begin
person: person
nodes:
  begin: {{ type: play, prompt: {{ en: {words} }}, next: person }}
  person: {{ type: enqueue, queue: {queue} }}
"""
NOW = datetime(2026, 11, 26, tzinfo=UTC)


class Shelf:
    def __init__(self, directory: Path) -> None:
        self.store = FlowStore(directory)
        self.library = FlowLibrary(self.store, House(queues=frozenset({"general"})))
        self.made_ready: list[Flow] = []

    def publish(self, words: str, queue: str = "general") -> int:
        files = {"support.yaml": FLOW.format(words=words, queue=queue)}
        return self.store.publish("support", files, by="a", why="w", at=NOW).version

    async def look(self) -> None:
        async def make_ready(flow: Flow) -> None:
            self.made_ready.append(flow)
            assert self.words() != _words(flow), "in use before it was ready"

        await self.library.look(make_ready)

    def words(self, version: int | None = None) -> str:
        found = self.library.find("support", version)
        assert found is not None
        return _words(found.flow)


def _words(flow: Flow) -> str:
    return str(flow.nodes["begin"].prompt.texts["en"][0])  # type: ignore[union-attr]  # it is a play node


@pytest.fixture
def house(tmp_path: Path) -> Shelf:
    house = Shelf(tmp_path)
    house.publish("One.")
    house.library.load()
    return house


def test_what_is_published_is_run_and_what_is_not_is_not_there(house: Shelf) -> None:
    assert house.words() == "One."
    assert house.library.find("other") is None
    assert list(house.library.live()) == ["support"]


async def test_a_new_version_takes_new_calls_when_it_is_ready_and_the_old_one_keeps_its_own(house: Shelf) -> None:
    house.publish("Two.")
    await house.look()
    assert house.words() == "Two."
    assert house.words(1) == "One."
    assert len(house.made_ready) == 1
    await house.look()
    assert len(house.made_ready) == 1


async def test_after_a_restart_a_call_is_still_in_its_version(house: Shelf) -> None:
    house.publish("Two.")
    fresh = FlowLibrary(house.store, House())
    fresh.load()
    found = fresh.find("support", 1)
    assert found is not None
    assert (found.version, _words(found.flow)) == (1, "One.")


async def test_a_roll_back_is_taken_up_too(house: Shelf) -> None:
    house.publish("Two.")
    await house.look()
    house.store.roll_back("support", None, by="b", why="w", at=NOW)
    await house.look()
    assert house.words() == "One."


async def test_a_version_that_cannot_be_used_changes_nothing_and_is_tried_once(house: Shelf) -> None:
    house.publish("Two.", queue="gone")
    await house.look()
    await house.look()
    assert house.words() == "One."
    assert house.made_ready == []
    house.publish("Three.")
    await house.look()
    assert house.words() == "Three."


def test_a_call_whose_version_is_lost_goes_on_in_the_live_one(house: Shelf) -> None:
    assert house.words(7) == "One."


def test_at_the_start_a_live_version_that_does_not_fit_any_more_is_told(house: Shelf) -> None:
    """A queue was removed: somebody must decide what becomes of its callers."""
    library = FlowLibrary(house.store, House(queues=frozenset({"billing"})))
    with pytest.raises(ConfigError, match=r"support version 1, support.yaml:9: node 'person': there is no queue"):
        library.load()


async def test_a_version_that_a_new_configuration_makes_usable_is_taken_up(house: Shelf) -> None:
    """It named a queue that there was not; now there is."""
    house.publish("Two.", queue="night")
    await house.look()
    assert house.words() == "One."
    house.library.adopt(House(queues=frozenset({"general", "night"})))
    await house.look()
    assert house.words() == "Two."
