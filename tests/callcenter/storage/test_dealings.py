"""Dealings are kept with their states, and what is due stands on the card."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.card import AlertKind, CoverState, Dealing, DealingKind
from callcenter.api.customers import Edited
from tests.support import dealings
from tests.support.interactions import interaction_id
from tests.support.masters import ANA, SAM, Masters, masters_of


@pytest.fixture
async def desk(records: AsyncEngine) -> AsyncIterator[Masters]:
    async with masters_of(records) as masters:
        yield masters


@pytest.fixture
async def customer(desk: Masters) -> str:
    made = await desk.master.create({"name": "Ben Ode", "account": "4711"}, SAM)
    assert isinstance(made, Edited)
    return made.record.customer


def dealing(number: int, kind: DealingKind, **values: object) -> Dealing:
    return dealings.dealing(
        interaction_id(number), kind, **{"number": f"N-{number}", "title": f"Title {number}", **values}
    )


async def test_what_is_due_stands_on_the_card(desk: Masters, customer: str) -> None:
    for one in (
        dealing(1, DealingKind.CONTRACT, due_on="2026-12-31", level="premium", priority=120, requirements={"b2b": 3}),
        dealing(2, DealingKind.COMPLAINT, blocks_sales=True, title="Line drops"),
        dealing(3, DealingKind.INVOICE, due_on="2025-07-01", amount=123_450, currency="USD"),
        dealing(4, DealingKind.ORDER, state="delivered"),
    ):
        assert await desk.dealings.put(customer, one, SAM) is None
    card = await desk.cards.by_account("4711")
    assert card is not None
    assert [alert.kind for alert in card.alerts] == [
        AlertKind.DO_NOT_SELL,
        AlertKind.OPEN_COMPLAINT,
        AlertKind.INVOICE_OVERDUE,
    ]
    assert card.alerts[2].text.en == "Invoice N-3 (1,234.50 USD) overdue since 1 July 2025."
    assert card.coverage is not None
    assert (card.coverage.state, card.coverage.until) == (CoverState.COVERED, "2026-12-31")
    assert (card.routing.priority, card.routing.requirements) == (120, {"b2b": 3})
    assert card.routing.attributes["invoice_overdue"] is True
    assert [one.open for one in card.dealings] == [True, True, True, False]


async def test_a_dealing_is_settled(desk: Masters, customer: str) -> None:
    await desk.dealings.put(customer, dealing(1, DealingKind.COMPLAINT), SAM)
    done = await desk.dealings.settle(interaction_id(1), "resolved", ANA)
    assert done is not None
    assert (done.state, done.open) == ("resolved", False)
    assert await desk.dealings.settle(interaction_id(1), "shipped", ANA) is None
    assert await desk.dealings.settle("none", "resolved", ANA) is None
    card = await desk.cards.by_account("4711")
    assert card is not None
    assert card.alerts == ()


async def test_the_same_dealing_is_changed_not_doubled(desk: Masters, customer: str) -> None:
    await desk.dealings.put(customer, dealing(1, DealingKind.ORDER), SAM)
    await desk.dealings.put(customer, dealing(1, DealingKind.ORDER, state="cancelled", title="new"), SAM)
    (only,) = (await desk.dealings.dealings(customer, None, cursor=None, limit=10)).items
    assert (only.title, only.open) == ("new", False)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (dealing(1, DealingKind.ORDER, state="kept"), "not_a_choice"),
        (dealing(1, DealingKind.PROMISE, by=None), "required"),
        (dealing(1, DealingKind.CONTRACT, due_on="2024-01-01"), "before_beginning"),
        (dealing(1, DealingKind.INVOICE, amount=5), "required"),
        (dealing(1, DealingKind.ORDER, title="\x00"), "bad_text"),
    ],
)
async def test_what_cannot_be_is_refused(desk: Masters, customer: str, wrong: Dealing, code: str) -> None:
    problem = await desk.dealings.put(customer, wrong, SAM)
    assert problem is not None
    assert problem.code == code
    assert (await desk.dealings.dealings(customer, None, cursor=None, limit=10)).items == ()


async def test_a_dealing_of_another_customer_is_left_alone(desk: Masters, customer: str) -> None:
    other = await desk.master.create({"name": "Other"}, SAM)
    assert isinstance(other, Edited)
    await desk.dealings.put(customer, dealing(1, DealingKind.ORDER), SAM)
    problem = await desk.dealings.put(other.record.customer, dealing(1, DealingKind.ORDER), SAM)
    assert problem is not None
    assert problem.code == "other_customer"
    nobody = await desk.dealings.put("nobody", dealing(2, DealingKind.ORDER), SAM)
    assert nobody is not None
    assert nobody.code == "unknown_customer"


async def test_they_come_page_by_page_open_ones_first(desk: Masters, customer: str) -> None:
    for number in range(1, 8):
        state = "placed" if number % 2 else "delivered"
        await desk.dealings.put(
            customer, dealing(number, DealingKind.ORDER, state=state, opened_on=f"2025-06-0{number}"), SAM
        )
    await desk.dealings.put(customer, dealing(9, DealingKind.INVOICE), SAM)
    seen, cursor = [], None
    for _ in range(3):
        page = await desk.dealings.dealings(customer, DealingKind.ORDER, cursor=cursor, limit=3)
        seen += [int(one.dealing[-2:], 16) for one in page.items]
        cursor = page.cursor
    assert seen == [7, 5, 3, 1, 6, 4, 2]
    assert cursor is None
