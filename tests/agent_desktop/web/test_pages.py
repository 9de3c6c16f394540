"""The built front end as it is served."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from agent_desktop.web.pages import PAGES
from tests.support.desktop_server import DesktopServer, desktop_server

SCRIPT = "console.log('desktop')\n" * 100


@pytest.fixture
async def built(tmp_path: Path) -> AsyncIterator[DesktopServer]:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Desktop</title>")
    (static / "favicon.svg").write_text("<svg/>")
    (static / "assets" / "index-4f2a.js").write_text(SCRIPT)
    (static / "assets" / "index-4f2a.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (static / "assets" / "deeper").mkdir()
    (static / "assets" / "deeper" / "x.js").write_text("deeper")
    (tmp_path / "secret.txt").write_text("secret")
    (static / "assets" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (static / ".hidden").write_text("hidden")
    async with desktop_server(static=static) as running:
        yield running


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_the_one_document_and_asked_for_again(built: DesktopServer, path: str) -> None:
    answer = await built.browser().request("GET", path.replace("{customer}", "c-1"))
    assert (answer.status, answer.text) == (200, "<!doctype html><title>Desktop</title>")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_hashed_assets_are_kept_for_ever(built: DesktopServer) -> None:
    answer = await built.browser().request("GET", "/assets/index-4f2a.js")
    assert (answer.status, answer.text) == (200, SCRIPT)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "javascript" in answer.headers["Content-Type"]


async def test_compressed_file_is_sent_where_the_browser_takes_it(built: DesktopServer) -> None:
    answer = await built.browser().request("GET", "/assets/index-4f2a.js", **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == SCRIPT
    plain = await built.browser().request("GET", "/assets/index-4f2a.js", **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


async def test_icon_is_found_and_unknown_names_are_not(built: DesktopServer) -> None:
    assert (await built.browser().request("GET", "/favicon.svg")).status == 200
    for path in ("/no-such-page", "/desktop/deeper", "/api/v1/nothing", "/assets/", "/assets/no.js"):
        assert (await built.browser().request("GET", path)).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/....//secret.txt",
        "/assets/..\\..\\secret.txt",
        "/assets/%00",
        "/assets/index-4f2a.js%00.txt",
        "/assets//etc/passwd",
        "/assets/link.txt",
        "/assets/deeper",
        "/assets/deeper%2fx.js",
        "/..%2fsecret.txt",
        "/.hidden",
        "/C:%5Cwindows",
    ],
)
async def test_nothing_outside_is_served(built: DesktopServer, path: str) -> None:

    url = URL(built.origin + path, encoded=True)
    async with built.http.get(url, allow_redirects=False) as response:
        text = await response.text()
    assert response.status in (400, 404)
    assert "secret" not in text or "problem+json" in response.headers["Content-Type"]


async def test_ranges_without_end_cost_nothing(built: DesktopServer) -> None:
    ranges = "bytes=" + ",".join(["0-"] * 1000)
    answer = await built.browser().request("GET", "/assets/index-4f2a.js", Range=ranges)
    assert answer.status in (200, 400, 416)


async def test_missing_front_end_is_said_plainly(server: DesktopServer) -> None:
    answer = await server.browser().request("GET", "/")
    assert answer.status == 503
    assert "front end has not been built" in answer.text
