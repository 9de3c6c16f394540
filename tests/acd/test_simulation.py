"""The simulated day: exact on paths that can be computed by hand or by another method."""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush
from math import inf
from random import Random

import pytest

from acd.metrics import summarise
from acd.model import (
    Agent,
    AgentId,
    InteractionId,
    Overflow,
    OverflowCause,
    OverflowTo,
    Queue,
    QueueName,
    WrapUp,
    WrapUpMode,
)
from acd.simulation import Arrival, Day, Shift, simulate
from tests.acd.world import agent

QUEUE = Queue(name=QueueName("support"))


def arrival(number: int, at: float, work: float, patience: float = inf) -> Arrival:
    return Arrival(at=at, interaction=InteractionId(f"i{number}"), queue=QUEUE.name, work=work, patience=patience)


def day(arrivals: list[Arrival], *names: str, queue: Queue = QUEUE, answer_delay: float = 0.0) -> Day:
    shifts = [Shift(agent=agent(name)) for name in names]
    return simulate(queues=[queue], shifts=shifts, arrivals=arrivals, answer_delay=answer_delay)


def kiefer_wolfowitz(arrivals: list[Arrival], servers: int) -> list[float]:
    """Waits of first come first served with many servers: each takes the server that is free first."""
    free = [0.0] * servers
    waits = []
    for each in arrivals:
        start = max(each.at, heappop(free))
        heappush(free, start + each.work)
        waits.append(start - each.at)
    return waits


def test_first_come_first_served_equals_the_recursion_call_by_call() -> None:
    random = Random(5)
    time = 0.0
    arrivals = []
    for number in range(5000):
        time += random.expovariate(1 / 10)
        arrivals.append(arrival(number, time, random.expovariate(1 / 46)))
    outcomes = day(arrivals, "ann", "bob", "eve", "joe", "kim").outcomes
    got = {outcome.interaction: outcome.wait for outcome in outcomes}
    expected = kiefer_wolfowitz(arrivals, 5)
    assert max(expected) > 100
    assert [got[each.interaction] for each in arrivals] == expected


def test_impatient_callers_leave_and_are_counted() -> None:
    made = day([arrival(1, 0, 100), arrival(2, 1, 10, patience=30), arrival(3, 2, 10, patience=200)], "ann")
    assert [(each.interaction, each.wait, each.agent) for each in made.outcomes] == [
        ("i1", 0.0, "ann"),
        ("i2", 30.0, None),
        ("i3", 98.0, "ann"),
    ]
    numbers = summarise(made.outcomes, within=20)
    assert (numbers.offered, numbers.answered, numbers.abandoned) == (3, 2, 1)
    assert numbers.service_level == pytest.approx(1 / 3)
    assert numbers.speed_of_answer == 49.0
    assert numbers.abandonment == pytest.approx(1 / 3)


def test_who_leaves_within_the_target_is_not_held_against_us() -> None:
    made = day([arrival(1, 0, 100), arrival(2, 1, 10, patience=5)], "ann")
    assert summarise(made.outcomes, within=20).service_level == 1.0


def test_the_day_ends_with_the_last_thing_that_happens() -> None:
    """The patience of somebody who was answered is none."""
    made = day([arrival(1, 0, 10, patience=500), arrival(2, 1, 20, patience=600)], "ann")
    assert made.logged_on == {"ann": 30.0}
    assert made.occupancy() == 1.0


def test_agents_come_go_and_finish_what_they_began() -> None:
    shifts = [
        Shift(agent=agent("ann"), start=0, end=50),
        Shift(agent=agent("bob"), start=200, end=300),
    ]
    made = simulate(queues=[QUEUE], shifts=shifts, arrivals=[arrival(1, 40, 30), arrival(2, 45, 10)])
    assert [(each.agent, each.wait) for each in made.outcomes] == [("ann", 0.0), ("bob", 155.0)]
    assert made.logged_on == {"ann": 70.0, "bob": 100.0}
    assert made.occupancy([AgentId("bob")]) == pytest.approx(0.1)


def test_time_to_answer_counts_as_waiting() -> None:
    made = day([arrival(1, 0, 10), arrival(2, 0, 10, patience=3)], "ann", answer_delay=5.0)
    assert [(each.interaction, each.wait) for each in made.outcomes] == [("i2", 3.0), ("i1", 5.0)]


def test_led_on_is_neither_answered_nor_abandoned() -> None:
    full = Queue(
        name=QUEUE.name,
        overflows=(Overflow(cause=OverflowCause.LENGTH, to=OverflowTo.VOICEMAIL, name="box", limit=0),),
    )
    made = day([arrival(1, 0, 10), arrival(2, 0, 10), arrival(3, 1, 10)], "ann", queue=full)
    numbers = summarise(made.outcomes, within=20)
    assert (numbers.diverted, numbers.answered, numbers.abandoned) == (3, 0, 0)


def wrapping_up(mode: WrapUpMode, seconds: float = 0.0) -> Queue:
    return Queue(name=QUEUE.name, wrap_up=WrapUp(mode=mode, seconds=seconds))


@pytest.mark.parametrize(
    ("queue", "wrap_up", "second_waits"),
    [
        (wrapping_up(WrapUpMode.NONE), 30.0, 9.0),
        (wrapping_up(WrapUpMode.FIXED, 20.0), None, 29.0),
        (wrapping_up(WrapUpMode.FIXED, 20.0), 12.0, 21.0),
        (wrapping_up(WrapUpMode.FIXED, 20.0), 50.0, 29.0),
        (wrapping_up(WrapUpMode.UNTIL_DISPOSITION), 50.0, 59.0),
        (wrapping_up(WrapUpMode.UNTIL_DISPOSITION), None, 9.0),
    ],
)
def test_wrap_up_lasts_as_long_as_the_agent_needs_and_the_rule_allows(
    queue: Queue, wrap_up: float | None, second_waits: float
) -> None:
    coming = [replace(arrival(1, 0, 10), wrap_up=wrap_up), replace(arrival(2, 1, 10), wrap_up=0.0)]
    made = day(coming, "ann", queue=queue)
    assert [each.wait for each in made.outcomes] == [0.0, second_waits]
    assert made.busy == {"ann": second_waits + 1 + 10}


def test_who_works_into_the_break_comes_back_and_into_the_evening_stays() -> None:
    shifts = [Shift(agent=agent("ann"), start=0, end=50), Shift(agent=agent("ann"), start=60, end=100)]
    made = simulate(
        queues=[QUEUE], shifts=shifts, arrivals=[arrival(1, 40, 30), arrival(2, 45, 50), arrival(3, 90, 1)], until=500
    )
    assert [(each.interaction, each.wait) for each in made.outcomes] == [("i1", 0.0), ("i2", 25.0)]
    assert made.logged_on == {"ann": 120.0}
    assert made.unserved == 1


def of_group(name: str) -> Agent:
    return replace(agent(name), group="one")


def counted(name: str, start: float, end: float = inf) -> Shift:
    return Shift(agent=of_group(name), start=start, end=end, any_of_group=True)


def test_where_staffing_is_a_number_who_is_free_leaves() -> None:
    """Bob is in a call when his shift ends; Ann is free, so she goes and he stays."""
    made = simulate(
        queues=[QUEUE],
        shifts=[counted("ann", 0), counted("bob", 0, 50)],
        arrivals=[arrival(1, 10, 5), arrival(2, 20, 100), arrival(3, 60, 10)],
        until=200,
    )
    assert [(each.interaction, each.agent, each.wait) for each in made.outcomes] == [
        ("i1", "ann", 0.0),
        ("i2", "bob", 0.0),
        ("i3", "bob", 60.0),
    ]
    assert made.logged_on == {"ann": 50.0, "bob": 200.0}


def test_where_staffing_is_a_number_who_is_free_first_leaves_and_comes_back_first() -> None:
    """Bob's shift ends, and Ann is done first: she goes though callers wait, and comes when another shift begins."""
    made = simulate(
        queues=[QUEUE],
        shifts=[counted("ann", 0), counted("bob", 0, 50), counted("bob", 150)],
        arrivals=[
            arrival(1, 10, 60),
            arrival(2, 20, 100),
            arrival(3, 60, 10),
            arrival(4, 151, 10),
            arrival(5, 152, 10),
        ],
        until=200,
    )
    assert [(each.interaction, each.agent, each.wait) for each in made.outcomes] == [
        ("i1", "ann", 0.0),
        ("i2", "bob", 0.0),
        ("i3", "bob", 60.0),
        ("i4", "bob", 0.0),
        ("i5", "ann", 0.0),
    ]
    assert made.logged_on == {"ann": 70.0 + 50.0, "bob": 200.0}


def test_where_staffing_is_a_number_who_has_not_left_yet_stays_for_the_next_shift() -> None:
    made = simulate(
        queues=[QUEUE],
        shifts=[counted("ann", 0), counted("bob", 0, 50), counted("bob", 60)],
        arrivals=[arrival(1, 10, 100), arrival(2, 20, 100)],
        until=200,
    )
    assert made.logged_on == {"ann": 200.0, "bob": 200.0}
