"""`callcenter customers …`: customers into the records and out of them, by people and for the desktop."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from cyclopts import App, Parameter
from sqlalchemy import URL

from callcenter.api.records import Reader, Role
from callcenter.api.transfer import DuplicateRule, FileFormat, ImportPlan, ImportPreview, ImportState
from callcenter.cli import persons
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.collector import calm_collector
from callcenter.config import Settings, load_settings
from callcenter.customer_plan import load_master_plan
from callcenter.domain.errors import RequestRefused
from callcenter.storage.database import open_database
from callcenter.storage.exports import export
from callcenter.storage.imports import Importer, enter_import, failed
from callcenter.storage.previews import preview
from callcenter.storage.schema import upgrade
from callcenter.storage.threads import Threads, threads_of
from callcenter.storage.transfers import REFUSED

NICE = 10  # calls and pages come first
MOST_MEMORY = 4 << 30
"""Bytes that reading a file may take: a workbook of 5 kB with one cell in the far corner would take 500 GB."""

app = App(name="customers", help="Customers from files and into files.")
work = App(name="work", help="What the desktop starts; not for people.", show=False)
app.command(work)

Config = Annotated[Path | None, Parameter(help="Settings file (TOML); without it the installation's own.")]
Person = Annotated[str, Parameter(help="Who does it, as it stands in the history.")]
RoleName = Annotated[Literal["agent", "supervisor", "administrator"], Parameter(help="What he may see.")]
Columns = Annotated[list[str] | None, Parameter(help="TITLE=FIELD; may be given several times. Others as suggested.")]
Duplicates = Annotated[DuplicateRule, Parameter(help="What becomes of rows whose customer is known.")]
T = TypeVar("T")


@app.command(name="preview")
def preview_file(
    file: Path,
    *,
    person: Person = "console",
    role: RoleName = "administrator",
    json: bool = False,
    config: Config = None,
) -> None:
    """Show what a file looks like and what would become of its first rows. A plan (JSON) may come on standard input."""
    limit_memory()
    given = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    plan = ImportPlan.model_validate_json(given) if given.strip() else None
    reader = Reader(person=person, role=Role(role))
    with _records(config) as (threads, settings):
        master = load_master_plan(settings.routing.directory, settings.routing.country)
        found = _refusing(
            lambda: preview(threads, _importer(threads, settings), file, plan, master=master, reader=reader)
        )
    sys.stdout.write(found.model_dump_json() + "\n" if json else _told(found))


@app.command(name="import")
def import_file(
    file: Path,
    *,
    column: Annotated[list[str], Parameter(help="TITLE=FIELD; may be given several times. Others as suggested.")]
    | None = None,
    duplicates: Annotated[
        DuplicateRule, Parameter(help="What becomes of rows whose customer is known.")
    ] = DuplicateRule.FILL,
    shared_numbers: Annotated[bool, Parameter(help="Take numbers that others have in as shared ones.")] = False,
    person: Person = "console",
    config: Config = None,
) -> None:
    """Take the customers of a file (CSV, XLSX) in, and say how far it is."""
    limit_memory()
    reader = Reader(person=person, role=Role.ADMINISTRATOR)
    with _records(config) as (threads, settings):
        master = load_master_plan(settings.routing.directory, settings.routing.country)
        importer = _importer(threads, settings)
        plan = _refusing(lambda: preview(threads, importer, file, None, master=master, reader=reader)).plan
        mapped = dict(plan.columns) | dict(_mapping(one) for one in column or ())
        plan = plan.model_copy(update={"columns": mapped, "duplicates": duplicates, "shared_numbers": shared_numbers})
        clock = SystemClock()
        with threads.writing("beginning an import") as connection:
            import_id = str(TimeOrderedIds(clock).interaction_id())
            enter_import(connection, import_id, file, plan, reader, now=clock.utc())
        calm_collector()  # a fifth of the time of a large file

        def taken_in() -> ImportState:
            with failed(threads, import_id, clock.utc):
                return importer.run(import_id, file, plan, reader, told=_progress)

        state = _refusing(taken_in)
        sys.stdout.write(f"\n{state.value}; to undo it: callcenter customers undo {import_id}\n")


@app.command
def undo(import_id: str, *, person: Person = "console", config: Config = None) -> None:
    """Undo a whole import. What was changed since stays as it is."""
    with _records(config) as (threads, settings):
        state = _importer(threads, settings).undo(import_id, Reader(person=person, role=Role.ADMINISTRATOR))
    sys.stdout.write(f"{state.value}\n")


@app.command(name="export")
def export_file(
    file: Path,
    *,
    file_format: Annotated[FileFormat | None, Parameter(help="Without it, by the file's name.")] = None,
    find: Annotated[str, Parameter(help="Only customers who have these words.")] = "",
    person: Person = "console",
    role: RoleName = "administrator",
    json: bool = False,
    config: Config = None,
) -> None:
    """Write customers into a file, with what the role may see."""
    chosen = file_format or (FileFormat.XLSX if file.suffix.lower() == ".xlsx" else FileFormat.CSV)
    with _records(config) as (threads, settings):
        master = load_master_plan(settings.routing.directory, settings.routing.country)
        reader = Reader(person=person, role=Role(role))
        told = _count if json else lambda _: None
        count = _refusing(lambda: export(threads, file, chosen, find, plan=master, reader=reader, told=told))
    sys.stdout.write(f"{count}\n" if json else f"{count} customers are in {file}\n")


app.command(persons.export_person)
app.command(persons.erase_person)
app.command(persons.hold)


# -- for the desktop --------------------------------------------------------------------------------------------


@work.command(name="import")
def work_import(
    import_id: str, file: Path, *, person: str, role: RoleName = "administrator", config: Config = None
) -> None:
    """Carry out an import that was entered, and remove its file."""
    os.nice(NICE)
    limit_memory()
    with _records(config) as (threads, settings):
        calm_collector()
        _importer(threads, settings).carry_out(import_id, file, Reader(person=person, role=Role(role)))


@work.command(name="undo")
def work_undo(import_id: str, *, person: str, role: RoleName = "administrator", config: Config = None) -> None:
    """Undo an import."""
    os.nice(NICE)
    with _records(config) as (threads, settings), failed(threads, import_id, SystemClock().utc):
        _importer(threads, settings).undo(import_id, Reader(person=person, role=Role(role)))


# -- within -----------------------------------------------------------------------------------------------------


def limit_memory() -> None:
    """Let this process die of a file that is too much, and not the calls of the machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


@contextmanager
def _records(config: Path | None) -> Iterator[tuple[Threads, Settings]]:
    settings = load_settings(config)

    async def upgraded() -> None:
        async with open_database(settings.database_url) as database:
            await upgrade(database)
            urls.append(database.url)

    urls: list[URL] = []
    asyncio.run(upgraded())
    with threads_of(urls[0], threads=2) as threads:
        yield threads, settings


def _importer(threads: Threads, settings: Settings) -> Importer:
    clock = SystemClock()
    ids = TimeOrderedIds(clock)
    master = load_master_plan(settings.routing.directory, settings.routing.country)
    return Importer(threads, master, new_id=lambda: str(ids.interaction_id()), utc=clock.utc)


def _refusing(work_: Callable[[], T]) -> T:
    """Do something; what is refused ends the process with a status and a line that the desktop understands."""
    try:
        return work_()
    except RequestRefused as refusal:
        sys.stderr.write(f"{refusal.code}: {refusal.message}\n")
        raise SystemExit(REFUSED) from refusal


def _mapping(text: str) -> tuple[str, str]:
    title, _, target = text.rpartition("=")
    return title, target


def _progress(read: int, size: int, rows: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{min(100, 100 * read // max(1, size)):3} %  {rows} rows")
        sys.stderr.flush()


def _count(rows: int) -> None:
    sys.stdout.write(f"{rows}\n")
    sys.stdout.flush()


def _told(found: ImportPreview) -> str:
    lines = [f"{found.format.value}, {found.encoding or ', '.join(found.sheets)}", ""]
    for column in found.columns:
        samples = ", ".join(column.samples[:3])
        lines.append(f"  {column.title:30} → {column.suggested or '(left out)':28} {samples}")
    lines.append("")
    for row in found.rows:
        why = "; ".join(f"{one.column}: {one.text.en}" for one in row.problems)
        lines.append(f"  line {row.line}: {row.action} {why}")
    return "\n".join(lines) + "\n"
