"""Host systems that speak HTTP and JSON (RFC 9110, RFC 8259).

What is fixed by configuration stays so: scheme, host and path of every request. Arguments travel in the query,
percent-encoded, or in a JSON body. Redirections are not followed, certificates are verified, an answer has a longest
size. No address, argument or answer is in a log or an exception.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from callcenter.domain.errors import ConfigError
from callcenter.hosts.answers import at_path, read_fields
from callcenter.hosts.model import HostAnswer, HostFailed, HttpHost, HttpOperation, OperationKind, Outcome, Trouble
from ivr.fields import FieldValue

_CONNECT_SECONDS = 1.0
"""Who cannot be connected to within this has been told nothing, for certain. All else is the operation's time-out."""

_VERDICTS: Mapping[object, Outcome] = {
    "right": Outcome.DONE,
    True: Outcome.DONE,
    "wrong": Outcome.REFUSED,
    False: Outcome.REFUSED,
    "locked": Outcome.LOCKED,
}


class HttpAdapter:
    """Asks one HTTP host; made by `open_http`."""

    def __init__(self, host: HttpHost, session: aiohttp.ClientSession) -> None:
        self._host = host
        self._session = session

    async def ask(
        self, operation: HttpOperation, arguments: Mapping[str, FieldValue], *, secret: str = "", key: str = ""
    ) -> HostAnswer:
        """Ask once. Raises `HostFailed`; is cancelled when time is over."""
        headers = {self._host.idempotency_header: _header_value(key)} if key else None
        body = _body(operation, arguments, secret)
        try:
            async with self._session.request(
                operation.method,
                self._url(operation, arguments),
                json=body,
                headers=headers,
                allow_redirects=False,
            ) as response:
                content = await self._read(response)
                return _answer(operation, response.status, content)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise HostFailed(Trouble.UNREACHABLE) from None
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            raise HostFailed(Trouble.BROKEN_OFF) from None
        except (aiohttp.ClientError, ValueError):  # no HTTP, headers without end, an encoding that is none
            raise HostFailed(Trouble.GARBAGE) from None

    async def probe(self) -> None:
        """Look whether the host can be reached. Raises `HostFailed`."""
        try:
            async with self._session.head(URL(self._host.base_url, encoded=True), allow_redirects=False):
                pass
        except (aiohttp.ClientError, OSError):
            raise HostFailed(Trouble.UNREACHABLE) from None

    def _url(self, operation: HttpOperation, arguments: Mapping[str, FieldValue]) -> URL:
        parameters = {} if operation.body else {name: _text(value) for name, value in operation.fixed.items()}
        for name, argument in operation.query.items():
            if argument in arguments:
                parameters[name] = _text(arguments[argument])
        question = "?" + urlencode(parameters) if parameters else ""
        return URL(self._host.base_url.rstrip("/") + operation.path + question, encoded=True)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_chunked(16_384):
            content += chunk
            if len(content) > self._host.max_bytes:
                raise HostFailed(Trouble.GARBAGE, response.status)
        return bytes(content)


@asynccontextmanager
async def open_http(host: HttpHost, headers: Mapping[str, str]) -> AsyncIterator[HttpAdapter]:
    """Give the adapter of a host; `headers` are all of those that are sent with everything, secret ones included.

    Raises `ConfigError`: the file of certificate authorities holds none.
    """
    try:
        trust = await asyncio.to_thread(ssl.create_default_context, cafile=host.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"host system {host.name}", f"ca_file {host.ca_file}: {error.strerror}") from None
    session = aiohttp.ClientSession(
        # A connection for each request: what a host sends beyond its answer must never be taken for the next one.
        connector=aiohttp.TCPConnector(limit=host.at_once, ssl=trust, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "callcenter", **headers},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        auto_decompress=False,  # so that a small answer cannot become a large one
        trust_env=False,
    )
    async with session:
        yield HttpAdapter(host, session)


def _header_value(key: str) -> str:
    """Return a key as a header may hold it, whatever it was made of."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _text(value: FieldValue) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _body(operation: HttpOperation, arguments: Mapping[str, FieldValue], secret: str) -> dict[str, Any] | None:
    if not operation.body and operation.secret_as is None:
        return None
    body: dict[str, Any] = {}
    members = {name: arguments[argument] for name, argument in operation.body.items() if argument in arguments}
    for name, value in {**operation.fixed, **members}.items():
        *outer, last = name.split(".")
        inner = body
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = value
    if operation.secret_as is not None:
        body[operation.secret_as] = secret
    return body


def _answer(operation: HttpOperation, status: int, content: bytes) -> HostAnswer:
    if status in operation.not_found:
        return HostAnswer(outcome=Outcome.NOT_FOUND)
    if status in operation.locked:
        return HostAnswer(outcome=Outcome.LOCKED)
    if status in operation.refused:
        said = _json_or_none(content)
        return HostAnswer(outcome=Outcome.REFUSED, fields=read_fields(said, operation.refusal))
    if status >= 500 or status == 429:
        raise HostFailed(Trouble.ERROR, status)
    if not 200 <= status < 300:
        raise HostFailed(Trouble.UNEXPECTED, status)
    said = _json_or_none(content)
    if said is None and (operation.answer or operation.verdict is not None or content):
        raise HostFailed(Trouble.GARBAGE, status)
    outcome = Outcome.DONE
    if operation.verdict is not None:
        found = at_path(said, operation.verdict)
        verdict = _VERDICTS.get(found) if isinstance(found, str | bool) else None
        if verdict is None:
            raise HostFailed(Trouble.GARBAGE, status)
        outcome = verdict
    if outcome is not Outcome.DONE:
        return HostAnswer(outcome=outcome)
    record = at_path(said, operation.root)
    if record is None and operation.kind is OperationKind.QUESTION and operation.root:
        return HostAnswer(outcome=Outcome.NOT_FOUND)
    return HostAnswer(outcome=outcome, fields=read_fields(record, operation.answer))


def _json_or_none(content: bytes) -> object:
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
