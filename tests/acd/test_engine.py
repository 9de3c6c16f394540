"""One scenario per rule of the routing engine, told through its public entrance."""

from __future__ import annotations

from dataclasses import replace

from acd import RoutingEngine
from acd.agent import INTERRUPTIONS
from acd.commands import (
    CancelOffer,
    CancelReason,
    OfferInteraction,
    ReportAgentState,
    RequestResynchronisation,
)
from acd.events import (
    AgentConfigured,
    AgentLoggedOff,
    AgentReleased,
    AgentReserved,
    DeviceRegistrationChanged,
    EngagementPhase,
    EngagementRestored,
    InteractionAbandoned,
    InteractionEnded,
    InterruptionsConfigured,
    OfferAccepted,
    OfferAlerting,
    OfferFailed,
    OfferRefused,
    OfferUnanswered,
    QueueOpeningChanged,
    WorkTakenOver,
    WrapUpCompleted,
    WrapUpExtended,
)
from acd.model import (
    DECLINED,
    MISSED_CALL,
    PHONE_FAILED,
    PHONE_UNREACHABLE,
    AgentId,
    AgentState,
    Exclusion,
    InteractionId,
    Medium,
    Occasion,
    OfferId,
    Overflow,
    OverflowCause,
    OverflowTo,
    PreferredAgent,
    Queue,
    QueueName,
    RequestedState,
    RequestId,
    Requirement,
    WorkKind,
    WrapUp,
    WrapUpMode,
)
from tests.acd.world import Centre, agent, every, needs, offers, only, refusal, state

ANN, BOB, EVE = AgentId("ann"), AgentId("bob"), AgentId("eve")
FIXED = WrapUp(mode=WrapUpMode.FIXED, seconds=30.0, extension_limit=60.0)
DISPOSITION = WrapUp(mode=WrapUpMode.UNTIL_DISPOSITION)


def support(*, wrap_up: WrapUp | None = None, requirements: Requirement | None = None, name: str = "support") -> Queue:
    return Queue(name=QueueName(name), requirements=requirements or needs(english=1), wrap_up=wrap_up or WrapUp())


def centre(*, wrap_up: WrapUp | None = None) -> Centre:
    made = Centre()
    made.configure(support(wrap_up=wrap_up))
    return made


def talking(made: Centre, interaction: str = "i1") -> OfferId:
    """Ann is logged on and talks on ``interaction``."""
    made.log_on(agent("ann", english=5))
    offer = only(made.queue(interaction), OfferInteraction).offer
    made.tell(OfferAccepted(offer=offer))
    return offer


class TestSelection:
    def test_others_go_to_the_least_specialised_who_suffices(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=9))
        made.log_on(agent("bob", english=3))
        made.log_on(agent("eve", german=1))
        assert offers(made.queue("i1")) == {"i1": "bob"}

    def test_a_vip_goes_to_the_most_proficient(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=3))
        made.log_on(agent("bob", english=9))
        made.log_on(agent("eve", english=6, german=9))
        assert offers(made.queue("i1", prefers_expert=True)) == {"i1": "bob"}

    def test_equals_are_taken_by_idle_time(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5), ready=False)
        made.log_on(agent("bob", english=5))
        made.now += 5
        made.request("ann", RequestedState.READY)
        assert offers(made.queue("i1")) == {"i1": "bob"}

    def test_nobody_who_lacks_a_skill_is_offered_anything(self) -> None:
        made = centre()
        made.log_on(agent("ann", german=9))
        assert offers(made.queue("i1")) == {}
        assert made.engine.waiting()[0].interaction == "i1"

    def test_skills_learned_meanwhile_count_at_once(self) -> None:
        made = centre()
        made.log_on(agent("ann", german=9))
        made.queue("i1")
        assert offers(made.tell(AgentConfigured(agent=agent("ann", german=9, english=1)))) == {"i1": "ann"}

    def test_requirements_of_the_interaction_are_added_to_those_of_the_queue(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.log_on(agent("bob", english=5, billing=4))
        assert offers(made.queue("i1", requirements=needs(billing=4))) == {"i1": "bob"}


class TestOrder:
    def test_first_come_first_served_within_a_queue(self) -> None:
        made = centre()
        made.queue("i1")
        made.now += 1
        made.queue("i2")
        assert offers(made.log_on(agent("ann", english=5))) == {"i1": "ann"}

    def test_a_head_start_overtakes_by_that_many_seconds_and_no_more(self) -> None:
        made = centre()
        made.queue("early")
        made.now += 100
        made.queue("late")
        made.queue("vip", head_start=90)
        assert [each.interaction for each in made.engine.waiting()] == ["early", "vip", "late"]

    def test_of_two_who_are_equal_in_two_queues_the_one_who_came_first_is_taken(self) -> None:
        """Whichever queue was there first: by the place in the order, then by arrival."""
        for first, second in (("support", "billing"), ("billing", "support")):
            made = Centre()
            made.configure(support(), support(name="billing", requirements=needs(billing=1)))
            made.queue("gone", second)  # so this queue's line is the older one
            made.tell(InteractionAbandoned(interaction=InteractionId("gone")))
            made.queue("i1", first)
            made.queue("i2", second)
            commands = made.log_on(agent("ann", english=5, billing=5))
            assert offers(commands) == {"i1": "ann"}
            offer = only(commands, OfferInteraction)
            assert [who for who, _ in offer.trace.compared] == ["i1", "i2"]

    def test_an_agent_takes_the_first_across_queues(self) -> None:
        made = Centre()
        made.configure(support(), support(name="billing", requirements=needs(billing=1)))
        made.queue("i1", "billing")
        made.now += 1
        made.queue("i2", "support")
        assert offers(made.log_on(agent("ann", english=5, billing=5))) == {"i1": "ann"}

    def test_after_a_recovery_the_old_place_counts(self) -> None:
        made = centre()
        made.queue("i2")
        made.queue("i1", enqueued_at=made.now - 60)
        assert offers(made.log_on(agent("ann", english=5))) == {"i1": "ann"}

    def test_a_time_of_queueing_in_the_future_or_nowhere_counts_as_now(self) -> None:
        made = centre()
        made.queue("i1", enqueued_at=made.now + 99)
        made.queue("i2", enqueued_at=float("nan"))
        assert [each.enqueued_at for each in made.engine.waiting()] == [made.now, made.now]


class TestOffer:
    def test_names_the_epoch_and_expires_by_the_queues_timeout(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        offer = only(made.queue("i1"), OfferInteraction)
        assert offer.offer.startswith("7-")
        assert offer.expires_at == made.now + 20.0

    def test_nobody_is_offered_twice_at_once(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        assert offers(made.queue("i2")) == {}

    def test_accepted_the_agent_is_busy_with_it(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        offer = only(made.queue("i1"), OfferInteraction).offer
        assert made.tell(OfferAlerting(offer=offer)) == []
        busy = state(made.tell(OfferAccepted(offer=offer)), "ann")
        assert (busy.state, busy.pending, busy.interactions) == (
            AgentState.BUSY,
            AgentState.READY,
            (InteractionId("i1"),),
        )
        assert made.engine.waiting() == []

    def test_unanswered_makes_not_ready_sticky_and_the_caller_keeps_the_place(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        made.now += 1
        made.queue("i2")
        commands = made.wait(19)
        assert only(commands, CancelOffer).why is CancelReason.UNANSWERED
        missed = state(commands, "ann")
        assert (missed.state, missed.reason) == (AgentState.NOT_READY, MISSED_CALL)
        assert offers(made.wait(600)) == {}
        assert offers(made.log_on(agent("bob", english=5))) == {"i1": "bob"}

    def test_unanswered_told_by_the_switch_is_not_cancelled_again(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        offer = only(made.queue("i1"), OfferInteraction).offer
        commands = made.tell(OfferUnanswered(offer=offer))
        assert every(commands, CancelOffer) == []
        assert state(commands, "ann").reason == MISSED_CALL

    def test_refused_goes_to_the_next_agent(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.log_on(agent("bob", english=5))
        offer = only(made.queue("i1"), OfferInteraction)
        commands = made.tell(OfferRefused(offer=offer.offer))
        assert state(commands, "ann").reason == DECLINED
        assert offers(commands) == {"i1": "bob"}
        assert only(commands, OfferInteraction).trace.occasion is Occasion.OFFER_RETURNED

    def test_failed_by_the_device_makes_the_agent_not_ready(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        offer = only(made.queue("i1"), OfferInteraction).offer
        assert state(made.tell(OfferFailed(offer=offer)), "ann").reason == PHONE_FAILED

    def test_failed_otherwise_is_tried_again_after_a_moment(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        offer = only(made.queue("i1"), OfferInteraction).offer
        assert made.tell(OfferFailed(offer=offer, device_trouble=False)) == []
        assert offers(made.queue("i2")) == {"i2": "ann"}, "others are not held up"
        made.tell(InteractionAbandoned(interaction=InteractionId("i2")))
        assert offers(made.wait(1.9)) == {}
        assert offers(made.wait(0.2)) == {"i1": "ann"}

    def test_an_answer_to_an_old_offer_changes_nothing(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        offer = only(made.queue("i1"), OfferInteraction).offer
        made.wait(20)
        before = made.engine.agent_states()
        late = made.tell(OfferAccepted(offer=offer))
        assert [type(command) for command in late] == [RequestResynchronisation]
        assert made.engine.agent_states() == before
        assert [each.interaction for each in made.engine.waiting()] == ["i1"]

    def test_abandoned_while_it_rings_frees_the_agent_for_the_next(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        made.queue("i2")
        commands = made.tell(InteractionAbandoned(interaction=InteractionId("i1")))
        assert only(commands, CancelOffer).why is CancelReason.ABANDONED
        assert offers(commands) == {"i2": "ann"}

    def test_an_abandoned_offer_does_not_cost_the_place_among_the_idle(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.now += 1
        made.log_on(agent("bob", english=5))
        made.queue("i1")
        made.now += 1
        made.tell(InteractionAbandoned(interaction=InteractionId("i1")))
        assert offers(made.queue("i2")) == {"i2": "ann"}


class TestAgentStates:
    def test_who_signs_in_is_not_ready(self) -> None:
        made = centre()
        shown = state(made.log_on(agent("ann"), ready=False), "ann")
        assert (shown.state, shown.reason) == (AgentState.NOT_READY, "signed in")

    def test_ready_without_a_phone_is_refused(self) -> None:
        made = centre()
        made.log_on(agent("ann"), ready=False, registered=False)
        assert refusal(made.request("ann", RequestedState.READY)) == "PHONE_UNREACHABLE"

    def test_a_lost_phone_heals(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        gone = state(made.tell(DeviceRegistrationChanged(agent=ANN, registered=False)), "ann")
        assert (gone.state, gone.reason) == (AgentState.NOT_READY, PHONE_UNREACHABLE)
        made.queue("i1")
        back = made.tell(DeviceRegistrationChanged(agent=ANN, registered=True))
        assert state(back, "ann").state is AgentState.READY
        assert offers(back) == {"i1": "ann"}

    def test_a_lost_phone_does_not_end_a_break(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.request("ann", RequestedState.NOT_READY, "break")
        made.tell(DeviceRegistrationChanged(agent=ANN, registered=False))
        made.tell(DeviceRegistrationChanged(agent=ANN, registered=True))
        (shown,) = made.engine.agent_states()
        assert (shown.state, shown.reason) == (AgentState.NOT_READY, "break")

    def test_a_phone_lost_while_it_rings_returns_the_caller(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        made.log_on(agent("bob", english=5))
        commands = made.tell(DeviceRegistrationChanged(agent=ANN, registered=False))
        assert only(commands, CancelOffer).why is CancelReason.PHONE_UNREACHABLE
        assert offers(commands) == {"i1": "bob"}

    def test_phones_of_strangers_are_nobodys_business(self) -> None:
        assert centre().tell(DeviceRegistrationChanged(agent=EVE, registered=False)) == []

    def test_a_state_chosen_in_a_call_is_pending(self) -> None:
        made = centre()
        talking(made)
        shown = state(made.request("ann", RequestedState.NOT_READY, "break"), "ann")
        assert (shown.state, shown.pending, shown.pending_reason) == (
            AgentState.BUSY,
            AgentState.NOT_READY,
            "break",
        )
        done = state(made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i1"))), "ann")
        assert (done.state, done.reason) == (AgentState.NOT_READY, "break")

    def test_a_break_asked_for_while_it_rings_follows_the_ringing(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        shown = state(made.request("ann", RequestedState.NOT_READY, "break"), "ann")
        assert (shown.state, shown.pending) == (AgentState.READY, AgentState.NOT_READY)
        gone = state(made.tell(InteractionAbandoned(interaction=InteractionId("i1"))), "ann")
        assert (gone.state, gone.reason) == (AgentState.NOT_READY, "break")

    def test_logging_off_is_possible_from_not_ready_only(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        assert refusal(made.request("ann", RequestedState.LOGGED_OFF)) == "LOG_OFF_FROM_NOT_READY_ONLY"
        made.request("ann", RequestedState.NOT_READY, "end of shift")
        assert state(made.request("ann", RequestedState.LOGGED_OFF), "ann").state is AgentState.NULL
        assert refusal(made.request("ann", RequestedState.READY)) == "UNKNOWN_AGENT"

    def test_a_forced_log_off_returns_the_offer(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        commands = made.tell(AgentLoggedOff(agent=ANN))
        assert only(commands, CancelOffer).why is CancelReason.AGENT_GONE
        assert state(commands, "ann").state is AgentState.NULL
        assert [each.offered_to for each in made.engine.waiting()] == [None]

    def test_logging_on_again_only_brings_the_skills_up_to_date(self) -> None:
        made = centre()
        made.log_on(agent("ann", german=5))
        made.queue("i1")
        commands = made.log_on(agent("ann", english=5), ready=False)
        assert offers(commands) == {"i1": "ann"}
        assert every(commands, ReportAgentState) == []


class TestWrapUp:
    def test_fixed_ends_by_time(self) -> None:
        made = centre(wrap_up=FIXED)
        talking(made)
        shown = state(made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i1"))), "ann")
        assert (shown.state, shown.deadline) == (AgentState.WORKING_AFTER_CALL, made.now + 30)
        made.queue("i2")
        assert offers(made.wait(29)) == {}
        assert offers(made.wait(1)) == {"i2": "ann"}

    def test_fixed_ends_by_completion(self) -> None:
        made = centre(wrap_up=FIXED)
        talking(made)
        made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i1")))
        done = made.tell(WrapUpCompleted(agent=ANN, interaction=InteractionId("i1")))
        assert state(done, "ann").state is AgentState.READY
        assert made.engine.next_deadline() is None

    def test_extended_within_the_limit(self) -> None:
        made = centre(wrap_up=FIXED)
        talking(made)
        made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i1")))
        ended = made.now

        def extend(seconds: float) -> WrapUpExtended:
            return WrapUpExtended(
                request_id=RequestId("r"), agent=ANN, interaction=InteractionId("i1"), seconds=seconds
            )

        assert state(made.tell(extend(60)), "ann").deadline == ended + 90
        assert refusal(made.tell(extend(1))) == "EXTENSION_LIMIT"
        assert refusal(made.tell(extend(-5))) == "EXTENSION_LIMIT"
        assert made.wait(89) == []
        assert state(made.wait(1), "ann").state is AgentState.READY

    def test_until_disposition_nothing_else_ends_it(self) -> None:
        made = centre(wrap_up=DISPOSITION)
        talking(made)
        made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i1")))
        assert made.wait(9999) == []
        incomplete = WrapUpCompleted(agent=ANN, interaction=InteractionId("i1"), request_id=RequestId("r"))
        assert refusal(made.tell(incomplete)) == "DISPOSITION_REQUIRED"
        done = WrapUpCompleted(agent=ANN, interaction=InteractionId("i1"), has_disposition=True)
        assert state(made.tell(done), "ann").state is AgentState.READY

    def test_completed_during_the_call_none_follows(self) -> None:
        made = centre(wrap_up=DISPOSITION)
        talking(made)
        made.tell(WrapUpCompleted(agent=ANN, interaction=InteractionId("i1"), has_disposition=True))
        ended = made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i1")))
        assert state(ended, "ann").state is AgentState.READY

    def test_optional_comes_only_when_asked_for(self) -> None:
        optional = WrapUp(mode=WrapUpMode.OPTIONAL, seconds=10)
        made = centre(wrap_up=optional)
        talking(made)
        ended = made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i1")))
        assert state(ended, "ann").state is AgentState.READY
        made.tell(OfferAccepted(offer=only(made.queue("i2"), OfferInteraction).offer))
        made.request("ann", RequestedState.WORKING_AFTER_CALL)
        ended = made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i2")))
        assert state(ended, "ann").state is AgentState.WORKING_AFTER_CALL

    def test_there_is_none_to_ask_for_when_idle_or_not_foreseen(self) -> None:
        made = centre()
        made.log_on(agent("bob", english=1))
        assert refusal(made.request("bob", RequestedState.WORKING_AFTER_CALL)) == "NOTHING_TO_WRAP_UP"
        offer = only(made.queue("i1"), OfferInteraction).offer
        made.tell(OfferAccepted(offer=offer))
        assert refusal(made.request("bob", RequestedState.WORKING_AFTER_CALL)) == "NOTHING_TO_WRAP_UP"


class TestOtherWork:
    def test_reserved_on_request_only_when_free(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        reserve = AgentReserved(agent=ANN, work=InteractionId("c1"), request_id=RequestId("r"))
        assert refusal(made.tell(reserve)) == "AGENT_NOT_FREE"
        made.tell(InteractionAbandoned(interaction=InteractionId("i1")))
        assert state(made.tell(reserve), "ann").state is AgentState.BUSY
        assert refusal(made.tell(reserve)) == "AGENT_NOT_FREE", "for the same work either"
        made.queue("i2")
        for agent_id, work, why in (("eve", "c1", "UNKNOWN_AGENT"), ("ann", "i2", "INTERACTION_WAITS")):
            asked = AgentReserved(agent=AgentId(agent_id), work=InteractionId(work), request_id=RequestId("r"))
            assert refusal(made.tell(asked)) == why

    def test_a_call_of_ones_own_cancels_the_offer(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        taken = AgentReserved(agent=ANN, work=InteractionId("c1"), kind=WorkKind.OUTBOUND)
        commands = made.tell(taken)
        assert only(commands, CancelOffer).why is CancelReason.AGENT_TAKEN
        assert [each.offered_to for each in made.engine.waiting()] == [None]
        freed = made.tell(AgentReleased(agent=ANN, work=InteractionId("c1")))
        assert offers(freed) == {"i1": "ann"}

    def test_what_was_taken_over_is_wrapped_up_by_its_queues_rule(self) -> None:
        made = centre(wrap_up=FIXED)
        made.log_on(agent("ann", english=5))
        made.tell(AgentReserved(agent=ANN, work=InteractionId("c1")))
        nothing = made.tell(WorkTakenOver(agent=ANN, work=InteractionId("c1"), queue=QueueName("support")))
        assert offers(nothing) == {}
        ended = state(made.tell(InteractionEnded(interaction=InteractionId("c1"), agent=ANN)), "ann")
        assert (ended.state, ended.deadline) == (AgentState.WORKING_AFTER_CALL, made.now + 30.0)

    def test_not_ready_before_is_not_ready_after(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.request("ann", RequestedState.NOT_READY, "training")
        made.tell(AgentReserved(agent=ANN, work=InteractionId("c1"), kind=WorkKind.OUTBOUND))
        freed = state(made.tell(AgentReleased(agent=ANN, work=InteractionId("c1"))), "ann")
        assert (freed.state, freed.reason) == (AgentState.NOT_READY, "training")


class TestMedia:
    def test_chats_up_to_the_capacity_and_none_beside_a_call(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5, capacities={Medium.VOICE: 1, Medium.CHAT: 2}))
        for name in ("c1", "c2"):
            made.tell(OfferAccepted(offer=only(made.queue(name, medium=Medium.CHAT), OfferInteraction).offer))
        assert offers(made.queue("c3", medium=Medium.CHAT)) == {}
        voice = made.queue("v1")
        assert offers(voice) == {"v1": "ann"}, "a call may interrupt chats"
        made.tell(OfferAccepted(offer=only(voice, OfferInteraction).offer))
        ended = made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("c1")))
        assert offers(ended) == {}, "nothing interrupts a call"
        ended = made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("v1")))
        assert offers(ended) == {"c3": "ann"}

    def test_who_does_not_handle_a_medium_is_not_offered_it(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        assert offers(made.queue("c1", medium=Medium.CHAT)) == {}


class TestPreferredAgent:
    def wish(self, seconds: float) -> PreferredAgent:
        return PreferredAgent(agent=BOB, wait=seconds)

    def test_taken_when_ready_even_if_another_would_come_first(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=1))
        made.log_on(agent("bob", german=9))
        assert offers(made.queue("i1", preferred=self.wish(0))) == {"i1": "bob"}

    def test_waited_for_then_anybody(self) -> None:
        made = centre()
        made.log_on(agent("bob"), ready=False)
        made.log_on(agent("ann", english=1))
        assert offers(made.queue("i1", preferred=self.wish(30))) == {}
        assert offers(made.wait(29)) == {}
        assert offers(made.wait(1)) == {"i1": "ann"}

    def test_is_one_of_many_when_the_time_is_over(self) -> None:
        """Who comes back to the line after it, say after a restart, goes to whom the queue's rule finds."""
        made = centre()
        made.log_on(agent("ann", english=1))
        made.now += 10
        made.log_on(agent("bob", english=1))
        commands = made.queue("i1", preferred=self.wish(30), enqueued_at=made.now - 31)
        assert offers(commands) == {"i1": "ann"}
        assert only(commands, OfferInteraction).trace.rule == "least specialised"

    def test_becomes_ready_in_time(self) -> None:
        made = centre()
        made.log_on(agent("bob", english=1), ready=False)
        made.queue("i1")
        made.now += 20
        made.queue("i2", preferred=self.wish(30))
        ready = made.request("bob", RequestedState.READY)
        assert offers(ready) == {"i2": "bob"}, "a minute's head start with the one waited for"
        assert only(ready, OfferInteraction).trace.rule == "preferred agent"

    def test_not_logged_on_is_not_waited_for(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=1))
        assert offers(made.queue("i1", preferred=self.wish(30))) == {"i1": "ann"}

    def test_leaving_releases_those_who_waited(self) -> None:
        made = centre()
        made.log_on(agent("bob"), ready=False)
        made.log_on(agent("ann", english=1))
        made.queue("i1", preferred=self.wish(30))
        assert offers(made.tell(AgentLoggedOff(agent=BOB))) == {"i1": "ann"}

    def test_who_let_the_offer_pass_is_not_waited_for_again(self) -> None:
        made = centre()
        made.log_on(agent("bob", english=1))
        made.log_on(agent("ann", english=1))
        offer = only(made.queue("i1", preferred=self.wish(300)), OfferInteraction)
        assert offers(made.tell(OfferRefused(offer=offer.offer))) == {"i1": "ann"}


class TestRecovery:
    def test_an_agent_found_talking_is_busy_and_the_interaction_waits_no_more(self) -> None:
        made = centre(wrap_up=FIXED)
        made.log_on(agent("ann", english=5))
        made.queue("i2")
        restored = EngagementRestored(
            agent=ANN,
            interaction=InteractionId("i1"),
            phase=EngagementPhase.CONNECTED,
            since=made.now - 60,
            queue=QueueName("support"),
        )
        commands = made.tell(restored)
        assert only(commands, CancelOffer).why is CancelReason.AGENT_TAKEN
        ended = made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("i1")))
        assert state(ended, "ann").state is AgentState.WORKING_AFTER_CALL

    def test_a_phone_found_ringing_is_an_offer_again(self) -> None:
        made = centre()
        made.queue("i1", enqueued_at=made.now - 40)
        made.log_on(agent("ann", english=5), ready=False)
        restored = EngagementRestored(
            agent=ANN,
            interaction=InteractionId("i1"),
            phase=EngagementPhase.ALERTING,
            since=made.now - 3,
            offer=OfferId("7-found"),
        )
        made.tell(restored)
        assert made.engine.waiting()[0].offered_to == "ann"
        assert state(made.tell(OfferAccepted(offer=OfferId("7-found"))), "ann").state is AgentState.BUSY

    def test_a_wrap_up_found_goes_on_from_when_it_began(self) -> None:
        made = centre(wrap_up=FIXED)
        made.log_on(agent("ann", english=5))
        restored = EngagementRestored(
            agent=ANN,
            interaction=InteractionId("i1"),
            phase=EngagementPhase.WRAP_UP,
            since=made.now - 10,
            queue=QueueName("support"),
        )
        shown = state(made.tell(restored), "ann")
        assert (shown.state, shown.deadline) == (AgentState.WORKING_AFTER_CALL, made.now + 20)
        assert made.engine.next_deadline() == made.now + 20
        assert state(made.wait(20), "ann").state is AgentState.READY

    def test_an_interaction_found_at_an_agent_waits_no_more(self) -> None:
        """Whether it was being offered to that agent, or to nobody; and whom the agent was offered goes to another."""
        made = centre()
        made.queue("i1")
        made.queue("i2")
        made.log_on(agent("ann", english=5))
        made.log_on(agent("bob", english=5), ready=False)
        assert [offer.interaction for offer in made.engine.offers()] == ["i1"]
        found = EngagementRestored(
            agent=ANN, interaction=InteractionId("i2"), phase=EngagementPhase.CONNECTED, since=made.now
        )
        commands = made.tell(found)
        assert only(commands, CancelOffer).why is CancelReason.AGENT_TAKEN
        assert [each.interaction for each in made.engine.waiting()] == ["i1"]
        assert offers(made.request("bob", RequestedState.READY)) == {"i1": "bob"}

    def test_an_interaction_found_at_the_agent_who_is_offered_it_is_not_offered_again(self) -> None:
        made = centre()
        made.queue("i1")
        made.log_on(agent("bob", english=5))
        made.log_on(agent("ann", english=5))
        found = EngagementRestored(
            agent=AgentId("bob"), interaction=InteractionId("i1"), phase=EngagementPhase.CONNECTED, since=made.now
        )
        assert offers(made.tell(found)) == {}
        assert made.engine.waiting() == []

    def test_whom_a_taken_agent_was_offered_goes_to_another_at_once(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        made.log_on(agent("bob", english=5))
        found = EngagementRestored(
            agent=ANN, interaction=InteractionId("c9"), phase=EngagementPhase.CONNECTED, since=made.now
        )
        assert offers(made.tell(found)) == {"i1": "bob"}

    def test_a_wrap_up_found_was_asked_for_where_it_has_to_be(self) -> None:
        made = centre(wrap_up=WrapUp(mode=WrapUpMode.OPTIONAL, seconds=30.0))
        made.log_on(agent("ann", english=5))
        restored = EngagementRestored(
            agent=ANN,
            interaction=InteractionId("i1"),
            phase=EngagementPhase.WRAP_UP,
            since=made.now,
            queue=QueueName("support"),
        )
        assert state(made.tell(restored), "ann").state is AgentState.WORKING_AFTER_CALL

    def test_a_phone_found_ringing_has_a_whole_offer_s_time_and_a_name_of_its_own(self) -> None:
        made = centre()
        made.queue("i1")
        made.log_on(agent("ann"), ready=True)
        restored = EngagementRestored(
            agent=ANN, interaction=InteractionId("i1"), phase=EngagementPhase.ALERTING, since=made.now - 3
        )
        made.tell(restored)
        (offer,) = made.engine.offers()
        assert (offer.offer, offer.made_at, offer.expires_at) == ("7-found-i1", made.now, made.now + 20)
        assert every(made.wait(19), CancelOffer) == []
        cancelled = only(made.wait(1), CancelOffer)
        assert (cancelled.offer, cancelled.why) == ("7-found-i1", CancelReason.UNANSWERED)


class TestConfiguration:
    def test_changes_while_running_keep_everybody_who_waits(self) -> None:
        made = Centre()
        made.configure(support(requirements=needs(german=1)), support(name="old"))
        made.queue("i1")
        made.queue("i2", "old")
        made.log_on(agent("ann", english=5))
        made.tell(InteractionAbandoned(interaction=InteractionId("i2")))
        made.queue("i3", "old")
        made.log_on(agent("bob", english=5))
        commands = made.configure(support())
        assert offers(commands) == {"i1": "bob"}
        assert {each.interaction for each in made.engine.waiting()} == {"i1", "i3"}

    def test_what_may_interrupt_what_changes_at_once(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5, capacities={Medium.VOICE: 1, Medium.CHAT: 1}))
        made.tell(OfferAccepted(offer=only(made.queue("c1", medium=Medium.CHAT), OfferInteraction).offer))
        made.tell(InterruptionsConfigured(interruptions={**INTERRUPTIONS, Medium.CHAT: frozenset()}))
        assert offers(made.queue("i1")) == {}, "whoever chats may not be called now"
        assert offers(made.tell(InterruptionsConfigured(interruptions=INTERRUPTIONS))) == {"i1": "ann"}

    def test_a_queue_that_is_configured_anew_is_open(self) -> None:
        made = centre()
        made.tell(QueueOpeningChanged(queue=QueueName("support"), is_open=False))
        made.configure()
        closed = Overflow(cause=OverflowCause.CLOSED, to=OverflowTo.MESSAGE, name="no")
        made.configure(replace(support(), overflows=(closed,)))
        made.queue("i1")
        assert made.engine.waiting_count == 1

    def test_an_unknown_queue_is_odd(self) -> None:
        assert only(centre().queue("i1", "nowhere"), RequestResynchronisation).why.startswith("InteractionQueued")


class TestWork:
    def test_how_long_it_takes_is_learned_queue_by_queue(self) -> None:
        """From the beginning of the talk to the end of the wrap-up; of a call of one's own nothing is learned."""
        made = Centre()
        made.configure(support(wrap_up=FIXED), support(name="billing", requirements=needs(billing=1)))
        made.log_on(agent("ann", english=5, billing=5))
        handling = made.engine._state.assignment.handling
        for queue, talk, expected in (("support", 100, 130), ("billing", 70, 70)):
            made.tell(OfferAccepted(offer=only(made.queue(f"to {queue}", queue), OfferInteraction).offer))
            made.wait(talk)
            made.tell(InteractionEnded(agent=ANN, interaction=InteractionId(f"to {queue}")))
            made.wait(30)
            assert handling.mean(QueueName(queue)) == expected
        made.tell(AgentReserved(agent=ANN, work=InteractionId("own")))
        made.wait(500)
        made.tell(InteractionEnded(agent=ANN, interaction=InteractionId("own")))
        assert handling.mean(QueueName("support")) == 130


class TestStates:
    def test_not_ready_counts_from_the_last_reason(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5), ready=False)
        made.now += 60
        shown = state(made.request("ann", RequestedState.NOT_READY, "lunch"), "ann")
        assert (shown.reason, shown.since) == ("lunch", made.now)

    def test_who_misses_an_offer_is_not_ready_from_that_moment(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        offer = only(made.queue("i1"), OfferInteraction)
        made.now += 15
        shown = state(made.tell(OfferUnanswered(offer=offer.offer)), "ann")
        assert (shown.state, shown.reason, shown.since) == (AgentState.NOT_READY, MISSED_CALL, made.now)
        assert state(made.request("ann", RequestedState.READY), "ann").state is AgentState.READY
        assert offers(made.wait(60)) or made.engine.waiting_count, "and gets offers again"


class TestImpossibleFacts:
    def test_are_told_of_with_what_was_wrong(self) -> None:
        made = centre()
        for event, why in (
            (QueueOpeningChanged(queue=QueueName("x"), is_open=True), "no such queue is configured"),
            (OfferAlerting(offer=OfferId("x")), "no such offer is waiting to alert"),
        ):
            said = only(made.tell(event), RequestResynchronisation)
            assert said.why == f"{type(event).__name__}: {why}"

    def test_are_recorded_and_change_nothing(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=5))
        made.queue("i1")
        before = (made.engine.waiting(), made.engine.agent_states())
        for event in (
            OfferAccepted(offer=OfferId("6-1")),
            OfferAlerting(offer=OfferId("x")),
            OfferFailed(offer=OfferId("x"), device_trouble=False),
            OfferUnanswered(offer=OfferId("x")),
            InteractionAbandoned(interaction=InteractionId("nobody")),
            InteractionEnded(agent=ANN, interaction=InteractionId("i1")),
            InteractionEnded(agent=EVE, interaction=InteractionId("i1")),
            AgentLoggedOff(agent=EVE),
            AgentReleased(agent=ANN, work=InteractionId("c1")),
            WrapUpCompleted(agent=ANN, interaction=InteractionId("i1")),
        ):
            commands = made.tell(event)
            assert [type(command) for command in commands] == [RequestResynchronisation], event
            assert (made.engine.waiting(), made.engine.agent_states()) == before
        assert len(made.engine.oddities) == 10

    def test_the_same_caller_twice_is_one_caller(self) -> None:
        made = centre()
        made.queue("i1")
        assert only(made.queue("i1"), RequestResynchronisation).why.endswith("waits already")
        assert len(made.engine.waiting()) == 1

    def test_time_that_runs_backwards_stands_still(self) -> None:
        engine = RoutingEngine(epoch=1)
        assert engine.handle_timer(100.0) == []
        assert engine.handle_timer(50.0) == []
        assert engine.handle_timer(float("nan")) == []
        assert [oddity.at for oddity in engine.oddities] == [100.0, 100.0]

    def test_the_record_is_bounded(self) -> None:
        made = centre()
        for _ in range(500):
            made.tell(AgentLoggedOff(agent=EVE))
        assert len(made.engine.oddities) == 200


class TestTrace:
    def test_counts_who_was_out_and_names_the_best(self) -> None:
        made = centre()
        made.log_on(agent("ann", english=9))
        made.log_on(agent("bob", english=3))
        made.log_on(agent("eve", german=3))
        made.log_on(agent("joe", english=3), ready=False)
        made.log_on(agent("kim", english=1))
        made.tell(AgentReserved(agent=AgentId("kim"), work=InteractionId("c1")))
        trace = only(made.queue("i1"), OfferInteraction).trace
        assert trace.rule == "least specialised"
        assert trace.eligible == 4
        assert dict(trace.excluded) == {
            Exclusion.LACKS_SKILL: 1,
            Exclusion.NOT_READY: 1,
            Exclusion.BUSY: 1,
        }
        assert [candidate.who for candidate in trace.best] == ["bob", "ann"]

    def test_of_an_agent_who_became_ready_names_the_interactions(self) -> None:
        made = centre()
        made.queue("i1")
        made.now += 7
        trace = only(made.log_on(agent("ann", english=5)), OfferInteraction).trace
        assert trace.occasion is Occasion.AGENT_BECAME_READY
        assert trace.waited == 7
        assert [candidate.who for candidate in trace.best] == ["i1"]
        assert trace.excluded == ()
