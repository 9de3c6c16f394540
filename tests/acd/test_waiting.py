"""A line keeps order through removals anywhere, and does not grow with those who left."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from acd.model import ANY_AGENT, InteractionId, Medium, Queue, QueueName
from acd.waiting import NOBODY, Entry, Heads, Line, Waiting


def waiting(number: int) -> Waiting:
    return Waiting(
        interaction=InteractionId(f"i{number}"),
        queue=Queue(name=QueueName("q"), head_start=5.0),
        medium=Medium.VOICE,
        enqueued_at=float(number),
        sequence=number,
        head_start=2.0,
        prefers_expert=False,
        needs=ANY_AGENT,
        requirement=ANY_AGENT,
        step=0,
        entered_at=float(number),
        order=number,
        preferred=None,
        attributes={},
    )


def test_rank_is_the_time_of_queueing_less_all_head_starts() -> None:
    assert waiting(100).rank == 93.0


def test_the_overdue_keep_their_order_before_all_others() -> None:
    early, late = waiting(100), waiting(101)
    assert early.next_change(110.0) is None
    early.overdue_at = 130.0
    assert early.next_change(110.0) == 130.0
    assert early.next_change(130.0) is None
    early.overdue = late.overdue = True
    assert early.rank < late.rank < waiting(0).rank - 1e9


def entry(number: int, rank: float) -> Entry:
    return (rank, number, number, InteractionId(f"i{number}"))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=60))
def test_agrees_with_a_sorted_list(steps: list[tuple[int, int]]) -> None:
    heads = Heads()
    line = Line(heads, pace=1.0)
    model: dict[int, Entry] = {}
    for number, rank in steps:
        if number in model:
            line.remove(model.pop(number))
        else:
            model[number] = entry(number, float(rank))
            line.add(model[number])
        expected = sorted(model.values())
        assert list(line) == [each[3] for each in expected]
        assert line.size == len(model)
        assert heads.names[line.number] == ((expected[0][3], expected[0][0]) if expected else NOBODY)
        assert heads.ranks[line.number] == (expected[0][0] if expected else inf)
        assert line.ahead_of(2.0) == sum(each[0] < 2.0 for each in expected)
        if expected:
            assert line.arrival() == expected[0][1:3]


def test_those_who_left_do_not_pile_up() -> None:
    line = Line(Heads(), pace=1.0)
    line.add(entry(0, 0.0))
    for number in range(1, 10_000):
        somebody = entry(number, float(number))
        line.add(somebody)
        line.remove(somebody)
    assert len(line._entries) < 200


def test_those_who_were_served_do_not_pile_up() -> None:
    line = Line(Heads(), pace=1.0)
    everybody = [entry(number, float(number)) for number in range(10_000)]
    for somebody in everybody[:100]:
        line.add(somebody)
    for first, last in zip(everybody[:9_900], everybody[100:], strict=True):
        line.add(last)
        line.remove(first)
    assert len(line._entries) < 400
    assert list(line) == [each[3] for each in everybody[9_900:]]


def test_numbers_of_lines_that_are_no_more_are_given_again() -> None:
    heads = Heads()
    first, second = (Line(heads, pace=1.0) for _ in range(2))
    second.add(entry(1, 5.0))
    heads.drop(first)
    third, fourth = (Line(heads, pace=1.0) for _ in range(2))
    assert [line.number for line in (first, second, third, fourth)] == [0, 1, 0, 2]
    assert heads.lines == [third, second, fourth]
    third.add(entry(2, 7.0))
    assert list(heads.ranks) == [7.0, 5.0, inf]
    assert heads.names == [("i2", 7.0), ("i1", 5.0), NOBODY]
