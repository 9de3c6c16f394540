"""Deadlines come in order, once, and can be moved or cleared."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from acd.deadlines import Deadlines, Key


def key(name: str, kind: str = "place") -> Key:
    return (kind, name, "")


def test_in_order_of_time_then_of_setting() -> None:
    due = Deadlines()
    due.set(key("b"), 2.0)
    due.set(key("a", "offer"), 1.0)
    due.set(key("c", "callback"), 2.0)
    assert due.next() == 1.0
    assert [due.pop_due(5.0) for _ in range(4)] == [key("a", "offer"), key("b"), key("c", "callback"), None]


def test_nothing_before_its_time() -> None:
    due = Deadlines()
    due.set(key("a"), 10.0)
    assert due.pop_due(9.9) is None
    assert due.pop_due(10.0) == key("a")


def test_setting_again_replaces_and_clearing_removes() -> None:
    due = Deadlines()
    due.set(key("a"), 1.0)
    due.set(key("a"), 3.0)
    due.set(key("b"), 2.0)
    due.clear(key("b"))
    due.clear(key("never set"))
    due.clear(key("of no kind there is", "?"))
    assert due.next() == 3.0
    assert due.pop_due(9.0) == key("a")
    assert due.next() is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 9)), max_size=60))
def test_agrees_with_a_sorted_list(steps: list[tuple[str, str, int]]) -> None:
    """Sets (time below 7), clears (7) and takes out what is due by then (8, 9)."""
    due = Deadlines()
    model: dict[Key, tuple[int, int]] = {}
    for number, (kind, name, time) in enumerate(steps):
        one = key(name, kind)
        if time < 7:
            due.set(one, time)
            model[one] = (time, number)
        elif time == 7:
            due.clear(one)
            model.pop(one, None)
        else:
            due_by_then = sorted((at, key) for key, at in model.items() if at[0] <= 10 - time)
            assert due.pop_due(10 - time) == (due_by_then[0][1] if due_by_then else None)
            if due_by_then:
                del model[due_by_then[0][1]]
        assert due.earliest <= min((at for at, _ in model.values()), default=inf)
    assert due.next() == min((at for at, _ in model.values()), default=None)


def test_stays_small_when_a_key_is_moved_often() -> None:
    due = Deadlines()
    for time in range(10_000):
        due.set(key("a"), float(time))
    assert len(due._kinds["place"].heap) < 200
    assert due.next() == 9999.0


def test_many_of_one_kind_do_not_keep_what_is_out_of_date_of_another() -> None:
    due = Deadlines()
    for number in range(10_000):
        due.set(key(f"i{number}"), 900.0 + number)
    for number in range(1000):
        due.set(key(f"o{number}", "offer"), 20.0)
        due.clear(key(f"o{number}", "offer"))
    assert len(due._kinds["offer"].heap) < 200
