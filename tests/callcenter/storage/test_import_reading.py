"""Rows are read ahead: here or in another process the same ones, and never an endless wait for one that is gone."""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from callcenter.api.transfer import DuplicateRule, ImportPlan
from callcenter.domain.errors import RequestRefused
from callcenter.storage.database import RecordsFailure
from callcenter.storage.import_reading import Reading, reading_ahead
from tests.support.masters import PLAN

IN_OUR_PROCESS, IN_ANOTHER = 1 << 40, 0


def reading(path: Path, rows: int) -> Reading:
    file = path / "customers.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["Code", "Name", "Phone", "Credit"])
        writer.writerows([f"N{n}", f"名 {n}" * 20, "202-555-0101", "=1+1" if n % 7 == 0 else "5"] for n in range(rows))
        opened.write("N-1,cut o")
    columns = {"Code": "account", "Name": "name", "Phone": "numbers.work", "Credit": "credit_limit"}
    plan = ImportPlan(
        columns=columns,
        match_by=("account",),
        duplicates=DuplicateRule.FILL,
        encoding=None,
        delimiter=None,
        sheet=None,
        country="US",
        shared_numbers=False,
    )
    return Reading(file, plan, PLAN, ("tier",))


def test_another_process_reads_the_same(tmp_path: Path) -> None:
    wanted = reading(tmp_path, 1_000)
    with reading_ahead(wanted, 300, large=IN_OUR_PROCESS) as batches:
        here = list(batches)
    with reading_ahead(wanted, 300, large=IN_ANOTHER) as batches:
        assert multiprocessing.active_children()
        there = list(batches)
    assert not multiprocessing.active_children()
    assert [len(batch.rows) for batch in here] == [300, 300, 300, 101]
    assert here[-1].position == wanted.file.stat().st_size
    assert here[0].rows[1].record is not None
    assert [one.code for one in here[-1].rows[-1].problems] == ["broken_line"]
    assert there == here


def test_what_is_not_wanted_any_more_is_not_waited_for(tmp_path: Path) -> None:
    with reading_ahead(reading(tmp_path, 3_000), 100, large=IN_ANOTHER) as batches:
        assert len(next(batches).rows) == 100
    assert not multiprocessing.active_children()


def test_a_process_that_stands_still_keeps_nobody_from_ending(tmp_path: Path) -> None:
    """A batch of these is more than a pipe holds: it is half received."""
    with reading_ahead(reading(tmp_path, 4_000), 1_000, large=IN_ANOTHER) as batches:
        next(batches)
        (process,) = multiprocessing.active_children()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
    assert not multiprocessing.active_children()


def test_a_process_that_is_gone_is_noticed(tmp_path: Path) -> None:
    with reading_ahead(reading(tmp_path, 3_000), 100, large=IN_ANOTHER) as batches:
        next(batches)
        (process,) = multiprocessing.active_children()
        process.kill()
        with pytest.raises(RecordsFailure, match="gone"):
            list(batches)


def test_what_is_no_table_is_refused_before_anybody_reads(tmp_path: Path) -> None:
    wanted = reading(tmp_path, 1)
    wanted.file.write_bytes(b"\x00\x01\x02\x03")
    with pytest.raises(RequestRefused, match="neither"):
        wanted.table()
