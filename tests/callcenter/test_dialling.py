"""The file that says who may call whom: what is wrong in it is named, what is not in it is not allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.dialling import read_dialling
from callcenter.domain.dial_plan import Dialable, Dialling, DialRefusal, DirectoryRow, NumberClass
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import QueueName

FILE = """\
roles:
  agent: { countries: [home, AT], classes: [fixed, mobile] }
barred: ["+49180"]
caller_id: "+4930123456"
queue: general
directory:
  - { label: { en: Caretaker, zh: 管理员 }, number: "030 1234567", detail: at night }
"""


def read(directory: Path, country: str) -> Dialling:
    """Return what the file says; nothing may be wrong in it."""
    problems: list[ConfigError] = []
    found = read_dialling(directory, country, [QueueName("general")], problems)
    assert not problems
    return found


def test_the_rules_are_read_whole(tmp_path: Path) -> None:
    (tmp_path / "dialling.yaml").write_text(FILE, encoding="utf-8")
    dialling = read(tmp_path, "DE")
    plan = dialling.plan
    assert plan.roles["agent"].countries == {"home", "AT"}
    assert plan.roles["agent"].classes == {NumberClass.FIXED, NumberClass.MOBILE}
    assert (plan.home, plan.barred, plan.caller_id) == ("DE", ("+49180",), "+4930123456")
    assert dialling.queue == "general"
    assert dialling.directory == (DirectoryRow(en="Caretaker", zh="管理员", number="030 1234567", detail="at night"),)


def test_without_the_file_only_help_can_be_called(tmp_path: Path) -> None:
    plan = read(tmp_path, "US").plan
    assert isinstance(plan.check("911", "agent"), Dialable)
    assert plan.check("+1 202 555 0100", "agent") is DialRefusal.COUNTRY


def test_what_is_shipped_allows_no_premium_numbers_to_anybody() -> None:
    plan = read(Path(__file__).parents[2] / "config", "US").plan
    assert {"agent", "supervisor", "callback"} <= set(plan.roles)
    for role in plan.roles:
        assert isinstance(plan.check("202 555 0123", role), Dialable)
        assert plan.check("900 555 0123", role) is DialRefusal.CLASS
        assert plan.check("876 926 1234", role) is DialRefusal.COUNTRY


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ("[fixed, mobile]", "[fixed, expensive]", "dialling.yaml:2: there is no class expensive"),
        ("[home, AT]", "[home, at]", "dialling.yaml:2: at is no country"),
        ('"+49180"', '"0180"', "dialling.yaml:3: barred.0"),
        ('"+4930123456"', '"030 123456"', "dialling.yaml:4: caller_id"),
        ("barred", "bared", "dialling.yaml:3: bared"),
        ("queue: general", "queue: none", "dialling.yaml:5: there is no queue none"),
        ('"030 1234567"', '"0900 1234567"', "dialling.yaml:7: nobody may call 0900 1234567: number class not allowed"),
        ('"030 1234567"', '"ask Ben"', "dialling.yaml:7: nobody may call ask Ben: not a number"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, wrong: str, right: str, complaint: str) -> None:
    (tmp_path / "dialling.yaml").write_text(FILE.replace(wrong, right), encoding="utf-8")
    problems: list[ConfigError] = []
    read_dialling(tmp_path, "DE", [QueueName("general")], problems)
    assert [complaint in str(problem) for problem in problems] == [True]


NAMED = """
roles:
  agent: { countries: [home], classes: [fixed, mobile] }
  transfer: { countries: [home], classes: [fixed] }
directory:
  - { name: caretaker, label: { en: Caretaker }, number: "030 1234567" }
  - { label: { en: Driver }, number: "0151 12345678" }
"""


def test_flows_know_those_numbers_that_have_names(tmp_path: Path) -> None:
    (tmp_path / "dialling.yaml").write_text(NAMED, encoding="utf-8")
    assert [row.name for row in read(tmp_path, "DE").directory] == ["caretaker", None]


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ("- { label", "- { name: driver, label", "dialling.yaml:7: the role transfer may not call driver"),
        ("{ name: caretaker", "{ name: Caretaker", "dialling.yaml:6"),
        (
            '- { label: { en: Driver }, number: "0151 12345678" }',
            '- { name: caretaker, label: { en: Driver }, number: "030 7654321" }',
            "dialling.yaml:7: there are two numbers of the name caretaker",
        ),
    ],
)
def test_a_name_for_flows_is_one_and_its_number_may_be_called_by_them(
    tmp_path: Path, wrong: str, right: str, complaint: str
) -> None:
    (tmp_path / "dialling.yaml").write_text(NAMED.replace(wrong, right), encoding="utf-8")
    problems: list[ConfigError] = []
    read_dialling(tmp_path, "DE", [QueueName("general")], problems)
    assert [complaint in str(problem) for problem in problems] == [True], problems
