"""Customers whom a source knows get a record, once; what people made is left alone."""

from __future__ import annotations

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.card import CustomerCard
from callcenter.api.shapes import Tier
from callcenter.storage.adopting import SqlAdoption
from tests.fakes.clock import FakeClock
from tests.support.masters import PLAN, SAM, masters_of

NUMBER = "+12025550123"
CARD = CustomerCard.bare(customer="from-crm", name="Carla Quinn", account="4711", tier=Tier.VIP).model_copy(
    update={"numbers": (NUMBER,), "language": "de"}
)


async def test_a_record_is_made_once_and_kept_up_to_date(records: AsyncEngine) -> None:
    async with masters_of(records) as masters:
        adopt = SqlAdoption(masters.threads, PLAN, FakeClock())
        await adopt(CARD, "crm")
        await adopt(CARD, "crm")
        record = await masters.master.record("from-crm", SAM)
        assert record is not None
        assert (record.version, record.fields.name, record.fields.source) == (1, "Carla Quinn", "crm")
        assert record.fields.language == "de"
        found = await masters.cards.by_number(NUMBER)
        assert found is not None
        assert found.customer == "from-crm"
        await adopt(CARD.model_copy(update={"name": "Carla Quist", "tier": Tier.GOLD}), "crm")
        changes = (await masters.master.changes("from-crm", SAM, cursor=None, limit=10)).items
    assert {(one.field, one.via, one.version) for one in changes} == {
        ("created", "source", 1),
        ("name", "source", 2),
        ("tier", "source", 2),
    }


async def test_what_is_somebody_elses_stays_his(records: AsyncEngine) -> None:
    async with masters_of(records) as masters:
        adopt = SqlAdoption(masters.threads, PLAN, FakeClock())
        number: dict[str, JsonValue] = {"number": NUMBER, "label": "mobile", "shared": False}
        made = await masters.master.create({"name": "Ann", "account": "1", "numbers": [number]}, SAM)
        assert made.type == "edited"
        await adopt(CARD, "crm")
        owner = await masters.cards.by_number(NUMBER)
        assert owner is not None
        assert owner.name == "Ann"
        assert await masters.cards.by_account("4711") is not None
        await adopt(CARD.model_copy(update={"customer": "another", "account": "1"}), "crm")
        assert await masters.master.record("another", SAM) is None


async def test_a_record_that_people_made_is_left_alone(records: AsyncEngine) -> None:
    async with masters_of(records) as masters:
        made = await masters.master.create({"name": "Ann", "account": "1"}, SAM)
        assert made.type == "edited"
        card = CARD.model_copy(update={"customer": made.record.customer})
        await SqlAdoption(masters.threads, PLAN, FakeClock())(card, "crm")
        record = await masters.master.record(made.record.customer, SAM)
    assert record is not None
    assert record.fields.name == "Ann"
