"""What older versions stored is there after an upgrade, and again after going back."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, literal_column, select, text
from sqlalchemy import table as table_named
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.customers import NumberEntry, NumberLabel
from callcenter.api.timeline import TimelineFilter
from callcenter.storage import schema
from callcenter.storage.database import open_database, reading, writing
from tests.support.masters import masters_of

OLD = (
    "INSERT INTO customers (customer, name, account, tier, language) VALUES"
    " ('c1', '王小明', '4001', 'vip', 'zh'), ('c2', 'Ben Ode', '4002', 'standard', NULL)",
    "INSERT INTO customer_numbers (number, customer) VALUES ('+12025550101', 'c1'),"
    " ('+12025550100', 'c1'), ('+12025550100', 'c2')",
    "INSERT INTO interactions (interaction, started_at, called_number, calling_number, customer, queue, agent,"
    " ended_at, outcome, waited_s, talked_s, disposition, note, closed) VALUES"
    " ('00000000-0000-7000-8000-000000000001', '2026-01-05 09:00:00.000000', '800', '+12025550101', 'c1', 'billing',"
    " 'ana', '2026-01-05 09:05:00.000000', 'handled', 12.5, 60.0, 'solved', '已申请退款', true),"
    " ('00000000-0000-7000-8000-000000000002', '2026-01-06 09:00:00.000000', '800', '+12025550101', 'c1', NULL, NULL,"
    " NULL, NULL, NULL, NULL, NULL, NULL, false)",
)
TABLES = ("customers", "customer_numbers", "interactions")


async def migrate(engine: AsyncEngine, revision: str) -> None:
    def run(connection: Connection) -> None:
        config = schema._config()
        config.attributes["connection"] = connection
        (command.downgrade if revision == "r0001" and _is_later(connection) else command.upgrade)(config, revision)

    async with writing(engine, "migrating") as connection:
        await connection.run_sync(run)


def _is_later(connection: Connection) -> bool:
    return schema._revision(connection) not in (None, "r0001")


async def content(engine: AsyncEngine) -> dict[str, list[Any]]:
    async with reading(engine, "looking") as connection:
        found = {}
        for table in TABLES:
            rows = (
                (await connection.execute(select(literal_column("*")).select_from(table_named(table)))).mappings().all()
            )
            found[table] = sorted((dict(row) for row in rows), key=repr)
        return found


@pytest.fixture
async def planted(url: str) -> Any:
    async with open_database(url) as engine:
        await migrate(engine, "r0001")
        async with writing(engine, "planting") as connection:
            for statement in OLD:
                await connection.execute(text(statement))
        yield engine


async def test_customers_and_their_history_are_kept(planted: AsyncEngine) -> None:
    await schema.upgrade(planted)
    async with masters_of(planted) as masters:
        card = await masters.cards.by_number("+12025550101")
        assert (await masters.cards.by_account("4002")) is not None
    assert card is not None
    assert (card.customer, card.name, card.tier, card.language) == ("c1", "王小明", "vip", "zh")
    assert set(card.numbers) == {"+12025550101", "+12025550100"}
    assert [past.note for past in card.history] == ["已申请退款"]


async def test_a_number_that_several_had_is_shared_and_still_tells_nobody(planted: AsyncEngine) -> None:
    await schema.upgrade(planted)
    async with masters_of(planted) as masters:
        assert await masters.cards.by_number("+12025550100") is None
        assert len((await masters.master.having_number("+12025550100", cursor=None, limit=10)).items) == 2
    async with reading(planted, "looking") as connection:
        numbers = await connection.execute(text("SELECT number, customer, shared FROM customer_numbers"))
        assert {(n, c, bool(s)) for n, c, s in numbers} == {
            ("+12025550101", "c1", False),
            ("+12025550100", "c1", True),
            ("+12025550100", "c2", True),
        }


async def test_what_was_written_is_found_by_its_words(planted: AsyncEngine) -> None:
    await schema.upgrade(planted)
    async with masters_of(planted) as masters:
        found = await masters.master.find("小明", cursor=None, limit=10)
        assert [match.customer for match in found.items] == ["c1"]
        noted = await masters.timeline.search(TimelineFilter(text="退款"), cursor=None, limit=10)
        assert [entry.customer_name for entry in noted.items] == ["王小明"]


async def test_going_back_loses_nothing_that_was_there_before(planted: AsyncEngine) -> None:
    before = await content(planted)
    await schema.upgrade(planted)
    await migrate(planted, "r0001")
    assert await content(planted) == before
    await schema.upgrade(planted)
    assert await schema.is_current(planted)


def test_numbers_of_older_records_are_entries_of_the_new_ones() -> None:
    """The migration writes them by hand: the shape must be that of the messages."""
    NumberEntry.model_validate({"number": "+12025550101", "label": "other", "shared": True})
    assert NumberLabel("other") is NumberLabel.OTHER
