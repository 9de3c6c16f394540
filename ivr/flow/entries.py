"""What a keyed entry must be besides its length, and what it is stored as. No regular expressions: authors of flows
describe numbers as a dialplan does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from ivr.fields import FieldValue

DateForm: TypeAlias = Literal["ddmmyyyy", "mmddyyyy", "yyyymmdd", "ddmmyy", "mmddyy", "yymmdd", "mmyy", "mmyyyy"]

POINT = "*"
"""The key that stands for the decimal point of an amount."""

_WILDCARDS: Mapping[str, str] = {"X": "0123456789", "Z": "123456789", "N": "23456789"}


@dataclass(frozen=True, slots=True)
class Luhn:
    """The last digit is the check digit of the others (ISO/IEC 7812-1 annex B): card numbers. Stored as text."""

    def read(self, entry: str) -> FieldValue:
        """Return what is stored, or None if the entry does not pass."""
        total = 0
        for position, digit in enumerate(reversed(entry)):
            doubled = int(digit) * (1 + position % 2)
            total += doubled - 9 if doubled > 9 else doubled
        return entry if total % 10 == 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateEntry:
    """A day, or a month such as a card's expiry; stored as text (ISO 8601: ``2026-11-30``, ``2026-11``).

    Attributes:
        form: The order in which the digits are keyed. A year of two digits is one of 2000–2099.
        earliest: The first day or month that is accepted, as it would be stored.
        latest: The last.
    """

    form: DateForm
    earliest: str | None = None
    latest: str | None = None

    def read(self, entry: str) -> FieldValue:
        """Return what is stored, or None if the entry does not pass."""
        if len(entry) != len(self.form):
            return None
        part = {letter: entry[self.form.index(letter) : self.form.rindex(letter) + 1] for letter in set(self.form)}
        year = int(part["y"]) + (2_000 if len(part["y"]) == 2 else 0)
        try:
            day = date(year, int(part["m"]), int(part.get("d", "1")))
        except ValueError:
            return None
        text = day.isoformat() if "d" in part else day.isoformat()[:7]
        if (self.earliest is not None and text < self.earliest) or (self.latest is not None and text > self.latest):
            return None
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money or a measure; `POINT` stands for the decimal point. Stored as a number.

    Attributes:
        decimals: How many digits may follow the point; 0: there is no point.
        least: The smallest amount.
        most: The largest.
    """

    decimals: int
    least: float
    most: float

    def read(self, entry: str) -> FieldValue:
        """Return what is stored, or None if the entry does not pass."""
        whole, _, fraction = entry.partition(POINT)
        if not (whole or fraction) or POINT in fraction or len(fraction) > self.decimals:
            return None
        # The expression language does not mix whole and fractional numbers: what may have a fraction always has one.
        value = float(f"{whole or '0'}.{fraction or '0'}") if self.decimals else int(whole)
        return value if self.least <= value <= self.most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange:
    """A whole number from `least` to `most`. Stored as a number."""

    least: int
    most: int

    def read(self, entry: str) -> FieldValue:
        """Return what is stored, or None if the entry does not pass."""
        return int(entry) if self.least <= int(entry) <= self.most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """One of several patterns as in a dialplan: digits stand for themselves, X is 0–9, Z is 1–9, N is 2–9.

    Stored as text.
    """

    patterns: tuple[str, ...]

    def read(self, entry: str) -> FieldValue:
        """Return what is stored, or None if the entry does not pass."""
        return entry if any(_fits(entry, pattern) for pattern in self.patterns) else None


EntryCheck: TypeAlias = Luhn | DateEntry | Amount | NumberRange | Patterns


def _fits(entry: str, pattern: str) -> bool:
    return len(entry) == len(pattern) and all(
        digit in _WILDCARDS.get(place, place) for digit, place in zip(entry, pattern, strict=True)
    )
