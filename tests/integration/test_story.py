"""The story the platform is for: a caller is known, asked, routed, popped, answered, written down, and known again.

Told once on the embedded stores and once on PostgreSQL and a Redis that were there before.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callcenter.api.customers import NumberEntry, NumberLabel
from callcenter.api.shapes import Tier
from callcenter.customers.record import new_fields
from callcenter.customers.written import all_written
from callcenter.storage.customer_rows import insert_records
from callcenter.storage.database import open_database
from tests.support.phone import Phone, PhoneCall
from tests.support.platform import SUPERVISOR, SUPPORT, SUPPORT_QUEUES, Employee, Platform, laid_out, support_desk
from tests.support.servers import TREE
from tests.support.workplace import Workplace

pytestmark = pytest.mark.integration

VIP, VIP_ACCOUNT = "+12025550123", "70123456"
STANDARD, STANDARD_ACCOUNT = "+12025550144", "70999888"
ANA = Employee(person="ana", skills={"billing": 9, "technical": 8, "sales": 7})
BO = Employee(person="bo", skills={"billing": 4})


def house() -> dict[str, str]:
    """The shipped queues, which ask for skills and have dispositions, with the shipped rules and the shipped flows."""
    flows = ("waiting", "satisfaction", "called_back", "modules/callback_number")
    names = ("routing.yaml", *(f"queues/{one}.yaml" for one in SUPPORT_QUEUES), *(f"flows/{one}.yaml" for one in flows))
    return support_desk() | {name: (TREE / "config" / name).read_text("utf-8") for name in names}


# A firm's own records, which know somebody whom ours do not.
ELSEWHERE = "+12025550177"
CRM = {
    "hosts/crm.yaml": """
type: sql
url: { file: crm-url }
questions:
  customer_by_number:
    sql: SELECT telephone, code, name, tier, covered_until, complaint FROM clients WHERE telephone = :number LIMIT 1
    arguments: { number: { type: text, pattern: "[+][0-9]{5,15}" } }
    answer: { telephone: telephone, code: code, name: name, tier: tier, until: covered_until, complaint: complaint }
""",
    "sources/crm.yaml": """
host: crm
wait: 1.0
by_number: { question: customer_by_number, argument: number, key: telephone }
fields: { account: code, name: name, tier: tier }
cover: { until: until }
alerts: { open_complaint: complaint }
""",
}


def keeps_customers_elsewhere(home: Path) -> None:
    """Make the records elsewhere, and the secret that says where they are."""
    file = home / "crm.sqlite"
    with closing(sqlite3.connect(file)) as clients, clients:
        clients.execute("CREATE TABLE clients (telephone, code, name, tier, covered_until, complaint)")
        row = (ELSEWHERE, "CRM-7", "Zoë Elsewhere", "vip", "2999-12-31", "2 open")
        clients.execute("INSERT INTO clients VALUES (?, ?, ?, ?, ?, ?)", row)
    (home / "secrets" / "crm-url").write_text(f"sqlite:///{file}", encoding="utf-8")


async def customers(url: str) -> None:
    """Put two customers into the records."""
    async with open_database(url) as database, database.begin() as connection:
        rows = {
            "c-vip": new_fields(
                name="王小明", account=VIP_ACCOUNT, tier=Tier.VIP, language="zh", numbers=(number(VIP),)
            ),
            "c-std": new_fields(name="Ben Ode", account=STANDARD_ACCOUNT, language="en", numbers=(number(STANDARD),)),
        }
        await connection.run_sync(insert_records, all_written(rows.items()), datetime.now(UTC))


def number(text: str) -> NumberEntry:
    return NumberEntry(number=text, label=NumberLabel.MOBILE, shared=False)


@pytest.fixture(scope="module", params=["embedded", "servers that were there"])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The whole platform, with two agents and two customers."""
    home: Path = tmp_path_factory.mktemp("story")
    people = [ANA, BO, SUPERVISOR]
    if request.param == "embedded":
        with laid_out(home, employees=people, catalogue=house() | CRM) as platform:
            keeps_customers_elsewhere(home)
            yield from running(platform)
        return
    redis, postgres = request.getfixturevalue("redis_server"), request.getfixturevalue("postgres_server")
    redis.flush()
    with (
        postgres.fresh_database() as url,
        laid_out(home, employees=people, catalogue=house() | CRM, records=url, bus=redis.url) as platform,
    ):
        keeps_customers_elsewhere(home)
        yield from running(platform)


def running(platform: Platform) -> Iterator[Platform]:
    asyncio.run(customers(platform.settings.database_url))
    platform.asterisk.start()
    platform.start()
    yield platform
    platform.stop()


@asynccontextmanager
async def agent(platform: Platform, employee: Employee) -> AsyncIterator[tuple[Workplace, Phone]]:
    """An agent at work: telephone registered, page open, ready; not ready again afterwards."""
    async with platform.phone(employee) as phone, platform.page(employee) as page:
        await page.get_ready()
        yield page, phone
        await page.command("agent.set_state", state="not_ready", reason="break")


@asynccontextmanager
async def line(platform: Platform, number: str) -> AsyncIterator[Phone]:
    async with Phone.open(server=platform.sip, user=number, password="") as phone:
        yield phone


async def answered(phone: Phone, number: str = SUPPORT, name: str = "Somebody") -> PhoneCall:
    call = await phone.dial(number, name=name)
    await call.answered(within=10)
    return call


def contact(page: Workplace) -> dict[str, Any]:
    found = page.view.get("contact")
    return found if isinstance(found, dict) else {}


async def offered(page: Workplace, *, within: float = 40) -> float:
    """Wait for a pop; return when the page had it."""
    return await page.until(
        lambda view: bool(view.get("contact")) and view["contact"]["phase"] == "offered", within=within
    )


async def wrapped_up(page: Workplace, **fields: object) -> None:
    await page.until(lambda view: bool(view.get("contact")) and view["contact"]["phase"] == "wrap_up", within=10)
    reply = await page.command("contact.complete", interaction=contact(page)["interaction"], **fields)
    assert reply["ok"], reply
    await page.until(lambda view: view.get("contact") is None and view["me"]["state"] == "ready", within=5)


async def on_record(page: Workplace, customer: str) -> None:
    """Wait until a customer's history has reached the records, as it must within a second or so."""
    async with asyncio.timeout(5):
        while not (await page.get(f"/api/v1/customers/{customer}/timeline"))["items"]:
            await asyncio.sleep(0.1)


async def test_a_vip_is_known_asked_routed_popped_answered_written_down_and_known_again(platform: Platform) -> None:
    """The whole way, twice: the second call's pop shows the first."""
    async with agent(platform, BO) as (bo, _), agent(platform, ANA) as (ana, phone), line(platform, VIP) as caller:
        call = await answered(caller)
        await call.audio.hears(within=5)  # the greeting
        call.audio.press("#1")  # yes, my own account; billing
        popped = await offered(ana)
        pop = contact(ana)
        ringing = await phone.incoming(within=10)
        assert phone.times("INVITE", sent=False)[-1] > popped - 0.005, "the pop comes before the ring"
        assert (pop["customer"]["name"], pop["tier"], pop["queue"]) == ("王小明", "vip", "billing")
        assert [(one["key"], one["value"]) for one in pop["gathered"]] == [("reason", "billing")]
        assert pop["customer"]["history"] == []
        assert bo.view["contact"] is None, "an expert takes the VIP, though somebody less skilled is ready"
        ringing.answer()
        await ana.until(lambda view: view["contact"]["phase"] == "talking", within=5)
        ringing.bye()
        await call.ended()
        await wrapped_up(ana, note="Explained the invoice; 下周一付款.", disposition="explained")
        await on_record(ana, "c-vip")

        again = await answered(caller)
        again.audio.press("#1")
        await offered(ana)
        history = contact(ana)["customer"]["history"]
        assert [(one["note"], one["disposition"]) for one in history] == [
            ("Explained the invoice; 下周一付款.", "explained")
        ]
        again.bye()
        await ana.until(lambda view: view.get("contact") is None, within=10)


async def test_a_customer_who_is_kept_elsewhere_is_known_and_gets_a_record(platform: Platform) -> None:
    """The firm's own system is asked while the call comes in, and what happens with him has a place here."""
    async with agent(platform, ANA) as (ana, phone), line(platform, ELSEWHERE) as caller:
        call = await answered(caller)
        call.audio.press("#1")
        await offered(ana)
        pop = contact(ana)
        assert (pop["customer"]["name"], pop["customer"]["account"], pop["tier"]) == ("Zoë Elsewhere", "CRM-7", "vip")
        assert "open_complaint" in [one["kind"] for one in pop["customer"]["alerts"]]
        assert pop["customer"]["coverage"]["until"] == "2999-12-31"
        ringing = await phone.incoming(within=10)
        ringing.answer()
        await ana.until(lambda view: view["contact"]["phase"] == "talking", within=5)
        ringing.bye()
        await call.ended()
        await wrapped_up(ana, note="", disposition="solved")
        await on_record(ana, pop["customer"]["customer"])
        (found,) = (await ana.get("/api/v1/customers?number=%2B12025550177"))["items"]
        assert (found["account"], found["tier"]) == ("CRM-7", "vip")


async def test_others_go_to_the_least_specialised_who_suffices(platform: Platform) -> None:
    """A standard caller, known by the account he keys, is no work for the expert while somebody else can help."""
    async with (
        agent(platform, ANA) as (ana, _),
        agent(platform, BO) as (bo, phone),
        line(platform, "anonymous") as caller,
    ):
        call = await answered(caller, name="Anonymous")
        call.audio.press(f"{STANDARD_ACCOUNT}#1")
        await offered(bo)
        pop = contact(bo)
        assert (pop["customer"]["name"], pop["tier"]) == ("Ben Ode", "standard")
        assert {one["key"]: one["value"] for one in pop["gathered"]} == {
            "account_number": STANDARD_ACCOUNT,
            "reason": "billing",
        }
        assert ana.view["contact"] is None
        ringing = await phone.incoming(within=10)
        ringing.answer()
        await bo.until(lambda view: view["contact"]["phase"] == "talking", within=5)
        call.bye()
        await wrapped_up(bo, note="", disposition="solved")


async def test_the_board_counts_what_happened(platform: Platform) -> None:
    """A caller waits, is seen waiting, gives up, and is counted as abandoned."""
    async with platform.page(SUPERVISOR) as board, line(platform, STANDARD) as caller:

        def technical(view: dict[str, Any]) -> dict[str, Any]:
            return next(queue for queue in view["queues"] if queue["queue"] == "technical")

        before = technical(board.view)["abandoned_today"]
        call = await answered(caller)
        call.audio.press("#2")
        await board.until(lambda view: technical(view)["waiting"] == 1, within=40)
        assert technical(board.view)["first_waiting"][0]["customer_name"] == "Ben Ode"
        await call.audio.hears(within=5)  # music, not silence
        call.bye()
        await board.until(
            lambda view: technical(view)["waiting"] == 0 and technical(view)["abandoned_today"] == before + 1, within=10
        )


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE people; --",
        "${SHELL(id)},TIMEOUT(absolute)=1",
        "=HYPERLINK(0)",
        "\u202egnirts",
        "A" * 3000,
    ],
)
async def test_a_hostile_name_reaches_the_page_as_harmless_text(platform: Platform, name: str) -> None:
    """What the network says is cleaned, shortened, and shown; the call is served as any other."""
    async with agent(platform, ANA) as (ana, phone), line(platform, STANDARD) as caller:
        call = await answered(caller, name=name)
        call.audio.press("#2")
        await offered(ana)
        shown = contact(ana)["calling_name"]
        assert len(shown) <= 80
        assert not set(shown) & set('<>$(){};="\r\n')
        ringing = await phone.incoming(within=10)
        ringing.answer()
        await ana.until(lambda view: view["contact"]["phase"] == "talking", within=5)
        call.bye()
        await wrapped_up(ana, note="", disposition="solved")


async def test_forty_digits_at_the_account_prompt_do_no_harm(platform: Platform) -> None:
    """The caller is asked again, or reaches a person; never silence, never a hang-up."""
    async with agent(platform, ANA) as (ana, phone), line(platform, "+12025559999") as caller:
        call = await answered(caller)
        call.audio.press("1234567890" * 4, milliseconds=60)
        await asyncio.sleep(1)
        call.audio.press("##2")
        await offered(ana, within=60)
        ringing = await phone.incoming(within=10)
        ringing.answer()
        await ana.until(lambda view: view["contact"]["phase"] == "talking", within=5)
        call.bye()
        await wrapped_up(ana, note="", disposition="solved")


async def test_an_unknown_number_is_refused_in_words_of_sip(platform: Platform) -> None:
    """Nobody answers a number that is not published."""
    async with line(platform, STANDARD) as caller:
        call = await caller.dial("5559999", name="Somebody")
        await call.ended(within=5)
        assert call.status == 404
