"""The router's table: every address of this server, and who may use it."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from agent_desktop.web import auth, pages, softphone, voicemail
from agent_desktop.web.customer_routes import CUSTOMER_ROUTES, ID
from agent_desktop.web.permissions import (
    ADMINISTRATOR,
    AGENT,
    CUSTOMERS,
    PUBLIC,
    SELF,
    SIGNED_IN,
    Endpoint,
)
from agent_desktop.web.problem import RequestFailed
from agent_desktop.web.websocket import desktop_socket
from agent_desktop.web.words import WORDS
from callcenter.api.records import Records

RECORDS: web.AppKey[Records] = web.AppKey("records", Records)


async def health(_: web.Request) -> web.Response:
    """GET /healthz: this process answers. It stays well without the CTI server: the pages say what is missing."""
    return web.Response(text="ok\n")


async def card(request: web.Request) -> web.Response:
    """GET /api/v1/customers/{customer}/card: what a pop shows of a customer, as of now."""
    found = await request.app[RECORDS].customer(request.match_info["customer"])
    if found is None:
        raise RequestFailed(HTTPStatus.NOT_FOUND, "not_found", "there is no such customer")
    return auth.answer(found)


async def labels(request: web.Request) -> web.Response:
    """GET /api/v1/labels: what people read for the configured names, in every language."""
    return auth.answer(request.app[WORDS].present)


ROUTES: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path="/healthz", handler=health, permission=PUBLIC),
    # signing in
    Endpoint(method="POST", path="/api/v1/session", handler=auth.sign_in, permission=PUBLIC),
    Endpoint(method="DELETE", path="/api/v1/session", handler=auth.sign_out, permission=SELF),
    Endpoint(method="GET", path="/api/v1/me", handler=auth.me, permission=SELF),
    Endpoint(method="PUT", path="/api/v1/me/password", handler=auth.change_password, permission=SELF),
    Endpoint(method="GET", path="/api/v1/sessions", handler=auth.list_sessions, permission=ADMINISTRATOR),
    Endpoint(
        method="DELETE",
        path=f"/api/v1/sessions/{{session:{ID}}}",
        handler=auth.end_session,
        permission=ADMINISTRATOR,
    ),
    # work
    Endpoint(method="GET", path="/api/v1/labels", handler=labels, permission=SIGNED_IN),
    Endpoint(
        method="GET",
        path=f"/api/v1/customers/{{customer:{ID}}}/card",
        handler=card,
        permission=CUSTOMERS,
    ),
    *CUSTOMER_ROUTES,
    Endpoint(method="GET", path="/api/v1/voicemails", handler=voicemail.list_voicemails, permission=CUSTOMERS),
    Endpoint(
        method="GET",
        path=f"/api/v1/voicemails/{{voicemail:{ID}}}/audio",
        handler=voicemail.voicemail_audio,
        permission=CUSTOMERS,
    ),
    Endpoint(
        method="POST",
        path=f"/api/v1/voicemails/{{voicemail:{ID}}}/handled",
        handler=voicemail.handle_voicemail,
        permission=CUSTOMERS,
    ),
    Endpoint(method="GET", path="/api/v1/softphone", handler=softphone.credentials, permission=AGENT),
    Endpoint(method="GET", path="/ws/desktop", handler=desktop_socket, permission=SIGNED_IN, websocket=True),
    Endpoint(method="GET", path="/ws/sip", handler=softphone.sip_socket, permission=AGENT, websocket=True),
    # the front end
    *(
        Endpoint(method=method, path=path, handler=handler, permission=PUBLIC)
        for path, handler in (
            *((path, pages.page) for path in pages.PAGES),
            ("/assets/{name}", pages.asset),
            ("/{name}", pages.root_file),
        )
        for method in ("GET", "HEAD")
    ),
)
