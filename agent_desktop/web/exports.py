"""Customers into files, over HTTP: one export after the other, each followed by who asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import structlog
from aiohttp import web

from agent_desktop.web import auth
from agent_desktop.web.asking import not_found, reader_of
from agent_desktop.web.customer_bodies import ExportList, ExportStatus, StartExport
from agent_desktop.web.permissions import SESSION
from agent_desktop.web.problem import RequestFailed, read_body
from agent_desktop.web.spool import Spool
from callcenter.api.customer_records import Exports
from callcenter.api.records import Reader, RecordsFailed
from callcenter.api.transfer import FileFormat, FileRefused

KEPT = timedelta(hours=1)
MOST_OF_ONE = 5  # exports that one person may have waiting or finished
MEDIA_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Export:
    """One export."""

    export: str
    path: Path
    format: FileFormat
    find: str
    reader: Reader
    at: datetime
    kept_from: datetime  # when it ended; until then, when it was asked for
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    rows: int = 0
    error: str | None = None


class ExportDesk:
    """Carries exports out, one at a time: each reads every customer there is."""

    def __init__(self, exports: Exports, spool: Spool, utc: Callable[[], datetime]) -> None:
        self._exports = exports
        self._spool = spool
        self._utc = utc
        self._all: dict[str, Export] = {}
        self._waiting: asyncio.Queue[Export] = asyncio.Queue()

    async def run(self) -> None:
        """Work, for as long as the server does."""
        while True:
            export = await self._waiting.get()
            export.state = "running"
            try:
                await self._write(export)
            except RecordsFailed as failure:
                log.warning("export failed", why=str(failure))
                export.state, export.error = "failed", "records_away"
            export.kept_from = self._utc()

    def begin(self, format_: FileFormat, find: str, reader: Reader) -> Export | None:
        """Enter an export; none: this person has too many."""
        self.tidy()
        if len(self.of(reader.person)) >= MOST_OF_ONE:
            return None
        name, path = self._spool.new_path(f".{format_.value}")
        now = self._utc()
        export = Export(export=name, path=path, format=format_, find=find, reader=reader, at=now, kept_from=now)
        self._all[name] = export
        self._waiting.put_nowait(export)
        return export

    def of(self, person: str) -> list[Export]:
        """Return a person's exports, the newest first."""
        self.tidy()
        return sorted((one for one in self._all.values() if one.reader.person == person), key=lambda one: one.at)[::-1]

    def find(self, name: str, person: str) -> Export | None:
        """Return a person's export."""
        return next((one for one in self.of(person) if one.export == name), None)

    def remove(self, export: Export) -> bool:
        """Remove a finished export with its file; false: it is still at work."""
        if export.state in ("waiting", "running"):
            return False
        export.path.unlink(missing_ok=True)
        self._all.pop(export.export, None)
        return True

    async def _write(self, export: Export) -> None:
        def told(rows: int) -> None:
            export.rows = rows

        outcome = await self._exports.write(export.path, export.format, export.find, export.reader, told=told)
        if isinstance(outcome, FileRefused):
            export.state, export.error = "failed", outcome.code
        else:
            export.state, export.rows = "done", outcome
        log.info("export ended", state=export.state, rows=export.rows, by=export.reader.person)

    def tidy(self) -> None:
        """Remove whatever was finished long enough ago."""
        for export in [one for one in self._all.values() if self._utc() - one.kept_from > KEPT]:
            self.remove(export)


EXPORTS = web.AppKey("exports", ExportDesk)


async def start(request: web.Request) -> web.Response:
    """POST /api/v1/exports: write customers into a file, in the background."""
    body = await read_body(request, StartExport)
    begun = request.app[EXPORTS].begin(body.format, body.find, reader_of(request))
    if begun is None:
        detail = "remove one of your earlier exports first"
        raise RequestFailed(HTTPStatus.CONFLICT, "too_many_exports", detail)
    log.info("export begun", by=begun.reader.person)
    return auth.answer(_status(begun), HTTPStatus.ACCEPTED)


async def list_exports(request: web.Request) -> web.Response:
    """GET /api/v1/exports: one's own."""
    found = request.app[EXPORTS].of(request[SESSION].person.person)
    return auth.answer(ExportList(items=tuple(map(_status, found))))


async def download(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/exports/{export}/file: the finished file, for who asked for it. Who takes it is written down."""
    export = _own(request)
    if export.state != "done" or not export.path.is_file():
        raise RequestFailed(HTTPStatus.CONFLICT, "export_not_done", "the file is not finished")
    log.info("export taken", rows=export.rows, by=export.reader.person)
    headers = {
        "Content-Type": MEDIA_TYPES[export.format],
        "Content-Disposition": f'attachment; filename="customers.{export.format.value}"',
        "Cache-Control": "no-store",
    }
    return web.FileResponse(export.path, headers=headers)


async def remove(request: web.Request) -> web.Response:
    """DELETE /api/v1/exports/{export}: remove the file."""
    if not request.app[EXPORTS].remove(_own(request)):
        raise RequestFailed(HTTPStatus.CONFLICT, "export_not_done", "it is still being written")
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _own(request: web.Request) -> Export:
    found = request.app[EXPORTS].find(request.match_info["export"], request[SESSION].person.person)
    if found is None:
        raise not_found("export")
    return found


def _status(export: Export) -> ExportStatus:
    done = export.state == "done" and export.path.is_file()
    return ExportStatus(
        export=export.export,
        format=export.format,
        state=export.state,
        rows=export.rows,
        size=export.path.stat().st_size if done else None,
        error=export.error,
    )
