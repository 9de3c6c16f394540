"""The full trace names everybody who was looked at, with the score or why not, and agrees with the compact one."""

from __future__ import annotations

import json

from acd.commands import OfferInteraction
from acd.events import AgentReserved, CallbackRequested, InteractionEnded, OfferAccepted, OfferFailed
from acd.full_trace import Considered, FullTrace, WhyNot, full_trace
from acd.log import RecordingEngine, replay
from acd.model import AgentId, InteractionId, Medium, OfferId, PreferredAgent, Queue, QueueName, TunableIndex
from tests.acd.world import Centre, agent, needs, only

SUPPORT = Queue(name=QueueName("support"), requirements=needs(english=1))


def rebuilt(made: Centre, offer: OfferInteraction) -> FullTrace:
    found = full_trace(((event, at) for at, event in made.told), offer.offer, epoch=7)
    assert found is not None
    assert found.offer == offer
    return found


def why_not(trace: FullTrace) -> dict[str, WhyNot | None]:
    return {each.who: each.why_not for each in trace.considered}


def test_of_an_interaction_that_chose_names_every_agent() -> None:
    made = Centre()
    made.configure(SUPPORT)
    for number in range(7):
        made.log_on(agent(f"good{number}", english=9 - number))
    made.log_on(agent("away", english=5), ready=False)
    made.log_on(agent("german", german=5))
    made.log_on(agent("writer", english=5, capacities={Medium.CHAT: 1}))
    made.log_on(agent("taken", english=1))
    made.tell(AgentReserved(agent=AgentId("taken"), work=InteractionId("c1")))
    offer = only(made.queue("i1"), OfferInteraction)
    trace = rebuilt(made, offer)
    assert trace.needed == needs(english=1)
    assert [each.who for each in trace.considered[:7]] == [f"good{number}" for number in reversed(range(7))]
    assert offer.trace.best == tuple((each.who, each.score) for each in trace.considered[:5])
    assert why_not(trace) == {
        **{f"good{number}": None for number in range(7)},
        "away": WhyNot.NOT_READY,
        "german": WhyNot.LACKS_SKILL,
        "writer": WhyNot.OTHER_MEDIUM,
        "taken": WhyNot.BUSY,
    }


def test_a_preferred_agent_leaves_no_choice() -> None:
    made = Centre()
    made.configure(SUPPORT)
    made.log_on(agent("ann", english=9))
    made.log_on(agent("bob"))
    offer = only(made.queue("i1", preferred=PreferredAgent(agent=AgentId("bob"))), OfferInteraction)
    assert rebuilt(made, offer).considered == (
        Considered(who=AgentId("bob"), score=0.0),
        Considered(who=AgentId("ann"), why_not=WhyNot.NOT_PREFERRED),
    )


def test_of_an_agent_who_became_free_names_every_interaction() -> None:
    made = Centre()
    made.configure(SUPPORT)
    for name in ("ann", "eve"):
        made.log_on(agent(name, english=1))
        made.tell(OfferAccepted(offer=only(made.queue(f"for {name}"), OfferInteraction).offer))
    made.log_on(agent("bob"), ready=False)
    made.queue("wants bob", preferred=PreferredAgent(agent=AgentId("bob"), wait=99.0))
    made.queue("german", requirements=needs(german=1))
    made.queue("chat", medium=Medium.CHAT)
    made.queue("later")
    made.tell(CallbackRequested(interaction=InteractionId("later")))
    made.now += 1
    made.queue("second")
    made.queue("first", head_start=10.0)
    freed = made.tell(InteractionEnded(agent=AgentId("eve"), interaction=InteractionId("for eve")))
    offer = only(freed, OfferInteraction)
    others = {
        "wants bob": WhyNot.WAITS_FOR_ANOTHER,
        "german": WhyNot.LACKS_SKILL,
        "chat": WhyNot.OTHER_MEDIUM,
        "later": WhyNot.CALLED_BACK,
    }
    assert rebuilt(made, offer).considered[:2] == (
        Considered(who=InteractionId("first"), score=made.now - 10.0),
        Considered(who=InteractionId("second"), score=made.now),
    )
    assert why_not(rebuilt(made, offer)) == {"first": None, "second": None, **others}
    made.tell(OfferFailed(offer=offer.offer, device_trouble=False))
    made.queue("third")
    freed = made.tell(InteractionEnded(agent=AgentId("ann"), interaction=InteractionId("for ann")))
    assert why_not(rebuilt(made, only(freed, OfferInteraction))) == {
        "third": None,
        "first": WhyNot.HELD_BACK,
        "second": WhyNot.OFFERED,
        **others,
    }


def test_while_waiting_counts_differently_the_score_has_two_parts() -> None:
    made = Centre()
    made.configure(SUPPORT, Queue(name=QueueName("north"), index=TunableIndex(groups=(("", 5.0),)), weight=2.0))
    made.queue("i1")
    made.queue("i2", "north")
    made.now += 10
    offer = only(made.log_on(agent("ann", english=1)), OfferInteraction)
    assert rebuilt(made, offer).considered == (
        Considered(who=InteractionId("i2"), score=(0.0, -25.0)),
        Considered(who=InteractionId("i1"), score=(0.0, -10.0)),
    )


def test_an_offer_that_was_never_made_has_none() -> None:
    made = Centre()
    made.configure(SUPPORT)
    made.queue("i1")
    made.log_on(agent("ann", english=9))
    told = [(event, at) for at, event in made.told]
    assert full_trace(told, OfferId("7-2"), epoch=7) is None
    assert full_trace(told, OfferId("6-1"), epoch=7) is None


def test_is_rebuilt_from_a_log_of_lines() -> None:
    lines: list[str] = []
    made = Centre(engine=RecordingEngine(epoch=7, write=lines.append))
    made.configure(SUPPORT)
    made.queue("i1")
    offer = only(made.log_on(agent("ann", english=9)), OfferInteraction)
    assert json.loads(lines[0])["epoch"] == 7
    found = full_trace(((each.event, each.at) for each in replay(lines)), offer.offer, epoch=7)
    assert found is not None
    assert [each.who for each in found.considered] == ["i1"]
