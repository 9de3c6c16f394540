"""Errors as RFC 9457 problems: every request that fails is answered by one of these, whatever went wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from agent_desktop.web.bodies import Body, InvalidField, Problem
from callcenter.api.customers import EditConflict, FieldProblem
from callcenter.api.records import RecordsFailed
from callcenter.api.shapes import Words

log = structlog.get_logger(__name__)

B = TypeVar("B", bound=Body)

_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "not_json",
    426: "upgrade_required",
}


RECORDS_RETRY_S = 5


class RequestFailed(Exception):
    """A request that is answered with a problem: status, stable code, English for whoever reads the log."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        retry_after: int | None = None,
        errors: tuple[InvalidField, ...] = (),
        words: Words | None = None,
        problems: tuple[FieldProblem, ...] = (),
        conflict: EditConflict | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            title=status.phrase,
            status=status,
            code=code,
            detail=detail,
            retry_after=retry_after,
            errors=errors,
            words=words,
            problems=problems,
            conflict=conflict,
        )


async def read_body(request: web.Request, model: type[B]) -> B:
    """Return the checked body. Raises `RequestFailed` with what is wrong with which field, never with its value."""
    if request.content_type != "application/json":
        raise RequestFailed(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", "the body must be application/json")
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        errors = tuple(
            InvalidField(field=".".join(str(part) for part in line["loc"])[:200], message=line["msg"][:500])
            for line in error.errors(include_input=False, include_context=False, include_url=False)
        )
        raise RequestFailed(
            HTTPStatus.BAD_REQUEST, "invalid_body", "the body is not what this address takes", errors=errors
        ) from error


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every failure with a problem. This is the bulkhead of one HTTP request."""
    try:
        return await handler(request)
    except RequestFailed as failed:
        return _answer(failed.problem)
    except RecordsFailed as failed:
        log.warning("records failed", method=request.method, route=_route(request), why=str(failed))
        status = HTTPStatus.SERVICE_UNAVAILABLE
        problem = Problem(
            title=status.phrase,
            status=status,
            code="records_away",
            detail="the records cannot be reached now",
            retry_after=RECORDS_RETRY_S,
        )
        return _answer(problem)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        status = HTTPStatus(error.status)
        problem = Problem(
            title=status.phrase, status=status, code=_CODES.get(status, "refused"), detail=status.description
        )
        answer = _answer(problem)
        if isinstance(error, web.HTTPMethodNotAllowed):
            answer.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return answer
    except Exception:  # bulkhead: one request must not take the server with it
        log.exception("request failed", method=request.method, route=_route(request))
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return _answer(Problem(title=status.phrase, status=status, code="internal", detail="see the server's log"))


def _route(request: web.Request) -> str | None:
    """Return which address was asked for, without what stands for somebody in it."""
    route = request.match_info.route.resource
    return route.canonical if route else None


def _answer(problem: Problem) -> web.Response:
    absent = {name for name, value in problem if value is None}
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    return web.Response(
        status=problem.status,
        text=problem.model_dump_json(exclude=absent),
        content_type="application/problem+json",
        headers=headers,
    )
