"""Entering customers whom a source knows, so that what happens with them has a place in our records."""

from __future__ import annotations

from sqlalchemy import Connection

from callcenter.api.card import CustomerCard
from callcenter.api.customers import CustomerFields, MasterPlan, NumberEntry, NumberLabel
from callcenter.api.records import Reader, Role
from callcenter.customers.changes import Difference, differences, flatten
from callcenter.customers.record import new_fields
from callcenter.customers.written import written
from callcenter.ports import Clock
from callcenter.storage.customer_finding import taken
from callcenter.storage.customer_pairs import refresh_pairs
from callcenter.storage.customer_rows import Act, fields_of, insert_records, locked, remember_changes, update_records
from callcenter.storage.threads import Threads

CREATED = Difference(field="created", before=None, after=True)


class SqlAdoption:
    """Enters the customer of a card, or brings the record that came from the same source up to date.

    A record that people made stays as they made it.
    """

    def __init__(self, threads: Threads, plan: MasterPlan, clock: Clock) -> None:
        self._threads = threads
        self._plan = plan
        self._clock = clock

    async def __call__(self, card: CustomerCard, source: str) -> None:
        """Do it; what is there already is done. Raises `ExternalFailure`."""
        reader = Reader(person=source, role=Role.ADMINISTRATOR)
        act = Act(plan=self._plan, reader=reader, via="source", now=self._clock.utc())

        def work(connection: Connection) -> None:
            row = locked(connection, [card.customer]).get(card.customer)
            if row is None:
                self._create(connection, card, act)
            elif row.source == source and row.merged_into is None:
                self._update(connection, card, row.version, fields_of(row), act)

        await self._threads.write("entering a customer of a source", work)

    def _create(self, connection: Connection, card: CustomerCard, act: Act) -> None:
        numbers = tuple(NumberEntry(number=one, label=NumberLabel.OTHER, shared=False) for one in card.numbers)
        fields = new_fields(
            name=card.name, account=card.account, kind=card.kind, source=act.reader.person, numbers=numbers
        )
        fields = fields.model_copy(update=_known(card))
        problems = taken(connection, card.customer, fields)
        if any(one.field != "numbers" for one in problems):
            return  # the account is somebody's: by the next call our own record is found by it
        if problems:  # somebody else's number: the source's word does not take it away
            fields = fields.model_copy(update={"numbers": ()})
        record = written(fields)
        insert_records(connection, {card.customer: record}, act.now)
        remember_changes(connection, {card.customer: (1, [CREATED])}, act)
        refresh_pairs(connection, {card.customer: record})

    def _update(
        self, connection: Connection, card: CustomerCard, version: int, before: CustomerFields, act: Act
    ) -> None:
        after = before.model_copy(update=_known(card))
        changed = differences(flatten(before), flatten(after))
        if changed:
            update_records(connection, {card.customer: (version + 1, written(after))}, act.now)
            remember_changes(connection, {card.customer: (version + 1, changed)}, act)


def _known(card: CustomerCard) -> dict[str, str | None]:
    return {"name": card.name, "tier": card.tier, "language": card.language, "territory": card.territory or ""}
