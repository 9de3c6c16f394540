"""Days and amounts as people read them, in both languages. Pure."""

from __future__ import annotations

from datetime import date

from callcenter.api.shapes import Words

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DECIMALS = {"BHD": 3, "CLP": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3, "TND": 3, "VND": 0}
"""Of currencies whose smallest unit is not a hundredth (ISO 4217)."""


def day(text: str) -> Words:
    """Return an ISO day as people read it; what is none is given back."""
    try:
        one = date.fromisoformat(text)
    except ValueError:
        return Words(en=text, zh=text)
    return Words(en=f"{one.day} {_MONTHS[one.month - 1]} {one.year}", zh=f"{one.year}年{one.month}月{one.day}日")


def decimals_of(currency: str | None) -> int:
    """Return how many digits an amount has after the point."""
    return _DECIMALS.get(currency or "", 2)


def amount(units: int, currency: str | None) -> str:
    """Return an amount of smallest units: ``1,234.50 EUR``."""
    decimals = decimals_of(currency)
    whole, rest = divmod(abs(units), 10**decimals)
    text = f"{'-' if units < 0 else ''}{whole:,}" + (f".{rest:0{decimals}}" if decimals else "")
    return f"{text} {currency}" if currency else text
