"""Any table that people have is read; a bad line costs that line, and its number is right."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from callcenter.api.transfer import FileFormat
from callcenter.domain.errors import RequestRefused
from callcenter.storage.table_files import MOST_LINES_OF_A_RECORD, Line, open_table


def table(path: Path, content: bytes | str, encoding: str = "utf-8", **how: str) -> tuple[object, list[Line]]:
    file = path / "table.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    opened = open_table(file, **how)
    return opened, list(opened.lines())


def cells(path: Path, content: bytes | str, encoding: str = "utf-8", **how: str) -> list[tuple[str, ...]]:
    return [line.cells for line in table(path, content, encoding, **how)[1]]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Name,City\nJosé,上海\n"),
        ("utf-8-sig", "Name,City\nJosé,上海\n"),
        ("utf-16", "Name,City\nJosé,上海\n"),
        ("gb18030", "姓名,城市\n张伟,上海\n王芳,北京市朝阳区\n"),
        ("cp1252", "Name,City\nMüller,Köln\nJosé,Málaga\n"),
        ("ascii", "Name,City\nAnn,Rome\n"),
    ],
)
def test_encodings_are_found_out(tmp_path: Path, encoding: str, text: str) -> None:
    opened, lines = table(tmp_path, text, encoding)
    expected = [tuple(row.split(",")) for row in text.strip().split("\n")]
    assert opened.titles == expected[0]  # type: ignore[attr-defined]
    assert [line.cells for line in lines] == expected[1:]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(tmp_path: Path, delimiter: str) -> None:
    text = f'Name{delimiter}"Notes, all"{delimiter}City\nAnn{delimiter}"a{delimiter}b"{delimiter}Rome\n'
    assert cells(tmp_path, text) == [("Ann", f"a{delimiter}b", "Rome")]


def test_quotes_line_ends_and_blank_lines(tmp_path: Path) -> None:
    text = 'Name,Note\r\n\r\n"Ann ""A""","two\r\nlines"\r\nBob,x\r\n , \r\n'
    lines = table(tmp_path, text)[1]
    assert lines == [Line(3, ('Ann "A"', "two\r\nlines")), Line(5, ("Bob", "x"))]


def test_lines_in_another_encoding_are_broken_the_others_are_read(tmp_path: Path) -> None:
    content = "Name,City\nJosé,上海\n".encode() + "Müller,Köln\n".encode("cp1252") + "Ann,罗马\n".encode()
    lines = table(tmp_path, content)[1]
    assert [(line.line, line.broken) for line in lines] == [(2, ""), (3, "bad_encoding"), (4, "")]
    assert "\N{REPLACEMENT CHARACTER}" in lines[1].cells[0]


def test_an_unclosed_quote_costs_one_line(tmp_path: Path) -> None:
    text = 'Name,City\nAnn,Rome\n"Bob,Paris\nCy,Oslo\nDi,Bonn\n'
    lines = table(tmp_path, text)[1]
    assert [(line.line, line.broken) for line in lines] == [(2, ""), (3, "broken_quotes"), (4, ""), (5, "")]
    assert lines[1].cells == ('"Bob,Paris',)


def test_an_unclosed_quote_in_a_long_file_is_given_up_soon(tmp_path: Path) -> None:
    rest = "".join(f"N{place},x\n" for place in range(3 * MOST_LINES_OF_A_RECORD))
    lines = table(tmp_path, f'Name,City\n"Bob,Paris\n{rest}')[1]
    assert (lines[0].line, lines[0].broken) == (2, "broken_quotes")
    assert [line.line for line in lines[1:]] == list(range(3, 3 + 3 * MOST_LINES_OF_A_RECORD))
    assert not any(line.broken for line in lines[1:])


def test_text_after_a_closing_quote_is_broken(tmp_path: Path) -> None:
    lines = table(tmp_path, 'A,B\n"x"y,1\nz,2\n')[1]
    assert [(line.line, line.broken) for line in lines] == [(2, "broken_quotes"), (3, "")]


def test_a_last_line_that_breaks_off(tmp_path: Path) -> None:
    lines = table(tmp_path, "A,B,C\n1,2,3\n4,5")[1]
    assert [(line.line, line.broken) for line in lines] == [(2, ""), (3, "broken_line")]
    whole = table(tmp_path, "A,B,C\n1,2,3\n4,5,6")[1]
    assert [line.broken for line in whole] == ["", ""]
    quoted = table(tmp_path, 'A,B\n1,2\n3,"4')[1]
    assert [line.broken for line in quoted] == ["", "broken_quotes"]


def test_rows_of_another_length(tmp_path: Path) -> None:
    lines = table(tmp_path, "A,B\n1,2,3\n4\n5,6,,\n")[1]
    assert [line.broken for line in lines] == ["too_many_cells", "too_few_cells", ""]


def test_nul_bytes_do_not_stop_the_reading(tmp_path: Path) -> None:
    rows = [(str(place), "c") for place in range(50)]
    text = "A,B\n1,a\x00b\n" + "".join(f"{one},{other}\n" for one, other in rows)
    assert cells(tmp_path, text) == [("1", "a\N{REPLACEMENT CHARACTER}b"), *rows]


def test_titles_are_all_different(tmp_path: Path) -> None:
    opened, _ = table(tmp_path, "Phone,Phone,,Name\n1,2,3,4\n")
    assert opened.titles == ("Phone", "Phone (2)", "#3", "Name")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_titles"),
        (b"\n\n", "no_titles"),
        (b"\x7fELF\x02\x01\x00\x00\x00", "no_table"),
        (b"PK\x03\x04 not really", "no_table"),
        (b'"A,B\n1,2\n', "no_titles"),
        (b",".join(b"c" for _ in range(600)) + b"\n", "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        table(tmp_path, content)
    assert refused.value.code == code


def test_a_file_that_is_not_there_and_an_encoding_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused) as refused:
        open_table(tmp_path / "none.csv")
    assert refused.value.code == "unreadable"
    (tmp_path / "table.csv").write_text("A,B\n")
    with pytest.raises(RequestRefused) as refused:
        open_table(tmp_path / "table.csv", encoding="klingon")
    assert refused.value.code == "unknown_encoding"


def test_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Empty")
        sheet = book.add_worksheet("客户")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for column, title in enumerate(("Name", "Code", "Since", "Active", "Sum", "At")):
            sheet.write(0, column, title)
        sheet.write_row(1, 0, ["张伟", 4711])
        sheet.write_datetime(1, 2, date(2026, 3, 9), day)
        sheet.write_boolean(1, 3, True)
        sheet.write_formula(1, 4, "=1+1", value=2)
        sheet.write_datetime(1, 5, datetime(2026, 3, 9, 12, 30), day)  # noqa: DTZ001 -- sheets have no zones
        sheet.write_row(3, 0, ["Ann", "A-1"])
    opened = open_table(path, sheet="客户")
    assert (opened.format, opened.sheets) == (FileFormat.XLSX, ("Empty", "客户"))
    assert list(opened.lines()) == [
        Line(2, ("张伟", "4711", "2026-03-09", "true", "2", "2026-03-09T12:30:00")),
        Line(4, ("Ann", "A-1", "", "", "", "")),
    ]
    for sheet_name, code in (("nothing", "no_sheet"), (None, "no_titles")):
        with pytest.raises(RequestRefused) as refused:
            open_table(path, sheet=sheet_name)
        assert refused.value.code == code


@given(st.binary(max_size=400))
def test_no_bytes_are_more_than_refused(content: bytes) -> None:
    path = Path("/tmp") / f"callcenter-test-table-{id(content)}.csv"
    path.write_bytes(b"A,B\n" + content)
    try:
        lines = list(open_table(path).lines())
        assert all(line.broken or len(line.cells) == 2 for line in lines)
        assert [line.line for line in lines] == sorted({line.line for line in lines})
    except RequestRefused:
        pass
    finally:
        path.unlink()
