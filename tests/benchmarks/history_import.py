"""How fast a file of customers comes into records that are in use."""

from __future__ import annotations

import csv
import multiprocessing
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import make_url

from callcenter.api.records import Reader, Role
from callcenter.api.transfer import ImportState
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.storage.imports import Importer, enter_import
from callcenter.storage.previews import preview
from callcenter.storage.table_files import open_table
from callcenter.storage.threads import threads_of
from tests.support.masters import PLAN

WITHIN = 600.0  # seconds


def rows_a_second(url: str, rows: int) -> tuple[float, float]:
    """Import so many new customers, in a process of its own; return rows a second, and CPU seconds a row."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_import, args=(url, rows, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(WITHIN):
            raise TimeoutError("the import did not end")
        seconds, cpu = ours.recv()
    finally:
        process.terminate()
        process.join(10)
    return rows / seconds, cpu / rows


def write_file(file: Path, rows: int) -> None:
    """Write customers that nobody has yet."""
    stamp = int(time.time()) % 100_000
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("Code", "Name", "Phone", "Email", "City", "Tier"))
        for number in range(rows):
            unique = f"{stamp:05}{number:06}"
            writer.writerow(
                (f"I{unique}", f"New {number} Customer", f"+33{unique}", f"i{unique}@example.org", "Lyon", "gold")
            )


def _import(url: str, rows: int, pipe: Connection) -> None:
    clock = SystemClock()
    ids = TimeOrderedIds(clock)
    reader = Reader(person="console", role=Role.ADMINISTRATOR)
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    with tempfile.TemporaryDirectory() as folder, threads_of(address, 2) as threads:
        file = Path(folder) / "customers.csv"
        write_file(file, rows)
        importer = Importer(threads, PLAN, new_id=lambda: str(ids.interaction_id()), utc=clock.utc)
        plan = preview(threads, importer, file, None, master=PLAN, reader=reader).plan
        import_id = str(ids.interaction_id())
        with threads.writing("beginning an import") as connection:
            enter_import(connection, import_id, file, plan, reader, now=clock.utc())
        began, used = time.monotonic(), time.process_time()
        state = importer.run(import_id, open_table(file), plan, reader)
        seconds, cpu = time.monotonic() - began, time.process_time() - used
    if state is not ImportState.DONE:
        raise AssertionError(state)
    pipe.send((seconds, cpu))
