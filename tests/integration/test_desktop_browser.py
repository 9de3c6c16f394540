"""An agent's work in a real browser on the whole platform: registered, popped, answered, heard, wrapped up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from callcenter.asterisk.installation import DeviceKind
from tests.support.browser_desk import (
    UP_WITHIN,
    at_stage,
    become_ready,
    complete,
    in_state,
    signed_in,
    speaking_browser,
)
from tests.support.desktop_screens import STATIC
from tests.support.phone import Phone, PhoneCall
from tests.support.platform import STRAIGHT, SUPERVISOR, Platform, agents, laid_out, one_queue
from tests.support.rtp import tone

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the front end has not been built"),
]

AGENT = "agent01"
CALLER = "0821234567"
SAID_BY_AGENT = 440  # Hertz
SAID_BY_CALLER = 700
QUEUE = """\
label: { en: General }
wrap_up: { mode: fixed, seconds: 60, more_time: 30, more_time_limit: 60 }
dispositions:
  - { name: solved, label: { en: Solved } }
  - { name: call_back, label: { en: Call back promised } }
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The whole platform with one agent, whose device is the browser, and a phone that rings for four seconds."""
    catalogue = one_queue() | {"queues/general.yaml": QUEUE}
    employees = [*agents(1), SUPERVISOR]
    home = tmp_path_factory.mktemp("platform")
    with laid_out(home, employees=employees, catalogue=catalogue, kind=DeviceKind.BROWSER, ring_seconds=4) as platform:
        platform.asterisk.start()
        platform.start()
        yield platform


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A Chromium that speaks with the agent's tone."""
    async with speaking_browser(tmp_path, SAID_BY_AGENT) as browser:
        yield browser


@pytest.fixture
async def desk(browser: Browser, platform: Platform) -> AsyncIterator[Page]:
    """The agent's page, his phone registered, he himself ready; signed off at the end."""
    async with signed_in(browser, platform, AGENT) as page:
        await become_ready(page)
        yield page


@pytest.fixture
async def caller(platform: Platform) -> AsyncIterator[Phone]:
    """A telephone on the other side of the trunk."""
    async with Phone.open(server=platform.sip, user=CALLER) as phone:
        yield phone
        await phone.hang_up_all()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what comes in by UDP, of which nobody tells."""
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.05)


async def test_a_call_is_heard_both_ways_and_is_wrapped_up(desk: Page, caller: Phone) -> None:
    """Pop, ring, answer by key; each hears the other; hang-up by key; outcome and note."""
    call = await caller.dial(STRAIGHT)
    await expect(desk.get_by_test_id("calling-number")).to_contain_text(CALLER.lstrip("0"))
    await at_stage(desk, "ringing")
    await desk.keyboard.press("Alt+Shift+KeyA")
    await call.answered()
    call.audio.play(tone(SAID_BY_CALLER))
    await at_stage(desk, "talking")

    await call.audio.hears(SAID_BY_AGENT)
    await desk.wait_for_function("async () => (await __callcenter.stats())?.audioLevelIn > 0.05")
    quality = await desk.evaluate("__callcenter.stats()")
    assert quality["packetsReceived"] > 0
    assert quality["packetsSent"] > 0

    await desk.keyboard.press("Alt+Shift+KeyE")
    await call.ended()
    await complete(desk, "solved", "Heard both ways.")


async def test_mute_and_keys_reach_the_caller(desk: Page, caller: Phone) -> None:
    """Muted, the agent is silent but his packets go on; keys arrive as keys (RFC 4733)."""
    call = await caller.dial(STRAIGHT)
    await at_stage(desk, "ringing")
    await desk.get_by_test_id("answer").click()
    await call.answered()
    await call.audio.hears(SAID_BY_AGENT)

    await desk.keyboard.press("Alt+Shift+KeyM")
    await expect(desk.get_by_test_id("mute")).to_have_attribute("aria-pressed", "true")
    await until(lambda: call.audio.level(since=call.phone.now() - 0.3) < 50)
    await desk.keyboard.press("Alt+Shift+KeyM")
    await call.audio.hears(SAID_BY_AGENT)

    await desk.keyboard.press("Alt+Shift+KeyK")
    await desk.keyboard.type("42#")
    await until(lambda: call.audio.keys == ["4", "2", "#"])

    call.bye()
    await complete(desk, "solved", "")


async def test_a_rejected_call_goes_back_to_the_queue(desk: Page, caller: Phone) -> None:
    """The agent is not ready, the page says why, and one key brings the same caller back."""
    call = await caller.dial(STRAIGHT)
    await at_stage(desk, "ringing")
    await desk.keyboard.press("Alt+Shift+KeyX")
    await expect(desk.get_by_test_id("missed")).to_be_visible()
    await desk.keyboard.press("Alt+Shift+KeyR")
    await at_stage(desk, "ringing")
    await desk.keyboard.press("Alt+Shift+KeyA")
    await at_stage(desk, "talking")
    call.bye()
    await complete(desk, "solved", "")


async def test_a_call_that_rings_out_is_a_missed_one(desk: Page, caller: Phone) -> None:
    """Nobody answers: the ringing stops, the missed call stays on the page, the caller keeps waiting."""
    call = await caller.dial(STRAIGHT)
    await at_stage(desk, "ringing")
    await expect(desk.get_by_test_id("missed")).to_be_visible(timeout=10_000)
    await at_stage(desk, "idle")
    await expect(desk.get_by_test_id("status")).to_have_attribute("data-reason", "missed call")
    call.bye()


async def test_a_caller_who_gives_up_stops_the_ringing(desk: Page, caller: Phone) -> None:
    """The agent stays ready."""
    call = await caller.dial(STRAIGHT)
    await call.answered()
    await at_stage(desk, "ringing")
    call.bye()
    await at_stage(desk, "idle")
    await in_state(desk, "ready")


async def test_a_killed_cti_server_cuts_no_softphone(desk: Page, caller: Phone, platform: Platform) -> None:
    """The call goes on, the page says what is away, the note survives, and the contact is completed afterwards."""
    call = await caller.dial(STRAIGHT)
    await at_stage(desk, "ringing")
    await desk.keyboard.press("Alt+Shift+KeyA")
    await call.answered()
    await at_stage(desk, "talking")
    platform.kill_cti(for_good=True)
    try:
        await expect(desk.get_by_test_id("banner-cti")).to_be_visible(timeout=UP_WITHIN)
        await desk.get_by_test_id("note").fill("Written while the CTI server was dead.")
        await expect(desk.get_by_test_id("draft-status")).to_have_attribute("data-status", "waiting", timeout=UP_WITHIN)
        await call.audio.hears(SAID_BY_AGENT, within=10)
    finally:
        platform.revive()
    await expect(desk.get_by_test_id("draft-status")).to_have_attribute("data-status", "clean", timeout=60_000)
    await at_stage(desk, "talking")
    call.bye()
    await complete(desk, "call_back", "Written while the CTI server was dead.")


async def test_the_supervisor_sees_it_live(browser: Browser, desk: Page, caller: Phone, platform: Platform) -> None:
    """Ringing, talking and wrap-up on the board, as they happen."""
    async with signed_in(browser, platform, SUPERVISOR.person) as board:
        row = board.get_by_test_id(f"agent-{AGENT}")
        await expect(row).to_have_attribute("data-state", "ready")
        call = await caller.dial(STRAIGHT)
        await at_stage(desk, "ringing")
        await desk.keyboard.press("Alt+Shift+KeyA")
        await call.answered()
        await expect(row).to_have_attribute("data-state", "busy")
        call.bye()
        await expect(row).to_have_attribute("data-state", "working_after_call")
        await complete(desk, "solved", "")
        await expect(row).to_have_attribute("data-state", "ready")


async def test_a_supervisor_sees_to_an_agent(browser: Browser, desk: Page, caller: Phone, platform: Platform) -> None:
    """Work is cleared, the state set, the agent signed off: his page says so, he comes back to his talk."""
    async with signed_in(browser, platform, SUPERVISOR.person) as board:
        row = board.get_by_test_id(f"agent-{AGENT}")

        async def choose(what: str) -> None:
            await row.get_by_test_id("manage-agent").click()
            await board.get_by_test_id(what).click()

        await talk(desk, caller)
        await caller.hang_up_all()
        await expect(row).to_have_attribute("data-state", "working_after_call")
        await choose("clear-work")
        await board.get_by_test_id("manage-confirm").click()
        await expect(row).to_have_attribute("data-state", "ready")
        await in_state(desk, "ready")
        await expect(desk.get_by_test_id("note")).to_have_count(0)

        await choose("force-not-ready")
        await in_state(desk, "not_ready")
        await expect(desk.get_by_test_id("forced-by")).to_have_text("set by sue")
        await choose("force-ready")
        await in_state(desk, "ready")

        call = await talk(desk, caller)
        await choose("force-sign-off")
        await board.get_by_test_id("manage-confirm").click()
        await expect(desk.get_by_test_id("dismissed-signed_off")).to_be_visible()
        await call.audio.hears(SAID_BY_AGENT)
        await expect(row).to_have_count(0)
        told = board.get_by_test_id("repair-row").filter(has_text="sue")
        await expect(told).to_have_count(4)
        kinds = [await told.nth(at).get_attribute("data-repair") for at in range(4)]
        assert kinds == ["state_forced", "state_forced", "state_forced", "contact_cleared"]

        await told.last.get_by_test_id("repair-story").click()
        await expect(board.get_by_test_id("repair-story-dialog").get_by_test_id("story")).to_be_visible()

        await desk.get_by_test_id("work-here").click()
        await at_stage(desk, "talking")
        await call.audio.hears(SAID_BY_AGENT)
        call.bye()
        await desk.keyboard.press("Alt+Shift+KeyR")
        await complete(desk, "solved", "")
        await expect(row).to_have_attribute("data-state", "ready")


async def talk(desk: Page, caller: Phone) -> PhoneCall:
    """The caller rings in, the agent answers by key."""
    call = await caller.dial(STRAIGHT)
    await at_stage(desk, "ringing")
    await desk.keyboard.press("Alt+Shift+KeyA")
    await call.answered()
    await at_stage(desk, "talking")
    return call
