"""Everything about one person over HTTP: out, held, away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.desktop_server import Browser, DesktopServer


async def somebody(browser: Browser) -> str:
    fields = {"name": "Zebedee Quillfeather", "numbers": [{"number": "2025550177", "label": "home", "shared": False}]}
    answer = await browser.request("POST", "/api/v1/customers", {"fields": fields})
    customer: str = answer.json["record"]["customer"]
    return customer


async def erase(browser: Browser, customer: str, reason: str = "asked in writing") -> Any:
    return await browser.request("POST", f"/api/v1/customers/{customer}/erasure", {"reason": reason})


async def test_all_about_a_person_is_a_file(server: DesktopServer) -> None:
    adam = await server.signed_in("adam")
    customer = await somebody(adam)
    answer = await adam.request("GET", f"/api/v1/customers/{customer}/person")
    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="person.json"'
    assert "Quillfeather" in answer.text
    assert "+12025550177" in answer.text


async def test_who_is_erased_is_nowhere_and_the_proof_says_nothing_of_him(
    server: DesktopServer, capsys: pytest.CaptureFixture[str]
) -> None:
    adam = await server.signed_in("adam")
    customer = await somebody(adam)
    answer = await erase(adam, customer)
    assert answer.status == 200, answer.text
    assert answer.json["by"] == "adam"
    assert "uillfeather" not in answer.text
    assert customer not in answer.text
    assert (await adam.request("GET", f"/api/v1/customers/{customer}")).status == 404
    assert (await adam.request("GET", "/api/v1/customers?find=quillfeather")).json["items"] == []
    said = capsys.readouterr()
    assert "person erased" in said.out + said.err
    assert "uillfeather" not in said.out + said.err


async def test_nothing_is_erased_under_a_legal_hold(server: DesktopServer) -> None:
    adam = await server.signed_in("adam")
    customer = await somebody(adam)
    path = f"/api/v1/customers/{customer}"
    assert (await adam.request("PUT", f"{path}/hold", {"reason": "Case 7/26", "until": "2030-12-31"})).status == 204
    hold = (await adam.request("GET", path)).json["record"]["hold"]
    assert (hold["reason"], hold["until"], hold["by"]) == ("Case 7/26", "2030-12-31", "adam")
    answer = await erase(adam, customer)
    assert (answer.status, answer.json["code"]) == (409, "erase_on_hold")
    assert answer.json["words"]["zh"]
    assert (await adam.request("DELETE", f"{path}/hold")).status == 204
    assert (await erase(adam, customer)).status == 200


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 201}, {"reason": "x", "until": None, "by": "eve"}]
)
async def test_an_erasure_has_a_reason(server: DesktopServer, body: object) -> None:
    adam = await server.signed_in("adam")
    customer = await somebody(adam)
    answer = await adam.request("POST", f"/api/v1/customers/{customer}/erasure", body)
    assert (answer.status, answer.json["code"]) == (400, "invalid_body")
    assert (await adam.request("GET", f"/api/v1/customers/{customer}")).status == 200


async def test_who_is_not_there_is_neither_exported_nor_held_nor_erased(server: DesktopServer) -> None:
    adam = await server.signed_in("adam")
    for method, what, body in (
        ("GET", "person", None),
        ("PUT", "hold", {"reason": "x", "until": None}),
        ("DELETE", "hold", None),
        ("POST", "erasure", {"reason": "x"}),
    ):
        answer = await adam.request(method, f"/api/v1/customers/nobody/{what}", body)
        assert answer.status == 404, (what, answer.text)
