"""The values of an edit, checked and brought to one form. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import JsonValue, ValidationError, create_model

from callcenter.api.customers import (
    CustomerFields,
    FieldProblem,
    MasterPlan,
)
from callcenter.api.shapes import Message
from callcenter.customers.changes import Flat, flatten, unflatten
from callcenter.customers.custom_fields import custom_value, is_day, is_mail
from callcenter.customers.problems import problem
from callcenter.customers.record import new_fields
from callcenter.domain.phone_number import typed_to_e164

MOST_ITEMS = 200  # of a list: a firm with more numbers is two firms
_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Checked:
    """The fields that a record would have; or what is wrong, and then `fields` is none."""

    flat: Flat
    fields: CustomerFields | None
    problems: tuple[FieldProblem, ...] = ()
    changed: Flat = field(default_factory=dict)  # the values that were given, in their one form


# -- values -----------------------------------------------------------------------------------------------------


def checked(
    current: Flat,
    changes: Mapping[str, JsonValue],
    plan: MasterPlan,
    hidden: Sequence[str] = (),
    *,
    base: CustomerFields | None = None,
) -> Checked:
    """Apply `changes` to the flat record `current`. Numbers become E.164, mails lower case, texts lose outer spaces.

    `base`: the record of `current`, known to be in order. Then only what changes is looked at: a fifth of the time.
    """
    wanted, problems = _flat_changes(changes)
    for name in [*wanted]:
        if hidden and any(name == one or name.startswith(f"{one}.") for one in hidden):
            problems.append(problem(name, "hidden"))
        elif name not in current and not name.startswith("custom."):
            problems.append(problem(name, "unknown_field"))
        else:
            try:
                wanted[name] = _tidy(wanted[name])
            except ValueError:
                problems.append(problem(name, "bad_text"))
    if problems:
        return Checked(current, None, tuple(problems))
    for name in ("numbers", "mails", "contacts"):
        if name in wanted:
            wanted[name], found = _reachable(name, wanted[name], plan.country)
            problems += found
    for name in [one for one in wanted if one.startswith("custom.")]:
        spec = next((one for one in plan.custom_fields if f"custom.{one.name}" == name), None)
        if spec is None:
            problems.append(problem(name, "unknown_field"))
            continue
        wanted[name], code = custom_value(spec, wanted[name], plan.country)
        if code:
            problems.append(problem(name, code))
    flat = {**current, **wanted}
    fields, found = _shaped(flat, plan, base, wanted)
    if found:
        told = [one.field for one in problems]
        problems += [
            one for one in found if not any(one.field == name or one.field.startswith(f"{name}.") for name in told)
        ]
    return Checked(flat, None if problems else fields, tuple(problems), wanted)


def new_record(
    values: Mapping[str, JsonValue], plan: MasterPlan, hidden: Sequence[str] = (), *, account: str = ""
) -> Checked:
    """Check the values of a record to be made; `account` is the code it gets when none is given."""
    given = {**values, "account": values.get("account") or account}
    result = checked(flatten_blank(), {"name": "", **given}, plan, hidden)
    missing = [
        problem(f"custom.{one.name}", "required")
        for one in plan.custom_fields
        if one.required and result.flat.get(f"custom.{one.name}") is None
    ]
    seen = {one.field for one in result.problems}
    problems = (*result.problems, *(one for one in missing if one.field not in seen))
    return Checked(result.flat, None if problems else result.fields, problems, result.changed)


def flatten_blank() -> dict[str, JsonValue]:
    """Return the fields of an empty record, flat; name and code are empty, as no stored record's are."""
    return {**flatten(new_fields(name="-", account="-")), "name": "", "account": ""}


# -- within -----------------------------------------------------------------------------------------------------


def _flat_changes(changes: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], list[FieldProblem]]:
    """Take nested values apart: `preferences` may be given whole or one by one."""
    flat: dict[str, JsonValue] = {}
    problems: list[FieldProblem] = []
    for name, value in changes.items():
        if name not in ("preferences", "custom"):
            flat[name] = value
        elif isinstance(value, dict):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            problems.append(problem(name, "bad_value"))
    return flat, problems


def _tidy(value: JsonValue) -> JsonValue:
    """Return a value without outer spaces in its texts. Raises `ValueError` for what no database can hold."""
    if isinstance(value, str):
        return _tidy_text(value)
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if isinstance(value, dict):
        return {key: _tidy(inner) for key, inner in value.items()}  # what is no name of a field is refused later
    return value


def _tidy_text(text: str) -> str:
    if "\x00" in text or (not text.isascii() and _HALVES.search(text)):
        raise ValueError(text)
    return text.strip()


def _reachable(field: str, items: JsonValue, country: str) -> tuple[JsonValue, list[FieldProblem]]:
    """Bring numbers and mails of a list to one form; also those of contacts."""
    if not isinstance(items, list):
        return items, []  # said by `_shaped`
    problems: list[FieldProblem] = []
    if len(items) > MOST_ITEMS:
        return items, [problem(field, "too_many")]
    result: list[JsonValue] = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            result.append(item)
            continue
        made = dict(item)
        where = f"{field}.{place}"
        if field == "contacts":
            for inner in ("numbers", "mails"):
                made[inner], found = _reachable(inner, made.get(inner, []), country)
                problems += [one.model_copy(update={"field": f"{where}.{one.field}"}) for one in found]
        elif field == "numbers":
            number = typed_to_e164(str(made.get("number", "")), country)
            made["number"] = number or made.get("number", "")
            if number is None:
                problems.append(problem(f"{where}.number", "bad_number"))
        else:
            made["mail"] = str(made.get("mail", "")).lower()
            if not is_mail(str(made["mail"])):
                problems.append(problem(f"{where}.mail", "bad_mail"))
        result.append(made)
    key = {"numbers": "number", "mails": "mail", "contacts": "contact"}[field]
    seen: set[object] = set()
    for place, item in enumerate(result):
        name = item.get(key) if isinstance(item, dict) else None
        if isinstance(name, str) and name in seen:
            problems.append(problem(f"{field}.{place}.{key}", "twice"))
        seen.add(name if isinstance(name, str) else None)
    return result, problems


_CODES = {
    "string_too_long": "too_long",
    "string_too_short": "required",
    "missing": "required",
    "enum": "not_a_choice",
    "less_than_equal": "out_of_range",
    "greater_than_equal": "out_of_range",
    "extra_forbidden": "unknown_field",
}
_PATTERNS = {"website": "bad_link", "birthday": "bad_day", "best_from": "bad_time", "best_until": "bad_time"}


def _shaped(
    flat: Flat, plan: MasterPlan, base: CustomerFields | None, wanted: Flat
) -> tuple[CustomerFields | None, list[FieldProblem]]:
    problems = list(_sense_problems(flat, plan))
    try:
        if base is None or any("." in name for name in wanted):
            return CustomerFields.model_validate(unflatten(flat)), problems
        part = _part_of(tuple(wanted)).model_validate(dict(wanted))
        return base.model_copy(update={name: getattr(part, name) for name in wanted}), problems
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False, include_context=False):
            where = ".".join(str(step) for step in detail["loc"])
            code = _CODES.get(detail["type"], "bad_value")
            if detail["type"] == "string_pattern_mismatch":
                code = "required" if where == "account" else _PATTERNS.get(str(detail["loc"][-1]), "bad_value")
            problems.append(problem(where, code))
        return None, problems


@lru_cache(maxsize=256)
def _part_of(names: tuple[str, ...]) -> type[Message]:
    """Return a model of some fields of a record: of a file, nearly all rows have the same ones."""
    parts: dict[str, Any] = {name: (info.annotation, info) for name, info in _FIELDS.items() if name in names}
    return create_model("Part", __base__=Message, **parts)


_FIELDS = CustomerFields.model_fields


def _sense_problems(flat: Flat, plan: MasterPlan) -> Iterator[FieldProblem]:
    """Yield what is of the right shape and still makes no sense."""
    birthday = flat.get("birthday")
    if isinstance(birthday, str) and not is_day(birthday):
        yield problem("birthday", "bad_day")
    territory = flat.get("territory")
    if territory and plan.territories and territory not in {one.name for one in plan.territories}:
        yield problem("territory", "not_a_choice")
    begins, ends = flat.get("preferences.best_from"), flat.get("preferences.best_until")
    if isinstance(begins, str) and isinstance(ends, str) and ends <= begins:
        yield problem("preferences.best_until", "before_beginning")
