"""A trace reads as a sentence."""

from __future__ import annotations

from acd.commands import OfferInteraction
from acd.decision import explained
from acd.model import Queue, QueueName
from tests.acd.world import Centre, agent, needs, only


def test_as_a_sentence() -> None:
    made = Centre()
    made.configure(Queue(name=QueueName("support"), requirements=needs(english=1)))
    made.log_on(agent("eve", german=1))
    made.queue("i1")
    made.now += 12
    trace = only(made.log_on(agent("ann", english=5)), OfferInteraction).trace
    assert explained(trace) == (
        "i1 by first in order of service (agent became ready) after 12 s in step 0; who suffice: 1; "
        "not considered: 1 lacks skill"
    )
