"""One timeline over all media: paged, filtered, searched, and completed by people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.calls import CallDirection
from callcenter.api.card import Medium
from callcenter.api.customers import Edited
from callcenter.api.shapes import Words
from callcenter.api.timeline import NewInteraction, SegmentKind, TimelineFilter
from callcenter.domain.interaction import EventKind as Kind
from callcenter.storage.history import store_events
from callcenter.storage.labels import Labels
from callcenter.storage.tables import people
from tests.support.interactions import START, Story, handled, interaction_id, moment
from tests.support.masters import ANA, SAM, Masters, masters_of

ALL = TimelineFilter()
LABELS = Labels(queues={"billing": Words(en="Billing", zh="账单")}, dispositions={})


@pytest.fixture
async def desk(records: AsyncEngine) -> AsyncIterator[Masters]:
    async with masters_of(records, labels=LABELS) as masters:
        yield masters


async def calls(records: AsyncEngine, count: int, customer: str | None = "c1", first: int = 1) -> None:
    """Each an hour after the one before, every third abandoned in sales."""
    events = []
    for number in range(first, first + count):
        start = START + timedelta(hours=number)
        if number % 3:
            events += handled(number, customer=customer, start=start).events
            continue
        story = Story(number, start=start)
        story.tell(Kind.STARTED, calling_number="+12025550123")
        if customer:
            story.tell(Kind.IDENTIFIED, customer=customer, by="number")
        story.tell(Kind.QUEUED, 1, queue="sales")
        story.tell(Kind.ENDED, 31, outcome="abandoned")
        events += story.events
    async with records.begin() as connection:
        await store_events(connection, events)


def mail(number: int, *, customer: str | None = "c1", **values: object) -> NewInteraction:
    made = NewInteraction(
        interaction=interaction_id(number),
        medium=Medium.MAIL,
        direction=CallDirection.IN,
        customer=customer,
        started_at=round(moment(0).timestamp() * 1000),
        ended_at=None,
        queue="billing",
        agent="ana",
        outcome="handled",
        address="li@example.org",
        subject="发票有误",
        disposition=None,
        note="",
        payload={"body": "请更正发票上的地址。", "attachments": [{"name": "invoice.pdf", "size": 3}]},
    )
    return made.model_copy(update=values)


async def numbers(desk: Masters, customer: str, wanted: TimelineFilter = ALL, limit: int = 100) -> list[int]:
    page = await desk.timeline.of_customer(customer, wanted, cursor=None, limit=limit)
    return [int(one.interaction[-12:], 16) for one in page.items]


async def test_pages_follow_each_other_without_gaps(desk: Masters, records: AsyncEngine) -> None:
    await calls(records, 23)
    await calls(records, 3, customer="c2", first=50)
    seen, cursor = [], None
    for _ in range(5):
        page = await desk.timeline.of_customer("c1", ALL, cursor=cursor, limit=5)
        seen += [one.interaction for one in page.items]
        cursor = page.cursor
    assert seen == [interaction_id(number) for number in range(23, 0, -1)]
    assert cursor is None


async def test_interactions_of_one_moment_are_not_lost_between_pages(desk: Masters, records: AsyncEngine) -> None:
    async with records.begin() as connection:
        for number in range(1, 8):
            await store_events(connection, handled(number, customer="c1").events)
    seen, cursor = [], None
    while True:
        page = await desk.timeline.of_customer("c1", ALL, cursor=cursor, limit=2)
        seen += [one.interaction for one in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == [interaction_id(number) for number in range(1, 8)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TimelineFilter(queue="sales"), [9, 6, 3]),
        (TimelineFilter(outcome="abandoned"), [9, 6, 3]),
        (TimelineFilter(agent="ana"), [8, 7, 5, 4, 2, 1]),
        (TimelineFilter(disposition="resolved", since=round(moment(3600 * 5).timestamp() * 1000)), [8, 7, 5]),
        (TimelineFilter(until=round(moment(3600 * 3).timestamp() * 1000)), [2, 1]),
        (TimelineFilter(text="explained BILL"), [8, 7, 5, 4, 2, 1]),
        (TimelineFilter(text="refund"), []),
        (TimelineFilter(medium=Medium.CHAT), []),
    ],
)
async def test_filters(desk: Masters, records: AsyncEngine, wanted: TimelineFilter, expected: list[int]) -> None:
    await calls(records, 9)
    assert await numbers(desk, "c1", wanted) == expected


async def test_a_summary_tells_what_happened_in_both_languages(desk: Masters, records: AsyncEngine) -> None:
    await calls(records, 1)
    (only,) = (await desk.timeline.of_customer("c1", ALL, cursor=None, limit=5)).items
    assert only.summary.en == "Waited 0:10 in Billing, talked 1:00 with ana, reason: billing."
    assert only.summary.zh == "在账单等待0:10，与ana通话1:00，reason：billing。"


async def test_the_detail_has_segments_path_answers_and_notes(desk: Masters, records: AsyncEngine) -> None:
    await calls(records, 1)
    detail = await desk.timeline.interaction(interaction_id(1))
    assert detail is not None
    assert [one.kind for one in detail.segments] == [
        SegmentKind.IVR,
        SegmentKind.QUEUE,
        SegmentKind.ALERTING,
        SegmentKind.TALK,
        SegmentKind.WRAP_UP,
    ]
    assert detail.segments[1].queue_label == "Billing"
    assert [step.node for step in detail.path] == ["menu"]
    assert [(one.key, one.value) for one in detail.answers] == [("reason", "billing")]
    assert [note.text for note in detail.notes] == ["Explained the bill."]
    assert detail.calling_name == "Caller, Example"
    assert await desk.timeline.interaction(interaction_id(77)) is None


async def test_who_gave_up_a_promised_call_is_told_by_name(desk: Masters, records: AsyncEngine) -> None:
    story = Story(1)
    story.tell(Kind.STARTED, calling_number="+12025550123")
    story.tell(Kind.CALLBACK_WAITS, 1, queue="billing")
    story.tell(Kind.CALLBACK_DROPPED, 61, queue="billing", why="withdrawn", by="sam")
    story.tell(Kind.ENDED, 61, outcome="not_reached")
    sam = {"person": "sam", "name": "Sam Supervisor", "role": "supervisor", "password_hash": ""}
    async with records.begin() as connection:
        await connection.execute(insert(people).values(sam | {"must_change_password": False, "active": True}))
        await store_events(connection, story.events)
    detail = await desk.timeline.interaction(interaction_id(1))
    assert detail is not None
    assert (detail.segments[-1].ended, detail.segments[-1].ended_by) == ("withdrawn", "Sam Supervisor")
    assert detail.entry.summary.en == "Promised a call, given up by Sam Supervisor."


async def test_a_mail_stands_in_the_same_timeline_and_is_found(desk: Masters, records: AsyncEngine) -> None:
    await calls(records, 2)
    await desk.timeline.add(mail(500))
    await desk.timeline.add(mail(500, subject="again"))  # the same one: nothing changes
    assert await numbers(desk, "c1") == [2, 1, 500]
    assert await numbers(desk, "c1", TimelineFilter(medium=Medium.MAIL)) == [500]
    assert await numbers(desk, "c1", TimelineFilter(text="地址")) == [500]
    found = await desk.timeline.search(TimelineFilter(text="发票"), cursor=None, limit=5)
    assert [entry.summary.zh for entry in found.items] == ["来信：发票有误，由ana处理。"]
    detail = await desk.timeline.interaction(interaction_id(500))
    assert detail is not None
    assert detail.payload["body"] == "请更正发票上的地址。"


async def test_a_search_over_everybody_is_paged_too(desk: Masters, records: AsyncEngine) -> None:
    await calls(records, 9)
    await calls(records, 9, customer=None, first=20)
    for wanted, count in ((TimelineFilter(text="bill"), 12), (TimelineFilter(queue="sales"), 6), (ALL, 18)):
        seen: list[str] = []
        cursor = None
        while True:
            page = await desk.timeline.search(wanted, cursor=cursor, limit=4)
            seen += [one.interaction for one in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == count


async def test_a_note_is_added_by_an_agent_and_found(desk: Masters, records: AsyncEngine) -> None:
    await calls(records, 1)
    assert await desk.timeline.annotate(interaction_id(9), "nothing there", ANA) is None
    assert await desk.timeline.annotate(interaction_id(1), "  ", ANA) is None
    detail = await desk.timeline.annotate(interaction_id(1), "Technician comes on Friday 上门", ANA)
    assert detail is not None
    assert [(note.by, note.text) for note in detail.notes] == [
        ("ana", "Explained the bill."),
        ("ana", "Technician comes on Friday 上门"),
    ]
    assert await numbers(desk, "c1", TimelineFilter(text="friday bill")) == [1]
    assert len((await desk.timeline.search(TimelineFilter(text="上门"), cursor=None, limit=5)).items) == 1


async def test_an_unknown_callers_interaction_is_given_to_a_customer_and_stays_there(
    desk: Masters, records: AsyncEngine
) -> None:
    made = await desk.master.create({"name": "Ben"}, SAM)
    assert isinstance(made, Edited)
    customer = made.record.customer
    await calls(records, 1, customer=None)
    assert await desk.timeline.assign(interaction_id(1), customer, ANA)
    assert await numbers(desk, customer) == [1]
    await calls(records, 1, customer=None)  # the same events again
    assert await numbers(desk, customer) == [1]
    changes = await desk.master.changes(customer, SAM, cursor=None, limit=5)
    assert (changes.items[0].field, changes.items[0].after) == ("interactions", interaction_id(1))
    assert not await desk.timeline.assign(interaction_id(1), "nobody", ANA)
    assert not await desk.timeline.assign(interaction_id(5), customer, ANA)
    assert await desk.timeline.assign(interaction_id(1), None, ANA)
    assert await numbers(desk, customer) == []


async def test_what_goes_on_is_no_history_yet(desk: Masters, records: AsyncEngine) -> None:
    async with records.begin() as connection:
        await store_events(connection, handled(1, customer="c1").events[:6])
    assert await numbers(desk, "c1") == []
    detail = await desk.timeline.interaction(interaction_id(1))
    assert detail is not None
    assert detail.entry.outcome == "ongoing"


@pytest.mark.parametrize(
    "cursor", ["", "x", "W10", "WzEsMl0x", "WyJhIiwyXQ", "WzEsOTk5OTk5OTk5OTk5OTk5OTk5OTld", "\x00", "é"]
)
async def test_foreign_cursors_give_an_empty_page(desk: Masters, records: AsyncEngine, cursor: str) -> None:
    await calls(records, 3)
    assert (await desk.timeline.of_customer("c1", ALL, cursor=cursor, limit=5)).items == ()
    assert (await desk.timeline.search(ALL, cursor=cursor, limit=5)).items == ()


@pytest.mark.parametrize("limit", [-5, 0, 1_000])
async def test_a_page_has_a_limit(desk: Masters, records: AsyncEngine, limit: int) -> None:
    await calls(records, 3)
    page = await desk.timeline.of_customer("c1", ALL, cursor=None, limit=limit)
    assert len(page.items) == min(max(limit, 0), 3)
