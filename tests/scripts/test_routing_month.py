"""A month of the Anonymous Bank's calls is read, and made fit for a replay. No file of theirs: the rows stand here."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from pathlib import Path
from random import Random

import pytest

from tests.benchmarks.routing import month
from tests.benchmarks.routing.month import Call, NotAMonthError, Survival, kaplan_meier, read_month
from tests.benchmarks.routing.policy import REGULAR, VIP
from tests.benchmarks.routing.replay import Tally

HEADER = "vru+line call_id customer_id priority type date vru_entry vru_exit vru_time ".replace(" ", "\t")


def row(
    *,
    priority: int = 0,
    kind: str = "PS",
    date: int = 990201,
    left: str = "9:00:00",
    queue: str = "0:00:00",
    q_time: int = 0,
    outcome: str = "AGENT",
    ser_time: int = 120,
    server: str = "NOBODY",
) -> str:
    """Return a line as the file has it: trailing blanks in text columns, and a tab at the end."""
    own = ("AA0101 ", 1, 0, priority, f"{kind} ", date, "8:59:50", left, 10, queue, "0:00:00", q_time, f"{outcome} ")
    return "\t".join(map(str, (*own, "0:00:00", "0:00:00", ser_time, f"{server}    "))) + "\t"


def written(directory: Path, *lines: str, end: str = "\r\n", header: bool = True) -> Path:
    path = directory / "month.txt"
    path.write_bytes(end.join([*([HEADER] if header else []), *lines, ""]).encode("ascii"))
    return path


class TestMonth:
    def test_lines_become_calls(self, tmp_path: Path) -> None:
        path = written(
            tmp_path,
            row(priority=2, date=990202, left="8:00:05", queue="8:00:06", q_time=30, ser_time=90),
            row(priority=1, left="9:00:07"),
            row(left="9:30:00", queue="9:30:00", q_time=12, outcome="HANG", ser_time=0, server="NO_SERVER"),
        )
        assert read_month(path) == [
            Call(at=9 * 3600 + 7.0, wait=0.0, vip=False, kind="PS", served=120.0),
            Call(at=9.5 * 3600, wait=12.0, vip=False, kind="PS", served=None),
            Call(at=32 * 3600 + 6.0, wait=30.0, vip=True, kind="PS", served=90.0),
        ]

    def test_phantoms_and_the_internet_pool_are_left_out(self, tmp_path: Path) -> None:
        assert len(read_month(written(tmp_path, row(), row(outcome="PHANTOM"), row(kind="IN")))) == 1

    @pytest.mark.parametrize(("end", "header"), [("\n", True), ("\r\n", False), ("\r\n", True)])
    def test_ends_of_lines_and_the_header_do_not_matter(self, tmp_path: Path, end: str, *, header: bool) -> None:
        assert len(read_month(written(tmp_path, row(), row(), "", "\x1a", end=end, header=header))) == 2

    def test_another_month_begins_with_its_own_first_day(self, tmp_path: Path) -> None:
        calls = read_month(written(tmp_path, row(date=991231), row(date=991201)))
        assert [call.at // month.DAY for call in calls] == [0, 30]

    def test_one_broken_line_in_a_hundred_is_passed_over(self, tmp_path: Path) -> None:
        lines = [row()] * 199
        assert len(read_month(written(tmp_path, *lines, row(left="?")))) == 199

    @pytest.mark.parametrize("lines", [(), ("a\tb",), (row(outcome="?"),), (row(left="9.00"),)])
    def test_another_file_is_refused(self, tmp_path: Path, lines: tuple[str, ...]) -> None:
        with pytest.raises(NotAMonthError, match="cannot be read"):
            read_month(written(tmp_path, *lines))

    def test_who_hung_up_at_once_is_no_arrival(self) -> None:
        gone, served = Call(0.0, 0.0, False, "PS", None), Call(0.0, 0.0, False, "PS", 5.0)
        waited = Call(0.0, 3.0, False, "PS", None)
        assert month.reached([gone, served, waited]) == [served, waited]


class TestPatience:
    def test_without_censoring_the_curve_is_the_share_still_there(self) -> None:
        assert kaplan_meier([(30.0, True), (10.0, True), (20.0, True), (20.0, True)]) == Survival(
            (0.0, 10.0, 20.0, 30.0), (1.0, 0.75, 0.25, 0.0)
        )

    def test_who_is_served_is_at_risk_until_then(self) -> None:
        """At one time, those who hang up count before those who are served."""
        curve = kaplan_meier([(10.0, False), (10.0, True), (20.0, False), (30.0, True)])
        assert curve.shares == pytest.approx((1.0, 0.75, 0.0))
        assert (curve.after(9.9), curve.after(10.0), curve.after(29.0)) == (1.0, 0.75, 0.75)

    def test_draws_lie_beyond_the_wait_and_follow_the_curve(self) -> None:
        curve = kaplan_meier([(10.0, True), (20.0, True), (30.0, True), (40.0, False)])
        random = Random(1)
        drawn = [curve.drawn(10.0, random) for _ in range(3000)]
        assert {20.0, 30.0, inf} == set(drawn)
        assert [drawn.count(each) / 3000 for each in (20.0, 30.0, inf)] == pytest.approx([1 / 3] * 3, abs=0.03)

    def test_patience_of_those_who_hung_up_is_their_own_and_of_others_their_tiers(self) -> None:
        calls = [
            Call(0.0, 50.0, True, "PS", None),
            Call(0.0, 5.0, False, "PS", None),
            Call(0.0, 1.0, True, "PS", 9.0),
            Call(0.0, 1.0, False, "PS", 9.0),
        ]
        assert month.own_patience(calls, Random(1)) == [50.0, 5.0, 50.0, 5.0]
        assert set(month.own_patience(calls, Random(1), by_tier=False)) == {50.0, 5.0}


class TestStaffing:
    def calls(self) -> list[Call]:
        """Return two at work while somebody waits, three a little later while nobody does; then an hour of one."""
        return [
            Call(0.0, 0.0, False, "PS", 200.0),
            Call(0.0, 0.0, False, "PS", 100.0),
            Call(10.0, 90.0, False, "PS", 300.0),
            Call(150.0, 0.0, False, "PS", 20.0),
            Call(3600.0, 0.0, False, "PS", 3000.0),
        ]

    def test_everybody_there_is_at_work_while_somebody_waits(self) -> None:
        assert month.staffing(self.calls()) == {0: 2, 1: 0, 2: 1, 3: 1}

    def test_the_most_at_work_at_once(self) -> None:
        assert month.busiest(self.calls())[0] == 3

    def test_shifts_make_up_the_sizes(self) -> None:
        sizes = {2: 1, 3: 3, 4: 2, 8: 1}
        made = month.shifts(sizes)
        there = {
            slot: sum(each.start <= slot * month.SLOT < each.end for each in made) for slot in (1, 2, 3, 4, 5, 8, 9)
        }
        assert there == {1: 0, 2: 1, 3: 3, 4: 2, 5: 0, 8: 1, 9: 0}
        for agent in {each.agent.agent for each in made}:
            own = sorted((each.start, each.end) for each in made if each.agent.agent == agent)
            assert all(before[1] < after[0] for before, after in pairwise(own)), "nobody comes before having left"

    def test_more_and_fewer(self) -> None:
        assert len(month.shifts({0: 10}, share=0.9)) == 9
        assert len(month.shifts({0: 1}, share=0.1)) == 1


class TestReplay:
    def test_a_tally_counts_by_tier_and_day(self) -> None:
        tally = Tally()
        tally.add((VIP, 0), 10.0, answered=True)
        tally.add((VIP, 1), 30.0, answered=True)
        tally.add((VIP, 1), 99.0, answered=False)
        tally.add((REGULAR, 1), 7.0, answered=True)
        assert (tally.asa(VIP), tally.asa(VIP, [0]), tally.asa(VIP, [0, 1, 1])) == (20.0, 10.0, 70 / 3)
        assert tally.abandoned(VIP) == pytest.approx(1 / 3)
        assert tally.asa(REGULAR, [0]) == 0.0
        assert tally.days() == [0, 1]

    def test_work_of_those_who_hung_up_is_that_of_one_who_came_for_the_same(self) -> None:
        calls = [
            Call(0.0, 0.0, False, "PS", 60.0),
            Call(0.0, 0.0, False, "NE", 600.0),
            Call(1.0, 5.0, True, "NE", None),
            Call(2.0, 5.0, True, "XX", None),
        ]
        made = month.arrivals(calls, Random(1))
        assert [each.work for each in made[:3]] == [60.0, 600.0, 600.0]
        assert made[3].work in {60.0, 600.0}
        assert [each.label for each in made] == [REGULAR, REGULAR, VIP, VIP]
