"""The pages' WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from callcenter.api import messages
from callcenter.api.messages import (
    AgentReport,
    AgentStateName,
    ContactReport,
    DesktopDismissed,
    Done,
    DropPromise,
    LinkLive,
    LinkReport,
    Outcome,
    QueueReport,
    Refused,
    Request,
)
from callcenter.api.records import Role
from callcenter.api.routing import ExplainRouting, RoutingAccount, RoutingExplained
from callcenter.api.shapes import Words
from tests.fakes.cti_client import FakeCtiClient
from tests.support import floor_samples as samples
from tests.support.desktop_server import SHORT, DesktopServer, desktop_server


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; the loop turns meanwhile."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def of_type(server: DesktopServer, kind: type[Request]) -> list[Request]:
    return [request for request in server.cti.requests if isinstance(request, kind)]


async def test_first_frame_is_a_snapshot_of_the_agents_own_view(server: DesktopServer) -> None:
    browser = await server.signed_in("anna")
    async with browser.socket() as page:
        frame = await page.frame()
        assert frame["type"] == "snapshot"
        assert frame["view"]["kind"] == "agent"
        await page.until("reasons", [{"name": "break", "label": "Break"}])
        assert page.view["me"]["agent"] == "anna"
        assert "agents" not in page.view
        assert page.view["my_queues"] == [{"queue": "support", "label": "Support", "waiting": 0, "longest_since": None}]


async def test_pop_is_written_to_the_one_agent_and_then_acknowledged(server: DesktopServer) -> None:
    anna, ben = await server.signed_in("anna"), await server.signed_in("ben")
    async with anna.socket() as hers, ben.socket() as his:
        await hers.until("reasons", [{"name": "break", "label": "Break"}])
        await his.until("reasons", [{"name": "break", "label": "Break"}])
        server.cti.report(ContactReport(agent="anna", contact=samples.contact()))
        frame = await hers.frame()
        assert frame["changed"] == ["contact"]
        assert frame["contact"]["customer"]["name"] == "Mei Lin 林美"
        await eventually(lambda: server.cti.offers_shown == ["offer-1"])
        await his.heartbeat()
        assert his.view["contact"] is None


async def test_pop_is_acknowledged_once_however_often_the_contact_changes(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        server.cti.report(ContactReport(agent="anna", contact=samples.contact()))
        await page.until("contact", json.loads(samples.contact().model_dump_json()))
        server.cti.report(ContactReport(agent="anna", contact=samples.contact(note="hm")))
        await page.until("contact", json.loads(samples.contact(note="hm").model_dump_json()))
        await page.heartbeat()
    assert server.cti.offers_shown == ["offer-1"]


async def test_vanished_offer_says_why(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        server.cti.report(ContactReport(agent="anna", contact=samples.contact()))
        server.cti.report(ContactReport(agent="anna", contact=None, gone="caller_gone"))
        await page.until("contact_gone", "caller_gone")
        assert page.view["contact"] is None


async def test_commands_go_to_the_cti_server_in_the_name_of_who_is_signed_in(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        assert (await page.command("agent.set_state", state="ready"))["ok"] is True
        note = {"interaction": samples.uuid(1), "note": "spoke with 林", "disposition": "solved"}
        assert (await page.command("contact.save_note", **note))["ok"] is True
        assert (await page.command("contact.complete", **note))["ok"] is True
        assert (await page.command("contact.extend_wrap_up", interaction=samples.uuid(1)))["ok"] is True
    asked = [request for request in server.cti.requests if not isinstance(request, messages.SignOn)]
    assert asked[0] == messages.SetState(agent="anna", state=AgentStateName.READY)
    assert [type(request) for request in asked[1:4]] == [
        messages.SaveNote,
        messages.CompleteContact,
        messages.ExtendWrapUp,
    ]
    assert {request.agent for request in asked if hasattr(request, "agent")} == {"anna"}


async def test_refusal_keeps_its_code(server: DesktopServer) -> None:
    server.cti.reply = lambda request: (
        Refused(code="state_incompatibility", message="no") if isinstance(request, messages.SetState) else Done()
    )
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        reply = await page.command("agent.set_state", state="ready")
        assert (reply["ok"], reply["code"], reply["id"]) == (False, "state_incompatibility", "c1")


async def test_command_for_another_agent_is_a_protocol_error(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.socket.send_json(
            {"id": "1", "command": {"type": "agent.set_state", "state": "ready", "agent": "ben"}}
        )
        assert await page.closing() == "protocol_error"
    assert not of_type(server, messages.SetState)


@pytest.mark.parametrize("name", ["sue", "adam"])
@pytest.mark.parametrize(
    "command",
    [
        {"type": "agent.set_state", "state": "ready"},
        {"type": "agent.sign_off"},
        {"type": "contact.save_note", "interaction": samples.uuid(1), "note": ""},
        {"type": "contact.complete", "interaction": samples.uuid(1), "note": ""},
        {"type": "contact.extend_wrap_up", "interaction": samples.uuid(1)},
    ],
)
async def test_agents_commands_are_forbidden_to_others(
    server: DesktopServer, name: str, command: dict[str, str]
) -> None:
    browser = await server.signed_in(name)
    async with browser.socket() as page:
        kind = command.pop("type")
        reply = await page.command(kind, **command)
        command["type"] = kind
        assert (reply["ok"], reply["code"]) == (False, "forbidden")
    assert server.cti.requests == []


async def test_supervisor_sees_all_agents_and_queues(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    async with sue.socket() as page:
        await page.until("link", (await page.frame())["view"]["link"])
        server.cti.report(AgentReport(agent=samples.agent("anna", state=AgentStateName.READY, reason=None)))
        server.cti.report(QueueReport(queue=samples.queue(waiting=3)))
        async with asyncio.timeout(5):
            while page.view["agents"][0]["state"] != "ready" or page.view["queues"][0]["waiting"] != 3:
                await page.frame()
        assert [agent["agent"] for agent in page.view["agents"]] == ["anna", "ben"]
        assert page.view["kind"] == "supervisor"


async def test_agents_bar_shows_only_queues_that_he_serves(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        server.cti.report(QueueReport(queue=samples.queue("sales", waiting=9)))
        server.cti.report(QueueReport(queue=samples.queue("support", waiting=2, longest_since=77)))
        await page.until("my_queues", [{"queue": "support", "label": "Support", "waiting": 2, "longest_since": 77}])


# -- presence ------------------------------------------------------------------------------------------------------


async def test_agent_is_signed_on_and_gone_only_after_the_grace(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        await eventually(lambda: of_type(server, messages.SignOn))
    assert not of_type(server, messages.DesktopGone)
    await eventually(lambda: of_type(server, messages.DesktopGone))
    (on,) = of_type(server, messages.SignOn)
    (gone,) = of_type(server, messages.DesktopGone)
    assert isinstance(on, messages.SignOn)
    assert isinstance(gone, messages.DesktopGone)
    assert (gone.agent, gone.desktop) == ("anna", on.desktop)


async def test_reconnect_within_the_grace_changes_nothing(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
    async with anna.socket() as page:
        await page.frame()
        await asyncio.sleep(SHORT.gone_after_s * 1.5)
        assert not of_type(server, messages.DesktopGone)


async def test_page_that_is_not_awake_makes_the_agent_gone_at_once() -> None:
    async with desktop_server(timing=replace(SHORT, alive_within_s=0.2, gone_after_s=60)) as server:
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            await page.cut()
        await eventually(lambda: of_type(server, messages.DesktopGone))


async def test_page_that_says_alive_stays() -> None:
    async with desktop_server(timing=replace(SHORT, alive_within_s=0.3)) as server:
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            for _ in range(6):
                await page.heartbeat()
                await page.socket.send_json({"id": "a", "command": {"type": "alive"}})
            assert not of_type(server, messages.DesktopGone)
            assert not page.socket.closed


async def test_second_sign_in_tells_the_first_desktop(server: DesktopServer) -> None:
    first, second = await server.signed_in("anna"), await server.signed_in("anna")
    async with first.socket() as old:
        await old.frame()
        async with second.socket() as new:
            assert await old.closing() == "signed_in_elsewhere"
            await new.frame()
            await asyncio.sleep(SHORT.gone_after_s * 1.5)
            assert (await new.command("agent.set_state", state="ready"))["ok"] is True
    assert not of_type(server, messages.DesktopGone)


async def test_sign_in_at_another_server_closes_the_desktop_here(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        await eventually(lambda: of_type(server, messages.SignOn))
        (on,) = of_type(server, messages.SignOn)
        assert isinstance(on, messages.SignOn)
        server.cti.report(DesktopDismissed(agent="anna", desktop="some other"))
        server.cti.report(DesktopDismissed(agent="anna", desktop=on.desktop))
        assert await page.closing() == "signed_in_elsewhere"


async def test_who_was_signed_off_by_a_supervisor_is_not_signed_on_again_by_the_page(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        await eventually(lambda: of_type(server, messages.SignOn))
        (on,) = of_type(server, messages.SignOn)
        assert isinstance(on, messages.SignOn)
        server.cti.requests.clear()
        server.cti.report(DesktopDismissed(agent="anna", desktop=on.desktop, by="sue"))
        server.cti.report(AgentReport(agent=samples.agent("anna", desktop_connected=False)))
        assert await page.closing() == "signed_off"
    await asyncio.sleep(SHORT.gone_after_s * 1.5)
    assert server.cti.requests == []


async def test_agent_unknown_to_a_restarted_cti_server_is_signed_on_again(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        await eventually(lambda: of_type(server, messages.SignOn))
        server.cti.requests.clear()
        server.cti.state = samples.snapshot(epoch=2)
        server.cti.report(LinkReport(link=LinkLive(switch_up=True, epoch=2)))
        await eventually(lambda: of_type(server, messages.SignOn))


async def test_signed_off_agent_is_neither_gone_nor_signed_on_again(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        assert (await page.command("agent.sign_off"))["ok"] is True
        server.cti.requests.clear()
        server.cti.report(AgentReport(agent=samples.agent("anna", desktop_connected=False)))
        await page.until("me", json.loads(samples.agent("anna", desktop_connected=False).model_dump_json()))
    await asyncio.sleep(SHORT.gone_after_s * 1.5)
    assert server.cti.requests == []


@pytest.mark.parametrize("name", ["sue", "adam"])
async def test_account_of_a_decision_reaches_who_looks_at_the_board(server: DesktopServer, name: str) -> None:
    words = Words(en="Waiting for 0:42", zh="已等待 0:42")
    account = RoutingAccount(title=words, lines=(words,), candidates=())
    server.cti.reply = lambda _: RoutingExplained(waiting=account, offer=None)
    person = await server.signed_in(name)
    async with person.socket() as page:
        reply = await page.command("supervisor.explain", interaction=samples.uuid(1))
    assert reply["ok"] is True
    assert reply["explained"]["waiting"]["title"] == {"en": "Waiting for 0:42", "zh": "已等待 0:42"}
    assert server.cti.requests[-1] == ExplainRouting(interaction=samples.uuid(1))


async def test_account_of_a_decision_is_not_for_agents(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        reply = await page.command("supervisor.explain", interaction=samples.uuid(1))
    assert (reply["ok"], reply["code"]) == (False, "forbidden")
    assert of_type(server, ExplainRouting) == []


FORCED = {"agent": "anna", "state": "not_ready", "reason": "break"}
CLEARED = {"agent": "anna", "interaction": samples.uuid(1)}


@pytest.mark.parametrize("name", ["sue", "adam"])
async def test_an_agent_is_seen_to_by_who_looks_at_the_board(server: DesktopServer, name: str) -> None:
    person = await server.signed_in(name)
    async with person.socket() as page:
        forced = await page.command("supervisor.force_state", **FORCED)
        cleared = await page.command("supervisor.clear_contact", **CLEARED)
    assert (forced["ok"], cleared["ok"]) == (True, True)
    assert server.cti.requests[-2:] == [
        messages.ForceState.model_validate({"by": name, **FORCED}),
        messages.ClearContact.model_validate({"by": name, **CLEARED}),
    ]


async def test_an_agent_sets_nobodys_state_and_clears_nobodys_work(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        forced = await page.command("supervisor.force_state", **FORCED)
        cleared = await page.command("supervisor.clear_contact", **CLEARED)
    assert (forced["code"], cleared["code"]) == ("forbidden", "forbidden")
    assert of_type(server, messages.ForceState) + of_type(server, messages.ClearContact) == []


@pytest.mark.parametrize("name", ["sue", "adam"])
async def test_a_promise_is_dropped_by_who_looks_at_the_board(server: DesktopServer, name: str) -> None:
    person = await server.signed_in(name)
    async with person.socket() as page:
        reply = await page.command("supervisor.drop_promise", interaction=samples.uuid(1))
    assert reply["ok"] is True
    assert server.cti.requests[-1] == DropPromise(by=name, interaction=samples.uuid(1))


async def test_a_promise_that_is_being_kept_is_not_dropped(server: DesktopServer) -> None:
    server.cti.reply = lambda _: Refused(code="being_called", message="this customer is being called now")
    sue = await server.signed_in("sue")
    async with sue.socket() as page:
        reply = await page.command("supervisor.drop_promise", interaction=samples.uuid(1))
    assert (reply["ok"], reply["code"]) == (False, "being_called")


async def test_an_agent_drops_no_promises(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        reply = await page.command("supervisor.drop_promise", interaction=samples.uuid(1))
    assert (reply["ok"], reply["code"]) == (False, "forbidden")
    assert of_type(server, DropPromise) == []


# -- the CTI server is away --------------------------------------------------------------------------------------


async def test_cti_server_away_is_shown_and_everything_kept_and_true_again_afterwards(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.until("reasons", [{"name": "break", "label": "Break"}])
        server.cti.report(ContactReport(agent="anna", contact=samples.contact()))
        await page.until("contact", json.loads(samples.contact().model_dump_json()))
        server.cti.up = False
        server.cti.lose()  # what the bus says when the beats stop
        async with asyncio.timeout(5):
            while page.view["link"]["cti_up"]:
                await page.frame()
        assert page.view["contact"]["interaction"] == samples.uuid(1)
        reply = await page.command("contact.save_note", interaction=samples.uuid(1), note="typed meanwhile")
        assert (reply["ok"], reply["code"]) == (False, "cti_unavailable")
        server.cti.state = samples.snapshot(epoch=2, contacts={"anna": samples.contact(note="kept")})
        server.cti.up = True
        async with asyncio.timeout(5):
            while not page.view["link"]["cti_up"] or page.view["contact"]["note"] != "kept":
                await page.frame()
        await eventually(lambda: len(of_type(server, messages.SignOn)) == 2)


async def test_departure_is_told_when_the_cti_server_is_back(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        await eventually(lambda: of_type(server, messages.SignOn))
        server.cti.up = False
    await asyncio.sleep(SHORT.gone_after_s * 1.5)
    server.cti.up = True
    await eventually(lambda: of_type(server, messages.DesktopGone))


async def test_page_opens_while_the_cti_server_is_away() -> None:
    async with desktop_server() as server:
        server.cti.up = False
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            frame = await page.frame()
            assert frame["type"] == "snapshot"


# -- sessions and abuse --------------------------------------------------------------------------------------------


async def test_session_revoked_by_another_process_closes_the_page(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        (record,) = await server.accounts.sessions()
        await server.accounts.close_session(record.session)
        assert await page.closing() == "session_ended"
    await eventually(lambda: of_type(server, messages.DesktopGone))


async def test_expired_session_closes_the_page(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        server.clock.advance(17 * 3600)
        assert await page.closing() == "session_ended"


async def test_role_changed_while_connected_closes_the_page(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    async with sue.socket() as page:
        await page.frame()
        server.accounts.change("sue", role=Role.AGENT, agent="sue", device="phone-sue")
        assert await page.closing() == "session_ended"


async def test_sign_out_closes_the_page_and_the_agent_is_gone_at_once(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        assert (await anna.request("DELETE", "/api/v1/session")).status == 204
        assert await page.closing() == "session_ended"
    await eventually(lambda: of_type(server, messages.DesktopGone))


async def test_records_away_cut_nobody_off() -> None:
    async with desktop_server(timing=replace(SHORT, seen_every_s=0.0)) as server:
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            await page.frame()
            server.accounts.down = True
            for _ in range(3):
                assert (await page.command("agent.set_state", state="ready"))["ok"] is True
                await asyncio.sleep(SHORT.session_check_s * 1.5)


async def test_who_gives_commands_is_not_idle() -> None:
    async with desktop_server(timing=replace(SHORT, seen_every_s=0.0)) as server:
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            await page.frame()
            server.clock.advance(8 * 3600)
            await page.command("agent.set_state", state="ready")
            await asyncio.sleep(SHORT.session_check_s * 3)
            server.clock.advance(7 * 3600)  # idle for 15 hours, were it not for the command
            await asyncio.sleep(SHORT.session_check_s * 3)
            assert (await page.command("agent.set_state", state="ready"))["ok"] is True


async def test_idle_session_ends_though_its_page_is_open(server: DesktopServer) -> None:
    sue = await server.signed_in("sue")
    async with sue.socket() as page:
        await page.frame()
        server.clock.advance(13 * 3600)
        assert await page.closing() == "session_ended"


async def test_commands_without_waiting_for_answers_are_cut_short() -> None:
    class Slow(FakeCtiClient):
        async def request(self, request: Request) -> Outcome:
            await asyncio.sleep(60)
            return await super().request(request)

    async with desktop_server(cti=Slow(samples.snapshot())) as slow:
        anna = await slow.signed_in("anna")
        async with anna.socket() as page:
            await page.frame()
            for _ in range(30):
                await page.socket.send_json({"id": "c", "command": {"type": "agent.set_state", "state": "ready"}})
            assert await page.closing() == "protocol_error"


async def test_failing_line_to_the_cti_server_is_taken_up_again() -> None:
    class Broken(FakeCtiClient):
        failures = 2

        async def reports(self) -> AsyncIterator[messages.ReportEnvelope | None]:
            if self.failures:
                self.failures -= 1
                raise ConnectionResetError
            async for item in super().reports():
                yield item

    broken = Broken(samples.snapshot())
    async with desktop_server(cti=broken) as server:
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            await page.until("reasons", [{"name": "break", "label": "Break"}])
            await eventually(lambda: broken.failures == 0)
            await eventually(lambda: broken._readers)
            broken.report(ContactReport(agent="anna", contact=samples.contact()))
            await page.until("contact", json.loads(samples.contact().model_dump_json()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"id":"1","command":{"type":"no.such"}}',
        '{"id":"1","command":{"type":"alive","extra":1}}',
        '{"id":"1","command":{"type":"agent.set_state","state":"busy"}}',
        '{"id":"1","command":{"type":"contact.save_note","interaction":"../../x","note":""}}',
        json.dumps({"id": "x" * 65, "command": {"type": "alive"}}),
        "[" * 10_000 + "]" * 10_000,
        '{"id":"1","command":' + '{"a":' * 10_000 + "1" + "}" * 10_001,
        json.dumps(
            {"id": "1", "command": {"type": "contact.save_note", "interaction": samples.uuid(1), "note": "x" * 20_001}}
        ),
        '{"id":"1","command":{"type":"contact.save_note","interaction":"' + samples.uuid(1) + '","note":"\\ud800"}}',
    ],
)
async def test_malformed_frames_end_the_connection_and_nothing_else(server: DesktopServer, text: str) -> None:
    anna, ben = await server.signed_in("anna"), await server.signed_in("ben")
    async with anna.socket() as page, ben.socket() as other:
        await page.frame()
        await other.frame()
        await page.socket.send_str(text)
        assert await page.closing() == "protocol_error"
        assert (await other.command("agent.set_state", state="ready"))["ok"] is True


async def test_longest_note_passes_in_any_script(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        reply = await page.command("contact.save_note", interaction=samples.uuid(1), note="林" * 20_000)
        assert reply["ok"] is True


async def test_too_long_message_ends_the_connection(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        with contextlib.suppress(ConnectionError):  # cut off before all of it was taken
            await page.socket.send_str("x" * 10_000_000)
        await page.cut()


async def test_flood_ends_the_connection(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        for _ in range(200):
            await page.socket.send_json({"id": "a", "command": {"type": "alive"}})
        assert await page.closing() == "protocol_error"


async def test_binary_message_is_a_protocol_error(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        await page.socket.send_bytes(b"\x00")
        assert await page.closing() == "protocol_error"


async def test_compression_is_not_agreed_to(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket(compress=15) as page:
        assert not page.socket.compress


async def test_token_in_the_address_is_no_way_in(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    stranger = server.browser()
    with pytest.raises(WSServerHandshakeError, match="401"):
        async with stranger.socket(f"/ws/desktop?token={anna.cookie}&session={anna.cookie}"):
            pass


async def test_server_that_ends_says_so_and_reports_nobody_gone() -> None:
    async with desktop_server() as server:
        anna = await server.signed_in("anna")
        async with anna.socket() as page:
            await page.frame()
            ending = asyncio.create_task(server.app.shutdown())
            assert await page.closing() == "going_away"
            await ending
    assert not of_type(server, messages.DesktopGone)


async def test_snapshot_command_sends_everything_again(server: DesktopServer) -> None:
    anna = await server.signed_in("anna")
    async with anna.socket() as page:
        await page.frame()
        await page.socket.send_json({"id": "s", "command": {"type": "snapshot"}})
        kinds = {(await page.frame())["type"] for _ in range(2)}
        assert kinds >= {"snapshot"}


# -- slow pages --------------------------------------------------------------------------------------------------

CROWD = tuple(samples.agent(f"agent{number}", name="x" * 2_000) for number in range(200))  # 450 kB a frame


async def test_page_that_does_not_read_gets_a_snapshot_and_no_backlog() -> None:
    timing = replace(SHORT, slow_after_s=0.2)
    async with desktop_server(timing=timing, cti=FakeCtiClient(samples.snapshot(agents=CROWD))) as server:
        sue = await server.signed_in("sue")
        async with sue.socket(max_msg_size=0) as page:
            while not page.view.get("agents"):
                await page.frame()
            connection = page.socket._conn
            assert connection is not None
            assert connection.protocol is not None
            connection.protocol.pause_reading()
            for turn in range(60):
                server.cti.report(AgentReport(agent=CROWD[0].model_copy(update={"since": turn + 10})))
                await asyncio.sleep(0.02)
            connection.protocol.resume_reading()
            frames: list[dict[str, Any]] = []
            while not frames or page.view["agents"][0]["since"] != 69:
                frames.append(await page.frame())
            assert frames[-1]["type"] == "snapshot"
            assert len(frames) < 30


async def test_page_that_never_reads_is_cut_off_and_the_others_are_not_held_up() -> None:
    timing = replace(SHORT, stuck_after_s=0.3)
    async with desktop_server(timing=timing, cti=FakeCtiClient(samples.snapshot(agents=CROWD))) as server:
        sue, anna = await server.signed_in("sue"), await server.signed_in("anna")
        async with sue.socket(max_msg_size=0) as stuck, anna.socket() as page:
            await stuck.frame()
            await page.frame()
            connection = stuck.socket._conn
            assert connection is not None
            assert connection.protocol is not None
            connection.protocol.pause_reading()
            for turn in range(60):
                server.cti.report(AgentReport(agent=CROWD[0].model_copy(update={"since": turn + 10})))
                await asyncio.sleep(0.02)
            server.cti.report(ContactReport(agent="anna", contact=samples.contact()))
            await page.until("contact", json.loads(samples.contact().model_dump_json()))
            connection.protocol.resume_reading()
            await stuck.cut()
