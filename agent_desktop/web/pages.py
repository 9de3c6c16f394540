"""The built front end: its page, its hashed assets, and a plain page when it has not been built.

Only names of one path segment, made of harmless characters, are looked for in two folders: there is no path to climb.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

STATIC = web.AppKey("static", Path)

PAGES = (  # all the same document
    "/",
    "/sign-in",
    "/desktop",
    "/supervisor",
    "/administration",
    "/customers",
    "/customers/{customer}",
    "/contacts",
    "/duplicates",
    "/imports",
    "/exports",
)
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
YEAR = "public, max-age=31536000, immutable"

_NOT_BUILT = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Front end not built</title>
<h1>The front end has not been built</h1>
<p>The server runs, but the pages of the desktop are missing. Build them with <code>scripts/run</code>, or in
<code>agent_desktop/frontend</code> with <code>npm ci</code> and <code>npm run build</code>, then reload this page.</p>
</html>
"""


async def page(request: web.Request) -> web.StreamResponse:
    """GET of a page: the one document; asked for again every time, so that a new release is seen at once."""
    document = request.app[STATIC] / "index.html"
    if not document.is_file():
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=_NOT_BUILT, content_type="text/html")
    return _file(document, "no-cache")


async def asset(request: web.Request) -> web.StreamResponse:
    """GET /assets/{name}: a file whose name has its content's hash in it."""
    return _named(request.app[STATIC] / "assets", request.match_info["name"], YEAR)


async def root_file(request: web.Request) -> web.StreamResponse:
    """GET /{name}: icon, manifest and the like beside the page."""
    return _named(request.app[STATIC], request.match_info["name"], "no-cache")


def _named(folder: Path, name: str, caching: str) -> web.FileResponse:
    path = folder / name
    if NAME.fullmatch(name) is None or path.is_symlink() or not path.is_file():
        raise web.HTTPNotFound
    return _file(path, caching)


def _file(path: Path, caching: str) -> web.FileResponse:
    # aiohttp sends the .br or .gz beside it where the browser takes that.
    return web.FileResponse(path, headers={"Cache-Control": caching})
