"""The REST addresses that are not about signing in."""

from __future__ import annotations

import asyncio

import pytest

from agent_desktop.web.app import FEED
from agent_desktop.web.bodies import Label, LabelCatalogue
from agent_desktop.web.words import Words
from callcenter.api.messages import ConfigurationReport
from tests.support import floor_samples as samples
from tests.support.desktop_server import DesktopServer, desktop_server


async def test_history_is_read_page_by_page_newest_first(server: DesktopServer) -> None:
    server.records.cards["c-1"] = samples.customer(interactions=45)
    browser = await server.signed_in("anna")
    seen: list[str] = []
    query = "?limit=20"
    while True:
        page = (await browser.request("GET", f"/api/v1/customers/c-1/interactions{query}")).json
        seen += [item["interaction"] for item in page["items"]]
        if page["before"] is None:
            break
        query = f"?limit=20&before={page['before']}"
    assert seen == [samples.uuid(number) for number in range(45, 0, -1)]


async def test_what_a_pop_shows_can_be_read_again(server: DesktopServer) -> None:
    server.records.cards["c-1"] = samples.customer(interactions=45)
    browser = await server.signed_in("anna")
    card = (await browser.request("GET", "/api/v1/customers/c-1/card")).json
    assert card["name"] == samples.customer(interactions=45).name
    assert len(card["history"]) == 5
    assert (await browser.request("GET", "/api/v1/customers/nobody/card")).status == 404


async def test_history_of_an_unknown_customer_is_empty(server: DesktopServer) -> None:
    browser = await server.signed_in("sue")
    answer = await browser.request("GET", "/api/v1/customers/nobody/interactions")
    assert answer.json == {"items": [], "before": None}


async def test_page_is_never_longer_than_a_hundred(server: DesktopServer) -> None:
    server.records.cards["c-1"] = samples.customer(interactions=150)
    browser = await server.signed_in("anna")
    page = (await browser.request("GET", "/api/v1/customers/c-1/interactions?limit=999")).json
    assert len(page["items"]) == 100


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=1e9",
        "limit=9999",
        "limit=١٢",
        "limit=",
        "before=x",
        "before=' OR 1=1--",
        "before=",
    ],
)
async def test_nonsense_in_the_query_is_refused(server: DesktopServer, query: str) -> None:
    browser = await server.signed_in("anna")
    answer = await browser.request("GET", f"/api/v1/customers/c-1/interactions?{query}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_query")


@pytest.mark.parametrize("customer", ["a%2fb", "x;y", "a'b", "x" * 65, "%00"])
async def test_customer_that_cannot_be_is_not_found(server: DesktopServer, customer: str) -> None:
    browser = await server.signed_in("anna")
    answer = await browser.request("GET", f"/api/v1/customers/{customer}/interactions")
    assert answer.status == 404


@pytest.mark.parametrize("person", ["anna", "sue", "adam"])
async def test_labels_are_told_in_every_language_to_everybody_at_work(server: DesktopServer, person: str) -> None:
    browser = await server.signed_in(person)
    answer = await browser.request("GET", "/api/v1/labels")
    assert answer.json.keys() == {"queues", "dispositions", "reasons"}
    assert answer.json["queues"]["support"] == {"en": "Support", "zh": "技术支持"}
    assert answer.json["reasons"]["paperwork"] == {"en": "Paperwork", "zh": "文书工作"}
    assert answer.json["dispositions"]["solved"] == {"en": "Solved", "zh": "已解决"}


async def test_labels_are_read_again_when_the_configuration_changes_and_pages_are_told_to_ask() -> None:
    """If they cannot be read, the old ones stay, and no page asks in vain."""
    renamed = samples.LABELS.model_copy(update={"queues": {"support": Label(en="Help", zh="帮助")}})
    found = [renamed, None]

    async def read() -> LabelCatalogue | None:
        return found.pop(0)

    async with desktop_server(words=Words(samples.LABELS, read)) as server:
        browser = await server.signed_in("sue")
        for left in (1, 0):
            taken = server.cti.snapshots_taken
            server.cti.report(ConfigurationReport())
            while server.cti.snapshots_taken == taken:
                await asyncio.sleep(0.01)
            assert len(found) == left
            answer = await browser.request("GET", "/api/v1/labels")
            assert answer.json["queues"]["support"] == {"en": "Help", "zh": "帮助"}
        assert server.app[FEED]._floor.link.words == 1


async def test_failure_of_the_records_is_a_problem_without_details(server: DesktopServer) -> None:
    browser = await server.signed_in("anna")
    server.accounts.down = True
    answer = await browser.request("GET", "/api/v1/me")
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert "fake" not in answer.text


async def test_wrong_method_says_which_are_right(server: DesktopServer) -> None:
    answer = await server.browser().request("PATCH", "/api/v1/me", {})
    assert (answer.status, answer.json["code"], answer.headers["Allow"]) == (405, "method_not_allowed", "GET")


async def test_health_is_answered_without_the_cti_server(server: DesktopServer) -> None:
    server.cti.up = False
    assert (await server.browser().request("GET", "/healthz")).text == "ok\n"
