"""The rows of a file, read some batches before they are written.

Of a large file in a process of its own: reading a row costs about as much as writing it, and within one process the two
would take turns.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

from callcenter.api.customers import MasterPlan
from callcenter.api.transfer import ImportPlan
from callcenter.collector import calm_collector
from callcenter.customers.importing import ReadRow, broken_row, columns_of, read_row
from callcenter.storage.database import RecordsFailure
from callcenter.storage.table_files import Line, TableFile, open_table

LARGE = 512 * 1024  # bytes; below, all is read before another process would have started


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows, and how much of the file had been read with them."""

    rows: list[ReadRow]
    position: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: in what way, for which master records, without which fields."""

    file: Path
    plan: ImportPlan
    master: MasterPlan
    hidden: tuple[str, ...]

    def table(self) -> TableFile:
        """Open the file. Raises `RequestRefused` for what is no table."""
        return open_planned(self.file, self.plan)


@contextmanager
def reading_ahead(reading: Reading, size: int, *, large: int = LARGE) -> Iterator[Iterator[Batch]]:
    """Give the batches of a file, each of `size` rows; the next one is there when it is wanted, or soon.

    Raises `RequestRefused` for what is no table, `RecordsFailure` when the process that reads is gone.
    """
    if reading.file.stat().st_size < large:
        yield _batches(reading, size)
        return
    # Not a fork: a thread of this process may hold a lock at that moment.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(theirs, reading, size), daemon=True)
    process.start()
    theirs.close()  # the process alone holds it then: gone, it is noticed; and so are we by it
    with closing(ours), ThreadPoolExecutor(1, thread_name_prefix="reading") as receiver:
        try:
            yield _received(ours, receiver)
        finally:
            process.kill()  # it has nothing to put away; and whoever still waits for a batch of it waits no longer
            process.join()


def open_planned(file: Path, plan: ImportPlan) -> TableFile:
    """Open a file as an import's plan says. Raises `RequestRefused` for what is no table."""
    return open_table(file, encoding=plan.encoding, delimiter=plan.delimiter, sheet=plan.sheet)


def rows_of(table: TableFile, plan: ImportPlan, master: MasterPlan, hidden: Sequence[str]) -> Iterator[ReadRow]:
    """Read the lines of a file as rows of this plan."""
    columns = columns_of(table.titles, plan.columns)
    of_plan = master.model_copy(update={"country": plan.country})

    def read(line: Line) -> ReadRow:
        if line.broken:
            return broken_row(line.line, line.cells, line.broken)
        return read_row(line.line, line.cells, columns, of_plan, hidden)

    return map(read, table.lines())


def _batches(reading: Reading, size: int) -> Iterator[Batch]:
    table = reading.table()
    rows = rows_of(table, reading.plan, reading.master, reading.hidden)
    while batch := list(islice(rows, size)):
        yield Batch(batch, table.position)


def _send(pipe: Connection, reading: Reading, size: int) -> None:
    calm_collector()
    with closing(pipe):
        try:
            for batch in _batches(reading, size):
                pipe.send(batch)
            pipe.send(None)
        except BrokenPipeError:
            pass  # nobody wants them any more


def _received(pipe: Connection, receiver: ThreadPoolExecutor) -> Iterator[Batch]:
    try:
        coming = receiver.submit(pipe.recv)
        while (batch := coming.result()) is not None:
            coming = receiver.submit(pipe.recv)
            yield batch
    except (EOFError, OSError) as error:  # between two batches, and within one
        raise RecordsFailure("reading a file: the process that did it is gone", retryable=False) from error
