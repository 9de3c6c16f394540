"""Customers from files, over HTTP: a file is sent, looked at, mapped, taken in, and undone."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from aiohttp import web

from agent_desktop.web import auth
from agent_desktop.web.asking import not_found, page_of, reader_of, words_of
from agent_desktop.web.customer_bodies import ImportList, PreviewWanted, SpooledFile, StartImport
from agent_desktop.web.permissions import SESSION
from agent_desktop.web.problem import RequestFailed, read_body
from agent_desktop.web.spool import LARGEST_FILE, SPOOL, Spooled, Stalled, TooLarge, TooMany
from callcenter.api.customer_records import Imports
from callcenter.api.records import RecordsFailed
from callcenter.api.transfer import FileRefused, ImportStatus

IMPORTS: web.AppKey[Imports] = web.AppKey("imports", Imports)

SHOWN = 50
CHUNK = 256 * 1024
_FILE_TYPES = frozenset({"application/octet-stream", "text/csv"})

log = structlog.get_logger(__name__)


async def send_file(request: web.Request) -> web.Response:
    """POST /api/v1/imports/files?name=…: a CSV file or workbook, as it is. At most 64 MiB."""
    if request.content_type not in _FILE_TYPES:
        detail = "the body is the file itself, as application/octet-stream or text/csv"
        raise RequestFailed(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_a_file", detail)
    if (request.content_length or 0) > LARGEST_FILE:
        raise _too_large()
    person = request[SESSION].person.person
    try:
        made = await request.app[SPOOL].take(
            request.content.iter_chunked(CHUNK), person=person, name=words_of(request, "name")
        )
    except TooLarge:
        raise _too_large() from None
    except TooMany:
        detail = "you are sending as many files as you may: wait until one is here"
        raise RequestFailed(HTTPStatus.TOO_MANY_REQUESTS, "too_many_files", detail, retry_after=10) from None
    except Stalled:
        raise RequestFailed(HTTPStatus.REQUEST_TIMEOUT, "stalled", "nothing more came of the file") from None
    return auth.answer(SpooledFile(file=made.file, name=made.name, size=made.size), HTTPStatus.CREATED)


async def discard_file(request: web.Request) -> web.Response:
    """DELETE /api/v1/imports/files/{file}: it is not wanted any more."""
    request.app[SPOOL].remove(_spooled(request, request.match_info["file"]).file)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def preview(request: web.Request) -> web.Response:
    """POST /api/v1/imports/files/{file}/preview: what the file looks like, and what would become of its first rows."""
    body = await read_body(request, PreviewWanted)
    found = _spooled(request, request.match_info["file"])
    outcome = await request.app[IMPORTS].preview(found.path, body.plan, reader_of(request))
    if isinstance(outcome, FileRefused):
        raise RequestFailed(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"file_{outcome.code}", outcome.text.en, words=outcome.text
        )
    return auth.answer(outcome)


async def start(request: web.Request) -> web.Response:
    """POST /api/v1/imports: take a file in, in the background."""
    body = await read_body(request, StartImport)
    found = _spooled(request, body.file)
    request.app[SPOOL].hand_over(found.file)  # before anything is waited for: it is taken in once, and not discarded
    try:
        status = await request.app[IMPORTS].start(found.path, body.plan, reader_of(request), name=found.name)
    except RecordsFailed:
        request.app[SPOOL].take_back(found)
        raise
    log.info("import begun", id=status.id, by=found.person, bytes=found.size)
    return auth.answer(status, HTTPStatus.ACCEPTED)


async def list_imports(request: web.Request) -> web.Response:
    """GET /api/v1/imports: the newest 50, everybody's."""
    found = await request.app[IMPORTS].imports(limit=SHOWN)
    return auth.answer(ImportList(items=tuple(found)))


async def status(request: web.Request) -> web.Response:
    """GET /api/v1/imports/{import}: how far it is."""
    return auth.answer(await _import(request))


async def cancel(request: web.Request) -> web.Response:
    """POST /api/v1/imports/{import}/cancel: stop it; what was taken in stays."""
    if not await request.app[IMPORTS].cancel(request.match_info["import"]):
        raise RequestFailed(HTTPStatus.CONFLICT, "import_not_running", "this import does not run")
    return auth.answer(await _import(request))


async def undo(request: web.Request) -> web.Response:
    """POST /api/v1/imports/{import}/undo: take it all out again; what was changed since stays as it is."""
    begun = await request.app[IMPORTS].undo(request.match_info["import"], reader_of(request))
    if begun is None:
        raise RequestFailed(HTTPStatus.CONFLICT, "import_not_undoable", "it runs, was undone already, or is not there")
    log.info("undo of an import begun", id=begun.id, by=reader_of(request).person)
    return auth.answer(begun, HTTPStatus.ACCEPTED)


async def refused(request: web.Request) -> web.Response:
    """GET /api/v1/imports/{import}/refused: the rows that were not taken in, by line."""
    cursor, limit = page_of(request)
    import_id = (await _import(request)).id
    found = await request.app[IMPORTS].refused(import_id, reader_of(request), cursor=cursor, limit=limit)
    return auth.answer(found)


async def report(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/imports/{import}/refused.csv: the same, as a file to correct and send again."""
    import_id, reader, imports = request.match_info["import"], reader_of(request), request.app[IMPORTS]
    part = await imports.report(import_id, reader, cursor=None)
    if part is None:
        raise not_found("import")
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="refused-{import_id}.csv"',
        }
    )
    await response.prepare(request)
    while part is not None:
        await response.write(part.text.encode())
        part = await imports.report(import_id, reader, cursor=part.cursor) if part.cursor else None
    await response.write_eof()
    return response


# -- within ---------------------------------------------------------------------------------------------------------


async def _import(request: web.Request) -> ImportStatus:
    found = await request.app[IMPORTS].status(request.match_info["import"])
    if found is None:
        raise not_found("import")
    return found


def _spooled(request: web.Request, file: str) -> Spooled:
    found = request.app[SPOOL].find(file, request[SESSION].person.person)
    if found is None:
        raise RequestFailed(HTTPStatus.NOT_FOUND, "unknown_file", "the file is not here any more: send it again")
    return found


def _too_large() -> RequestFailed:
    megabytes = LARGEST_FILE // (1024 * 1024)
    return RequestFailed(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "file_too_large", f"a file has at most {megabytes} MiB: send it in parts"
    )
