"""The softphone's ways through this server: its SIP credentials, and SIP over WebSocket (RFC 7118) to the switch.

Through the proxy a person meets one address and one certificate, and the switch's own HTTP server stays on loopback.
It stands on nothing but the session: a CTI server that is killed cuts no phone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSCloseCode, WSMsgType, web

from agent_desktop.web.auth import answer
from agent_desktop.web.bodies import Softphone
from agent_desktop.web.defences import SITE
from agent_desktop.web.permissions import SESSION
from agent_desktop.web.problem import RequestFailed
from agent_desktop.web.sessions import SESSIONS
from callcenter.api.softphone import sip_password

log = structlog.get_logger(__name__)

LONGEST_MESSAGE = 64 * 1024  # bytes: what Asterisk's own WebSocket takes
WRITE_LIMIT = 64 * 1024  # bytes in our buffer before we stop reading from the other side
PING_S = 10.0  # a browser or switch that is gone without a word is noticed
CONNECT_S = 3.0
AT_ONCE = 3  # connections of one device: a page, the one it replaces, and a spare
SIP = "sip"

Socket = web.WebSocketResponse | ClientWebSocketResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class SipGate:
    """Where the switch's SIP over WebSocket is, and the key the devices' passwords are made with."""

    url: str  # http://127.0.0.1:8188/ws
    key: str

    def __repr__(self) -> str:
        return f"SipGate(url={self.url!r})"  # the key stays out of logs


SIP_GATE = web.AppKey("sip_gate", SipGate)
SWITCH_HTTP = web.AppKey("switch_http", ClientSession)
PHONES: web.AppKey[dict[str, list[asyncio.Event]]] = web.AppKey("phones", dict)  # by device, oldest first


async def credentials(request: web.Request) -> web.Response:
    """GET /api/v1/softphone: how the signed-in agent's own phone registers, and no other."""
    device = _own_device(request)
    origin = request.app[SITE].origin_of(request.headers["Host"]) or ""
    return answer(
        Softphone(
            device=device,
            password=sip_password(request.app[SIP_GATE].key, device),
            uri=f"sip:{device}@{urlsplit(origin).hostname}",
            websocket_url=f"{origin.replace('http', 'ws', 1)}/ws/sip",
            ice_servers=(),
        )
    )


async def sip_socket(request: web.Request) -> web.WebSocketResponse:
    """GET /ws/sip: carry SIP between the agent's browser and the switch until either side or the session ends."""
    device = _own_device(request)
    offered = [part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    if SIP not in offered:
        raise RequestFailed(HTTPStatus.BAD_REQUEST, "no_sip", "the sub-protocol sip must be offered (RFC 7118, 4)")
    switch = await _connect(request)
    browser = web.WebSocketResponse(
        protocols=(SIP,),
        max_msg_size=LONGEST_MESSAGE,
        writer_limit=WRITE_LIMIT,
        compress=False,
        heartbeat=PING_S,
        timeout=1.0,
    )
    ended = asyncio.Event()
    phones = request.app[PHONES].setdefault(device, [])
    phones.append(ended)
    for oldest in phones[:-AT_ONCE]:
        oldest.set()
    try:
        await browser.prepare(request)
        log.info("softphone connected", device=device)
        with request.app[SESSIONS].watching(request[SESSION], ended.set):
            await _carry(browser, switch, ended)
    finally:
        phones.remove(ended)
        await switch.close(code=WSCloseCode.GOING_AWAY)
        log.info("softphone left", device=device)
    return browser


# -- helpers -----------------------------------------------------------------------------------------------------


def _own_device(request: web.Request) -> str:
    device = request[SESSION].person.device
    if device is None:
        raise RequestFailed(HTTPStatus.NOT_FOUND, "no_device", "this agent has no device")
    return device


async def _connect(request: web.Request) -> ClientWebSocketResponse:
    try:
        async with asyncio.timeout(CONNECT_S):
            return await request.app[SWITCH_HTTP].ws_connect(
                request.app[SIP_GATE].url, protocols=(SIP,), max_msg_size=LONGEST_MESSAGE, heartbeat=PING_S, compress=0
            )
    except (ClientError, TimeoutError, OSError) as error:
        log.warning("switch not reachable for a softphone", error=type(error).__name__)
        raise RequestFailed(
            HTTPStatus.BAD_GATEWAY, "switch_unavailable", "the switch does not answer", retry_after=2
        ) from error


async def _carry(browser: web.WebSocketResponse, switch: ClientWebSocketResponse, ended: asyncio.Event) -> None:
    """Carry messages both ways. This is the bulkhead of one WebSocket session."""
    try:
        async with asyncio.TaskGroup() as tasks:
            ways = {
                tasks.create_task(_pump(browser, switch)),
                tasks.create_task(_pump(switch, browser)),
                tasks.create_task(ended.wait()),
            }
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
    except* ConnectionError:
        pass  # one side is gone; the other is closed below
    except* Exception:  # bulkhead: one phone must not take the others with it
        log.exception("softphone's way failed")
    await browser.close(code=WSCloseCode.POLICY_VIOLATION if ended.is_set() else WSCloseCode.GOING_AWAY)


async def _pump(source: Socket, target: Socket) -> None:
    """Pass messages on whole, one at a time: a slow target stops the reading from the source."""
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)


def switch_session() -> ClientSession:
    """Return the HTTP client for the switch: no cookies, no time limit on a WebSocket that lives all day."""
    return ClientSession(timeout=ClientTimeout(total=None, connect=CONNECT_S))
