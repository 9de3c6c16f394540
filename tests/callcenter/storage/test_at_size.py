"""Records of a large firm: made as the platform would make them, and read by indexes only."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from callcenter.customers.duplicates import keys_of
from callcenter.customers.record import numbers_of, words_of_record
from callcenter.domain.story import Story
from callcenter.storage.customer_rows import RECORD, fields_of
from callcenter.storage.customer_tables import customer_keys, customer_numbers, customers
from callcenter.storage.database import open_database
from callcenter.storage.tables import interactions
from tests.benchmarks.history_plans import checked_plans
from tests.support.bulk_loading import fill_postgres, fill_sqlite
from tests.support.large_records import BUSIEST, SHARED_NUMBER, SHARING, Size, customer_id, midnight, phone_number
from tests.support.masters import masters_of
from tests.support.records import DATABASES, open_records, records_url

SIZE = Size(customers=3_000, interactions=20_000)


@pytest.fixture(params=DATABASES)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    address = records_url(request, tmp_path)
    async with open_records(address):
        pass
    now = midnight(datetime.now(UTC))
    if address.startswith("sqlite"):
        fill_sqlite(tmp_path / "records.sqlite", SIZE, now, lambda _: None)
    else:
        fill_postgres(address, SIZE, now, lambda _: None)
    return address


async def test_large_records_are_what_the_platform_would_have_written(url: str) -> None:
    async with open_database(url) as engine, engine.connect() as connection:

        async def rows(query: Any) -> list[Any]:
            return list((await connection.execute(query)).all())

        for row in await rows(RECORD.where(customers.c.n % 97 == 0)):
            fields = fields_of(row)
            assert row.words == words_of_record(fields)
            keys = select(customer_keys.c.key).where(customer_keys.c.customer == row.customer)
            assert {one.key for one in await rows(keys)} == keys_of(fields)
            numbers = select(customer_numbers).where(customer_numbers.c.customer == row.customer)
            beside = {(one.number, one.contact, one.shared) for one in await rows(numbers)}
            assert beside == {tuple(one) for one in numbers_of(fields)}
        for row in await rows(select(interactions).where(interactions.c.n % 97 == 0)):
            assert Story.from_json(row.story).segments
            assert row.ended_at > row.started_at
        sharing = await rows(select(customer_numbers).where(customer_numbers.c.number == SHARED_NUMBER))
        assert len(sharing) == SHARING
        busiest = await rows(select(interactions.c.n).where(interactions.c.customer == customer_id(BUSIEST)))
        assert len(busiest) >= SIZE.interactions // 200
        if url.startswith("sqlite"):
            await connection.execute(
                text("INSERT INTO customers_words(customers_words, rank) VALUES('integrity-check', 1)")
            )
    async with open_database(url) as engine, masters_of(engine) as masters:
        found = await masters.master.find("Tara", cursor=None, limit=20)
        assert found.items
        card = await masters.cards.by_number(phone_number(7))
        assert card is not None
        assert card.contact is None
        assert card.history


async def test_nothing_that_an_agent_waits_for_reads_a_whole_table(url: str) -> None:
    statements, faults = await checked_plans(url, SIZE)
    assert statements > 20
    assert faults == []


async def test_a_number_that_five_hundred_share_is_nobodys_but_all_of_them_are_found(url: str) -> None:
    async with open_database(url) as engine, masters_of(engine) as masters:
        assert await masters.cards.by_number(SHARED_NUMBER) is None
        seen: list[str] = []
        cursor = None
        while True:
            page = await masters.master.having_number(SHARED_NUMBER, cursor=cursor, limit=100)
            seen += [match.customer for match in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(seen) == sorted(customer_id(number) for number in range(SHARING))
