"""One person, everywhere, over HTTP: all that is kept about him goes out, or away, or is held for the law."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from aiohttp import web

from agent_desktop.web import auth
from agent_desktop.web.asking import not_found, reader_of
from agent_desktop.web.customer_bodies import Erase, PutOnHold
from agent_desktop.web.problem import RequestFailed, read_body
from callcenter.api.customer_records import Privacy
from callcenter.api.transfer import EraseRefused, HoldWanted

PRIVACY: web.AppKey[Privacy] = web.AppKey("privacy", Privacy)

log = structlog.get_logger(__name__)


async def export(request: web.Request) -> web.Response:
    """GET /api/v1/customers/{customer}/person: everything that is kept about a customer, as a file (JSON)."""
    reader = reader_of(request)
    found = await request.app[PRIVACY].export(request.match_info["customer"], reader)
    if found is None:
        raise not_found("customer")
    log.info("person exported", by=reader.person)
    response = auth.answer(found)
    response.headers["Content-Disposition"] = 'attachment; filename="person.json"'
    return response


async def hold(request: web.Request) -> web.Response:
    """PUT /api/v1/customers/{customer}/hold: a legal hold; nothing of the customer may be erased."""
    body = await read_body(request, PutOnHold)
    await _hold(request, HoldWanted(reason=body.reason, until=body.until))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def lift(request: web.Request) -> web.Response:
    """DELETE /api/v1/customers/{customer}/hold: the hold is over."""
    await _hold(request, None)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def erase(request: web.Request) -> web.Response:
    """POST /api/v1/customers/{customer}/erasure: erase a customer from all stores; the answer is the proof.

    409 `erase_on_hold`, `erase_in_a_call`: nothing was erased.
    """
    body = await read_body(request, Erase)
    reader = reader_of(request)
    outcome = await request.app[PRIVACY].erase(request.match_info["customer"], reader, reason=body.reason)
    if isinstance(outcome, EraseRefused):
        status = HTTPStatus.NOT_FOUND if outcome.code == "unknown" else HTTPStatus.CONFLICT
        raise RequestFailed(status, f"erase_{outcome.code}", outcome.text.en, words=outcome.text)
    log.info("person erased", erasure=outcome.erasure, by=reader.person)
    return auth.answer(outcome)


async def _hold(request: web.Request, wanted: HoldWanted | None) -> None:
    reader = reader_of(request)
    if not await request.app[PRIVACY].hold(request.match_info["customer"], wanted, reader):
        raise not_found("customer")
    log.info("legal hold lifted" if wanted is None else "legal hold put", by=reader.person)
