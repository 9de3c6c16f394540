"""The customers' adapters over records that a test has opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.customers import MasterPlan
from callcenter.api.records import Reader, Role
from callcenter.storage.customer_master import SqlCustomerMaster
from callcenter.storage.customers import SqlCustomers
from callcenter.storage.dealings import SqlDealings
from callcenter.storage.labels import Labels
from callcenter.storage.threads import Threads, open_threads
from callcenter.storage.timeline import SqlTimeline
from tests.fakes.clock import FakeClock
from tests.fakes.ids import CountingIds

PLAN = MasterPlan(
    custom_fields=(), territories=(), hidden={"agent": ("credit_limit", "tax_number")}, currency="USD", country="US"
)
ANA = Reader(person="ana", role=Role.AGENT)
SAM = Reader(person="sam", role=Role.SUPERVISOR)


@dataclass(frozen=True)
class Masters:
    """Everything over one set of records."""

    threads: Threads
    cards: SqlCustomers
    master: SqlCustomerMaster
    timeline: SqlTimeline
    dealings: SqlDealings
    clock: FakeClock


@asynccontextmanager
async def masters_of(
    records: AsyncEngine, *, plan: MasterPlan = PLAN, labels: Labels | None = None, clock: FakeClock | None = None
) -> AsyncIterator[Masters]:
    """Open all adapters on the same records."""
    clock = clock or FakeClock()
    labels = labels or Labels()
    async with open_threads(records) as threads:
        timeline = SqlTimeline(threads, labels, clock)
        yield Masters(
            threads=threads,
            cards=SqlCustomers(threads, labels, plan, clock),
            master=SqlCustomerMaster(threads, plan, timeline, clock, CountingIds()),
            timeline=timeline,
            dealings=SqlDealings(threads),
            clock=clock,
        )
