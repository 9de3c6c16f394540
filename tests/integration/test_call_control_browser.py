"""Two agents in real browsers, a caller and a number outside, on the whole platform: who hears whom."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from callcenter.asterisk.installation import DeviceKind
from tests.support.browser_desk import at_stage, become_ready, complete, how, in_state, signed_in, speaking_browser
from tests.support.desktop_screens import STATIC
from tests.support.phone import Phone
from tests.support.platform import STRAIGHT, Platform, agents, laid_out, one_queue
from tests.support.rtp import tone
from tests.support.servers import free_port

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the front end has not been built"),
]

CALLER = "0821234567"
FIRST, SECOND, SAID_BY_CALLER = 440, 1_000, 700  # Hertz: what the agents and the caller say
OUTSIDE_NUMBER = "+12025550142"
QUEUE = """\
label: { en: General }
wrap_up: { mode: fixed, seconds: 60, more_time: 30, more_time_limit: 60 }
dispositions:
  - { name: solved, label: { en: Solved } }
"""
DIALLING = """\
roles:
  agent: { countries: [home], classes: [fixed, mobile] }
caller_id: "+12025550100"
directory:
  - { label: { en: Interpreters }, number: "+1 202 555 0178", detail: Any language }
"""


@pytest.fixture(scope="module")
def outside_port() -> int:
    """Where the number outside is reached."""
    return free_port()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, outside_port: int) -> Iterator[Platform]:
    """The whole platform with two agents in browsers and a way out."""
    catalogue = one_queue() | {"queues/general.yaml": QUEUE, "dialling.yaml": DIALLING}
    home = tmp_path_factory.mktemp("platform")
    with laid_out(
        home, employees=agents(2), catalogue=catalogue, kind=DeviceKind.BROWSER, outside=outside_port
    ) as platform:
        platform.asterisk.start()
        platform.start()
        yield platform


@pytest.fixture
async def first(platform: Platform, tmp_path: Path) -> AsyncIterator[Page]:
    """The first agent's page, ready."""
    async with speaking_browser(tmp_path, FIRST) as browser, signed_in(browser, platform, "agent01") as page:
        await become_ready(page)
        yield page


@pytest.fixture
async def second(platform: Platform, tmp_path: Path, first: Page) -> AsyncIterator[Page]:
    """The second agent's page, its phone registered, not ready: nobody but a colleague calls him."""
    async with speaking_browser(tmp_path, SECOND) as browser, signed_in(browser, platform, "agent02") as page:
        await expect(page.get_by_test_id("health-phone")).to_have_attribute("data-health", "ok", timeout=15_000)
        yield page


@pytest.fixture
async def caller(platform: Platform) -> AsyncIterator[Phone]:
    """A telephone on the other side of the trunk."""
    async with Phone.open(server=platform.sip, user=CALLER) as phone:
        yield phone
        await phone.hang_up_all()


@pytest.fixture
async def outside(platform: Platform, outside_port: int) -> AsyncIterator[Phone]:
    """A telephone that our own calls reach."""
    async with Phone.open(server=platform.sip, user="outside", port=outside_port) as phone:
        yield phone
        await phone.hang_up_all()


async def answered(page: Page) -> None:
    await at_stage(page, "ringing")
    await page.keyboard.press("Alt+Shift+KeyA")
    await how(page, "alone")
    await expect(page.get_by_test_id("hold")).to_have_attribute("aria-disabled", "false")  # the server knows it too


async def press(page: Page, key: str, control: str) -> None:
    """Press a shortcut once the server allows what it does."""
    await expect(page.get_by_test_id(control)).to_have_attribute("aria-disabled", "false", timeout=10_000)
    await page.keyboard.press(f"Alt+Shift+Key{key}")


async def find(page: Page, text: str, entry: str) -> None:
    """Search whom to call, and wait until he is found."""
    await page.keyboard.press("Alt+Shift+KeyT")
    await page.keyboard.type(text)
    await expect(page.get_by_test_id(f"target-{entry}")).to_be_visible()


async def test_a_held_caller_hears_music_and_then_the_agent_again(first: Page, caller: Phone) -> None:
    """Alt+Shift+H holds and takes back; the page shows it when the switch has done it."""
    call = await caller.dial(STRAIGHT)
    await answered(first)
    await call.audio.hears(FIRST)
    await press(first, "H", "hold")
    await how(first, "holding")
    await expect(first.get_by_test_id("party-customer")).to_have_attribute("data-state", "held")
    await press(first, "H", "hold")
    await how(first, "alone")
    await call.audio.hears(FIRST)
    call.bye()
    await complete(first, "solved", "")


async def test_a_colleague_is_asked_and_takes_over(first: Page, second: Page, caller: Phone) -> None:
    """He sees that it is a question and what was noted; swap, conference and hand-over reach the caller's ear."""
    call = await caller.dial(STRAIGHT)
    await answered(first)
    call.audio.play(tone(SAID_BY_CALLER))
    await first.get_by_test_id("note").fill("Wants to end the contract.")
    await find(first, "agent02", "agent-agent02")
    await first.keyboard.press("Enter")
    await how(first, "calling")
    await at_stage(second, "ringing")
    await expect(second.get_by_test_id("call")).to_contain_text("agent01 has a question")
    await second.keyboard.press("Alt+Shift+KeyA")
    await how(first, "consulting")
    await how(second, "asked")
    await expect(second.get_by_test_id("before")).to_contain_text("Wants to end the contract.")

    await press(first, "P", "swap")
    await how(first, "alternated")
    await call.audio.hears(FIRST)
    await press(first, "P", "swap")
    await how(first, "consulting")
    await press(first, "C", "conference")
    await how(first, "conference")
    await first.keyboard.press("Alt+Shift+KeyM")  # two tones at once are none that can be told apart
    await call.audio.hears(SECOND, within=10)
    await press(first, "O", "complete-transfer")
    await complete(first, "solved", "Wants to end the contract. Handed over.")
    await how(second, "alone")
    await call.audio.hears(SECOND, within=10)
    await expect(second.get_by_test_id("before")).to_have_attribute("data-how", "transfer")
    await second.keyboard.press("Alt+Shift+KeyE")
    await call.ended()
    await expect(second.get_by_test_id("wrap-up")).to_be_visible()
    await second.get_by_test_id("disposition").select_option("solved")
    await second.get_by_test_id("complete").click()
    await expect(second.get_by_test_id("idle")).to_be_visible()


async def test_a_question_that_is_not_answered_leads_back_to_the_customer(
    first: Page, second: Page, caller: Phone
) -> None:
    """The colleague rejects; the agent takes the customer back, and the colleague's page says nothing more of it."""
    call = await caller.dial(STRAIGHT)
    await answered(first)
    await find(first, "agent02", "agent-agent02")
    await first.keyboard.press("Enter")
    await at_stage(second, "ringing")
    await second.keyboard.press("Alt+Shift+KeyX")
    await expect(first.get_by_test_id("party-other")).to_have_attribute("data-state", "failed", timeout=10_000)
    await expect(second.get_by_test_id("customer")).to_have_count(0)
    await press(first, "H", "hold")
    await how(first, "alone")
    await call.audio.hears(FIRST)
    call.bye()
    await complete(first, "solved", "")


async def test_a_page_loaded_again_in_a_call_gets_its_caller_back(first: Page, caller: Phone) -> None:
    """The caller stays, and is connected with the same agent without a click; what was typed is still there."""
    call = await caller.dial(STRAIGHT)
    await answered(first)
    await call.audio.hears(FIRST)
    await first.get_by_test_id("note").fill("Typed before the page was loaded again.")
    first.on("dialog", lambda dialog: dialog.accept())  # "leave this page?"
    await first.reload()
    await expect(first.get_by_test_id("call")).to_have_attribute("data-stage", "talking", timeout=25_000)
    await how(first, "alone")
    await call.audio.hears(FIRST)
    await expect(first.get_by_test_id("note")).to_have_value("Typed before the page was loaded again.")
    call.bye()
    await complete(first, "solved", "")


async def test_a_number_is_dialled_or_refused_in_words(first: Page, outside: Phone) -> None:
    """The own phone picks up by itself; the number rings and is heard; a premium-rate number is never dialled."""
    await first.keyboard.press("Alt+Shift+KeyT")
    await first.keyboard.type("1 900 555 0100")
    await first.keyboard.press("Enter")
    await expect(first.get_by_test_id("targets-why")).to_contain_text("Numbers of this kind")
    await first.get_by_test_id("target").fill("+1 (202) 555-0142;ext")
    await expect(first.get_by_test_id("targets-why")).to_have_text("")
    await first.get_by_test_id("target").fill("+１ ２０２ ５５５ ０１４２")
    await first.keyboard.press("Enter")
    await at_stage(first, "dialling")
    call = await outside.incoming()
    call.ring()
    call.answer()
    await how(first, "alone")
    await call.audio.hears(FIRST)
    await expect(first.get_by_test_id("calling-number")).to_contain_text(OUTSIDE_NUMBER)
    call.bye()
    await complete(first, "solved", "")


async def test_a_number_that_is_busy_is_told_so(first: Page, outside: Phone) -> None:
    """The page says why nobody answered, and the agent is ready again."""
    await first.keyboard.press("Alt+Shift+KeyT")
    await first.keyboard.type(OUTSIDE_NUMBER)
    await first.keyboard.press("Enter")
    call = await outside.incoming()
    call.reject(486)
    await expect(first.get_by_test_id("not-reached")).to_have_attribute("data-why", "busy", timeout=10_000)
    await in_state(first, "ready")


async def test_the_customer_is_sent_on_at_once(first: Page, second: Page, caller: Phone) -> None:
    """A colleague who is not ready is no target of that, and the page says so; a ready one is rung and gets him."""
    call = await caller.dial(STRAIGHT)
    await answered(first)
    await find(first, "agent02", "agent-agent02")
    await expect(first.get_by_test_id("go-transfer_to")).to_have_attribute("aria-disabled", "true")
    await expect(first.get_by_test_id("targets-why")).to_contain_text("not ready")
    await second.keyboard.press("Alt+Shift+KeyR")
    await in_state(second, "ready")
    await expect(first.get_by_test_id("go-transfer_to")).to_have_attribute("aria-disabled", "false", timeout=10_000)
    await first.keyboard.press("Control+Enter")
    await complete(first, "solved", "")
    await answered(second)
    await call.audio.hears(SECOND)
    await expect(second.get_by_test_id("before")).to_have_attribute("data-how", "transfer")
    call.bye()
    await complete(second, "solved", "")
