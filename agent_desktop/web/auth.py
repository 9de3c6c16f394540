"""Signing in and out, who am I, and changing a password.

A session is 256 random bits in a cookie that scripts cannot read and foreign pages cannot send (RFC 6265bis:
`__Host-`, Secure, HttpOnly, SameSite=Strict); the records keep only its hash. Every sign-in makes a new one.
"""

from __future__ import annotations

import re
from http import HTTPStatus

import structlog
from aiohttp import web

from agent_desktop.web.bodies import ChangePassword, Me, SessionLine, SessionList, SignIn
from agent_desktop.web.defences import SITE
from agent_desktop.web.guessing import GUESSES
from agent_desktop.web.permissions import ACCOUNTS, SESSION, SESSION_COOKIE, UTC_CLOCK, live_session
from agent_desktop.web.problem import RequestFailed, read_body
from agent_desktop.web.sessions import SESSIONS
from callcenter.api.records import Person
from callcenter.api.shapes import Message

log = structlog.get_logger(__name__)

PERSON = re.compile(r"[a-z][a-z0-9_-]{0,39}")


async def sign_in(request: web.Request) -> web.Response:
    """POST /api/v1/session: open a session. A wrong name and a wrong password are answered alike."""
    body = await read_body(request, SignIn)
    person = await _verified(request, body.person.strip().lower(), body.password)  # phones capitalise names
    older = await live_session(request)
    if older is not None:
        await request.app[ACCOUNTS].close_session(older.session)
        request.app[SESSIONS].ended(older.session)
    log.info("signed in", person=person.person, role=person.role, address=request.remote)
    return await _with_new_session(request, person)


async def sign_out(request: web.Request) -> web.Response:
    """DELETE /api/v1/session: end this session, and every connection that stands on it."""
    session = request[SESSION]
    await request.app[ACCOUNTS].close_session(session.session)
    request.app[SESSIONS].ended(session.session)
    log.info("signed out", person=session.person.person)
    response = web.Response(status=HTTPStatus.NO_CONTENT)
    _put_cookie(request, response, "", max_age=0)
    return response


async def me(request: web.Request) -> web.Response:
    """GET /api/v1/me: who is signed in."""
    return answer(_me(request[SESSION].person))


SHORTEST_TELLING_NAME = 4  # shorter ones ("bo") stand in ordinary words


async def change_password(request: web.Request) -> web.Response:
    """PUT /api/v1/me/password: the current one is asked again; every session ends, this browser gets a new one."""
    body = await read_body(request, ChangePassword)
    session = request[SESSION]
    name = session.person.person
    await _verified(request, name, body.current)
    if body.new == body.current or (len(name) >= SHORTEST_TELLING_NAME and name in body.new.lower()):
        raise RequestFailed(
            HTTPStatus.UNPROCESSABLE_ENTITY, "weak_password", "the new password must be another, without the name in it"
        )
    accounts = request.app[ACCOUNTS]
    await accounts.set_password(name, body.new)
    await accounts.close_session(session.session)
    request.app[SESSIONS].ended_all_of(name, but="")
    log.info("password changed", person=name)
    person = await accounts.verify(name, body.new)
    if person is None:  # disabled meanwhile
        raise RequestFailed(HTTPStatus.UNAUTHORIZED, "not_signed_in", "there is no live session: sign in")
    return await _with_new_session(request, person)


async def list_sessions(request: web.Request) -> web.Response:
    """GET /api/v1/sessions: everybody who is signed in, for administrators."""
    own = request[SESSION].session
    records = await request.app[ACCOUNTS].sessions()
    lines = tuple(
        SessionLine(
            session=record.session,
            person=record.person.person,
            name=record.person.name,
            role=record.person.role,
            created_at=int(record.created_at.timestamp() * 1000),
            last_seen_at=int(record.last_seen_at.timestamp() * 1000),
            current=record.session == own,
        )
        for record in records
    )
    return answer(SessionList(items=lines))


async def end_session(request: web.Request) -> web.Response:
    """DELETE /api/v1/sessions/{session}: sign somebody out. Ending one that has ended is no error."""
    session = request.match_info["session"]
    await request.app[ACCOUNTS].close_session(session)
    request.app[SESSIONS].ended(session)
    log.info("session ended by administrator", session=session, by=request[SESSION].person.person)
    return web.Response(status=HTTPStatus.NO_CONTENT)


def answer(body: Message, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Return a JSON answer."""
    return web.Response(status=status, text=body.model_dump_json(), content_type="application/json")


# -- helpers -----------------------------------------------------------------------------------------------------


async def _verified(request: web.Request, name: str, password: str) -> Person:
    """Return who proved to be `name`. Raises `RequestFailed`: 429 before anything is evaluated, or 401."""
    guesses = request.app[GUESSES]
    address = request.remote or ""
    await guesses.admit(name, address)
    # A name that no account can have need not look like an unknown one in time: it tells nothing about accounts.
    person = await request.app[ACCOUNTS].verify(name, password) if PERSON.fullmatch(name) else None
    if person is None:
        await guesses.failed(address)
        log.warning("sign-in refused", address=address)
        raise RequestFailed(HTTPStatus.UNAUTHORIZED, "wrong_credentials", "unknown name or wrong password")
    await guesses.succeeded(name)
    return person


async def _with_new_session(request: web.Request, person: Person) -> web.Response:
    secret = await request.app[ACCOUNTS].open_session(person.person, request.app[UTC_CLOCK]())
    response = answer(_me(person))
    _put_cookie(request, response, secret)
    return response


def _put_cookie(request: web.Request, response: web.Response, secret: str, max_age: int | None = None) -> None:
    response.set_cookie(
        request.app[SESSION_COOKIE],
        secret,
        path="/",
        max_age=max_age,
        httponly=True,
        samesite="Strict",
        secure=request.app[SITE].trustworthy,
    )


def _me(person: Person) -> Me:
    return Me(
        person=person.person,
        name=person.name,
        role=person.role,
        agent=person.agent,
        language=person.language,
        must_change_password=person.must_change_password,
    )
