"""The customers' records: found, read, changed. Each method is one turn of a thread, and one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from pydantic import JsonValue
from sqlalchemy import Connection, delete, insert, not_, or_, select

from callcenter.api.card import CustomerKind, PastInteraction
from callcenter.api.customer_records import CustomerMaster
from callcenter.api.customers import (
    Change,
    ChangePage,
    CustomerPage,
    CustomerRecord,
    DuplicatePage,
    Edit,
    EditConflict,
    Edited,
    EditOutcome,
    EditRefused,
    MasterPlan,
    MatchPage,
    Merged,
    MergePreview,
    MergeRefused,
    MergeWanted,
    PaymentRecord,
    Relation,
    RelationKind,
    UnMerged,
)
from callcenter.api.records import Reader
from callcenter.api.timeline import TimelineFilter
from callcenter.customers.changes import Difference, differences, flatten, unflatten
from callcenter.customers.edits import checked, new_record
from callcenter.customers.glance import Facts, glance
from callcenter.customers.problems import problem
from callcenter.customers.reconciling import reconcile
from callcenter.customers.relations import BOTH_WAYS, reads
from callcenter.customers.written import written
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.moment import milliseconds
from callcenter.ports import Clock, IdSource
from callcenter.storage import customer_merging, customer_pairs
from callcenter.storage.columns import AnyRow
from callcenter.storage.cursors import read_cursor, write_cursor
from callcenter.storage.customer_finding import find, having_number, matches, taken
from callcenter.storage.customer_rows import (
    RECORD,
    Act,
    fields_of,
    hidden_from,
    insert_records,
    locked,
    record_of,
    remember_changes,
    update_records,
)
from callcenter.storage.customer_tables import customer_changes, customer_relations, customers
from callcenter.storage.customers import MOST_MERGES
from callcenter.storage.database import can_hold, is_about_values
from callcenter.storage.dealings import glanced
from callcenter.storage.tables import people
from callcenter.storage.threads import Threads
from callcenter.storage.timeline import SqlTimeline

LARGEST_PAGE = 100
PAGE_DEALINGS = 30
PAGE_INTERACTIONS = 20
MOST_RELATIONS = 50
ACCOUNT_DIGITS = 8  # of codes that are given out: digits, because callers key them
DESKTOP = "desktop"

T = TypeVar("T")

Completion = Callable[[CustomerPage], Awaitable[CustomerPage]]
"""Adds to a page what is kept elsewhere; the page is as it was when that is late."""


class SqlCustomerMaster(CustomerMaster):
    """The port on SQL."""

    def __init__(
        self,
        threads: Threads,
        plan: MasterPlan,
        timeline: SqlTimeline,
        clock: Clock,
        ids: IdSource,
        *,
        complete: Completion | None = None,
    ) -> None:
        self._threads = threads
        self._complete = complete
        self._plan = plan
        self._timeline = timeline
        self._clock = clock
        self._ids = ids

    # -- finding ------------------------------------------------------------------------------------------------------

    async def plan(self) -> MasterPlan:
        """Return what the house has configured."""
        return self._plan

    async def find(self, text: str, *, cursor: str | None, limit: int) -> MatchPage:
        """Return customers by name, part of a name (Chinese too), account, number or mail; at most 100."""
        country = self._plan.country
        return await self._threads.read(
            "looking for customers", lambda c: find(c, text, country, cursor=cursor, limit=limit)
        )

    async def having_number(self, number: str, *, cursor: str | None, limit: int) -> MatchPage:
        """Return everybody who has this number (E.164), its owner first."""
        return await self._threads.read(
            "looking for a number", lambda c: having_number(c, number, cursor=cursor, limit=limit)
        )

    # -- reading ------------------------------------------------------------------------------------------------------

    async def record(self, customer: str, reader: Reader) -> CustomerRecord | None:
        """Return the record as it stands; that of a merged customer too."""

        def work(connection: Connection) -> CustomerRecord | None:
            row = self._row(connection, customer)
            return record_of(row, self._plan, reader) if row else None

        return await self._threads.read("reading a record", work)

    async def page(self, customer: str, reader: Reader) -> CustomerPage | None:
        """Return everything the customer's page shows first; of a merged customer, the one it has become."""

        def work(connection: Connection) -> CustomerPage | None:
            row = self._row(connection, customer)
            for _ in range(MOST_MERGES):
                if row is None or row.merged_into is None:
                    break
                row = self._row(connection, row.merged_into)
            return self._page(connection, row, customer, reader) if row else None

        page = await self._threads.read("reading a customer's page", work)
        return page if page is None or self._complete is None else await self._complete(page)

    async def changes(self, customer: str, reader: Reader, *, cursor: str | None, limit: int) -> ChangePage:
        """Return who changed what, newest first; at most 100. What the reader may not see is left out."""
        after = read_cursor(cursor, int)
        size = max(0, min(limit, LARGEST_PAGE))
        if not can_hold(customer) or (cursor is not None and after is None):
            return ChangePage(items=(), cursor=None)
        change = customer_changes.c
        query = (
            select(customer_changes, people.c.name.label("by_name"))
            .outerjoin(people, people.c.person == change.by)
            .where(change.customer == customer)
            .order_by(change.n.desc())
            .limit(size + 1)
        )
        hidden = hidden_from(self._plan, reader)
        if hidden:
            nested = [change.field.like(f"{name}.%") for name in hidden]
            query = query.where(not_(or_(change.field.in_(hidden), *nested)))
        if after is not None:
            query = query.where(change.n < after[0])
        rows = await self._threads.read("reading the history of a record", lambda c: c.execute(query).all())
        items = tuple(map(_change_of, rows[:size]))
        return ChangePage(items=items, cursor=write_cursor(items[-1].change) if len(rows) > size and items else None)

    # -- changing -----------------------------------------------------------------------------------------------------

    async def create(self, values: Mapping[str, JsonValue], reader: Reader) -> EditOutcome:
        """Make a record of these fields; what is not given is blank. An account is given out when there is none."""
        customer = str(self._ids.interaction_id())

        def work(connection: Connection, act: Act) -> EditOutcome:
            made = new_record(values, self._plan, hidden_from(self._plan, reader), account=_free_account(connection))
            if made.fields is None:
                return EditRefused(problems=made.problems)
            problems = taken(connection, customer, made.fields)
            if problems:
                return EditRefused(problems=tuple(problems))
            record = written(made.fields)
            insert_records(connection, {customer: record}, act.now)
            remember_changes(connection, {customer: (1, [CREATED])}, act)
            customer_pairs.refresh_pairs(connection, {customer: record})
            return Edited(record=self._record(connection, customer, reader), joined=())

        return await self._change(reader, "making a record", work)

    async def edit(self, edit: Edit, reader: Reader) -> EditOutcome | None:
        """Change fields of a record; none: there is no such customer."""

        def work(connection: Connection, act: Act) -> EditOutcome | None:
            row = locked(connection, [edit.customer]).get(edit.customer) if can_hold(edit.customer) else None
            return self._edit(connection, row, edit, act) if row else None

        return await self._change(reader, "changing a record", work)

    async def relate(self, customer: str, kind: RelationKind, other: str, reader: Reader) -> Relation | None:
        """Say how two customers belong together; none: one of them does not exist, or they are the same."""
        relation = str(self._ids.interaction_id())
        if customer == other or not can_hold(customer + other):
            return None

        def work(connection: Connection, act: Act) -> Relation | None:
            if len(locked(connection, [customer, other])) != 2:
                return None
            row = {"relation": relation, "one": customer, "kind": kind.value, "other": other}
            same = customer_relations.c
            query = select(same.relation).where(same.one == customer, same.kind == kind.value, same.other == other)
            known = connection.execute(query).scalar()
            if known is None:
                connection.execute(insert(customer_relations).values(row))
                change = [Difference("relations", None, f"{kind.value} {other}")]
                remember_changes(connection, {customer: (0, change)}, act)
            match = matches(connection, [other])[other]
            return Relation(
                relation=known or relation, kind=kind, forward=True, text=reads(kind, forward=True), other=match
            )

        return await self._change(reader, "relating two customers", work)

    async def unrelate(self, relation: str, reader: Reader) -> bool:
        """Take a relation back; false: there is none."""

        def work(connection: Connection, act: Act) -> bool:
            same = customer_relations.c
            row = connection.execute(select(customer_relations).where(same.relation == relation)).one_or_none()
            if row is None:
                return False
            connection.execute(delete(customer_relations).where(same.relation == relation))
            change = [Difference("relations", f"{row.kind} {row.other}", None)]
            remember_changes(connection, {row.one: (0, change)}, act)
            return True

        return can_hold(relation) and await self._change(reader, "taking a relation back", work)

    # -- duplicates ---------------------------------------------------------------------------------------------------

    async def duplicates(self, customer: str | None, *, cursor: str | None, limit: int) -> DuplicatePage:
        """Return pairs that may be one customer, the likeliest first: of one customer, or of all."""
        return await self._threads.read(
            "looking for duplicates", lambda c: customer_pairs.suggestions(c, customer, cursor=cursor, limit=limit)
        )

    async def keep_apart(self, one: str, other: str, reader: Reader) -> None:
        """Say that two are not the same: they are not suggested again."""

        def work(connection: Connection, act: Act) -> None:
            customer_pairs.keep_apart(connection, one, other)
            change = [Difference("duplicates", None, f"not {other}")]
            remember_changes(connection, {one: (0, change)}, act)

        if can_hold(one + other):
            await self._change(reader, "keeping two records apart", work)

    async def merge_preview(self, survivor: str, merged: str, reader: Reader) -> MergePreview | None:
        """Return what a merge would make; none: one of them is not there, or was merged already."""
        return await self._threads.read(
            "comparing two records", lambda c: customer_merging.preview(c, survivor, merged, self._plan, reader)
        )

    async def merge(self, wanted: MergeWanted, reader: Reader) -> Merged | MergeRefused:
        """Make one customer of two."""
        merge = str(self._ids.interaction_id())

        def work(connection: Connection, act: Act) -> Merged | MergeRefused:
            return customer_merging.merge(connection, merge, wanted, act)

        return await self._change(reader, "joining two records", work)

    async def un_merge(self, merge: str, reader: Reader) -> UnMerged | MergeRefused:
        """Undo a merge."""

        def work(connection: Connection, act: Act) -> UnMerged | MergeRefused:
            return customer_merging.un_merge(connection, merge, act)

        return await self._change(reader, "taking two records apart", work)

    # -- within -------------------------------------------------------------------------------------------------------

    async def _change(self, reader: Reader, what: str, work: Callable[[Connection, Act], T]) -> T:
        """Run a transaction; once more, when another took a number or code between our look and our writing."""
        act = Act(plan=self._plan, reader=reader, via=DESKTOP, now=self._clock.utc())
        try:
            return await self._threads.write(what, lambda connection: work(connection, act))
        except ExternalFailure as failure:
            if not is_about_values(failure.__cause__):
                raise
            return await self._threads.write(what, lambda connection: work(connection, act))

    def _row(self, connection: Connection, customer: str) -> AnyRow | None:
        if not can_hold(customer):
            return None
        return connection.execute(RECORD.where(customers.c.customer == customer)).one_or_none()

    def _record(self, connection: Connection, customer: str, reader: Reader) -> CustomerRecord:
        return record_of(connection.execute(RECORD.where(customers.c.customer == customer)).one(), self._plan, reader)

    def _edit(self, connection: Connection, row: AnyRow, edit: Edit, act: Act) -> EditOutcome:
        reader = act.reader
        if row.merged_into is not None:
            return EditRefused(problems=(problem("customer", "merged"),))
        current = flatten(fields_of(row))
        result = checked(current, edit.changes, self._plan, hidden_from(self._plan, reader))
        if result.problems:
            return EditRefused(problems=result.problems)
        done = reconcile(current, result.changed, self._since(connection, row, edit.version))
        if done.conflicts:
            record = record_of(row, self._plan, reader)
            return EditConflict(record=record, conflicts=done.conflicts, mine=result.changed)
        if not done.changes:
            return Edited(record=record_of(row, self._plan, reader), joined=())
        after = {**current, **done.changes}
        fields = type(fields_of(row)).model_validate(unflatten(after))
        problems = taken(connection, row.customer, fields)
        if problems:
            return EditRefused(problems=tuple(problems))
        version = row.version + 1
        stored = written(fields)
        update_records(connection, {row.customer: (version, stored)}, act.now)
        changed = differences(current, after)
        remember_changes(connection, {row.customer: (version, changed)}, act)
        customer_pairs.refresh_pairs(connection, {row.customer: stored})
        return Edited(record=self._record(connection, row.customer, reader), joined=done.joined)

    def _since(self, connection: Connection, row: AnyRow, version: int) -> list[Change]:
        """Return what was changed since a version, oldest first."""
        if version >= row.version:
            return []
        change = customer_changes.c
        query = (
            select(customer_changes, people.c.name.label("by_name"))
            .outerjoin(people, people.c.person == change.by)
            .where(change.customer == row.customer, change.version > version)
            .order_by(change.n)
        )
        return [_change_of(one) for one in connection.execute(query)]

    def _page(self, connection: Connection, row: AnyRow, asked_for: str, reader: Reader) -> CustomerPage:
        dealings = glanced(connection, row.customer)
        facts = Facts(
            kind=CustomerKind(row.kind),
            territory=row.territory,
            owner=row.owner,
            payment_record=PaymentRecord(row.payment_record),
            no_calls=row.preferences["no_calls"],
            no_mail=row.preferences["no_mail"],
            custom=row.custom,
        )
        seen = glance(facts, dealings, self._clock.utc().astimezone().date())
        past = self._timeline.page(connection, row.customer, TimelineFilter(), cursor=None, limit=PAGE_INTERACTIONS)
        history: tuple[PastInteraction, ...] = past.items
        return CustomerPage(
            record=record_of(row, self._plan, reader),
            asked_for=asked_for,
            alerts=seen.alerts,
            coverage=seen.coverage,
            dealings=dealings[:PAGE_DEALINGS],
            relations=_relations(connection, row.customer),
            merges=customer_merging.merges_of(connection, row.customer),
            duplicates=customer_pairs.count_of(connection, row.customer),
            history=history,
            cursor=past.cursor,
            partial=(),
        )


CREATED = Difference(field="created", before=None, after=True)


def _change_of(row: AnyRow) -> Change:
    return Change(
        change=row.n,
        at=milliseconds(row.at),
        by=row.by,
        by_name=row.by_name or row.by,
        via=row.via,
        version=row.version,
        field=row.field,
        before=row.before,
        after=row.after,
    )


def _relations(connection: Connection, customer: str) -> tuple[Relation, ...]:
    same = customer_relations.c
    found = [
        (row, forward)
        for forward, (mine, other) in ((True, (same.one, same.other)), (False, (same.other, same.one)))
        for row in connection.execute(
            select(same.relation, same.kind, other.label("whom")).where(mine == customer).limit(MOST_RELATIONS)
        )
    ]
    known = matches(connection, (row.whom for row, _ in found)) if found else {}
    return tuple(
        Relation(
            relation=row.relation,
            kind=RelationKind(row.kind),
            forward=forward or RelationKind(row.kind) in BOTH_WAYS,
            text=reads(RelationKind(row.kind), forward=forward),
            other=known[row.whom],
        )
        for row, forward in found
        if row.whom in known
    )


def _free_account(connection: Connection) -> str:
    """Return a code that nobody has: not the next one, so that it tells nobody how many customers there are."""
    while True:
        account = str(10 ** (ACCOUNT_DIGITS - 1) + secrets.randbelow(9 * 10 ** (ACCOUNT_DIGITS - 1)))
        if connection.execute(select(customers.c.n).where(customers.c.account == account)).scalar() is None:
            return account
