"""Exchange rates: made up, the same all day, a little different tomorrow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

_DOLLARS = {
    "USD": Decimal(1),
    "EUR": Decimal("1.0872"),
    "GBP": Decimal("1.2716"),
    "JPY": Decimal("0.006531"),
    "CNY": Decimal("0.13928"),
}
"""What one unit of each currency was worth in US dollars, on the day when these were made up."""

CURRENCIES = tuple(_DOLLARS)


def exchange_rate(of: str, into: str, day: date) -> Decimal:
    """Return what one unit of a currency is worth in another, to four decimals. Raises `KeyError`: not traded here."""
    return (_dollars(of, day) / _dollars(into, day)).quantize(Decimal("0.0001"))


def _dollars(code: str, day: date) -> Decimal:
    if code == "USD":
        return _DOLLARS[code]
    sway = (day.toordinal() * 7_919 + sum(map(ord, code)) * 104_729) % 201 - 100  # up to one per cent, either way
    return _DOLLARS[code] * (1 + Decimal(sway) / 10_000)
