"""A file comes in row by row, says what it did with each, and goes out again whole."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.customers import CustomerFields, Edit, Edited, MergeWanted
from callcenter.api.transfer import DuplicateRule, FileFormat, ImportPlan, ImportState
from callcenter.customers.columns_of_files import targets
from callcenter.storage import imports as imports_module
from callcenter.storage.customer_rows import RECORD, fields_of
from callcenter.storage.customer_tables import customer_changes, customer_numbers, customers, import_rows, imports
from callcenter.storage.exports import export
from callcenter.storage.imports import BATCH, Importer, enter_import, failed, plan_of
from callcenter.storage.previews import preview
from callcenter.storage.table_files import open_table
from callcenter.storage.threads import Threads, threads_of
from tests.fakes.ids import CountingIds
from tests.support.masters import ANA, PLAN, SAM, masters_of
from tests.support.records import open_records

TITLES = ("Code", "Name", "Phone", "Email", "City", "Tier", "Credit limit")
COLUMNS = {
    "Code": "account",
    "Name": "name",
    "Phone": "numbers.work",
    "Email": "mails",
    "City": "addresses.postal.city",
    "Tier": "tier",
    "Credit limit": "credit_limit",
}
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Desk:
    """Imports on records that stand open."""

    def __init__(self, threads: Threads, path: Path) -> None:
        self.threads = threads
        self.path = path
        self._ids = CountingIds()
        self.importer = Importer(threads, PLAN, new_id=self.new_id, utc=lambda: NOW)

    def new_id(self) -> str:
        return str(self._ids.interaction_id())

    def file(self, *rows: Sequence[str], titles: Sequence[str] = TITLES) -> Path:
        path = self.path / "customers.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([titles, *rows])
        return path

    def run(self, file: Path, rule: DuplicateRule = DuplicateRule.FILL, **how: Any) -> str:
        plan = ImportPlan(
            columns=COLUMNS,
            match_by=("account", "number", "mail"),
            duplicates=rule,
            encoding=None,
            delimiter=None,
            sheet=None,
            country="US",
            shared_numbers=False,
        ).model_copy(update=how)
        import_id = self.new_id()
        with self.threads.writing("x") as connection:
            enter_import(connection, import_id, file, plan, SAM, now=NOW)
        self.state = self.importer.run(import_id, file, plan, SAM)
        return import_id

    def counts(self, import_id: str) -> tuple[int, ...]:
        with self.threads.reading("x") as connection:
            row = connection.execute(select(imports).where(imports.c["import"] == import_id)).one()
        return (row.rows, row.created, row.updated, row.skipped, row.refused)

    def refused(self, import_id: str) -> list[tuple[int, str, str]]:
        with self.threads.reading("x") as connection:
            query = select(import_rows).where(import_rows.c["import"] == import_id, import_rows.c.action == "refused")
            rows = connection.execute(query.order_by(import_rows.c.line)).all()
        return [(one["line"], one["column"], one["code"]) for row in rows for one in row.problems]

    def records(self) -> dict[str, CustomerFields]:
        with self.threads.reading("x") as connection:
            return {row.account: fields_of(row) for row in connection.execute(RECORD)}

    def count(self, table: Any) -> int:
        with self.threads.reading("x") as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
async def engine(url: str) -> Any:
    async with open_records(url) as records:
        yield records


@pytest.fixture
def desk(engine: AsyncEngine, tmp_path: Path) -> Iterator[Desk]:
    with threads_of(engine.url, 2) as threads:
        yield Desk(threads, tmp_path)


ANN = ("A1", "Ann Lee", "(202) 555-0101", "Ann@Example.org", "Rome", "gold", "100.50")
BOB = ("B2", "王小明", "+86 138 0000 0001; 202-555-0102", "", "上海", "", "")


def test_rows_become_records(desk: Desk) -> None:
    done = desk.run(desk.file(ANN, BOB))
    assert desk.state is ImportState.DONE
    assert desk.counts(done) == (2, 2, 0, 0, 0)
    records = desk.records()
    assert records["A1"].credit_limit == 10_050
    assert records["A1"].mails[0].mail == "ann@example.org"
    assert [one.number for one in records["B2"].numbers] == ["+8613800000001", "+12025550102"]
    assert (desk.count(customer_numbers), desk.count(customer_changes)) == (3, 2)


def test_refused_rows_say_line_column_and_reason(desk: Desk) -> None:
    done = desk.run(
        desk.file(
            ("", "", "", "", "", "", ""),
            ("C1", "", "", "", "", "", ""),
            ("C2", "Bad number", "call me", "", "", "", ""),
            ("C3", "Bad tier", "", "", "", "platinum", ""),
            ("C4", "=HYPERLINK(1)", "", "", "", "", ""),
            ("C5", "Two faults", "x", "y", "", "", ""),
            ANN,
        )
    )
    assert desk.counts(done) == (6, 1, 0, 0, 5)
    assert desk.refused(done) == [
        (3, "name", "required"),
        (4, "Phone", "bad_number"),
        (5, "Tier", "not_a_choice"),
        (6, "Name", "formula"),
        (7, "Phone", "bad_number"),
        (7, "Email", "bad_mail"),
    ]


def test_a_second_row_for_a_customer_sees_the_first(desk: Desk) -> None:
    done = desk.run(desk.file(ANN, ("A1", "Ann L.", "2025550109", "", "", "", "")), DuplicateRule.UPDATE)
    assert desk.counts(done) == (2, 1, 1, 0, 0)
    (record,) = desk.records().values()
    assert (record.name, len(record.numbers), record.tier) == ("Ann L.", 2, "gold")


@pytest.mark.parametrize(
    ("rule", "counts", "name", "city"),
    [
        (DuplicateRule.SKIP, (1, 0, 0, 1, 0), "Ann Lee", ""),
        (DuplicateRule.UPDATE, (1, 0, 1, 0, 0), "Ann Changed", "Rome"),
        (DuplicateRule.FILL, (1, 0, 1, 0, 0), "Ann Lee", "Rome"),
        (DuplicateRule.REFUSE, (1, 0, 0, 0, 1), "Ann Lee", ""),
    ],
)
def test_rules_for_duplicates(desk: Desk, rule: DuplicateRule, counts: tuple[int, ...], name: str, city: str) -> None:
    desk.run(desk.file(("A1", "Ann Lee", "2025550101", "", "", "", "")))
    done = desk.run(desk.file(("", "Ann Changed", "2025550101", "", "Rome", "", "")), rule)
    assert desk.counts(done) == counts
    record = desk.records()["A1"]
    assert (record.name, record.addresses[0].city if record.addresses else "") == (name, city)


def test_a_second_record_may_be_wanted_and_shares_the_number(desk: Desk) -> None:
    desk.run(desk.file(ANN))
    taken = desk.run(desk.file(("", "Other", "2025550101", "", "", "", "")), DuplicateRule.CREATE)
    assert desk.refused(taken) == [(2, "+12025550101", "number_taken")]
    done = desk.run(desk.file(("", "Other", "2025550101", "", "", "", "")), DuplicateRule.CREATE, shared_numbers=True)
    assert desk.counts(done) == (1, 1, 0, 0, 0)
    shared = {one.name: one.numbers[0].shared for one in desk.records().values()}
    assert shared == {"Ann Lee": False, "Other": True}


def test_rows_that_fit_several_customers_are_refused(desk: Desk) -> None:
    desk.run(desk.file(ANN, BOB))
    done = desk.run(desk.file(("", "Who", "2025550101; 2025550102", "", "", "", "")), DuplicateRule.UPDATE)
    assert desk.refused(done) == [(2, "", "ambiguous")]


async def test_a_code_of_a_record_that_was_merged_twice_means_what_it_has_become(
    desk: Desk, engine: AsyncEngine
) -> None:
    desk.run(desk.file(*((code, f"Name {code}", number, "", "", "", "") for code, number in CODES)))
    async with masters_of(engine) as masters:
        ids = [(await masters.master.find(code, cursor=None, limit=1)).items[0].customer for code, _ in CODES]
        for merged, survivor in pairwise(ids):
            both = [await masters.master.record(one, SAM) for one in (survivor, merged)]
            into, gone = (one for one in both if one is not None)
            wanted = MergeWanted(
                survivor=survivor,
                survivor_version=into.version,
                merged=merged,
                merged_version=gone.version,
                takes={},
            )
            assert (await masters.master.merge(wanted, SAM)).type == "merged"
    done = desk.run(desk.file(("A1", "Ann Newer", "202-555-0102", "", "Oslo", "", "")), DuplicateRule.UPDATE)
    assert desk.counts(done) == (1, 0, 1, 0, 0)
    records = desk.records()
    assert (records["C3"].name, records["C3"].addresses[0].city) == ("Ann Newer", "Oslo")
    assert records["B2"].name == "Name B2"


CODES = (("A1", "2025550101"), ("B2", "2025550102"), ("C3", "2025550103"))


def test_the_same_file_twice_changes_nothing_the_second_time(desk: Desk) -> None:
    file = desk.file(ANN, BOB)
    desk.run(file)
    before = desk.records()
    done = desk.run(file, DuplicateRule.UPDATE)
    assert desk.counts(done) == (2, 0, 0, 2, 0)
    assert desk.records() == before


def test_more_rows_than_a_batch_with_duplicates_and_a_broken_end(desk: Desk) -> None:
    file = desk.file(*((f"N{place % 1200}", f"名 {place % 1200}", "", "", "", "", "") for place in range(1_400)))
    with file.open("ab") as more:
        more.write(b"N9999,Brok\xff\xfeen,,,,,\nN8888,Cut o")
    done = desk.run(file)
    assert desk.counts(done) == (1_402, 1_200, 0, 200, 2)
    assert [(line, code) for line, _, code in desk.refused(done)] == [(1402, "bad_encoding"), (1403, "broken_line")]


def test_hidden_fields_are_refused_to_who_may_not_see_them(desk: Desk) -> None:
    file = desk.file(ANN)
    found = preview(desk.threads, desk.importer, file, None, master=PLAN, reader=ANA)
    assert [(one.column, one.code) for one in found.rows[0].problems] == [("Credit limit", "hidden")]


# -- before, and back ------------------------------------------------------------------------------------------


def test_a_preview_shows_what_would_become_of_rows_and_writes_nothing(desk: Desk) -> None:
    desk.run(desk.file(ANN))
    file = desk.file(
        ("A1", "Ann Lee", "2025550109", "", "", "", ""),
        BOB,
        ("B2", "again", "", "", "", "", ""),
        ("", "", "x", "", "", "", ""),
    )
    found = preview(desk.threads, desk.importer, file, None, master=PLAN, reader=SAM)
    assert {one.title: one.suggested for one in found.columns} == COLUMNS
    assert [(row.line, row.action) for row in found.rows] == [(2, "update"), (3, "create"), (4, "skip"), (5, "refuse")]
    assert found.rows[0].matches is not None
    assert found.columns[1].samples == ("Ann Lee", "王小明", "again")
    assert found.problems == ()
    assert (desk.count(customers), found.encoding, found.delimiter) == (1, "utf-8", ",")


def test_a_plan_that_names_nobody_or_nothing_is_told(desk: Desk) -> None:
    file = desk.file(("1", "2"), titles=("Shoe", "Hat"))
    found = preview(desk.threads, desk.importer, file, None, master=PLAN, reader=SAM)
    assert [(one.column, one.code) for one in found.problems] == [("name", "required")]
    wrong = found.plan.model_copy(update={"columns": {"Shoe": "name", "Hat": "hat_size"}})
    found = preview(desk.threads, desk.importer, file, wrong, master=PLAN, reader=SAM)
    assert [(one.column, one.code) for one in found.problems] == [("Hat", "unknown_field")]


def test_a_whole_import_is_undone(desk: Desk) -> None:
    desk.run(desk.file(ANN))
    before = desk.records()
    done = desk.run(desk.file(("A1", "Ann New", "2025550109", "", "Oslo", "vip", ""), BOB), DuplicateRule.UPDATE)
    assert desk.records() != before
    assert desk.importer.undo(done, SAM) is ImportState.UNDONE
    assert desk.records() == before
    assert desk.count(customer_numbers) == 1


@pytest.mark.parametrize("size_of_undo", [1, BATCH])
@pytest.mark.parametrize("known", [True, False])
def test_a_customer_in_several_batches_is_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, known: bool, size_of_undo: int
) -> None:
    if known:
        desk.run(desk.file(ANN))
    before = desk.records()
    rows = [
        ("A1", "Ann New", "", "", "", "", "7.00"),
        ("A1", "", "2025550109", "", "Oslo", "", ""),
        ("A1", "Ann Newer", "2025550110", "new@example.org", "", "vip", ""),
    ]
    with monkeypatch.context() as small:
        small.setattr("callcenter.storage.imports.BATCH", 1)
        done = desk.run(desk.file(*rows), DuplicateRule.UPDATE)
    assert desk.counts(done) == ((3, 0, 3, 0, 0) if known else (3, 1, 2, 0, 0))
    monkeypatch.setattr("callcenter.storage.imports.BATCH", size_of_undo)
    desk.importer.undo(done, SAM)
    assert desk.records() == before
    with desk.threads.reading("x") as connection:
        assert connection.execute(select(imports.c.kept).where(imports.c["import"] == done)).scalar() == 0


async def test_what_was_changed_since_is_kept(desk: Desk, engine: AsyncEngine) -> None:
    desk.run(desk.file(ANN))
    done = desk.run(desk.file(("A1", "Ann New", "", "", "Oslo", "", ""), BOB), DuplicateRule.UPDATE)
    async with masters_of(engine) as masters:
        for account, changes in (("A1", {"name": "Ann Today"}), ("B2", {"remark": "called"})):
            (match,) = (await masters.master.find(account, cursor=None, limit=1)).items
            record = await masters.master.record(match.customer, SAM)
            assert record is not None
            await masters.master.edit(Edit(customer=match.customer, version=record.version, changes=changes), SAM)
    desk.importer.undo(done, SAM)
    records = desk.records()
    assert (records["A1"].name, records["A1"].addresses[0].city, records["B2"].remark) == (
        "Ann Today",
        "Rome",
        "called",
    )
    with desk.threads.reading("x") as connection:
        row = connection.execute(select(imports).where(imports.c["import"] == done)).one()
    assert (row.state, row.kept) == ("undone", 2)


def test_an_import_that_is_stopped_keeps_what_it_took_in(desk: Desk) -> None:
    file = desk.file(*((f"N{place}", f"Name {place}", "", "", "", "", "") for place in range(BATCH + 400)))

    def stop(_read: int, _size: int, rows: int) -> None:
        if rows == BATCH:
            with desk.threads.writing("x") as connection:
                connection.execute(imports.update().values(stop_wanted=True))

    plan = preview(desk.threads, desk.importer, file, None, master=PLAN, reader=SAM).plan
    with desk.threads.writing("x") as connection:
        enter_import(connection, "i1", file, plan, SAM, now=NOW)
    assert desk.importer.run("i1", file, plan, SAM, told=stop) is ImportState.CANCELLED
    assert desk.counts("i1") == (BATCH, BATCH, 0, 0, 0)
    assert desk.count(customers) == BATCH
    desk.importer.undo("i1", SAM)
    assert desk.count(customers) == 0


def test_a_large_file_is_read_in_another_process_and_comes_to_the_same(desk: Desk) -> None:
    rows = [(f"N{place}", f"Name {place % 40}", "", "", "Rome", "", "=1") for place in range(60)]
    plain = desk.run(desk.file(*rows, ANN, BOB, ANN))
    plan = plan_of(desk.threads, plain)
    before = desk.counts(plain), desk.refused(plain), desk.records()
    desk.importer.undo(plain, SAM)
    with desk.threads.writing("x") as connection:
        enter_import(connection, "i1", desk.path / "customers.csv", plan, SAM, now=NOW)
    assert desk.importer.run("i1", desk.path / "customers.csv", plan, SAM, large=0) is ImportState.DONE
    assert (desk.counts("i1"), desk.refused("i1"), desk.records()) == before


def test_a_code_that_another_takes_meanwhile_refuses_its_row_alone(desk: Desk) -> None:
    with threads_of(desk.threads.url, 1) as threads:
        other = Desk(threads, desk.path)
        other._ids = CountingIds(5_000)

        def as_ann_is_made() -> str:
            if desk.count(customers) == 0:
                other.run(desk.file(ANN))
            return desk.new_id()

        file = desk.file(ANN, BOB).rename(desk.path / "both.csv")
        desk.importer = Importer(desk.threads, PLAN, new_id=as_ann_is_made, utc=lambda: NOW)
        done = desk.run(file, DuplicateRule.REFUSE)
    assert desk.state is ImportState.DONE
    assert desk.counts(done) == (2, 1, 0, 0, 1)
    assert desk.refused(done) == [(2, "", "exists")]


@pytest.mark.parametrize("batch", [1, 2, 3, 400])
def test_how_a_file_is_cut_into_batches_makes_no_difference(
    desk: Desk, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows know what the rows before them made, also while that is still being written."""
    monkeypatch.setattr(imports_module, "BATCH", batch)
    rows = (
        ANN,
        BOB,
        ("A1", "Ann Lee", "", "second@example.org", "", "", ""),
        ("", "Ann by mail", "", "second@example.org", "", "vip", "7"),
        ("C3", "Taker", "(202) 555-0101", "", "", "", ""),
        ("A1", "", "(202) 555-0199", "", "", "", "9"),
        ("", "New without a code", "", "", "", "", ""),
        ("A1", "", "", "", "Turin", "", ""),
    )
    done = desk.run(desk.file(*rows), DuplicateRule.UPDATE, match_by=("account", "mail"))
    assert desk.counts(done) == (8, 3, 4, 0, 1)
    assert desk.refused(done) == [(6, "+12025550101", "number_taken")]
    ann = desk.records()["A1"]
    assert (ann.name, ann.tier, ann.credit_limit, ann.addresses[0].city) == ("Ann by mail", "vip", 900, "Turin")
    assert [one.mail for one in ann.mails] == ["ann@example.org", "second@example.org"]
    assert [one.number for one in ann.numbers] == ["+12025550101", "+12025550199"]
    desk.importer.undo(done, SAM)
    assert desk.records() == {}


async def test_a_record_that_another_changes_meanwhile_gets_both_changes(desk: Desk, engine: AsyncEngine) -> None:
    """On SQLite it is decided anew while nobody else writes; on PostgreSQL others may change it even then."""
    desk.run(desk.file(ANN))
    loop = asyncio.get_running_loop()
    wanted = ["called"] if desk.threads.dialect.name == "sqlite" else ["called", "called again"]
    made: list[str] = []

    async def edit(remark: str) -> None:
        async with masters_of(engine) as masters:
            (match,) = (await masters.master.find("A1", cursor=None, limit=1)).items
            edit = Edit(customer=match.customer, version=len(made) + 1, changes={"remark": remark})
            assert isinstance(await masters.master.edit(edit, SAM), Edited)
            made.append(remark)

    def as_bob_is_made() -> str:
        if made != wanted:
            asyncio.run_coroutine_threadsafe(edit(wanted[len(made)]), loop).result(5)
        return desk.new_id()

    desk.importer = Importer(desk.threads, PLAN, new_id=as_bob_is_made, utc=lambda: NOW)
    file = desk.file(("A1", "Ann Lee-Park", "", "", "", "", ""), BOB)
    done = await asyncio.to_thread(desk.run, file, DuplicateRule.UPDATE)
    assert desk.counts(done) == (2, 1, 1, 0, 0)
    ann = desk.records()["A1"]
    assert (ann.name, ann.remark) == ("Ann Lee-Park", wanted[-1])


def test_what_ends_badly_is_written_down_without_values(desk: Desk) -> None:
    file = desk.file(ANN)
    done = desk.run(file)
    with pytest.raises(ValueError, match="secret"), failed(desk.threads, done, lambda: NOW):
        raise ValueError("secret")
    with desk.threads.reading("x") as connection:
        row = connection.execute(select(imports).where(imports.c["import"] == done)).one()
    assert (row.state, row.error) == ("failed", "ValueError")


# -- out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", FileFormat)
def test_an_export_is_read_in_again_unchanged(desk: Desk, format_: FileFormat) -> None:
    desk.run(desk.file(ANN, BOB, ("C3", "'-formula", "", "", "", "", "")))
    before = desk.records()
    file = desk.path / f"out.{format_.value}"
    assert export(desk.threads, file, format_, "", plan=PLAN, reader=SAM) == 3
    assert [one.name for one in desk.path.glob(".*")] == []
    assert file.stat().st_mode & 0o777 == 0o600
    table = open_table(file)
    assert table.titles == targets(PLAN)
    plan = preview(desk.threads, desk.importer, file, None, master=PLAN, reader=SAM).plan
    with desk.threads.writing("x") as connection:
        enter_import(connection, "again", file, plan, SAM, now=NOW)
    desk.importer.run("again", file, plan, SAM)
    assert desk.counts("again") == (3, 0, 0, 3, 0)
    assert desk.records() == before


def test_an_export_has_only_what_was_asked_for_and_may_be_seen(desk: Desk) -> None:
    desk.run(desk.file(ANN, BOB))
    file = desk.path / "out.csv"
    assert export(desk.threads, file, FileFormat.CSV, "小明", plan=PLAN, reader=ANA) == 1
    text = file.read_text(encoding="utf-8-sig")
    assert "王小明" in text
    assert "Ann" not in text
    assert "credit_limit" not in text
    assert export(desk.threads, file, FileFormat.CSV, "%%%", plan=PLAN, reader=ANA) == 0


def test_no_formula_leaves_the_house(desk: Desk) -> None:
    desk.run(desk.file(("C3", "'=cmd|' /C calc'!A0", "", "", "", "", "")))
    file = desk.path / "out.csv"
    export(desk.threads, file, FileFormat.CSV, "", plan=PLAN, reader=SAM)
    with file.open(encoding="utf-8-sig", newline="") as text:
        cells = [cell for row in csv.reader(text) for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    assert not any(cell.startswith(("=", "@")) for cell in cells)
