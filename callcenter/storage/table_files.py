"""Tables that people keep in files: CSV in whatever encoding, XLSX. A bad line costs that line alone.

A CSV file is read as bytes of lines, decoded one by one, and cut into records by the standard library's reader. When
that gives up (an unclosed quote), the record's first line is refused and reading goes on with the next one.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from callcenter.api.transfer import FileFormat
from callcenter.customers.titles import titles_once
from callcenter.domain.errors import Refusal, RequestRefused

SAMPLE_BYTES = 1 << 20
MOST_LINES_OF_A_RECORD = 100
LONGEST_LINE = 1 << 20
MOST_COLUMNS = 500
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a table. `line` counts from 1; the titles are line 1. `broken` is the code of what is wrong."""

    line: int
    cells: tuple[str, ...]
    broken: str = ""


@dataclass(slots=True)
class TableFile:
    """An open table. `position` of `size` has been read: bytes of a CSV file, rows of a sheet."""

    format: FileFormat
    encoding: str
    delimiter: str
    sheets: tuple[str, ...]
    titles: tuple[str, ...]
    size: int
    position: int = 0
    _lines: Iterator[Line] = field(default_factory=lambda: iter(()))

    def lines(self) -> Iterator[Line]:
        """Yield the records after the titles, once. Every one has as many cells as there are titles, or is broken."""
        for line in self._lines:
            yield self._fitted(line)

    def _fitted(self, line: Line) -> Line:
        cells = line.cells
        wanted = len(self.titles)
        while len(cells) > wanted and not cells[-1].strip():
            cells = cells[:-1]
        if line.broken:
            return Line(line.line, tuple(map(_printable, cells)), line.broken)
        if not "".join(cells).isascii() and any(map(_HALVES.search, cells)):
            return Line(line.line, tuple(map(_printable, cells)), "bad_encoding")
        if len(cells) != wanted:
            return Line(line.line, cells, "too_few_cells" if len(cells) < wanted else "too_many_cells")
        return line if cells is line.cells else Line(line.line, cells)


def open_table(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> TableFile:
    """Open a file; its first record are the titles. Raises `RequestRefused` for what is no table."""
    try:
        with path.open("rb") as file:
            beginning = file.read(8)
        if beginning.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            return _open_workbook(path, sheet)
        return _open_csv(path, encoding, delimiter)
    except OSError as error:
        raise _refused("unreadable", f"the file cannot be read: {error.strerror}") from error


# -- CSV --------------------------------------------------------------------------------------------------------


def _open_csv(path: Path, encoding: str | None, delimiter: str | None) -> TableFile:
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    chosen = encoding or _encoding_of(sample)
    try:
        text = sample.decode(chosen, "replace")
    except LookupError as error:
        raise _refused("unknown_encoding", f"there is no encoding {encoding}") from error
    if _is_binary(text[:4_096]):
        raise _refused("no_table", "the file is neither CSV nor a workbook")
    separator = delimiter or _delimiter_of(text)
    table = TableFile(
        format=FileFormat.CSV,
        encoding=chosen,
        delimiter=separator,
        sheets=(),
        titles=(),
        size=path.stat().st_size,
    )
    records = _records(table, path, chosen, separator)
    first = next(records, None)
    if first is None or first.broken or not any(cell.strip() for cell in first.cells):
        raise _refused("no_titles", "the first line has no titles of columns")
    if len(first.cells) > MOST_COLUMNS:
        raise _refused("too_many_columns", f"more than {MOST_COLUMNS} columns")
    table.titles = titles_once([_printable(cell) for cell in first.cells])
    table._lines = records  # noqa: SLF001 -- made here
    return table


def _records(table: TableFile, path: Path, encoding: str, delimiter: str) -> Iterator[Line]:
    with path.open("rb") as file:
        source = _Lines(table, file, encoding)
        while True:
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            try:
                for cells in reader:
                    line = source.record_done()
                    if any(cell.strip() for cell in cells):
                        yield Line(line, tuple(cells), "broken_line" if source.cut_off(cells, table) else "")
            except (csv.Error, _TooLong):
                broken = source.give_back()
                if broken is None:
                    return
                yield Line(broken[0], (broken[1].rstrip("\r\n"),), "broken_quotes")
                continue
            return


class _TooLong(Exception):
    """A record goes on for more lines than one may have."""


class _Lines(Iterator[str]):
    """The physical lines of a file, decoded; what cannot be decoded stays as halves of characters. Lines can be given
    back, so that reading goes on after the first line of a record that makes no sense."""

    def __init__(self, table: TableFile, file: BinaryIO, encoding: str) -> None:
        self._table = table
        wide = encoding.lower().startswith("utf-16")
        self._raw = io.TextIOWrapper(file, encoding, "surrogateescape" if not wide else "replace", newline="")
        self._file = file
        self._waiting: deque[str] = deque()
        self._record: list[str] = []
        self._line = 1  # of the record that is being read
        self._ended_open = False

    def __next__(self) -> str:
        if len(self._record) >= MOST_LINES_OF_A_RECORD:
            raise _TooLong
        text = self._waiting.popleft() if self._waiting else self._raw.readline(LONGEST_LINE)
        if not text:
            raise StopIteration
        self._ended_open = not text.endswith(("\n", "\r"))
        self._record.append(text)
        return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")

    def record_done(self) -> int:
        """A record was cut; return the line it began on."""
        began = self._line
        self._line += len(self._record)
        self._record = []
        self._table.position = min(self._file.tell(), self._table.size)
        return began

    def cut_off(self, cells: Sequence[str], table: TableFile) -> bool:
        """Tell whether this is the last line and it breaks off: no end of line, and fewer cells than titles."""
        return self._ended_open and len(table.titles) > len(cells)

    def give_back(self) -> tuple[int, str] | None:
        """Refuse the first line of the record, and read its other lines again."""
        if not self._record:
            return None
        first, *rest = self._record
        self._waiting.extendleft(reversed(rest))
        self._record = []
        self._line += 1
        return self._line - 1, first


def _is_binary(text: str) -> bool:
    """Tell whether this is no text: control characters in its first line, or many of them."""
    controls = re.compile(r"[\x00-\x08\x0e-\x1f]")
    return bool(controls.search(text.split("\n", 1)[0])) or len(controls.findall(text)) > len(text) / 50


def _encoding_of(sample: bytes) -> str:
    """Guess: a byte order mark, else UTF-8 if nearly every line with other than ASCII is, else Chinese or Western."""
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if len(sample) >= 4 and sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    lines = [line for line in sample.split(b"\n")[:-1] or [sample] if not line.isascii()]
    if not lines:
        return "utf-8"
    if sum(_decodes(line, "utf-8") for line in lines) >= 0.5 * len(lines):
        return "utf-8"
    # In GB 2312 both bytes of a character are high, so they come in pairs; in Western text they stand among letters.
    high = sum(byte >= 0xA1 for byte in sample)
    paired = 2 * len(re.findall(rb"[\xa1-\xfe][\xa1-\xfe]", sample))
    return "gb18030" if high and paired >= 0.8 * high else "cp1252"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter_of(text: str) -> str:
    """Return what separates the titles: of comma, semicolon, tab and bar the one that stands there most often."""
    title_line = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])
    return max((",", ";", "\t", "|"), key=title_line.count)


# -- workbooks --------------------------------------------------------------------------------------------------


def _open_workbook(path: Path, sheet: str | None) -> TableFile:
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = tuple(book.sheet_names)
        if not names or (sheet is not None and sheet not in names):
            raise _refused("no_sheet", "there is no such sheet")
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise _refused("no_table", "the workbook cannot be read") from error
    except MemoryError as error:
        raise _refused("too_much", "the sheet takes too much memory") from error
    texts = [tuple(map(_text_of, row)) for row in rows]
    while texts and not any(texts[-1]):
        texts.pop()
    if not texts or not any(texts[0]):
        raise _refused("no_titles", "the first row has no titles of columns")
    titles = texts[0]
    while titles and not titles[-1].strip():
        titles = titles[:-1]
    if len(titles) > MOST_COLUMNS:
        raise _refused("too_many_columns", f"more than {MOST_COLUMNS} columns")
    table = TableFile(
        format=FileFormat.XLSX,
        encoding="",
        delimiter="",
        sheets=names,
        titles=titles_once(titles),
        size=len(texts),
    )
    table._lines = _rows(table, texts)  # noqa: SLF001 -- made here
    return table


def _rows(table: TableFile, texts: Sequence[tuple[str, ...]]) -> Iterator[Line]:
    for line, cells in enumerate(texts[1:], 2):
        table.position = line
        if any(cell.strip() for cell in cells):
            padded = cells + ("",) * (len(table.titles) - len(cells))
            yield Line(line, padded)


def _text_of(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time(0):
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value)


def _printable(cell: str) -> str:
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", cell).replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _refused(code: str, message: str) -> RequestRefused:
    return RequestRefused(Refusal.OPERATION, code, message)
