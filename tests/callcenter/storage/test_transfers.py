"""Files are worked on by processes of their own, and what became of them stands in the records."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.records import RecordsFailed
from callcenter.api.transfer import FileFormat, FileRefused, ImportPreview, ImportState, ImportStatus
from callcenter.cli.customers import MOST_MEMORY, limit_memory
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.config import process_environment
from callcenter.storage.customer_tables import imports
from callcenter.storage.imports import enter_import
from callcenter.storage.transfers import UNHEARD, SqlTransfers
from tests.support.masters import PLAN, SAM, Masters, masters_of
from tests.support.servers import TREE

IMPORT = "00000000-0000-7000-8000-000000000001"
pytestmark = pytest.mark.integration  # each starts processes of the platform

COMMAND = (sys.executable, "-m", "callcenter")


@pytest.fixture
async def desk(records: AsyncEngine) -> AsyncIterator[Masters]:
    async with masters_of(records) as masters:
        yield masters


@pytest.fixture
def transfers(desk: Masters, url: str, tmp_path: Path) -> SqlTransfers:
    environment = process_environment() | {
        "CALLCENTER_HOME": str(tmp_path / "home"),
        "CALLCENTER_ROUTING__DIRECTORY": str(TREE / "config"),
        "DATABASE_URL": url,
        "PYTHONPATH": str(TREE),
    }
    clock = SystemClock()
    return SqlTransfers(desk.threads, PLAN, clock, TimeOrderedIds(clock), command=COMMAND, environment=environment)


def file(path: Path, rows: int = 3) -> Path:
    made = path / "list.csv"
    lines = [f"C{place},张伟 {place},2025{550100 + place:06},{place}" for place in range(rows)]
    made.write_text("\n".join(["客户编号,姓名,电话,Shoe", *lines, "X,Nobody,call me,1", ""]), encoding="utf-8")
    return made


async def ended(transfers: SqlTransfers, id_: str) -> ImportStatus:
    for _ in range(600):
        status = await transfers.status(id_)
        assert status is not None
        if status.state not in (ImportState.RUNNING, ImportState.UNDOING):
            return status
        await asyncio.sleep(0.05)
    raise AssertionError("the import did not end")


async def test_a_file_is_looked_at_taken_in_written_out_and_undone(
    transfers: SqlTransfers, desk: Masters, tmp_path: Path
) -> None:
    found = await transfers.preview(file(tmp_path), None, SAM)
    assert isinstance(found, ImportPreview)
    assert [row.action for row in found.rows] == ["create", "create", "create", "refuse"]
    started = await transfers.start(file(tmp_path), found.plan, SAM)
    assert (started.state, started.file) == (ImportState.RUNNING, "list.csv")
    assert await transfers.undo(started.id, SAM) is None  # not while it runs
    done = await ended(transfers, started.id)
    assert (done.state, done.created, done.refused, done.read) == (ImportState.DONE, 3, 1, done.size)
    (row,) = (await transfers.refused(done.id, SAM, cursor=None, limit=10)).items
    assert (row.line, row.cells[1], row.problems[0].code) == (5, "Nobody", "bad_number")
    assert await transfers.write(tmp_path / "out.xlsx", FileFormat.XLSX, "张伟", SAM) == 3
    assert [one.id for one in await transfers.imports(limit=5)] == [done.id]
    assert await transfers.undo(done.id, SAM) is not None
    undone = await ended(transfers, done.id)
    assert (undone.state, undone.kept) == (ImportState.UNDONE, 0)
    assert (await desk.master.find("张伟", cursor=None, limit=5)).items == ()
    assert await transfers.undo(done.id, SAM) is None


@pytest.mark.parametrize("words", ["--role=administrator", "--help", "-", "\x00", "\n--json"])
async def test_words_to_find_are_never_options(transfers: SqlTransfers, tmp_path: Path, words: str) -> None:
    assert await transfers.write(tmp_path / "out.csv", FileFormat.CSV, words, SAM) == 0


async def test_a_process_that_cannot_be_started_is_a_failure_of_the_records(
    desk: Masters, transfers: SqlTransfers, tmp_path: Path
) -> None:
    gone = SqlTransfers(
        desk.threads, PLAN, SystemClock(), TimeOrderedIds(SystemClock()), command=["/no/such/program"], environment={}
    )
    with pytest.raises(RecordsFailed):
        await gone.write(tmp_path / "out.csv", FileFormat.CSV, "", SAM)


async def test_what_is_no_table_is_refused_with_a_reason(transfers: SqlTransfers, tmp_path: Path) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    refused = await transfers.preview(tmp_path / "picture.csv", None, SAM)
    assert isinstance(refused, FileRefused)
    assert refused.code == "no_table"


async def test_a_sheet_that_reaches_too_far_is_refused(transfers: SqlTransfers, tmp_path: Path) -> None:
    """Of 5 kB, which would be 500 GB in memory."""
    far = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(str(far)) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Name")
        sheet.write(1_048_575, 16_383, "x")
    refused = await transfers.preview(far, None, SAM)
    assert isinstance(refused, FileRefused)
    assert refused.code == "too_much"


def test_a_process_that_reads_a_file_has_its_share_of_the_memory() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    try:
        limit_memory()
        assert resource.getrlimit(resource.RLIMIT_AS)[0] == MOST_MEMORY
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


async def test_an_import_whose_file_goes_away_has_failed(transfers: SqlTransfers, tmp_path: Path) -> None:
    path = file(tmp_path)
    found = await transfers.preview(path, None, SAM)
    assert isinstance(found, ImportPreview)
    gone = path.with_name("gone.csv")
    gone.write_text("A,B\n")
    starting = transfers.start(gone, found.plan.model_copy(update={"encoding": "klingon"}), SAM)
    done = await ended(transfers, (await starting).id)
    assert (done.state, done.error) == (ImportState.FAILED, "unknown_encoding")


async def test_of_two_who_undo_an_import_one_does(transfers: SqlTransfers, desk: Masters, tmp_path: Path) -> None:
    if desk.threads.dialect.name == "sqlite":
        pytest.skip("nobody else writes meanwhile")
    path = file(tmp_path)
    found = await transfers.preview(path, None, SAM)
    assert isinstance(found, ImportPreview)
    done = await ended(transfers, (await transfers.start(path, found.plan, SAM)).id)
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with desk.threads.writing("the first undoing it") as first:
        first.execute(update(imports).values(state=ImportState.UNDOING.value))
        second = asyncio.create_task(transfers.undo(done.id, SAM))
        while not await desk.threads.read("looking", lambda c: c.execute(waiting).scalar()):
            await asyncio.sleep(0.01)
    assert await second is None


async def test_an_import_that_is_not_heard_of_has_failed_and_can_be_undone(
    transfers: SqlTransfers, desk: Masters, tmp_path: Path
) -> None:
    found = await transfers.preview(file(tmp_path), None, SAM)
    assert isinstance(found, ImportPreview)
    long_ago = SystemClock().utc() - 2 * UNHEARD

    def enter(connection: object) -> None:
        enter_import(connection, IMPORT, file(tmp_path), found.plan, SAM, now=long_ago)  # type: ignore[arg-type]

    await desk.threads.write("x", enter)
    status = await transfers.status(IMPORT)
    assert status is not None
    assert (status.state, status.error) == (ImportState.FAILED, "interrupted")
    assert await transfers.undo(IMPORT, SAM) is not None
    assert (await ended(transfers, IMPORT)).state is ImportState.UNDONE


async def test_what_does_not_exist(transfers: SqlTransfers) -> None:
    assert await transfers.status("none") is None
    assert await transfers.undo("none", SAM) is None
    assert not await transfers.cancel("none")
    assert (await transfers.refused("none", SAM, cursor=None, limit=5)).items == ()
    assert await transfers.status("\x00") is None
