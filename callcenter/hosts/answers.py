"""What a host answered, read by its fields' paths: single values of the kind that was agreed on, or garbage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from callcenter.hosts.model import AnswerField, AnswerType, HostFailed, Trouble
from ivr.fields import FieldValue

LONGEST_TEXT = 1_000
"""Characters of a text that a host may answer in one field."""

_STEP = re.compile(r"\.?([A-Za-z_$][A-Za-z0-9_$-]*)|\[([0-9]{1,4})\]")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?")
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
"""What no journal, database or message can hold; JSON can say it all the same."""

Path: TypeAlias = tuple[str | int, ...]


def read_path(text: str) -> Path:
    """Read a path such as ``accounts[0].balance``; an empty one is the whole answer. Raises `ValueError`."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (match[0].startswith(".") and at == 0) or (at > 0 and match[0][0] not in ".["):
            raise ValueError(f"{text!r} is no path; write it like accounts[0].balance")
        steps.append(int(match[2]) if match[1] is None else match[1])
        at = match.end()
    return tuple(steps)


def at_path(content: object, path: Path) -> object:
    """Return what is at a path; None if nothing is."""
    for step in path:
        match content, step:
            case list(), int() if step < len(content):
                content = content[step]
            case dict(), str():
                content = content.get(step)
            case _:
                return None
    return content


def read_fields(content: object, wanted: Mapping[str, AnswerField]) -> dict[str, FieldValue]:
    """Return the fields of an answer; unknown optional ones are left out.

    Raises `HostFailed` (garbage): one is missing, or is of another kind than agreed on.
    """
    fields: dict[str, FieldValue] = {}
    for name, one in wanted.items():
        found = at_path(content, one.path)
        if found is None:
            if not one.optional:
                raise HostFailed(Trouble.GARBAGE)
            continue
        fields[name] = _value(found, one.type)
    return fields


def _value(found: object, kind: AnswerType) -> FieldValue:
    value = _converted(found, kind)
    if value is None:
        raise HostFailed(Trouble.GARBAGE)
    return value


def _converted(found: object, kind: AnswerType) -> FieldValue:
    if isinstance(found, Decimal) and not _is_sensible(found):
        return None
    if isinstance(found, date | time):  # from a database; a datetime is a date
        found = found.isoformat(timespec="seconds") if isinstance(found, datetime | time) else found.isoformat()
    value: FieldValue = None
    match found, kind:
        case bool(), _:
            value = found if kind in {"any", "boolean"} else None
        case str(), "any" | "text":
            value = _UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", found) if len(found) <= LONGEST_TEXT else None
        case int(), "any" | "integer" | "number" if abs(found) < 10**18:
            value = found
        case int(), "text" if abs(found) < 10**18:
            value = str(found)
        case Decimal(), "any" | "number":
            value = float(found)
        case float(), "any" | "number" if abs(found) < 10**18:  # NaN and infinity are not
            value = found
        case ((int() | Decimal() | str()), "decimal"):
            text = f"{found:f}" if isinstance(found, Decimal) else str(found)
            value = text if _DECIMAL.fullmatch(text) else None
        case _:
            pass
    return value


def _is_sensible(number: Decimal) -> bool:
    """Tell whether a number can be written out: 1e999999999 takes a gigabyte."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -12 and number.adjusted() < 18
