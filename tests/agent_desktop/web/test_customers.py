"""Customers over HTTP: found, read, changed by several at once, joined and taken apart; hostile input loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from callcenter.storage.database import RecordsFailure
from tests.support.desktop_server import Browser, DesktopServer

SHARED = "+12025550100"
HOSTILE_NAME = '<img src=x onerror="alert(1)"> & "Söhne" =1+1'


def number(text: str, *, shared: bool = False) -> JsonValue:
    return {"number": text, "label": "mobile", "shared": shared}


async def make(browser: Browser, **fields: JsonValue) -> dict[str, Any]:
    answer = await browser.request("POST", "/api/v1/customers", {"fields": {"name": "Mei Lin", **fields}})
    assert answer.status == 201, answer.text
    record: dict[str, Any] = answer.json["record"]
    return record


async def change(browser: Browser, record: dict[str, Any], **changes: JsonValue) -> Any:
    body = {"version": record["version"], "changes": changes}
    return await browser.request("PATCH", f"/api/v1/customers/{record['customer']}", body)


async def found(browser: Browser, query: str) -> list[str]:
    answer = await browser.request("GET", f"/api/v1/customers?{query}")
    assert answer.status == 200, answer.text
    return [match["customer"] for match in answer.json["items"]]


# -- finding and reading ----------------------------------------------------------------------------------------


async def test_a_customer_is_made_found_and_read(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    made = await make(anna, numbers=[number("(202) 555-0101")], mails=[])
    for query in ("find=mei", "find=2025550101", f"find={made['fields']['account']}", "number=%2B12025550101"):
        assert await found(anna, query) == [made["customer"]]
    page = (await anna.request("GET", f"/api/v1/customers/{made['customer']}")).json
    assert page["record"]["fields"]["numbers"][0]["number"] == "+12025550101"
    assert (page["alerts"], page["history"], page["merges"], page["duplicates"]) == ([], [], [], 0)


async def test_full_width_digits_are_a_number_too(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    made = await make(anna, numbers=[number("２０２５５５０１０１")])
    assert made["fields"]["numbers"][0]["number"] == "+12025550101"
    assert await found(anna, "find=２０２－５５５－０１０１") == [made["customer"]]


async def test_names_are_data_whatever_they_hold(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    made = await make(anna, name=HOSTILE_NAME)
    assert made["fields"]["name"] == HOSTILE_NAME
    answer = await anna.request("GET", f"/api/v1/customers/{made['customer']}")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json["record"]["fields"]["name"] == HOSTILE_NAME


async def test_everybody_who_shares_a_number_comes_page_by_page(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    for place in range(45):
        await make(anna, name=f"Flat {place}", numbers=[number(SHARED, shared=True)])
    seen: list[str] = []
    cursor = ""
    while True:
        answer = await anna.request("GET", f"/api/v1/customers?number=%2B12025550100&limit=20{cursor}")
        seen += [match["customer"] for match in answer.json["items"]]
        if answer.json["cursor"] is None:
            break
        cursor = f"&cursor={answer.json['cursor']}"
    assert len(seen) == len(set(seen)) == 45


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "limit=1e2", f"cursor={'x' * 500}", f"find={'x' * 300}", "number=anonymous"],
)
async def test_a_wrong_query_is_said(server: DesktopServer, query: str) -> None:
    anna = await server.signed_in("anna")
    answer = await anna.request("GET", f"/api/v1/customers?{query}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_query")


@pytest.mark.parametrize("find", ["%00", "%ED%A0%80", "'%20OR%201=1--", '"*', "%25", "NEAR(a%20b)"])
async def test_hostile_words_find_nobody(server: DesktopServer, find: str) -> None:
    anna = await server.signed_in("anna")
    await make(anna)
    assert await found(anna, f"find={find}") == []


async def test_who_is_not_there_is_not_found(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    for method, path, body in (
        ("GET", "/api/v1/customers/nobody", None),
        ("PATCH", "/api/v1/customers/nobody", {"version": 1, "changes": {}}),
        ("POST", "/api/v1/customers/nobody/relations", {"kind": "employee", "other": "nobody-else"}),
        ("POST", "/api/v1/customers/nobody/apart", {"other": "nobody-else"}),
        ("DELETE", "/api/v1/relations/none", None),
        ("DELETE", "/api/v1/merges/none", None),
    ):
        answer = await anna.request(method, path, body)
        assert answer.status == 404, (path, answer.text)
        assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_a_role_does_not_see_and_cannot_change_what_is_hidden_from_it(server: DesktopServer) -> None:
    sue, anna = await server.signed_in("sue"), await server.signed_in("anna")
    made = await make(sue, tax_number="DE 811 907 980", credit_limit=500_000)
    record = (await anna.request("GET", f"/api/v1/customers/{made['customer']}")).json["record"]
    assert record["fields"]["tax_number"] == ""
    assert "811 907" not in (await anna.request("GET", f"/api/v1/customers/{made['customer']}/changes")).text
    assert set(record["hidden"]) == {"credit_limit", "tax_number"}
    answer = await change(anna, record, tax_number="DE 1")
    assert [one["code"] for one in answer.json["problems"]] == ["hidden"]


# -- changing ---------------------------------------------------------------------------------------------------


async def test_two_who_change_different_fields_both_succeed(server: DesktopServer) -> None:
    anna, ben = await server.signed_in("anna"), await server.signed_in("ben")
    record = await make(anna)
    assert (await change(anna, record, remark="rings twice")).status == 200
    answer = await change(ben, record, industry="Bakery")
    assert answer.status == 200
    assert answer.json["record"]["fields"]["remark"] == "rings twice"


async def test_a_conflict_has_all_three_values_and_changes_nothing(server: DesktopServer) -> None:
    anna, ben = await server.signed_in("anna"), await server.signed_in("ben")
    record = await make(anna, remark="")
    assert (await change(anna, record, remark="hers")).status == 200
    answer = await change(ben, record, remark="his", industry="Bakery")
    assert (answer.status, answer.json["code"]) == (409, "edit_conflict")
    conflict = answer.json["conflict"]
    (field,) = conflict["conflicts"]
    assert (field["field"], field["base"], field["theirs"], field["mine"]) == ("remark", "", "hers", "his")
    assert field["by_name"] == "Anna"
    assert conflict["mine"] == {"remark": "his", "industry": "Bakery"}
    assert conflict["record"]["fields"]["industry"] == ""
    again = {"version": conflict["record"]["version"], "customer": record["customer"]}
    assert (await change(ben, again, **conflict["mine"])).json["record"]["fields"]["remark"] == "his"
    history = (await ben.request("GET", f"/api/v1/customers/{record['customer']}/changes")).json["items"]
    remarks = [(one["by"], one["before"], one["after"]) for one in history if one["field"] == "remark"]
    assert remarks == [("ben", "hers", "his"), ("anna", "", "hers")]


async def test_a_conflict_over_nothing_says_so_with_null(server: DesktopServer) -> None:
    anna, ben = await server.signed_in("anna"), await server.signed_in("ben")
    record = await make(anna)
    assert (await change(anna, record, birthday="1980-02-29")).status == 200
    (field,) = (await change(ben, record, birthday="1981-01-01")).json["conflict"]["conflicts"]
    assert "base" in field
    assert field["base"] is None


async def test_what_cannot_be_stored_is_said_field_by_field(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    other = await make(anna, name="First", numbers=[number("2025550101")])
    record = await make(anna)
    answer = await change(
        anna, record, numbers=[number("2025550101")], birthday="31.02.2026", tier="platinum", nonsense=1
    )
    assert (answer.status, answer.json["code"]) == (422, "refused_values")
    codes = {one["field"]: one["code"] for one in answer.json["problems"]}
    assert codes["nonsense"] == "unknown_field"
    answer = await change(anna, record, numbers=[number("2025550101")])
    (problem,) = answer.json["problems"]
    assert (problem["code"], problem["other"]["customer"]) == ("number_taken", other["customer"])
    assert problem["text"]["zh"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": "1", "changes": {}},
        {"version": 1, "changes": []},
        {"version": 1, "changes": {}, "role": "administrator"},
        {"version": 1, "changes": {"x" * 100: 1}},
        {"version": -1, "changes": {}},
    ],
)
async def test_a_body_of_another_shape_is_refused_without_its_values(server: DesktopServer, body: object) -> None:
    anna = await server.signed_in("anna")
    record = await make(anna)
    answer = await anna.request("PATCH", f"/api/v1/customers/{record['customer']}", body)
    assert (answer.status, answer.json["code"]) == (400, "invalid_body")


async def test_a_long_body_is_refused(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    answer = await anna.request("POST", "/api/v1/customers", {"fields": {"name": "x", "remark": "x" * 70_000}})
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


async def test_a_foreign_page_changes_nothing(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    record = await make(anna)
    anna.origin = "https://evil.example"
    assert (await change(anna, record, name="Owned")).json["code"] == "foreign_origin"
    assert (await anna.request("DELETE", "/api/v1/merges/x")).json["code"] == "foreign_origin"


async def test_when_the_records_are_away_it_is_said_and_no_value_is_logged(
    server: DesktopServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise RecordsFailure("looking for customers: database is locked", retryable=True)

    anna = await server.signed_in("anna")
    monkeypatch.setattr(server.masters.master, "find", away)
    answer = await anna.request("GET", "/api/v1/customers?find=Sommerfeld")
    assert (answer.status, answer.json["code"], answer.json["retry_after"]) == (503, "records_away", 5)
    said = capsys.readouterr()
    assert "Sommerfeld" not in said.out + said.err


# -- relations --------------------------------------------------------------------------------------------------


async def test_two_customers_belong_together_and_do_not_any_more(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    person, firm = await make(anna), await make(anna, name="Bakery Ltd", kind="company")
    body = {"kind": "employee", "other": firm["customer"]}
    answer = await anna.request("POST", f"/api/v1/customers/{person['customer']}/relations", body)
    assert answer.status == 201
    (seen,) = (await anna.request("GET", f"/api/v1/customers/{firm['customer']}")).json["relations"]
    assert (seen["forward"], seen["other"]["customer"]) == (False, person["customer"])
    assert (await anna.request("DELETE", f"/api/v1/relations/{seen['relation']}")).status == 204
    assert (await anna.request("GET", f"/api/v1/customers/{firm['customer']}")).json["relations"] == []


# -- duplicates -------------------------------------------------------------------------------------------------


async def twins(browser: Browser) -> tuple[dict[str, Any], dict[str, Any]]:
    one = await make(browser, birthday="1980-05-05", remark="first")
    other = await make(browser, birthday="1980-05-05", remark="second")
    return one, other


async def test_duplicates_are_suggested_merged_and_taken_apart(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    one, other = await twins(anna)
    path = f"/api/v1/customers/{one['customer']}"
    (suggestion,) = (await anna.request("GET", f"{path}/duplicates")).json["items"]
    assert {suggestion["one"]["customer"], suggestion["other"]["customer"]} == {one["customer"], other["customer"]}
    assert len((await anna.request("GET", "/api/v1/duplicates")).json["items"]) == 1
    preview = (await anna.request("GET", f"{path}/merge_preview?with={other['customer']}")).json
    assert "remark" in {choice["field"] for choice in preview["choices"]}
    body = {
        "version": one["version"],
        "merged": other["customer"],
        "merged_version": other["version"],
        "takes": {"remark": "merged"},
    }
    merged = await anna.request("POST", f"{path}/merges", body)
    assert merged.status == 201
    assert merged.json["record"]["fields"]["remark"] == "second"
    # Whoever has the old address, such as a call that was identified before, is shown what the customer has become.
    page = (await anna.request("GET", f"/api/v1/customers/{other['customer']}")).json
    assert (page["record"]["customer"], page["asked_for"]) == (one["customer"], other["customer"])
    again = await anna.request("POST", f"{path}/merges", body)
    assert (again.status, again.json["code"]) == (409, "merge_merged_already")
    assert again.json["words"]["zh"]
    apart = await anna.request("DELETE", f"/api/v1/merges/{merged.json['merge']['merge']}")
    assert apart.status == 200
    assert apart.json["merged"]["fields"]["remark"] == "second"
    twice = await anna.request("DELETE", f"/api/v1/merges/{merged.json['merge']['merge']}")
    assert (twice.status, twice.json["code"]) == (409, "merge_undone_already")


async def test_a_merge_of_what_somebody_changed_meanwhile_is_refused(server: DesktopServer) -> None:
    anna, ben = await server.signed_in("anna"), await server.signed_in("ben")
    one, other = await twins(anna)
    await change(ben, other, remark="changed")
    body = {"version": one["version"], "merged": other["customer"], "merged_version": other["version"], "takes": {}}
    answer = await anna.request("POST", f"/api/v1/customers/{one['customer']}/merges", body)
    assert (answer.status, answer.json["code"]) == (409, "merge_changed")


async def test_a_customer_cannot_be_merged_with_itself(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    one = await make(anna)
    path = f"/api/v1/customers/{one['customer']}"
    assert (await anna.request("GET", f"{path}/merge_preview?with={one['customer']}")).status == 409
    body = {"version": 1, "merged": one["customer"], "merged_version": 1, "takes": {}}
    assert (await anna.request("POST", f"{path}/merges", body)).json["code"] == "merge_same"


async def test_who_is_kept_apart_is_not_suggested_again(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    one, other = await twins(anna)
    path = f"/api/v1/customers/{one['customer']}"
    assert (await anna.request("POST", f"{path}/apart", {"other": other["customer"]})).status == 204
    assert (await anna.request("GET", f"{path}/duplicates")).json["items"] == []
