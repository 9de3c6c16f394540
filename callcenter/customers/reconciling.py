"""An edit put together with what others did to the record since it was begun. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from callcenter.api.customers import Change, FieldConflict
from callcenter.customers.changes import LISTS, Flat, three_way


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What of an edit is to be applied after others changed the record, and what collides."""

    changes: Flat
    joined: tuple[str, ...]
    conflicts: tuple[FieldConflict, ...]


def reconcile(current: Flat, changes: Flat, since: Sequence[Change]) -> Reconciled:
    """Put an edit together with the changes made since it was begun, oldest first.

    A field that nobody else touched, or that both changed alike, is no matter; a list to which both added is joined;
    anything else that both changed is a conflict.
    """
    base: dict[str, Change] = {}
    last: dict[str, Change] = {}
    for change in since:
        base.setdefault(change.field, change)
        last[change.field] = change
    apply: dict[str, JsonValue] = {}
    joined: list[str] = []
    conflicts: list[FieldConflict] = []
    for field, mine in changes.items():
        theirs = current.get(field)
        if mine == theirs:
            continue
        if field not in base:
            apply[field] = mine
            continue
        both = three_way(field, base[field].before, theirs, mine) if field in LISTS else None
        if both is not None:
            apply[field] = both
            joined.append(field)
            continue
        by = last[field]
        conflicts.append(
            FieldConflict(
                field=field,
                base=base[field].before,
                theirs=theirs,
                mine=mine,
                by=by.by,
                by_name=by.by_name,
                at=by.at,
            )
        )
    return Reconciled(apply, tuple(joined), tuple(conflicts))
