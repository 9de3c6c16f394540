"""Agents' pages in real browsers that speak with a tone each, for tests on the whole platform."""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.desktop_screens import ARGUMENTS, CHROMIUM
from tests.support.platform import PASSWORD, Platform

UP_WITHIN = 15_000  # milliseconds: microphone, credentials, WebSocket, registration, on a shared machine


@asynccontextmanager
async def speaking_browser(folder: Path, hertz: int) -> AsyncIterator[Browser]:
    """A Chromium whose microphone hears a tone, for ever."""
    path = folder / f"{hertz}.wav"
    samples = (int(12_000 * math.sin(2 * math.pi * hertz * n / 48_000)) for n in range(48_000))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    arguments = [*ARGUMENTS, f"--use-file-for-fake-audio-capture={path}", "--allow-loopback-in-peer-connection"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def signed_in(browser: Browser, platform: Platform, person: str) -> AsyncIterator[Page]:
    """A person's page. It may break no policy and log no error."""
    context = await browser.new_context(permissions=["microphone"], locale="en-GB")
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = await context.new_page()
    await page.goto(platform.address)
    await page.get_by_test_id("person").fill(person)
    await page.get_by_test_id("password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()
    yield page
    await context.close()
    assert errors == []


async def become_ready(page: Page) -> None:
    """Once the phone is registered."""
    await expect(page.get_by_test_id("health-phone")).to_have_attribute("data-health", "ok", timeout=UP_WITHIN)
    await page.keyboard.press("Alt+Shift+KeyR")
    await in_state(page, "ready")


async def in_state(page: Page, state: str) -> None:
    """Wait until the agent is in this state."""
    await expect(page.get_by_test_id("status")).to_have_attribute("data-state", state, timeout=UP_WITHIN)


async def at_stage(page: Page, stage: str) -> None:
    """Wait until the call is at this stage."""
    await expect(page.get_by_test_id("call")).to_have_attribute("data-stage", stage, timeout=10_000)


async def how(page: Page, talk: str) -> None:
    """Wait until the page shows the call so: alone, holding, calling, consulting, alternated, conference, asked."""
    await expect(page.get_by_test_id("call")).to_have_attribute("data-talk", talk, timeout=10_000)


async def complete(page: Page, outcome: str, note: str) -> None:
    """Finish the work after a call."""
    await expect(page.get_by_test_id("wrap-up")).to_be_visible()
    await page.get_by_test_id("disposition").select_option(outcome)
    await page.get_by_test_id("note").fill(note)
    await page.get_by_test_id("complete").click()
    await in_state(page, "ready")
