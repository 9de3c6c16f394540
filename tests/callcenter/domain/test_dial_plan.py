"""Nobody dials what is not allowed, everybody reaches help."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.dial_plan import ANYWHERE, ORDINARY, Allowance, Dialable, DialPlan, DialRefusal, NumberClass

PLAN = DialPlan(
    home="DE",
    roles={
        "agent": Allowance(),
        "traveller": Allowance(countries=frozenset({"home", "CH", "US"}), classes=ORDINARY),
        "anywhere": Allowance(countries=frozenset({ANYWHERE}), classes=frozenset(NumberClass)),
    },
    barred=("+4930123",),
)


@pytest.mark.parametrize(
    ("text", "number", "number_class"),
    [
        ("030 4567890", "+49304567890", NumberClass.FIXED),
        ("+49 (0) 30 4567890", "+49304567890", NumberClass.FIXED),
        ("0176/1234-5678", "+4917612345678", NumberClass.MOBILE),
        ("0800 1234567", "+498001234567", NumberClass.TOLL_FREE),
        ("（０３０）４５６７８９０", "+49304567890", NumberClass.FIXED),
    ],
)
def test_a_number_is_dialled_in_one_form_however_it_is_written(
    text: str, number: str, number_class: NumberClass
) -> None:
    assert PLAN.check(text, "agent") == Dialable(number=number, number_class=number_class, country="DE")


@pytest.mark.parametrize("role", ["agent", "anywhere", "nobody-in-particular"])
@pytest.mark.parametrize("number", ["110", "112"])
def test_help_can_always_be_called(number: str, role: str) -> None:
    assert PLAN.check(number, role) == Dialable(number=number, number_class=NumberClass.EMERGENCY, country="DE")


def test_barring_does_not_reach_emergency_numbers() -> None:
    barred = DialPlan(home="DE", barred=("1", "+"))
    assert isinstance(barred.check("112", "agent"), Dialable)


def test_an_emergency_number_of_another_country_is_none_here() -> None:
    assert PLAN.check("911", "anywhere") is DialRefusal.NO_NUMBER


@pytest.mark.parametrize(
    ("text", "role", "refusal"),
    [
        ("0900 1234567", "agent", DialRefusal.CLASS),
        ("+1 900 555 0123", "traveller", DialRefusal.CLASS),
        ("0180 5 123456", "agent", DialRefusal.CLASS),
        ("+41 44 668 18 00", "agent", DialRefusal.COUNTRY),
        ("+1 876 926 1234", "traveller", DialRefusal.COUNTRY),  # Jamaica: +1 is not one country
        ("+881 6 1234 5678", "traveller", DialRefusal.COUNTRY),  # a satellite: no country at all
        ("030 1234567", "agent", DialRefusal.BARRED),
        ("030 1234567", "anywhere", DialRefusal.BARRED),
        ("030 4567890", "nobody-in-particular", DialRefusal.COUNTRY),
    ],
)
def test_what_nobody_allowed_is_refused_with_the_reason(text: str, role: str, refusal: DialRefusal) -> None:
    assert PLAN.check(text, role) is refusal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "030",
        "030 4567890;ext=5",
        "030 4567890,5",
        "030 4567890&PJSIP/trunk",
        "030 4567890@example.org",
        "030 4567890 x5",
        "tel:+49304567890",
        "030 45TAXI",
        "٠٣٠٤٥٦٧٨٩٠",
        "030 4567890\r\nAction: Hangup",
        "030\x004567890",
        "0" * 60,
        "+49" + "3" * 58,
        "agent-ana",
        "*21*0304567890#",
    ],
)
def test_what_is_more_than_a_number_is_none(text: str) -> None:
    assert PLAN.check(text, "anywhere") is DialRefusal.NO_NUMBER


@given(st.text(alphabet=string.printable + "０１²٣", max_size=60), st.sampled_from(["agent", "anywhere", ""]))
def test_only_a_plus_and_digits_ever_come_out(text: str, role: str) -> None:
    answer = PLAN.check(text, role)
    if isinstance(answer, Dialable):
        assert answer.number.removeprefix("+").isdigit()
        assert answer.number.isascii()
        assert len(answer.number) <= 16
