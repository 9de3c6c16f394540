"""The numbers of a call centre, on the published example and on small days counted by hand."""

from __future__ import annotations

from math import isnan

import pytest

from acd.metrics import Outcome, ServiceLevel, Tally, percentile, summarise
from acd.model import AgentId, InteractionId, QueueName

ICMI = Tally(answered=1000, answered_in_time=860, abandoned=60, abandoned_in_time=20, abandoned_short=10)
"""The example of ICMI's QueueTip 2005/03, as reprinted by Call Centre Helper."""


@pytest.mark.parametrize(
    ("variant", "percent"),
    [
        (ServiceLevel.ANSWERED_ONLY, 86.0),
        (ServiceLevel.ABANDONS_IN_TIME_ARE_GOOD, 83.0),
        (ServiceLevel.ABANDONS_ARE_BAD, 81.1),
        (ServiceLevel.ABANDONS_IN_TIME_IGNORED, 82.7),
        (ServiceLevel.SHORT_ABANDONS_ARE_GOOD, 82.1),
        (ServiceLevel.SHORT_ABANDONS_IGNORED, 81.9),
    ],
)
def test_the_published_example_in_every_variant(variant: ServiceLevel, percent: float) -> None:
    assert round(100 * ICMI.service_level(variant), 1) == percent


def test_leaving_in_time_by_any_way_is_amazons_variant() -> None:
    tally = Tally(answered=8, answered_in_time=6, abandoned=1, diverted=3, diverted_in_time=2)
    assert tally.service_level(ServiceLevel.LEFT_IN_TIME) == pytest.approx(8 / 12)


def outcome(wait: float, *, answered: bool = False, diverted: bool = False, served: float = 0.0) -> Outcome:
    return Outcome(
        interaction=InteractionId(f"i{wait}"),
        queue=QueueName("support"),
        label="",
        arrived=0.0,
        wait=wait,
        agent=AgentId("ann") if answered else None,
        served=served,
        diverted=diverted,
    )


def test_counts_what_happened_to_whom() -> None:
    numbers = summarise(
        [
            outcome(0.0, answered=True, served=100.0),
            outcome(20.0, answered=True, served=200.0),
            outcome(20.1, answered=True, served=300.0),
            outcome(5.0),
            outcome(12.0),
            outcome(90.0),
            outcome(40.0, diverted=True),
        ],
        within=20.0,
    )
    assert (numbers.offered, numbers.answered, numbers.abandoned, numbers.diverted) == (7, 3, 3, 1)
    assert numbers.service_level == pytest.approx(2 / 5), "the one who left after 5 s is not judged"
    assert numbers.speed_of_answer == pytest.approx(40.1 / 3)
    assert numbers.handling_time == 200.0
    assert numbers.abandonment == pytest.approx(3 / 7)
    assert numbers.longest_wait == 90.0, "whoever it was"


def test_of_nobody_there_are_no_numbers() -> None:
    numbers = summarise([], within=20.0)
    assert isnan(numbers.service_level)
    assert isnan(numbers.speed_of_answer)
    assert isnan(numbers.abandonment)
    assert isnan(numbers.longest_wait)


def test_percentile() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0, 2.0], 0.99) == 2.0
    assert isnan(percentile([], 0.5))
