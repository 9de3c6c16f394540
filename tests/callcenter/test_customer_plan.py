"""`customers.yaml` is read whole, and what is wrong in it is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.api.customers import MasterPlan
from callcenter.customer_plan import load_master_plan
from callcenter.domain.errors import ConfigError
from tests.support.servers import TREE

FILE = """\
currency: EUR
territories:
  - { name: east, label: { en: East, zh: 东区 } }
fields:
  - { name: vehicle, label: { en: Vehicle }, kind: text, max_length: 20, routing: true }
  - { name: colour, label: { en: Colour }, kind: choice, choices: [ { name: red, label: { en: Red } } ] }
  - { name: seats, label: { en: Seats }, kind: integer, least: 1, most: 9 }
hidden:
  agent: [credit_limit, custom.seats]
"""


def load(tmp_path: Path, text: str) -> MasterPlan:
    (tmp_path / "customers.yaml").write_text(text, encoding="utf-8")
    return load_master_plan(tmp_path, "DE")


def test_without_a_file_there_are_the_usual_fields(tmp_path: Path) -> None:
    plan = load_master_plan(tmp_path, "DE")
    assert (plan.custom_fields, plan.territories, plan.hidden, plan.country) == ((), (), {}, "DE")


def test_everything_is_read(tmp_path: Path) -> None:
    plan = load(tmp_path, FILE)
    assert plan.hidden == {"agent": ("credit_limit", "custom.seats")}
    assert [field.name for field in plan.custom_fields] == ["vehicle", "colour", "seats"]
    assert plan.custom_fields[0].label.zh == "Vehicle"


def test_the_shipped_file_is_right() -> None:
    assert load_master_plan(TREE / "config", "US").custom_fields


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("kind: text", "kind: tekst", "customers.yaml:5: fields.0.kind"),
        ("name: seats", "name: colour", "customers.yaml:7: fields: colour stands here twice"),
        (", choices: [ { name: red, label: { en: Red } } ]", "", "customers.yaml:6: colour: a choice has choices"),
        ("most: 9", "most: 0", "customers.yaml:7: seats: most is less than least"),
        ("max_length: 20", "least: 2", "customers.yaml:5: vehicle: only integers and decimals"),
        ("credit_limit", "name", "customers.yaml:9: name is no field that can be hidden"),
        ("custom.seats", "custom.nothing", "customers.yaml:9: custom.nothing is no field"),
        ("currency: EUR", "currency: euro", "customers.yaml:1: currency"),
        ("fields:", "feelds:", "customers.yaml:4: feelds"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")):
        load(tmp_path, FILE.replace(right, wrong, 1))
