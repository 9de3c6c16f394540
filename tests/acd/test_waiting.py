"""A line keeps order through removals anywhere, and does not grow with those who left."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from acd.model import ANY_AGENT, InteractionId, Medium, Queue, QueueName
from acd.waiting import Line, Waiting


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


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=60))
def test_agrees_with_a_sorted_list(steps: list[tuple[int, int]]) -> None:
    line = Line()
    everybody = [waiting(number) for number in range(10)]
    model: dict[int, float] = {}
    for number, rank in steps:
        if number in model:
            line.remove(everybody[number])
            del model[number]
        else:
            line.add(everybody[number], float(rank))
            model[number] = float(rank)
        expected = sorted(model, key=lambda each: (model[each], each))
        assert list(line) == [f"i{each}" for each in expected]
        assert line.size == len(model)
        assert line.head == ((f"i{expected[0]}", model[expected[0]]) if expected else None)
        assert line.first == (model[expected[0]] if expected else inf)
        assert line.ahead_of(2.0) == sum(place < 2.0 for place in model.values())


def test_those_who_left_do_not_pile_up() -> None:
    line = Line()
    line.add(waiting(0), 0.0)
    for number in range(1, 10_000):
        somebody = waiting(number)
        line.add(somebody, float(number))
        line.remove(somebody)
    assert len(line._entries) < 200


def test_those_who_were_served_do_not_pile_up() -> None:
    line = Line()
    everybody = [waiting(number) for number in range(10_000)]
    for somebody in everybody[:100]:
        line.add(somebody, float(somebody.order))
    for first, last in zip(everybody[:9_900], everybody[100:], strict=True):
        line.add(last, float(last.order))
        line.remove(first)
    assert len(line._entries) < 400
    assert list(line) == [somebody.interaction for somebody in everybody[9_900:]]
