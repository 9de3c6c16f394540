"""The file that says who may call whom: what is wrong in it is named, what is not in it is not allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.dialling import load_dial_plan
from callcenter.domain.dial_plan import Dialable, DialRefusal, NumberClass
from callcenter.domain.errors import ConfigError

FILE = """\
roles:
  agent: { countries: [home, AT], classes: [fixed, mobile] }
barred: ["+49180"]
caller_id: "+4930123456"
"""


def test_the_rules_are_read_whole(tmp_path: Path) -> None:
    (tmp_path / "dialling.yaml").write_text(FILE, encoding="utf-8")
    plan = load_dial_plan(tmp_path, "DE")
    assert plan.roles["agent"].countries == {"home", "AT"}
    assert plan.roles["agent"].classes == {NumberClass.FIXED, NumberClass.MOBILE}
    assert (plan.home, plan.barred, plan.caller_id) == ("DE", ("+49180",), "+4930123456")


def test_without_the_file_only_help_can_be_called(tmp_path: Path) -> None:
    plan = load_dial_plan(tmp_path, "US")
    assert isinstance(plan.check("911", "agent"), Dialable)
    assert plan.check("+1 202 555 0100", "agent") is DialRefusal.COUNTRY


def test_what_is_shipped_allows_no_premium_numbers_to_anybody() -> None:
    plan = load_dial_plan(Path(__file__).parents[2] / "config", "US")
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
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, wrong: str, right: str, complaint: str) -> None:
    (tmp_path / "dialling.yaml").write_text(FILE.replace(wrong, right), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_dial_plan(tmp_path, "DE")
    assert complaint in str(refused.value)
