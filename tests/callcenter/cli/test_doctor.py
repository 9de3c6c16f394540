"""How the doctor's findings are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.cli.doctor import doctor, examine, report
from callcenter.config import load_settings
from callcenter.doctor.findings import Examination, Finding, failure, good, warning


async def test_findings_keep_the_order_of_the_checks(tmp_path: Path) -> None:
    async def first(_examination: Examination) -> list[Finding]:
        return [good("One."), good("Two.")]

    async def second(_examination: Examination) -> list[Finding]:
        return [good("Three.")]

    settings = load_settings(environment={"CALLCENTER_HOME": str(tmp_path)})
    found = await examine(Examination(settings=settings, running=False), (first, second))
    assert [finding.sentence for finding in found] == ["One.", "Two.", "Three."]


def test_the_report_says_what_to_do_and_counts() -> None:
    text = report([good("Well."), warning("Odd.", "Look."), failure("Broken.", "Mend it.")])
    assert text == (
        "      ok  Well.\n"
        " warning  Odd.\n"
        "          → Look.\n"
        "  FAILED  Broken.\n"
        "          → Mend it.\n"
        "\n"
        "1 well, 1 to know of, 1 to mend\n"
    )


def test_the_status_tells_whether_something_must_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an Asterisk that is none there is something to mend; the rest of the report is there all the same."""
    monkeypatch.setenv("CALLCENTER_ASTERISK__COMMAND", str(tmp_path / "none"))
    with pytest.raises(SystemExit) as ended:
        doctor(home=tmp_path)
    assert ended.value.code == 1
    text = capsys.readouterr().out
    assert "No usable Asterisk" in text
    assert "are left for" in text
