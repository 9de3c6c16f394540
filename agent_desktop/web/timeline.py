"""What happened with customers, over HTTP: pages of a timeline, one interaction's story, notes; and their dealings."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from agent_desktop.web import auth
from agent_desktop.web.asking import DEALINGS, TIMELINE, invalid_query, not_found, page_of, reader_of
from agent_desktop.web.customer_bodies import AssignTo, NewNote, Settle
from agent_desktop.web.problem import read_body
from callcenter.api.card import DealingKind
from callcenter.api.timeline import TimelineFilter

KINDS = frozenset(kind.value for kind in DealingKind)


async def of_customer(request: web.Request) -> web.Response:
    """GET /api/v1/customers/{customer}/timeline?queue=…&text=…: interactions, newest first."""
    cursor, limit = page_of(request)
    wanted, customer = _filter(request), request.match_info["customer"]
    return auth.answer(await request.app[TIMELINE].of_customer(customer, wanted, cursor=cursor, limit=limit))


async def search(request: web.Request) -> web.Response:
    """GET /api/v1/interactions?text=…: interactions of all customers, newest first."""
    cursor, limit = page_of(request)
    return auth.answer(await request.app[TIMELINE].search(_filter(request), cursor=cursor, limit=limit))


async def interaction(request: web.Request) -> web.Response:
    """GET /api/v1/interactions/{interaction}: one interaction with its whole story."""
    found = await request.app[TIMELINE].interaction(request.match_info["interaction"])
    if found is None:
        raise not_found("interaction")
    return auth.answer(found)


async def annotate(request: web.Request) -> web.Response:
    """POST /api/v1/interactions/{interaction}/notes: complete the note of an interaction that is over."""
    body = await read_body(request, NewNote)
    if not body.text.strip():
        raise invalid_query("a note has words")
    found = await request.app[TIMELINE].annotate(request.match_info["interaction"], body.text, reader_of(request))
    if found is None:
        raise not_found("interaction")
    return auth.answer(found, HTTPStatus.CREATED)


async def assign(request: web.Request) -> web.Response:
    """PUT /api/v1/interactions/{interaction}/customer: say whose it was."""
    body = await read_body(request, AssignTo)
    if not await request.app[TIMELINE].assign(request.match_info["interaction"], body.customer, reader_of(request)):
        raise not_found("interaction")
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def dealings(request: web.Request) -> web.Response:
    """GET /api/v1/customers/{customer}/dealings?kind=…: orders, contracts, promises …; open ones first."""
    cursor, limit = page_of(request)
    kind = request.query.get("kind")
    if kind is not None and kind not in KINDS:
        raise invalid_query(f"kind is one of {', '.join(sorted(KINDS))}")
    wanted, customer = DealingKind(kind) if kind else None, request.match_info["customer"]
    return auth.answer(await request.app[DEALINGS].dealings(customer, wanted, cursor=cursor, limit=limit))


async def settle(request: web.Request) -> web.Response:
    """PUT /api/v1/dealings/{dealing}/state: a promise is kept, a complaint resolved."""
    body = await read_body(request, Settle)
    found = await request.app[DEALINGS].settle(request.match_info["dealing"], body.state, reader_of(request))
    if found is None:
        raise not_found("dealing")
    return auth.answer(found)


def _filter(request: web.Request) -> TimelineFilter:
    """Return what of a timeline is wanted. Raises `RequestFailed` with the parameter that is wrong."""
    given: dict[str, Any] = {name: request.query[name] for name in TimelineFilter.model_fields if name in request.query}
    try:
        return TimelineFilter.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        wrong = sorted({str(line["loc"][0]) for line in error.errors(include_input=False, include_context=False)})
        raise invalid_query(f"not what it should be: {', '.join(wrong)}") from error
