"""What the engine says to somebody who waits: the place in line, and how long it will take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd import RoutingEngine
from acd.commands import DivertInteraction, OfferInteraction
from acd.events import (
    CallbackRequested,
    InteractionAbandoned,
    InteractionEnded,
    OfferAccepted,
    OfferUnanswered,
    WaitHistoryRestored,
)
from acd.model import (
    Agent,
    AgentId,
    AgentSelection,
    InteractionId,
    Overflow,
    OverflowCause,
    OverflowTo,
    PreferredAgent,
    Queue,
    QueueName,
    QueueStep,
    SkillName,
    TunableIndex,
)
from acd.queue_waits import FEATURES, Estimate
from acd.wait_history import QueueWaitHistory, WaitHistory
from tests.acd.world import Centre, agent, needs, only

SUPPORT, SALES = QueueName("support"), QueueName("sales")


def centre(*queues: Queue) -> Centre:
    made = Centre()
    made.configure(*(queues or (Queue(name=SUPPORT),)))
    return made


def busy(made: Centre, name: str, queue: str = "support", **skills: int) -> None:
    """An agent who is at work."""
    made.log_on(Agent(agent=AgentId(name), skills={SkillName(skill): level for skill, level in skills.items()}))
    made.tell(OfferAccepted(offer=only(made.queue(f"with {name}", queue), OfferInteraction).offer))


def places(made: Centre, *interactions: str) -> list[tuple[int, int] | None]:
    found = [made.engine.position(InteractionId(each)) for each in interactions]
    return [(place.place, place.of) if place else None for place in found]


class TestPosition:
    def test_is_the_order_of_service_head_starts_included(self) -> None:
        made = centre()
        busy(made, "ann")
        for name in ("i1", "i2"):
            made.queue(name)
            made.wait(10)
        made.queue("vip", head_start=60.0)
        assert places(made, "vip", "i1", "i2") == [(1, 3), (2, 3), (3, 3)]
        made.tell(InteractionAbandoned(interaction=InteractionId("i1")))
        assert places(made, "vip", "i1", "i2") == [(1, 2), None, (2, 2)]

    def test_counts_who_competes_for_the_same_agents_whatever_their_queue(self) -> None:
        sales = Queue(name=SALES, requirements=needs(sales=1))
        made = centre(Queue(name=SUPPORT, requirements=needs(support=1)), sales)
        busy(made, "ann", support=5)
        busy(made, "bob", "sales", sales=5)
        for name, queue in (("s1", "support"), ("s2", "support"), ("m1", "sales")):
            made.queue(name, queue)
            made.wait(1)
        assert places(made, "s1", "s2", "m1") == [(1, 2), (2, 2), (1, 1)]
        made.log_on(agent("eve", sales=5, support=5), ready=False)
        assert places(made, "s1", "s2", "m1") == [(1, 3), (2, 3), (3, 3)], "eve would take either"

    def test_widening_brings_rivals(self) -> None:
        wider = QueueStep(after=30.0, requirements=needs(support=1))
        strict = Queue(name=SALES, requirements=needs(support=8), steps=(wider,))
        made = centre(Queue(name=SUPPORT, requirements=needs(support=1)), strict)
        busy(made, "ann", support=5)
        busy(made, "bob", "sales", support=9)
        made.queue("i1", "sales")
        made.queue("i2", "support")
        made.wait(31)
        assert places(made, "i1", "i2") == [(1, 2), (2, 2)]

    def test_is_kept_by_who_will_be_called_back(self) -> None:
        made = centre()
        busy(made, "ann")
        made.queue("i1")
        made.wait(1)
        made.queue("i2")
        made.tell(CallbackRequested(interaction=InteractionId("i1")))
        assert places(made, "i1", "i2") == [(1, 2), (2, 2)]
        made.tell(InteractionEnded(interaction=InteractionId("with ann"), agent=AgentId("ann")))
        offer = made.engine.offers()[0]
        assert offer.interaction == "i2"
        made.tell(OfferAccepted(offer=offer.offer))
        assert places(made, "i1", "i2") == [(1, 1), None]

    def test_callbacks_of_other_agents_are_no_rivals(self) -> None:
        """And those of the same agents are, whatever the queue is called."""
        sales = Queue(name=SALES, requirements=needs(sales=1))
        made = centre(Queue(name=SUPPORT, requirements=needs(support=1)), sales)
        busy(made, "ann", support=5)
        busy(made, "bob", "sales", sales=5)
        made.queue("later", "sales")
        made.tell(CallbackRequested(interaction=InteractionId("later")))
        made.wait(1)
        made.queue("i1", "support")
        made.queue("i2", "sales")
        assert places(made, "i1", "i2") == [(1, 1), (2, 2)]

    def test_who_is_being_offered_is_the_first_and_counts_for_nobody_else(self) -> None:
        made = centre()
        made.log_on(agent("ann"))
        offer = only(made.queue("i1"), OfferInteraction)
        made.wait(1)
        made.queue("vip", head_start=60.0)
        made.queue("i2")
        assert places(made, "i1", "vip", "i2") == [(1, 3), (1, 2), (2, 2)]
        made.tell(OfferUnanswered(offer=offer.offer))
        assert places(made, "i1", "vip", "i2") == [(2, 3), (1, 3), (3, 3)]

    def test_counts_waiting_at_the_pace_of_each_queue(self) -> None:
        made = centre(Queue(name=SUPPORT), Queue(name=SALES, weight=2.0))
        made.log_on(agent("ann"), ready=False)
        made.queue("slow", "support")
        made.wait(10)
        made.queue("fast", "sales")
        assert places(made, "slow", "fast") == [(1, 2), (2, 2)]
        made.wait(15)
        assert made.engine.handle_timer(made.now) == []
        assert places(made, "slow", "fast") == [(2, 2), (1, 2)], "25 s against twice 15"

    def test_is_unknown_where_there_is_none(self) -> None:
        made = centre()
        made.queue("i1")
        assert places(made, "i1") == [None], "nobody is logged on"
        made.log_on(agent("ann"), ready=False)
        assert places(made, "i1", "stranger") == [(1, 1), None]
        made.queue("i2", preferred=PreferredAgent(agent=AgentId("ann"), wait=60.0))
        assert places(made, "i1", "i2") == [(1, 1), None], "i2 waits for ann alone"
        made.wait(61)
        assert places(made, "i1", "i2") == [(1, 2), (2, 2)]

    def test_is_unknown_where_the_order_depends_on_moment_or_agent(self) -> None:
        for odd in (
            Queue(name=SALES, share=1.0),
            Queue(name=SALES, index=TunableIndex(groups=(("team", 5.0),))),
        ):
            made = centre(Queue(name=SUPPORT), odd)
            made.log_on(agent("ann"), ready=False)
            made.queue("i1")
            assert places(made, "i1") == [(1, 1)]
            made.queue("i2", "sales")
            assert places(made, "i1", "i2") == [None, None]


def learned_centre(engine: RoutingEngine, days: int) -> Centre:
    """One agent and, each day, more and more callers; each keeps the agent for half a minute."""
    made = Centre(engine=engine, now=0.0)
    made.configure(Queue(name=SUPPORT, selection=AgentSelection.LONGEST_IDLE))
    made.log_on(agent("ann"))
    for day in range(days):
        made.now = day * 86_400.0
        for number in range(80):
            if number < 60:
                made.queue(f"{day}-{number}")
            for offer in made.engine.offers():
                made.tell(OfferAccepted(offer=offer.offer))
            made.wait(20.0 + number % 7)
            for interaction in made.engine.agent_states()[0].interactions[number % 4 == 0 :]:
                made.tell(InteractionEnded(interaction=interaction, agent=AgentId("ann")))
        assert not made.engine.waiting_count
    return made


class TestExpectedWait:
    def test_is_estimated_on_joining_and_anew_when_asked(self) -> None:
        made = learned_centre(RoutingEngine(epoch=1), days=16)
        made.tell(OfferAccepted(offer=only(made.queue("first"), OfferInteraction).offer))
        for name in ("second", "third"):
            made.queue(name)
        second, third = (made.engine.expected_wait(InteractionId(name)) for name in ("second", "third"))
        assert second is not None
        assert third is not None
        assert second.by == third.by == "regression"
        assert second.seconds < third.seconds
        made.tell(InteractionAbandoned(interaction=InteractionId("second")))
        made.wait(5)
        anew = made.engine.remaining_wait(InteractionId("third"))
        assert anew is not None
        assert anew.seconds < third.seconds
        assert made.engine.expected_wait(InteractionId("third")) == third
        assert made.engine.wait_accuracy()[SUPPORT].by == "regression"
        assert "expected" in str(made.engine.why(InteractionId("third")))

    def test_of_who_does_not_wait_is_unknown(self) -> None:
        made = centre()
        assert made.engine.expected_wait(InteractionId("i1")) is None
        assert made.engine.remaining_wait(InteractionId("i1")) is None

    def test_what_was_learned_is_handed_on(self) -> None:
        made = learned_centre(RoutingEngine(epoch=1), days=16)
        heir = centre()
        heir.tell(WaitHistoryRestored(history=made.engine.wait_history(), away=60.0))
        assert heir.engine.wait_accuracy().keys() == made.engine.wait_accuracy().keys()
        busy(heir, "bob")
        heir.queue("i1")
        assert heir.engine.expected_wait(InteractionId("i1")) is not None

    def test_a_history_of_another_make_changes_nothing_and_is_noted(self) -> None:
        made = centre()
        strange = WaitHistory(age=1.0, features=FEATURES[:3], learned=(), queues=())
        assert made.tell(WaitHistoryRestored(history=strange, away=0.0)) == []
        assert made.engine.oddities[-1].fact == "wait history"
        assert made.engine.wait_accuracy() == {}

    def test_counts_anew_in_the_queue_it_overflows_to(self) -> None:
        overflow = Overflow(cause=OverflowCause.WAITED, to=OverflowTo.QUEUE, name="sales", limit=30.0)
        made = centre(Queue(name=SUPPORT, overflows=(overflow,)), Queue(name=SALES))
        made.log_on(agent("ann"), ready=False)
        made.queue("i1")
        made.wait(31)
        made.tell(InteractionAbandoned(interaction=InteractionId("i1")))
        assert {each.queue for each in made.engine.wait_history().queues} == {SUPPORT, SALES}


class TestNewcomer:
    """What the board says of a queue: the wait of somebody who comes now."""

    def test_does_not_wait_while_somebody_is_ready(self) -> None:
        made = centre()
        made.log_on(agent("ann"))
        found = made.engine.expected_wait_in(SUPPORT)
        assert found == Estimate(at=made.now, seconds=0.0, low=0.0, high=0.0, by="an agent is ready")

    def test_of_a_queue_that_there_is_not_is_unknown(self) -> None:
        assert centre().engine.expected_wait_in(SALES) is None

    def test_is_unknown_as_long_as_nothing_was_learned(self) -> None:
        made = centre()
        busy(made, "ann")
        assert made.engine.expected_wait_in(SUPPORT) is None

    def test_is_the_estimate_of_the_one_who_comes(self) -> None:
        """Whoever is queued then gets the same, with everybody before him counted."""
        made = learned_centre(RoutingEngine(epoch=1), days=16)
        made.tell(OfferAccepted(offer=only(made.queue("first"), OfferInteraction).offer))
        made.queue("i1")
        made.wait(5)
        made.engine.handle_timer(made.now)
        foretold = made.engine.expected_wait_in(SUPPORT)
        assert foretold is not None
        made.queue("i2")
        assert foretold == made.engine.expected_wait(InteractionId("i2"))

    def test_who_would_wait_too_long_is_given_away_as_he_comes(self) -> None:
        """By the same estimate; nobody is while somebody is ready, or while nothing is known."""
        patient, hasty = (
            Overflow(cause=OverflowCause.EXPECTED_WAIT, to=OverflowTo.MESSAGE, name="later", limit=limit)
            for limit in (100_000.0, 0.5)
        )
        made = learned_centre(RoutingEngine(epoch=1), days=16)
        made.configure(Queue(name=SUPPORT, selection=AgentSelection.LONGEST_IDLE, overflows=(hasty,)))
        offer = only(made.queue("ready"), OfferInteraction)
        made.tell(OfferAccepted(offer=offer.offer))
        assert only(made.queue("long"), DivertInteraction).why is OverflowCause.EXPECTED_WAIT
        made.configure(Queue(name=SUPPORT, selection=AgentSelection.LONGEST_IDLE, overflows=(patient,)))
        assert made.queue("short") == []
        new = centre(Queue(name=SUPPORT, overflows=(hasty,)))
        busy(new, "bob")
        assert new.queue("unknown") == []


@pytest.mark.parametrize(
    "changed",
    [
        {"features": FEATURES[:3]},
        {"features": FEATURES[::-1]},
        {"learned": (1.0,)},
        {"queues": (QueueWaitHistory(queue=SUPPORT, learned=(1.0,), today=(), drift=0.0, errors=()),)},
    ],
)
def test_a_history_that_does_not_fit_changes_nothing(changed: dict[str, object]) -> None:
    history = learned_centre(RoutingEngine(epoch=1), days=2).engine.wait_history()
    heir = centre()
    heir.tell(WaitHistoryRestored(history=replace(history, **changed), away=0.0))  # type: ignore[arg-type] # some fields
    assert heir.engine.oddities[-1].why == "it is of another make"
    assert heir.engine.wait_accuracy() == {}
