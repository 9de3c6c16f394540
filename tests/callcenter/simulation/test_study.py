"""Studies: every plan meets the same calls, and the figures are those of a day that can be counted by hand."""

from __future__ import annotations

from functools import partial
from math import isnan, nan
from pathlib import Path

import pytest

from acd.metrics import ServiceLevel
from callcenter.simulation.description import Description, load_description
from callcenter.simulation.study import EVERYBODY, Study, compare, difference, estimate, run_once

DESK = """\
title: A desk
opens: "08:00"
closes: "09:00"
answer_after: 0
queues: [{ name: help, service_level: { seconds: 30 } }]
agents: [{ name: ann }]
arrivals: [{ queue: help, per_hour: { "08:00": 20 }, talk: 120, patience: 200, tiers: { vip: 0.3 } }]
changes: [{ name: two, agents: [{ name: bob }] }]
"""

HEAD = "arrived,queue,waited,outcome,talk,wrap_up,tier\n"
CALLS = """\
title: Two days
opens: "08:00"
closes: "09:00"
answer_after: 2
service_level: { variant: SL-3, seconds: 20 }
queues: [{ name: help, wrap_up: { mode: fixed, seconds: 60 } }, { name: sales }]
agents: [{ name: ann, days: [monday] }, { name: bob, days: [tuesday], speed: 2 }]
calls: { file: calls.csv }
"""


def described(tmp_path: Path, text: str, calls: str = "") -> partial[Description]:
    (tmp_path / "calls.csv").write_text(HEAD + calls, encoding="utf-8")
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    return partial(load_description, tmp_path / "desk.yaml")


def offered(study: Study, plan: str) -> list[float]:
    return study.values(plan, lambda run: run.figures[EVERYBODY].tally.offered)


def test_every_plan_meets_the_same_calls(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    study = compare(described(tmp_path, DESK), range(1, 6), progress=lambda done, of: told.append((done, of)))
    assert list(study.runs) == ["as described", "two"]
    assert offered(study, "as described") == offered(study, "two")
    assert len(set(offered(study, "two"))) > 1, "days differ"
    waits = {plan: study.values(plan, lambda run: run.figures[EVERYBODY].speed_of_answer) for plan in study.runs}
    assert all(two <= one for one, two in zip(waits["as described"], waits["two"], strict=True))
    assert told == [(done, 10) for done in range(1, 11)]
    assert study.groups == (EVERYBODY, "tier standard", "tier vip")


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    load = described(tmp_path, DESK)
    assert compare(load, (1, 2), processes=2).runs == compare(load, (1, 2)).runs


def test_past_calls_each_on_its_own_day(tmp_path: Path) -> None:
    load = described(
        tmp_path,
        CALLS,
        "2026-11-16T08:00:00,help,5,answered,100,40,vip\n"  # Monday: ann answers after 2 s, wraps up until 08:02:22
        "2026-11-16T08:00:10,sales,300,answered,50,,\n"  # is answered at 08:02:24
        "2026-11-16T08:00:20,help,15,abandoned,,,\n"
        "2026-11-17T08:00:00,help,5,answered,100,40,vip\n",  # Tuesday: bob needs half of the talk
    )
    description = load()
    run = run_once(description, description.plans[0], seed=1)
    everybody = run.figures[EVERYBODY]
    assert (everybody.tally.answered, everybody.tally.abandoned, everybody.longest) == (3, 1, 134.0)
    assert everybody.waited == pytest.approx(2 + 134 + 2)
    assert everybody.served == pytest.approx(100 + 50 + 50)
    assert everybody.tally.service_level(ServiceLevel.ABANDONS_ARE_BAD) == 0.5
    assert run.figures["tier vip"].tally.answered == 2
    assert run.figures["queue sales"].speed_of_answer == 134.0
    assert run.busy == pytest.approx(100 + 40 + 50 + 50 + 40)
    assert run.there == pytest.approx(2 * 3600)
    assert run.hours[8].tally.answered == 3


def test_who_is_never_served_and_never_gives_up_is_said(tmp_path: Path) -> None:
    load = described(tmp_path, CALLS, "2026-11-18T08:00:00,help,5,answered,100,40,vip\n")  # nobody works on Wednesdays
    description = load()
    run = run_once(description, description.plans[0], seed=1)
    assert run.figures[EVERYBODY].unserved == run.figures["tier vip"].unserved == 1
    assert isnan(run.figures[EVERYBODY].speed_of_answer)
    assert isnan(run.occupancy)


def test_a_mean_and_its_interval() -> None:
    found = estimate([1.0, 2.0, 3.0, nan])
    assert (found.mean, found.half) == pytest.approx((2.0, 4.30 / 3**0.5))
    assert estimate([5.0]).mean == 5.0
    assert isnan(estimate([5.0]).half)
    assert isnan(estimate([nan]).mean)
    assert estimate(float(number % 2) for number in range(100)).half == pytest.approx(1.96 * 0.5025 / 10, rel=1e-3)


def test_a_difference_is_known_run_by_run() -> None:
    found = difference([11.0, 21.0, 31.0], [10.0, 20.0, 30.0])
    assert (found.mean, found.half) == (1.0, 0.0)
