"""Opening hours through weeks, exceptions, holidays, and the two nights of the year that are not as long as others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.business_hours import DAY, Calendar, Hours, Opening

BERLIN, NEW_YORK, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")
OFFICE = (Hours(since=8 * 60, until=18 * 60),)


def calendar(
    zone: ZoneInfo = BERLIN,
    *,
    weekdays: tuple[Hours, ...] = OFFICE,
    weekend: tuple[Hours, ...] = (),
    exceptions: Mapping[date, tuple[Hours, ...]] | None = None,
    holidays: frozenset[date] = frozenset(),
) -> Calendar:
    week = (*[weekdays] * 5, *[weekend] * 2)
    return Calendar(name="office", zone=zone, week=week, exceptions=exceptions or {}, holidays=holidays)


def at(text: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-25T07:59:59", Opening.CLOSED),
        ("2026-11-25T08:00:00", Opening.OPEN),
        ("2026-11-25T17:59:59", Opening.OPEN),
        ("2026-11-25T18:00:00", Opening.CLOSED),
        ("2026-11-28T10:00:00", Opening.CLOSED),  # Saturday
    ],
)
def test_the_hours_of_a_week(moment: str, opening: Opening) -> None:
    """The opening minute is open, the closing minute is not."""
    assert calendar().opening(at(moment)) is opening


def test_the_zone_is_the_calendars_and_not_the_machines() -> None:
    """One moment, two places."""
    moment = utc("2026-11-25T13:30:00")
    assert calendar(BERLIN).is_open(moment)
    assert calendar(NEW_YORK).is_open(moment)
    assert not calendar(KATHMANDU).is_open(moment)  # 19:15
    assert calendar(KATHMANDU).next_change(moment) == utc("2026-11-26T02:15:00")


def test_a_break_at_noon() -> None:
    """Several stretches a day."""
    shop = calendar(weekdays=(Hours(since=9 * 60, until=12 * 60), Hours(since=13 * 60, until=18 * 60)))
    assert shop.next_change(at("2026-11-25T10:00")) == at("2026-11-25T12:00")
    assert shop.opening(at("2026-11-25T12:30")) is Opening.CLOSED
    assert shop.next_change(at("2026-11-25T12:30")) == at("2026-11-25T13:00")


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin() -> None:
    """Friday's night ends on Saturday, which has no hours of its own."""
    bar = calendar(weekdays=(Hours(since=20 * 60, until=26 * 60),))
    assert bar.is_open(at("2026-11-28T01:59"))
    assert not bar.is_open(at("2026-11-28T02:00"))
    assert not bar.is_open(at("2026-11-23T01:00"))  # Monday: Sunday had none
    assert bar.next_change(at("2026-11-27T21:00")) == at("2026-11-28T02:00")


def test_always_open_never_changes() -> None:
    """Midnight is no change."""
    always = calendar(weekdays=(Hours(since=0, until=DAY),), weekend=(Hours(since=0, until=DAY),))
    assert always.is_open(at("2026-11-25T23:59:59.9"))
    assert always.is_open(at("2026-11-26T00:00"))
    assert always.next_change(at("2026-11-25T12:00")) is None


def test_never_open_never_changes() -> None:
    """A house that is closed for good is no endless search."""
    assert calendar(weekdays=()).next_change(at("2026-11-25T12:00")) is None


def test_holidays_and_exceptions() -> None:
    """Closed on a holiday; an exception goes before it and before the week; outside its hours it is a holiday too."""
    christmas_eve, christmas, sale = date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 27)
    office = calendar(
        holidays=frozenset({christmas, sale}),
        exceptions={christmas_eve: (Hours(since=8 * 60, until=12 * 60),), sale: (Hours(since=10 * 60, until=14 * 60),)},
    )
    assert office.opening(at("2026-12-24T09:00")) is Opening.OPEN
    assert office.opening(at("2026-12-24T12:00")) is Opening.HOLIDAY
    assert office.opening(at("2026-12-25T09:00")) is Opening.HOLIDAY
    assert office.opening(at("2026-12-26T09:00")) is Opening.CLOSED  # Saturday
    assert office.opening(at("2026-12-27T11:00")) is Opening.OPEN  # Sunday
    assert office.next_change(at("2026-12-24T12:00")) == at("2026-12-27T10:00")


def test_leap_days() -> None:
    """The 29th of February is a day like any other, and may be an exception."""
    assert calendar().is_open(at("2028-02-29T10:00"))  # Tuesday
    closed = calendar(exceptions={date(2028, 2, 29): ()})
    assert closed.opening(at("2028-02-29T10:00")) is Opening.HOLIDAY
    assert closed.next_change(at("2028-02-28T19:00")) == at("2028-03-01T08:00")


# -- the nights in which clocks are set ------------------------------------------------------------------------------

SPRING, AUTUMN = "2026-03-29", "2026-10-25"  # Berlin, both at 01:00 UTC; Sundays


def nights(since: int, until: int) -> Calendar:
    return calendar(weekend=(Hours(since=since, until=until),))


def test_hours_that_the_clock_skips_do_not_exist() -> None:
    """From 02:00 it is 03:00 at once: opening at 02:30 is opening then, and from 02:10 to 02:50 is never."""
    night = nights(150, 300)
    assert not night.is_open(utc(f"{SPRING}T00:59"))
    assert night.is_open(utc(f"{SPRING}T01:00"))
    assert night.next_change(utc(f"{SPRING}T00:00")) == utc(f"{SPRING}T01:00")
    assert night.next_change(utc(f"{SPRING}T01:00")) == utc(f"{SPRING}T03:00")
    skipped = nights(130, 170)
    assert skipped.next_change(utc(f"{SPRING}T00:00")) == at("2026-03-30T08:00")  # Monday


def test_hours_that_the_clock_shows_twice_count_twice() -> None:
    """From 02:15 to 02:45, and once more an hour later."""
    night = nights(135, 165)
    found, moment = [], utc(f"{AUTUMN}T00:00")
    for _ in range(4):
        change = night.next_change(moment)
        assert change is not None
        found.append((change, night.is_open(change)))
        moment = change
    assert found == [
        (utc(f"{AUTUMN}T00:15"), True),
        (utc(f"{AUTUMN}T00:45"), False),
        (utc(f"{AUTUMN}T01:15"), True),
        (utc(f"{AUTUMN}T01:45"), False),
    ]


def test_a_day_of_23_or_25_hours_opens_by_the_clock() -> None:
    """Office hours begin at eight, whatever happened in the night."""
    office = calendar(weekend=OFFICE)
    assert office.next_change(at("2026-03-28T20:00")) == at(f"{SPRING}T08:00")
    assert office.next_change(at("2026-03-28T20:00")) == utc(f"{SPRING}T06:00")
    assert office.next_change(at("2026-10-24T20:00")) == utc(f"{AUTUMN}T07:00")


spans = st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY)).map(lambda s: Hours(since=s[0], until=s[0] + s[1]))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds


@given(
    st.lists(st.lists(spans, max_size=2).map(tuple), min_size=7, max_size=7),
    st.sampled_from([BERLIN, NEW_YORK, KATHMANDU, ZoneInfo("Australia/Lord_Howe")]),
    moments,
)
def test_between_now_and_the_next_change_nothing_changes(
    week: list[tuple[Hours, ...]], zone: ZoneInfo, now: datetime
) -> None:
    """Minute by minute: the change told is the first, and it is one."""
    hours = Calendar(name="any", zone=zone, week=week)
    change = hours.next_change(now)
    before = hours.is_open(now)
    end = now.replace(second=0, microsecond=0) + timedelta(days=2) if change is None else change
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute < end and minute < now + timedelta(days=2):
        assert hours.is_open(minute) is before
        minute += timedelta(minutes=1)
    if change is not None:
        assert hours.is_open(change) is not before
        assert not change.second
