"""Two records become one, and two again. Pure.

Joining: where one of the two says nothing, the other's value is taken; where both say something else, a person chooses
(the survivor's, if nobody does); lists are joined. The merged record's name becomes another name of the survivor's.

Taking apart: the merged record is as it was. The survivor gets back its own values, except fields that were changed
since: those stay as they are now, and are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic import JsonValue

from callcenter.api.customers import MergeChoice
from callcenter.customers.changes import LISTS, Flat, by_key, is_blank, joined

OWN = frozenset({"account"})
"""Fields that are never taken over: the merged record keeps its code, and is still found by it."""


class Separated(NamedTuple):
    """The survivor after a merge was undone, and the fields that stay as they were made since."""

    survivor: dict[str, JsonValue]
    kept: tuple[str, ...]


def choices(survivor: Flat, merged: Flat) -> tuple[MergeChoice, ...]:
    """Return the fields in which the two differ, and what stays if nobody chooses."""
    names = dict.fromkeys((*survivor, *merged))
    found = []
    for name in names:
        mine, other = survivor.get(name), merged.get(name)
        if name in OWN or mine == other or (name in LISTS and is_blank(other)):
            continue
        takes: Literal["survivor", "merged", "both"] = (
            "both" if name in LISTS else "merged" if is_blank(mine) else "survivor"
        )
        found.append(MergeChoice(field=name, survivor=mine, merged=other, takes=takes))
    return tuple(found)


def join(survivor: Flat, merged: Flat, takes: Mapping[str, str]) -> dict[str, JsonValue]:
    """Return the fields of the one record; `takes` says for a field whose value stays (survivor or merged)."""
    result = dict(survivor)
    for choice in choices(survivor, merged):
        wanted = takes.get(choice.field, choice.takes)
        if choice.field in LISTS and wanted not in ("survivor", "merged"):
            result[choice.field] = joined(choice.field, choice.survivor, choice.merged)
        elif wanted == "merged":
            result[choice.field] = choice.merged
    names = {str(result.get("name")), *map(str, by_key("aliases", result.get("aliases")))}
    other = [str(side["name"]) for side in (survivor, merged) if side.get("name") not in names]
    if other:
        result["aliases"] = [*by_key("aliases", result.get("aliases")).values(), *other]
    return result


def separate(before: Flat, result: Flat, now: Flat) -> Separated:
    """Return the survivor as it is to be: `before` the merge, as its `result`, as it stands `now`."""
    survivor: dict[str, JsonValue] = {}
    kept: list[str] = []
    for name in dict.fromkeys((*before, *result, *now)):
        old, made, current = before.get(name), result.get(name), now.get(name)
        if name in LISTS:
            survivor[name], changed = _own_items(name, old, made, current)
        else:
            changed = current != made
            survivor[name] = current if changed else old
        if changed:
            kept.append(name)
    return Separated(survivor, tuple(kept))


def _own_items(field: str, before: JsonValue, result: JsonValue, now: JsonValue) -> tuple[list[Any], bool]:
    """Return the survivor's own items: those it had and still has, and those that came since the merge."""
    old, made, current = (by_key(field, items) for items in (before, result, now))
    own = [item for key, item in current.items() if key in old or key not in made]
    # What was taken from the merged record alone and is unchanged goes; what was removed since stays removed.
    changed = any(made.get(key) != current.get(key) for key in (*made, *current))
    restored = [
        old[key] if current.get(key) == made.get(key) and key in old else current[key] for key in _keys(own, field)
    ]
    return restored, changed


def _keys(items: list[Any], field: str) -> list[str]:
    return list(by_key(field, items))
