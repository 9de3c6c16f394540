"""Descriptions: what they mean, and how what is wrong in them is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acd.model import Agent, AgentSelection, Medium, SkillRequirement
from callcenter.domain.errors import ConfigError
from callcenter.simulation.description import Description, load_description
from callcenter.simulation.files import DescriptionFile

ROOT = Path(__file__).resolve().parents[3]

DESK = """\
title: A desk
opens: "08:00"
closes: "10:00"
skills: [english, german]
queues:
  - { name: english, requirements: english }
  - { name: german, requirements: german }
rules:
  - { name: vips, when: 'tier == "vip"', head_start: 60 }
agents:
  - { name: en, count: 2, skills: { english: 5 } }
  - { name: de, group: north, skills: { german: 5 }, shift: [08:00-08:45, 09:00-10:00], days: [monday], speed: 1.5 }
arrivals:
  - { queue: english, per_hour: { "09:00": 30, "08:00": 60 }, talk: 100, patience: 90, tiers: { vip: 0.5 } }
  - { queue: german, per_hour: { "08:00": 9 }, talk: { mean: 9, shape: exponential }, wrap_up: 10,
      requirements: english }
"""


def described(tmp_path: Path, text: str = DESK, *, more: str = "") -> Description:
    path = tmp_path / "desk.yaml"
    path.write_text(text + more, encoding="utf-8")
    return load_description(path)


def problems(tmp_path: Path, text: str = DESK, *, more: str = "") -> str:
    with pytest.raises(ConfigError) as refused:
        described(tmp_path, text, more=more)
    return str(refused.value)


def test_a_description_in_full(tmp_path: Path) -> None:
    found = described(tmp_path)
    (plan,) = found.plans
    assert (found.opens, found.closes, found.weekday) == (28_800.0, 36_000.0, None)
    assert [str(queue.requirements) for queue in plan.queues] == ["english", "german"]
    assert [rule.name for rule in plan.rules] == ["vips"]
    assert [(each.agent.agent, each.agent.group, each.speed) for each in plan.staff] == [
        ("en-1", "", 1.0),
        ("en-2", "", 1.0),
        ("de", "north", 1.5),
    ]
    monday = [(shift.agent.agent, shift.start / 3600, shift.end / 3600) for shift in plan.shifts(0)]
    assert monday == [("en-1", 8, 10), ("en-2", 8, 10), ("de", 8, 8.75), ("de", 9, 10)]
    assert len(plan.shifts(1)) == 2
    assert len(plan.shifts(None)) == 4
    english, german = found.sources
    assert english.rates == ((28_800.0, 60 / 3600), (32_400.0, 30 / 3600))
    assert english.patience is not None
    assert english.patience.is_exponential
    assert german.talk.is_exponential
    assert german.wrap_up.mean == 10
    assert str(german.requirements) == "english"


def test_changes(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        more="""\
changes:
  - name: one more
    agents: [{ name: extra, skills: { german: 1 } }]
  - name: less
    without: [en]
    load: 1.2
  - name: trained
    skills: { en: { german: 2 } }
    rules: []
  - name: other queues
    queues:
      - { name: german, selection: longest_idle }
      - { name: french, requirements: english }
""",
    )
    base, more, less, trained, other = found.plans
    assert base.name == "as described"
    assert [each.agent.agent for each in more.staff] == ["en-1", "en-2", "de", "extra"]
    assert [each.agent.agent for each in less.staff] == ["de"]
    assert less.load == 1.2
    assert [dict(each.agent.skills) for each in trained.staff] == [{"english": 5, "german": 2}] * 2 + [{"german": 5}]
    assert (len(base.rules), trained.rules) == (1, ())
    assert [queue.name for queue in other.queues] == ["english", "german", "french"]
    german = other.queues[1]
    assert german.selection is AgentSelection.LONGEST_IDLE
    assert german.requirements == SkillRequirement(skill=german.requirements.skill)  # type: ignore[union-attr]


def test_a_house_lends_its_queues_skills_and_rules(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        f"""\
title: Our own house
house: {ROOT / "config"}
queues: [{{ name: billing, head_start: 5 }}]
agents: [{{ name: ann, skills: {{ billing: 3 }} }}]
arrivals: [{{ queue: billing, per_hour: {{ "08:00": 10 }}, talk: 100 }}]
""",
    )
    (plan,) = found.plans
    billing = next(queue for queue in plan.queues if queue.name == "billing")
    assert (billing.head_start, billing.wrap_up.seconds) == (5, 45)
    assert "VIPs first" in [rule.name for rule in plan.rules]
    assert found.interruptions[Medium.VOICE] == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("closes:", "shuts:", "desk.yaml:3: shuts: Extra inputs"),
        ('closes: "10:00"', 'closes: "07:00"', "desk.yaml:3: closes before it opens"),
        ("requirements: german }", "requirements: french }", "desk.yaml:7: requirements: there is no skill 'french'"),
        ("tier ==", "tier =", "desk.yaml:9: does not compile"),
        ("english: 5 } }", "english: 11 } }", "desk.yaml:11: "),
        ("name: de,", "name: en-1,", "desk.yaml:12: the name 'en-1' is taken"),
        ("08:00-08:45", "08:45-08:00", "desk.yaml:12: 08:45-08:00: shifts end after they begin"),
        ("09:00-10:00]", "08:30-10:00]", "desk.yaml:12: 08:30-10:00: shifts end after they begin"),
        ("queue: english", "queue: french", "desk.yaml:14: there is no queue french"),
        ("vip: 0.5", "vip: 0.5, gold: 0.6", "desk.yaml:14: the shares of the tiers are more than 1"),
        ("requirements: english }\n", "requirements: french }\n", "there is no skill 'french'"),
        ("title: A desk", "title: A desk\nhouse: nowhere", "desk.yaml:2: "),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in DESK
    assert said in problems(tmp_path, DESK.replace(old, new, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("{ name: as described }", "desk.yaml:18: the name 'as described' is taken"),
        ("{ name: x, without: [nobody] }", "desk.yaml:18: nobody is no entry of agents"),
        ("{ name: x, skills: { nobody: { german: 1 } } }", "desk.yaml:18: nobody is no entry of agents"),
        ("{ name: x, skills: { en: { french: 1 } } }", "there is no skill 'french'"),
        ("{ name: x, agents: [{ name: de }] }", "desk.yaml:18: the name 'de' is taken by an agent of the description"),
        ("{ name: x, queues: [{ name: german, size: 3 }] }", "desk.yaml:18: unknown: size"),
        ("{ name: x, rules: [{ name: r, when: '1 +' }] }", "desk.yaml:18: does not compile"),
    ],
)
def test_what_is_wrong_in_a_change(tmp_path: Path, change: str, said: str) -> None:
    assert said in problems(tmp_path, more=f"changes:\n  - {change}\n")


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, DESK.replace("queue: english", "queue: french").replace("name: de,", "name: en-1,"))
    assert found.count("desk.yaml:") == 2


def test_calls_or_arrivals(tmp_path: Path) -> None:
    assert "either arrivals or calls" in problems(tmp_path, more="calls: { file: calls.csv }\n")
    calls = DESK[: DESK.index("arrivals:")] + "calls: { file: calls.csv }\n"
    assert "calls.csv: cannot be read" in problems(tmp_path, calls)
    (tmp_path / "calls.csv").write_text("arrived,queue,waited,outcome,talk\n")
    assert "holds no call" in problems(tmp_path, calls)
    (tmp_path / "calls.csv").write_text("arrived,queue,waited,outcome,talk\n2026-11-16T09:00,french,1,answered,60\n")
    assert "queues that are not described: french" in problems(tmp_path, calls)
    (tmp_path / "calls.csv").write_text("arrived,queue,waited,outcome,talk\n2026-11-16T09:00,german,1,answered,60\n")
    assert "past calls are as many as they were" in problems(tmp_path, calls, more="changes: [{ name: x, load: 2 }]\n")
    assert len(described(tmp_path, calls).calls) == 1


def test_a_description_needs_queues(tmp_path: Path) -> None:
    assert "queues of its own, or a house" in problems(
        tmp_path,
        """\
title: x
agents: [{ name: ann }]
arrivals: [{ queue: q, per_hour: { "08:00": 1 }, talk: 1 }]
""",
    )


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "simulation").glob("*.yaml")), ids=lambda path: path.name)
def test_the_examples_can_be_read(path: Path) -> None:
    assert load_description(path).plans


def test_the_published_schema_is_that_of_this_version() -> None:
    published = ROOT / "config" / "simulation" / "description.schema.json"
    schema = DescriptionFile.model_json_schema()
    assert json.loads(published.read_text(encoding="utf-8")) == json.loads(json.dumps(schema)), (
        "write json.dumps(DescriptionFile.model_json_schema(), indent=2)"
    )


def test_agents_alike_share_their_skills(tmp_path: Path) -> None:
    first, second, _ = described(tmp_path).plans[0].staff
    assert first.agent == Agent(agent=first.agent.agent, skills=second.agent.skills)
