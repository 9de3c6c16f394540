"""Our own names, our own origins, the security headers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from aiohttp import WSServerHandshakeError

from agent_desktop.web.permissions import Endpoint
from agent_desktop.web.routes import ROUTES
from tests.agent_desktop.web.test_permissions import route_name
from tests.support.desktop_server import Browser, DesktopServer, desktop_server

CHANGING = [one for one in ROUTES if one.websocket or one.method not in ("GET", "HEAD")]


def foreign_origins(server: DesktopServer) -> list[str | None]:
    host = server.origin.removeprefix("http://")
    name, _, port = host.partition(":")
    return [
        None,
        "",
        "null",
        "https://evil.example",
        f"https://{host}",
        f"http://{name}",
        f"http://{name}:{int(port) + 1}",
        f"http://{host}.evil.example",
        f"http://evil.example/{host}",
        f"http://{host}@evil.example",
        f"http://evil.example#{host}",
        f"http://{host}/",
        f"HTTP://{host}",
        f"http://{host} http://evil.example",
        f"http://{host}, http://evil.example",
        f"http://localhost:{port}",  # ours, but not the host that was asked
        f"http://127.0.0.1.nip.io:{port}",
        f"http://127.1:{port}",
        f"http://2130706433:{port}",
        f"http://0.0.0.0:{port}",
        f"http://[::1]:{port}",
        f"ws://{host}",
        f"file://{host}",
        "chrome-extension://abcdefghijklmnop",
        "*",
    ]


@pytest.mark.parametrize("endpoint", CHANGING, ids=route_name)
async def test_foreign_origins_are_refused_before_anything_happens(server: DesktopServer, endpoint: Endpoint) -> None:
    signed_in = await server.signed_in("anna")
    verified = server.accounts.verified
    path = endpoint.path.partition("{")[0] + ("nobody" if "{" in endpoint.path else "")
    for origin in foreign_origins(server):
        signed_in.origin = origin
        assert await status_of(signed_in, endpoint, path) == 403, origin
    signed_in.origin = server.origin
    assert (await signed_in.request("GET", "/api/v1/me")).status == 200
    assert server.accounts.verified == verified


async def status_of(browser: Browser, endpoint: Endpoint, path: str) -> int:
    if not endpoint.websocket:
        return (await browser.request(endpoint.method, path, {})).status
    try:
        async with browser.socket(path):
            return 101
    except WSServerHandshakeError as error:
        return error.status


async def test_two_origins_are_none(server: DesktopServer) -> None:
    host = server.origin.removeprefix("http://")
    request = (
        f"POST /api/v1/session HTTP/1.1\r\nHost: {host}\r\nOrigin: {server.origin}\r\nOrigin: http://evil.example\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
    assert b" 403 " in await raw(server, request.encode())


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_what_the_browser_says_of_the_requests_site_counts_too(server: DesktopServer, site: str) -> None:
    browser = server.browser()
    body = {"person": "anna", "password": "x"}
    answer = await browser.request("POST", "/api/v1/session", body, **{"Sec-Fetch-Site": site})
    assert answer.json["code"] == "foreign_origin"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil.example:80"])
async def test_name_that_is_not_ours_is_refused(server: DesktopServer, host: str) -> None:
    for path in ("/", "/api/v1/me", "/assets/x.js"):
        answer = await server.browser().request("GET", path, Host=host)
        assert (answer.status, answer.json["code"]) == (421, "unknown_host")
    assert (await server.browser().request("GET", "/healthz", Host=host)).status == 200


# -- headers -----------------------------------------------------------------------------------------------------

NAMES = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Cache-Control",
)


async def test_every_answer_has_the_security_headers(server: DesktopServer) -> None:
    for endpoint in ROUTES:
        path = endpoint.path.partition("{")[0] + ("nobody" if "{" in endpoint.path else "")
        for browser in (server.browser(), await server.signed_in("adam")):
            answer = await browser.request(endpoint.method, path, None if endpoint.method == "GET" else {})
            check_headers(answer.headers)


@pytest.mark.parametrize(("method", "path"), [("GET", "/no/such/page"), ("PATCH", "/api/v1/me"), ("TRACE", "/")])
async def test_answers_to_what_is_not_there_have_them_too(server: DesktopServer, method: str, path: str) -> None:
    answer = await server.browser().request(method, path)
    assert answer.status in (404, 405)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    check_headers(answer.headers)


def check_headers(headers: Mapping[str, str]) -> None:
    assert [name for name in NAMES if name not in headers] == []
    policy = headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self' ws://127.0.0.1:" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "microphone=(self)" in headers["Permissions-Policy"]
    assert "Server" not in headers


async def test_api_answers_are_not_kept_by_anybody(server: DesktopServer) -> None:
    browser = await server.signed_in("anna")
    assert (await browser.request("GET", "/api/v1/me")).headers["Cache-Control"] == "no-store"


async def test_behind_https_the_browser_is_told_to_stay_there() -> None:
    async with desktop_server(public="https://desk.example.org") as server:
        answer = await server.browser().request("GET", "/", Host="desk.example.org")
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "wss://desk.example.org" in answer.headers["Content-Security-Policy"]
        plain = await server.browser().request("GET", "/")
        assert "Strict-Transport-Security" not in plain.headers


# -- requests that are not what they seem (the smuggling family) ---------------------------------------------------


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",  # CL.TE
        "Transfer-Encoding: chunked\r\nContent-Length: 4",  # TE.CL
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: +4",
        "Content-Length: 4\r\n folded: x",
        "Content-Length : 4",
    ],
)
async def test_ambiguous_framing_never_yields_a_second_request(server: DesktopServer, framing: str) -> None:
    host = server.origin.removeprefix("http://")
    smuggled = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"
    request = f"POST /api/v1/session HTTP/1.1\r\nHost: {host}\r\n{framing}\r\n\r\n0\r\n\r\n{smuggled}"
    answer = await raw(server, request.encode())
    assert b"\r\n\r\nok" not in answer
    assert answer.count(b"HTTP/1.1 2") == 0


async def raw(server: DesktopServer, data: bytes) -> bytes:
    """Send bytes and return all that comes back until the server closes or says no more."""
    host, _, port = server.origin.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    answer = b""
    try:
        async with asyncio.timeout(0.3):
            while part := await reader.read(65536):
                answer += part
    except TimeoutError:
        pass
    writer.close()
    await writer.wait_closed()
    return answer
