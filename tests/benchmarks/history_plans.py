"""Every statement of the hot ways, and whether its plan goes by indexes."""

from __future__ import annotations

from callcenter.api.records import Reader, Role
from callcenter.api.timeline import TimelineFilter
from callcenter.clock import SystemClock, TimeOrderedIds
from callcenter.storage.customer_master import SqlCustomerMaster
from callcenter.storage.customers import SqlCustomers
from callcenter.storage.database import open_database
from callcenter.storage.dealings import SqlDealings
from callcenter.storage.labels import Labels
from callcenter.storage.threads import open_threads
from callcenter.storage.timeline import SqlTimeline
from tests.support.large_records import BUSIEST, QUEUES, SHARED_NUMBER, Size, account, customer_id, phone_number
from tests.support.masters import PLAN
from tests.support.query_plans import faults_of, statements_sent


async def checked_plans(url: str, size: Size) -> tuple[int, list[str]]:
    """Return how many statements there are, and what is wrong with which."""
    clock = SystemClock()
    some = customer_id(size.customers // 2)
    busiest = customer_id(BUSIEST)
    reader = Reader(person="agent000", role=Role.SUPERVISOR)
    async with open_database(url) as database, open_threads(database) as threads:
        cards = SqlCustomers(threads, Labels(), PLAN, clock)
        timeline = SqlTimeline(threads, Labels(), clock)
        master = SqlCustomerMaster(threads, PLAN, timeline, clock, TimeOrderedIds(clock))
        dealings = SqlDealings(threads)
        with statements_sent() as sent:
            await cards.by_number(phone_number(size.customers // 2))
            await cards.by_number(SHARED_NUMBER)
            await cards.by_account(account(1))
            await cards.customer(some)
            page = await master.having_number(SHARED_NUMBER, cursor=None, limit=20)
            await master.having_number(SHARED_NUMBER, cursor=page.cursor, limit=20)
            await master.page(some, reader)
            await master.changes(some, reader, cursor=None, limit=20)
            await dealings.dealings(some, None, cursor=None, limit=20)
            everything = TimelineFilter()
            for wanted in (everything, TimelineFilter(queue=QUEUES[0]), TimelineFilter(text="refund")):
                first = await timeline.of_customer(busiest, wanted, cursor=None, limit=20)
                await timeline.of_customer(busiest, wanted, cursor=first.cursor, limit=20)
            newest = await timeline.search(everything, cursor=None, limit=20)
            await timeline.search(everything, cursor=newest.cursor, limit=20)
            await timeline.search(TimelineFilter(queue=QUEUES[0]), cursor=None, limit=20)
            await timeline.interaction(newest.items[0].interaction)
        with threads.reading("reading plans") as connection:
            faults = [
                f"{fault}, for {statement.text[:60]} … {statement.text[-160:]}".replace("\n", " ")
                for statement in sent
                for fault in faults_of(connection, statement)
            ]
    return len(sent), faults
