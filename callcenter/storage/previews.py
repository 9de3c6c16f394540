"""What a file looks like, and what would become of its first rows: nothing is written."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from callcenter.api.customers import MasterPlan
from callcenter.api.records import Reader
from callcenter.api.transfer import ColumnPreview, DuplicateRule, ImportPlan, ImportPreview, RowPreview, RowProblem
from callcenter.customers.columns_of_files import targets
from callcenter.customers.export_rows import is_seen
from callcenter.customers.importing import ReadRow, unknown_targets
from callcenter.customers.problems import TEXTS
from callcenter.customers.titles import suggested
from callcenter.storage.customer_rows import hidden_from
from callcenter.storage.import_reading import open_planned, rows_of
from callcenter.storage.imports import Importer
from callcenter.storage.table_files import TableFile, open_table
from callcenter.storage.threads import Threads

ROWS = 20
SAMPLES = 5
LONGEST_SAMPLE = 80


def preview(
    threads: Threads, importer: Importer, file: Path, plan: ImportPlan | None, *, master: MasterPlan, reader: Reader
) -> ImportPreview:
    """Look at a file. Raises `RequestRefused` for what is no table, `ExternalFailure`."""
    table = open_planned(file, plan) if plan else open_table(file)
    suggestions = {title: suggested(title, master) for title in table.titles}
    chosen = plan or suggested_plan(table, suggestions, master)
    rows = list(islice(rows_of(table, chosen, master, hidden_from(master, reader)), ROWS))
    with threads.reading("looking at a file") as connection:
        decider, actions = importer.decide(connection, rows, chosen)
    refused = {row.line: tuple(problems) for row, problems in decider.decided.refused}
    return ImportPreview(
        format=table.format,
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheets=table.sheets,
        columns=tuple(
            ColumnPreview(title=title, samples=_samples(rows, place), suggested=suggestions[title])
            for place, title in enumerate(table.titles)
        ),
        targets=tuple(name for name in targets(master) if is_seen(name, hidden_from(master, reader))),
        rows=tuple(
            RowPreview(
                line=row.line,
                action=action,
                cells=row.cells,
                values=dict(row.changes),
                problems=refused.get(row.line, ()),
                matches=decider.match(row),
            )
            for row, action in zip(rows, actions, strict=True)
        ),
        plan=chosen,
        problems=tuple(_problems(table, chosen, master)),
    )


def suggested_plan(table: TableFile, suggestions: dict[str, str | None], master: MasterPlan) -> ImportPlan:
    """Return how the file would be read if nobody says otherwise. Of two columns that mean the same, both are read."""
    return ImportPlan(
        columns={title: target for title, target in suggestions.items() if target},
        match_by=("account", "mail", "number"),
        duplicates=DuplicateRule.FILL,
        encoding=None,
        delimiter=None,
        sheet=table.sheets[0] if table.sheets else None,
        country=master.country,
        shared_numbers=False,
    )


def _problems(table: TableFile, plan: ImportPlan, master: MasterPlan) -> list[RowProblem]:
    """Return what is wrong with the plan: columns that are mapped to nothing, nothing that names anybody."""
    wrong = [(one.field, one.code) for one in unknown_targets(plan.columns, targets(master))]
    mapped = {target for title, target in plan.columns.items() if title in table.titles}
    if not mapped & {"name", "account", "mails"} and not any(one.startswith("numbers.") for one in mapped):
        wrong.append(("name", "required"))
    return [RowProblem(line=1, column=column, code=code, text=TEXTS[code]) for column, code in wrong]


def _samples(rows: list[ReadRow], place: int) -> tuple[str, ...]:
    cells = (row.cells[place][:LONGEST_SAMPLE] for row in rows if place < len(row.cells) and row.cells[place].strip())
    return tuple(islice(dict.fromkeys(cells), SAMPLES))
