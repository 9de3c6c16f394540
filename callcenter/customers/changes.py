"""A record as flat fields, and what differs between two of them. Pure.

History, conflicts and merges speak of flat fields: preferences and custom fields stand there one by one
(``preferences.no_calls``, ``custom.vehicle``), so that two people may change two of them at once; lists stand whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import JsonValue

from callcenter.api.customers import CustomerFields

Flat = Mapping[str, JsonValue]
NESTED = ("preferences", "custom")


class Difference(NamedTuple):
    """One field that differs."""

    field: str
    before: JsonValue
    after: JsonValue


def flatten(fields: CustomerFields) -> dict[str, JsonValue]:
    """Return a record's fields flat, as JSON has them."""
    return flat_of(fields.model_dump(mode="json"))


def flat_of(nested_fields: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return fields as JSON has them, flat."""
    flat: dict[str, JsonValue] = dict(nested_fields)
    for name in NESTED:
        nested = flat.pop(name)
        if isinstance(nested, dict):
            flat |= {f"{name}.{key}": value for key, value in nested.items()}
    return flat


def unflatten(flat: Flat) -> dict[str, Any]:
    """Return what `CustomerFields` is made of. A custom field without a value is left out."""
    fields: dict[str, Any] = {name: {} for name in NESTED}
    for name, value in flat.items():
        outer, dot, inner = name.partition(".")
        if not dot:
            fields[name] = value
        elif outer != "custom" or value is not None:
            fields[outer][inner] = value
    return fields


def differences(before: Flat, after: Flat) -> list[Difference]:
    """Return the fields that differ, in the order of the record."""
    names = dict.fromkeys((*before, *after))
    return [
        Difference(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


# -- lists whose items have a name ------------------------------------------------------------------------------

_KEYS: Mapping[str, Callable[[Any], str]] = {
    "numbers": lambda item: str(item["number"]),
    "mails": lambda item: str(item["mail"]),
    "contacts": lambda item: str(item["contact"]),
    "addresses": lambda item: "|".join(str(item[key]) for key in ("label", "street", "postal_code", "city")).casefold(),
    "aliases": str,
}
LISTS = frozenset(_KEYS)


def by_key(field: str, items: JsonValue) -> dict[str, Any]:
    """Return the items of a list field by what tells them apart, in their order; the first of two alike."""
    found: dict[str, Any] = {}
    for item in items if isinstance(items, list) else ():
        found.setdefault(_KEYS[field](item), item)
    return found


def joined(field: str, first: JsonValue, second: JsonValue) -> list[Any]:
    """Return both lists as one: the first's items, then those that only the second has."""
    one = by_key(field, first)
    return [*one.values(), *(item for key, item in by_key(field, second).items() if key not in one)]


def three_way(field: str, base: JsonValue, theirs: JsonValue, mine: JsonValue) -> list[Any] | None:
    """Return a list with both sides' changes of `base`; none: both changed the same item, each in another way."""
    old, one, other = (by_key(field, items) for items in (base, theirs, mine))
    result: list[Any] = []
    for key in dict.fromkeys((*one, *other)):
        sides = (one.get(key), other.get(key))
        changed = [side for side in sides if side != old.get(key)]
        if len(changed) == 2 and changed[0] != changed[1]:
            return None
        item = changed[0] if changed else old.get(key)
        if item is not None:
            result.append(item)
    return result


def is_blank(value: JsonValue) -> bool:
    """Tell whether a field says nothing: no text, no list, no value. A flag always says something."""
    return value is None or value in ("", [], {})


def only(flat: Flat, names: Iterable[str]) -> dict[str, JsonValue]:
    """Return some of the fields."""
    return {name: flat.get(name) for name in names}


def blanked(fields: CustomerFields, hidden: Sequence[str], blank: Flat) -> CustomerFields:
    """Return the record without the fields that somebody may not see."""
    if not hidden:
        return fields
    flat = flatten(fields)
    for name in hidden:
        for field in [one for one in flat if one == name or one.startswith(f"{name}.")]:
            flat[field] = blank.get(field)
    return CustomerFields.model_validate(unflatten(flat))
