"""The desktop server put together from its real adapters."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import unused_port

from agent_desktop.bootstrap import labels_of, run_desktop, serve_until, tls_context
from agent_desktop.web.bodies import Label
from callcenter.api.records import Role
from callcenter.catalogue import load_catalogue
from callcenter.config import DatabaseSettings, DesktopSettings, RedisSettings, RoutingSettings, Settings
from callcenter.domain.errors import ConfigError
from callcenter.storage.database import open_database
from callcenter.storage.passwords import open_passwords
from callcenter.storage.people import NewPerson, SqlPeople
from callcenter.storage.schema import upgrade

CONFIG = Path(__file__).resolve().parents[2] / "config"
FIRST = "the first password"
SECOND = "a better secret of mine"


@asynccontextmanager
async def listening(settings: DesktopSettings, app: web.Application, tls: ssl.SSLContext | None) -> AsyncIterator[None]:
    stop = asyncio.Event()
    serving = asyncio.create_task(serve_until(stop, app, settings, tls))
    async with asyncio.timeout(5):
        while not await accepts(settings.port):
            assert not serving.done(), serving.exception()
            await asyncio.sleep(0.01)
    try:
        yield
    finally:
        stop.set()
        await serving


async def accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_address_that_is_taken_is_said() -> None:
    settings = DesktopSettings(port=unused_port())
    async with listening(settings, web.Application(), None):
        with pytest.raises(ConfigError, match=f"{settings.port}: cannot be listened on"):
            await serve_until(asyncio.Event(), web.Application(), settings, None)


def test_certificate_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    settings = DesktopSettings(tls_certificate=tmp_path / "no.pem", tls_key=tmp_path / "no.key")
    with pytest.raises(ConfigError, match=r"no\.pem"):
        tls_context(settings)
    for path in (tmp_path / "no.pem", tmp_path / "no.key"):
        path.write_text("not a certificate")
    with pytest.raises(ConfigError, match="cannot be used"):
        tls_context(settings)


def test_labels_are_those_of_the_configuration() -> None:
    labels = labels_of(load_catalogue(CONFIG))
    assert set(labels.queues) == {path.stem for path in (CONFIG / "queues").glob("*.yaml")}
    assert labels.queues["billing"] == Label(en="Billing", zh="账单")
    assert labels.reasons["paperwork"] == Label(en="Paperwork", zh="文书工作")
    assert labels.dispositions["refund"] == Label(en="Refund", zh="退款")  # billing's alone
    assert labels.dispositions["sold"] == Label(en="Sold", zh="成交")  # sales' alone
    everything = (labels.queues, labels.dispositions, labels.reasons)
    assert [name for kind in everything for name, label in kind.items() if not label.zh] == []


def test_without_certificate_there_is_no_encryption() -> None:
    assert tls_context(DesktopSettings()) is None


async def test_encrypted_listener_speaks_tls_1_2_or_newer_only(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    openssl = shutil.which("openssl")
    assert openssl is not None
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    settings = DesktopSettings(port=unused_port(), tls_certificate=certificate, tls_key=key)
    trusting = ssl.create_default_context(cafile=certificate)
    async with listening(settings, web.Application(), tls_context(settings)), ClientSession() as http:
        async with http.get(f"https://localhost:{settings.port}/", ssl=trusting) as answer:
            assert answer.status == 404
        old = ssl.create_default_context(cafile=certificate)
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(OSError, match=r"(?i)ssl"):
            await http.get(f"https://localhost:{settings.port}/", ssl=old)


@asynccontextmanager
async def desktop_over_records(
    tmp_path: Path, redis_url: str, *people: NewPerson
) -> AsyncIterator[tuple[str, ClientSession, asyncio.Event]]:
    """Run the desktop server over real records with these people; each has the first password."""
    settings = Settings(
        home=tmp_path,
        database=DatabaseSettings(url=f"sqlite:///{tmp_path / 'records.sqlite'}"),
        redis=RedisSettings(embedded=False, url=redis_url),
        routing=RoutingSettings(directory=CONFIG),
        desktop=DesktopSettings(port=unused_port()),
    )
    settings.secrets.mkdir()
    for secret in ("sip-key", "erasure-salt"):
        (settings.secrets / secret).write_text("a secret for tests")
    async with open_database(settings.database_url) as database, open_passwords() as passwords:
        await upgrade(database)
        for person in people:
            await SqlPeople(database).add(person, password_hash=await passwords.hash(FIRST))
    stop = asyncio.Event()
    serving = asyncio.create_task(run_desktop(settings, stop))
    origin = f"http://127.0.0.1:{settings.desktop.port}"
    async with ClientSession(cookie_jar=DummyCookieJar(), headers={"Origin": origin}) as http:
        async with asyncio.timeout(20):
            while not await accepts(settings.desktop.port):
                assert not serving.done(), serving.exception()
                await asyncio.sleep(0.05)
        yield origin, http, stop
        stop.set()
        await serving


async def signed_in(origin: str, http: ClientSession, person: str) -> None:
    """Sign in and change the first password."""
    async with http.post(f"{origin}/api/v1/session", json={"person": person, "password": FIRST}) as answer:
        assert (await answer.json())["must_change_password"] is True
        http.headers["Cookie"] = cookie_of(answer.headers["Set-Cookie"])
    async with http.put(f"{origin}/api/v1/me/password", json={"current": FIRST, "new": SECOND}) as answer:
        assert answer.status == 200
        http.headers["Cookie"] = cookie_of(answer.headers["Set-Cookie"])


@pytest.mark.integration
async def test_newcomer_signs_in_changes_the_password_and_sees_the_page_over_real_records(
    tmp_path: Path, redis_url: str
) -> None:
    anna = NewPerson(person="anna", name="Anna", role=Role.AGENT, device="phone-anna")
    async with desktop_over_records(tmp_path, redis_url, anna) as (origin, http, stop):
        await signed_in(origin, http, "anna")
        async with http.get(f"{origin}/api/v1/softphone") as answer:
            assert (await answer.json())["device"] == "phone-anna"
        async with http.ws_connect(f"{origin}/ws/desktop") as socket:
            first = json.loads((await socket.receive()).data)
            assert (first["type"], first["view"]["link"]["cti_up"]) == ("snapshot", False)
            stop.set()
            while (frame := json.loads((await socket.receive()).data))["type"] != "closing":
                pass
            assert frame["why"] == "going_away"


@pytest.mark.integration
async def test_a_file_goes_in_and_out_by_processes_of_the_platform(tmp_path: Path, redis_url: str) -> None:
    """They work with the settings that the server was given, not with those of an installation on this machine."""
    sue = NewPerson(person="sue", name="Sue", role=Role.SUPERVISOR)
    async with desktop_over_records(tmp_path, redis_url, sue) as (origin, http, _):
        await signed_in(origin, http, "sue")
        api = f"{origin}/api/v1"
        as_file = {"Content-Type": "text/csv"}
        async with http.post(f"{api}/imports/files?name=list.csv", data=b"Name\nMei Lin\n", headers=as_file) as answer:
            file = (await answer.json())["file"]
        async with http.post(f"{api}/imports/files/{file}/preview", json={"plan": None}) as answer:
            assert answer.status == 200, await answer.text()
            plan = (await answer.json())["plan"]
        async with http.post(f"{api}/imports", json={"file": file, "plan": plan}) as answer:
            assert answer.status == 202, await answer.text()
            import_id = (await answer.json())["id"]
        status = await ended(http, f"{api}/imports/{import_id}")
        assert (status["state"], status["created"]) == ("done", 1)
        async with http.post(f"{api}/exports", json={"format": "xlsx", "find": "mei"}) as answer:
            assert answer.status == 202, await answer.text()
            export_id = (await answer.json())["export"]
        (status,) = (await ended(http, f"{api}/exports"))["items"]
        assert (status["state"], status["rows"]) == ("done", 1)
        async with http.get(f"{api}/exports/{export_id}/file") as answer:
            assert (await answer.read()).startswith(b"PK")


async def ended(http: ClientSession, url: str) -> Any:
    """Ask until nothing runs any more."""
    async with asyncio.timeout(60):
        while True:
            async with http.get(url) as answer:
                found = await answer.json()
            if {"running", "waiting"}.isdisjoint(one["state"] for one in found.get("items", [found])):
                return found
            await asyncio.sleep(0.1)


def cookie_of(header: str) -> str:
    return header.partition(";")[0]
