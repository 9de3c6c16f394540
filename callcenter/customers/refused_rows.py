"""Rows that were not taken in, as a CSV file to correct and to read in again. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence

from callcenter.api.transfer import ImportPlan, RefusedRow
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


def seen_cells(cells: Sequence[str], plan: ImportPlan, hidden: Collection[str]) -> tuple[str, ...]:
    """Return the cells of a row without those of fields that are hidden, and none of a line that has no such cells."""
    if not hidden:
        return tuple(cells)
    if len(cells) != len(plan.titles):
        return ("",) * len(cells)
    targets = (plan.columns.get(title, "") for title in plan.titles)
    return tuple("" if _is_hidden(target, hidden) else cell for target, cell in zip(targets, cells, strict=True))


def _is_hidden(target: str, hidden: Collection[str]) -> bool:
    """Tell whether the target of a column is within a hidden field: ``numbers.work`` is, with ``numbers``."""
    outer = target.split(".", 1)[0]
    return target in hidden or ("contacts" if outer == "contact" else outer) in hidden
