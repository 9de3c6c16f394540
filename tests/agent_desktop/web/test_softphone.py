"""SIP credentials, and SIP over WebSocket through this server."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from agent_desktop.web.softphone import AT_ONCE
from callcenter.api.softphone import sip_password
from tests.support.desktop_server import DesktopServer, desktop_server
from tests.support.switch_socket import SwitchSocket, switch_socket

SIP = {"protocols": ("sip",)}
REGISTER = "REGISTER sip:127.0.0.1 SIP/2.0\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
async def switch() -> AsyncIterator[SwitchSocket]:
    async with switch_socket() as running:
        yield running


@pytest.fixture
async def server(switch: SwitchSocket) -> AsyncIterator[DesktopServer]:
    async with desktop_server(switch_url=switch.url) as running:
        yield running


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_agent_gets_the_credentials_of_his_own_device(server: DesktopServer) -> None:
    browser = await server.signed_in("anna")
    host = server.origin.removeprefix("http://")
    assert (await browser.request("GET", "/api/v1/softphone")).json == {
        "device": "phone-anna",
        "password": hmac.new(b"test key", b"phone-anna", hashlib.sha256).hexdigest(),
        "uri": "sip:phone-anna@127.0.0.1",
        "websocket_url": f"ws://{host}/ws/sip",
        "ice_servers": [],
    }


async def test_behind_https_the_phones_socket_is_encrypted_too(switch: SwitchSocket) -> None:
    async with desktop_server(switch_url=switch.url, public="https://desk.example.org") as server:
        browser = await server.signed_in("anna")
        answer = await browser.request("GET", "/api/v1/softphone", Host="desk.example.org")
        assert answer.json["websocket_url"] == "wss://desk.example.org/ws/sip"
        assert answer.json["uri"] == "sip:phone-anna@desk.example.org"


async def test_agent_without_device_has_no_softphone(server: DesktopServer) -> None:
    server.accounts.change("anna", device=None)
    browser = await server.signed_in("anna")
    assert (await browser.request("GET", "/api/v1/softphone")).json["code"] == "no_device"
    with pytest.raises(WSServerHandshakeError, match="404"):
        async with browser.socket("/ws/sip", **SIP):
            pass


def test_password_depends_on_key_and_device() -> None:
    made = {sip_password(key, device) for key in ("a", "b") for device in ("phone-1", "phone-2")}
    assert len(made) == 4
    assert all(len(password) == 64 for password in made)


async def test_messages_pass_whole_both_ways(server: DesktopServer, switch: SwitchSocket) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket("/ws/sip", **SIP) as page:
        assert page.socket.protocol == "sip"
        for text in (REGISTER, "\r\n\r\n", "sip:林美@example", "x" * 60_000):
            await page.socket.send_str(text)
            assert (await page.socket.receive(timeout=5)).data == "echo: " + text
        await page.socket.send_bytes(b"\x00\xff")
        assert (await page.socket.receive(timeout=5)).data == b"\x00\xff"
    assert switch.protocols == ["sip"]


async def test_switch_learns_nothing_of_the_browsers_session(server: DesktopServer, switch: SwitchSocket) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket("/ws/sip", **SIP) as page:
        await page.socket.send_str(REGISTER)
        await page.socket.receive(timeout=5)
    assert "Cookie" not in switch.headers[0]
    assert browser.cookie not in str(switch.headers)


async def test_browser_that_leaves_takes_its_connection_at_the_switch_along(
    server: DesktopServer, switch: SwitchSocket
) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket("/ws/sip", **SIP):
        await eventually(lambda: switch.open)
    await eventually(lambda: not switch.open)


async def test_switch_that_leaves_takes_the_browsers_connection_along(
    server: DesktopServer, switch: SwitchSocket
) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket("/ws/sip", **SIP) as page:
        await eventually(lambda: switch.open)
        await switch.open[0].close()
        assert (await page.socket.receive(timeout=5)).type is WSMsgType.CLOSE


async def test_session_that_ends_takes_the_phone_along(server: DesktopServer, switch: SwitchSocket) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket("/ws/sip", **SIP) as page:
        await eventually(lambda: switch.open)
        (record,) = await server.accounts.sessions()
        await server.accounts.close_session(record.session)
        assert (await page.socket.receive(timeout=5)).type is WSMsgType.CLOSE
    await eventually(lambda: not switch.open)


async def test_cti_server_that_is_away_cuts_no_phone(server: DesktopServer) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket("/ws/sip", **SIP) as page:
        server.cti.up = False
        server.cti.lose()
        await asyncio.sleep(0.2)
        await page.socket.send_str(REGISTER)
        assert (await page.socket.receive(timeout=5)).data == "echo: " + REGISTER


async def test_too_long_message_ends_the_phones_connection(server: DesktopServer, switch: SwitchSocket) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket("/ws/sip", **SIP) as page:
        await page.socket.send_str("x" * 70_000)
        assert (await page.socket.receive(timeout=5)).type is WSMsgType.CLOSE
    assert switch.got == []


async def test_switch_that_does_not_read_stops_the_browser_instead_of_filling_memory(
    server: DesktopServer, switch: SwitchSocket
) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket("/ws/sip", **SIP) as page:
        switch.reading.clear()
        sent = 0
        with pytest.raises(TimeoutError):  # noqa: PT012 -- the loop is what is expected to get stuck
            for _ in range(2_000):
                async with asyncio.timeout(0.5):
                    await page.socket.send_str("x" * 50_000)
                sent += 1
        assert sent * 50_000 < 60_000_000
        switch.reading.set()


async def test_one_device_has_few_connections_the_newest_count(server: DesktopServer, switch: SwitchSocket) -> None:
    browser = await server.signed_in("anna")
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(browser.socket("/ws/sip", **SIP)) for _ in range(AT_ONCE + 1)]
        assert (await pages[0].socket.receive(timeout=5)).type is WSMsgType.CLOSE
        await eventually(lambda: len(switch.open) == AT_ONCE)
        for page in pages[1:]:
            await page.socket.send_str(REGISTER)
            assert (await page.socket.receive(timeout=5)).data == "echo: " + REGISTER


@pytest.mark.parametrize("protocols", [(), ("xmpp",)])
async def test_other_protocols_are_refused(server: DesktopServer, protocols: tuple[str, ...]) -> None:
    browser = await server.signed_in("anna")
    with pytest.raises(WSServerHandshakeError, match="400"):
        async with browser.socket("/ws/sip", protocols=protocols):
            pass


async def test_switch_that_is_away_is_said_before_the_upgrade() -> None:
    async with desktop_server(switch_url="http://127.0.0.1:9/ws") as server:
        browser = await server.signed_in("anna")
        with pytest.raises(WSServerHandshakeError, match="502"):
            async with browser.socket("/ws/sip", **SIP):
                pass


async def test_plain_request_for_a_socket_is_told_to_upgrade(server: DesktopServer) -> None:
    browser = await server.signed_in("anna")
    for path in ("/ws/sip", "/ws/desktop"):
        assert (await browser.request("GET", path)).status in (400, 426)
