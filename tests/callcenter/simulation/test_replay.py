"""Logs told again, and what is said of them."""

from __future__ import annotations

from acd.events import InteractionAbandoned, InteractionEnded, OfferAccepted
from acd.log import RecordingEngine
from acd.model import AgentId, InteractionId, Overflow, OverflowCause, OverflowTo, Queue, QueueName
from callcenter.simulation.replay import replayed
from tests.acd.world import Centre, agent


def recorded() -> list[str]:
    lines: list[str] = []
    made = Centre(engine=RecordingEngine(epoch=7, write=lines.append))
    away = Overflow(cause=OverflowCause.WAITED, to=OverflowTo.VOICEMAIL, name="box", limit=300.0)
    made.configure(Queue(name=QueueName("support"), overflows=(away,)))
    made.log_on(agent("ann"))
    made.queue("i1")
    made.wait(4)
    made.tell(OfferAccepted(offer=made.engine.offers()[0].offer))
    for name in ("i2", "i3", "i4"):
        made.queue(name)
        made.wait(10)
    made.tell(InteractionAbandoned(interaction=InteractionId("i3")))
    made.wait(275)
    made.tell(InteractionEnded(interaction=InteractionId("i1"), agent=AgentId("ann")))
    return lines


def test_what_became_of_everybody_and_that_nothing_differs() -> None:
    report, same = replayed(recorded())
    assert same
    assert "4 interactions: 1 answered" not in report, "i4 is being offered still"
    assert "3 interactions: 1 answered, 1 abandoned, 1 led on, 1 still waiting" in report
    assert "SL-6 in 20 s 50.0 %, ASA 4.0 s, longest wait 300 s" in report
    assert "every decision is the same" in report


def test_differences_are_shown_with_their_line() -> None:
    lines = [line.replace("i1 to ann", "i1 to bob") for line in recorded()]
    report, same = replayed(lines)
    assert not same
    assert "1 lines were decided otherwise:" in report
    assert "line 4" in report
    assert "i1 to bob" in report
