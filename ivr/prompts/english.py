"""Values as English words, said the way telephones say them: "and" after hundreds, "oh" in years and times.

Every function takes a value of its kind and returns words only; what a value is, `ivr.prompts.values` finds out.
"""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

from ivr.prompts.currencies import CURRENCIES, Names

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS = ("", " thousand", " million", " billion", " trillion", " quadrillion")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

PAUSE = ", "
"""What stands between groups of digits."""

YES_AND_NO = ("yes", "no")


def number(value: Decimal) -> str:
    """Return a number with its decimals: "minus one thousand and five point two five"."""
    words = _cardinal(int(abs(value)))
    decimals = _decimals(value)
    if decimals:
        words += " point " + digits(decimals)
    return "minus " + words if value < 0 else words


def count(value: Decimal, nouns: Names | None) -> str:
    """Return a number before the noun that agrees with it: "one call", "two calls"."""
    return number(value) + (f" {_agree(value, nouns)}" if nouns else "")


def ordinal(value: int) -> str:
    """Return "first", "twenty-second", "one hundred and third"."""
    words = _cardinal(value)
    at = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[at:]
    return words[:at] + (_ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th"))


def digits(value: str, *, colloquial: bool = False) -> str:
    """Return decimal digits one by one; zero is "oh" if `colloquial`."""
    return " ".join("oh" if colloquial and digit == "0" else _DIGITS[int(digit)] for digit in value)


def spelt(value: str) -> str:
    """Return letters and digits one by one."""
    return " ".join(_DIGITS[int(one)] if one.isdecimal() and one.isascii() else one.upper() for one in value)


def phone(groups: Sequence[str], *, international: bool) -> str:
    """Return a telephone number, its groups with pauses."""
    return ("plus " if international else "") + PAUSE.join(digits(group, colloquial=True) for group in groups)


def percent(value: Decimal) -> str:
    """Return a number of hundredths."""
    return f"{number(value)} percent"


def currency(code: str) -> str:
    """Return a currency's name, of several: "euros"."""
    known = CURRENCIES.get(code)
    return known.english[1] if known else " ".join(code)


def money(value: Decimal, code: str) -> str:
    """Return an amount: "one dollar and five cents", "fifty cents", "minus two euros"."""
    known = CURRENCIES.get(code)
    if known is None:
        return f"{number(value)} {' '.join(code)}"
    decimals = _decimals(value).rstrip("0")
    if len(decimals) > known.decimals or (decimals and known.english_minor is None):
        return f"{number(value)} {known.english[1]}"
    units, parts = int(abs(value)), int(decimals.ljust(known.decimals, "0") or "0")
    words = []
    if units or not parts:
        words.append(f"{_cardinal(units)} {_agree(units, known.english)}")
    if parts and known.english_minor:
        words.append(f"{_cardinal(parts)} {_agree(parts, known.english_minor)}")
    return ("minus " if value < 0 else "") + " and ".join(words)


def day(value: date, *, weekday: bool = False, year: bool = True) -> str:
    """Return a date: "Thursday, November twenty-sixth, twenty twenty-six"."""
    words = f"{_MONTHS[value.month - 1]} {ordinal(value.day)}"
    if weekday:
        words = f"{_WEEKDAYS[value.weekday()]}, {words}"
    return f"{words}, {_year(value.year)}" if year else words


def time_of_day(value: time) -> str:
    """Return a time by the twelve-hour clock: "two oh five p.m.", "noon"."""
    if value.minute == 0 and value.hour in {0, 12}:
        return "midnight" if value.hour == 0 else "noon"
    words = _cardinal(value.hour % 12 or 12)
    if value.minute:
        words += f" {'oh ' if value.minute < 10 else ''}{_cardinal(value.minute)}"
    return f"{words} {'a.m.' if value.hour < 12 else 'p.m.'}"


def moment(the_day: str, the_time: str) -> str:
    """Join a date and a time."""
    return f"{the_day}, at {the_time}"


def duration(days: int, hours: int, minutes: int, seconds: int) -> str:
    """Return a length of time: "one hour, two minutes and five seconds"."""
    parts = [
        f"{_cardinal(value)} {unit if value == 1 else unit + 's'}"
        for value, unit in ((days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second"))
        if value
    ]
    if len(parts) < 2:
        return parts[0] if parts else "zero seconds"
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def minutes(value: int) -> str:
    """Return a number of minutes."""
    return f"{_cardinal(value)} {'minute' if value == 1 else 'minutes'}"


def _agree(value: Decimal | int, names: Names) -> str:
    return names[0] if abs(value) == 1 else names[1]


def _decimals(value: Decimal) -> str:
    """Return the digits after the point as they are written."""
    return f"{value:f}".partition(".")[2]


def _cardinal(value: int) -> str:
    if value == 0:
        return _DIGITS[0]
    groups: list[str] = []
    rest, size = value, 0
    while rest:
        rest, group = divmod(rest, 1_000)
        if group:
            groups.insert(0, _below_thousand(group) + _GROUPS[size])
        size += 1
    if len(groups) > 1 and 0 < value % 1_000 < 100:
        groups[-1] = "and " + groups[-1]
    return " ".join(groups)


def _below_thousand(value: int) -> str:
    if value < 10:
        return _DIGITS[value]
    if value < 20:
        return _TEENS[value - 10]
    if value < 100:
        tens, rest = divmod(value, 10)
        return _TENS[tens] + (f"-{_DIGITS[rest]}" if rest else "")
    hundreds, rest = divmod(value, 100)
    return f"{_DIGITS[hundreds]} hundred" + (f" and {_below_thousand(rest)}" if rest else "")


def _year(value: int) -> str:
    century, rest = divmod(value, 100)
    if value % 1_000 < 10 or not 10 <= century <= 99:
        return _cardinal(value)  # two thousand and nine
    if rest == 0:
        return f"{_cardinal(century)} hundred"
    return f"{_cardinal(century)} {'oh ' if rest < 10 else ''}{_cardinal(rest)}"
