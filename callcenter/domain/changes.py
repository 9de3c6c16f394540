"""What differs between two configurations, in lines that somebody who has just changed a file wants to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from callcenter.domain.catalogue import Catalogue


def changes(before: Catalogue, after: Catalogue) -> tuple[str, ...]:
    """Return one line for each thing that was added, changed or removed; none when nothing differs."""
    return tuple(_lines(before, after))


def _lines(before: Catalogue, after: Catalogue) -> Iterator[str]:
    yield from _rows(
        "queue",
        {name: plan for name, plan in before.queues.items() if not plan.leaving},
        {name: plan for name, plan in after.queues.items() if not plan.leaving},
    )
    if before.default_queue != after.default_queue:
        yield f"default queue: {after.default_queue}, before: {before.default_queue}"
    yield from _rows("rule", _by_name(before.rules), _by_name(after.rules))
    if before.rules != after.rules and set(before.rules) == set(after.rules):
        yield "rules: in another order"
    yield from _rows("skill", _by_name(before.skills), _by_name(after.skills))
    if before.media != after.media:
        yield f"media: {_differing(before.media, after.media)} changed"
    yield from _rows("calendar", before.calendars, after.calendars)
    yield from _rows("not-ready reason", _by_name(before.reasons), _by_name(after.reasons))
    yield from _rows("number", {one.number: one for one in before.numbers}, {one.number: one for one in after.numbers})
    if before.dialling != after.dialling:
        yield f"dialling: {_differing(before.dialling, after.dialling)} changed"


def _rows(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    for name in after:
        if name not in before:
            yield f"{kind} {name}: added"
        elif before[name] != after[name]:
            yield f"{kind} {name}: {_differing(before[name], after[name])} changed"
    for name in before:
        if name not in after:
            yield f"{kind} {name}: removed"


def _differing(before: object, after: object) -> str:
    """Name the parts that differ; of a queue's routing each by its own name."""
    found = []
    for field in fields(before) if is_dataclass(before) else ():
        one, other = getattr(before, field.name), getattr(after, field.name)
        if one != other:
            found.append(_differing(one, other) if field.name == "routing" else field.name.replace("_", " "))
    return ", ".join(found)


def _by_name(rows: tuple[object, ...]) -> dict[str, object]:
    return {row.name: row for row in rows}  # type: ignore[attr-defined] # rules, skills and reasons have names
