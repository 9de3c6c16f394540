"""The report of refused rows is the file again, with why, and computes nothing."""

from __future__ import annotations

from callcenter.api.transfer import RefusedRow
from callcenter.customers.importing import row_problem
from callcenter.customers.refused_rows import report_of


def test_titles_come_once_and_cells_are_harmless() -> None:
    row = RefusedRow(line=7, problems=(row_problem(7, "Phone", "bad_number"),), cells=("=cmd|' /C calc'!A0", 'a "b"'))
    assert report_of([row], ("Name", "Note")).lstrip("\ufeff").splitlines() == [
        "Name,Note,line,why",
        '\'=cmd|\' /C calc\'!A0,"a ""b""",7,Phone: No telephone number.',
    ]
    assert report_of([row], ()).startswith("'=cmd")
    assert report_of([], ()) == ""
