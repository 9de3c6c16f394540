"""The timeline: every page is read by an index in the order that is shown, from the place where the last one ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, literal, select, tuple_, update

from callcenter.api.customer_records import Timeline
from callcenter.api.records import Reader
from callcenter.api.timeline import (
    InteractionDetail,
    NewInteraction,
    SearchPage,
    TimelineFilter,
    TimelinePage,
)
from callcenter.customers.words import terms_of, words_of
from callcenter.ports import Clock
from callcenter.storage.columns import AnyRow, AnySelect
from callcenter.storage.cursors import read_cursor, write_cursor
from callcenter.storage.customer_finding import has_words
from callcenter.storage.customer_tables import customer_changes, customers
from callcenter.storage.database import can_hold, insert_into
from callcenter.storage.history import as_merged
from callcenter.storage.interaction_detail import ENTRY, detail, entries, joined, with_agents
from callcenter.storage.labels import Labels
from callcenter.storage.past import PAST, PastReader
from callcenter.storage.tables import interaction_notes, interaction_payloads, interactions
from callcenter.storage.threads import Threads

LARGEST_PAGE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_IT = interactions.c


class SqlTimeline(Timeline):
    """The port on SQL."""

    def __init__(self, threads: Threads, labels: Labels, clock: Clock) -> None:
        self._threads = threads
        self._labels = labels
        self._past = PastReader(labels)
        self._clock = clock

    # -- reading ------------------------------------------------------------------------------------------------------

    async def of_customer(
        self, customer: str, wanted: TimelineFilter, *, cursor: str | None, limit: int
    ) -> TimelinePage:
        """Return a customer's interactions that pass the filter, newest first; at most 100."""
        return await self._threads.read(
            "reading a timeline", lambda c: self.page(c, customer, wanted, cursor=cursor, limit=limit)
        )

    def page(
        self, connection: Connection, customer: str, wanted: TimelineFilter, *, cursor: str | None, limit: int
    ) -> TimelinePage:
        """Return a page of a customer's timeline, on a connection."""
        after = read_cursor(cursor, int, int)
        size = max(0, min(limit, LARGEST_PAGE))
        if not can_hold(customer + wanted.text) or (cursor is not None and after is None):
            return TimelinePage(items=(), cursor=None)
        query = with_agents(select(_IT.n, *PAST)).where(_IT.customer == customer, *_conditions(wanted))
        query = _by_time(query, size, after)
        # Of one customer, the words are looked at row by row: there are hundreds, not millions.
        query = query.where(*((literal(" ").concat(_IT.words)).like(f"% {term}%") for term in terms_of(wanted.text)))
        rows = connection.execute(query).all()
        return TimelinePage(items=self._past.read_all(connection, rows[:size]), cursor=_next(rows, size))

    async def search(self, wanted: TimelineFilter, *, cursor: str | None, limit: int) -> SearchPage:
        """Return anybody's interactions that pass the filter, newest first; at most 100.

        With words, the order is that of entry into the records, which is nearly that of time.
        """
        terms = terms_of(wanted.text)
        after = read_cursor(cursor, int) if terms else read_cursor(cursor, int, int)
        size = max(0, min(limit, LARGEST_PAGE))
        if not can_hold(wanted.text) or (cursor is not None and after is None):
            return SearchPage(items=(), cursor=None)
        query = joined(select(*ENTRY)).where(*_conditions(wanted))
        if terms:
            query = query.where(has_words(self._threads.dialect, interactions, terms))
            query = query.order_by(_IT.n.desc()).limit(size + 1)
            query = query.where(_IT.n < after[0]) if after else query
        else:
            query = _by_time(query, size, after)

        def work(connection: Connection) -> SearchPage:
            rows = connection.execute(query).all()
            found = entries(self._past, connection, rows[:size])
            more = write_cursor(rows[size - 1].n) if terms and len(rows) > size else None
            return SearchPage(items=found, cursor=more if terms else _next(rows, size))

        return await self._threads.read("searching the timeline", work)

    async def interaction(self, interaction: str) -> InteractionDetail | None:
        """Return one interaction with its whole story."""
        if not can_hold(interaction):
            return None
        return await self._threads.read("reading an interaction", lambda c: detail(c, self._past, interaction))

    # -- writing ------------------------------------------------------------------------------------------------------

    async def add(self, new: NewInteraction) -> None:
        """Enter an interaction of another medium; the same one again changes nothing."""
        started = _moment(new.started_at)
        row = {
            "interaction": new.interaction,
            "medium": new.medium.value,
            "direction": new.direction.value,
            "started_at": started,
            "called_number": "",
            "calling_number": new.address,
            "subject": new.subject,
            "identified_as": new.customer,
            "queue": new.queue,
            "agent": new.agent,
            "ended_at": _moment(new.ended_at) if new.ended_at is not None else None,
            "outcome": new.outcome,
            "disposition": new.disposition,
            "note": new.note or None,
            "closed": new.ended_at is not None,
            "words": words_of(new.subject, new.note, *_texts(new.payload)),
        }

        def work(connection: Connection) -> None:
            became = as_merged(connection, {new.customer} if new.customer else set())
            values = {**row, "customer": became.get(new.customer or "", new.customer)}
            entered = connection.execute(
                insert_into(connection.dialect, interactions).values(values).on_conflict_do_nothing()
            )
            if entered.rowcount and new.payload:
                payload = {"interaction": new.interaction, "data": dict(new.payload)}
                connection.execute(
                    insert_into(connection.dialect, interaction_payloads).values(payload).on_conflict_do_nothing()
                )

        await self._threads.write("entering an interaction", work)

    async def annotate(self, interaction: str, text: str, reader: Reader) -> InteractionDetail | None:
        """Add a note to an interaction that is over; none: there is none."""
        now = self._clock.utc()

        def work(connection: Connection) -> InteractionDetail | None:
            query = select(_IT.n, _IT.words).where(_IT.interaction == interaction, _IT.outcome.is_not(None))
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            note = {"interaction": interaction, "at": now, "by": reader.person, "text": text}
            connection.execute(insert(interaction_notes).values(note))
            words = words_of(row.words, text)
            connection.execute(update(interactions).where(_IT.n == row.n).values(words=words))
            return detail(connection, self._past, interaction)

        if not can_hold(interaction + text) or not text.strip():
            return None
        return await self._threads.write("adding a note", work)

    async def assign(self, interaction: str, customer: str | None, reader: Reader) -> bool:
        """Say whose interaction it was: of an unknown caller, or of somebody who rang from another's telephone."""
        now = self._clock.utc()

        def work(connection: Connection) -> bool:
            row = connection.execute(select(_IT.n, _IT.customer).where(_IT.interaction == interaction)).one_or_none()
            known = select(customers.c.customer).where(customers.c.customer == customer)
            became = as_merged(connection, {customer} if customer else set()).get(customer or "", customer)
            if row is None or (customer is not None and connection.execute(known).scalar() is None):
                return False
            connection.execute(update(interactions).where(_IT.n == row.n).values(customer=became))
            common = {"version": 0, "at": now, "by": reader.person, "via": "desktop", "field": "interactions"}
            changes = [
                {**common, "customer": whose, "before": before, "after": after}
                for whose, before, after in ((row.customer, interaction, None), (became, None, interaction))
                if whose is not None and row.customer != became
            ]
            if changes:
                connection.execute(insert(customer_changes), changes)
            return True

        return can_hold(interaction + (customer or "")) and await self._threads.write("assigning an interaction", work)

    # -- within -------------------------------------------------------------------------------------------------------


def _by_time(query: AnySelect, size: int, after: Sequence[Any] | None) -> AnySelect:
    """Order by time, newest first, from the place of a cursor on."""
    if after is not None:
        place = (_EPOCH + timedelta(microseconds=after[0]), after[1])
        query = query.where(tuple_(_IT.started_at, _IT.n) < tuple_(*place))
    return query.order_by(_IT.started_at.desc(), _IT.n.desc()).limit(size + 1)


def _conditions(wanted: TimelineFilter) -> list[ColumnElement[bool]]:
    """Return what rows must be like. What goes on has no place in a history yet."""
    conditions: list[ColumnElement[bool]] = [_IT.outcome.is_not(None)]
    for column, value in (
        (_IT.queue, wanted.queue),
        (_IT.agent, wanted.agent),
        (_IT.outcome, wanted.outcome),
        (_IT.disposition, wanted.disposition),
        (_IT.medium, wanted.medium and wanted.medium.value),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.since is not None:
        conditions.append(_IT.started_at >= _moment(wanted.since))
    if wanted.until is not None:
        conditions.append(_IT.started_at < _moment(wanted.until))
    return conditions


def _next(rows: Sequence[AnyRow], size: int) -> str | None:
    if len(rows) <= size or size == 0:
        return None
    last = rows[size - 1]
    return write_cursor((last.started_at - _EPOCH) // timedelta(microseconds=1), last.n)


def _texts(payload: Any) -> list[str]:
    """Return every text of a payload, however deep."""
    match payload:
        case str():
            return [payload]
        case dict():
            return [text for value in payload.values() for text in _texts(value)]
        case list() | tuple():
            return [text for value in payload for text in _texts(value)]
        case _:
            return []


_LATEST_MS = 253_402_300_799_000  # the end of year 9999: later times are no times for a database


def _moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=max(0, min(ms, _LATEST_MS)))
