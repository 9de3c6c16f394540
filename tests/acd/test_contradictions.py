"""Facts that contradict what the engine knows: each changes nothing, and is told of in words that say what is wrong."""

from __future__ import annotations

import pytest

from acd.commands import RequestResynchronisation
from acd.events import (
    AgentLoggedOff,
    AgentReleased,
    AgentReserved,
    CallbackTerms,
    DeviceRegistrationChanged,
    EngagementPhase,
    EngagementRestored,
    Event,
    InteractionEnded,
    InteractionQueued,
    OfferAccepted,
    QueueOpeningChanged,
    WorkTakenOver,
    WrapUpCompleted,
)
from acd.model import AgentId, AgentState, InteractionId, OfferId, Queue, QueueName, WrapUp, WrapUpMode
from tests.acd.world import Centre, agent, only, state

ANN, BOB, EVE = AgentId("ann"), AgentId("bob"), AgentId("eve")
SUPPORT = QueueName("support")
TALK, WAITS, OFFERED, WRAPPED = (InteractionId(name) for name in ("talk", "waits", "offered", "wrapped"))


def centre() -> Centre:
    """Ann talks, bob is being offered one, kim wraps up, dan's phone is unplugged; one waits."""
    made = Centre()
    made.configure(Queue(name=SUPPORT, wrap_up=WrapUp(mode=WrapUpMode.FIXED, seconds=30.0)))
    made.log_on(agent("kim"))
    made.queue("wrapped")
    made.tell(OfferAccepted(offer=made.engine.offers()[0].offer))
    made.tell(InteractionEnded(agent=AgentId("kim"), interaction=WRAPPED))
    made.log_on(agent("ann"))
    made.queue("talk")
    made.tell(OfferAccepted(offer=made.engine.offers()[0].offer))
    made.log_on(agent("bob"))
    made.queue("offered")
    made.queue("waits")
    made.log_on(agent("dan"), registered=False)
    return made


def found(who: str, what: InteractionId, phase: EngagementPhase, offer: str | None = None) -> EngagementRestored:
    return EngagementRestored(
        agent=AgentId(who), interaction=what, phase=phase, since=0.0, offer=OfferId(offer) if offer else None
    )


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (found("eve", WAITS, EngagementPhase.CONNECTED), "the agent is not logged on"),
        (found("ann", TALK, EngagementPhase.CONNECTED), "the agent works on this interaction already"),
        (found("ann", OFFERED, EngagementPhase.CONNECTED), "the interaction is being offered to another agent"),
        (found("dan", WAITS, EngagementPhase.ALERTING), "the agent's phone is not registered"),
        (found("ann", WAITS, EngagementPhase.ALERTING), "this cannot be an offer now"),
        (found("dan", OFFERED, EngagementPhase.ALERTING), "this cannot be an offer now"),
        (found("dan", InteractionId("new"), EngagementPhase.ALERTING), "this cannot be an offer now"),
        (InteractionEnded(agent=AgentId("kim"), interaction=WRAPPED), "the agent's part had ended already"),
        (WorkTakenOver(agent=AgentId("kim"), work=WRAPPED, queue=SUPPORT), "the agent's part had ended already"),
        (WorkTakenOver(agent=EVE, work=TALK, queue=SUPPORT), "no such agent is logged on"),
        (WorkTakenOver(agent=ANN, work=WAITS, queue=SUPPORT), "no such interaction"),
        (InteractionQueued(interaction=TALK, queue=SUPPORT, enqueued_at=0.0), "an agent talks on the interaction"),
        (InteractionQueued(interaction=WAITS, queue=SUPPORT, enqueued_at=0.0), "the interaction waits already"),
        (
            InteractionQueued(
                interaction=InteractionId("new"), queue=SUPPORT, enqueued_at=0.0, callback=CallbackTerms(attempts=0)
            ),
            "these are no terms for calling back",
        ),
        (AgentReserved(agent=EVE, work=InteractionId("x")), "no such agent is logged on"),
        (AgentReserved(agent=ANN, work=TALK), "the agent is working or being offered an interaction"),
        (AgentReserved(agent=ANN, work=WAITS), "the interaction waits for an agent in a queue"),
        (AgentReleased(agent=EVE, work=TALK), "no such agent is logged on"),
        (AgentReleased(agent=ANN, work=WAITS), "no such interaction"),
        (AgentLoggedOff(agent=EVE), "the agent was not logged on"),
        (QueueOpeningChanged(queue=QueueName("x"), is_open=False), "no such queue is configured"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_changes_nothing_and_says_what_is_wrong(event: Event, why: str) -> None:
    made = centre()
    before = (made.engine.waiting(), made.engine.agent_states(), made.engine.offers(), made.engine.next_deadline())
    said = only(made.tell(event), RequestResynchronisation)
    assert said.why == f"{type(event).__name__}: {why}"
    assert (made.engine.oddities[-1].fact, made.engine.oddities[-1].why) == (type(event).__name__, why)
    after = (made.engine.waiting(), made.engine.agent_states(), made.engine.offers(), made.engine.next_deadline())
    assert after == before


def test_phones_of_people_who_are_not_there_come_and_go() -> None:
    made = centre()
    assert made.tell(DeviceRegistrationChanged(agent=EVE, registered=True)) == []


def test_an_offer_is_not_found_under_a_name_that_is_taken_or_will_be() -> None:
    """The next offer of this life would be called the same, and an answer to one would be taken for the other's."""
    made = centre()
    made.log_on(agent("eve"), ready=False)
    for name in (made.engine.offers()[0].offer, "7-99"):
        said = only(made.tell(found("eve", WAITS, EngagementPhase.ALERTING, name)), RequestResynchronisation)
        assert said.why == "EngagementRestored: there is such an offer already, or will be"


def test_work_that_is_over_is_over_for_the_clock_too() -> None:
    """Who is logged off in wrap-up, or is released from it, has no deadline left behind."""
    for over in (AgentLoggedOff(agent=AgentId("kim")), AgentReleased(agent=AgentId("kim"), work=WRAPPED)):
        made = Centre()
        made.configure(Queue(name=SUPPORT, wrap_up=WrapUp(mode=WrapUpMode.FIXED, seconds=30.0)))
        made.log_on(agent("kim"))
        made.queue("wrapped")
        made.tell(OfferAccepted(offer=made.engine.offers()[0].offer))
        made.tell(InteractionEnded(agent=AgentId("kim"), interaction=WRAPPED))
        assert made.engine.next_deadline() == made.now + 30
        made.tell(over)
        assert made.engine.next_deadline() is None


def test_a_conversation_goes_on_for_the_other_when_one_of_two_has_ended_it() -> None:
    """As long as one talks on it, it cannot be queued."""
    made = centre()
    made.log_on(agent("eve"), ready=False)
    made.tell(found("eve", TALK, EngagementPhase.CONNECTED))
    made.tell(InteractionEnded(agent=ANN, interaction=TALK))
    again = InteractionQueued(interaction=TALK, queue=SUPPORT, enqueued_at=made.now)
    assert only(made.tell(again), RequestResynchronisation).why.endswith("an agent talks on the interaction")
    made.tell(InteractionEnded(agent=EVE, interaction=TALK))
    made.tell(again)
    assert TALK in {each.interaction for each in made.engine.waiting()}


def test_a_wrap_up_that_is_completed_twice_was_over_the_first_time() -> None:
    made = centre()
    done = WrapUpCompleted(agent=AgentId("kim"), interaction=WRAPPED)
    assert state(made.tell(done), "kim").state in {AgentState.READY, AgentState.BUSY}
    assert only(made.tell(done), RequestResynchronisation).why == "WrapUpCompleted: no such interaction"
