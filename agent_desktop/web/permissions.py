"""Who may do what: each route and each socket command declares it; what is not declared does not start.

The check sits in one middleware in front of every handler, and reads the declaration of the matched route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Protocol, get_args

from aiohttp import web
from aiohttp.typedefs import Handler

from agent_desktop.live import frames
from agent_desktop.web.problem import RequestFailed
from callcenter.api.records import Accounts, Role, SessionRecord

# -- what can be declared ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Which roles may; `roles` none: everybody, signed in or not."""

    roles: frozenset[Role] | None
    with_initial_password: bool = False  # also before the password of the first sign-in was changed


PUBLIC = Permission(roles=None, with_initial_password=True)
SELF = Permission(roles=frozenset(Role), with_initial_password=True)
SIGNED_IN = Permission(roles=frozenset(Role))
AGENT = Permission(roles=frozenset({Role.AGENT}))
FLOOR = Permission(
    roles=frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
)  # who looks at the live board, and acts there
CUSTOMERS = Permission(roles=frozenset({Role.AGENT, Role.SUPERVISOR}))
CUSTOMER_RECORDS = Permission(roles=frozenset(Role))  # who finds and keeps customers' records
CUSTOMER_FILES = Permission(roles=frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}))  # many customers at once
CUSTOMER_PRIVACY = Permission(roles=frozenset({Role.ADMINISTRATOR}))  # all of one person: out, away, held
ADMINISTRATOR = Permission(roles=frozenset({Role.ADMINISTRATOR}))

RequestHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One line of the router's table."""

    method: str
    path: str
    handler: RequestHandler
    permission: Permission
    websocket: bool = False  # upgraded: the origin is checked as for a request that changes something


class PermissionMissing(Exception):
    """Something can be reached for which nobody has said who may."""


# -- routes ------------------------------------------------------------------------------------------------------


class UtcClock(Protocol):
    """The present moment."""

    def __call__(self) -> datetime:
        """Return it, aware, in UTC."""
        ...


ENDPOINTS: web.AppKey[dict[web.AbstractRoute, Endpoint]] = web.AppKey("endpoints", dict)
ACCOUNTS: web.AppKey[Accounts] = web.AppKey("accounts", Accounts)
UTC_CLOCK: web.AppKey[UtcClock] = web.AppKey("utc_clock", UtcClock)
SESSION_COOKIE = web.AppKey("session_cookie", str)
SESSION: web.RequestKey[SessionRecord] = web.RequestKey("session", SessionRecord)

LONGEST_SECRET = 200


def add_endpoints(app: web.Application, endpoints: tuple[Endpoint, ...]) -> None:
    """Put the table into the router."""
    declared = app[ENDPOINTS] = {}
    for endpoint in endpoints:
        declared[app.router.add_route(endpoint.method, endpoint.path, endpoint.handler)] = endpoint


def check_declared(app: web.Application) -> None:
    """Raise `PermissionMissing` if a route of the router or a command of the socket has no declared permission."""
    for route in app.router.routes():
        if route not in app[ENDPOINTS]:
            raise PermissionMissing(f"no permission is declared for {route.method} {route.resource}")
    check_commands(COMMAND_PERMISSIONS)


def endpoint_of(request: web.Request) -> Endpoint | None:
    """Return the matched line of the table; none where nothing matched."""
    return request.app[ENDPOINTS].get(request.match_info.route)


def session_secret(request: web.Request) -> str:
    """Return what this request's cookie says, empty if it cannot be a secret. Nothing else can carry one."""
    secret = request.cookies.get(request.app[SESSION_COOKIE], "")
    plausible = len(secret) <= LONGEST_SECRET and secret.replace("-", "").replace("_", "").isalnum()
    return secret if plausible else ""


async def live_session(request: web.Request) -> SessionRecord | None:
    """Return the session of this request, if it lives."""
    secret = session_secret(request)
    return await request.app[ACCOUNTS].session(secret, request.app[UTC_CLOCK]()) if secret else None


@web.middleware
async def permissions(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through if its route's declaration allows it to this session; put the session on the request."""
    endpoint = endpoint_of(request)
    if endpoint is None or endpoint.permission.roles is None:  # nothing there, or public
        return await handler(request)
    session = await live_session(request)
    if session is None:
        raise RequestFailed(HTTPStatus.UNAUTHORIZED, "not_signed_in", "there is no live session: sign in")
    if session.person.role not in endpoint.permission.roles:
        raise RequestFailed(HTTPStatus.FORBIDDEN, "forbidden", "this role may not do that")
    if session.person.must_change_password and not endpoint.permission.with_initial_password:
        raise RequestFailed(
            HTTPStatus.FORBIDDEN, "password_change_required", "change the password of the first sign-in first"
        )
    request[SESSION] = session
    return await handler(request)


# -- commands of the desktops' WebSocket -------------------------------------------------------------------------

COMMAND_PERMISSIONS: Mapping[type, Permission] = {
    frames.SetStateCommand: AGENT,
    frames.SignOffCommand: AGENT,
    frames.SaveNoteCommand: AGENT,
    frames.CompleteContactCommand: AGENT,
    frames.ExtendWrapUpCommand: AGENT,
    frames.RejectCommand: AGENT,
    frames.HoldCommand: AGENT,
    frames.RetrieveCommand: AGENT,
    frames.ConsultCommand: AGENT,
    frames.AlternateCommand: AGENT,
    frames.ReconnectCommand: AGENT,
    frames.TransferCommand: AGENT,
    frames.ConferenceCommand: AGENT,
    frames.TransferToCommand: AGENT,
    frames.ClearCommand: AGENT,
    frames.DigitsCommand: AGENT,
    frames.MakeCallCommand: AGENT,
    frames.ReportQualityCommand: AGENT,
    frames.SearchDirectoryCommand: AGENT,
    frames.ForceStateCommand: FLOOR,
    frames.ClearContactCommand: FLOOR,
    frames.DropPromiseCommand: FLOOR,
    frames.ExplainCommand: FLOOR,
    frames.SnapshotCommand: SIGNED_IN,
    frames.AliveCommand: SIGNED_IN,
}


def check_commands(declared: Mapping[type, Permission]) -> None:
    """Raise `PermissionMissing` if a command has no declared permission, or a public one."""
    for command in get_args(frames.Command):
        permission = declared.get(command)
        if permission is None or permission.roles is None:
            raise PermissionMissing(f"no permission is declared for the command {command.__name__}")


def may(role: Role, command: frames.Command) -> bool:
    """Tell whether a person of this role may give this command."""
    roles = COMMAND_PERMISSIONS[type(command)].roles
    return roles is not None and role in roles
