"""Flows ask the house's calendars."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from callcenter.domain.business_hours import Calendar, Hours
from callcenter.server.house_calendars import HouseCalendars
from ivr.errors import LookupUnavailable
from ivr.events import Opening
from tests.fakes.clock import FakeClock


def test_a_flow_is_told_how_a_calendar_is_now() -> None:
    """It is asked by name at the present moment; a changed configuration counts at once."""
    clock = FakeClock()
    hours = ((Hours(since=8 * 60, until=10 * 60),),) * 7
    known = {"office": Calendar(name="office", zone=ZoneInfo("UTC"), week=hours)}
    calendars = HouseCalendars(lambda: known, clock.utc)
    assert calendars.opening("office") is Opening.OPEN
    clock.advance(3_600)
    assert calendars.opening("office") is Opening.CLOSED
    holiday = frozenset({date(2026, 1, 5)})
    known["office"] = Calendar(name="office", zone=ZoneInfo("UTC"), week=hours, holidays=holiday)
    assert calendars.opening("office") is Opening.HOLIDAY


def test_a_calendar_that_is_not_there_is_a_failed_look_up() -> None:
    """The flow's caller then goes where that node's failures go."""
    with pytest.raises(LookupUnavailable, match="no calendar named office") as failure:
        HouseCalendars(dict, FakeClock().utc).opening("office")
    assert failure.value.retryable is False
