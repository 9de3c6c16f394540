"""Callbacks keep their place, are paced by the agents who are soon free, retry, and expire."""

from __future__ import annotations

from math import inf, nan

import pytest

from acd.assignment import Assignment
from acd.commands import (
    Command,
    DivertInteraction,
    DropCallback,
    DropReason,
    OfferInteraction,
    ReleaseCallback,
    RequestResynchronisation,
)
from acd.events import (
    CallbackAnswered,
    CallbackRequested,
    CallbackTerms,
    CallbackUnanswered,
    InteractionAbandoned,
    InteractionEnded,
    InteractionQueued,
    OfferAccepted,
)
from acd.model import (
    AgentId,
    InteractionId,
    Occasion,
    Overflow,
    OverflowCause,
    OverflowTo,
    Queue,
    QueueName,
    RequestedState,
)
from acd.waiting import Waiting
from tests.acd.world import Centre, agent, every, needs, offers, only


def centre() -> Centre:
    made = Centre()
    made.configure(Queue(name=QueueName("support"), requirements=needs(english=1)))
    return made


def called(commands: list[Command]) -> list[str]:
    return [command.interaction for command in every(commands, ReleaseCallback)]


def callback(made: Centre, name: str, **terms: float) -> list[Command]:
    made.queue(name)
    attempts = int(terms.pop("attempts", 3))
    return made.tell(CallbackRequested(interaction=InteractionId(name), attempts=attempts, **terms))


def test_nobody_is_called_while_nobody_is_soon_free() -> None:
    made = centre()
    made.log_on(agent("ann", english=1), ready=False)
    assert callback(made, "i1") == []
    assert called(made.wait(60)) == []
    assert offers(made.request("ann", RequestedState.READY)) == {}, "there is nobody on the line to offer"
    assert called(made.wait(1)) == ["i1"]


def test_the_old_place_counts_when_the_customer_answers() -> None:
    made = centre()
    made.log_on(agent("ann", english=1), ready=False)
    callback(made, "i1")
    made.now += 5
    made.request("ann", RequestedState.READY)
    assert called(made.wait(1)) == ["i1"]
    made.request("ann", RequestedState.NOT_READY)
    made.queue("i2")
    made.tell(CallbackAnswered(interaction=InteractionId("i1")))
    assert [each.interaction for each in made.engine.waiting()] == ["i1", "i2"]
    assert offers(made.request("ann", RequestedState.READY)) == {"i1": "ann"}


def test_never_more_are_called_than_agents_are_soon_free() -> None:
    made = centre()
    for name in ("c1", "c2", "c3"):
        callback(made, name)
    made.log_on(agent("ann", english=1))
    made.log_on(agent("bob", english=1))
    assert called(made.wait(10)) == ["c1", "c2"]
    assert offers(made.tell(CallbackAnswered(interaction=InteractionId("c1")))) == {"c1": "ann"}
    assert called(made.wait(10)) == [], "bob is promised to c2"


def test_callers_on_the_line_who_come_first_are_left_their_agents() -> None:
    made = centre()
    made.log_on(agent("ann", english=1))
    made.tell(OfferAccepted(offer=only(made.queue("now"), OfferInteraction).offer))
    made.queue("live")
    callback(made, "c1")
    ended = made.tell(InteractionEnded(agent=AgentId("ann"), interaction=InteractionId("now")))
    assert offers(ended) == {"live": "ann"}
    assert called(made.wait(5)) == []


def test_agents_about_to_be_free_count() -> None:
    made = centre()
    for number in range(40):
        made.log_on(agent(f"a{number}", english=1))
        made.tell(OfferAccepted(offer=only(made.queue(f"i{number}"), OfferInteraction).offer))
    # forty at work for 240 s each as assumed: 40 · (1 - e^(-20/240)) = 3.2 of them are free in 20 s
    at_once = [name for number in range(10) for name in called(callback(made, f"c{number}"))]
    assert at_once + called(made.wait(10)) == ["c0", "c1", "c2"]
    assert made.engine.waiting_count == 10


def test_not_reached_is_tried_again_and_then_given_up() -> None:
    made = centre()
    made.log_on(agent("ann", english=1), ready=False)
    callback(made, "c1", attempts=2, retry_after=60.0)
    made.request("ann", RequestedState.READY)
    assert only(made.wait(1), ReleaseCallback).attempt == 1
    made.tell(CallbackUnanswered(interaction=InteractionId("c1")))
    assert called(made.wait(58)) == []
    assert only(made.wait(3), ReleaseCallback).attempt == 2
    dropped = only(made.tell(CallbackUnanswered(interaction=InteractionId("c1"))), DropCallback)
    assert dropped.why is DropReason.NOT_REACHED
    made.wait(5)
    assert made.engine.waiting() == []
    assert made.engine.next_deadline() is None


def test_a_promise_that_was_kept_expires_no_more_and_the_account_says_who_answered() -> None:
    made = centre()
    callback(made, "c1", expires_after=30.0)
    made.log_on(agent("ann", english=1))
    assert called(made.wait(1)) == ["c1"]
    offer = only(made.tell(CallbackAnswered(interaction=InteractionId("c1"))), OfferInteraction)
    assert offer.trace.occasion is Occasion.CALLBACK_ANSWERED
    made.tell(OfferAccepted(offer=offer.offer))
    assert every(made.wait(60), DropCallback) == []
    assert made.engine.next_deadline() is None, "neither the promise nor the offer has a time any more"


def test_who_may_be_called_once_is_called_once() -> None:
    made = centre()
    assert promised(made, "i1", CallbackTerms(attempts=1)) == []
    made.log_on(agent("ann", english=1))
    assert only(made.wait(1), ReleaseCallback).attempt == 1
    gone = made.tell(CallbackUnanswered(interaction=InteractionId("i1")))
    assert only(gone, DropCallback).why is DropReason.NOT_REACHED


def test_a_promise_expires() -> None:
    made = centre()
    callback(made, "c1", expires_after=600.0)
    assert every(made.wait(599), DropCallback) == []
    assert only(made.wait(1), DropCallback).why is DropReason.EXPIRED
    assert made.engine.waiting() == []


def test_the_customer_may_call_it_off() -> None:
    made = centre()
    callback(made, "c1")
    made.tell(InteractionAbandoned(interaction=InteractionId("c1")))
    made.wait(5)
    assert made.engine.waiting() == []
    assert made.engine.next_deadline() is None


def test_facts_about_callbacks_that_are_not_are_odd() -> None:
    made = centre()
    callback(made, "c1")
    for event in (
        CallbackRequested(interaction=InteractionId("c1")),
        CallbackRequested(interaction=InteractionId("nobody")),
        CallbackAnswered(interaction=InteractionId("c1")),
        CallbackUnanswered(interaction=InteractionId("c1")),
    ):
        assert [type(command) for command in made.tell(event)] == [RequestResynchronisation]


@pytest.mark.parametrize(
    "terms",
    [
        {"expires_after": -1.0},
        {"expires_after": inf},
        {"expires_after": nan},
        {"retry_after": -1.0},
        {"retry_after": nan},
        {"attempts": 0},
    ],
)
def test_terms_that_make_no_sense_are_odd(terms: dict[str, float]) -> None:
    made = centre()
    made.queue("i1")
    request = CallbackRequested(interaction=InteractionId("i1"), **terms)  # type: ignore[arg-type]  # attempts is whole
    assert [type(command) for command in made.tell(request)] == [RequestResynchronisation]
    made.log_on(agent("ann", english=1))
    assert made.engine.offers()[0].interaction == "i1", "the caller is still on the line"


def test_nobody_is_called_for_an_agent_who_is_promised_in_another_queue() -> None:
    """The same two agents serve both queues: two customers are called, not two a queue."""
    made = Centre()
    made.configure(
        Queue(name=QueueName("support"), requirements=needs(english=1)),
        Queue(name=QueueName("sales"), requirements=needs(selling=1)),
    )
    for name, queue in (("c1", "support"), ("c2", "sales"), ("c3", "support"), ("c4", "sales")):
        made.queue(name, queue)
        made.tell(CallbackRequested(interaction=InteractionId(name)))
        made.now += 1
    made.log_on(agent("ann", english=1, selling=1))
    made.log_on(agent("bob", english=1, selling=1))
    assert called(made.wait(10)) == ["c1", "c2"]


def test_callers_of_other_queues_count_as_far_as_they_have_the_same_agents() -> None:
    made = Centre()
    made.configure(
        Queue(name=QueueName("support"), requirements=needs(english=1)),
        Queue(name=QueueName("sales"), requirements=needs(selling=1), expert_hold=100.0, expert_level=5),
    )
    for number in range(20):  # experts of selling are many, and one is soon free: the VIP holds
        made.log_on(agent(f"expert{number}", selling=9))
        offer = only(made.queue(f"for {number}", "sales", prefers_expert=True), OfferInteraction)
        made.tell(OfferAccepted(offer=offer.offer))
    assert offers(made.queue("vip", "sales", prefers_expert=True)) == {}
    callback(made, "c1")
    made.log_on(agent("ann", english=1, selling=1))
    assert called(made.wait(1)) == ["c1"], "the VIP ahead does not wait for ann"


def test_the_first_of_those_who_need_the_same_is_called_first() -> None:
    made = centre()
    callback(made, "c1")
    made.now += 10
    made.queue("vip", head_start=60.0)
    made.tell(CallbackRequested(interaction=InteractionId("vip")))
    made.log_on(agent("ann", english=1))
    assert called(made.wait(1)) == ["vip"]


def test_new_rules_change_the_order_and_who_may_do_it() -> None:
    made = Centre()
    sales = Queue(name=QueueName("sales"), requirements=needs(english=1))
    made.configure(Queue(name=QueueName("support"), requirements=needs(german=1)), sales)
    callback(made, "c1")
    made.now += 10
    made.queue("c2", "sales")
    made.tell(CallbackRequested(interaction=InteractionId("c2")))
    made.log_on(agent("ann", english=1), ready=False)
    made.configure(
        Queue(name=QueueName("support"), requirements=needs(english=1)),
        Queue(name=QueueName("sales"), requirements=needs(english=1), head_start=60.0),
    )
    made.request("ann", RequestedState.READY)
    assert called(made.wait(1)) == ["c2"]
    made.log_on(agent("bob", english=1))
    assert called(made.wait(1)) == ["c1"]


def test_who_is_tried_again_waits_behind_nobody_who_came_later() -> None:
    made = centre()
    made.log_on(agent("ann", english=1), ready=False)
    callback(made, "c1", retry_after=30.0)
    callback(made, "c2", retry_after=30.0)
    made.request("ann", RequestedState.READY)
    assert called(made.wait(1)) == ["c1"]
    made.tell(CallbackUnanswered(interaction=InteractionId("c1")))
    assert called(made.wait(2)) == ["c2"], "meanwhile the next one"
    made.tell(CallbackUnanswered(interaction=InteractionId("c2")))
    made.now += 60
    assert called(made.wait(1)) == ["c1"], "then in the old order"


def test_a_look_at_the_first_says_all_about_those_behind() -> None:
    """Two thousand who need the same cost as much each second as one."""
    made = centre()
    made.log_on(agent("ann", english=1), ready=False)
    for number in range(2000):
        callback(made, f"c{number}")
    callbacks = made.engine._state.callbacks
    looks = 0
    has_room = callbacks._has_room

    def counted(waiting: Waiting, assignment: Assignment, now: float) -> bool:
        nonlocal looks
        looks += 1
        return has_room(waiting, assignment, now)

    callbacks._has_room = counted  # type: ignore[method-assign]  # counted, not replaced
    made.wait(10)
    assert looks <= 11


def test_says_so_when_asked_why() -> None:
    made = centre()
    callback(made, "c1")
    assert "to be called back" in str(made.engine.why(InteractionId("c1")))


def promised(made: Centre, name: str, terms: CallbackTerms, *, waited: float = 0.0) -> list[Command]:
    """A promise that was made elsewhere: by a flow, or before a restart."""
    return made.tell(
        InteractionQueued(
            interaction=InteractionId(name),
            queue=QueueName("support"),
            enqueued_at=made.now - waited,
            callback=terms,
        )
    )


def test_who_was_promised_a_call_without_having_waited_is_offered_to_nobody() -> None:
    made = centre()
    made.log_on(agent("ann", english=1))
    decided = promised(made, "i1", CallbackTerms())
    assert (offers(decided), called(decided)) == ({}, ["i1"])
    assert offers(made.tell(CallbackAnswered(interaction=InteractionId("i1")))) == {"i1": "ann"}


def test_calls_made_before_count_and_the_pause_after_the_last_is_kept() -> None:
    made = centre()
    made.log_on(agent("ann", english=1))
    promised(made, "i1", CallbackTerms(attempts=3, made=2, pause=100.0))
    assert called(made.wait(99)) == []
    (released,) = every(made.wait(2), ReleaseCallback)
    assert (released.interaction, released.attempt) == ("i1", 3)
    (dropped,) = every(made.tell(CallbackUnanswered(interaction=InteractionId("i1"))), DropCallback)
    assert dropped.why is DropReason.NOT_REACHED


def test_a_call_that_is_being_made_already_takes_its_place_among_the_promises() -> None:
    """Nobody else is called for the agent who is meant for that one."""
    made = centre()
    made.log_on(agent("ann", english=1))
    assert called(promised(made, "i1", CallbackTerms(made=1, calling=True))) == []
    promised(made, "i2", CallbackTerms())
    assert called(made.wait(5)) == []
    made.tell(CallbackUnanswered(interaction=InteractionId("i1")))
    assert called(made.wait(5)) == ["i2"]


def test_a_promise_keeps_the_place_that_it_was_given() -> None:
    made = centre()
    made.log_on(agent("ann", english=1), ready=False)
    made.queue("i2")
    promised(made, "i1", CallbackTerms(made=1, calling=True), waited=60.0)
    made.tell(CallbackAnswered(interaction=InteractionId("i1")))
    assert [each.interaction for each in made.engine.waiting()] == ["i1", "i2"]


@pytest.mark.parametrize(
    "terms",
    [
        CallbackTerms(attempts=0),
        CallbackTerms(made=-1),
        CallbackTerms(calling=True),
        CallbackTerms(expires_after=inf),
        CallbackTerms(pause=nan),
        CallbackTerms(retry_after=-1.0),
    ],
)
def test_impossible_terms_are_recorded_and_change_nothing(terms: CallbackTerms) -> None:
    made = centre()
    assert only(promised(made, "i1", terms), RequestResynchronisation) is not None
    assert made.engine.waiting() == []
    made.queue("i1")


def test_who_was_called_back_is_not_given_away_for_the_time_before() -> None:
    """He would be led round in a circle."""
    made = Centre()
    away = Overflow(cause=OverflowCause.WAITED, limit=60.0, to=OverflowTo.CALLBACK, name="callback_offer")
    made.configure(Queue(name=QueueName("support"), requirements=needs(english=1), overflows=(away,)))
    made.log_on(agent("ann", english=1), ready=False)
    promised(made, "i1", CallbackTerms(made=1, calling=True), waited=300.0)
    assert every(made.tell(CallbackAnswered(interaction=InteractionId("i1"))), DivertInteraction) == []
    assert every(made.wait(59), DivertInteraction) == []
    assert [one.name for one in every(made.wait(2), DivertInteraction)] == ["callback_offer"]
