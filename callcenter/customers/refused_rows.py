"""Rows that were not taken in, as a CSV file to correct and to read in again. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from callcenter.api.transfer import RefusedRow
from callcenter.customers.export_rows import harmless

BYTE_ORDER_MARK = "\ufeff"  # Excel takes other UTF-8 for something else
LINE, WHY = "line", "why"


def report_of(rows: Sequence[RefusedRow], titles: Sequence[str]) -> str:
    """Return rows as they were, each with its line and why it was refused; with `titles`, their line comes first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if titles:
        text.write(BYTE_ORDER_MARK)
        writer.writerow([harmless(cell) for cell in (*titles, LINE, WHY)])
    for row in rows:
        why = "; ".join(f"{one.column}: {one.text.en}" if one.column else one.text.en for one in row.problems)
        writer.writerow([harmless(cell) for cell in (*row.cells, str(row.line), why)])
    return text.getvalue()
