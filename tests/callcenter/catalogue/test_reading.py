"""The house's configuration: what is wrong is named with file and line, all of it at once, and nothing starts half."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import acd.model
from acd.media import MediaRules
from acd.model import (
    AgentSelection,
    AllOf,
    AnyOf,
    Medium,
    Overflow,
    OverflowCause,
    OverflowTo,
    Queue,
    QueueStep,
    ServiceLevelTarget,
    TunableIndex,
    Without,
    WrapUp,
    WrapUpMode,
)
from callcenter.catalogue import load_catalogue
from callcenter.catalogue.reading import OFFER_MARGIN
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import QueueName
from tests.acd.world import needs

HOUSE = """\
default_queue: general
numbers:
  - { number: "5550100", flow: support }
not_ready_reasons:
  - { name: break, label: { en: Break } }
"""
ROUTING = """\
skills:
  - { name: billing, label: { en: Billing, zh: 账单 } }
  - { name: english, label: { en: English } }
rules:
  - { name: VIPs, when: 'tier == "vip"', head_start: 300, prefers_expert: true }
  - name: Key account
    when: account == "4711"
    requirements: english >= 5
    preferred_agent: { agent: ana, wait: 30 }
media:
  capacities: { voice: 1, chat: 3 }
  interruptions: { chat: [voice] }
"""
QUEUE = """\
label: { en: General, zh: 综合 }
requirements: billing >= 3
head_start: 30
wrap_up: { mode: fixed, seconds: 10 }
dispositions:
  - { name: solved, label: { en: Solved } }
"""
FULL = """\
label: { en: General }
requirements: [billing >= 3, { any: [english, { not: billing >= 9 }] }]
head_start: 30
overdue_after: 240
overdue_factor: 6.5
selection: tunable_index
index: { wait: 2, head_start: 3, idle: 4, proficiency: 5, specialisation: 6, groups: { seniors: 7 } }
share: 0.4
steps:
  - { after: 20, requirements: billing }
  - { after: 60, keeps_needs: false }
overflows:
  - { cause: length, limit: 30, to: message, name: too_many }
  - { cause: waited, limit: 60, to: queue, name: backup }
  - { cause: nobody logged on, to: voicemail, name: leave_message }
  - { cause: expected wait, limit: 300, to: callback, name: offer_callback }
expert_hold: 15
expert_level: 8
offer_timeout: 12
service_level: { share: 0.9, seconds: 10 }
wrap_up: { mode: optional, seconds: 40, more_time: 20, more_time_limit: 90 }
dispositions:
  - { name: solved, label: { en: Solved } }
disposition_required: true
"""
BACKUP = "label: { en: Backup }\n"


def written(directory: Path, house: str = HOUSE, routing: str | None = ROUTING, **queues: str) -> Path:
    (directory / "queues").mkdir()
    (directory / "flows").mkdir()
    for flow in ("too_many", "leave_message", "offer_callback"):
        (directory / "flows" / f"flow_{flow}.yaml").write_text(f"name: {flow}\n", encoding="utf-8")
    (directory / "flows" / "broken.yaml").write_text("name: [\n", encoding="utf-8")
    (directory / "callcenter.yaml").write_text(house, encoding="utf-8")
    if routing is not None:
        (directory / "routing.yaml").write_text(routing, encoding="utf-8")
    for name, text in (queues or {"general": QUEUE}).items():
        (directory / "queues" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return directory


def complaint(directory: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        load_catalogue(directory)
    return str(refused.value)


# -- what is read ----------------------------------------------------------------------------------------------------


def test_the_shipped_configuration_is_sound() -> None:
    """What a newcomer starts with has queues for every exit of the demo flow, and puts VIPs first."""
    catalogue = load_catalogue(Path(__file__).parents[3] / "config")
    assert {"general", "billing", "technical", "sales"} <= set(catalogue.queues)
    assert catalogue.default_queue in catalogue.queues
    callers: tuple[dict[str, str | bool], ...] = (
        {"tier": "vip"},
        {"tier": "standard", "entitlement": "covered", "open_complaint": False},
        {"tier": "gold", "entitlement": "ended", "open_complaint": True},
    )
    applied = [[rule.name for rule in catalogue.rules if rule.when.holds(caller) is not False] for caller in callers]
    assert applied == [
        ["VIPs first"],
        ["Covered by contract"],
        ["Gold before standard", "Open complaint to experts"],
    ]


def test_a_queue_is_read_whole(tmp_path: Path) -> None:
    """Every key of a queue file reaches the plan, and how it is routed reaches it in the engine's words."""
    plan = load_catalogue(written(tmp_path, general=FULL, backup=BACKUP)).queues[QueueName("general")]
    assert plan.routing == Queue(
        name=acd.model.QueueName("general"),
        requirements=AllOf(parts=(needs(billing=3), AnyOf(parts=(needs(english=1), Without(part=needs(billing=9)))))),
        head_start=30,
        overdue_after=240,
        overdue_factor=6.5,
        selection=AgentSelection.TUNABLE_INDEX,
        index=TunableIndex(wait=2, head_start=3, idle=4, proficiency=5, specialisation=6, groups=(("seniors", 7),)),
        share=0.4,
        steps=(
            QueueStep(after=20, requirements=needs(billing=1)),
            QueueStep(after=60, requirements=AllOf(), keeps_needs=False),
        ),
        overflows=(
            Overflow(cause=OverflowCause.LENGTH, limit=30, to=OverflowTo.MESSAGE, name="too_many"),
            Overflow(cause=OverflowCause.WAITED, limit=60, to=OverflowTo.QUEUE, name="backup"),
            Overflow(cause=OverflowCause.NOBODY_LOGGED_ON, to=OverflowTo.VOICEMAIL, name="leave_message"),
            Overflow(cause=OverflowCause.EXPECTED_WAIT, limit=300, to=OverflowTo.CALLBACK, name="offer_callback"),
        ),
        expert_hold=15,
        expert_level=8,
        offer_timeout=12,
        service_level=ServiceLevelTarget(share=0.9, seconds=10),
        wrap_up=WrapUp(mode=WrapUpMode.OPTIONAL, seconds=40, extension_limit=90),
    )
    assert (plan.name, plan.label.en, plan.wrap_up_extension, plan.target_seconds) == ("general", "General", 20, 10)
    assert [one.name for one in plan.dispositions] == ["solved"]
    assert plan.disposition_required


def test_what_a_queue_leaves_out_is_as_people_expect(tmp_path: Path) -> None:
    """A name is enough: every agent, a wrap-up of half a minute, and as much time for an offer as the switch rings."""
    directory = written(tmp_path, general=BACKUP)
    plan = load_catalogue(directory, ring_seconds=12).queues[QueueName("general")]
    assert plan.routing == Queue(
        name=acd.model.QueueName("general"),
        offer_timeout=12 + OFFER_MARGIN,
        wrap_up=WrapUp(mode=WrapUpMode.FIXED, seconds=30, extension_limit=120),
    )


def test_skills_rules_and_media_are_read(tmp_path: Path) -> None:
    """What concerns more than one queue stands in one file."""
    catalogue = load_catalogue(written(tmp_path))
    assert [(skill.name, skill.label.zh) for skill in catalogue.skills] == [("billing", "账单"), ("english", "")]
    vip, key_account = catalogue.rules
    assert (vip.name, vip.head_start, vip.prefers_expert, vip.preferred) == ("VIPs", 300, True, None)
    assert key_account.when.holds({"account": "4711"})
    assert key_account.requirements == needs(english=5)
    assert key_account.preferred is not None
    assert (key_account.preferred.agent, key_account.preferred.wait) == ("ana", 30)
    assert catalogue.media.capacities == {Medium.VOICE: 1, Medium.CHAT: 3}
    assert catalogue.media.interruptions[Medium.CHAT] == {Medium.VOICE}


def test_a_queue_has_the_opening_hours_of_a_calendar(tmp_path: Path) -> None:
    """And may say what becomes of those who call outside of them."""
    text = QUEUE + "calendar: office\noverflows:\n  - { cause: closed, to: message, name: too_many }\n"
    directory = written(tmp_path, general=text)
    (directory / "calendars").mkdir()
    office = 'zone: UTC\nweek: { mon-fri: ["08:00-18:00"] }\n'
    (directory / "calendars" / "office.yaml").write_text(office, encoding="utf-8")
    catalogue = load_catalogue(directory)
    assert catalogue.queues[QueueName("general")].calendar == "office"
    assert [one.cause for one in catalogue.queues[QueueName("general")].routing.overflows] == [OverflowCause.CLOSED]
    assert catalogue.calendars["office"].is_open(datetime(2026, 1, 5, 9, tzinfo=UTC))


def test_a_house_without_skills_and_rules_needs_no_file_for_them(tmp_path: Path) -> None:
    """One queue for everybody is a call centre too."""
    catalogue = load_catalogue(written(tmp_path, routing=None, general=BACKUP))
    assert (catalogue.skills, catalogue.rules, catalogue.media) == ((), (), MediaRules())


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "line", "reason"),
    [
        (QUEUE.replace(">= 3", ">= 11"), 2, "proficiency from 1 to 10"),
        (QUEUE.replace("billing", "biling"), 2, "no skill 'biling'"),
        (QUEUE.replace("billing >= 3", "[billing, { not: billing }]"), 2, "nobody could ever satisfy"),
        (QUEUE.replace("billing >= 3", "{ any: [] }"), 2, "not a requirement"),
        (QUEUE.replace("head_start: 30", "head_start: soon"), 3, "head_start"),
        (QUEUE.replace("mode: fixed", "mode: sometimes"), 4, "must be one of none, fixed"),
        (QUEUE + "  - { name: solved, label: { en: Again } }\n", 7, "stands here twice"),
        (QUEUE + "colour: blue\n", 7, "colour"),
        (QUEUE + "offer_timeout: 16\n", 7, "rings a phone for 15 s only"),
        (QUEUE + "preferred_agents: [{ whom: first, wait: 5 }]\n", 7, "must be one of last_agent, owner, named"),
        (QUEUE + "preferred_agents: [{ whom: owner, wait: 0 }]\n", 7, "wait"),
        (QUEUE + "preferred_agents: [{ whom: named, wait: 5 }]\n", 7, "beside whom: named, and only there"),
        (QUEUE + "preferred_agents: [{ whom: owner, agent: ana, wait: 5 }]\n", 7, "beside whom: named, and only there"),
        (QUEUE + "preferred_agents: [{ whom: owner, within_days: 9, wait: 5 }]\n", 7, "beside whom: last_agent only"),
        (QUEUE + "expert_level: 11\n", 7, "expert_level"),
        (QUEUE + "steps:\n  - { after: 9 }\n  - { after: 9 }\n", 9, "in the order of their times"),
        (QUEUE + "steps:\n  - { after: 9, requirements: french }\n", 8, "no skill 'french'"),
        (QUEUE + "overflows:\n  - { cause: waited, to: queue, name: general }\n", 8, "limit is missing"),
        (QUEUE + "overflows:\n  - { cause: waited, limit: 9, to: message, name: closed }\n", 8, "no flow closed"),
        (QUEUE + "limits: { size: 5, to: message, name: closed }\n", 7, "no flow closed"),
        (QUEUE + "calendar: office\n", 7, "there is no calendar office"),
        (QUEUE + "overflows:\n  - { cause: closed, to: message, name: too_many }\n", 8, "without a calendar"),
        (QUEUE + "overflows:\n  - { cause: rain, to: queue, name: general }\n", 8, "must be one of waited"),
        (QUEUE + "overflows:\n  - { cause: waited, limit: 9, to: queue, name: nowhere }\n", 8, "no queue 'nowhere'"),
        (QUEUE + "overflows:\n  - { cause: waited, limit: 9, to: queue, name: general }\n", 7, "in a circle: general"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_queue_is_named_with_its_line(tmp_path: Path, broken: str, line: int, reason: str) -> None:
    """An operator goes straight to the place."""
    told = complaint(written(tmp_path, general=broken))
    assert f"general.yaml:{line}: " in told
    assert reason in told


@pytest.mark.parametrize(
    ("broken", "line", "reason"),
    [
        (ROUTING.replace('tier == "vip"', "tier =="), 5, "does not compile, at character 8"),
        (ROUTING.replace("english >= 5", "french"), 8, "no skill 'french'"),
        (ROUTING.replace("Key account", "VIPs"), 6, "taken by an earlier rule"),
        (ROUTING.replace("wait: 30", "wait: -1"), 9, "greater than or equal to 0"),
        (ROUTING.replace("voice: 1", "voice: 2"), 11, "two conversations by voice"),
        (ROUTING.replace("[voice]", "[fax]"), 12, "a list of media"),
        (ROUTING + "  exceptions: [{ agents: [ana], capacities: { fax: 1 } }]\n", 13, "no medium 'fax'"),
        (ROUTING + "  exceptions: [{ requirements: french, capacities: {} }]\n", 13, "no skill 'french'"),
        (ROUTING + "  exceptions: [{ capacities: { chat: 1 } }]\n", 13, "whom it concerns is missing"),
        (ROUTING + "  exceptions: [{ agents: [ana] }]\n", 13, "capacities"),
        (ROUTING.replace("name: english", "name: billing"), 3, "stands here twice"),
    ],
)
def test_what_is_wrong_in_the_routing_is_named_with_its_line(
    tmp_path: Path, broken: str, line: int, reason: str
) -> None:
    """A condition that does not compile is found before anybody calls."""
    told = complaint(written(tmp_path, routing=broken))
    assert f"routing.yaml:{line}: " in told
    assert reason in told


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Mending one file must not reveal the next problem only at the next start."""
    house = HOUSE.replace("default_queue: general", "default_queue: nowhere")
    routing = ROUTING.replace('tier == "vip"', "tier ==")
    told = complaint(written(tmp_path, house, routing, a=QUEUE + "x: 1\n", b="- no\n", c=QUEUE))
    assert "a.yaml:7" in told
    assert "b.yaml:1" in told
    assert "routing.yaml:5" in told
    assert "callcenter.yaml:1: there is no queue nowhere" in told
    assert "c.yaml" not in told


def test_skills_that_cannot_be_read_are_not_called_missing(tmp_path: Path) -> None:
    """One mistake is one line."""
    told = complaint(written(tmp_path, routing="skills: billing\n"))
    assert "routing.yaml:1" in told
    assert "general.yaml" not in told


def test_a_circle_of_overflows_is_told_of_the_queue_where_it_begins(tmp_path: Path) -> None:
    """Callers must not be sent round."""
    overflow = "overflows:\n  - {{ cause: waited, limit: 9, to: queue, name: {} }}\n"
    queues = {one: QUEUE + overflow.format(to) for one, to in (("general", "backup"), ("backup", "general"))}
    assert "backup.yaml:7: overflows run in a circle: backup → general → backup" in complaint(
        written(tmp_path, **queues)
    )


def test_a_queue_that_wants_a_disposition_has_one(tmp_path: Path) -> None:
    """An agent must never be stuck in a wrap-up that nothing can end."""
    text = "label: { en: General }\nwrap_up: { mode: until_disposition }\ndisposition_required: true\n"
    told = complaint(written(tmp_path, general=text))
    assert "general.yaml:2" in told
    assert "general.yaml:3" in told


def test_a_queue_whose_name_is_none_is_refused(tmp_path: Path) -> None:
    """It would stand on channels."""
    assert "named like the queue" in complaint(written(tmp_path, **{"general": QUEUE, "Big Queue": QUEUE}))


def test_missing_files_are_named(tmp_path: Path) -> None:
    """An empty directory says which files it wants."""
    told = complaint(tmp_path)
    assert "callcenter.yaml" in told
    assert "queues" in told
