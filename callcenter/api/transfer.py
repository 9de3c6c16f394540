"""Customers into the records and out of them, as files; and one person's data, out or away."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from callcenter.api.shapes import Day, Message, Uuid, Words


class FileFormat(StrEnum):
    """What people keep tables in."""

    CSV = "csv"
    XLSX = "xlsx"


class DuplicateRule(StrEnum):
    """What becomes of a row whose customer is in the records already."""

    SKIP = "skip"  # the record stays as it is
    UPDATE = "update"  # the row's values, where it has any, replace the record's
    FILL = "fill"  # the row's values go where the record has none
    REFUSE = "refuse"  # the row is reported
    CREATE = "create"  # a second record; what must be unique is refused


class ImportPlan(Message):
    """How a file is to be read."""

    columns: Mapping[str, str]  # column's title: field (``name``, ``numbers.mobile``, ``addresses.postal.city``, …)
    match_by: tuple[Literal["account", "number", "mail"], ...]  # the first that finds one record decides
    duplicates: DuplicateRule
    encoding: str | None  # none: found out
    delimiter: Annotated[str, Field(max_length=1)] | None  # none: found out
    sheet: str | None  # none: the first
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]  # how national numbers are read
    shared_numbers: bool  # a number that somebody else has is taken in as shared; else the row is refused
    titles: tuple[str, ...] = ()  # of all columns, in the file's order; written down when the import begins


class ColumnPreview(Message):
    """One column of a file, and what it seems to hold."""

    title: str
    samples: tuple[str, ...]
    suggested: str | None


class RowProblem(Message):
    """Why a row, or a value of it, is refused."""

    line: int  # of the file, from 1; the titles are in line 1
    column: str
    code: str
    text: Words


class RowPreview(Message):
    """What would become of one row."""

    line: int
    action: Literal["create", "update", "skip", "refuse"]
    cells: tuple[str, ...]
    values: Mapping[str, JsonValue]
    problems: tuple[RowProblem, ...]
    matches: str | None  # the customer it would change


class ImportPreview(Message):
    """What a file looks like, and what would become of its first rows."""

    format: FileFormat
    encoding: str
    delimiter: str
    sheets: tuple[str, ...]
    columns: tuple[ColumnPreview, ...]
    targets: tuple[str, ...]  # every field that a column may go to
    rows: tuple[RowPreview, ...]
    plan: ImportPlan
    problems: tuple[RowProblem, ...]  # of the file as a whole


class FileRefused(Message):
    """A file that cannot be read as a table. `code`: no_table, no_titles, no_sheet, unreadable, unknown_encoding, …"""

    type: Literal["refused"] = "refused"
    code: str
    text: Words


class ImportState(StrEnum):
    """How far an import is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"  # what was taken in until then stays; it can be undone
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class ImportStatus(Message):
    """An import and its progress."""

    id: Uuid
    file: str
    by: str
    by_name: str
    state: ImportState
    started_at: int
    ended_at: int | None
    size: int  # of the file, in bytes
    read: int  # bytes of it so far
    rows: int  # so far
    created: int
    updated: int
    skipped: int
    refused: int
    kept: int  # of an undo: records that were changed since and stay
    error: str | None


class RefusedRow(Message):
    """A row that was not taken in."""

    line: int
    problems: tuple[RowProblem, ...]
    cells: tuple[str, ...]


class RefusedPage(Message):
    """Refused rows by line; `cursor` gives the next page."""

    items: tuple[RefusedRow, ...]
    cursor: str | None


class ReportPart(Message):
    """A part of the report of refused rows, as text of a CSV file that no spreadsheet computes."""

    text: str
    cursor: str | None


class Erased(Message):
    """The minimal proof that a person was erased: no name, no number."""

    type: Literal["erased"] = "erased"
    erasure: Uuid
    at: int
    by: str
    fingerprint: str  # SHA-256 of the customer's id with a salt of this installation
    counts: Mapping[str, int]  # by store: how much was erased or made nameless


class EraseRefused(Message):
    """Nothing was erased. `code`: on_hold, in_a_call, unknown."""

    type: Literal["refused"] = "refused"
    code: str
    text: Words


class PersonExport(Message):
    """Everything that is kept about one person, by store."""

    customer: str
    at: int
    stores: Mapping[str, JsonValue]


class HoldWanted(Message):
    """Put a customer under legal hold."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]
    until: Day | None
