"""What happened with a customer, over HTTP: pages, filters, words, one interaction's story, notes, dealings."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.api.calls import CallDirection
from callcenter.api.card import DealingKind, Medium
from callcenter.api.records import Reader, Role
from callcenter.api.timeline import NewInteraction
from tests.support.dealings import dealing
from tests.support.desktop_server import Browser, DesktopServer
from tests.support.floor_samples import uuid

SUE = Reader(person="sue", role=Role.SUPERVISOR)


async def customer(browser: Browser, name: str = "Mei Lin") -> str:
    answer = await browser.request("POST", "/api/v1/customers", {"fields": {"name": name}})
    found: str = answer.json["record"]["customer"]
    return found


async def mail(server: DesktopServer, number: int, whose: str | None, **fields: Any) -> str:
    at = int(server.now.timestamp() * 1000) - 60_000 * (100 - number)
    made: dict[str, Any] = {
        "interaction": uuid(number),
        "medium": Medium.MAIL,
        "direction": CallDirection.IN,
        "customer": whose,
        "started_at": at,
        "ended_at": at + 1_000,
        "queue": "support",
        "agent": "anna",
        "outcome": "handled",
        "address": "mei@example.org",
        "subject": f"Letter {number}",
        "disposition": None,
        "note": "",
        "payload": {},
    }
    await server.masters.timeline.add(NewInteraction(**(made | fields)))
    return uuid(number)


async def test_a_timeline_comes_page_by_page_newest_first(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    whose = await customer(anna)
    written = [await mail(server, number, whose) for number in range(1, 8)]
    seen: list[str] = []
    query = "limit=3"
    while True:
        page = (await anna.request("GET", f"/api/v1/customers/{whose}/timeline?{query}")).json
        seen += [one["interaction"] for one in page["items"]]
        if page["cursor"] is None:
            break
        query = f"limit=3&cursor={page['cursor']}"
    assert seen == written[::-1]
    shown = (await anna.request("GET", f"/api/v1/customers/{whose}")).json
    assert [one["interaction"] for one in shown["history"]] == written[::-1]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("text=router", [2]),
        ("text=路由器", [3]),
        ("queue=sales", [2]),
        ("outcome=abandoned", [3]),
        ("medium=call", []),
        ("agent=ben", [1]),
        ("queue=&text=", [3, 2, 1]),  # empty: not asked for
    ],
)
async def test_a_timeline_is_filtered(server: DesktopServer, query: str, places: list[int]) -> None:
    anna = await server.signed_in("anna")
    whose = await customer(anna)
    await mail(server, 1, whose, agent="ben")
    await mail(server, 2, whose, queue="sales", note="The router drops")
    await mail(server, 3, whose, outcome="abandoned", note="路由器断线")
    page = (await anna.request("GET", f"/api/v1/customers/{whose}/timeline?{query}")).json
    assert [one["interaction"] for one in page["items"]] == [uuid(place) for place in places]


@pytest.mark.parametrize("query", ["medium=pigeon", "since=yesterday", f"text={'x' * 300}", "queue=%27--", "limit=0"])
async def test_a_wrong_filter_is_said_without_its_value(server: DesktopServer, query: str) -> None:
    anna = await server.signed_in("anna")
    answer = await anna.request("GET", f"/api/v1/customers/c/timeline?{query}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_query")
    assert "yesterday" not in answer.text


async def test_interactions_of_all_are_searched(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    whose = await customer(sue)
    await mail(server, 1, whose, note="about a broken router")
    await mail(server, 2, None, note="nothing of the kind")
    (entry,) = (await sue.request("GET", "/api/v1/interactions?text=router")).json["items"]
    assert (entry["interaction"], entry["customer_name"]) == (uuid(1), "Mei Lin")


async def test_a_note_is_completed_and_found(server: DesktopServer) -> None:
    anna, ben = await server.signed_in("anna"), await server.signed_in("ben")
    whose = await customer(anna)
    await mail(server, 1, whose, note="asked for a call back")
    path = f"/api/v1/interactions/{uuid(1)}"
    answer = await ben.request("POST", f"{path}/notes", {"text": "called back, <b>done</b>"})
    assert answer.status == 201
    assert [(one["by_name"], one["text"]) for one in answer.json["notes"]] == [
        ("Anna", "asked for a call back"),
        ("Ben", "called back, <b>done</b>"),
    ]
    page = (await anna.request("GET", f"/api/v1/customers/{whose}/timeline?text=done")).json
    assert [one["interaction"] for one in page["items"]] == [uuid(1)]
    assert (await ben.request("POST", f"{path}/notes", {"text": "  \n "})).status == 400


async def test_an_unknown_callers_interaction_is_given_to_a_customer(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    whose = await customer(anna)
    await mail(server, 1, None)
    path = f"/api/v1/interactions/{uuid(1)}"
    assert (await anna.request("PUT", f"{path}/customer", {"customer": whose})).status == 204
    assert (await anna.request("GET", path)).json["entry"]["customer_name"] == "Mei Lin"
    assert (await anna.request("PUT", f"{path}/customer", {"customer": "nobody"})).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/api/v1/interactions/{uuid(9)}", None),
        ("POST", f"/api/v1/interactions/{uuid(9)}/notes", {"text": "x"}),
        ("PUT", f"/api/v1/interactions/{uuid(9)}/customer", {"customer": None}),
        ("PUT", f"/api/v1/dealings/{uuid(9)}/state", {"state": "kept"}),
    ],
)
async def test_what_is_not_there_is_not_found(server: DesktopServer, method: str, path: str, body: object) -> None:
    anna = await server.signed_in("anna")
    answer = await anna.request(method, path, body)
    assert (answer.status, answer.json["code"][:8]) == (404, "unknown_")


async def test_a_promise_is_seen_and_settled(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    whose = await customer(anna)
    promise = dealing(
        uuid(5), DealingKind.PROMISE, title="Send the invoice again", opened_on="2025-12-20", due_on="2026-01-02"
    )
    await server.masters.dealings.put(whose, promise, SUE)
    page = (await anna.request("GET", f"/api/v1/customers/{whose}")).json
    assert [alert["kind"] for alert in page["alerts"]] == ["promise_overdue"]
    assert (await anna.request("PUT", f"/api/v1/dealings/{uuid(5)}/state", {"state": "paid"})).status == 404
    answer = await anna.request("PUT", f"/api/v1/dealings/{uuid(5)}/state", {"state": "kept"})
    assert (answer.json["state"], answer.json["open"]) == ("kept", False)
    (seen,) = (await anna.request("GET", f"/api/v1/customers/{whose}/dealings?kind=promise")).json["items"]
    assert seen["state"] == "kept"
    assert (await anna.request("GET", f"/api/v1/customers/{whose}/dealings?kind=gift")).status == 400
