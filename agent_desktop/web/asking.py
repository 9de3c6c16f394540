"""What the addresses about customers have in common: who asks, which page of a list, what is answered."""

from __future__ import annotations

import re
from http import HTTPStatus

from aiohttp import web

from agent_desktop.web.permissions import SESSION
from agent_desktop.web.problem import RequestFailed
from callcenter.api.customer_records import CustomerMaster, Dealings, Timeline
from callcenter.api.records import Reader

CUSTOMER_MASTER: web.AppKey[CustomerMaster] = web.AppKey("customer_master", CustomerMaster)
TIMELINE: web.AppKey[Timeline] = web.AppKey("timeline", Timeline)
DEALINGS: web.AppKey[Dealings] = web.AppKey("dealings", Dealings)

PAGE_SIZE = 20
LARGEST_PAGE = 100
LONGEST_CURSOR = 400
LONGEST_WORDS = 200
_SIZE = re.compile(r"[1-9][0-9]{0,2}")


def reader_of(request: web.Request) -> Reader:
    """Return who asks: it decides what he may see, and stands in the history of what he changes."""
    person = request[SESSION].person
    return Reader(person=person.person, role=person.role)


def page_of(request: web.Request) -> tuple[str | None, int]:
    """Return ?cursor=… and ?limit=… (1 to 100). Raises `RequestFailed`."""
    cursor = request.query.get("cursor")
    limit = request.query.get("limit", str(PAGE_SIZE))
    if len(cursor or "") > LONGEST_CURSOR or not _SIZE.fullmatch(limit) or int(limit) > LARGEST_PAGE:
        raise invalid_query("cursor is one that an answer gave, limit is 1 to 100")
    return cursor, int(limit)


def words_of(request: web.Request, name: str) -> str:
    """Return the text of a query's parameter, empty without one. Raises `RequestFailed` for a long one."""
    text = request.query.get(name, "")
    if len(text) > LONGEST_WORDS:
        raise invalid_query(f"{name} is at most {LONGEST_WORDS} characters long")
    return text


def invalid_query(detail: str) -> RequestFailed:
    """Return the refusal of a query."""
    return RequestFailed(HTTPStatus.BAD_REQUEST, "invalid_query", detail)


def not_found(what: str) -> RequestFailed:
    """Return the refusal of what does not exist: ``unknown_customer``."""
    return RequestFailed(HTTPStatus.NOT_FOUND, f"unknown_{what}", f"there is no such {what}")
