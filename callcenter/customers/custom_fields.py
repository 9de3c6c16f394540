"""The fields that a house adds to its records: what a value of each kind looks like, and its one form. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from callcenter.api.customers import CustomField, CustomFieldKind
from callcenter.domain.phone_number import typed_to_e164

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
LONGEST_MAIL = 254  # RFC 5321
_LINK = re.compile(r"https?://\S+")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
LONGEST_DECIMAL = 30

Read = tuple[JsonValue, str]
"""A value in its one form, and the code of what is wrong with it; empty: nothing."""


def custom_value(spec: CustomField, value: JsonValue, country: str) -> Read:
    """Return the value of a custom field in its one form; numbers are read as in `country` (ISO 3166)."""
    if value is None or value == "":
        return None, "required" if spec.required else ""
    if spec.kind is CustomFieldKind.FLAG:
        return value, "" if isinstance(value, bool) else "bad_value"
    if isinstance(value, bool | list | dict):
        return value, "bad_value"
    return _READ[spec.kind](spec, str(value), country)


def is_day(text: str) -> bool:
    """Tell whether a text is a calendar day as ISO 8601 writes it."""
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_mail(text: str) -> bool:
    """Tell whether a text may be a mail address."""
    return len(text) <= LONGEST_MAIL and _MAIL.fullmatch(text) is not None


# -- one per kind -----------------------------------------------------------------------------------------------


def _text(spec: CustomField, text: str, _: str) -> Read:
    return text, "" if len(text) <= spec.max_length else "too_long"


def _integer(spec: CustomField, text: str, _: str) -> Read:
    if not _INTEGER.fullmatch(text):
        return text, "bad_value"
    return int(text), "" if _within(spec, int(text)) else "out_of_range"


def _decimal(spec: CustomField, text: str, _: str) -> Read:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return text, "bad_value"
    if not amount.is_finite() or len(text) > LONGEST_DECIMAL:
        return text, "bad_value"
    return text, "" if _within(spec, amount) else "out_of_range"


def _day(_spec: CustomField, text: str, _: str) -> Read:
    return text, "" if is_day(text) else "bad_day"


def _choice(spec: CustomField, text: str, _: str) -> Read:
    return text, "" if text in {choice.name for choice in spec.choices} else "not_a_choice"


def _number(_spec: CustomField, text: str, country: str) -> Read:
    number = typed_to_e164(text, country)
    return number or text, "" if number else "bad_number"


def _mail(_spec: CustomField, text: str, _: str) -> Read:
    return text.lower(), "" if is_mail(text) else "bad_mail"


def _link(spec: CustomField, text: str, _: str) -> Read:
    return text, "" if _LINK.fullmatch(text) and len(text) <= spec.max_length else "bad_link"


_READ: Mapping[CustomFieldKind, Callable[[CustomField, str, str], Read]] = {
    CustomFieldKind.TEXT: _text,
    CustomFieldKind.INTEGER: _integer,
    CustomFieldKind.DECIMAL: _decimal,
    CustomFieldKind.DAY: _day,
    CustomFieldKind.CHOICE: _choice,
    CustomFieldKind.NUMBER: _number,
    CustomFieldKind.MAIL: _mail,
    CustomFieldKind.LINK: _link,
}


def _within(spec: CustomField, value: int | Decimal) -> bool:
    return (spec.least is None or value >= spec.least) and (spec.most is None or value <= spec.most)
