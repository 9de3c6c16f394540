"""The house's configuration: what is wrong is named with file and line, all of it at once, and nothing starts half."""

from pathlib import Path

import pytest

from callcenter.catalogue import load_catalogue
from callcenter.domain.catalogue import WrapUpMode
from callcenter.domain.errors import ConfigError

HOUSE = """\
default_queue: general
numbers:
  - { number: "5550100", flow: support }
not_ready_reasons:
  - { name: break, label: { en: Break } }
"""
QUEUE = """\
label: { en: General, zh: 综合 }
requires: { billing: 3 }
head_start: { vip: 300 }
overdue_after: 240
wrap_up: { mode: fixed, seconds: 10 }
dispositions:
  - { name: solved, label: { en: Solved } }
"""


def written(directory: Path, house: str = HOUSE, **queues: str) -> Path:
    (directory / "queues").mkdir()
    (directory / "callcenter.yaml").write_text(house, encoding="utf-8")
    for name, text in (queues or {"general": QUEUE}).items():
        (directory / "queues" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return directory


def complaint(directory: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        load_catalogue(directory)
    return str(refused.value)


def test_the_shipped_configuration_is_sound() -> None:
    """What a newcomer starts with has queues for every exit of the demo flow."""
    catalogue = load_catalogue(Path(__file__).parents[2] / "config")
    assert {"general", "billing", "technical", "sales"} <= set(catalogue.queues)
    assert catalogue.default_queue in catalogue.queues


def test_a_queue_is_read_whole(tmp_path: Path) -> None:
    """Every key of a queue file reaches the plan."""
    catalogue = load_catalogue(written(tmp_path))
    (plan,) = catalogue.queues.values()
    assert (plan.name, plan.label.zh, plan.requirements, plan.head_start) == (
        "general",
        "综合",
        {"billing": 3},
        {"vip": 300},
    )
    assert plan.overdue_after == 240
    assert (plan.wrap_up, plan.wrap_up_seconds) == (WrapUpMode.FIXED, 10)
    assert [one.name for one in plan.dispositions] == ["solved"]


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (QUEUE.replace("billing: 3", "billing: 11"), 2),
        (QUEUE.replace("vip: 300", "emperor: 1"), 3),
        (QUEUE.replace("mode: fixed", "mode: sometimes"), 5),
        (QUEUE + "  - { name: solved, label: { en: Again } }\n", 8),
        (QUEUE + "colour: blue\n", 8),
        (QUEUE.replace("requires: {", "requires: ["), 2),
    ],
)
def test_what_is_wrong_in_a_queue_is_named_with_its_line(tmp_path: Path, broken: str, line: int) -> None:
    """An operator goes straight to the place."""
    assert f"general.yaml:{line}: " in complaint(written(tmp_path, general=broken))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Mending one file must not reveal the next problem only at the next start."""
    told = complaint(
        written(
            tmp_path, HOUSE.replace("default_queue: general", "default_queue: nowhere"), a=QUEUE + "x: 1\n", b="- no\n"
        )
    )
    assert "a.yaml:8" in told
    assert "b.yaml:1" in told
    assert "callcenter.yaml:1: there is no queue nowhere" in told


def test_a_queue_that_wants_a_disposition_has_one(tmp_path: Path) -> None:
    """An agent must never be stuck in a wrap-up that nothing can end."""
    text = "label: { en: General }\nwrap_up: { mode: until_disposition }\ndisposition_required: true\n"
    told = complaint(written(tmp_path, general=text))
    assert "general.yaml:2" in told
    assert "general.yaml:3" in told


def test_missing_files_are_named(tmp_path: Path) -> None:
    """An empty directory says which files it wants."""
    told = complaint(tmp_path)
    assert "callcenter.yaml" in told
    assert "queues" in told
