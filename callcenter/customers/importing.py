"""What becomes of a row of a file: read, put beside the record it means, decided by the rule for duplicates. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, ValidationError

from callcenter.api.customers import CustomerFields, FieldProblem, MasterPlan
from callcenter.api.transfer import DuplicateRule, RowProblem
from callcenter.customers.changes import LISTS, Flat, is_blank, joined, unflatten
from callcenter.customers.columns_of_files import values_of
from callcenter.customers.edits import checked, flatten_blank
from callcenter.customers.problems import TEXTS, problem
from callcenter.customers.written import Written, written

_TEMPLATE: Flat = {**flatten_blank(), "name": "-", "account": "-"}
"""A record that is in order, so that what is wrong with a row is wrong with its own values."""

_IN_ORDER = CustomerFields.model_validate(unflatten(_TEMPLATE))
_PLAIN = unflatten(_TEMPLATE)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row of the file with its values in their one form. `record` is what it would be if it were a new one."""

    line: int
    cells: tuple[str, ...]
    changes: Flat
    record: Written | None
    problems: tuple[RowProblem, ...] = ()


def read_row(
    line: int,
    cells: Sequence[str],
    columns: Sequence[tuple[str, str]],
    plan: MasterPlan,
    hidden: Sequence[str] = (),
) -> ReadRow:
    """Read one row. `columns` are the titles with their targets; one without a target is left out."""
    by_target: dict[str, str] = {}
    for (_, target), cell in zip(columns, cells, strict=True):
        if target and cell:
            by_target[target] = f"{by_target[target]};{cell}" if target in by_target else cell
    values, refused = values_of(by_target, plan)
    result = checked(_TEMPLATE, values, plan, hidden, base=_IN_ORDER)
    if not refused and result.fields is not None:
        nested = any("." in name for name in result.changed)
        made = unflatten(result.flat) if nested else {**_PLAIN, **result.changed}
        return ReadRow(line, tuple(cells), result.changed, written(result.fields, made))
    titles = {target: title for title, target in columns if target}
    problems = [row_problem(line, titles.get(target, target), code) for target, code in refused]
    problems += [row_problem(line, _title_of(one.field, values, titles), one.code) for one in result.problems]
    return ReadRow(line, tuple(cells), result.changed, None, tuple(problems))


def broken_row(line: int, cells: Sequence[str], code: str) -> ReadRow:
    """Return a row that could not even be cut into cells."""
    return ReadRow(line, tuple(cells), {}, None, (row_problem(line, "", code),))


def row_problem(line: int, column: str, code: str) -> RowProblem:
    """Return why a row is refused."""
    return RowProblem(line=line, column=column, code=code, text=TEXTS[code])


def missing(row: ReadRow, plan: MasterPlan) -> list[RowProblem]:
    """Return what a new record needs and the row does not have."""
    needed = ("name", *[f"custom.{field.name}" for field in plan.custom_fields if field.required])
    return [row_problem(row.line, name, "required") for name in needed if is_blank(row.changes.get(name))]


def merged(current: Flat, changes: Flat, rule: DuplicateRule) -> dict[str, JsonValue]:
    """Return the fields of a record after a row for it.

    Lists are joined: a file seldom has every number there is. Of addresses there is one for each purpose.
    """
    fill = rule is DuplicateRule.FILL
    result = dict(current)
    for name, value in changes.items():
        if name == "account" or is_blank(value):
            continue
        if name == "addresses":
            result[name] = _addresses(current.get(name), value, fill=fill)
        elif name in LISTS:
            result[name] = joined(name, current.get(name), value)
        elif not fill or is_blank(current.get(name)):
            result[name] = value
    return result


def _addresses(current: JsonValue, given: JsonValue, *, fill: bool) -> list[Any]:
    """Return addresses with those of a row: they replace others of their purpose, or only add what is missing."""
    old, new = _by_label(current), _by_label(given)
    return list(({**new, **old} if fill else {**old, **new}).values())


def _by_label(addresses: JsonValue) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in addresses if isinstance(addresses, list) else ():
        if isinstance(one, dict):
            found.setdefault(str(one["label"]), one)
    return found


def _title_of(field: str, values: Mapping[str, JsonValue], titles: Mapping[str, str]) -> str:
    """Return the title of the column that a value came from: ``numbers.1.number`` from that of ``numbers.work``."""
    outer, *rest = field.split(".")
    items = values.get(outer)
    if outer == "contacts":
        part = {"numbers": "number", "mails": "mail"}.get(rest[1], rest[1]) if len(rest) > 1 else "name"
        return titles.get(f"contact.{part}", field)
    if isinstance(items, list) and rest and rest[0].isdigit() and int(rest[0]) < len(items):
        item = items[int(rest[0])]
        label = str(item["label"]) if isinstance(item, dict) else ""
        target = {"numbers": f"numbers.{label}", "addresses": f"addresses.{label}.{rest[-1]}"}.get(outer, outer)
        return titles.get(target, field)
    return titles.get(field, field)


def as_fields(flat: Flat) -> CustomerFields | None:
    """Return a whole record of flat fields; none: they do not go together."""
    try:
        return CustomerFields.model_validate(unflatten(flat))
    except ValidationError:
        return None


def shared(fields: CustomerFields, addresses: frozenset[str]) -> CustomerFields:
    """Return the record with these numbers and mail addresses as shared ones."""

    def mark(entries: Sequence[Any], key: str) -> tuple[Any, ...]:
        return tuple(
            one.model_copy(update={"shared": True}) if getattr(one, key) in addresses else one for one in entries
        )

    contacts = tuple(
        one.model_copy(update={"numbers": mark(one.numbers, "number"), "mails": mark(one.mails, "mail")})
        for one in fields.contacts
    )
    numbers, mails = mark(fields.numbers, "number"), mark(fields.mails, "mail")
    return fields.model_copy(update={"numbers": numbers, "mails": mails, "contacts": contacts})


def columns_of(titles: Sequence[str], mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return each title with its target; empty: the column is left out."""
    return tuple((title, mapping.get(title, "")) for title in titles)


def unknown_targets(mapping: Mapping[str, str], known: Sequence[str]) -> list[FieldProblem]:
    """Return the columns that are mapped to what no record has."""
    return [problem(title, "unknown_field") for title, target in mapping.items() if target and target not in known]
