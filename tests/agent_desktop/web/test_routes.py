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


async def test_what_a_pop_shows_can_be_read_again(server: DesktopServer) -> None:
    server.records.cards["c-1"] = samples.customer(interactions=45)
    browser = await server.signed_in("anna")
    card = (await browser.request("GET", "/api/v1/customers/c-1/card")).json
    assert card["name"] == samples.customer(interactions=45).name
    assert len(card["history"]) == 5
    assert (await browser.request("GET", "/api/v1/customers/nobody/card")).status == 404


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
