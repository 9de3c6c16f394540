"""What every customer master does: in memory, on SQLite, on PostgreSQL. Cards go in, cards come out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import Connection, insert

from callcenter.api.calls import CallDirection
from callcenter.api.card import Coverage, CoverState, CustomerCard, Medium, PastInteraction, RoutingHints
from callcenter.api.customers import NumberEntry, NumberLabel
from callcenter.api.records import Records
from callcenter.api.shapes import Tier, Words
from callcenter.customers.record import new_fields
from callcenter.customers.written import all_written
from callcenter.ports import Customers
from callcenter.storage.customer_rows import insert_records
from callcenter.storage.labels import Labels
from callcenter.storage.tables import interactions
from callcenter.storage.threads import Threads
from tests.contracts.conftest import OpenRecords
from tests.fakes.customers import FakeCustomers
from tests.fakes.records import FakeRecords
from tests.support.interactions import interaction_id, moment
from tests.support.masters import masters_of

KINDS = ["fake", "sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]
LABELS = Labels(
    queues={"billing": Words(en="Billing", zh="账单")}, dispositions={"resolved": Words(en="Resolved", zh="已解决")}
)

NOT_COVERED = Coverage(
    state=CoverState.NONE,
    until=None,
    level="",
    dealing=None,
    text=Words(en="No contract, no warranty.", zh="无服务合同，无保修。"),
)
NOTHING_DUE = RoutingHints(
    priority=0,
    requirements={},
    attributes={
        "customer_kind": "person",
        "entitlement": "none",
        "contract_level": "",
        "open_complaint": False,
        "do_not_sell": False,
        "invoice_overdue": False,
        "payment_record": "unknown",
        "territory": "",
        "owner": "",
    },
)


def card(number: int, *numbers: str, past: int = 0, tier: Tier = Tier.STANDARD) -> CustomerCard:
    """A customer with `past` interactions, the newest an hour older than the one before."""
    known = CustomerCard.bare(customer=f"c{number}", name=f"张伟 {number}", account=str(100_000 + number), tier=tier)
    history = tuple(
        PastInteraction(
            interaction=interaction_id(number * 1_000 + hours),
            medium=Medium.CALL,
            direction=CallDirection.IN,
            started_at=round(moment(-3600 * hours).timestamp() * 1000),
            queue="billing",
            queue_label="Billing",
            agent="bo",
            agent_name="bo",
            outcome="handled",
            waited_s=12.5,
            talked_s=60.0,
            disposition="resolved",
            disposition_label="Resolved",
            summary=Words(en="Waited 0:12 in Billing, talked 1:00 with bo.", zh="在账单等待0:12，与bo通话1:00。"),
            note=f"{hours} hours ago",
        )
        for hours in range(past)
    )
    return known.model_copy(
        update={
            "language": "zh",
            "numbers": tuple(sorted(numbers)),
            "last_agent": "bo" if past else None,
            "last_talk_at": history[0].started_at if past else None,
            "history": history,
            "coverage": NOT_COVERED,
            "routing": NOTHING_DUE,
        }
    )


async def store(threads: Threads, *cards: CustomerCard) -> None:
    everybody = [number for one in cards for number in one.numbers]
    fields = {
        one.customer: new_fields(
            name=one.name,
            account=one.account,
            tier=one.tier,
            language=one.language,
            numbers=tuple(
                NumberEntry(number=number, label=NumberLabel.OTHER, shared=everybody.count(number) > 1)
                for number in one.numbers
            ),
        )
        for one in cards
    }

    def work(connection: Connection) -> None:
        insert_records(connection, all_written(fields.items()), moment(0))
        for one in cards:
            for hours, past in enumerate(one.history):
                connection.execute(
                    insert(interactions).values(
                        **past.model_dump(
                            include={"interaction", "queue", "agent", "outcome", "waited_s", "talked_s", "note"}
                        ),
                        disposition=past.disposition,
                        customer=one.customer,
                        started_at=moment(-3600 * hours),
                        ended_at=moment(-3600 * hours + 72.5),
                        called_number="8005550100",
                        calling_number="+12025550123",
                        closed=True,
                    )
                )

    await threads.write("storing cards", work)


# -- while a call rings -----------------------------------------------------------------------------------------

Master = Callable[..., Awaitable[Customers]]


@pytest.fixture(params=KINDS)
async def master(request: pytest.FixtureRequest, records_of: OpenRecords) -> AsyncIterator[Master]:
    """Make a customer master of these cards."""

    async def fake(*cards: CustomerCard) -> Customers:
        return FakeCustomers(*cards)

    if request.param == "fake":
        yield fake
        return
    async with records_of(request.param) as records, masters_of(records, labels=LABELS) as masters:

        async def real(*cards: CustomerCard) -> Customers:
            await store(masters.threads, *cards)
            return masters.cards

        yield real


async def test_a_customer_is_found_by_each_of_his_numbers(master: Master) -> None:
    mine = card(1, "+12025550101", "+8613800000001", past=3, tier=Tier.VIP)
    found = await master(mine, card(2, "+12025550102", past=2))
    assert await found.by_number("+12025550101") == mine
    assert await found.by_number("+8613800000001") == mine


async def test_a_customer_without_a_history_or_number_is_found_by_account(master: Master) -> None:
    mine = card(1)
    found = await master(mine, card(2, past=1))
    assert await found.by_account(mine.account) == mine


async def test_nobody_is_found_by_what_nobody_has(master: Master) -> None:
    found = await master(card(1, "+12025550101"))
    assert await found.by_number("+12025550199") is None
    assert await found.by_number("") is None
    assert await found.by_account("+12025550101") is None


async def test_a_number_that_two_share_tells_nobody(master: Master) -> None:
    shared = "+12025550100"
    found = await master(card(1, shared, "+12025550101", past=2), card(2, shared))
    assert await found.by_number(shared) is None
    assert (await found.by_number("+12025550101")) is not None


@pytest.mark.parametrize("hostile", ["' OR 1=1 --", "%", "+1\x00", "\ud800", "9" * 5_000, "<b>"])
async def test_hostile_numbers_and_accounts_find_nobody(master: Master, hostile: str) -> None:
    found = await master(card(1, "+12025550101"))
    assert await found.by_number(hostile) is None
    assert await found.by_account(hostile) is None


# -- what the desktop reads -------------------------------------------------------------------------------------

Archive = Callable[..., Awaitable[Records]]


@pytest.fixture(params=KINDS)
async def archive(request: pytest.FixtureRequest, records_of: OpenRecords) -> AsyncIterator[Archive]:
    """Make records of these cards."""

    async def fake(*cards: CustomerCard) -> Records:
        return FakeRecords(*cards)

    if request.param == "fake":
        yield fake
        return
    async with records_of(request.param) as records, masters_of(records, labels=LABELS) as masters:

        async def real(*cards: CustomerCard) -> Records:
            await store(masters.threads, *cards)
            return masters.cards

        yield real


async def test_a_card_shows_the_five_newest_interactions(archive: Archive) -> None:
    mine = card(1, "+12025550101", past=8)
    records = await archive(mine)
    found = await records.customer("c1")
    assert found == mine.model_copy(update={"history": mine.history[:5]})
    assert await records.customer("c2") is None
