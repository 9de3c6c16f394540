"""The ways a value can be spoken: what a prompt may write after a variable's name, and who puts it into words.

::

    {balance:money:currency}   an amount; the currency is in the field `currency` (or written: {balance:money:EUR})
    {account:digits}  {account:digits:colloquial}  {card:groups:4}  {reference:spell}  {caller_number:phone}
    {place:ordinal}  {waiting:number}  {rate:number:4}  {waiting:count:call|calls}  {growth:percent}
    {due:date}  {due:date:weekday}  {due:date:short}  {opens:time}  {due:datetime}  {wait:minutes}  {wait:duration}

Every form takes whatever a field holds and always gives something that can be said: a value that does not fit
its form is spoken as plain text, an unknown one (None) as nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from ivr.fields import FieldValue
from ivr.prompts import english, mandarin, values
from ivr.prompts.currencies import Names

_LONGEST_DURATION = 366 * 86_400


class Tongue(Protocol):
    """A language's words for values of each kind; a module of this package."""

    YES_AND_NO: tuple[str, str]
    PAUSE: str

    def number(self, value: Decimal) -> str: ...  # noqa: D102 -- described where it is written
    def count(self, value: Decimal, nouns: Names | None) -> str: ...  # noqa: D102
    def ordinal(self, value: int) -> str: ...  # noqa: D102
    def digits(self, value: str, *, colloquial: bool = False) -> str: ...  # noqa: D102
    def spelt(self, value: str) -> str: ...  # noqa: D102
    def phone(self, groups: tuple[str, ...], *, international: bool) -> str: ...  # noqa: D102
    def percent(self, value: Decimal) -> str: ...  # noqa: D102
    def currency(self, code: str) -> str: ...  # noqa: D102
    def money(self, value: Decimal, code: str) -> str: ...  # noqa: D102
    def day(self, value: date, *, weekday: bool = False, year: bool = True) -> str: ...  # noqa: D102
    def time_of_day(self, value: time) -> str: ...  # noqa: D102
    def moment(self, the_day: str, the_time: str) -> str: ...  # noqa: D102
    def duration(self, days: int, hours: int, minutes: int, seconds: int) -> str: ...  # noqa: D102
    def minutes(self, value: int) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to speak a value.

    Attributes:
        speak: Puts a value into words, given the language's and the form's argument; None if the value does not fit.
        argument: What the argument may be (a regular expression); None: it takes none.
        needs: The argument must be given.
        of_field: An argument in small letters is the name of a field that holds it.
        help: How the argument is described to an author who got it wrong.
    """

    speak: Callable[[FieldValue, Tongue, str], str | None]
    argument: re.Pattern[str] | None = None
    needs: bool = False
    of_field: bool = False
    help: str = ""


def speak(value: FieldValue, form: str, language: str, argument: str = "") -> str:
    """Return a field's value as words.

    Args:
        value: What the field holds.
        form: One of `SPOKEN_FORMS`.
        language: A language tag; those that begin with ``cmn`` or ``zh`` are spoken in Mandarin, others in English.
        argument: The form's argument, as `check_form` allows it; empty if there is none.

    Raises:
        KeyError: No such form.
    """
    if value is None:
        return ""
    tongue: Tongue = mandarin if language.partition("-")[0] in {"cmn", "zh"} else english
    words = SPOKEN_FORMS[form].speak(value, tongue, argument)
    return _as_it_is(value, tongue) if words is None else words


def check_form(form: str, argument: str | None) -> None:
    """Raise `ValueError`, for an author to read, if there is no such form or it takes no such argument."""
    known = SPOKEN_FORMS.get(form)
    if known is None:
        raise ValueError(f"a value can be spoken as {', '.join(SPOKEN_FORMS)}, not as {form!r}")
    if argument is None:
        if known.needs:
            raise ValueError(f"{form} needs {known.help}")
    elif known.argument is None:
        raise ValueError(f"{form} is followed by nothing, not by {argument!r}")
    elif not known.argument.fullmatch(argument):
        raise ValueError(f"{form} may be followed by {known.help}, not by {argument!r}")


def _as_it_is(value: FieldValue, tongue: Tongue, _argument: str = "") -> str:
    if isinstance(value, bool):
        return tongue.YES_AND_NO[0 if value else 1]
    return str(value)


def _digits(value: FieldValue, tongue: Tongue, argument: str) -> str | None:
    digits = str(value)
    if not (digits.isascii() and digits.isdecimal()):
        return None
    return tongue.digits(digits, colloquial=argument == "colloquial")


def _groups(value: FieldValue, tongue: Tongue, argument: str) -> str | None:
    digits = str(value)
    if not (digits.isascii() and digits.isdecimal()):
        return None
    sizes = tuple(int(size) for size in argument.split("-"))
    return tongue.PAUSE.join(tongue.digits(group) for group in values.grouped(digits, sizes))


def _spell(value: FieldValue, tongue: Tongue, _argument: str) -> str | None:
    text = str(value).replace("-", "").replace(" ", "")
    return tongue.spelt(text) if text.isascii() and text.isalnum() else None


def _phone(value: FieldValue, tongue: Tongue, _argument: str) -> str | None:
    found = values.phone_groups(value)
    return tongue.phone(found[1], international=found[0]) if found else None


def _number(value: FieldValue, tongue: Tongue, argument: str) -> str | None:
    number = values.decimal(value)
    if number is None:
        return None
    if argument and len(f"{number:f}".partition(".")[2]) > int(argument):
        number = number.quantize(Decimal(1).scaleb(-int(argument)), rounding=ROUND_HALF_UP)
    return tongue.number(number)


def _count(value: FieldValue, tongue: Tongue, argument: str) -> str | None:
    number = values.decimal(value)
    one, _, several = argument.partition("|")
    return None if number is None else tongue.count(number, (one, several or one) if one else None)


def _ordinal(value: FieldValue, tongue: Tongue, _argument: str) -> str | None:
    number = values.whole(value)
    return tongue.ordinal(number) if number is not None and number > 0 else None


def _percent(value: FieldValue, tongue: Tongue, _argument: str) -> str | None:
    number = values.decimal(value)
    return None if number is None else tongue.percent(number)


def _money(value: FieldValue, tongue: Tongue, argument: str) -> str | None:
    found = values.amount(value)
    if found is None:
        return None
    number, written = found
    code = written or (argument if _CURRENCY.fullmatch(argument) else None)
    return tongue.money(number, code) if code else tongue.number(number)


def _currency(value: FieldValue, tongue: Tongue, _argument: str) -> str | None:
    return tongue.currency(value) if isinstance(value, str) and _CURRENCY.fullmatch(value) else None


def _date(value: FieldValue, tongue: Tongue, argument: str) -> str | None:
    day = values.day(value)
    return tongue.day(day, weekday=argument == "weekday", year=argument != "short") if day else None


def _time(value: FieldValue, tongue: Tongue, _argument: str) -> str | None:
    moment = values.time_of_day(value)
    return None if moment is None else tongue.time_of_day(moment)


def _datetime(value: FieldValue, tongue: Tongue, argument: str) -> str | None:
    day, moment = _date(value, tongue, argument), _time(value, tongue, "")
    return None if day is None or moment is None else tongue.moment(day, moment)


def _duration(value: FieldValue, tongue: Tongue, _argument: str) -> str | None:
    number = values.decimal(value)
    if number is None or not 0 <= number <= _LONGEST_DURATION:
        return None
    minutes, seconds = divmod(int(number), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return tongue.duration(days, hours, minutes, seconds)


def _minutes(value: FieldValue, tongue: Tongue, _argument: str) -> str | None:
    minutes = values.whole(value)
    return None if minutes is None or minutes < 0 else tongue.minutes(minutes)


_CURRENCY = re.compile(r"[A-Z]{3}")
_NOUN = r"[^{}|:]{1,30}"
_DATE_ARGUMENT = re.compile("weekday|short")

SPOKEN_FORMS: Mapping[str, Form] = {
    "text": Form(speak=_as_it_is),
    "digits": Form(speak=_digits, argument=re.compile("colloquial"), help="'colloquial' (oh for zero, 幺 for one)"),
    "groups": Form(
        speak=_groups,
        argument=re.compile("[1-9](-[1-9]){0,9}"),
        needs=True,
        help="the sizes of the groups, such as 4 or 3-3-4",
    ),
    "spell": Form(speak=_spell),
    "phone": Form(speak=_phone),
    "number": Form(speak=_number, argument=re.compile("[0-8]"), help="how many decimals are spoken at most, 0 to 8"),
    "count": Form(
        speak=_count,
        argument=re.compile(rf"{_NOUN}(\|{_NOUN})?"),
        help="what is counted, such as call|calls (one|several) or 个",
    ),
    "ordinal": Form(speak=_ordinal),
    "percent": Form(speak=_percent),
    "money": Form(
        speak=_money,
        argument=re.compile(rf"{_CURRENCY.pattern}|[a-z][a-z0-9_]{{0,39}}"),
        of_field=True,
        help="a currency's code such as EUR, or the name of the field that holds it",
    ),
    "currency": Form(speak=_currency),
    "date": Form(speak=_date, argument=_DATE_ARGUMENT, help="'weekday', or 'short' (without the year)"),
    "time": Form(speak=_time),
    "datetime": Form(speak=_datetime, argument=_DATE_ARGUMENT, help="'weekday', or 'short' (without the year)"),
    "minutes": Form(speak=_minutes),
    "duration": Form(speak=_duration),
}
"""The forms by name."""
