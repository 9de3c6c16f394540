"""A firm keeps its customers elsewhere, and the pop still comes in time: over a real socket, whatever answers."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from callcenter.api.card import AlertKind, CoverState, CustomerCard
from callcenter.api.shapes import Tier
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.systems import open_hosts
from callcenter.sources.asking import open_sources
from callcenter.sources.customers import PageSources, SourcedCustomers
from callcenter.sources.reading import load_sources
from callcenter.storage.adopting import SqlAdoption
from tests.callcenter.sources.firm import NUMBER, QUINN, OurRecords, firm, says
from tests.fakes.clock import FakeClock
from tests.support.masters import PLAN, SAM, masters_of
from tests.support.records import open_records

OURS = CustomerCard.bare(customer="c-1", name="Carla Quist", account="4711", tier=Tier.STANDARD).model_copy(
    update={"numbers": (NUMBER,)}
)


async def test_a_caller_whom_only_the_source_knows_is_recognised(tmp_path: Path) -> None:
    async with firm(tmp_path, says()) as at:
        card = await at.customers.by_number(NUMBER)
        again = await at.customers.by_account("4711")
        await asyncio.sleep(0)
    assert card is not None
    assert (card.name, card.account, card.tier, card.language) == ("Carla Quinn", "4711", Tier.VIP, "de")
    assert card.numbers == (NUMBER,)
    assert card.coverage is not None
    assert (card.coverage.state, card.coverage.until) == (CoverState.COVERED, "2026-12-31")
    assert card.coverage.text.en == "Covered until 31 December 2026 (premium)."
    assert [(one.kind, one.text.en) for one in card.alerts] == [
        (AlertKind.OPEN_COMPLAINT, "Open complaint (Line drops).")
    ]
    assert card.routing.priority == 90
    assert card.routing.attributes == {
        "entitlement": "covered",
        "contract_level": "premium",
        "open_complaint": True,
        "segment": "retail",
    }
    assert card.partial == ()
    assert again is not None
    assert again.customer == card.customer  # by whatever he is found: the same customer, so one history
    assert [(one.customer, source) for one, source in at.entered] == [(card.customer, "crm")] * 2


async def test_our_own_record_is_completed_by_its_account(tmp_path: Path) -> None:
    async with firm(tmp_path, says(), ours=(OURS,)) as at:
        card = await at.customers.by_number(NUMBER)
    assert card is not None
    assert (card.customer, card.name, card.tier) == ("c-1", "Carla Quinn", Tier.VIP)
    assert card.routing.attributes["entitlement"] == "covered"
    assert [request.query for request in at.host.requests] == [{"code": ["4711"]}]


@pytest.mark.parametrize(("territory", "followed"), [("premium", 0), ("south", 1)])
async def test_a_record_follows_its_source_in_the_territory_too(tmp_path: Path, territory: str, followed: int) -> None:
    same = {"name": "Carla Quinn", "tier": Tier.VIP, "language": "de", "territory": territory}
    also = "language: language\n  territory: level"
    async with firm(
        tmp_path,
        says(),
        ours=(OURS.model_copy(update=same),),
        change=lambda text: text.replace("language: language", also),
    ) as at:
        card = await at.customers.by_number(NUMBER)
        await asyncio.sleep(0)
    assert card is not None
    assert card.territory == "premium"
    assert len(at.entered) == followed


async def test_a_customer_of_ours_under_a_number_that_only_the_source_knows(tmp_path: Path) -> None:
    ours = OURS.model_copy(update={"numbers": ()})
    async with firm(tmp_path, says(), ours=(ours,)) as at:
        card = await at.customers.by_number(NUMBER)
    assert card is not None
    assert card.customer == "c-1"
    assert len(at.host.requests) == 1  # what it said by number is not asked again by account


@pytest.mark.parametrize(
    ("script", "seconds"),
    [
        ((None,), 0.0),  # never
        ((says(),), 0.3),  # late
        ((says(b"<html>we are working on it</html>"),), 0.0),
        ((says({"code": "4711"}),), 0.0),  # a name is missing
        ((says({"error": "x"}, 500),), 0.0),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",), 0.0),
        ((says(QUINN | {"code": "4712", "name": "Somebody Else"}),), 0.0),
        ((says(QUINN | {"code": True}),), 0.0),
    ],
    ids=["never", "late", "no JSON", "incomplete", "an error", "broken off", "somebody else", "no key"],
)
async def test_the_pop_comes_in_time_and_says_what_is_missing(
    tmp_path: Path, script: tuple[bytes | None, ...], seconds: float
) -> None:
    async with firm(tmp_path, *script, ours=(OURS,), seconds=seconds) as at:
        began = asyncio.get_running_loop().time()
        card = await at.customers.by_number(NUMBER)
        took = asyncio.get_running_loop().time() - began
    assert card == OURS.model_copy(update={"partial": ("crm",)})
    assert took < 0.28, took
    assert at.entered == []


async def test_somebody_elses_record_makes_no_customer_of_an_unknown_number(tmp_path: Path) -> None:
    async with firm(tmp_path, says(QUINN | {"telephone": "+4930999999"})) as at:
        assert await at.customers.by_number(NUMBER) is None
    assert at.entered == []


async def test_nobody_knows_him(tmp_path: Path) -> None:
    async with firm(tmp_path, says({}, 404)) as at:
        assert await at.customers.by_number(NUMBER) is None
        assert await at.customers.by_account("  ") is None


async def test_a_late_answer_is_there_for_who_asks_next(tmp_path: Path) -> None:
    async with firm(tmp_path, says(), ours=(OURS,), seconds=0.2) as at:
        first = await at.customers.by_number(NUMBER)
        await asyncio.sleep(0.25)
        second = await at.customers.by_number(NUMBER)
    assert first is not None
    assert second is not None
    assert (first.partial, second.partial) == (("crm",), ())
    assert second.name == "Carla Quinn"
    assert len(at.host.requests) == 1


async def test_answers_are_used_again_for_as_long_as_the_file_says(tmp_path: Path) -> None:
    async with firm(tmp_path, says(), says(QUINN | {"name": "Carla Quist-Quinn"}), ours=(OURS,)) as at:
        await asyncio.gather(*(at.customers.by_number(NUMBER) for _ in range(20)))
        assert len(at.host.requests) == 1
        at.clock.advance(59)
        await at.customers.by_number(NUMBER)
        assert len(at.host.requests) == 1
        at.clock.advance(2)
        card = await at.customers.by_number(NUMBER)
    assert card is not None
    assert card.name == "Carla Quist-Quinn"


async def test_a_system_that_keeps_failing_is_left_alone(tmp_path: Path) -> None:
    """Callers then wait for it no longer than for nothing."""
    async with firm(tmp_path, says({}, 500), ours=(OURS,)) as at:
        for _ in range(6):
            card = await at.customers.by_number(NUMBER)
            assert card is not None
            assert card.partial == ("crm",)
    assert len(at.host.requests) == 3


async def test_values_that_cannot_be_are_left_out(tmp_path: Path) -> None:
    odd = QUINN | {"tier": "platinum", "language": "Deutsch!", "covered_until": "soon", "ahead": -5, "complaint": ""}
    async with firm(tmp_path, says(odd), ours=(OURS,)) as at:
        card = await at.customers.by_number(NUMBER)
    assert card is not None
    assert (card.tier, card.coverage, card.alerts, card.routing.priority) == (Tier.STANDARD, None, (), 0)
    assert card.language == "de"


async def test_records_that_are_away_keep_nobody_from_being_recognised(tmp_path: Path) -> None:
    async with firm(tmp_path, says()) as at:
        at.broken = True
        card = await at.customers.by_number(NUMBER)
        await asyncio.sleep(0)
    assert card is not None


async def test_a_fault_of_ours_beside_a_call_ends_no_call(tmp_path: Path) -> None:
    async def enter(_card: CustomerCard, _source: str) -> None:
        raise ValueError("a fault of ours")

    async with firm(tmp_path, says()) as at:
        card = await SourcedCustomers(at.ours, at.desk, at.clock, enter).by_number(NUMBER)
        await asyncio.sleep(0)
        again = await at.customers.by_account("4711")
    assert card is not None
    assert again is not None


async def test_our_own_contract_counts_before_a_worse_word_of_the_source(tmp_path: Path) -> None:
    ended = QUINN | {"covered_until": "2025-01-01"}
    async with firm(tmp_path, says(), ours=(OURS,)) as at:
        covered = await at.customers.by_number(NUMBER)
    assert covered is not None
    ours = OURS.model_copy(update={"coverage": covered.coverage, "routing": covered.routing})
    async with firm(tmp_path, says(ended), ours=(ours,)) as at:
        card = await at.customers.by_number(NUMBER)
    assert card is not None
    assert card.coverage == covered.coverage
    assert card.routing.attributes["entitlement"] == "covered"


async def test_the_page_of_a_customer_says_what_is_missing_and_shows_what_the_source_says(tmp_path: Path) -> None:
    async with open_records(f"sqlite:///{tmp_path / 'records.sqlite'}") as records, masters_of(records) as masters:
        made = await masters.master.create({"name": "Old Name", "account": "4711", "source": "crm"}, SAM)
        assert made.type == "edited"
        page = await masters.master.page(made.record.customer, SAM)
        assert page is not None
        async with firm(tmp_path, says()) as at:
            whole = await PageSources(at.desk, at.clock).complete(page)
        async with firm(tmp_path, None) as at:
            partial = await PageSources(at.desk, at.clock).complete(page)
    assert (whole.record.fields.name, whole.record.fields.tier) == ("Carla Quinn", Tier.VIP)
    assert whole.coverage.state is CoverState.COVERED
    assert [one.kind for one in whole.alerts] == [AlertKind.OPEN_COMPLAINT]
    assert whole.partial == ()
    assert partial == page.model_copy(update={"partial": ("crm",)})


async def test_a_database_is_a_source_as_well(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crm.sqlite") as crm:
        crm.execute("CREATE TABLE customers (code TEXT, telephone TEXT, name TEXT)")
        crm.execute("INSERT INTO customers VALUES ('4711', ?, 'Carla Quinn')", [NUMBER])
    host = """\
type: sql
url: sqlite:///FILE
questions:
  by_number:
    sql: SELECT code, telephone, name FROM customers WHERE telephone = :number LIMIT 1
    arguments: { number: { pattern: '\\+[0-9]+' } }
    answer: { code: code, telephone: telephone, name: name }
""".replace("FILE", str(tmp_path / "crm.sqlite"))
    source = "host: crm\nwait: 1\nby_number: { question: by_number, argument: number, key: telephone }\n"
    for folder, text in (("hosts", host), ("sources", source + "fields: { account: code, name: name }\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "crm.yaml").write_text(text, encoding="utf-8")
    hosts, clock = load_hosts(tmp_path), FakeClock()
    async with (
        open_hosts(hosts, secrets=tmp_path, environment={}) as systems,
        open_sources(load_sources(tmp_path, hosts), systems, country="DE", monotonic=clock.monotonic) as desk,
    ):
        customers = SourcedCustomers(OurRecords(), desk, clock, None)
        card = await customers.by_number(NUMBER)
        assert await customers.by_number("+4930000000") is None
    assert card is not None
    assert (card.name, card.account) == ("Carla Quinn", "4711")


@pytest.mark.parametrize(
    "odd",
    [
        {"code": "47\n11"},
        {"code": "4\x0071"},
        {"code": "4\ud800"},
        {"name": "Carla\x00Quinn"},
        {"name": "Carla \ud800"},
        {"territory": "Carla's own " * 10},
        {"territory": "\ud800"},
    ],
)
async def test_what_a_source_says_ends_nothing_and_every_record_can_be_read(
    tmp_path: Path, odd: dict[str, str]
) -> None:
    """It is entered beside the call, in the process that leads all calls; and brought up to date by the next."""
    territory = "language: language\n  territory: level"
    told = [{**QUINN, "level": "north", **odd, "name": odd.get("name", name)} for name in ("Carla", "Carla Quinn")]
    for one in told:
        one["level"] = one.pop("territory", "north")
    async with open_records(f"sqlite:///{tmp_path / 'records.sqlite'}") as records, masters_of(records) as masters:
        adopt = SqlAdoption(masters.threads, PLAN, FakeClock())
        made = await masters.master.create({"name": "Carla Quinn", "account": "1"}, SAM)  # one she may be the same as
        assert made.type == "edited"
        for one in told:
            async with firm(
                tmp_path, says(one), change=lambda text: text.replace("language: language", territory)
            ) as at:
                customers = SourcedCustomers(masters.cards, at.desk, at.clock, adopt)
                assert await customers.by_number(NUMBER) is not None or "name" in odd or "code" in odd
                while at.desk._beside:
                    await asyncio.sleep(0.001)
        found = (await masters.master.find("carla", cursor=None, limit=9)).items
        pages = [await masters.master.page(match.customer, SAM) for match in found]
    assert found
    assert None not in pages
