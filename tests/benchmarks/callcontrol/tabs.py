"""The agent's tab reloaded, or dead, in a call, in a real Chromium: the customer stays, the agent comes back."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from callcenter.asterisk.installation import DeviceKind
from tests.support.bench import say
from tests.support.browser_desk import UP_WITHIN, at_stage, become_ready, speaking_browser
from tests.support.phone import CallState, Phone
from tests.support.platform import PASSWORD, STRAIGHT, Platform, agents, laid_out, one_queue

AGENT = "agent01"
SAYS = 440  # Hertz
BACK_WITHIN = 30.0  # seconds


@dataclass(slots=True)
class Tabs:
    """What came of reloads, or of deaths."""

    times: int = 0
    dropped: int = 0  # customers whose call ended
    late: int = 0  # not rung back by the same agent within `BACK_WITHIN`
    seconds: list[float] = field(default_factory=list)  # from the loss until both hear each other again
    failed: list[str] = field(default_factory=list)  # what did not work before the tab was lost


@contextlib.contextmanager
def house(home: Path) -> Iterator[Platform]:
    """A whole platform with one agent, whose device is the browser."""
    with laid_out(
        home, employees=agents(1), catalogue=one_queue(), kind=DeviceKind.BROWSER, ring_seconds=15
    ) as platform:
        platform.asterisk.start()
        platform.start()
        yield platform


async def lose(platform: Platform, folder: Path, *, kill: bool, times: int) -> Tabs:
    """Lose the tab in a call so many times."""
    outcome = Tabs()
    async with (
        speaking_browser(folder, SAYS) as browser,
        Phone.open(server=platform.sip, user="0821234567") as caller,
    ):
        page = await _open(browser, platform)
        for number in range(times):
            page = await _once(page, caller, platform, outcome, kill=kill)
            await caller.hang_up_all()
            outcome.times += 1
            if number % 5 == 4:
                say(f"{number + 1} times {'killed' if kill else 'reloaded'}, {outcome.dropped} dropped")
    return outcome


async def _open(browser: Browser, platform: Platform) -> Page:
    context = await browser.new_context(permissions=["microphone"], locale="en-GB")
    page = await context.new_page()
    await page.goto(platform.address)
    await page.get_by_test_id("person").fill(AGENT)
    await page.get_by_test_id("password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()
    await become_ready(page)
    return page


async def _once(page: Page, caller: Phone, platform: Platform, outcome: Tabs, *, kill: bool) -> Page:
    loop = asyncio.get_running_loop()
    try:
        if await page.get_by_test_id("status").get_attribute("data-state") != "ready":
            await become_ready(page)
        call = await caller.dial(STRAIGHT)
        await at_stage(page, "ringing")
        await page.keyboard.press("Alt+Shift+KeyA")
        await call.answered()
        await at_stage(page, "talking")
        await call.audio.hears(SAYS, within=10)
        await asyncio.sleep(1.0)
    except (AssertionError, TimeoutError) as error:
        outcome.failed.append(repr(error)[:200])
        return page
    began = loop.time()
    if kill:
        context = page.context
        session = await context.new_cdp_session(page)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(session.send("Page.crash"), 2)
        fresh = await context.new_page()
        await fresh.goto(platform.address)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(page.close(), 2)
        page = fresh
    else:
        await page.reload()
    try:
        rung_again = re.compile("ringing|talking")  # a page that was loaded again picks up by itself
        await expect(page.get_by_test_id("call")).to_have_attribute(
            "data-stage", rung_again, timeout=BACK_WITHIN * 1000
        )
        rung = loop.time()
        if await page.get_by_test_id("call").get_attribute("data-stage") == "ringing":
            await page.keyboard.press("Alt+Shift+KeyA")
        await at_stage(page, "talking")
        await call.audio.hears(SAYS, within=10)
        if rung - began > BACK_WITHIN:
            outcome.late += 1
        else:
            outcome.seconds.append(loop.time() - began)
    except (AssertionError, TimeoutError) as error:
        outcome.late += 1
        say(f"not back: {error!r}"[:300])
    if call.state is not CallState.UP:
        outcome.dropped += 1
    call.bye() if call.state is CallState.UP else None
    await expect(page.get_by_test_id("health-phone")).to_have_attribute("data-health", "ok", timeout=UP_WITHIN)
    with contextlib.suppress(AssertionError):
        await at_stage(page, "idle")
    return page
