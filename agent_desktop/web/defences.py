"""What stands before every handler and on every answer: our own host names, our own origins, the security headers.

OWASP ASVS 5.0, V3 (browser) and V4 (WebSocket).
"""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from agent_desktop.config import Site
from agent_desktop.web.permissions import endpoint_of
from agent_desktop.web.problem import RequestFailed

SITE = web.AppKey("site", Site)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ANSWERED_TO_ANYBODY = frozenset({"/healthz"})  # probes come by address

_FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "microphone=(self), autoplay=(self), speaker-selection=(self), camera=(), display-capture=(), geolocation=(), "
        "payment=(), usb=(), serial=(), hid=(), midi=()"
    ),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'; connect-src 'self'"
)


@web.middleware
async def own_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests for a name that is not ours: a foreign page whose name was pointed to this machine."""
    if request.path not in ANSWERED_TO_ANYBODY and request.app[SITE].origin_of(request.headers.get("Host", "")) is None:
        raise RequestFailed(
            HTTPStatus.MISDIRECTED_REQUEST,
            "unknown_host",
            "this server does not go by that name: set desktop.public_url to the address people type",
        )
    return await handler(request)


@web.middleware
async def own_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what changes something, and every WebSocket, unless a page of our own asked for it.

    Browsers say where a request comes from and pages cannot change it (RFC 6454, 7); a request that does not say is
    refused too.
    """
    endpoint = endpoint_of(request)
    if request.method not in SAFE_METHODS or (endpoint is not None and endpoint.websocket):
        origins = request.headers.getall("Origin", [])
        ours = len(origins) == 1 and origins[0] == request.app[SITE].origin_of(request.headers.get("Host", ""))
        if not ours or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise RequestFailed(HTTPStatus.FORBIDDEN, "foreign_origin", "only our own pages may ask for this")
    return await handler(request)


async def secure_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on every answer, errors and upgrades included."""
    headers = response.headers
    headers.update(_FIXED_HEADERS)
    origin = request.app[SITE].origin_of(request.headers.get("Host", ""))
    # Named beside 'self', because not every browser lets 'self' include WebSockets.
    sockets = f" {origin.replace('http', 'ws', 1)}" if origin else ""
    headers["Content-Security-Policy"] = _POLICY + sockets
    if origin and origin.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers.setdefault("Cache-Control", "no-store")
    headers.popall("Server", None)
