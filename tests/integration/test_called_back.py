"""Callbacks, surveys and transfers on the whole platform, with a real Asterisk: what a caller and an agent notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.phone import Phone, PhoneCall
from tests.support.platform import SUPERVISOR, Employee, Platform, laid_out, one_queue
from tests.support.rtp import tone
from tests.support.servers import TREE, free_port
from tests.support.workplace import Workplace

pytestmark = pytest.mark.integration

ASK_BACK, TO_ANA, TO_NUMBER = "5550110", "5550111", "5550112"
CUSTOMER = "+12025550123"
ANA = Employee(person="ana")

ASK_BACK_FLOW = """
version: 1
name: ask_back
languages: [en]
inputs: [caller_number, dialled_number]
start: topic
person: queue
nodes:
  topic:
    type: menu
    prompt: { en: Which topic? }
    store: topic
    attempts: 1
    choices: { "1": { value: roses } }
    next: promise
    no_input: { then: queue }
    no_match: { then: queue }
  promise:
    type: callback
    number: { expression: caller_number }
    queue: general
    attributes: [topic]
    taken: bye
    refused: queue
  bye: { type: hang_up, prompt: { en: We call you back. } }
  queue: { type: enqueue, queue: general }
"""

TRANSFER_FLOW = """
version: 1
name: {name}
languages: [en]
inputs: [caller_number, dialled_number]
start: away
person: queue
nodes:
  away: {{ type: transfer, {target}, timeout: 20, busy: sorry, unanswered: sorry, failed: queue }}
  sorry: {{ type: play, prompt: {{ en: Nobody is there. }}, next: queue }}
  queue: {{ type: enqueue, queue: general }}
"""

DIALLING = f"""
roles:
  callback: {{ countries: [home], classes: [fixed, mobile] }}
  transfer: {{ countries: [home], classes: [fixed, mobile] }}
caller_id: "+12025550100"
directory:
  - {{ name: branch, label: {{ en: Branch }}, number: "{CUSTOMER}" }}
"""


def house() -> dict[str, str]:
    text = one_queue()
    reasons = "not_ready_reasons:\n  - { name: break, label: { en: Break } }\n"
    text["callcenter.yaml"] = text["callcenter.yaml"].replace("not_ready_reasons: []\n", reasons)
    text["queues/general.yaml"] += "survey: satisfaction\n"
    text["flows/satisfaction.yaml"] = (TREE / "config" / "flows" / "satisfaction.yaml").read_text(encoding="utf-8")
    text["flows/ask_back.yaml"] = ASK_BACK_FLOW
    text["flows/to_ana.yaml"] = TRANSFER_FLOW.format(name="to_ana", target="agent: ana")
    text["flows/to_branch.yaml"] = TRANSFER_FLOW.format(name="to_branch", target="number: branch")
    text["dialling.yaml"] = DIALLING
    numbers = {ASK_BACK: "ask_back", TO_ANA: "to_ana", TO_NUMBER: "to_branch"}
    text["callcenter.yaml"] += "".join(f"  - {{ number: '{one}', flow: {flow} }}\n" for one, flow in numbers.items())
    return text


@pytest.fixture(scope="module")
def outside() -> int:
    """The port at which the customers' telephones are."""
    return free_port()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, outside: int) -> Iterator[Platform]:
    home: Path = tmp_path_factory.mktemp("called-back")
    with laid_out(
        home, employees=[ANA, SUPERVISOR], catalogue=house(), ring_seconds=5, engine_log=True, outside=outside
    ) as platform:
        platform.asterisk.start()
        platform.start()
        yield platform
        platform.stop()


@asynccontextmanager
async def ana_at_work(platform: Platform) -> AsyncIterator[tuple[Workplace, Phone]]:
    """Ana's telephone is registered, her page is open; she is not ready yet, and again when she leaves."""
    async with platform.phone(ANA) as phone, platform.page(ANA) as page:
        await page.until(lambda view: bool(view.get("me") and view["me"]["registered"]), within=10)
        yield page, phone
        assert (await page.command("agent.set_state", state="not_ready", reason="break"))["ok"]


@asynccontextmanager
async def line(platform: Platform) -> AsyncIterator[Phone]:
    async with Phone.open(server=platform.sip, user=CUSTOMER) as phone:
        yield phone


@asynccontextmanager
async def customers_phone(platform: Platform, outside: int) -> AsyncIterator[Phone]:
    async with Phone.open(server=platform.sip, user="outside", port=outside) as phone:
        yield phone
        await phone.hang_up_all()


async def promised(platform: Platform, caller: Phone) -> None:
    """A caller keys what it is about, is promised a call, and the call is over."""
    call = await caller.dial(ASK_BACK)
    await call.answered(within=10)
    await call.audio.hears(within=10)
    call.audio.press("1")
    await call.ended(within=20)
    assert call.ended_by_peer


def queue(view: dict[str, Any]) -> dict[str, Any]:
    return next((one for one in view.get("queues") or () if one["queue"] == "general"), {})


def talking(view: dict[str, Any]) -> bool:
    return bool(view.get("contact")) and view["contact"]["phase"] == "talking"


async def talk_and_survey(page: Workplace, phone: Phone, at_customer: PhoneCall) -> None:
    """The agent answers and hangs up; the customer answers both questions of the survey."""
    at_agent = await phone.incoming(within=10)
    at_agent.answer()
    await page.until(talking, within=10)
    at_agent.audio.play(tone(1300))
    await at_customer.audio.hears(1300, within=5)
    await asyncio.sleep(0.3)  # until it is written on the channel that there is a survey
    at_agent.bye()
    await page.until(lambda view: view.get("contact") is None and view["me"]["state"] == "ready", within=10)
    assert not at_customer.ended_by_peer, "the survey holds the customer, and no agent"
    await asyncio.sleep(0.5)
    at_customer.audio.press("5")
    await asyncio.sleep(1.5)
    at_customer.audio.press("1")
    await at_customer.ended(within=20)
    assert at_customer.ended_by_peer


async def test_a_customer_is_called_back_served_and_asked(platform: Platform, outside: int) -> None:
    async with (
        ana_at_work(platform) as (page, phone),
        platform.page(SUPERVISOR) as board,
        line(platform) as caller,
        customers_phone(platform, outside) as customer,
    ):
        await promised(platform, caller)
        await board.until(lambda view: queue(view).get("callbacks") == 1, within=5)
        assert queue(board.view)["waiting"] == 0
        await page.get_ready()
        ringing = await customer.incoming(within=10)
        assert ringing.invite is not None
        assert "<sip:+12025550100@" in ringing.invite.get("From")
        ringing.ring()
        await asyncio.sleep(0.5)
        ringing.answer()
        await page.until(lambda view: bool(view.get("contact")), within=10)
        pop = page.view["contact"]
        assert pop["called_back"] is True
        assert pop["calling_number"] == CUSTOMER
        assert [(one["key"], one["value"]) for one in pop["gathered"]] == [("topic", "roses")]
        await talk_and_survey(page, phone, ringing)
        await board.until(lambda view: queue(view).get("callbacks") == 0, within=5)
        await kept(platform, pop["interaction"], {"topic": "roses", "satisfaction": "5", "solved": "True"})


async def kept(platform: Platform, interaction: str, answers: dict[str, object]) -> None:
    """Wait until the story of an interaction is in the records, with these answers."""
    async with platform.page(SUPERVISOR) as page, asyncio.timeout(10):
        while True:
            found = await page.get(f"/api/v1/interactions/{interaction}")
            told = {one["key"]: one["value"] for one in found["answers"]}
            if answers.items() <= told.items():
                assert "callback" in [one["kind"] for one in found["segments"]]
                return
            await asyncio.sleep(0.2)


async def test_a_cti_server_that_dies_while_the_customer_is_called_loses_nothing(
    platform: Platform, outside: int
) -> None:
    async with (
        ana_at_work(platform) as (page, phone),
        line(platform) as caller,
        customers_phone(platform, outside) as customer,
    ):
        await promised(platform, caller)
        await page.get_ready()
        ringing = await customer.incoming(within=10)
        ringing.ring()
        await asyncio.sleep(0.5)
        platform.kill_cti()
        await asyncio.sleep(0.2)
        ringing.answer()
        at_agent = await phone.incoming(within=30)
        at_agent.answer()
        await page.until(talking, within=60)
        assert page.view["contact"]["called_back"] is True
        assert [one["value"] for one in page.view["contact"]["gathered"]] == ["roses"]
        ringing.bye()
        await at_agent.ended(within=5)
        await page.until(lambda view: view.get("contact") is None, within=30)


async def test_a_supervisor_gives_a_promise_up_for_good(platform: Platform, outside: int) -> None:
    """Not while the customer's telephone rings; then whatever dies. His number is in no log of ours."""
    async with (
        ana_at_work(platform) as (page, _),
        platform.page(SUPERVISOR) as board,
        line(platform) as caller,
        customers_phone(platform, outside) as customer,
    ):
        assert (await board.command("supervisor.force_state", agent="ana", state="not_ready"))["ok"]
        await promised(platform, caller)
        await board.until(lambda view: queue(view).get("callbacks") == 1, within=5)
        (promise,) = queue(board.view)["first_promises"]
        interaction = promise["interaction"]
        assert (promise["number"], promise["attempts"], promise["attempts_at_most"]) == (CUSTOMER, 0, 3)
        await page.get_ready()
        ringing = await customer.incoming(within=10)
        ringing.ring()
        await board.until(lambda view: queue(view)["first_promises"][0]["calling_since"] is not None, within=5)
        refused = await board.command("supervisor.drop_promise", interaction=interaction)
        assert refused["code"] == "being_called"
        ringing.reject(486)
        await board.until(lambda view: queue(view)["first_promises"][0]["failed"] == "busy", within=5)
        assert (await board.command("supervisor.drop_promise", interaction=interaction))["ok"]
        await board.until(lambda view: queue(view)["first_promises"] == [], within=5)
        async with asyncio.timeout(5):  # the engine's log is written once a second
            while '"is": "InteractionAbandoned"' not in written_by_us(platform):
                await asyncio.sleep(0.1)
        platform.kill_cti()
        async with asyncio.timeout(30):
            while (again := await board.command("supervisor.drop_promise", interaction=interaction))["ok"] or (
                again["code"] == "cti_unavailable"
            ):
                await asyncio.sleep(0.2)
        assert again["code"] == "promise_gone", "the next one does not know it any more"
        await kept(platform, interaction, {"topic": "roses"})
        story = await board.get(f"/api/v1/interactions/{interaction}")
        assert story["entry"]["outcome"] == "not_reached"
        assert [one["ended_by"] for one in story["segments"] if one["kind"] == "callback"] == ["sue"]
    written = written_by_us(platform)
    assert "promise_dropped" in written
    assert CUSTOMER not in written


def written_by_us(platform: Platform) -> str:
    """The logs that are not the switch's, the routing engine's among them."""
    ours = [path for name in ("logs", "engine_logs") for path in (platform.home / name).iterdir()]
    return "".join(path.read_text(errors="replace") for path in ours)


async def test_a_flow_has_one_agent_rung_and_goes_on_if_that_one_does_not_answer(
    platform: Platform, outside: int
) -> None:
    async with ana_at_work(platform) as (page, phone), line(platform) as caller:
        await page.get_ready()
        call = await caller.dial(TO_ANA)
        at_agent = await phone.incoming(within=10)
        at_agent.reject(486)
        await call.audio.hears(within=15)  # "Nobody is there."
        again = await phone.incoming(within=15)  # and to the queue, whose only agent she is
        again.answer()
        await page.until(talking, within=10)
        call.bye()
        await again.ended(within=5)
        await page.until(lambda view: view.get("contact") is None, within=10)
        call = await caller.dial(TO_ANA)
        at_agent = await phone.incoming(within=10)
        at_agent.answer()
        await page.until(talking, within=10)
        call.bye()
        await at_agent.ended(within=5)
        await page.until(lambda view: view.get("contact") is None, within=10)


async def test_a_flow_has_a_number_rung(platform: Platform, outside: int) -> None:
    async with line(platform) as caller, customers_phone(platform, outside) as branch:
        call = await caller.dial(TO_NUMBER)
        at_branch = await branch.incoming(within=10)
        at_branch.answer()
        call.audio.play(tone(440))
        await at_branch.audio.hears(440, within=5)
        at_branch.bye()
        await call.ended(within=5)
        assert call.ended_by_peer
