"""What a source's file says, and what is wrong with it, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.domain.errors import ConfigError
from callcenter.hosts.reading import load_hosts
from callcenter.sources.model import By, SourcePlan
from callcenter.sources.reading import load_sources
from tests.callcenter.sources.firm import HOST, SOURCE


def load(directory: Path, source: str, host: str = HOST) -> tuple[SourcePlan, ...]:
    for folder, name, text in (("hosts", "crm", host), ("sources", "crm", source)):
        (directory / folder).mkdir(exist_ok=True)
        (directory / folder / f"{name}.yaml").write_text(text.replace("PORT", "1"), encoding="utf-8")
    return load_sources(directory, load_hosts(directory))


def test_a_source_is_read_whole(tmp_path: Path) -> None:
    (plan,) = load(tmp_path, SOURCE)
    assert (plan.name, plan.host, plan.wait) == ("crm", "crm", 0.1)
    assert {by: (one.name, one.argument, one.key) for by, one in plan.questions.items()} == {
        By.NUMBER: ("by_number", "number", "telephone"),
        By.ACCOUNT: ("by_account", "code", "code"),
    }
    assert plan.fields["name"] == "name"
    assert (plan.covered_until, plan.level, plan.priority) == ("covered_until", "level", "ahead")
    assert plan.routing == ("segment",)


def test_a_house_without_sources_has_none(tmp_path: Path) -> None:
    assert load_sources(tmp_path, {}) == ()


@pytest.mark.parametrize(
    ("wrong", "line", "why"),
    [
        (SOURCE.replace("host: crm", "host: erp"), 2, "there is no hosts/erp.yaml"),
        (SOURCE.replace("question: by_number", "question: nobody_asks"), 5, "nobody_asks is no question of crm"),
        (SOURCE.replace("key: telephone", "key: mobile"), 5, "by_number does not answer mobile"),
        (SOURCE.replace("argument: number", "argument: phone"), 5, "must be answered from phone alone"),
        (SOURCE.replace("  tier: tier", "  tier: class"), 10, "does not answer class"),
        (SOURCE.replace("  name: name\n", ""), 5, "account and name"),
        (SOURCE.replace("wait: 0.1", "wait: soon"), 3, "wait"),
        (SOURCE.replace("routing: [segment]", "routing: [segment, churn]"), 17, "does not answer churn"),
        (SOURCE.replace("{ open_complaint", "{ angry"), 16, "angry"),
        (SOURCE.replace("routing:", "rooting:"), 17, "rooting"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, wrong: str, line: int, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, wrong)
    assert why in str(refused.value)
    assert f"crm.yaml:{line}" in str(refused.value)
