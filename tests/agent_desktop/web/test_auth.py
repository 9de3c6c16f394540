"""Signing in and out, passwords, sessions."""

from __future__ import annotations

import asyncio

import pytest

from agent_desktop.web.guessing import PER_ACCOUNT, PER_ADDRESS
from tests.support.desktop_server import PASSWORD, DesktopServer


async def test_sign_in_opens_a_session_and_says_who(server: DesktopServer) -> None:
    browser = server.browser()
    answer = await browser.sign_in("anna")
    assert answer.json == {
        "person": "anna",
        "name": "Anna",
        "role": "agent",
        "agent": "anna",
        "language": "en",
        "must_change_password": False,
    }
    assert (await browser.request("GET", "/api/v1/me")).json == answer.json


async def test_name_may_be_typed_with_capitals_and_blanks(server: DesktopServer) -> None:
    assert (await server.browser().sign_in(" Anna ")).json["person"] == "anna"


async def test_cookie_cannot_be_read_by_scripts_nor_sent_by_foreign_pages(server: DesktopServer) -> None:
    cookie = (await server.browser().sign_in("anna")).headers["Set-Cookie"]
    assert cookie.startswith("__Host-callcenter=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"}


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("Anna'; --", PASSWORD)])
async def test_wrong_name_and_wrong_password_are_answered_alike(
    server: DesktopServer, name: str, password: str
) -> None:
    answer = await server.browser().sign_in(name, password)
    assert (answer.status, answer.json["code"]) == (401, "wrong_credentials")
    assert answer.json["detail"] == "unknown name or wrong password"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "anna",
        {},
        {"person": "anna"},
        {"person": "anna", "password": True},  # FreePBX, CVE-2019-19006
        {"person": "anna", "password": None},
        {"person": "anna", "password": ["x"]},
        {"person": "anna", "password": {"$ne": 1}},
        {"person": "anna", "password": ""},
        {"person": "anna", "password": "x" * 1025},
        {"person": "anna", "password": PASSWORD, "role": "administrator"},
    ],
)
async def test_malformed_sign_in_is_refused_without_repeating_what_was_sent(
    server: DesktopServer, body: object
) -> None:
    answer = await server.browser().request("POST", "/api/v1/session", body if body is not None else 0)
    assert (answer.status, answer.json["code"]) == (400, "invalid_body")
    assert PASSWORD not in answer.text
    assert server.accounts.verified == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_bodies_that_a_foreign_form_could_send_are_refused(server: DesktopServer, kind: str) -> None:
    answer = await server.browser().request("POST", "/api/v1/session", {}, **{"Content-Type": kind})
    assert (answer.status, answer.json["code"]) == (415, "not_json")


async def test_large_body_is_refused(server: DesktopServer) -> None:
    answer = await server.browser().request("POST", "/api/v1/session", {"person": "x" * 100_000})
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


async def test_session_of_before_the_sign_in_is_not_taken_over(server: DesktopServer) -> None:
    browser = server.browser()
    browser.cookie = planted = "A" * 43
    assert (await browser.sign_in("anna")).status == 200
    assert browser.cookie != planted
    first = browser.cookie
    assert (await browser.sign_in("anna")).status == 200
    assert browser.cookie != first
    browser.cookie = first
    assert (await browser.request("GET", "/api/v1/me")).status == 401


async def test_sign_out_ends_the_session_for_good(server: DesktopServer) -> None:
    browser = await server.signed_in("anna")
    kept = browser.cookie
    answer = await browser.request("DELETE", "/api/v1/session")
    assert answer.status == 204
    assert browser.cookie == ""
    browser.cookie = kept
    assert (await browser.request("GET", "/api/v1/me")).status == 401


# -- guessing ----------------------------------------------------------------------------------------------------


async def test_guesses_at_one_account_are_evaluated_ten_times_and_then_told_to_wait(server: DesktopServer) -> None:
    browser = server.browser()
    answers = await asyncio.gather(*(browser.sign_in("anna", f"guess {number}") for number in range(40)))
    assert server.accounts.verified == PER_ACCOUNT.amount == 10
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) == 30
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 15 * 60
    assert refused[0].json["retry_after"] == int(refused[0].headers["Retry-After"])
    assert refused[0].json["code"] == "too_many_attempts"


async def test_right_password_is_not_evaluated_either_while_guesses_are_refused(server: DesktopServer) -> None:
    browser = server.browser()
    for number in range(10):
        await browser.sign_in("anna", f"guess {number}")
    assert (await browser.sign_in("anna")).status == 429
    assert (await browser.sign_in("ANNA")).status == 429
    assert (await browser.sign_in("ben")).status == 200


async def test_guesses_from_one_address_at_many_accounts_end_too(server: DesktopServer) -> None:
    browser = server.browser()
    statuses = [(await browser.sign_in(f"name{number}", "123456")).status for number in range(PER_ADDRESS.amount + 20)]
    assert statuses.count(401) == PER_ADDRESS.amount
    assert set(statuses[PER_ADDRESS.amount :]) == {429}


async def test_another_address_in_a_header_is_not_believed(server: DesktopServer) -> None:
    browser = server.browser()
    body = {"person": "anna", "password": "no"}
    statuses = [
        (await browser.request("POST", "/api/v1/session", body, **{name: value.format(number)})).status
        for number in range(6)
        for name, value in (("X-Forwarded-For", "10.0.0.{}"), ("Forwarded", "for=10.0.0.{}"))
    ]
    assert statuses == [401] * 10 + [429] * 2


async def test_signing_in_often_with_the_right_password_is_no_guessing(server: DesktopServer) -> None:
    for _ in range(15):
        assert (await server.browser().sign_in("anna")).status == 200


# -- the first password ------------------------------------------------------------------------------------------


async def test_first_password_must_be_changed_before_anything_else(server: DesktopServer) -> None:
    browser = await server.signed_in("newcomer")
    assert (await browser.request("GET", "/api/v1/softphone")).json["code"] == "password_change_required"
    first = browser.cookie
    answer = await browser.request(
        "PUT", "/api/v1/me/password", {"current": PASSWORD, "new": "a better secret of mine"}
    )
    assert (answer.status, answer.json["must_change_password"]) == (200, False)
    assert browser.cookie != first
    assert (await browser.request("GET", "/api/v1/softphone")).status == 200
    assert (await server.browser().sign_in("newcomer")).status == 401
    assert (await server.browser().sign_in("newcomer", "a better secret of mine")).status == 200


async def test_changed_password_ends_the_persons_other_sessions(server: DesktopServer) -> None:
    here, there = await server.signed_in("anna"), await server.signed_in("anna")
    async with there.socket() as page:
        await page.frame()
        body = {"current": PASSWORD, "new": "a better secret of mine"}
        assert (await here.request("PUT", "/api/v1/me/password", body)).status == 200
        assert await page.closing() == "session_ended"
    assert (await there.request("GET", "/api/v1/me")).status == 401
    assert (await here.request("GET", "/api/v1/me")).status == 200


@pytest.mark.parametrize(
    ("current", "new", "status", "code"),
    [
        ("wrong", "a better secret of mine", 401, "wrong_credentials"),
        (PASSWORD, "short", 400, "invalid_body"),
        (PASSWORD, PASSWORD, 422, "weak_password"),
        (PASSWORD, "newcomer-2026", 422, "weak_password"),
    ],
)
async def test_password_is_changed_only_to_another_good_one(
    server: DesktopServer, current: str, new: str, status: int, code: str
) -> None:
    browser = await server.signed_in("newcomer")
    answer = await browser.request("PUT", "/api/v1/me/password", {"current": current, "new": new})
    assert (answer.status, answer.json["code"]) == (status, code)
    assert (await server.browser().sign_in("newcomer")).status == 200


# -- everybody's sessions ------------------------------------------------------------------------------------------


async def test_administrator_lists_sessions_and_ends_one(server: DesktopServer) -> None:
    adam, anna = await server.signed_in("adam"), await server.signed_in("anna")
    lines = (await adam.request("GET", "/api/v1/sessions")).json["items"]
    assert {(line["person"], line["current"]) for line in lines} == {("adam", True), ("anna", False)}
    assert anna.cookie not in str(lines)
    (hers,) = (line["session"] for line in lines if line["person"] == "anna")
    async with anna.socket() as page:
        await page.frame()
        assert (await adam.request("DELETE", f"/api/v1/sessions/{hers}")).status == 204
        assert await page.closing() == "session_ended"
    assert (await anna.request("GET", "/api/v1/me")).status == 401
    assert (await adam.request("DELETE", f"/api/v1/sessions/{hers}")).status == 204
