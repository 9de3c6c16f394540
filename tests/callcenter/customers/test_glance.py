"""What is due today: by the day, never by luck of the order."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.api.card import AlertKind, CoverState, CustomerKind, Dealing, DealingKind
from callcenter.api.customers import PaymentRecord
from callcenter.customers.glance import Facts, Glance, glance
from callcenter.customers.spoken import amount, day
from tests.support import dealings
from tests.support.interactions import interaction_id

TODAY = date(2026, 3, 10)
FACTS = Facts(
    kind=CustomerKind.PERSON,
    territory="east",
    owner="ana",
    payment_record=PaymentRecord.LATE,
    no_calls=False,
    no_mail=False,
    custom={"product": "office", "secret": "x", "list": [1]},
)


def dealing(number: int, kind: DealingKind, **values: object) -> Dealing:
    return dealings.dealing(
        interaction_id(number),
        kind,
        **{"number": f"N{number}", "title": f"T{number}", "opened_on": "2025-01-01", **values},
    )


def contract(number: int, until: str | None, **values: object) -> Dealing:
    return dealing(number, DealingKind.CONTRACT, due_on=until, **values)


def seen(*dealings: Dealing, today: date = TODAY) -> Glance:
    return glance(FACTS, dealings, today)


def kinds(found: Glance) -> list[AlertKind]:
    return [alert.kind for alert in found.alerts]


@pytest.mark.parametrize(
    ("until", "state", "alerts"),
    [
        ("2026-03-10", CoverState.COVERED, [AlertKind.CONTRACT_ENDING]),  # the last day counts
        ("2026-03-09", CoverState.ENDED, [AlertKind.CONTRACT_ENDED]),
        ("2026-04-09", CoverState.COVERED, [AlertKind.CONTRACT_ENDING]),
        ("2026-04-10", CoverState.COVERED, []),
        ("2025-12-10", CoverState.ENDED, [AlertKind.CONTRACT_ENDED]),
        ("2025-12-09", CoverState.ENDED, []),
        (None, CoverState.COVERED, []),
    ],
)
def test_cover_by_the_day(until: str | None, state: CoverState, alerts: list[AlertKind]) -> None:
    found = seen(contract(1, until))
    assert found.coverage.state is state
    assert kinds(found) == alerts


def test_the_best_contract_decides_and_a_warranty_covers_too() -> None:
    found = seen(
        contract(1, "2027-01-01", priority=10, level="basic"),
        contract(2, "2026-12-01", priority=60, level="premium", requirements={"b2b": 2}),
        dealing(3, DealingKind.WARRANTY, due_on="2030-01-01"),
    )
    assert (found.coverage.level, found.routing.priority, found.routing.requirements) == ("premium", 60, {"b2b": 2})
    assert found.coverage.text.en == "Covered until 1 December 2026 (premium)."
    only = seen(dealing(3, DealingKind.WARRANTY, due_on="2030-01-01"))
    assert only.coverage.text.zh == "保修有效至2030年1月1日。"


def test_a_contract_that_has_not_begun_or_was_cancelled_covers_nothing() -> None:
    found = seen(contract(1, "2027-01-01", opened_on="2026-06-01"), contract(2, "2027-01-01", state="cancelled"))
    assert found.coverage.state is CoverState.NONE


def test_a_contract_with_a_successor_is_not_ending() -> None:
    assert kinds(seen(contract(1, "2026-03-20"), contract(2, "2027-03-20"))) == []


def test_alerts_stand_in_the_order_of_their_urgency() -> None:
    facts = Facts(
        kind=CustomerKind.COMPANY,
        territory="",
        owner=None,
        payment_record=PaymentRecord.UNKNOWN,
        no_calls=True,
        no_mail=True,
        custom={},
    )
    dealings = [
        contract(1, "2026-03-20"),
        dealing(2, DealingKind.PROMISE, due_on="2026-03-01"),
        dealing(3, DealingKind.INVOICE, due_on="2026-03-09", amount=5_000, unpaid=1_000, currency="EUR"),
        dealing(4, DealingKind.COMPLAINT, blocks_sales=True),
        dealing(5, DealingKind.COMPLAINT, opened_on="2024-01-01"),
        dealing(6, DealingKind.PROMISE, due_on="2026-03-01", by="them"),
    ]
    found = glance(facts, dealings, TODAY)
    assert kinds(found) == [
        AlertKind.DO_NOT_SELL,
        AlertKind.OPEN_COMPLAINT,
        AlertKind.INVOICE_OVERDUE,
        AlertKind.PROMISE_OVERDUE,
        AlertKind.CONTRACT_ENDING,
        AlertKind.DO_NOT_CALL,
        AlertKind.NO_MAIL,
    ]
    assert found.alerts[1].text.en == "Open complaint since 1 January 2024: T5, and 1 more."
    assert found.alerts[2].text.en == "Invoice N3 (10.00 EUR) overdue since 9 March 2026."


def test_what_is_paid_kept_resolved_or_due_today_is_no_alert() -> None:
    found = seen(
        dealing(1, DealingKind.INVOICE, due_on="2026-03-10"),
        dealing(2, DealingKind.INVOICE, due_on="2025-03-10", state="paid", open=False),
        dealing(3, DealingKind.PROMISE, due_on="2025-03-10", state="kept", open=False),
        dealing(4, DealingKind.COMPLAINT, state="resolved", open=False),
    )
    assert kinds(found) == []


def test_routing_gets_facts_and_only_the_fields_meant_for_it() -> None:
    found = glance(FACTS, [contract(1, "2027-01-01", level="gold")], TODAY, ("product", "list", "absent"))
    attributes = found.routing.attributes
    assert attributes["product"] == "office"
    assert {"secret", "list", "absent"}.isdisjoint(attributes)
    assert (attributes["entitlement"], attributes["contract_level"], attributes["owner"]) == ("covered", "gold", "ana")


@given(st.randoms(use_true_random=False))
def test_the_order_of_dealings_does_not_matter(chance: random.Random) -> None:
    dealings = [
        contract(1, "2026-03-20", priority=5),
        contract(2, "2026-03-20", priority=5),
        dealing(3, DealingKind.COMPLAINT),
        dealing(4, DealingKind.COMPLAINT),
        dealing(5, DealingKind.WARRANTY, due_on="2026-05-05"),
    ]
    expected = seen(*dealings)
    chance.shuffle(dealings)
    assert seen(*dealings) == expected


def test_days_and_amounts_are_written_as_people_read_them() -> None:
    assert day("2026-03-09").en == "9 March 2026"
    assert day("soon").zh == "soon"
    assert [amount(*one) for one in ((123456789, "EUR"), (5, "USD"), (-150, None), (1500, "JPY"), (1500, "KWD"))] == [
        "1,234,567.89 EUR",
        "0.05 USD",
        "-1.50",
        "1,500 JPY",
        "1.500 KWD",
    ]
