"""Who may do what, read from the real router and the real union of commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

import pytest
from aiohttp import WSServerHandshakeError, web

from agent_desktop.live import frames
from agent_desktop.web.permissions import (
    AGENT,
    COMMAND_PERMISSIONS,
    ENDPOINTS,
    PUBLIC,
    Endpoint,
    Permission,
    PermissionMissing,
    check_commands,
    check_declared,
)
from agent_desktop.web.routes import ROUTES
from callcenter.api.records import Role
from tests.support.desktop_server import Browser, DesktopServer

ANSWERED = "answered"
VISITORS = ("anonymous", "agent", "supervisor", "administrator", "expired", "newcomer")
PEOPLE = {"agent": "anna", "supervisor": "sue", "administrator": "adam", "expired": "adam", "newcomer": "newcomer"}

KEEPERS = frozenset({"agent", "supervisor", "administrator"})  # of customers' records
FILES = frozenset({"supervisor", "administrator"})  # of many customers at once

# Written out by hand: a change of who may do what must be made twice, here and in the router's table.
EXPECTED: Mapping[str, frozenset[str]] = {
    "GET /healthz": frozenset(VISITORS),
    "POST /api/v1/session": frozenset(VISITORS),
    "DELETE /api/v1/session": frozenset({"agent", "supervisor", "administrator", "newcomer"}),
    "GET /api/v1/me": frozenset({"agent", "supervisor", "administrator", "newcomer"}),
    "PUT /api/v1/me/password": frozenset({"agent", "supervisor", "administrator", "newcomer"}),
    "GET /api/v1/voicemails": frozenset({"agent", "supervisor"}),
    "GET /api/v1/voicemails/{voicemail}/audio": frozenset({"agent", "supervisor"}),
    "POST /api/v1/voicemails/{voicemail}/handled": frozenset({"agent", "supervisor"}),
    "GET /api/v1/sessions": frozenset({"administrator"}),
    "DELETE /api/v1/sessions/{session}": frozenset({"administrator"}),
    "GET /api/v1/customers/{customer}/card": frozenset({"agent", "supervisor"}),
    "GET /api/v1/customers": KEEPERS,
    "POST /api/v1/customers": KEEPERS,
    "GET /api/v1/customers/plan": KEEPERS,
    "GET /api/v1/customers/{customer}": KEEPERS,
    "PATCH /api/v1/customers/{customer}": KEEPERS,
    "GET /api/v1/customers/{customer}/changes": KEEPERS,
    "POST /api/v1/customers/{customer}/relations": KEEPERS,
    "DELETE /api/v1/relations/{relation}": KEEPERS,
    "GET /api/v1/customers/{customer}/duplicates": KEEPERS,
    "POST /api/v1/customers/{customer}/apart": KEEPERS,
    "GET /api/v1/customers/{customer}/merge_preview": KEEPERS,
    "POST /api/v1/customers/{customer}/merges": KEEPERS,
    "DELETE /api/v1/merges/{merge}": KEEPERS,
    "GET /api/v1/duplicates": KEEPERS,
    "GET /api/v1/customers/{customer}/timeline": KEEPERS,
    "GET /api/v1/interactions": KEEPERS,
    "GET /api/v1/interactions/{interaction}": KEEPERS,
    "POST /api/v1/interactions/{interaction}/notes": KEEPERS,
    "PUT /api/v1/interactions/{interaction}/customer": KEEPERS,
    "GET /api/v1/customers/{customer}/dealings": KEEPERS,
    "PUT /api/v1/dealings/{dealing}/state": KEEPERS,
    "POST /api/v1/imports/files": FILES,
    "DELETE /api/v1/imports/files/{file}": FILES,
    "POST /api/v1/imports/files/{file}/preview": FILES,
    "GET /api/v1/imports": FILES,
    "POST /api/v1/imports": FILES,
    "GET /api/v1/imports/{import}": FILES,
    "POST /api/v1/imports/{import}/cancel": FILES,
    "POST /api/v1/imports/{import}/undo": FILES,
    "GET /api/v1/imports/{import}/refused": FILES,
    "GET /api/v1/imports/{import}/refused.csv": FILES,
    "GET /api/v1/exports": FILES,
    "POST /api/v1/exports": FILES,
    "GET /api/v1/exports/{export}/file": FILES,
    "DELETE /api/v1/exports/{export}": FILES,
    "GET /api/v1/customers/{customer}/person": frozenset({"administrator"}),
    "PUT /api/v1/customers/{customer}/hold": frozenset({"administrator"}),
    "DELETE /api/v1/customers/{customer}/hold": frozenset({"administrator"}),
    "POST /api/v1/customers/{customer}/erasure": frozenset({"administrator"}),
    "GET /api/v1/labels": frozenset({"agent", "supervisor", "administrator"}),
    "GET /api/v1/softphone": frozenset({"agent"}),
    "GET /ws/desktop": frozenset({"agent", "supervisor", "administrator"}),
    "GET /ws/sip": frozenset({"agent"}),
    "GET /": frozenset(VISITORS),
    "GET /sign-in": frozenset(VISITORS),
    "GET /desktop": frozenset(VISITORS),
    "GET /supervisor": frozenset(VISITORS),
    "GET /administration": frozenset(VISITORS),
    "GET /customers": frozenset(VISITORS),
    "GET /customers/{customer}": frozenset(VISITORS),
    "GET /contacts": frozenset(VISITORS),
    "GET /duplicates": frozenset(VISITORS),
    "GET /imports": frozenset(VISITORS),
    "GET /exports": frozenset(VISITORS),
    "GET /assets/{name}": frozenset(VISITORS),
    "GET /{name}": frozenset(VISITORS),
}


def route_name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {re.sub(r':[^{}]*({[^{}]*})?[^{}]*}', '}', endpoint.path)}"


async def visitor(server: DesktopServer, kind: str) -> Browser:
    if kind == "anonymous":
        return server.browser()
    browser = await server.signed_in(PEOPLE[kind])
    if kind == "expired":
        server.clock.advance(17 * 3600)
    return browser


async def outcome(browser: Browser, endpoint: Endpoint) -> tuple[int, str]:
    """Return the status and the code of a request for this route."""
    path = re.sub(r"{(\w+)[^/]*}", "nobody", endpoint.path)
    if endpoint.websocket:
        try:
            async with browser.socket(path):
                return 101, ANSWERED
        except WSServerHandshakeError as error:
            return error.status, ""
    body: object = None if endpoint.method in ("GET", "HEAD", "DELETE") else {}
    answer = await browser.request(endpoint.method, path, body)
    problem = "problem+json" in answer.headers.get("Content-Type", "") and answer.text
    return answer.status, answer.json["code"] if problem else ANSWERED


def test_every_route_is_in_the_matrix_and_nothing_else() -> None:
    declared = {route_name(endpoint) for endpoint in ROUTES if endpoint.method != "HEAD"}
    assert declared == set(EXPECTED)


@pytest.mark.parametrize("kind", VISITORS)
async def test_role_matrix(server: DesktopServer, kind: str) -> None:
    """Each route by this visitor, each time newly arrived: some routes end the session they are asked with."""
    wrong = []
    for endpoint in ROUTES:
        name = route_name(endpoint).replace("HEAD ", "GET ")
        status, code = await outcome(await visitor(server, kind), endpoint)
        if kind in EXPECTED[name]:
            right = status not in (401, 403)
        elif kind in ("anonymous", "expired"):
            right = status == 401
        else:
            right = status == 403
            if kind == "newcomer" and not endpoint.websocket and "agent" in EXPECTED[name]:
                right = code == "password_change_required"
        if not right:
            wrong.append((name, status, code))
    assert wrong == []


async def test_route_without_declaration_does_not_start(server: DesktopServer) -> None:
    async def hidden(_: web.Request) -> web.Response:
        return web.Response(text="hidden")

    app = web.Application()
    app[ENDPOINTS] = {}
    app.router.add_get("/hidden", hidden)
    with pytest.raises(PermissionMissing, match="/hidden"):
        check_declared(app)


def test_every_command_declares_who_may_give_it() -> None:
    assert set(COMMAND_PERMISSIONS) == set(get_args(frames.Command))


@pytest.mark.parametrize("command", get_args(frames.Command))
@pytest.mark.parametrize("instead", [None, PUBLIC])
def test_command_without_declaration_does_not_start(command: type, instead: Permission | None) -> None:
    declared = {other: permission for other, permission in COMMAND_PERMISSIONS.items() if other is not command}
    if instead is not None:
        declared[command] = instead
    with pytest.raises(PermissionMissing, match=command.__name__):
        check_commands(declared)


async def test_role_is_read_anew_for_every_request(server: DesktopServer) -> None:
    browser = await server.signed_in("adam")
    assert (await browser.request("GET", "/api/v1/sessions")).status == 200
    server.accounts.change("adam", role=Role.SUPERVISOR)
    assert (await browser.request("GET", "/api/v1/sessions")).status == 403


def test_agents_permission_is_for_agents_alone() -> None:
    assert AGENT.roles == frozenset({Role.AGENT})


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Basic YWRhbTphZGFt"},
        {"Authorization": "Basic JywnJyxzbGVlcCg2KSk7Izp4"},  # ','',sleep(6));#:x  (VICIdial, CVE-2024-8503)
        {"Authorization": "Bearer anything"},  # FreePBX, CVE-2025-66039
        {"X-Remote-User": "adam"},
        {"X-Forwarded-User": "adam"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Original-URL": "/healthz"},
        {"X-HTTP-Method-Override": "GET"},
        {"Cookie": "__Host-callcenter="},
        {"Cookie": "__Host-callcenter=../../x"},
        {"Cookie": "__Host-callcenter=' OR 1=1--"},
        {"Cookie": "__Host-callcenter=" + "A" * 4000},
    ],
)
async def test_no_header_opens_a_route(server: DesktopServer, header: dict[str, str]) -> None:
    for endpoint in ROUTES:
        if endpoint.permission.roles is None:
            continue
        path = re.sub(r"{(\w+)[^/]*}", "nobody", endpoint.path)
        body: object = None if endpoint.method in ("GET", "DELETE") else {}
        answer = await server.browser().request(endpoint.method, path, body, **header)
        assert answer.status == 401, endpoint.path
