"""Writing customers into files, a thousand at a time, without holding them all."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter
from sqlalchemy import Connection

from callcenter.api.customers import MasterPlan
from callcenter.api.records import Reader
from callcenter.api.transfer import FileFormat
from callcenter.customers.export_rows import cells, columns, harmless
from callcenter.customers.words import terms_of
from callcenter.domain.errors import Refusal, RequestRefused
from callcenter.storage.columns import AnyRow
from callcenter.storage.customer_finding import has_words
from callcenter.storage.customer_rows import RECORD, fields_of, hidden_from
from callcenter.storage.customer_tables import customers
from callcenter.storage.threads import Threads

BATCH = 1_000
MOST_ROWS_OF_A_SHEET = 1_048_575  # Excel's, without the titles
_SHEET = "Customers"

WriteRow = Callable[[Sequence[str]], None]


def export(
    threads: Threads,
    file: Path,
    format_: FileFormat,
    wanted: str,
    *,
    plan: MasterPlan,
    reader: Reader,
    told: Callable[[int], None] = lambda _: None,
) -> int:
    """Write every customer whom `wanted` finds (empty: all) with what the reader may see; return how many.

    The file is readable by its owner only, and is there under its name when it is whole. `told` hears after each
    thousand how many they are. Raises `ExternalFailure`; `RequestRefused` for more records than a sheet has rows.
    """
    names = columns(plan, hidden_from(plan, reader))
    partial = file.with_name(f".{file.name}.part")
    count = 0
    try:
        with _writing(partial, format_) as write:
            write(names)
            with threads.reading("reading customers for a file") as connection:
                for row in _records(connection, wanted):
                    if format_ is FileFormat.XLSX and count == MOST_ROWS_OF_A_SHEET:
                        raise RequestRefused(Refusal.OPERATION, "too_many_rows", "a sheet has no more rows; take CSV")
                    write(cells(fields_of(row), names, plan))
                    count += 1
                    if count % BATCH == 0:
                        told(count)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _records(connection: Connection, wanted: str) -> Iterator[AnyRow]:
    terms = terms_of(wanted)
    query = RECORD.where(customers.c.merged_into.is_(None)).order_by(customers.c.n).limit(BATCH)
    if terms:
        query = query.where(has_words(connection.dialect, customers, terms))
    elif wanted.strip():
        return  # something was asked for that nobody has
    last = 0
    while rows := connection.execute(query.where(customers.c.n > last)).all():
        yield from rows
        last = rows[-1].n


@contextmanager
def _writing(file: Path, format_: FileFormat) -> Iterator[WriteRow]:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    if format_ is FileFormat.CSV:
        with file.open("w", encoding="utf-8-sig", newline="") as text:  # Excel takes other UTF-8 for something else
            writer = csv.writer(text)
            yield lambda row: writer.writerow([harmless(cell) for cell in row])
        return
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(file), options) as book:
        sheet = book.add_worksheet(_SHEET)
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        place = 0

        def write(row: Sequence[str]) -> None:
            nonlocal place
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(place, column, cell, bold if place == 0 else None)
            place += 1

        yield write
