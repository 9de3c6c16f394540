"""Joining two records, and taking them apart, each in one transaction.

Joined: the survivor has the fields that were chosen; the merged record stays, points to the survivor and is found by
its code, but has no numbers of its own any more. Its interactions, dealings and relations move to the survivor, and it
is written down which did.

Apart again: what moved goes back. What came since stays with the survivor, unless it came from a number that is the
merged record's alone. An interaction of a call that was going on during the merge is the merged record's too: it was
identified as that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, literal, or_, select, update

from callcenter.api.customers import (
    CustomerFields,
    MasterPlan,
    Merged,
    MergePreview,
    MergeRecord,
    MergeRefused,
    MergeWanted,
    UnMerged,
)
from callcenter.api.records import Reader
from callcenter.api.shapes import Words
from callcenter.customers.changes import Flat, differences, flatten, unflatten
from callcenter.customers.merging import choices, join, separate
from callcenter.customers.record import numbers_of
from callcenter.customers.written import written
from callcenter.domain.moment import milliseconds
from callcenter.storage.columns import AnyRow
from callcenter.storage.customer_finding import taken
from callcenter.storage.customer_pairs import refresh_pairs
from callcenter.storage.customer_rows import (
    RECORD,
    Act,
    fields_of,
    forget_beside,
    hidden_from,
    locked,
    record_of,
    remember_changes,
    update_records,
)
from callcenter.storage.customer_tables import (
    customer_merges,
    customer_pairs,
    customer_relations,
    customers,
    dealings,
    merge_moves,
)
from callcenter.storage.database import can_hold
from callcenter.storage.tables import interactions, people

INTERACTION, DEALING, RELATION_ONE, RELATION_OTHER = "interaction", "dealing", "relation_one", "relation_other"
_MOVING = (
    (INTERACTION, interactions, interactions.c.interaction, interactions.c.customer),
    (DEALING, dealings, dealings.c.dealing, dealings.c.customer),
    (RELATION_ONE, customer_relations, customer_relations.c.relation, customer_relations.c.one),
    (RELATION_OTHER, customer_relations, customer_relations.c.relation, customer_relations.c.other),
)

_REFUSALS = {
    "unknown": Words(en="There is no such record.", zh="没有这条记录。"),
    "same": Words(en="It is the same record.", zh="是同一条记录。"),
    "merged_already": Words(en="It was joined with another already.", zh="该记录已被合并。"),
    "changed": Words(
        en="Somebody changed one of the records. Look at them again.", zh="其中一条记录已被修改，请重新查看。"
    ),
    "nested": Words(
        en="The record was joined further since. Undo that first.", zh="该记录之后又被合并，请先撤销后一次合并。"
    ),
    "undone_already": Words(en="That was undone already.", zh="已经撤销过。"),
    "hidden": Words(en="You may not choose a field that you may not see.", zh="您无权选择看不到的字段。"),
}


def preview(
    connection: Connection, survivor: str, merged: str, plan: MasterPlan, reader: Reader
) -> MergePreview | None:
    """Return what a merge would make, as the reader may see it; none: it cannot be."""
    if survivor == merged or not can_hold(survivor + merged):
        return None
    rows = {row.customer: row for row in connection.execute(RECORD.where(customers.c.customer.in_((survivor, merged))))}
    if len(rows) != 2 or any(row.merged_into is not None for row in rows.values()):
        return None
    shown = {customer: record_of(row, plan, reader) for customer, row in rows.items()}
    one, other = (flatten(shown[customer].fields) for customer in (survivor, merged))
    return MergePreview(
        survivor=shown[survivor],
        merged=shown[merged],
        choices=choices(one, other),
        result=CustomerFields.model_validate(unflatten(join(one, other, {}))),
    )


def merges_of(connection: Connection, customer: str) -> tuple[MergeRecord, ...]:
    """Return the merges into a customer that are in force, newest first."""
    merge = customer_merges.c
    query = _MERGE.where(merge.survivor == customer, merge.undone_at.is_(None)).order_by(merge.at.desc()).limit(50)
    return tuple(map(_merge_of, connection.execute(query)))


def merge(connection: Connection, merge_id: str, wanted: MergeWanted, act: Act) -> Merged | MergeRefused:
    """Make one customer of two, in a transaction."""
    act = replace(act, via="merge")
    if wanted.survivor == wanted.merged:
        return _refused("same")
    rows = locked(connection, [wanted.survivor, wanted.merged]) if can_hold(wanted.survivor + wanted.merged) else {}
    if len(rows) != 2:
        return _refused("unknown")
    survivor, merged = rows[wanted.survivor], rows[wanted.merged]
    if survivor.merged_into is not None or merged.merged_into is not None:
        return _refused("merged_already")
    if (survivor.version, merged.version) != (wanted.survivor_version, wanted.merged_version):
        return _refused("changed")
    if set(hidden_from(act.plan, act.reader)) & wanted.takes.keys():
        return _refused("hidden")
    before, other = flatten(fields_of(survivor)), flatten(fields_of(merged))
    after = join(before, other, wanted.takes)
    _step_aside(connection, merged, wanted.survivor, act)
    fields = _store(connection, survivor, after, act)
    row = {
        "merge": merge_id,
        "survivor": wanted.survivor,
        "merged": wanted.merged,
        "at": act.now,
        "by": act.reader.person,
        "survivor_before": before,
        "merged_before": other,
        "result": flatten(fields),
    }
    connection.execute(insert(customer_merges).values(row))
    _move(connection, merge_id, wanted.merged, wanted.survivor)
    connection.execute(
        delete(customer_pairs).where(
            or_(customer_pairs.c.one == wanted.merged, customer_pairs.c.other == wanted.merged)
        )
    )
    refresh_pairs(connection, {wanted.survivor: written(fields)})
    made = connection.execute(_MERGE.where(customer_merges.c.merge == merge_id)).one()
    record = connection.execute(RECORD.where(customers.c.customer == wanted.survivor)).one()
    return Merged(merge=_merge_of(made), record=record_of(record, act.plan, act.reader))


def un_merge(connection: Connection, merge_id: str, act: Act) -> UnMerged | MergeRefused:
    """Undo a merge, in a transaction."""
    act = replace(act, via="un_merge")
    query = select(customer_merges).where(customer_merges.c.merge == merge_id)
    row = connection.execute(query).one_or_none() if can_hold(merge_id) else None
    if row is None:
        return _refused("unknown")
    rows = locked(connection, [row.survivor, row.merged])
    row = connection.execute(query).one()  # as it is now that nobody else changes it
    if row.undone_at is not None:
        return _refused("undone_already")
    if len(rows) != 2:
        return _refused("unknown")
    survivor, merged = rows[row.survivor], rows[row.merged]
    if survivor.merged_into is not None:
        return _refused("nested")
    apart = separate(row.survivor_before, row.result, flatten(fields_of(survivor)))
    fields = _store(connection, survivor, apart.survivor, act)
    own = _restore(connection, merged, row.merged_before, act)
    returned = _move_back(connection, merge_id, row, own, fields)
    undone = {"undone_at": act.now, "undone_by": act.reader.person}
    connection.execute(update(customer_merges).where(customer_merges.c.merge == merge_id).values(undone))
    refresh_pairs(connection, {row.survivor: written(fields), row.merged: written(own)})
    both = {one.customer: one for one in connection.execute(RECORD.where(customers.c.customer.in_(rows)))}
    return UnMerged(
        survivor=record_of(both[row.survivor], act.plan, act.reader),
        merged=record_of(both[row.merged], act.plan, act.reader),
        kept=apart.kept,
        interactions_returned=returned,
    )


# -- within -----------------------------------------------------------------------------------------------------

_MERGE = (
    select(customer_merges, customers.c.name.label("merged_name"), people.c.name.label("by_name"))
    .outerjoin(customers, customers.c.customer == customer_merges.c.merged)
    .outerjoin(people, people.c.person == customer_merges.c.by)
)


def _merge_of(row: AnyRow) -> MergeRecord:
    return MergeRecord(
        merge=row.merge,
        survivor=row.survivor,
        merged=row.merged,
        merged_name=row.merged_name or "",
        at=milliseconds(row.at),
        by=row.by,
        by_name=row.by_name or row.by,
        undone_at=milliseconds(row.undone_at) if row.undone_at else None,
    )


def _refused(code: str) -> MergeRefused:
    return MergeRefused(code=code, text=_REFUSALS[code])


def _store(connection: Connection, row: AnyRow, after: Flat, act: Act) -> CustomerFields:
    before = flatten(fields_of(row))
    fields = CustomerFields.model_validate(unflatten(after))
    version = row.version + 1
    update_records(connection, {row.customer: (version, written(fields))}, act.now)
    remember_changes(connection, {row.customer: (version, differences(before, after))}, act)
    return fields


def _step_aside(connection: Connection, row: AnyRow, survivor: str, act: Act) -> None:
    """The merged record points to the survivor; its numbers and mails are free for it."""
    forget_beside(connection, [row.customer])
    version = row.version + 1
    values = {"merged_into": survivor, "version": version, "updated_at": act.now, "words": ""}
    connection.execute(update(customers).where(customers.c.customer == row.customer).values(values))
    change = differences({}, {"merged_into": survivor})
    remember_changes(connection, {row.customer: (version, change)}, act)


def _restore(connection: Connection, row: AnyRow, before: Flat, act: Act) -> CustomerFields:
    """The merged record is as it was. A number or mail that somebody else was given since is shared from now on."""
    fields = CustomerFields.model_validate(unflatten(before))
    lost = {one.field for one in taken(connection, row.customer, fields)}
    if lost & {"numbers", "mails"}:
        fields = _sharing(fields)
    if "owner" in lost:
        fields = fields.model_copy(update={"owner": None})  # who has left looks after nobody
    connection.execute(update(customers).where(customers.c.customer == row.customer).values(merged_into=None))
    version = row.version + 1
    update_records(connection, {row.customer: (version, written(fields))}, act.now)
    change = differences({"merged_into": row.merged_into}, {})
    remember_changes(connection, {row.customer: (version, change)}, act)
    return fields


def _sharing(fields: CustomerFields) -> CustomerFields:
    def shared(entries: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(entry.model_copy(update={"shared": True}) for entry in entries)

    contacts = tuple(
        one.model_copy(update={"numbers": shared(one.numbers), "mails": shared(one.mails)}) for one in fields.contacts
    )
    return fields.model_copy(
        update={"numbers": shared(fields.numbers), "mails": shared(fields.mails), "contacts": contacts}
    )


def _move(connection: Connection, merge_id: str, source: str, target: str) -> None:
    for kind, table, id_, of in _MOVING:
        moving = select(literal(merge_id), literal(kind), id_).where(of == source)
        connection.execute(insert(merge_moves).from_select(["merge", "kind", "id"], moving))
        connection.execute(update(table).where(of == source).values({of.name: target}))
    # A relation between the two would now be one with itself.
    relation = customer_relations.c
    connection.execute(delete(customer_relations).where(relation.one == target, relation.other == target))


def _move_back(
    connection: Connection, merge_id: str, row: AnyRow, own: CustomerFields, survivors: CustomerFields
) -> int:
    returned = 0
    for kind, table, id_, of in _MOVING:
        moved = select(merge_moves.c.id).where(merge_moves.c.merge == merge_id, merge_moves.c.kind == kind)
        back = update(table).where(of == row.survivor, id_.in_(moved)).values({of.name: row.merged})
        count = connection.execute(back).rowcount
        returned += count if kind == INTERACTION else 0
    connection.execute(delete(merge_moves).where(merge_moves.c.merge == merge_id))
    numbers = {one.address for one in numbers_of(own)} - {one.address for one in numbers_of(survivors)}
    since = (
        update(interactions)
        .where(
            interactions.c.customer == row.survivor,
            interactions.c.started_at >= row.at,
            or_(interactions.c.identified_as == row.merged, interactions.c.calling_number.in_(sorted(numbers))),
            ~exists().where(merge_moves.c.kind == INTERACTION, merge_moves.c.id == interactions.c.interaction),
        )
        .values(customer=row.merged)
    )
    return returned + connection.execute(since).rowcount
