"""What is printed and written of a study, and its picture."""

from __future__ import annotations

import json
from math import nan
from pathlib import Path
from xml.etree import ElementTree

import pytest

from callcenter.simulation.description import load_description
from callcenter.simulation.plot import _ticks, plot
from callcenter.simulation.study import Study, compare
from callcenter.simulation.table import as_json, tables

DESK = """\
title: A <desk> & more
opens: "08:00"
closes: "10:00"
service_level: { variant: SL-2, seconds: 30 }
queues:
  - { name: help, overflows: [{ cause: waited, limit: 100, to: voicemail, name: box }] }
  - { name: sales }
agents: [{ name: ann }, { name: bob }]
arrivals:
  - { queue: help, per_hour: { "08:00": 40 }, talk: 120, patience: 200, tiers: { vip: 0.3 } }
  - { queue: sales, per_hour: { "08:00": 10 }, talk: 120 }
changes: [{ name: "a third, called <eve>", agents: [{ name: eve }] }]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    path = tmp_path_factory.mktemp("study") / "desk.yaml"
    path.write_text(DESK, encoding="utf-8")
    return compare(lambda: load_description(path), (1, 2, 3))


def test_a_table_for_everybody_each_tier_and_each_queue(study: Study) -> None:
    text = tables(study)
    heads = [line for line in text.splitlines() if line.startswith(("everybody", "tier", "queue"))]
    assert [head.split("  ")[0] for head in heads] == [
        "everybody",
        "tier standard",
        "tier vip",
        "queue help",
        "queue sales",
    ]
    assert all("SL-2 in 30 s" in head for head in heads), "a service level has its variant and target"
    assert ["occupancy" in head for head in heads] == [True, False, False, False, False]
    assert ["led on" in head for head in heads] == [True, True, True, True, False], "where anybody was"
    assert "seeds 1 to 3" in text
    assert text.count("a third, called <eve>") == 5
    assert text.count("\n  more") == 5


def test_shares_differ_by_points(study: Study) -> None:
    lines = tables(study).splitlines()
    first, more = (next(line for line in lines if line.startswith(name)) for name in ("as described", "  more"))
    assert " % " in first
    assert " pt " in more
    assert "%" not in more


def test_for_programs_all_figures_are_numbers_or_null(study: Study) -> None:
    data = json.loads(json.dumps(as_json(study), allow_nan=False))
    assert data["service_level"] == {"variant": "SL-2", "seconds": 30.0, "short": 5.0}
    first, third = data["plans"].values()
    assert len(first["everybody"]["ASA"]["runs"]) == 3
    assert first["everybody"]["ASA"]["more"] is None
    assert third["everybody"]["ASA"]["more"] < 0


def test_the_picture_is_well_formed_and_names_everything(study: Study) -> None:
    picture = plot(study)
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert "A <desk> & more" in texts
    assert "a third, called <eve>" in texts
    assert {"SL-2 in 30 s (%)", "ASA (s)", "abandoned (%)", "occupancy (%)", "08–09", "09–10"} <= set(texts)
    assert sum(element.tag.endswith("polyline") for element in root.iter()) == 2
    assert "nan" not in picture


def test_a_picture_of_nothing_but_unknowns(tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text(DESK.replace('"08:00": 40', '"08:00": 0').replace('"08:00": 10', '"08:00": 0'), encoding="utf-8")
    empty = compare(lambda: load_description(path), (1,))
    assert "nan" not in plot(empty)
    assert "none" in tables(empty)
    assert "±" not in tables(empty).split("\n\n", 1)[1], "of one run there is no interval"


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (71.3, 71.3), (0.0, 0.0), (3.0, 1121.0), (99.2, 100.0)])
def test_ticks_are_few_and_around_it(low: float, high: float) -> None:
    ticks = _ticks(low, high)
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert ticks[-1] > ticks[0] > -nan or ticks[0] == ticks[0]
