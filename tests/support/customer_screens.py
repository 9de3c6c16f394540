"""The customers' pages in a real browser, over records of their own, each in one known state.

``python -m tests.support.customer_screens FOLDER [SCREEN …]`` writes a picture of each, in every look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.async_api import FilePayload, expect
from pydantic import JsonValue

from callcenter.api.calls import CallDirection
from callcenter.api.card import DealingKind, Medium
from callcenter.api.customers import Edit, Edited
from callcenter.api.records import Reader, Role
from callcenter.api.timeline import NewInteraction
from tests.support import desktop_screens as screens
from tests.support.dealings import dealing
from tests.support.desktop_screens import Scene, Stage
from tests.support.desktop_server import DesktopServer
from tests.support.floor_samples import uuid

PATIENCE_MS = 20_000  # the cores may be shared
SUE = Reader(person="sue", role=Role.SUPERVISOR)
BEN = Reader(person="ben", role=Role.AGENT)
FILE = """\
客户编号,Name,Phone,City,Remark
C-7001,Zoë Müller,2025550171,Zürich,
C-7002,张伟,2025550172,上海,老客户
C-7003,<b>Bobby</b>,2025550173,Leeds,=HYPERLINK("http://x")
C-7004,Nobody at all,call me,,
"""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Who is in the records: a firm's contact with a history, and her double."""

    margarethe: str
    double: str
    firm: str


def number(text: str, label: str = "mobile", *, shared: bool = False) -> JsonValue:
    return {"number": text, "label": label, "shared": shared}


async def record(server: DesktopServer, **fields: JsonValue) -> str:
    """Make a record; return its customer."""
    made = await server.masters.master.create(fields, SUE)
    assert isinstance(made, Edited), made
    return made.record.customer


async def seeded(server: DesktopServer) -> Shown:
    """Fill the records."""
    firm = await record(server, name="Sommerfeld Präzision GmbH", kind="company", account="4001 2200", tier="gold")
    margarethe = await record(
        server,
        name="Margarethe Sommerfeld",
        account="4001 2278",
        tier="vip",
        language="de",
        salutation="Frau Dr.",
        birthday="1971-03-31",
        numbers=[number("+4915112345678"), number("+49305550177", "work")],
        mails=[{"mail": "m.sommerfeld@example.org", "label": "", "shared": False}],
        addresses=[
            {
                "label": "postal",
                "street": "Lindenallee 14",
                "extra": "",
                "postal_code": "14050",
                "city": "Berlin",
                "region": "",
                "country": "DE",
            }
        ],
        owner="anna",
        territory="abroad",
        industry="Precision engineering",
        preferences={"no_mail": True, "best_from": "09:00", "best_until": "12:30"},
        custom={"product": "office", "installed_on": "2024-05-02"},
        remark="Prefers to be called before noon.\nAsk for the extension, not the switchboard.",
    )
    double = await record(
        server,
        name="M. Sommerfeld",
        family_name="Sommerfeld",
        birthday="1971-03-31",
        aliases=["Margarethe Sommerfeld"],
        numbers=[number("+4915112345678", shared=True)],
        tier="standard",
        remark="Moved to Lindenallee.",
    )
    for place in range(30):
        await record(server, name=f"Sommer Garten {place + 1}", kind="company")
    for place, (note, fields) in enumerate(HISTORY):
        await interaction(server, place, margarethe, note, fields)
    for place, fields in enumerate(DEALINGS):
        await deal(server, place, margarethe, fields)
    return Shown(margarethe=margarethe, double=double, firm=firm)


LETTER = {
    "medium": Medium.MAIL,
    "subject": "Contract 2025/118",
    "payload": {"body": "Dear Ms Sommerfeld,\n\nplease find the contract enclosed."},
}
HISTORY: tuple[tuple[str, dict[str, Any]], ...] = (
    *((f"Monthly check-in, number {place}.", {}) for place in range(40, 4, -1)),
    ("Moved house; address changed, contract unchanged.", {}),
    ("", {"outcome": "abandoned", "agent": None, "disposition": None}),
    ("Sent the signed contract.", LETTER),
    (
        "Router drops the line every evening around 20:00. Promised a technician; wants a call back before Friday.",
        {"disposition": "follow-up"},
    ),
)

DEALINGS: tuple[dict[str, Any], ...] = (
    {
        "kind": DealingKind.CONTRACT,
        "title": "Premium support",
        "number": "S-2025-118",
        "state": "active",
        "opened_on": "2025-04-01",
        "due_on": "2026-03-31",
        "level": "premium",
    },
    {
        "kind": DealingKind.COMPLAINT,
        "title": "Line drops every evening",
        "number": "C-311",
        "state": "open",
        "opened_on": "2025-12-28",
        "blocks_sales": True,
    },
    {
        "kind": DealingKind.PROMISE,
        "title": "Send a technician",
        "state": "open",
        "by": "us",
        "opened_on": "2025-12-29",
        "due_on": "2026-01-02",
    },
    {
        "kind": DealingKind.INVOICE,
        "title": "",
        "number": "R-88120",
        "state": "open",
        "opened_on": "2025-11-20",
        "due_on": "2025-12-20",
        "amount": 128_450,
        "unpaid": 128_450,
        "currency": "EUR",
    },
)


async def interaction(server: DesktopServer, place: int, customer: str, note: str, fields: dict[str, Any]) -> None:
    """Enter an interaction; later ones are newer."""
    at = int(server.now.timestamp() * 1000) - (len(HISTORY) - place) * 7 * 86_400_000
    made: dict[str, Any] = {
        "interaction": uuid(3_000 + place),
        "medium": Medium.CALL,
        "direction": CallDirection.IN,
        "customer": customer,
        "started_at": at,
        "ended_at": at + 240_000,
        "queue": "support",
        "agent": "ben",
        "outcome": "handled",
        "address": "+4915112345678",
        "subject": "",
        "disposition": "solved",
        "note": note,
        "payload": {},
    }
    await server.masters.timeline.add(NewInteraction(**(made | fields)))


async def deal(server: DesktopServer, place: int, customer: str, fields: dict[str, Any]) -> None:
    """Enter a dealing."""
    rest = {name: value for name, value in fields.items() if name != "kind"}
    made = dealing(uuid(4_000 + place), DealingKind(fields["kind"]), **{"by": None, **rest})
    assert await server.masters.dealings.put(customer, made, SUE) is None


# -- the screens ------------------------------------------------------------------------------------------------


async def agent_at(stage: Stage, path: str) -> Shown:
    """Anna, on a page of the customers'."""
    shown = await seeded(stage.server)
    await screens.idle(stage)
    await go(stage, path.replace("{margarethe}", shown.margarethe))
    return shown


async def go(stage: Stage, path: str) -> None:
    """Go to a page without loading the document anew, as a link does."""
    await stage.page.evaluate(
        "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')) }", path
    )


async def customers_found(stage: Stage) -> None:
    """Found by a part of a name, more than fit on a page."""
    await agent_at(stage, "/customers")
    await stage.page.get_by_test_id("find-text").fill("sommer")
    await expect(stage.page.get_by_test_id("match")).to_have_count(20, timeout=PATIENCE_MS)


async def customer_record(stage: Stage) -> Shown:
    """A whole record: alerts, details, dealings, what happened."""
    shown = await agent_at(stage, "/customers/{margarethe}")
    await stage.page.get_by_test_id("history-entry").first.wait_for()
    await expect(stage.page.get_by_test_id("pair")).to_have_count(1, timeout=PATIENCE_MS)
    return shown


async def customer_story(stage: Stage) -> None:
    """An interaction opened by keyboard."""
    await customer_record(stage)
    head = stage.page.locator("[data-head]").first
    await head.focus()
    await stage.page.keyboard.press("Enter")
    await stage.page.get_by_test_id("story").wait_for()


async def customer_editing(stage: Stage) -> None:
    """Numbers in the making, one of them wrong."""
    await customer_record(stage)
    await stage.page.get_by_test_id("edit-numbers").click()
    await stage.page.get_by_test_id("add-numbers").click()
    await stage.page.locator("[id$='-2-number']").fill("call me")
    await stage.page.get_by_test_id("save-numbers").click()
    await stage.page.locator("#field-numbers-problems").wait_for()


async def customer_conflict(stage: Stage) -> Shown:
    """Ben changed the remark while Anna was writing."""
    shown = await customer_record(stage)
    await stage.page.get_by_test_id("edit-remark").click()
    await stage.page.locator("#field-remark-input").fill("Call after 14:00 from now on.")
    await stage.server.masters.master.edit(
        Edit(customer=shown.margarethe, version=1, changes={"remark": "Never call on Mondays."}), BEN
    )
    await stage.page.get_by_test_id("save-remark").click()
    await stage.page.get_by_test_id("conflict").wait_for()
    return shown


async def customer_merge(stage: Stage) -> Shown:
    """Two records side by side."""
    shown = await customer_record(stage)
    await stage.page.get_by_test_id("compare").click()
    await stage.page.get_by_test_id("merge-confirm").wait_for()
    return shown


async def customer_new(stage: Stage) -> None:
    """A record in the making."""
    await agent_at(stage, "/customers/new")
    await stage.page.get_by_test_id("create-customer").wait_for()


async def customer_pop(stage: Stage) -> None:
    """A call of the one with alerts: everything on the screen before the ring."""
    shown = await seeded(stage.server)
    card = await stage.server.masters.cards.customer(shown.margarethe)
    await screens.idle(stage)
    stage.contact(stage.caller(customer=card))
    await stage.ring()
    await stage.page.get_by_test_id("alerts").wait_for()


async def supervisor_at(stage: Stage, path: str) -> None:
    """Sue, on a page of the customers'."""
    await seeded(stage.server)
    await screens.supervisor(stage)
    await go(stage, path)


async def duplicates(stage: Stage) -> None:
    """Pairs of the whole firm."""
    await supervisor_at(stage, "/duplicates")
    await stage.page.get_by_test_id("pair").first.wait_for()


async def contacts(stage: Stage) -> None:
    """What happened with all customers, looked through."""
    await supervisor_at(stage, "/contacts")
    await stage.page.get_by_test_id("timeline-text").fill("technician")
    await expect(stage.page.get_by_test_id("history-entry")).to_have_count(1, timeout=PATIENCE_MS)


async def person_data(stage: Stage) -> None:
    """An administrator about to erase a person."""
    shown = await seeded(stage.server)
    await screens.administrator(stage)
    await go(stage, f"/customers/{shown.margarethe}")
    await stage.page.get_by_test_id("erase").click()
    await stage.page.get_by_test_id("erase-reason").fill("Asked in writing, file 88")


async def import_preview(stage: Stage) -> None:
    """A file looked at, with rows that cannot be taken in."""
    await supervisor_at(stage, "/imports")
    content = FilePayload(name="liste_2026.csv", mimeType="text/csv", buffer=FILE.encode())
    await stage.page.get_by_test_id("file").set_input_files(content)
    await expect(stage.page.get_by_test_id("preview-row")).to_have_count(4, timeout=PATIENCE_MS)


async def import_done(stage: Stage) -> None:
    """Taken in, with a report of what was not."""
    await import_preview(stage)
    await stage.page.get_by_test_id("start-import").click()
    await stage.page.locator("[data-testid=import][data-state=done]").wait_for()


async def export_done(stage: Stage) -> None:
    """A file that is ready."""
    await supervisor_at(stage, "/exports")
    await stage.page.get_by_test_id("start-export").click()
    await stage.page.get_by_test_id("download").wait_for()


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        customers_found,
        customer_record,
        customer_story,
        customer_editing,
        customer_conflict,
        customer_merge,
        customer_new,
        customer_pop,
        duplicates,
        contacts,
        person_data,
        import_preview,
        import_done,
        export_done,
    )
}

if __name__ == "__main__":
    screens.main(SCENES, __doc__)
