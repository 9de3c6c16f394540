"""Field values read as what they stand for: numbers, amounts, days, times, telephone numbers.

Hosts, callers and flows write the same thing in several ways (``7``, ``7.0``, ``"007"``). Every function gives
None for what it cannot read, so that a value of another kind can still be spoken as it stands.
"""

import re
from datetime import date, time
from decimal import Decimal

from ivr.fields import FieldValue

LONGEST_NUMBER = 16
"""Digits before the decimal point of the largest number that is put into words."""

_NUMBER = re.compile(rf"-?[0-9]{{1,{LONGEST_NUMBER}}}(\.[0-9]{{1,8}})?")
_AMOUNT = re.compile(rf"(?:(?P<before>[A-Z]{{3}}) )?(?P<number>{_NUMBER.pattern})(?: (?P<after>[A-Z]{{3}}))?")
_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(?:[T ].*)?")
_TIME = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ])?([0-9]{2}):?([0-9]{2})(?::?[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9:]{2,6})?"
)
_NOISE = Decimal("0.000001")


def decimal(value: FieldValue) -> Decimal | None:
    """Return a number of at most `LONGEST_NUMBER` digits before the point, with the decimals as they are written.

    A binary fraction (JSON's only kind) is rounded to six decimals: 0.1 + 0.2 is three tenths.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, float):
        if not abs(value) < 10**LONGEST_NUMBER:  # NaN and infinity are not
            return None
        return Decimal(repr(value)).quantize(_NOISE).normalize()
    return Decimal(value) if abs(value) < 10**LONGEST_NUMBER else None


def whole(value: FieldValue) -> int | None:
    """Return a whole number, also one that is written with a zero fraction."""
    number = decimal(value)
    return int(number) if number is not None and number == int(number) else None


def amount(value: FieldValue) -> tuple[Decimal, str | None] | None:
    """Return an amount of money, and its currency (ISO 4217) if it is written beside it: ``12.50 EUR``."""
    if isinstance(value, str):
        match = _AMOUNT.fullmatch(value)
        return (Decimal(match["number"]), match["before"] or match["after"]) if match else None
    number = decimal(value)
    return None if number is None else (number, None)


def day(value: FieldValue) -> date | None:
    """Return the day of an ISO 8601 date (``2026-11-26`` or ``20261126``), or of a moment on that day."""
    match = _DAY.fullmatch(value if isinstance(value, str) else str(whole(value)))
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def time_of_day(value: FieldValue) -> time | None:
    """Return the hour and minute of ``14:05``, ``14:05:30``, ``1405`` or a moment (ISO 8601), as they stand there.

    No time zone is converted: a host is to answer in the time of the people it speaks of.
    """
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return time(int(match[1]), int(match[2]))
    except ValueError:
        return None


def phone_groups(value: FieldValue) -> tuple[bool, tuple[str, ...]] | None:
    """Return whether a telephone number is international (``+``), and its digits in the groups people say them in."""
    text = re.sub(r"[ ().-]", "", str(value))
    international = text.startswith("+")
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 1 <= len(digits) <= 20):
        return None
    if international and digits.startswith("1") and len(digits) == 11:  # North America: +1 202 555 0123
        return True, ("1", *grouped(digits[1:], (3, 3, 4)))
    if international and digits.startswith("86"):  # China: +86 138 0013 8000
        return True, ("86", *grouped(digits[2:], _sizes(len(digits) - 2)))
    return international, grouped(digits, _sizes(len(digits)))


def _sizes(length: int) -> tuple[int, ...]:
    return {7: (3, 4), 8: (4, 4), 10: (3, 3, 4), 11: (3, 4, 4)}.get(length, (3,))


def grouped(digits: str, sizes: tuple[int, ...]) -> tuple[str, ...]:
    """Cut digits into groups of these sizes, the last size repeating; no digit is left alone at the end."""
    groups: list[str] = []
    at = 0
    for number in range(len(digits)):
        if at >= len(digits):
            break
        size = sizes[min(number, len(sizes) - 1)]
        if len(digits) - at == size + 1:
            size += 1
        groups.append(digits[at : at + size])
        at += size
    return tuple(groups)
