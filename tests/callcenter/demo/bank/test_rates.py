"""Made-up exchange rates that still make sense."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.demo.bank.rates import CURRENCIES, exchange_rate

DAYS = st.dates(date(2020, 1, 1), date(2099, 1, 1))


@given(DAYS, st.sampled_from(CURRENCIES), st.sampled_from(CURRENCIES))
def test_there_and_back_is_about_the_same(day: date, of: str, into: str) -> None:
    rate = exchange_rate(of, into, day)
    assert rate > 0
    if min(rate, exchange_rate(into, of, day)) > Decimal("0.1"):
        assert abs(rate * exchange_rate(into, of, day) - 1) < Decimal("0.002")
    assert exchange_rate(of, of, day) == 1


def test_rates_change_from_day_to_day_a_little() -> None:
    days = [date(2026, 11, 26) + timedelta(days=number) for number in range(30)]
    rates = [exchange_rate("EUR", "USD", day) for day in days]
    assert len(set(rates)) > 20
    assert max(rates) / min(rates) < Decimal("1.03")


def test_a_currency_that_is_not_traded_is_told() -> None:
    with pytest.raises(KeyError):
        exchange_rate("XAU", "USD", date(2026, 11, 26))
