"""Two records become one and two again; nothing is lost, and what happened since has a rule."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.card import Dealing, DealingKind
from callcenter.api.customers import (
    CustomerRecord,
    Edit,
    Edited,
    EditRefused,
    Merged,
    MergeRefused,
    MergeWanted,
    RelationKind,
    UnMerged,
)
from callcenter.api.timeline import TimelineFilter
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.storage.customer_tables import merge_moves
from callcenter.storage.history import store_events
from tests.support.dealings import dealing
from tests.support.interactions import handled, interaction_id
from tests.support.masters import ANA, SAM, Masters, masters_of

ALL = TimelineFilter()


@pytest.fixture
async def desk(records: AsyncEngine) -> AsyncIterator[Masters]:
    async with masters_of(records) as masters:
        yield masters


async def make(desk: Masters, **values: JsonValue) -> str:
    made = await desk.master.create({"name": "Ben Ode", **values}, SAM)
    assert isinstance(made, Edited), made
    return made.record.customer


async def record(desk: Masters, customer: str) -> CustomerRecord:
    found = await desk.master.record(customer, SAM)
    assert found is not None
    return found


async def edit(desk: Masters, customer: str, **changes: JsonValue) -> Any:
    version = (await record(desk, customer)).version
    return await desk.master.edit(Edit(customer=customer, version=version, changes=changes), SAM)


async def merge(desk: Masters, survivor: str, merged: str, takes: Mapping[str, Any] | None = None) -> Any:
    wanted = MergeWanted(
        survivor=survivor,
        survivor_version=(await record(desk, survivor)).version,
        merged=merged,
        merged_version=(await record(desk, merged)).version,
        takes=takes or {},
    )
    return await desk.master.merge(wanted, SAM)


async def joined(desk: Masters, survivor: str, merged: str) -> str:
    done = await merge(desk, survivor, merged)
    assert isinstance(done, Merged), done
    return done.merge.merge


async def apart(desk: Masters, merge_id: str) -> UnMerged:
    done = await desk.master.un_merge(merge_id, SAM)
    assert isinstance(done, UnMerged), done
    return done


async def store(records: AsyncEngine, events: list[InteractionEvent]) -> None:
    async with records.begin() as connection:
        await store_events(connection, events)


async def call(records: AsyncEngine, number: int, customer: str, start: datetime, caller: str = "") -> None:
    """A call of this customer, that came from `caller`."""
    events = handled(number, customer=customer, start=start).events
    if caller:
        first = events[0]
        data = {**first.data, "calling_number": caller}
        events[0] = InteractionEvent(
            interaction=first.interaction, seq=first.seq, at=first.at, kind=first.kind, data=data
        )
    await store(records, events)


async def timeline(desk: Masters, customer: str) -> list[str]:
    page = await desk.timeline.of_customer(customer, ALL, cursor=None, limit=100)
    return [one.interaction for one in page.items]


def entry(text: str, *, shared: bool = False) -> JsonValue:
    return {"number": text, "label": "mobile", "shared": shared}


def promise(number: int) -> Dealing:
    return dealing(interaction_id(900 + number), DealingKind.PROMISE, title="Call back", opened_on="2026-01-02")


# -- joining ----------------------------------------------------------------------------------------------------


async def test_the_survivor_has_everything_and_is_found_by_all_of_it(desk: Masters, records: AsyncEngine) -> None:
    one = await make(desk, account="1", numbers=[entry("+12025550101")], tier="gold")
    other = await make(desk, name="Benjamin Ode", account="2", numbers=[entry("+12025550102")], language="de")
    await call(records, 1, one, desk.clock.utc() - timedelta(days=2))
    await call(records, 2, other, desk.clock.utc() - timedelta(days=1))
    assert await desk.dealings.put(other, promise(1), SAM) is None
    await joined(desk, one, other)
    fields = (await record(desk, one)).fields
    assert (fields.account, fields.tier, fields.language, fields.aliases) == ("1", "gold", "de", ("Benjamin Ode",))
    assert [n.number for n in fields.numbers] == ["+12025550101", "+12025550102"]
    for card in (
        await desk.cards.by_number("+12025550102"),
        await desk.cards.by_account("2"),
        await desk.cards.customer(other),
    ):
        assert card is not None
        assert card.customer == one
        assert len(card.history) == 2
        assert len(card.dealings) == 1
    page = await desk.master.page(other, ANA)
    assert page is not None
    assert (page.record.customer, page.asked_for, page.merges[0].merged) == (one, other, other)
    assert [match.customer for match in (await desk.master.find("benjamin", cursor=None, limit=9)).items] == [one]


async def test_the_preview_says_where_they_differ_and_a_person_chooses(desk: Masters) -> None:
    one, other = await make(desk, tier="gold", remark="x"), await make(desk, tier="vip", industry="Mills")
    preview = await desk.master.merge_preview(one, other, SAM)
    assert preview is not None
    choices = {choice.field: choice.takes for choice in preview.choices}
    assert choices == {"tier": "survivor", "industry": "merged", "remark": "survivor"}
    assert preview.result.industry == "Mills"
    await merge(desk, one, other, {"tier": "merged"})
    assert (await record(desk, one)).fields.tier == "vip"
    assert await desk.master.merge_preview(one, other, SAM) is None


async def test_what_cannot_be_joined(desk: Masters) -> None:
    one, other, third = [await make(desk) for _ in range(3)]
    stale = MergeWanted(survivor=one, survivor_version=9, merged=other, merged_version=1, takes={})
    assert (await desk.master.merge(stale, SAM)).code == "changed"  # type: ignore[union-attr]
    assert (await merge(desk, one, one)).code == "same"
    await joined(desk, one, other)
    assert (await merge(desk, third, other)).code == "merged_already"
    nobody = MergeWanted(survivor=one, survivor_version=1, merged="x", merged_version=1, takes={})
    assert (await desk.master.merge(nobody, SAM)).code == "unknown"  # type: ignore[union-attr]
    assert isinstance(await desk.master.un_merge("none", SAM), MergeRefused)
    assert isinstance(await edit(desk, other, tier="vip"), EditRefused)


# -- taking apart -----------------------------------------------------------------------------------------------


async def test_taken_apart_both_are_exactly_as_they_were(desk: Masters, records: AsyncEngine) -> None:
    one = await make(desk, account="1", numbers=[entry("+12025550101")], aliases=["Benny"], tier="gold")
    other = await make(desk, name="Other", account="2", numbers=[entry("+12025550102")], custom={}, remark="r")
    firm = await make(desk, name="Firm", kind="company")
    await desk.master.relate(other, RelationKind.EMPLOYEE, firm, SAM)
    await call(records, 1, one, desk.clock.utc() - timedelta(days=2))
    await call(records, 2, other, desk.clock.utc() - timedelta(days=1))
    await desk.dealings.put(other, promise(1), SAM)
    before = [(await record(desk, customer)).fields for customer in (one, other)]
    merge_id = await joined(desk, one, other)
    done = await apart(desk, merge_id)
    assert [done.survivor.fields, done.merged.fields] == before
    assert (done.kept, done.interactions_returned) == ((), 1)
    assert await timeline(desk, one) == [interaction_id(1)]
    assert await timeline(desk, other) == [interaction_id(2)]
    page = await desk.master.page(other, SAM)
    assert page is not None
    assert (len(page.dealings), [r.other.name for r in page.relations]) == (1, ["Firm"])
    assert page.merges == ()
    for number, customer in (("+12025550101", one), ("+12025550102", other)):
        card = await desk.cards.by_number(number)
        assert card is not None
        assert card.customer == customer
    assert await desk.threads.read("looking", lambda c: c.execute(select(merge_moves)).all()) == []
    again = await desk.master.un_merge(merge_id, SAM)
    assert isinstance(again, MergeRefused)
    assert again.code == "undone_already"


async def test_what_was_changed_since_stays_and_is_named(desk: Masters) -> None:
    one = await make(desk, numbers=[entry("+12025550101")], tier="gold", remark="mine")
    other = await make(desk, numbers=[entry("+12025550102")], language="de")
    merge_id = await joined(desk, one, other)
    since = [entry("+12025550101"), entry("+12025550102"), entry("+12025550103")]
    await edit(desk, one, tier="vip", numbers=since)
    done = await apart(desk, merge_id)
    assert set(done.kept) == {"tier", "numbers"}
    assert (done.survivor.fields.tier, done.survivor.fields.language) == ("vip", None)
    assert [n.number for n in done.survivor.fields.numbers] == ["+12025550101", "+12025550103"]
    assert [n.number for n in done.merged.fields.numbers] == ["+12025550102"]


async def test_contacts_since_go_to_the_record_whose_number_they_came_by(desk: Masters, records: AsyncEngine) -> None:
    one = await make(desk, numbers=[entry("+12025550101")])
    other = await make(desk, numbers=[entry("+12025550102")])
    merge_id = await joined(desk, one, other)
    later = desk.clock.utc() + timedelta(hours=1)
    await call(records, 1, one, later, caller="+12025550101")
    await call(records, 2, one, later, caller="+12025550102")  # identified as the survivor, by the other's number
    await call(records, 3, one, later, caller="+12025550199")  # of neither
    assert len(await timeline(desk, one)) == 3
    assert (await apart(desk, merge_id)).interactions_returned == 1
    assert set(await timeline(desk, one)) == {interaction_id(1), interaction_id(3)}
    assert await timeline(desk, other) == [interaction_id(2)]


async def test_a_merge_of_a_customer_who_is_on_the_line(desk: Masters, records: AsyncEngine) -> None:
    """The call was identified as the merged record before, and ends after: it is the survivor's, and goes back."""
    one, other = await make(desk), await make(desk)
    events = handled(7, customer=other, start=desk.clock.utc()).events
    await store(records, events[:4])
    merge_id = await joined(desk, one, other)
    await store(records, events)
    assert await timeline(desk, one) == [interaction_id(7)]
    await apart(desk, merge_id)
    assert await timeline(desk, other) == [interaction_id(7)]
    late = InteractionEvent(
        interaction=interaction_id(7),
        seq=99,
        at=desk.clock.utc(),
        kind=EventKind.NOTE_SAVED,
        data={"agent": "ana", "note": "late"},
    )
    await store(records, [late])
    assert await timeline(desk, other) == [interaction_id(7)]


async def test_a_call_identified_before_the_merge_and_stored_after_it(desk: Masters, records: AsyncEngine) -> None:
    one, other = await make(desk), await make(desk)
    merge_id = await joined(desk, one, other)
    await call(records, 8, other, desk.clock.utc())
    assert await timeline(desk, one) == [interaction_id(8)]
    assert (await apart(desk, merge_id)).interactions_returned == 1
    assert await timeline(desk, other) == [interaction_id(8)]


async def test_merges_of_merged_records_are_undone_in_their_order(desk: Masters, records: AsyncEngine) -> None:
    first, second, third = [await make(desk, account=str(n), numbers=[entry(f"+1202555010{n}")]) for n in range(3)]
    await call(records, 1, first, desk.clock.utc())
    inner = await joined(desk, second, first)
    outer = await joined(desk, third, second)
    assert await timeline(desk, third) == [interaction_id(1)]
    by_code = await desk.cards.by_account("0")
    assert by_code is not None
    assert by_code.customer == third
    refused = await desk.master.un_merge(inner, SAM)
    assert isinstance(refused, MergeRefused)
    assert refused.code == "nested"
    await apart(desk, outer)
    assert await timeline(desk, second) == [interaction_id(1)]
    await apart(desk, inner)
    assert await timeline(desk, first) == [interaction_id(1)]


async def test_two_merges_into_one_are_undone_in_any_order(desk: Masters) -> None:
    one = await make(desk, numbers=[entry("+12025550101")])
    others = [await make(desk, name=f"N{n}", numbers=[entry(f"+1202555020{n}")]) for n in range(2)]
    before = [(await record(desk, customer)).fields for customer in (one, *others)]
    merges = [await joined(desk, one, other) for other in others]
    assert len((await record(desk, one)).fields.numbers) == 3
    for merge_id in merges:  # the older one first
        await apart(desk, merge_id)
    assert [(await record(desk, customer)).fields for customer in (one, *others)] == before


async def test_a_number_that_a_third_was_given_since_is_shared_afterwards(desk: Masters) -> None:
    one, other = await make(desk), await make(desk, numbers=[entry("+12025550102")])
    merge_id = await joined(desk, one, other)
    await edit(desk, one, numbers=[])
    third = await make(desk, numbers=[entry("+12025550102")])
    done = await apart(desk, merge_id)
    assert [(n.number, n.shared) for n in done.merged.fields.numbers] == [("+12025550102", True)]
    card = await desk.cards.by_number("+12025550102")
    assert card is not None
    assert card.customer == third


async def test_a_relation_between_the_two_goes_with_the_merge(desk: Masters) -> None:
    one, other = await make(desk), await make(desk)
    await desk.master.relate(one, RelationKind.HOUSEHOLD, other, SAM)
    await joined(desk, one, other)
    page = await desk.master.page(one, SAM)
    assert page is not None
    assert page.relations == ()
