"""How fast a file of customers comes into records that are in use."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import make_url, select

from callcenter.api.records import Reader, Role
from callcenter.api.transfer import ImportState
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.collector import calm_collector
from callcenter.storage.customer_tables import imports
from callcenter.storage.imports import Importer, enter_import
from callcenter.storage.previews import preview
from callcenter.storage.threads import threads_of
from tests.support.masters import PLAN

WITHIN = 600.0  # seconds


def rows_a_second(url: str, rows: int) -> tuple[float, float]:
    """Import so many new customers, in a process of its own; return rows a second, and CPU seconds a row."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_import, args=(url, rows, theirs))  # no daemon: it has a child, who reads
    process.start()
    theirs.close()  # so that a process that fails is noticed
    try:
        if not ours.poll(WITHIN):
            raise TimeoutError("the import did not end")
        seconds, cpu = ours.recv()
    finally:
        process.terminate()
        process.join(10)
    return rows / seconds, cpu / rows


def write_file(file: Path, rows: int) -> int:
    """Write customers that nobody has yet, with all that files have wrong; return how many rows must be refused.

    One row in a hundred is a formula, one the row before it again, one has letters of another encoding; and the last
    line breaks off.
    """
    stamp = int(time.time()) % 100_000
    refused = 1
    with file.open("wb") as opened:
        opened.write(b"Code,Name,Phone,Email,City,Tier\n")
        unique = ""
        for number in range(rows - 1):
            # Of this run alone: an earlier one's customers in the same town would be possible duplicates, all of them.
            name = f"New {stamp}x{number} 王伟" if number % 10 == 0 else f"New {stamp}x{number} Customer"
            match number % 100:
                case 11:
                    name, refused = "=1+1", refused + 1
                case 33:
                    pass  # the same customer again
                case _:
                    unique = f"{stamp:05}{number:06}"
            line = f"I{unique},{name},+447{unique[2:]},i{unique}@example.org,Lyon,gold\n".encode()
            if number % 100 == 55:
                line, refused = line.replace(b"New", b"N\xe9w"), refused + 1
            opened.write(line)
        opened.write(f'I{stamp:05}999999,"Cut o'.encode())
    return refused


def _cpu_seconds() -> float:
    """Of this process and of those it has started and seen to their ends."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _import(url: str, rows: int, pipe: Connection) -> None:
    clock = SystemClock()
    ids = TimeOrderedIds(clock)
    reader = Reader(person="console", role=Role.ADMINISTRATOR)
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    with tempfile.TemporaryDirectory() as folder, threads_of(address, 2) as threads:
        file = Path(folder) / "customers.csv"
        refused = write_file(file, rows)
        importer = Importer(threads, PLAN, new_id=lambda: str(ids.interaction_id()), utc=clock.utc)
        plan = preview(threads, importer, file, None, master=PLAN, reader=reader).plan
        import_id = str(ids.interaction_id())
        with threads.writing("beginning an import") as connection:
            enter_import(connection, import_id, file, plan, reader, now=clock.utc())
        calm_collector()  # as the command does
        began, used = time.monotonic(), _cpu_seconds()
        state = importer.run(import_id, file, plan, reader)
        seconds, cpu = time.monotonic() - began, _cpu_seconds() - used
        with threads.reading("reading what became of it") as connection:
            this = imports.c["import"] == import_id
            done = connection.execute(select(imports.c.rows, imports.c.refused).where(this)).one()
    if state is not ImportState.DONE or tuple(done) != (rows, refused):
        raise AssertionError(f"{state}, {done}, and not {(rows, refused)}")
    pipe.send((seconds, cpu))
