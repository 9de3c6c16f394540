"""The demonstration is whole, plausible, planted once, and its passwords work once."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.matching import satisfies
from acd.model import SkillName
from callcenter.api.shapes import Tier
from callcenter.api.timeline import TimelineFilter
from callcenter.catalogue import load_catalogue
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.phone_number import to_e164
from callcenter.storage.accounts import SessionLimits, SqlAccounts
from callcenter.storage.customer_tables import customers
from callcenter.storage.demo import FIRST_SIGN_IN, PEOPLE, demo_callers, plant_demo
from callcenter.storage.labels import Labels
from callcenter.storage.passwords import open_passwords
from callcenter.storage.people import SqlPeople
from callcenter.storage.tables import interactions, people
from callcenter.storage.threads import open_threads
from tests.fakes.clock import FakeClock
from tests.support.masters import masters_of
from tests.support.records import QUICK_HASHER, open_records
from tests.support.servers import TREE

NOW = FakeClock().utc()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(TREE / "config")


async def plant(records: AsyncEngine, catalogue: Catalogue, home: Path) -> bool:
    return await plant_demo(records, catalogue, home, now=NOW, hasher=QUICK_HASHER)


@pytest.fixture(scope="module")
def planted_file(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Planted once, for the tests that only look."""
    home = tmp_path_factory.mktemp("planted")

    async def planting() -> None:
        async with open_records(f"sqlite:///{home / 'records.sqlite'}") as records:
            await plant(records, catalogue, home)

    asyncio.run(planting())
    return home / "records.sqlite"


@pytest.fixture
async def planted(planted_file: Path) -> AsyncIterator[AsyncEngine]:
    async with open_records(f"sqlite:///{planted_file}") as records:
        yield records


async def test_every_password_signs_in_and_must_be_changed(
    records: AsyncEngine, catalogue: Catalogue, tmp_path: Path
) -> None:
    assert await plant(records, catalogue, tmp_path)
    text = (tmp_path / FIRST_SIGN_IN).read_text()
    found = re.findall(r"^  (\S+) +(\S+) +(\S+)$", text, re.MULTILINE)
    assert [(role, person) for role, person, _ in found] == [(new.role.value, new.person) for new in PEOPLE]
    async with open_passwords(QUICK_HASHER) as passwords, open_threads(records, 1) as threads:
        accounts = SqlAccounts(records, threads, passwords, FakeClock(), SessionLimits())
        for _, person, password in found:
            signed_in = await accounts.verify(person, password)
            assert signed_in is not None
            assert signed_in.must_change_password
    assert stat.S_IMODE((tmp_path / FIRST_SIGN_IN).stat().st_mode) == 0o600


async def test_it_is_planted_once(records: AsyncEngine, catalogue: Catalogue, tmp_path: Path) -> None:
    assert await plant(records, catalogue, tmp_path)
    before = (tmp_path / FIRST_SIGN_IN).read_text()
    assert not await plant(records, catalogue, tmp_path)
    assert (tmp_path / FIRST_SIGN_IN).read_text() == before
    async with records.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(people))).scalar() == len(PEOPLE)


async def test_without_a_place_for_the_passwords_nothing_is_planted(
    records: AsyncEngine, catalogue: Catalogue, tmp_path: Path
) -> None:
    """Else there would be people whose passwords nobody knows."""
    with pytest.raises(ExternalFailure):
        await plant(records, catalogue, tmp_path / "missing")
    assert await SqlPeople(records).agents() == ()
    assert await plant(records, catalogue, tmp_path)


async def test_there_is_somebody_for_every_queue(planted: AsyncEngine, catalogue: Catalogue) -> None:
    agents = await SqlPeople(planted).agents()
    for queue in catalogue.queues.values():
        wanted = queue.routing.requirements
        able = [one for one in agents if satisfies({SkillName(s): n for s, n in one.skills.items()}, wanted)]
        assert able, f"nobody can serve {queue.name}"


async def test_the_customers_are_many_plausible_and_findable(planted: AsyncEngine, catalogue: Catalogue) -> None:
    callers = await demo_callers(planted)
    assert len(callers) == 200
    assert {caller.language for caller in callers} == {"en", "zh"}
    assert all(caller.name.isascii() and to_e164(caller.number, "US") == caller.number for caller in callers)
    tiers = [caller.tier for caller in callers]
    assert tiers.count(Tier.STANDARD) > tiers.count(Tier.GOLD) > tiers.count(Tier.VIP) > 10
    async with masters_of(planted, labels=Labels.of(catalogue)) as masters:
        for caller in callers[::20]:
            card = await masters.cards.by_number(caller.number)
            assert card is not None
            assert (card.tier, card.language) == (caller.tier, caller.language)
            assert card == await masters.cards.by_account(card.account)
            assert re.fullmatch(r"[0-9]{4,8}", card.account)


async def test_the_past_is_past_and_labelled(planted: AsyncEngine, catalogue: Catalogue) -> None:
    async with planted.connect() as connection:
        everybody = (await connection.execute(select(customers.c.customer))).scalars().all()
        assert (await connection.execute(select(func.max(interactions.c.ended_at)))).scalar_one() < NOW
    async with masters_of(planted, labels=Labels.of(catalogue)) as masters:
        pages = [
            await masters.timeline.of_customer(customer, TimelineFilter(), cursor=None, limit=100)
            for customer in everybody[:60]
        ]
    past = [one for page in pages for one in page.items]
    assert {one.outcome for one in past} == {"handled", "abandoned"}
    handled = [one for one in past if one.outcome == "handled"]
    assert {one.agent_name for one in handled} == {"Ana Torres", "Bo Lin"}
    assert all(one.note and one.disposition_label and one.queue_label and one.talked_s for one in handled)


async def test_records_without_the_demonstration_have_no_callers(records: AsyncEngine) -> None:
    assert await demo_callers(records) == ()
