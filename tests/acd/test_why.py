"""Why somebody still waits, in words people can act on."""

from __future__ import annotations

from acd.commands import OfferInteraction
from acd.events import OfferAccepted, OfferFailed
from acd.model import AgentId, InteractionId, PreferredAgent, Queue, QueueName, QueueStep
from tests.acd.world import Centre, agent, needs, only

I1 = InteractionId("i1")


def centre() -> Centre:
    made = Centre()
    step = QueueStep(after=30.0, requirements=needs(english=1))
    made.configure(Queue(name=QueueName("support"), requirements=needs(english=8), steps=(step,)))
    return made


def test_experts_busy_and_when_it_widens() -> None:
    made = centre()
    for name in ("ann", "bob"):
        made.log_on(agent(name, english=9))
        made.tell(OfferAccepted(offer=only(made.queue(f"for {name}"), OfferInteraction).offer))
    made.log_on(agent("eve", english=2))
    made.queue("i1")
    made.wait(16)
    made.engine.handle_timer(made.now)
    assert str(made.engine.why(I1)) == (
        "2 agents logged on for english ≥ 8: 2 busy; 1. of 1 for the same agents; widening in 14 s; "
        "expected wait unknown"
    )


def test_nobody_logged_on() -> None:
    made = centre()
    made.queue("i1")
    assert "0 agents logged on for english ≥ 8; nobody who suffices is logged on" in str(made.engine.why(I1))


def test_the_place_in_line_may_be_unknown() -> None:
    """Where queues are served by their shares, the order depends on the moment."""
    made = Centre()
    made.configure(Queue(name=QueueName("support"), share=1.0))
    made.log_on(agent("ann"), ready=False)
    made.queue("i1")
    assert "1 not ready; place in line unknown; expected wait unknown" in str(made.engine.why(I1))


def test_offered_held_or_waiting_for_one() -> None:
    made = centre()
    made.log_on(agent("ann", english=9))
    offer = only(made.queue("i1"), OfferInteraction).offer
    assert "being offered to ann" in str(made.engine.why(I1))
    made.tell(OfferFailed(offer=offer, device_trouble=False))
    assert "held back after an offer failed; tried again in 2 s" in str(made.engine.why(I1))
    made.log_on(agent("bob"), ready=False)
    made.queue("i2", preferred=PreferredAgent(agent=AgentId("bob"), wait=20.0))
    assert "waiting alone for bob; anybody else in 20 s" in str(made.engine.why(InteractionId("i2")))


def test_who_does_not_wait_has_no_reason() -> None:
    assert centre().engine.why(I1) is None
    assert centre().engine.expected_wait(I1) is None
