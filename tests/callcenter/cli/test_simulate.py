"""`callcenter simulate`: what a planner types, and what comes of it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from acd.log import RecordingEngine
from acd.model import Queue, QueueName
from callcenter.cli.simulate import app
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.simulation.calls import read_calls
from callcenter.storage.database import open_database
from callcenter.storage.history import store_events
from callcenter.storage.schema import upgrade
from tests.acd.world import Centre, agent

DESK = """\
title: A desk
opens: "08:00"
closes: "09:00"
queues: [{ name: help }]
agents: [{ name: ann }]
arrivals: [{ queue: help, per_hour: { "08:00": 20 }, talk: 120, patience: 200 }]
changes: [{ name: two, agents: [{ name: bob }] }]
"""


def type_in(line: str) -> None:
    app(line, result_action="return_value")


def test_compares_and_writes_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "desk.yaml").write_text(DESK)
    type_in(f"{tmp_path}/desk.yaml --runs 3 --processes 1 --plot {tmp_path}/p.svg --json {tmp_path}/f.json")
    printed = capsys.readouterr()
    assert "A desk" in printed.out
    assert "two" in printed.out
    assert "6 of 6 runs" in printed.err
    ElementTree.parse(tmp_path / "p.svg")  # noqa: S314 - our own
    assert json.loads((tmp_path / "f.json").read_text())["seeds"] == [1, 2, 3]


def test_what_is_wrong_is_a_sentence_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(DESK.replace("queue: help", "queue: sales"))
    with pytest.raises(ConfigError, match=r"desk.yaml:6: there is no queue sales"):
        type_in(f"{tmp_path}/desk.yaml")
    (tmp_path / "desk.yaml").write_text(DESK)
    with pytest.raises(ConfigError, match="cannot be written"):
        type_in(f"{tmp_path}/desk.yaml --runs 1 --processes 1 --plot {tmp_path}/nowhere/p.svg")
    with pytest.raises(ConfigError, match="cannot be read"):
        type_in(f"{tmp_path}/nothing.yaml")


def test_replays_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    made = Centre(engine=RecordingEngine(epoch=7, write=lines.append))
    made.configure(Queue(name=QueueName("support")))
    made.log_on(agent("ann"))
    made.queue("i1")
    log = tmp_path / "acd.jsonl"
    log.write_text("\n".join(lines))
    with pytest.raises(SystemExit) as ended:
        type_in(f"replay {log}")
    assert ended.value.code == 0
    assert "every decision is the same" in capsys.readouterr().out
    log.write_text("\n".join(lines).replace("i1 to ann", "i1 to bob"))
    with pytest.raises(SystemExit) as ended:
        type_in(f"replay {log}")
    assert ended.value.code == 1
    log.write_text("\n".join(lines[1:]))
    with pytest.raises(ConfigError, match=r"acd\.jsonl: line 1: this is not the head"):
        type_in(f"replay {log}")


def test_past_calls_come_from_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLCENTER_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CALLCENTER_CONFIG", raising=False)
    noon = datetime(2026, 11, 16, 12, tzinfo=UTC)

    def event(name: str, seq: int, at: datetime, kind: EventKind, **data: FieldValue) -> InteractionEvent:
        return InteractionEvent(interaction=InteractionId(name), seq=seq, at=at, kind=kind, data=data)

    async def fill() -> None:
        async with open_database(f"sqlite:///{tmp_path / 'records.sqlite'}") as database:
            await upgrade(database)
            async with database.begin() as connection:
                for name, day in (("before", -3), ("within", 0), ("after", 3)):
                    at = noon + timedelta(days=day)
                    happened = [
                        event(name, 1, at, EventKind.STARTED, called_number="1", calling_number="+4930123"),
                        event(name, 2, at, EventKind.QUEUED, queue=name, tier="vip"),
                        event(name, 3, at + timedelta(seconds=9), EventKind.ANSWERED, agent="ann"),
                        event(name, 4, at + timedelta(seconds=99), EventKind.ENDED, outcome="handled"),
                    ]
                    await store_events(connection, happened)

    asyncio.run(fill())
    type_in(f"calls --since 2026-11-15 --until 2026-11-18 --output {tmp_path}/calls.csv")
    assert "1 calls are in" in capsys.readouterr().out
    text = (tmp_path / "calls.csv").read_text()
    assert "+4930123" not in text
    (call,) = read_calls(tmp_path / "calls.csv")
    assert (call.queue, call.waited, call.talk, call.tier) == ("within", 9.0, 90.0, "vip")
    type_in("calls --since 2026-11-15 --until 2026-11-18")
    assert capsys.readouterr().out == text
