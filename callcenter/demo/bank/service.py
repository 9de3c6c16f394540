"""The bank's HTTP service: who has the token may ask. Neither PINs nor numbers nor names are logged.

===============================  =========================================  ==========================================
request                          with                                       answers
===============================  =========================================  ==========================================
``POST /v1/pin``                 ``account``, ``pin``                       ``verdict``: right, wrong, locked; of a
                                                                            right one ``name``, ``language``
``GET /v1/balance``              ``account``                                ``checking``, ``savings``, ``currency``
``GET /v1/rate``                 ``of``, ``into``                           ``rate``, ``day``
``GET /v1/bill``                 ``account``, ``kind``                      ``bill``, ``amount``, ``currency``, ``due``
``POST /v1/transfers``           ``account``, ``from``, ``amount``          ``receipt``, and the balances
``POST /v1/payments``            ``account``, ``bill``                      ``receipt``, and the balances
``POST /v1/card-blocks``         ``account``                                ``receipt``
===============================  =========================================  ==========================================

404: there is no such thing. 409: the bank will not, ``reason`` says why. 400: nobody can read that. Every POST but that
of a PIN carries an ``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import structlog
from aiohttp import web

from callcenter.demo.bank.ledger import KINDS, Done, KeyMisusedError, Ledger
from callcenter.demo.bank.pins import Judgement, Pins
from callcenter.demo.bank.rates import CURRENCIES, exchange_rate
from callcenter.demo.bank.seed import BILLS
from callcenter.domain.errors import ExternalFailure
from callcenter.ports import Clock

_log = structlog.get_logger(__name__)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ACCOUNT = re.compile(r"[0-9]{4,10}")
_PIN = re.compile(r"[0-9]{4,8}")
_KEY = re.compile(r"[!-~]{1,100}")
_MOST_CENTS = 100_000_000


def bank_service(*, ledger: Ledger, pins: Pins, clock: Clock, token: str) -> web.Application:
    """Return the service; `token` is what its clients have to show."""
    service = _Service(ledger, pins, clock)
    application = web.Application(middlewares=[_guard(token), _plainly], client_max_size=4_096)
    application.add_routes(
        [
            web.post("/v1/pin", service.pin),
            web.get("/v1/balance", service.balance),
            web.get("/v1/rate", service.rate),
            web.get("/v1/bill", service.bill),
            web.post("/v1/transfers", service.transfer),
            web.post("/v1/payments", service.pay),
            web.post("/v1/card-blocks", service.block_card),
        ]
    )
    return application


@asynccontextmanager
async def listening(application: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve it within this block; gives the port (0: any free one). Nothing of a request is logged."""
    runner = web.AppRunner(application, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, reuse_address=True)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _guard(token: str) -> Any:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(shown, expected):
            return web.json_response({"error": "unauthorized"}, status=401)
        return await handler(request)

    return guard


@web.middleware
async def _plainly(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer what went wrong in JSON, and log that it did."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)
    except KeyMisusedError:
        return web.json_response({"error": "this key was used for something else"}, status=422)
    except ExternalFailure as failure:
        _log.error("bank_failed", path=request.path, why=str(failure))
        return web.json_response({"error": "try again"}, status=503)


class _Service:
    """The handlers of all requests."""

    def __init__(self, ledger: Ledger, pins: Pins, clock: Clock) -> None:
        self._ledger = ledger
        self._pins = pins
        self._clock = clock

    async def pin(self, request: web.Request) -> web.Response:
        body = await _body(request)
        account = _match(_ACCOUNT, body.get("account"))
        judgement = await self._pins.judge(account, _match(_PIN, body.get("pin")))
        _log.info("bank_pin", verdict=judgement.value)
        known = await self._ledger.customer(account) or {}  # read in any case: the answer takes the same time
        if judgement is not Judgement.RIGHT:
            known = {}
        return web.json_response({"verdict": judgement.value, **known})

    async def balance(self, request: web.Request) -> web.Response:
        return _found(await self._ledger.balance(_match(_ACCOUNT, request.query.get("account"))))

    async def rate(self, request: web.Request) -> web.Response:
        of, into = (_one_of(CURRENCIES, request.query.get(name)) for name in ("of", "into"))
        today = self._clock.utc().date()
        return web.json_response({"rate": str(exchange_rate(of, into, today)), "day": today.isoformat()})

    async def bill(self, request: web.Request) -> web.Response:
        account = _match(_ACCOUNT, request.query.get("account"))
        return _found(await self._ledger.bill(account, _one_of(BILLS, request.query.get("kind"))))

    async def transfer(self, request: web.Request) -> web.Response:
        key, body = _key(request), await _body(request)
        account, source = _match(_ACCOUNT, body.get("account")), _one_of(KINDS, body.get("from"))
        return _told("transfer", await self._ledger.transfer(key, account, source, _cents(body.get("amount"))))

    async def pay(self, request: web.Request) -> web.Response:
        key, body = _key(request), await _body(request)
        bill = body.get("bill")
        if not isinstance(bill, int) or isinstance(bill, bool) or not 0 < bill < 2**31:
            _refuse("bill")
        return _told("payment", await self._ledger.pay(key, _match(_ACCOUNT, body.get("account")), bill))

    async def block_card(self, request: web.Request) -> web.Response:
        key, body = _key(request), await _body(request)
        return _told("card_block", await self._ledger.block_card(key, _match(_ACCOUNT, body.get("account"))))


def _found(answer: dict[str, Any] | None) -> web.Response:
    return web.json_response({"error": "not found"}, status=404) if answer is None else web.json_response(answer)


def _told(what: str, done: Done) -> web.Response:
    _log.info("bank_act", act=what, outcome=done.answer["reason"] if done.refused else "done")
    return web.json_response(done.answer, status=409 if done.refused else 200)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        _refuse("body")
    return body


def _key(request: web.Request) -> str:
    return _match(_KEY, request.headers.get("Idempotency-Key"))


def _match(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        _refuse("value")
    return value


def _one_of(choices: tuple[str, ...], value: object) -> str:
    if value not in choices:
        _refuse("choice")
    return str(value)


def _cents(value: object) -> int:
    try:
        cents = Decimal(value if isinstance(value, str) and len(value) < 20 else "no") * 100
    except InvalidOperation:
        _refuse("amount")
    if not cents.is_finite() or cents != int(cents) or not 0 < cents <= _MOST_CENTS:
        _refuse("amount")
    return int(cents)


def _refuse(what: str) -> NoReturn:
    raise web.HTTPBadRequest(reason=f"unreadable {what}")
