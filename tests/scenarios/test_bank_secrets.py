"""A customer keys his PIN, and an agent takes the call: what was written meanwhile, anywhere, is searched for it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import structlog

from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from ivr.flow.flow import Flow
from ivr.flow.house import House
from ivr.flow.loader import load_flow
from ivr.ports import ActOutcome
from tests.fakes.host_systems import FakeHostSystems
from tests.ivr.flows import ROOT
from tests.ivr.virtual_time import run
from tests.support.whole_server import Server, whole_server

PIN, WRONG = "86420", "97531"
ACCOUNT = "40001"


def bank() -> Flow:
    path = ROOT / "config" / "flows" / "bank.yaml"
    text = path.read_text(encoding="utf-8").replace("queue: cards", "queue: billing")
    return load_flow(text, source="bank.yaml", house=House())


def systems() -> FakeHostSystems:
    return FakeHostSystems(
        {
            "balance": {"checking": "12.50", "savings": "1.00", "currency": "USD"},
            "bill": {"bill": 7, "amount": "3.00", "currency": "USD", "due": "2026-12-04"},
        },
        acts={"pay_bill": ActOutcome(done=True, fields={"receipt": "00000017", "checking": "9.50"})},
        pins={ACCOUNT: PIN},
    )


async def keyed(server: Server, call: CallId, *steps: str) -> None:
    for keys in steps:
        server.switch.caller_presses(call, keys)
        await asyncio.sleep(5.0)


def written(server: Server) -> str:
    """Return all that outlives the call or leaves the process: journal, reports, orders to the switch, files played."""
    events = [(event.kind, dict(event.data)) for event in server.journal.events]
    reports = [report.model_dump_json() for report in server.bus.reports]
    orders = [asdict(command) for command in server.switch.commands]
    return "\n".join(map(str, [*events, *reports, *orders, *server.media.played, server.speech.spoken]))


def test_a_pin_right_or_wrong_is_in_nothing_that_is_written() -> None:
    """Through the whole server: journal, reports to desktops, orders to the switch, prompts, logs."""

    async def main() -> tuple[str, FakeHostSystems, list[EventKind]]:
        asked = systems()
        async with whole_server(flow=bank(), hosts=asked) as server:
            await server.sign_on("ana")
            call = server.switch.call_arrives(number="+12025550100")
            await asyncio.sleep(2.0)
            await keyed(server, call, "1", "3", f"{ACCOUNT}#", f"{WRONG}#", f"{PIN}#", "1", "1", "2", "0")
            server.switch.agent_answers("agent-ana")
            await asyncio.sleep(10.0)
            server.switch.agent_hangs_up("agent-ana")
            await asyncio.sleep(60.0)
            (interaction,) = {event.interaction for event in server.journal.events}
            return written(server), asked, server.journal.kinds(interaction)

    with structlog.testing.capture_logs() as logs:
        text, asked, kinds = run(main())
    assert asked.done, "the bill was not paid"
    assert EventKind.ANSWERED in kinds
    assert ACCOUNT in text
    assert "00000017" in text
    for digits in (PIN, WRONG):
        assert digits not in text
        assert digits not in str(logs)


def test_a_pin_keyed_when_the_server_dies_is_asked_again_and_was_kept_nowhere() -> None:
    """The next server takes the call up at the PIN, with the account that was keyed."""

    async def main() -> tuple[str, str]:
        asked = systems()
        async with whole_server(flow=bank(), hosts=asked) as first:
            call = first.switch.call_arrives(number="+12025550100")
            await asyncio.sleep(2.0)
            await keyed(first, call, "1", "1", f"{ACCOUNT}#")
            first.switch.caller_presses(call, PIN)
            await asyncio.sleep(0.1)
        async with whole_server(first.journal, switch=first.switch, flow=bank(), hosts=asked) as second:
            await asyncio.sleep(5.0)
            await keyed(second, call, f"{PIN}#", "0")
            await asyncio.sleep(30.0)
            return written(first) + written(second), str(asked.asked)

    text, asked = run(main())
    assert "('balance', {'account': '40001'})" in asked
    assert PIN not in text
