"""Every screen of the desktop in a real browser: it comes up, breaks no policy, and axe-core finds nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from callcenter.api.messages import (
    AgentStateName,
    CompleteContact,
    ContactPhase,
    Done,
    Refused,
    Request,
    SaveNote,
    SetState,
)
from tests.support import call_screens, customer_screens
from tests.support import desktop_screens as screens
from tests.support import floor_samples as samples

SCENES = screens.SCENES | call_screens.SCENES | customer_screens.SCENES
CHINESE_WIDE = screens.Look(language="zh")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all: starting one costs more than a screen
    pytest.mark.skipif(not (screens.STATIC / "index.html").is_file(), reason="the front end has not been built"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser for all tests; each has a profile of its own."""
    async with screens.chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def stage(browser: Browser) -> AsyncIterator[screens.Stage]:
    """A page on a desktop of its own."""
    async with screens.screens_server() as server, screens.staged(browser, server) as stage:
        yield stage


@pytest.mark.parametrize("look", [screens.WIDE, screens.Look(language="zh", theme="dark", width=400)], ids=str)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_a_screen_comes_up_and_can_be_used_by_everybody(
    browser: Browser, scene: screens.Scene, look: screens.Look
) -> None:
    """No violation of WCAG 2.2 A or AA, no error in the console (the content security policy's included)."""
    async with screens.screens_server() as server, screens.staged(browser, server, look) as stage:
        await scene(stage)
        assert await screens.axe_violations(stage.page) == []
        assert stage.refused == []
        overflow = await stage.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0


CHINESE = {
    screens.idle: ("技术支持", "销售"),
    screens.away: ("技术支持", "销售", "休息", "午餐", "培训", "文书工作"),
    screens.ringing: ("技术支持", "销售", "需要跟进", "已解决"),
    screens.talking: ("技术支持", "销售", "午餐", "需要跟进", "已解决", "打错号码"),
    screens.wrap_up: ("技术支持", "销售", "需要跟进", "已解决", "打错号码"),
    screens.supervisor: ("技术支持", "销售", "午餐", "文书工作"),
    screens.manage_agent: ("休息", "午餐", "培训", "文书工作"),
}


@pytest.mark.parametrize(("scene", "words"), CHINESE.items(), ids=[scene.__name__ for scene in CHINESE])
async def test_a_chinese_screen_shows_configured_names_in_chinese(
    browser: Browser, scene: screens.Scene, words: tuple[str, ...]
) -> None:
    """Every queue, outcome and reason on it, none of them in English."""
    async with screens.screens_server() as server, screens.staged(browser, server, CHINESE_WIDE) as stage:
        await scene(stage)
        for word in words:
            await expect(stage.page.locator("body")).to_contain_text(word)
        text = await stage.page.locator("body").text_content() or ""
        labels = (samples.LABELS.queues, samples.LABELS.dispositions, samples.LABELS.reasons)
        assert [label.en for kind in labels for label in kind.values() if label.en in text] == []


async def test_a_note_survives_a_reload_while_the_cti_server_is_away(stage: screens.Stage) -> None:
    """Typed, not saved, reloaded: the text is back, and is saved as soon as the CTI server takes it."""
    await screens.cti_away(stage)
    await stage.page.reload()
    await expect(stage.page.get_by_test_id("note")).to_have_value("Typed while the server was away.")
    stage.server.cti.up = True
    await expect(stage.page.get_by_test_id("draft-status")).to_have_attribute("data-status", "clean", timeout=20_000)
    notes = [request.note for request in stage.server.cti.requests if isinstance(request, SaveNote)]
    assert notes[-1] == "Typed while the server was away."


async def test_a_contact_is_completed_by_keyboard(stage: screens.Stage) -> None:
    """Outcome by its letters, note typed, Alt+Shift+E completes."""
    await screens.wrap_up(stage)
    completed = _next_request(stage, CompleteContact)
    keyboard = stage.page.keyboard
    await keyboard.press("Alt+Shift+KeyD")
    await keyboard.type("Solved")
    await keyboard.press("Alt+Shift+KeyN")
    await keyboard.press("Control+End")
    await keyboard.type(" Closed.")
    await keyboard.press("Alt+Shift+KeyE")
    async with asyncio.timeout(5):
        request = await completed
    assert request.disposition == "solved"
    assert request.note.endswith("network. Closed.")


async def test_a_missed_call_is_answered_for_with_one_key(stage: screens.Stage) -> None:
    """The missed call stays on the page until Alt+Shift+R asks for ready."""
    await screens.missed(stage)
    asked = _next_request(stage, SetState)
    await stage.page.keyboard.press("Alt+Shift+KeyR")
    async with asyncio.timeout(5):
        assert (await asked).state is AgentStateName.READY
    stage.anna(state=AgentStateName.READY, reason=None)
    await expect(stage.page.get_by_test_id("missed")).to_have_count(0)


async def test_a_second_tab_takes_over_and_a_call_forbids_it(stage: screens.Stage) -> None:
    """One tab has the phone. It gives way when asked, but not in a call."""
    await screens.other_tab(stage)
    first, second = stage.context.pages
    await second.get_by_test_id("take-over").click()
    await expect(second.get_by_test_id("agent-page")).to_be_visible()
    await expect(first.get_by_test_id("other-tab")).to_be_visible()
    stage.contact(stage.caller(ContactPhase.OFFERED))
    await stage.talk()
    await first.get_by_test_id("take-over").click()
    await expect(first.get_by_text("The other tab is in a call")).to_be_visible()
    await expect(second.get_by_test_id("call")).to_have_attribute("data-stage", "talking")


async def test_the_pop_is_on_the_screen_before_the_offer_is_confirmed(stage: screens.Stage) -> None:
    """The server tells the CTI server that the pop was written; the page has drawn it by then or a moment later."""
    await screens.idle(stage)
    stage.contact(stage.caller())
    await expect(stage.page.get_by_test_id("customer-name")).to_have_text("Margarethe Sommerfeld")
    assert stage.server.cti.offers_shown == ["offer-1"]


R = TypeVar("R", bound=Request)


def _next_request(stage: screens.Stage, kind: type[R]) -> asyncio.Future[R]:
    """The next request of this kind, as soon as the page has made it."""
    asked: asyncio.Future[R] = asyncio.get_running_loop().create_future()

    def reply(request: Request) -> Done | Refused:
        if isinstance(request, kind) and not asked.done():
            asked.set_result(request)
        return Done()

    stage.server.cti.reply = reply
    return asked
