"""Imports and exports as the desktop asks for them: each in a process of its own, reporting in the records.

Reading a workbook or taking in 200,000 rows holds the interpreter for seconds; the desktop's event loop has pages to
serve. So the work is done by ``callcenter customers …``, started here, niced, and followed by its record: whoever
dies, the record says what was taken in, and a process that has not been heard of for a minute has failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Connection, select, update

from callcenter.api.customer_records import Exports, Imports
from callcenter.api.customers import MasterPlan
from callcenter.api.records import Reader
from callcenter.api.transfer import (
    FileFormat,
    FileRefused,
    ImportPlan,
    ImportPreview,
    ImportState,
    ImportStatus,
    RefusedPage,
    RefusedRow,
    ReportPart,
    RowProblem,
)
from callcenter.customers.problems import TEXTS
from callcenter.customers.refused_rows import report_of, seen_cells
from callcenter.domain.errors import Refusal, RequestRefused
from callcenter.domain.moment import milliseconds
from callcenter.ports import Clock, IdSource
from callcenter.storage.columns import AnyRow
from callcenter.storage.cursors import read_cursor, write_cursor
from callcenter.storage.customer_rows import hidden_from
from callcenter.storage.customer_tables import import_rows, imports
from callcenter.storage.database import RecordsFailure, can_hold
from callcenter.storage.imports import enter_import
from callcenter.storage.tables import people
from callcenter.storage.threads import Threads

UNHEARD = timedelta(seconds=60)
LARGEST_PAGE = 1_000
PREVIEW_SECONDS = 120
EXPORT_SECONDS = 3_600
INTERRUPTED = "interrupted"
DETACH = ("setsid", "--fork")  # of util-linux: the process is nobody's child, and leaves no zombie

_id = imports.c["import"]
_row_id = import_rows.c["import"]
_RUNS = (ImportState.RUNNING.value, ImportState.UNDOING.value)


class SqlTransfers(Imports, Exports):
    """Both ports. `command` is how ``callcenter`` is started (``python -m callcenter``), `environment` what it gets."""

    def __init__(
        self,
        threads: Threads,
        plan: MasterPlan,
        clock: Clock,
        ids: IdSource,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self._threads = threads
        self._plan = plan
        self._clock = clock
        self._ids = ids
        self._command = tuple(command)
        self._environment = dict(environment)

    # -- in -----------------------------------------------------------------------------------------------------

    async def preview(self, file: Path, plan: ImportPlan | None, reader: Reader) -> ImportPreview | FileRefused:
        """Return what the file looks like and what would become of its first rows; without a plan one is suggested."""
        arguments = ["preview", str(file), *_as(reader), "--json"]
        given = plan.model_dump_json() if plan else ""
        try:
            told = await self._call(arguments, given, PREVIEW_SECONDS)
        except RequestRefused as refusal:
            return _refused(refusal)
        try:
            return ImportPreview.model_validate_json(told)
        except ValidationError as error:
            raise RecordsFailure("the preview of a file could not be read", retryable=False) from error

    async def start(self, file: Path, plan: ImportPlan, reader: Reader, *, name: str = "") -> ImportStatus:
        """Begin an import in a process of its own; it reports its progress in the records."""
        import_id = str(self._ids.interaction_id())
        now = self._clock.utc()
        await self._threads.write(
            "beginning an import", lambda c: enter_import(c, import_id, file, plan, reader, now=now, name=name)
        )
        await self._begin(["work", "import", import_id, str(file), *_as(reader)])
        status = await self.status(import_id)
        assert status is not None  # noqa: S101 -- written above
        return status

    async def cancel(self, id_: str) -> bool:
        """Stop an import; what was taken in stays. False: it does not run."""
        if not can_hold(id_):
            return False
        stop = update(imports).where(_id == id_, imports.c.state == ImportState.RUNNING.value).values(stop_wanted=True)
        return bool(await self._threads.write("stopping an import", lambda c: c.execute(stop).rowcount))

    async def undo(self, id_: str, reader: Reader) -> ImportStatus | None:
        """Begin to undo a whole import. None: there is none, it still runs, or it was undone."""
        now = self._clock.utc()

        def work(connection: Connection) -> bool:
            asked = _STATUS.where(_id == id_).with_for_update(of=imports)  # of two who ask, one undoes it
            row = connection.execute(asked).one_or_none()
            if row is None or self._state(row) not in (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED):
                return False
            values = {"state": ImportState.UNDOING.value, "alive_at": now, "ended_at": None, "error": None}
            connection.execute(update(imports).where(_id == id_).values(values))
            return True

        if not can_hold(id_) or not await self._threads.write("undoing an import", work):
            return None
        await self._begin(["work", "undo", id_, *_as(reader)])
        return await self.status(id_)

    # -- how far --------------------------------------------------------------------------------------------------

    async def status(self, id_: str) -> ImportStatus | None:
        """Return how far an import is."""
        if not can_hold(id_):
            return None
        row = await self._threads.read(
            "reading an import", lambda c: c.execute(_STATUS.where(_id == id_)).one_or_none()
        )
        return self._status(row) if row else None

    async def imports(self, *, limit: int) -> Sequence[ImportStatus]:
        """Return the newest imports."""
        query = _STATUS.order_by(imports.c.started_at.desc(), _id.desc()).limit(max(0, min(limit, LARGEST_PAGE)))
        return tuple(map(self._status, await self._threads.read("reading imports", lambda c: c.execute(query).all())))

    async def refused(self, id_: str, reader: Reader, *, cursor: str | None, limit: int) -> RefusedPage:
        """Return the rows that were not taken in, by line; at most 1,000.

        Of somebody else's file, cells of fields that this reader may not see are blank.
        """
        after = read_cursor(cursor, int)
        size = max(0, min(limit, LARGEST_PAGE))
        if not can_hold(id_) or (cursor is not None and after is None):
            return RefusedPage(items=(), cursor=None)
        query = select(import_rows.c.line, import_rows.c.problems, import_rows.c.cells)
        query = query.where(_row_id == id_, import_rows.c.action == "refused").order_by(import_rows.c.line)
        query = query.where(import_rows.c.line > after[0]) if after else query
        of = select(imports.c.by, imports.c.plan).where(_id == id_)

        def work(connection: Connection) -> tuple[AnyRow | None, Sequence[AnyRow]]:
            return connection.execute(of).one_or_none(), connection.execute(query.limit(size + 1)).all()

        one, rows = await self._threads.read("reading refused rows", work)
        if one is None:
            return RefusedPage(items=(), cursor=None)
        hidden = () if one.by == reader.person else hidden_from(self._plan, reader)
        plan = ImportPlan.model_validate(one.plan)
        items = tuple(
            RefusedRow(
                line=row.line,
                problems=tuple(RowProblem.model_validate(problem) for problem in row.problems),
                cells=seen_cells(row.cells, plan, hidden),
            )
            for row in rows[:size]
        )
        return RefusedPage(items=items, cursor=write_cursor(items[-1].line) if len(rows) > size and items else None)

    async def report(self, id_: str, reader: Reader, *, cursor: str | None) -> ReportPart | None:
        """Return refused rows as a part of a CSV file; none: there is no such import."""
        query = select(imports.c.plan).where(_id == id_)
        if not can_hold(id_):
            return None
        plan = await self._threads.read("reading an import", lambda c: c.execute(query).scalar())
        if plan is None:
            return None
        page = await self.refused(id_, reader, cursor=cursor, limit=LARGEST_PAGE)
        titles = ImportPlan.model_validate(plan).titles if cursor is None else ()
        return ReportPart(text=report_of(page.items, titles), cursor=page.cursor)

    # -- out ------------------------------------------------------------------------------------------------------

    async def write(
        self,
        file: Path,
        format_: FileFormat,
        wanted: str,
        reader: Reader,
        *,
        told: Callable[[int], None] = lambda _: None,
    ) -> int | FileRefused:
        """Write every customer whom `wanted` finds (empty: all), with what the reader may see; return how many."""
        # One word with its option, or words that begin with hyphens would be options; and no word holds a NUL.
        find = f"--find={wanted.replace(chr(0), ' ')}"
        arguments = ["export", str(file), "--file-format", format_.value, find, *_as(reader), "--json"]

        def heard(line: str) -> None:
            told(int(line))

        try:
            said = await self._call(arguments, "", EXPORT_SECONDS, heard)
            return int(said.split()[-1])
        except RequestRefused as refusal:
            return _refused(refusal)
        except (ValueError, IndexError) as error:
            raise RecordsFailure("how many were written could not be read", retryable=False) from error

    # -- within -----------------------------------------------------------------------------------------------------

    def _state(self, row: AnyRow) -> ImportState:
        heard = row.alive_at or row.started_at
        if row.state in _RUNS and self._clock.utc() - heard > UNHEARD:
            return ImportState.FAILED
        return ImportState(row.state)

    def _status(self, row: AnyRow) -> ImportStatus:
        state = self._state(row)
        return ImportStatus(
            id=row.id,
            file=row.file,
            by=row.by,
            by_name=row.by_name or row.by,
            state=state,
            started_at=milliseconds(row.started_at),
            ended_at=milliseconds(row.ended_at) if row.ended_at else None,
            size=row.size,
            read=row.read,
            rows=row.rows,
            created=row.created,
            updated=row.updated,
            skipped=row.skipped,
            refused=row.refused,
            kept=row.kept,
            error=INTERRUPTED if state is ImportState.FAILED and row.error is None else row.error,
        )

    async def _begin(self, arguments: Sequence[str]) -> None:
        """Start a process that goes on by itself, also when this one ends; its record says what became of it."""
        quiet = asyncio.subprocess.DEVNULL
        process = await self._process(*DETACH, *self._command, "customers", *arguments, pipes=quiet)
        if await process.wait() != 0:
            raise RecordsFailure("a process for a file could not be started", retryable=True)

    async def _call(
        self, arguments: Sequence[str], given: str, patience: float, heard: Callable[[str], None] | None = None
    ) -> str:
        """Run a process to its end and return what it says; `heard` hears each line at once.

        Raises `RequestRefused`, `RecordsFailure`.
        """
        process = await self._process(*self._command, "customers", *arguments, pipes=asyncio.subprocess.PIPE)
        try:
            async with asyncio.timeout(patience):
                lines = await _lines(process, heard) if heard else b""
                said, complained = await process.communicate(given.encode())
        except TimeoutError as error:
            raise RecordsFailure("a file took too long", retryable=True) from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if process.returncode == REFUSED:
            code, _, message = complained.decode("utf-8", "replace").strip().partition(": ")
            raise RequestRefused(Refusal.OPERATION, code, message)
        if process.returncode == -signal.SIGABRT:  # it wanted more memory than such a process may have
            raise RequestRefused(Refusal.OPERATION, "too_much", "the file takes too much memory")
        if process.returncode != 0:
            raise RecordsFailure("a file could not be worked on", retryable=False)
        return (lines + said).decode()

    async def _process(self, *words: str, pipes: int) -> asyncio.subprocess.Process:
        """Start a process. Raises `RecordsFailure` where the machine has no room for one."""
        try:
            return await asyncio.create_subprocess_exec(
                *words, env=self._environment, stdin=pipes, stdout=pipes, stderr=pipes
            )
        except OSError as error:
            raise RecordsFailure("a process for a file could not be started", retryable=True) from error


REFUSED = 3  # the exit status of a process whose file is no table; "code: message" is on its standard error

_STATUS = select(imports, _id.label("id"), people.c.name.label("by_name")).outerjoin(
    people, people.c.person == imports.c.by
)


async def _lines(process: asyncio.subprocess.Process, heard: Callable[[str], None]) -> bytes:
    """Read the lines that a process says until it has said all."""
    if process.stdout is None:
        return b""
    lines = []
    async for line in process.stdout:
        lines.append(line)
        heard(line.decode())
    return b"".join(lines)


def _refused(refusal: RequestRefused) -> FileRefused:
    return FileRefused(code=refusal.code, text=TEXTS.get(refusal.code) or TEXTS["no_table"])


def _as(reader: Reader) -> list[str]:
    return ["--person", reader.person, "--role", reader.role.value]
