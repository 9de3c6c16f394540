"""Files of opening hours: what they come to mean, and what is wrong in them, named with file and line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from callcenter.catalogue.calendars import read_calendars
from callcenter.domain.business_hours import Calendar, Hours, Opening
from callcenter.domain.errors import ConfigError

OFFICE = """\
zone: Europe/Berlin
week:
  mon-thu: ["08:00-12:30", "13:30-18:00"]
  fri: ["08:00-14:00"]
  sat-sun: []
holidays: { country: DE, part: BY }
exceptions:
  - { day: 2026-12-24, hours: ["08:00-12:00"] }
  - { day: 2026-12-28, until: 2026-12-30 }
"""


def read(folder: Path, text: str, name: str = "office") -> tuple[dict[str, Calendar], list[str]]:
    """Return what a folder with this one calendar is read as, and what was wrong: `line: reason`."""
    (folder / "calendars").mkdir(exist_ok=True)
    path = folder / "calendars" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    problems: list[ConfigError] = []
    found = read_calendars(folder, problems)
    return found, [str(one).removeprefix(f"{path}:") for one in problems]


def test_a_calendar_is_read_whole(tmp_path: Path) -> None:
    """Weekdays, spans of days, lunch, public holidays of a part of a country, and days of one's own."""
    found, problems = read(tmp_path, OFFICE)
    assert problems == []
    office = found["office"]
    morning, afternoon = Hours(since=8 * 60, until=12 * 60 + 30), Hours(since=13 * 60 + 30, until=18 * 60)
    assert list(office.week) == [(morning, afternoon)] * 4 + [(Hours(since=480, until=840),), (), ()]
    assert office.exceptions == {
        date(2026, 12, 24): (Hours(since=480, until=720),),
        **{date(2026, 12, day): () for day in (28, 29, 30)},
    }
    epiphany = datetime(2027, 1, 6, 10, 0, tzinfo=UTC)  # a holiday in Bavaria
    assert office.opening(epiphany) is Opening.HOLIDAY
    assert office.opening(datetime(2026, 12, 24, 9, 0, tzinfo=UTC)) is Opening.OPEN


def test_hours_past_midnight_and_around_the_week(tmp_path: Path) -> None:
    """22:00-02:00 ends in the next day, and fri-mon goes over Sunday."""
    text = 'zone: UTC\nweek:\n  fri-mon: ["22:00-02:00"]\n  tue: ["00:00-24:00"]\n'
    found, problems = read(tmp_path, text)
    assert problems == []
    night = (Hours(since=22 * 60, until=26 * 60),)
    assert list(found["office"].week) == [night, (Hours(since=0, until=1440),), (), (), night, night, night]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("Europe/Berlin", "Europe/Bonn", 1, "there is no time zone Europe/Bonn"),
        ("Europe/Berlin", "../passwd", 1, "there is no time zone ../passwd"),
        ("country: DE, part: BY", "country: ZZ", 6, "the public holidays of ZZ are not known"),
        ("part: BY", "part: XX", 6, "DE has no part XX; it has "),
        ("fri:", "thu:", 4, "thu stands here twice"),
        ("08:00-14:00", "08:00-25:00", 4, "08:00-25:00: a day has 24 hours"),
        ("13:30-18:00", "12:00-18:00", 3, "12:00-18:00 begins before the hours in front of it end"),
        ("2026-12-24", "2026-02-29", 8, "there is no day 2026-02-29"),
        ("2026-12-24", "2026-12-29", 9, "2026-12-29 stands here twice"),
        ("until: 2026-12-30", "until: 2026-12-01", 9, "an exception ends on its first day or within a year"),
        ("until: 2026-12-30", "until: 2028-12-30", 9, "an exception ends on its first day or within a year"),
        ("zone: Europe/Berlin\n", "", None, "zone"),
        ("mon-thu:", "weekdays:", 3, "weekdays"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, line: int | None, reason: str) -> None:
    """The calendar is not used then, not even half."""
    assert old in OFFICE
    found, problems = read(tmp_path, OFFICE.replace(old, new, 1))
    assert found == {}
    assert reason in problems[0]
    if line is not None:
        assert problems[0].startswith(f"{line}: "), problems


def test_a_file_is_named_like_its_calendar(tmp_path: Path) -> None:
    """Flows and queues call it by that name."""
    found, problems = read(tmp_path, OFFICE, "Head Office")
    assert found == {}
    assert "named like the calendar" in problems[0]


def test_no_calendars_are_no_problem(tmp_path: Path) -> None:
    """A house may always be open."""
    problems: list[ConfigError] = []
    assert read_calendars(tmp_path, problems) == {}
    assert problems == []
