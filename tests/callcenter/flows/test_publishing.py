"""Drafts, what a flow is made of, and what is published with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.domain.errors import ConfigError, RequestRefused
from callcenter.flows.drafts import Drafts, read_drafts
from callcenter.flows.publishing import changed, is_live, publish, publish_first, to_publish
from callcenter.flows.store import FlowStore
from ivr.flow.house import House

NOW = datetime(2026, 11, 26, tzinfo=UTC)
HEAD = "version: 1\nname: {name}\nkind: {kind}\nlanguages: [en]\nstart: begin\n"
FILES = {
    "flows/support.yaml": HEAD.format(name="support", kind="call") + "person: person\nnodes:\n"
    "  begin: { type: subflow, module: hello, next: person }\n"
    "  person: { type: enqueue, queue: general, treatment: music, survey: score }\n",
    "flows/music.yaml": HEAD.format(name="music", kind="treatment") + "nodes:\n  begin: { type: return }\n",
    "flows/score.yaml": HEAD.format(name="score", kind="survey") + "nodes:\n  begin: { type: return }\n",
    "flows/modules/hello.yaml": HEAD.format(name="hello", kind="module") + "nodes:\n"
    "  begin: { type: play, prompt: { en: Hello. }, next: end }\n  end: { type: return }\n",
    "flows/tests/support.yaml": "not a flow",
}


class Desk:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = FlowStore(directory / "published")
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def drafts(self) -> Drafts:
        return read_drafts(self.directory, House(flows={}))

    def publish(self, *names: str) -> None:
        drafts = self.drafts()
        publish(drafts, to_publish(drafts, names, self.store), self.store, by="a", why="w", at=NOW)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_flow_is_published_with_its_modules_and_with_the_flows_it_names(desk: Desk) -> None:
    assert desk.drafts().bundle("support").keys() == {"support.yaml", "hello.yaml"}
    assert to_publish(desk.drafts(), ["support"], desk.store) == ["support", "music", "score"]
    desk.publish("support")
    assert desk.store.flows() == ["music", "score", "support"]
    assert to_publish(desk.drafts(), ["support"], desk.store) == ["support"]


def test_a_changed_module_changes_the_flows_that_run_it(desk: Desk) -> None:
    desk.publish("support")
    assert changed(desk.drafts(), desk.store) == []
    desk.write("flows/modules/hello.yaml", FILES["flows/modules/hello.yaml"].replace("Hello", "Good morning"))
    assert changed(desk.drafts(), desk.store) == ["support"]
    assert not is_live(desk.drafts(), "support", desk.store)


def test_at_the_first_start_everything_is_published_and_later_only_what_is_new(desk: Desk) -> None:
    first = publish_first(desk.drafts(), desk.store, by="prepare", at=NOW)
    assert first.keys() == {"support", "music", "score"}
    desk.write("flows/music.yaml", FILES["flows/music.yaml"] + "# better\n")
    desk.write("flows/new.yaml", FILES["flows/music.yaml"].replace("name: music", "name: new"))
    assert publish_first(desk.drafts(), desk.store, by="prepare", at=NOW).keys() == {"new"}


def test_what_cannot_be_published_is_refused(desk: Desk) -> None:
    for name, why in (("hello", "is a module"), ("gone", "there is no flow")):
        with pytest.raises(RequestRefused, match=why):
            to_publish(desk.drafts(), [name], desk.store)


def test_every_problem_of_every_draft_is_told_with_its_file(desk: Desk) -> None:
    desk.write("flows/a.yaml", "version: 2")
    desk.write("flows/modules/hello.yaml", FILES["flows/modules/hello.yaml"].replace("next: end", "next: gone"))
    with pytest.raises(ConfigError) as refused:
        desk.drafts()
    assert "flows/a.yaml:1: version: Input should be 1" in str(refused.value)
    assert "modules/hello.yaml:7: node 'begin': next leads to 'gone'" in str(refused.value)
    (desk.directory / "flows" / "a.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        desk.drafts()
