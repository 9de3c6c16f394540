"""The look-up while a call rings goes by indexes alone, however many customers there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import event as sql_event

from acd.model import Queue, QueueName
from callcenter.api.shapes import Words
from callcenter.domain.catalogue import Catalogue, Disposition, Label, QueuePlan
from callcenter.storage.customers import SqlCustomers
from callcenter.storage.history import store_events
from callcenter.storage.labels import Labels
from tests.support.interactions import handled
from tests.support.masters import masters_of
from tests.support.records import open_records

Lookup = Callable[[SqlCustomers], Awaitable[object]]
FOUND_ALREADY = {"SCAN found", "SCAN having_it"}
LOOKUPS: dict[str, Lookup] = {
    "by number": lambda master: master.by_number("+12025550123"),
    "by account": lambda master: master.by_account("40001"),
    "card": lambda master: master.customer("c1"),
}


@pytest.mark.parametrize("lookup", LOOKUPS.values(), ids=LOOKUPS)
async def test_no_table_is_read_from_end_to_end(tmp_path: Path, lookup: Lookup) -> None:
    run: list[tuple[str, tuple[object, ...]]] = []

    def keep(_c: object, _cursor: object, statement: str, values: tuple[object, ...], *_: object) -> None:
        run.append((statement, values))

    async with open_records(f"sqlite:///{tmp_path / 'records.sqlite'}") as records:
        async with records.begin() as connection:
            await store_events(connection, handled(1, customer="c1").events)
        async with masters_of(records) as masters:
            sql_event.listen(masters.threads._engine, "before_cursor_execute", keep)
            await lookup(masters.cards)
        async with records.connect() as connection:
            plans = [(await connection.exec_driver_sql("EXPLAIN QUERY PLAN " + sql, v)).all() for sql, v in run if v]
    steps = [str(row.detail) for plan in plans for row in plan]
    assert any(step.startswith("SEARCH") for step in steps)
    # Only what an index has found already may be gone through: the one or two customers of a card.
    assert [step for step in steps if step.startswith("SCAN") and step not in FOUND_ALREADY] == []


def test_labels_come_from_the_catalogue_in_both_languages() -> None:
    queue = QueuePlan(
        routing=Queue(name=QueueName("billing")),
        label=Label(en="Billing", zh="账单"),
        dispositions=(Disposition(name="solved", label=Label(en="Solved")),),
    )
    catalogue = Catalogue(queues={queue.name: queue}, default_queue=queue.name, reasons=(), numbers=())
    labels = Labels.of(catalogue)
    assert labels.queues == {"billing": Words(en="Billing", zh="账单")}
    assert labels.dispositions == {"solved": Words(en="Solved", zh="Solved")}
    assert (labels.queue("billing"), labels.queue("gone"), labels.queue(None)) == ("Billing", "gone", None)
