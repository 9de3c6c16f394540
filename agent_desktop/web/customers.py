"""Customers' records over HTTP: found, read, changed, related, joined and taken apart."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from agent_desktop.web import auth
from agent_desktop.web.asking import CUSTOMER_MASTER, invalid_query, not_found, page_of, reader_of, words_of
from agent_desktop.web.customer_bodies import Apart, EditCustomer, MergeInto, NewCustomer, NewRelation
from agent_desktop.web.problem import RequestFailed, read_body
from callcenter.api.customers import (
    E164,
    CustomerRecord,
    Edit,
    EditConflict,
    EditOutcome,
    EditRefused,
    MergeRefused,
    MergeWanted,
)

log = structlog.get_logger(__name__)

_NUMBER = TypeAdapter(E164)
_ABSENT = frozenset({"unknown"})


# -- finding and reading --------------------------------------------------------------------------------------------


async def plan(request: web.Request) -> web.Response:
    """GET /api/v1/customers/plan: what the house has configured: custom fields, territories, hidden fields."""
    return auth.answer(await request.app[CUSTOMER_MASTER].plan())


async def find(request: web.Request) -> web.Response:
    """GET /api/v1/customers?find=…: by name, part of one, code, number or mail. ?number=+…: everybody who has it."""
    cursor, limit = page_of(request)
    master = request.app[CUSTOMER_MASTER]
    if "number" not in request.query:
        return auth.answer(await master.find(words_of(request, "find"), cursor=cursor, limit=limit))
    try:
        number = _NUMBER.validate_python(request.query["number"].replace(" ", ""))
    except ValidationError as error:
        raise invalid_query("number is one like +493012345678") from error
    return auth.answer(await master.having_number(number, cursor=cursor, limit=limit))


async def page(request: web.Request) -> web.Response:
    """GET /api/v1/customers/{customer}: everything the customer's page shows first; of a merged one, what it became."""
    found = await request.app[CUSTOMER_MASTER].page(request.match_info["customer"], reader_of(request))
    if found is None:
        raise not_found("customer")
    return auth.answer(found)


async def changes(request: web.Request) -> web.Response:
    """GET /api/v1/customers/{customer}/changes: who changed what, newest first."""
    cursor, limit = page_of(request)
    master = request.app[CUSTOMER_MASTER]
    customer = request.match_info["customer"]
    return auth.answer(await master.changes(customer, reader_of(request), cursor=cursor, limit=limit))


# -- changing -------------------------------------------------------------------------------------------------------


async def create(request: web.Request) -> web.Response:
    """POST /api/v1/customers: make a record."""
    body = await read_body(request, NewCustomer)
    outcome = await request.app[CUSTOMER_MASTER].create(body.fields, reader_of(request))
    record = _edited(outcome)
    log.info("customer created", by=reader_of(request).person)
    response = auth.answer(outcome, HTTPStatus.CREATED)
    response.headers["Location"] = f"/api/v1/customers/{record.customer}"
    return response


async def edit(request: web.Request) -> web.Response:
    """PATCH /api/v1/customers/{customer}: change fields.

    409 `edit_conflict` when somebody changed the same fields since that version: the problem has all three values, and
    nothing was changed. 422 `refused_values` says what is wrong with which value.
    """
    body = await read_body(request, EditCustomer)
    wanted = Edit(customer=request.match_info["customer"], version=body.version, changes=body.changes)
    outcome = await request.app[CUSTOMER_MASTER].edit(wanted, reader_of(request))
    if outcome is None:
        raise not_found("customer")
    _edited(outcome)
    return auth.answer(outcome)


def _edited(outcome: EditOutcome) -> CustomerRecord:
    """Return the record as it is after an edit that was made. Raises `RequestFailed` for one that was not."""
    match outcome:
        case EditConflict():
            detail = "somebody else changed these fields meanwhile; nothing was changed"
            raise RequestFailed(HTTPStatus.CONFLICT, "edit_conflict", detail, conflict=outcome)
        case EditRefused(problems=problems):
            detail = "some values cannot be stored; nothing was changed"
            raise RequestFailed(HTTPStatus.UNPROCESSABLE_ENTITY, "refused_values", detail, problems=problems)
        case _:
            return outcome.record


# -- relations ------------------------------------------------------------------------------------------------------


async def relate(request: web.Request) -> web.Response:
    """POST /api/v1/customers/{customer}/relations: say how two customers belong together."""
    body = await read_body(request, NewRelation)
    customer = request.match_info["customer"]
    relation = await request.app[CUSTOMER_MASTER].relate(customer, body.kind, body.other, reader_of(request))
    if relation is None:
        raise not_found("customer")
    return auth.answer(relation, HTTPStatus.CREATED)


async def unrelate(request: web.Request) -> web.Response:
    """DELETE /api/v1/relations/{relation}: take a relation back."""
    if not await request.app[CUSTOMER_MASTER].unrelate(request.match_info["relation"], reader_of(request)):
        raise not_found("relation")
    return web.Response(status=HTTPStatus.NO_CONTENT)


# -- duplicates -----------------------------------------------------------------------------------------------------


async def all_duplicates(request: web.Request) -> web.Response:
    """GET /api/v1/duplicates: pairs that may be one customer, the likeliest first."""
    cursor, limit = page_of(request)
    return auth.answer(await request.app[CUSTOMER_MASTER].duplicates(None, cursor=cursor, limit=limit))


async def duplicates(request: web.Request) -> web.Response:
    """GET /api/v1/customers/{customer}/duplicates: records that may be the same customer."""
    cursor, limit = page_of(request)
    customer = request.match_info["customer"]
    return auth.answer(await request.app[CUSTOMER_MASTER].duplicates(customer, cursor=cursor, limit=limit))


async def keep_apart(request: web.Request) -> web.Response:
    """POST /api/v1/customers/{customer}/apart: two are not the same; they are not suggested again."""
    body = await read_body(request, Apart)
    customer, reader, master = request.match_info["customer"], reader_of(request), request.app[CUSTOMER_MASTER]
    for one in (customer, body.other):
        if await master.record(one, reader) is None:
            raise not_found("customer")
    await master.keep_apart(customer, body.other, reader)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def merge_preview(request: web.Request) -> web.Response:
    """GET /api/v1/customers/{customer}/merge_preview?with=…: what a merge would make, and where the two differ."""
    other = words_of(request, "with")
    survivor, reader = request.match_info["customer"], reader_of(request)
    found = await request.app[CUSTOMER_MASTER].merge_preview(survivor, other, reader)
    if found is None:
        raise RequestFailed(
            HTTPStatus.CONFLICT, "cannot_be_merged", "one of the two is not there, was merged already, or is the other"
        )
    return auth.answer(found)


async def merge(request: web.Request) -> web.Response:
    """POST /api/v1/customers/{customer}/merges: make one customer of two, also while one of them is on the line.

    A call that goes on keeps the customer it was identified as, and is shown with the one that it has become.
    """
    body = await read_body(request, MergeInto)
    wanted = MergeWanted(
        survivor=request.match_info["customer"],
        survivor_version=body.version,
        merged=body.merged,
        merged_version=body.merged_version,
        takes=body.takes,
    )
    outcome = await request.app[CUSTOMER_MASTER].merge(wanted, reader_of(request))
    if isinstance(outcome, MergeRefused):
        raise _merge_refused(outcome)
    log.info("customers merged", merge=outcome.merge.merge, by=reader_of(request).person)
    return auth.answer(outcome, HTTPStatus.CREATED)


async def un_merge(request: web.Request) -> web.Response:
    """DELETE /api/v1/merges/{merge}: undo a merge."""
    merge_id = request.match_info["merge"]
    outcome = await request.app[CUSTOMER_MASTER].un_merge(merge_id, reader_of(request))
    if isinstance(outcome, MergeRefused):
        raise _merge_refused(outcome)
    log.info("merge undone", merge=merge_id, by=reader_of(request).person)
    return auth.answer(outcome)


def _merge_refused(refusal: MergeRefused) -> RequestFailed:
    status = HTTPStatus.NOT_FOUND if refusal.code in _ABSENT else HTTPStatus.CONFLICT
    return RequestFailed(status, f"merge_{refusal.code}", refusal.text.en, words=refusal.text)
