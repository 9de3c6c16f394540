"""The same customer written in two ways is likely; a household is not one person; a switchboard says nothing."""

from __future__ import annotations

import pytest

from callcenter.api.customers import (
    Address,
    AddressLabel,
    CustomerFields,
    Likeness,
    MailEntry,
    NumberEntry,
    NumberLabel,
)
from callcenter.customers.duplicates import LEAST_SCORE, keys_of, likeness, plain_name
from callcenter.customers.record import new_fields


def customer(name: str, **values: object) -> CustomerFields:
    return new_fields(name=name, account="1", **values)


def at(postal_code: str, city: str = "") -> tuple[Address, ...]:
    return (
        Address(
            label=AddressLabel.POSTAL, street="", extra="", postal_code=postal_code, city=city, region="", country=""
        ),
    )


def numbers(*texts: str, shared: bool = False) -> tuple[NumberEntry, ...]:
    return tuple(NumberEntry(number=text, label=NumberLabel.HOME, shared=shared) for text in texts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller, Hans", "hans muller"),
        ("Acme Widgets GmbH & Co. KG", "ACME Widgets"),
        ("Dr. Ann Lee", "Lee Ann"),
        ("北京朝阳科技有限公司", "北京朝阳科技"),
        ("张 伟", "张伟"),
    ],
)
def test_names_written_in_two_ways(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


def test_a_name_of_legal_forms_only_is_still_a_name() -> None:
    assert plain_name("Co Limited") != ""


def test_name_and_postal_code() -> None:
    score, reasons = likeness(
        customer("Müller, Hans", addresses=at("10 115")), customer("Hans Muller", addresses=at("10115"))
    )
    assert reasons == (Likeness.NAME_AND_ADDRESS,)
    assert score >= 70


def test_a_household_is_less_likely_than_a_person_with_two_records() -> None:
    his, hers = (
        customer("Tom Berg", numbers=numbers("+12025550101")),
        customer("Ann Berg", numbers=numbers("+12025550101", shared=True)),
    )
    same = customer("Tom Berg", numbers=numbers("+12025550101", shared=True))
    assert likeness(his, hers)[0] < likeness(his, same)[0]
    stranger = customer("Li Na", numbers=numbers("+12025550101", shared=True))
    assert likeness(his, stranger)[0] < LEAST_SCORE


def test_what_both_say_they_share_says_nothing() -> None:
    shared = numbers("+12025550100", shared=True)
    assert likeness(customer("A", numbers=shared), customer("A", numbers=shared)) == (0, ())


def test_more_reasons_are_more_likely_and_never_more_than_certain() -> None:
    mails = (MailEntry(mail="a@b.c", label="", shared=False),)
    one = customer(
        "A", mails=mails, tax_number="DE 1", birthday="1990-01-01", addresses=at("1"), numbers=numbers("+12025550101")
    )
    few, many = likeness(one, customer("A", mails=mails))[0], likeness(one, one)[0]
    assert few < many <= 100
    assert likeness(one, customer("B")) == (0, ())


def test_former_names_count() -> None:
    married = customer("Ann Berg", aliases=("Ann Lee",), birthday="1990-01-01")
    assert keys_of(married) & keys_of(customer("Ann Lee", birthday="1990-01-01"))
