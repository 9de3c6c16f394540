"""The customers' pages in a real browser over real records: a whole way through them, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, expect

from callcenter.api.customers import Edit
from callcenter.api.messages import ContactPhase
from tests.support import customer_screens as customers
from tests.support import desktop_screens as screens

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all: starting one costs more than a page
    pytest.mark.skipif(not (screens.STATIC / "index.html").is_file(), reason="the front end has not been built"),
]

PATIENCE_MS = customers.PATIENCE_MS


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser for all tests; each has a profile of its own."""
    async with screens.chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def stage(browser: Browser) -> AsyncIterator[screens.Stage]:
    """A page on a desktop of its own."""
    expect.set_options(timeout=PATIENCE_MS)
    async with screens.screens_server() as server, screens.staged(browser, server) as stage:
        yield stage


async def test_a_customer_is_found_edited_by_two_read_joined_and_taken_apart(stage: screens.Stage) -> None:
    """Search by keyboard, edit with a conflict, timeline to its end, merge and un-merge."""
    shown = await customers.seeded(stage.server)
    await screens.idle(stage)
    page = stage.page

    # found by keyboard alone
    await page.keyboard.press("Alt+Shift+KeyF")
    await expect(page.get_by_test_id("find-text")).to_be_focused()
    await page.keyboard.type("4001 2278")
    await page.keyboard.press("Enter")
    record = page.get_by_test_id("customer-page")
    await expect(record).to_have_attribute("data-customer", shown.margarethe)
    assert page.url.endswith(f"/customers/{shown.margarethe}")
    await expect(page.locator("[data-alert=do_not_sell]")).to_be_visible()

    # a conflict: both values are shown, the chosen one is stored
    await page.get_by_test_id("edit-remark").click()
    await page.locator("#field-remark-input").fill("Call after 14:00.")
    theirs = Edit(customer=shown.margarethe, version=1, changes={"remark": "Never on Mondays.", "industry": "Optics"})
    await stage.server.masters.master.edit(theirs, customers.BEN)
    await page.get_by_test_id("save-remark").click()
    conflict = page.get_by_test_id("conflict")
    await expect(conflict).to_contain_text("Never on Mondays.")
    await expect(conflict).to_contain_text("Call after 14:00.")
    await page.get_by_test_id("settle-conflict").click()
    await expect(page.get_by_test_id("row-remark")).to_contain_text("Call after 14:00.")
    await expect(page.get_by_test_id("row-industry")).to_contain_text("Optics")
    await page.get_by_test_id("show-changes").click()
    await expect(page.get_by_test_id("change").first).to_contain_text("Never on Mondays.")

    # the timeline: to its end by scrolling, then searched
    entries = page.get_by_test_id("history-entry")
    await expect(entries).to_have_count(20)
    while await entries.count() < len(customers.HISTORY):
        before = await entries.count()
        await entries.last.scroll_into_view_if_needed()
        await expect(entries.nth(before)).to_be_attached()
    await page.get_by_test_id("timeline-text").fill("technician")
    await expect(entries).to_have_count(1)
    await page.locator("[data-head]").first.press("Enter")
    await page.get_by_test_id("story-note-text").fill("Called back on Thursday.")
    await page.get_by_test_id("story-note-save").click()
    await expect(page.get_by_test_id("story-note")).to_have_count(2)

    # joined with her double, and taken apart again
    await page.get_by_test_id("compare").click()
    await page.get_by_test_id("merge-confirm").click()
    await expect(page.get_by_test_id("said")).to_contain_text("joined")
    await expect(page.get_by_test_id("suggestions")).to_have_count(0)
    await customers.go(stage, f"/customers/{shown.double}")
    await expect(page.get_by_test_id("became")).to_be_visible()
    await page.get_by_test_id("un-merge").click()
    await page.get_by_test_id("un-merge-confirm").click()
    await expect(page.get_by_test_id("said")).to_contain_text("M. Sommerfeld")
    assert stage.refused == []


async def test_a_customer_on_the_line_can_be_joined_with_another(stage: screens.Stage) -> None:
    """The call goes on, and its record opens as the one that the customer has become."""
    shown = await customers.seeded(stage.server)
    card = await stage.server.masters.cards.customer(shown.double)
    await screens.idle(stage)
    stage.contact(stage.caller(ContactPhase.TALKING, customer=card))
    page = stage.page
    await page.get_by_test_id("open-record").click()
    await page.get_by_test_id("compare").click()
    await page.get_by_text("Swap the two").click()
    await expect(page.get_by_test_id("merge").locator("thead")).to_contain_text("This record stays")
    await expect(page.get_by_test_id("merge").locator("thead th").first).to_contain_text("Margarethe Sommerfeld")
    await page.get_by_test_id("merge-confirm").click()
    await expect(page.get_by_test_id("customer-page")).to_have_attribute("data-customer", shown.margarethe)
    await page.get_by_test_id("nav-work").click()
    await expect(page.get_by_test_id("customer-name")).to_have_text("M. Sommerfeld")
    await page.get_by_test_id("open-record").click()
    await expect(page.get_by_test_id("customer-page")).to_have_attribute("data-customer", shown.margarethe)
    await expect(page.get_by_test_id("became")).to_be_visible()


async def test_an_open_dialog_keeps_nobody_from_answering(stage: screens.Stage) -> None:
    """A conflict waits behind the pop, the call is answered by mouse, and the conflict is there again afterwards."""
    await customers.customer_conflict(stage)
    page = stage.page
    stage.contact(stage.caller())
    await expect(page.get_by_test_id("conflict")).to_be_hidden()
    await stage.talk()
    await page.get_by_test_id("nav-customers").click()
    await expect(page.get_by_test_id("conflict")).to_contain_text("Call after 14:00 from now on.")


async def test_a_small_file_is_taken_in_and_undone(stage: screens.Stage) -> None:
    """Chosen, mapped, run, its report fetched, and undone; what a name holds is shown as text."""
    await customers.import_preview(stage)
    page = stage.page
    actions = await page.get_by_test_id("preview-row").evaluate_all("rows => rows.map(row => row.dataset.action)")
    assert actions == ["create", "create", "refuse", "refuse"]
    await page.get_by_test_id("map-Remark").select_option("")  # its formula is not wanted at all
    await expect(page.locator("[data-testid=preview-row][data-action=create]")).to_have_count(3)
    await page.get_by_test_id("start-import").click()
    await expect(page.locator("[data-testid=import][data-state=done]")).to_be_visible()
    async with page.expect_download() as fetching:
        await page.get_by_test_id("refused-report").click()
    report = (await (await fetching.value).path()).read_text(encoding="utf-8-sig")
    assert report.splitlines()[1].startswith("C-7004,Nobody at all,call me,,,5,Phone: No telephone number.")
    await page.get_by_test_id("nav-customers").click()
    await page.get_by_test_id("find-text").fill("bobby")
    await expect(page.get_by_test_id("match")).to_contain_text("<b>Bobby</b>")
    await page.get_by_test_id("nav-imports").click()
    await page.get_by_test_id("undo").click()
    await page.get_by_test_id("undo-confirm").click()
    await expect(page.locator("[data-testid=import][data-state=undone]")).to_be_visible()
    await page.get_by_test_id("nav-customers").click()
    await page.get_by_test_id("find-text").fill("bobby")
    await expect(page.get_by_test_id("find-none")).to_be_visible()
    assert stage.refused == []


async def test_what_is_no_table_is_said(stage: screens.Stage) -> None:
    """A picture is no table, and the page says so."""
    await customers.supervisor_at(stage, "/imports")
    picture = FilePayload(name="photo.csv", mimeType="text/csv", buffer=b"\x89PNG\r\n\x1a\n\x00\x00")
    await stage.page.get_by_test_id("file").set_input_files(picture)
    await expect(stage.page.get_by_test_id("import-failed")).to_be_visible()
    await expect(stage.page.get_by_test_id("preview")).to_have_count(0)


async def test_a_record_is_opened_by_its_address(stage: screens.Stage) -> None:
    """The address of a record can be kept and sent to a colleague."""
    shown = await customers.seeded(stage.server)
    await screens.idle(stage)
    await stage.page.goto(f"{stage.server.origin}/customers/{shown.firm}?softphone=fake")
    await expect(stage.page.get_by_test_id("customer-page")).to_have_attribute("data-customer", shown.firm)
    await stage.page.goto(f"{stage.server.origin}/customers/nobody?softphone=fake")
    await expect(stage.page.get_by_test_id("customer-page").get_by_role("alert")).to_contain_text("no such customer")
