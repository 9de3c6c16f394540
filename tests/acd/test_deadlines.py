"""Deadlines come in order, once, and can be moved or cleared."""

from __future__ import annotations

from acd.deadlines import Deadlines


def test_in_order_of_time_then_of_setting() -> None:
    due: Deadlines[str] = Deadlines()
    due.set("b", 2.0)
    due.set("a", 1.0)
    due.set("c", 2.0)
    assert due.next() == 1.0
    assert [due.pop_due(5.0) for _ in range(4)] == ["a", "b", "c", None]


def test_nothing_before_its_time() -> None:
    due: Deadlines[str] = Deadlines()
    due.set("a", 10.0)
    assert due.pop_due(9.9) is None
    assert due.pop_due(10.0) == "a"


def test_setting_again_replaces_and_clearing_removes() -> None:
    due: Deadlines[str] = Deadlines()
    due.set("a", 1.0)
    due.set("a", 3.0)
    due.set("b", 2.0)
    due.clear("b")
    due.clear("never set")
    assert due.next() == 3.0
    assert due.pop_due(9.0) == "a"
    assert due.next() is None


def test_stays_small_when_a_key_is_moved_often() -> None:
    due: Deadlines[str] = Deadlines()
    for time in range(10_000):
        due.set("a", float(time))
    assert len(due._heap) < 200
    assert due.next() == 9999.0
