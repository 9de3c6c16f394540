"""Taking customers in from a file, batch by batch, and undoing it: in a process or thread of its own.

Every batch is one transaction with its records, what became of its rows, and the progress. Killed at any moment, an
import has taken in what its record says. A batch asks the records once for everything that its rows speak of, before
it keeps others from writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, delete, insert, select, update

from callcenter.api.customers import MasterPlan
from callcenter.api.records import Reader
from callcenter.api.transfer import ImportPlan, ImportState
from callcenter.customers.changes import Difference, differences
from callcenter.customers.deciding import Action, Decided, Decider, Known, Taken
from callcenter.customers.importing import ReadRow
from callcenter.domain.errors import Refusal, RequestRefused
from callcenter.storage.bulk import insert_many
from callcenter.storage.customer_pairs import refresh_pairs
from callcenter.storage.customer_rows import Act, hidden_from, insert_records, remember_changes, update_records
from callcenter.storage.customer_tables import customers, import_rows, imports
from callcenter.storage.database import RecordsFailure, among, is_about_values
from callcenter.storage.import_known import free_accounts, known_of
from callcenter.storage.import_reading import LARGE, Batch, Reading, reading_ahead
from callcenter.storage.import_undo import undo_rows
from callcenter.storage.tables import agents
from callcenter.storage.threads import Threads

BATCH = 400  # on SQLite nobody else writes while these are written, some 0.03 s; others do while the next are decided

_id: Column[Any] = imports.c["import"]
_row_id: Column[Any] = import_rows.c["import"]


@dataclass(slots=True)
class _Run:
    """An import at work.

    `totals`: how many rows were read so far, and what became of them. `written`: what the last batch has made of them.
    """

    import_id: str
    plan: ImportPlan
    act: Act
    known_agents: frozenset[str]
    totals: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("rows", "created", "updated", "skipped", "refused"), 0)
    )
    written: Sequence[Taken] = ()


@dataclass(frozen=True, slots=True)
class _Look:
    """What the records have of what rows speak of, and codes for those who have none."""

    known: Known
    codes: list[str]


def _look(connection: Connection, rows: Sequence[ReadRow], known_agents: frozenset[str]) -> _Look:
    known = known_of(connection, rows, known_agents)
    return _Look(known, free_accounts(connection, sum(not row.changes.get("account") for row in rows)))


class Importer:
    """Carries out imports. `new_id` gives ids, `utc` the time."""

    def __init__(
        self,
        threads: Threads,
        master: MasterPlan,
        *,
        new_id: Callable[[], str],
        utc: Callable[[], datetime],
    ) -> None:
        self._threads = threads
        self._master = master
        self._new_id = new_id
        self._utc = utc

    # -- in -----------------------------------------------------------------------------------------------------

    def run(
        self,
        import_id: str,
        file: Path,
        plan: ImportPlan,
        reader: Reader,
        *,
        told: Callable[[int, int, int], None] = lambda _read, _size, _rows: None,
        large: int = LARGE,
    ) -> ImportState:
        """Take the whole file in; return how it ended: done, or cancelled.

        Raises `ExternalFailure`, and `RequestRefused` for what is no table. A file of `large` bytes is read in another
        process.

        `told` hears after each batch how much of the file has been read, of how much, and how many rows that is.
        """
        with self._threads.reading("reading the agents") as connection:
            known_agents = frozenset(connection.execute(select(agents.c.agent)).scalars())
        reading = Reading(file, plan, self._master, hidden_from(self._master, reader))
        table = reading.table()
        named = plan.model_copy(update={"titles": table.titles}).model_dump(mode="json")
        with self._threads.writing("beginning an import") as connection:
            connection.execute(update(imports).where(_id == import_id).values(plan=named))
        run = _Run(
            import_id=import_id,
            plan=plan,
            act=Act(plan=self._master, reader=reader, via=f"import {import_id}", now=self._utc()),
            known_agents=known_agents,
        )
        state = ImportState.DONE
        with reading_ahead(reading, BATCH, large=large) as batches:
            for batch, look in self._looks(run, batches):
                if not self._take_in(run, batch, look):
                    state = ImportState.CANCELLED
                    break
                told(batch.position, table.size, run.totals["rows"])
        with self._threads.writing("ending an import") as connection:
            if state is ImportState.DONE:
                connection.execute(update(imports).where(_id == import_id).values(read=table.size))
            return self._end(connection, import_id, state)

    def carry_out(self, import_id: str, file: Path, reader: Reader) -> None:
        """Carry out an import that was entered, and remove its file: it has been read, or never will be.

        What goes wrong stands in the import's record, and is raised.
        """
        try:
            with failed(self._threads, import_id, self._utc):
                self.run(import_id, file, plan_of(self._threads, import_id), reader)
        finally:
            file.unlink(missing_ok=True)

    def decide(self, connection: Connection, rows: Sequence[ReadRow], plan: ImportPlan) -> tuple[Decider, list[Action]]:
        """Return what would become of rows, and of each its action; nothing is written."""
        known_agents = frozenset(connection.execute(select(agents.c.agent)).scalars())
        decider = self._decider(plan, _look(connection, rows, known_agents))
        return decider, [decider.take(row) for row in rows]

    # -- back ---------------------------------------------------------------------------------------------------

    def undo(self, import_id: str, reader: Reader) -> ImportState:
        """Undo an import: new records go, changed fields get their old values, the last rows first.

        What was changed by others since stays as it is, and so does a record that something has happened with; both
        are counted as kept. Raises `ExternalFailure`.
        """
        act = Act(plan=self._master, reader=reader, via=f"undo {import_id}", now=self._utc())
        kept = 0
        while True:
            with self._threads.writing("undoing an import") as connection:
                query = select(import_rows).where(
                    _row_id == import_id, import_rows.c.action.in_(("created", "updated"))
                )
                rows = connection.execute(query.order_by(import_rows.c.line.desc()).limit(BATCH)).all()
                if not rows:
                    return self._end(connection, import_id, ImportState.UNDONE)
                kept += undo_rows(connection, rows, act)
                done = [row.line for row in rows]
                gone = delete(import_rows).where(_row_id == import_id, import_rows.c.line.in_(done))
                connection.execute(gone)
                connection.execute(update(imports).where(_id == import_id).values(kept=kept, alive_at=self._utc()))

    # -- within -------------------------------------------------------------------------------------------------

    def _looks(self, run: _Run, batches: Iterable[Batch]) -> Iterator[tuple[Batch, _Look]]:
        """Yield batches with what the records have of them.

        On SQLite that is read when it is wanted: the others, who cannot write while we do, do so meanwhile. Elsewhere
        it is read while the batch before is being written, and learns of that one afterwards.
        """

        def look(batch: Batch) -> _Look:
            with self._threads.reading("reading what rows of a file are about") as connection:
                return _look(connection, batch.rows, run.known_agents)

        if self._threads.dialect.name == "sqlite":
            yield from ((batch, look(batch)) for batch in batches)
            return
        with ThreadPoolExecutor(1, thread_name_prefix="looking") as looker:
            looks = ((batch, looker.submit(look, batch)) for batch in batches)
            coming = next(looks, None)
            while coming is not None:
                batch, found = coming
                coming = next(looks, None)
                for taken in run.written:
                    found.result().known.learn(taken)
                yield batch, found.result()

    def _take_in(self, run: _Run, batch: Batch, look: _Look) -> bool:
        """Take a batch in; false: the import is to stop.

        What becomes of its rows is decided before the transaction that writes them, and others may write meanwhile.
        Where they have changed what the rows are about, it is decided anew, within the transaction.
        """
        decided = self._decide(run, batch.rows, look)
        try:
            with self._threads.writing("taking customers in") as connection:
                if _stop_wanted(connection, run.import_id):
                    return False
                totals = self._write(connection, run, batch, decided) if _still_so(connection, decided) else None
        except RecordsFailure as failure:  # a code or number that another has taken
            if not is_about_values(failure.__cause__):
                raise
            totals = None
        if totals is None:
            with self._threads.writing("taking customers in") as connection:
                decided = self._decide(run, batch.rows, _look(connection, batch.rows, run.known_agents))
                if not _still_so(connection, decided):  # but from now on it is
                    decided = self._decide(run, batch.rows, _look(connection, batch.rows, run.known_agents))
                totals = self._write(connection, run, batch, decided)
        run.totals, run.written = totals, tuple(decided.taken.values())
        return True

    def _decide(self, run: _Run, rows: Sequence[ReadRow], look: _Look) -> Decided:
        decider = self._decider(run.plan, look)
        for row in rows:
            decider.take(row)
        return decider.decided

    def _decider(self, plan: ImportPlan, look: _Look) -> Decider:
        return Decider(plan, self._master, look.known, new_id=self._new_id, free_account=look.codes.pop)

    def _write(self, connection: Connection, run: _Run, batch: Batch, decided: Decided) -> dict[str, int]:
        """Write a batch with its progress; return how many rows that makes, by what became of them."""
        _write_records(connection, run, decided)
        counts = (len(batch.rows), decided.created, decided.updated, decided.skipped, len(decided.refused))
        totals = {name: run.totals[name] + count for name, count in zip(run.totals, counts, strict=True)}
        progress = update(imports).where(_id == run.import_id)
        connection.execute(progress.values(read=batch.position, alive_at=self._utc(), **totals))
        return totals

    def _end(self, connection: Connection, import_id: str, state: ImportState) -> ImportState:
        values = {"state": state.value, "ended_at": self._utc()}
        connection.execute(update(imports).where(_id == import_id).values(values))
        return state


def _write_records(connection: Connection, run: _Run, decided: Decided) -> None:
    """Write new and changed records, and what became of each row."""
    new = {one.customer: one for one in decided.taken.values() if one.before is None}
    changed = {one.customer: one for one in decided.taken.values() if one.before is not None}
    now = run.act.now
    insert_records(connection, {customer: one.record for customer, one in new.items()}, now)
    update_records(connection, {customer: (one.version, one.record) for customer, one in changed.items()}, now)
    made = {customer: (1, [CREATED]) for customer in new}
    edits = {customer: (one.version, _changes(one)) for customer, one in changed.items()}
    remember_changes(connection, made | edits, run.act)
    refresh_pairs(connection, {one.customer: one.record for one in decided.taken.values()}, new.keys())
    refused = {**_NO_LINE, "import": run.import_id}
    taken: dict[str, Any] = {**refused, "action": "created"}
    lines = [{**taken, "line": one.line, "customer": one.customer, "version": one.version} for one in new.values()]
    for customer, one in changed.items():
        before = [list(change) for change in edits[customer][1]]
        line = {"line": one.line, "action": "updated", "customer": customer, "version": one.version}
        lines.append({**taken, **line, "before": before})
    for row, problems in decided.refused:
        told = [one.model_dump(mode="json") for one in problems]
        lines.append({**refused, "line": row.line, "problems": told, "cells": list(row.cells)})
    insert_many(connection, import_rows, lines)


def _still_so(connection: Connection, decided: Decided) -> bool:
    """Tell whether the records that are to be changed are still those that were read, and lock them."""
    versions = {one.customer: one.version - 1 for one in decided.taken.values() if one.before is not None}
    if not versions:
        return True
    # In the order in which everybody locks records (`customer_rows.locked`).
    query = select(customers.c.customer, customers.c.version).where(among(connection, customers.c.customer, versions))
    rows = connection.execute(query.order_by(customers.c.n).with_for_update())
    return {row.customer: row.version for row in rows} == versions


def enter_import(
    connection: Connection,
    import_id: str,
    file: Path,
    plan: ImportPlan,
    reader: Reader,
    *,
    now: datetime,
    name: str = "",
) -> None:
    """Enter an import that is about to run; `name` is what people call the file."""
    row = {
        "import": import_id,
        "file": (name or file.name)[:200],
        "by": reader.person,
        "state": ImportState.RUNNING.value,
        "plan": plan.model_dump(mode="json"),
        "started_at": now,
        "alive_at": now,
        "size": file.stat().st_size,
        "stop_wanted": False,
        **dict.fromkeys(("read", "rows", "created", "updated", "skipped", "refused", "kept"), 0),
    }
    connection.execute(insert(imports).values(row))


def plan_of(threads: Threads, import_id: str) -> ImportPlan:
    """Return how a file is to be read. Raises `RequestRefused` when there is no such import."""
    with threads.reading("reading an import") as connection:
        plan = connection.execute(select(imports.c.plan).where(_id == import_id)).scalar()
    if plan is None:
        raise RequestRefused(Refusal.OPERATION, "unknown_import", "there is no such import")
    return ImportPlan.model_validate(plan)


@contextmanager
def failed(threads: Threads, import_id: str, utc: Callable[[], datetime]) -> Iterator[None]:
    """Write down why an import ended badly: the kind of error alone, for its text may hold customers' data."""
    try:
        yield
    except Exception as error:
        why = error.code if isinstance(error, RequestRefused) else type(error).__name__
        values = {"state": ImportState.FAILED.value, "ended_at": utc(), "error": why}
        with threads.writing("ending an import") as connection:
            connection.execute(update(imports).where(_id == import_id).values(values))
        raise


CREATED = Difference(field="created", before=None, after=True)
_NO_LINE: dict[str, Any] = {
    "line": 0,
    "action": "refused",
    **dict.fromkeys(("customer", "version", "before", "problems", "cells")),
}


def _changes(taken: Taken) -> list[Difference]:
    return differences(taken.before or {}, taken.record.flat())


def _stop_wanted(connection: Connection, import_id: str) -> bool:
    return bool(connection.execute(select(imports.c.stop_wanted).where(_id == import_id)).scalar())
