"""Customers from files and into files, over HTTP."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent_desktop.web import spool
from agent_desktop.web.exports import ExportDesk
from callcenter.api.customer_records import Exports
from callcenter.api.transfer import FileFormat
from tests.support.desktop_server import HOUSE, Answer, Browser, DesktopServer, desktop_server
from tests.support.masters import SAM

FILE = "Code,Name,Phone,Note\nC1,Mei Lin,2025550101,=1+1\nC2,张伟,２０２５５５０１０２,\nC3,Nobody,call me,\n"


async def send(browser: Browser, content: bytes, name: str = "list.csv", kind: str = "text/csv") -> Answer:
    path = f"{browser.server.origin}/api/v1/imports/files?name={name}"
    headers = browser.headers(**{"Content-Type": kind})
    async with browser.http.post(path, data=content, headers=headers) as response:
        return await Answer.of(response)


async def looked_at(browser: Browser, content: str = FILE) -> tuple[str, dict[str, Any]]:
    file = (await send(browser, content.encode())).json["file"]
    answer = await browser.request("POST", f"/api/v1/imports/files/{file}/preview", {"plan": None})
    assert answer.status == 200, answer.text
    return file, answer.json


async def imported(browser: Browser, content: str = FILE) -> dict[str, Any]:
    file, seen = await looked_at(browser, content)
    answer = await browser.request("POST", "/api/v1/imports", {"file": file, "plan": seen["plan"]})
    assert answer.status == 202, answer.text
    status: dict[str, Any] = (await browser.request("GET", f"/api/v1/imports/{answer.json['id']}")).json
    return status


def spooled(server: DesktopServer) -> list[str]:
    return [path.name for path in server.spool.iterdir()]


async def test_a_file_is_sent_seen_taken_in_and_undone(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    file, seen = await looked_at(sue)
    assert [column["suggested"] for column in seen["columns"]] == ["account", "name", "numbers.work", "remark"]
    assert {row["line"]: row["action"] for row in seen["rows"]} == {2: "refuse", 3: "create", 4: "refuse"}
    assert "numbers.mobile" in seen["targets"]
    answer = await sue.request("POST", "/api/v1/imports", {"file": file, "plan": seen["plan"]})
    assert answer.status == 202
    status = (await sue.request("GET", f"/api/v1/imports/{answer.json['id']}")).json
    assert (status["state"], status["file"], status["created"], status["refused"]) == ("done", "list.csv", 1, 2)
    assert (await sue.request("GET", "/api/v1/customers?find=C2")).json["items"][0]["name"] == "张伟"
    assert spooled(server) == []  # an import that has ended needs its file no more
    undone = await sue.request("POST", f"/api/v1/imports/{status['id']}/undo")
    assert undone.status == 202
    assert (await sue.request("GET", f"/api/v1/imports/{status['id']}")).json["state"] == "undone"
    assert (await sue.request("GET", "/api/v1/customers?find=C2")).json["items"] == []
    twice = await sue.request("POST", f"/api/v1/imports/{status['id']}/undo")
    assert (twice.status, twice.json["code"]) == (409, "import_not_undoable")


async def test_refused_rows_are_a_file_that_no_spreadsheet_computes(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    status = await imported(sue)
    rows = (await sue.request("GET", f"/api/v1/imports/{status['id']}/refused")).json["items"]
    assert [(row["line"], row["problems"][0]["code"]) for row in rows] == [(2, "formula"), (4, "bad_number")]
    answer = await sue.request("GET", f"/api/v1/imports/{status['id']}/refused.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="refused-{status["id"]}.csv"'
    assert answer.text.lstrip("\ufeff").splitlines() == [
        "Code,Name,Phone,Note,line,why",
        "C1,Mei Lin,2025550101,'=1+1,2,Note: A formula; give its value.",
        "C3,Nobody,call me,,4,Phone: No telephone number.",
    ]


async def test_refused_rows_of_others_show_no_field_that_one_may_not_see() -> None:
    plan = HOUSE.model_copy(update={"hidden": {"supervisor": ("credit_limit",)}})
    content = 'Code,Name,Phone,Credit limit\nC1,Mei Lin,call me,"4,711.00"\nC2,4711\n"C3,4711\n'
    async with desktop_server(plan=plan) as server:
        adam, sue = await server.signed_in("adam"), await server.signed_in("sue")
        status = await imported(adam, content)
        for who in (adam, sue):
            rows = (await who.request("GET", f"/api/v1/imports/{status['id']}/refused")).json["items"]
            told = [row["cells"] for row in rows]
            told += [(await who.request("GET", f"/api/v1/imports/{status['id']}/refused.csv")).text]
            assert len(rows) == 3
            assert ("711" in str(told)) == (who is adam)
            assert "Mei Lin" in str(told)


async def test_a_file_is_for_its_sender_alone(server: DesktopServer) -> None:
    sue, adam = await server.signed_in("sue"), await server.signed_in("adam")
    file, seen = await looked_at(sue)
    for method, path, body in (
        ("POST", f"/api/v1/imports/files/{file}/preview", {"plan": None}),
        ("POST", "/api/v1/imports", {"file": file, "plan": seen["plan"]}),
        ("DELETE", f"/api/v1/imports/files/{file}", None),
    ):
        answer = await adam.request(method, path, body)
        assert (answer.status, answer.json["code"]) == (404, "unknown_file")
    assert (await sue.request("DELETE", f"/api/v1/imports/files/{file}")).status == 204
    assert spooled(server) == []


async def test_a_files_name_is_shown_and_never_a_path(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    answer = await send(sue, FILE.encode(), name="..%2F..%2Fetc%2Fpass%00wd.csv")
    assert answer.json["name"] == "passwd.csv"
    assert spooled(server) == [answer.json["file"]]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04 not a workbook", b"\n\n\n"])
async def test_what_is_no_table_is_said_in_both_languages(server: DesktopServer, content: bytes) -> None:
    sue = await server.signed_in("sue")
    file = (await send(sue, content)).json["file"]
    answer = await sue.request("POST", f"/api/v1/imports/files/{file}/preview", {"plan": None})
    assert answer.status == 422
    assert answer.json["code"].startswith("file_")
    assert answer.json["words"]["zh"]


async def test_a_file_that_is_too_large_leaves_nothing(server: DesktopServer, monkeypatch: pytest.MonkeyPatch) -> None:
    sue = await server.signed_in("sue")
    monkeypatch.setattr(spool, "LARGEST_FILE", 1_000)
    answer = await send(sue, b"x" * 2_000)
    assert (answer.status, answer.json["code"]) == (413, "file_too_large")
    assert spooled(server) == []


async def test_a_file_may_be_larger_than_what_other_addresses_take(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    content = b"Name\n" + b"Mei Lin\n" * 100_000
    answer = await send(sue, content)
    assert (answer.status, answer.json["size"]) == (201, len(content))


def test_what_an_earlier_server_left_is_removed_but_for_what_an_import_reads(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for name, hours in (("a" * 32, 1), ("b" * 32, 25), (f"{'c' * 32}.csv", 0), (f".{'d' * 32}.xlsx.part", 0)):
        file = tmp_path / name
        file.touch()
        at = (now - timedelta(hours=hours)).timestamp()
        os.utime(file, (at, at))
    spool.Spool(tmp_path, lambda: now).open()
    assert [file.name for file in tmp_path.iterdir()] == ["a" * 32]


async def test_what_is_old_goes_though_nobody_asks_for_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_desktop.web.app.TIDY_EVERY", 0.01)
    async with desktop_server() as server:
        sue = await server.signed_in("sue")
        await send(sue, FILE.encode())
        await exported(sue)
        left = server.spool / ("e" * 32)  # by an import that was killed
        left.touch()
        old = (server.clock.utc() - timedelta(hours=1)).timestamp()
        os.utime(left, (old, old))
        assert len(spooled(server)) == 3
        server.clock.advance(24 * 3_600 + 60)
        async with asyncio.timeout(5):
            while spooled(server):
                await asyncio.sleep(0.01)


async def test_a_file_is_taken_in_once_and_not_discarded_meanwhile(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    file, seen = await looked_at(sue)
    begin = {"file": file, "plan": seen["plan"]}
    answers = await asyncio.gather(
        sue.request("POST", "/api/v1/imports", begin),
        sue.request("POST", "/api/v1/imports", begin),
        sue.request("DELETE", f"/api/v1/imports/files/{file}"),
    )
    assert sorted(answer.status for answer in answers) == [202, 404, 404]
    assert [one["state"] for one in (await sue.request("GET", "/api/v1/imports")).json["items"]] == ["done"]


async def test_an_export_that_waited_long_can_be_fetched_when_it_is_done(tmp_path: Path) -> None:
    """Its time begins when it has ended."""
    now, goes_on = datetime(2026, 1, 5, tzinfo=UTC), asyncio.Event()

    class Slow(Exports):
        async def write(self, file: Path, *_: object, told: object = None) -> int:
            await goes_on.wait()
            file.touch()
            return 1

    folder = spool.Spool(tmp_path, lambda: now)
    desk = ExportDesk(Slow(), folder, lambda: now)
    export = desk.begin(FileFormat.CSV, "", SAM)
    assert export is not None
    work = asyncio.create_task(desk.run())
    await asyncio.sleep(0)
    now += timedelta(hours=2)
    goes_on.set()
    async with asyncio.timeout(5):
        while export.state != "done":
            await asyncio.sleep(0)
    assert desk.of(SAM.person) == [export]
    now += timedelta(hours=2)
    assert desk.of(SAM.person) == []
    work.cancel()


async def test_a_form_is_no_file(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    answer = await send(sue, b"a=b", kind="application/x-www-form-urlencoded")
    assert (answer.status, answer.json["code"]) == (415, "not_a_file")


async def test_one_person_keeps_a_few_files_only(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    for _ in range(spool.MOST_OF_ONE + 3):
        await send(sue, FILE.encode())
        server.clock.advance(1)
    assert len(spooled(server)) == spool.MOST_OF_ONE


async def test_a_file_of_which_nothing_more_comes_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "PATIENCE", 0.01)

    async def stops() -> AsyncIterator[bytes]:
        yield b"Name\n"
        await asyncio.Event().wait()

    with pytest.raises(spool.Stalled):
        await spool.Spool(tmp_path, lambda: datetime.now(UTC)).take(stops(), person="sue", name="x")
    assert not list(tmp_path.iterdir())


async def test_one_person_sends_a_few_files_at_once_only(tmp_path: Path) -> None:
    folder = spool.Spool(tmp_path, lambda: datetime.now(UTC))
    goes_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        await goes_on.wait()
        yield b"Name\n"

    sending = [asyncio.create_task(folder.take(slow(), person="sue", name="x")) for _ in range(spool.MOST_OF_ONE)]
    await asyncio.sleep(0)
    with pytest.raises(spool.TooMany):
        await folder.take(slow(), person="sue", name="x")
    goes_on.set()
    assert (await folder.take(slow(), person="adam", name="x")).size == 5
    await asyncio.gather(*sending)
    assert (await folder.take(slow(), person="sue", name="x")).size == 5
    assert len(list(tmp_path.iterdir())) == spool.MOST_OF_ONE + 1


async def test_an_import_that_does_not_run_cannot_be_stopped(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    status = await imported(sue)
    answer = await sue.request("POST", f"/api/v1/imports/{status['id']}/cancel")
    assert (answer.status, answer.json["code"]) == (409, "import_not_running")
    assert [one["id"] for one in (await sue.request("GET", "/api/v1/imports")).json["items"]] == [status["id"]]
    for path in ("none", "none/refused", "none/refused.csv"):
        assert (await sue.request("GET", f"/api/v1/imports/{path}")).status == 404


# -- out --------------------------------------------------------------------------------------------------------


async def exported(browser: Browser, **wanted: str) -> dict[str, Any]:
    begun = await browser.request("POST", "/api/v1/exports", {"format": "csv", "find": "", **wanted})
    assert begun.status == 202, begun.text
    async with asyncio.timeout(5):
        while True:
            (one, *_) = (await browser.request("GET", "/api/v1/exports")).json["items"]
            if one["state"] in ("done", "failed"):
                status: dict[str, Any] = one
                return status
            await asyncio.sleep(0.02)


async def test_what_is_written_out_is_what_the_role_may_see(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    name = "=HYPERLINK(A1)"
    await sue.request("POST", "/api/v1/customers", {"fields": {"name": name, "tax_number": "DE 811"}})
    await sue.request("POST", "/api/v1/customers", {"fields": {"name": "Mei Lin"}})
    one = await exported(sue, find="mei")
    assert (one["state"], one["rows"]) == ("done", 1)
    one = await exported(sue)
    answer = await sue.request("GET", f"/api/v1/exports/{one['export']}/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
    assert f"'{name}" in answer.text
    assert "DE 811" in answer.text
    assert one["size"] == len(answer.text.encode())


async def test_an_export_is_for_who_asked_and_goes_when_removed_or_old(server: DesktopServer) -> None:
    sue, adam = await server.signed_in("sue"), await server.signed_in("adam")
    one = await exported(sue)
    assert (await adam.request("GET", f"/api/v1/exports/{one['export']}/file")).status == 404
    assert (await adam.request("GET", "/api/v1/exports")).json["items"] == []
    assert (await sue.request("DELETE", f"/api/v1/exports/{one['export']}")).status == 204
    assert spooled(server) == []
    await exported(sue)
    server.clock.advance(3_700)
    assert (await sue.request("GET", "/api/v1/exports")).json["items"] == []
    assert spooled(server) == []


async def test_one_person_has_a_few_exports_only(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    for _ in range(5):
        await exported(sue)
    answer = await sue.request("POST", "/api/v1/exports", {"format": "csv", "find": ""})
    assert (answer.status, answer.json["code"]) == (409, "too_many_exports")
