"""What decides between queues, and between taking who is ready and holding for an expert."""

from __future__ import annotations

from random import Random

from acd.commands import OfferInteraction
from acd.events import InteractionEnded, OfferAccepted, OfferRefused
from acd.model import (
    DECLINED,
    Agent,
    AgentId,
    AgentSelection,
    InteractionId,
    Queue,
    QueueName,
    RequestedState,
    SkillName,
    TunableIndex,
)
from acd.simulation import Arrival, Shift, simulate
from tests.acd.world import Centre, agent, needs, offers, only
from tests.support.properties import examples


def queue(name: str, *, share: float | None = None, index: TunableIndex | None = None) -> Queue:
    return Queue(name=QueueName(name), share=share, index=index or TunableIndex())


class TestTunableIndex:
    def test_a_queue_whose_wait_weighs_double_does_not_overtake_at_once(self) -> None:
        made = Centre()
        made.configure(queue("slow"), queue("fast", index=TunableIndex(wait=2.0)))
        made.queue("i1", "slow")
        made.now += 60
        made.queue("i2", "fast")
        made.now += 59
        assert offers(made.log_on(agent("ann"))) == {"i1": "ann"}

    def test_after_as_long_again(self) -> None:
        made = Centre()
        made.configure(queue("slow"), queue("fast", index=TunableIndex(wait=2.0)))
        made.queue("i1", "slow")
        made.now += 60
        made.queue("i2", "fast")
        made.now += 61
        assert offers(made.log_on(agent("ann"))) == {"i2": "ann"}

    def test_a_group_may_have_its_own_queue_first(self) -> None:
        made = Centre()
        mine = TunableIndex(groups=(("north", 100.0),))
        made.configure(queue("any"), queue("north", index=mine))
        made.queue("i1", "any")
        made.now += 50
        made.queue("i2", "north")
        northerner = Agent(agent=AgentId("ann"), group="north")
        assert offers(made.log_on(northerner)) == {"i2": "ann"}
        assert offers(made.log_on(agent("bob"))) == {"i1": "bob"}


class TestOverdue:
    """A VIP's head start as long as the time after which one is overdue: first until then, and no longer."""

    def centre(self) -> Centre:
        made = Centre()
        made.configure(Queue(name=QueueName("support"), overdue_after=100.0), queue("other"))
        made.queue("regular")
        return made

    def test_vips_pass_until_then(self) -> None:
        made = self.centre()
        made.wait(99)
        made.queue("vip", head_start=1000.0)
        assert offers(made.log_on(agent("ann"))) == {"vip": "ann"}

    def test_nobody_passes_afterwards(self) -> None:
        made = self.centre()
        made.log_on(agent("bob"), ready=False)
        made.wait(50)
        made.queue("vip", head_start=1000.0)
        made.queue("vip elsewhere", "other", head_start=1000.0)
        made.wait(50)
        assert "1. of 3 for the same agents, overdue" in str(made.engine.why(InteractionId("regular")))
        assert [each.interaction for each in made.engine.waiting()] == ["regular", "vip", "vip elsewhere"]
        assert offers(made.log_on(agent("ann"))) == {"regular": "ann"}

    def test_among_the_overdue_head_starts_count_again(self) -> None:
        made = self.centre()
        made.queue("vip", head_start=1000.0)
        made.wait(100)
        assert [each.interaction for each in made.engine.waiting()] == ["vip", "regular"]

    def test_an_offer_that_comes_to_nothing_does_not_lose_it(self) -> None:
        made = self.centre()
        made.log_on(agent("ann"), ready=False)
        made.wait(95)
        made.request("ann", RequestedState.READY)
        made.wait(10)
        made.queue("vip", head_start=1000.0)
        made.tell(OfferRefused(offer=made.engine.offers()[0].offer, reason=DECLINED))
        assert [each.interaction for each in made.engine.waiting()] == ["regular", "vip"]

    def test_the_queues_new_rules_count_at_once(self) -> None:
        made = self.centre()
        made.queue("vip", head_start=1000.0)
        made.wait(20)
        made.configure(Queue(name=QueueName("support"), overdue_after=10.0), queue("other"))
        made.queue("late vip", head_start=1000.0)
        assert [each.interaction for each in made.engine.waiting()] == ["vip", "regular", "late vip"]


class TestPriorityAndWeight:
    def test_a_point_of_priority_is_a_minute(self) -> None:
        made = Centre()
        made.configure(queue("plain"), Queue(name=QueueName("first"), priority=2, head_start=5.0))
        made.queue("i1", "plain")
        made.now += 124
        made.queue("i2", "first")
        assert [each.interaction for each in made.engine.waiting()] == ["i2", "i1"]
        made.now += 2
        made.queue("i3", "first")
        assert offers(made.log_on(agent("ann"))) == {"i2": "ann"}
        assert offers(made.log_on(agent("bob"))) == {"i1": "bob"}

    def test_with_double_weight_half_the_wait_is_as_urgent(self) -> None:
        made = Centre()
        made.configure(queue("plain"), Queue(name=QueueName("heavy"), weight=2.0))
        made.queue("i1", "plain")
        made.now += 60
        made.queue("i2", "heavy")
        made.now += 59
        assert offers(made.log_on(agent("ann"))) == {"i1": "ann"}
        made.queue("i3", "plain", enqueued_at=made.now - 119)
        made.now += 2
        assert offers(made.log_on(agent("bob"))) == {"i2": "bob"}


class TestFixedQueueRatio:
    def test_lengths_keep_the_ratio_and_the_total_is_that_of_first_come_first_served(self) -> None:
        number_of_arrivals = examples(10_000)
        # No ratio can be kept while hardly anybody waits, as at the beginning: that weighs more in a short run.
        tolerance = 0.05 if number_of_arrivals >= 10_000 else 0.2
        lengths = {}
        for shares in ((1.0, 3.0), (None, None)):
            random = Random(4)
            at = 0.0
            arrivals = []
            for number in range(number_of_arrivals):
                at += random.expovariate(1 / 10)
                name = QueueName(random.choice(("a", "b")))
                arrivals.append(Arrival(at=at, interaction=InteractionId(str(number)), queue=name, work=1.0))
            work = Random(5)
            day = simulate(
                queues=[queue("a", share=shares[0]), queue("b", share=shares[1])],
                shifts=[Shift(agent=agent(f"a{number}")) for number in range(5)],
                arrivals=arrivals,
                work_of=lambda _arrival, _agent, _now, work=work: work.expovariate(1 / 49.4),  # type: ignore[misc]
            )
            # By Little's law mean lengths are as the sums of waits.
            lengths[shares] = [sum(each.wait for each in day.outcomes if each.queue == name) for name in ("a", "b")]
        ratio, plain = lengths[1.0, 3.0], lengths[None, None]
        assert abs(ratio[1] / ratio[0] / 3.0 - 1) < tolerance
        assert abs(sum(ratio) / sum(plain) - 1) < 0.01


class TestHoldingForAnExpert:
    def centre(self, hold: float) -> Centre:
        made = Centre()
        made.configure(
            Queue(name=QueueName("support"), requirements=needs(english=1), expert_hold=hold, expert_level=8)
        )
        for number in range(10):
            made.log_on(agent(f"expert{number}", english=9))
            offer = only(made.queue(f"for {number}"), OfferInteraction).offer
            made.tell(OfferAccepted(offer=offer))
        made.log_on(agent("novice", english=2))
        return made

    def test_a_vip_holds_while_an_expert_is_expected_in_time(self) -> None:
        made = self.centre(hold=30.0)  # ten experts of 240 s each: one every 24 s
        assert offers(made.queue("vip", prefers_expert=True)) == {}
        assert "an expert is expected" in str(made.engine.why(InteractionId("vip")))
        assert offers(made.queue("other")) == {"other": "novice"}, "others do not wait behind"
        ended = made.tell(InteractionEnded(agent=AgentId("expert3"), interaction=InteractionId("for 3")))
        assert offers(ended) == {"vip": "expert3"}

    def test_not_longer_than_configured(self) -> None:
        made = self.centre(hold=30.0)
        made.queue("vip", prefers_expert=True)
        assert offers(made.wait(29)) == {}
        assert offers(made.wait(1)) == {"vip": "novice"}

    def test_not_at_all_if_none_is_expected_in_time(self) -> None:
        assert offers(self.centre(hold=20.0).queue("vip", prefers_expert=True)) == {"vip": "novice"}

    def test_at_the_very_end_of_the_time_is_still_in_time(self) -> None:
        assert offers(self.centre(hold=24.0).queue("vip", prefers_expert=True)) == {}
        assert offers(self.centre(hold=23.9).queue("vip", prefers_expert=True)) == {"vip": "novice"}

    def test_those_who_hold_already_come_first(self) -> None:
        """One of nine experts is free every 26.7 s: the second who would hold gets the novice."""
        made = self.centre(hold=25.0)
        assert offers(made.queue("first", prefers_expert=True)) == {}
        assert offers(made.queue("second", prefers_expert=True)) == {"second": "novice"}

    def test_regular_callers_never_hold(self) -> None:
        assert offers(self.centre(hold=30.0).queue("i1")) == {"i1": "novice"}


def test_least_occupied_shares_work_between_fast_and_slow() -> None:
    """Skills are named, so that two agents with the same skill differ in speed alone."""
    random = Random(9)
    at = 0.0
    arrivals = []
    for number in range(6000):
        at += random.expovariate(1 / 10)
        arrivals.append(
            Arrival(
                at=at, interaction=InteractionId(str(number)), queue=QueueName("q"), work=random.expovariate(1 / 35)
            )
        )
    shifts = [Shift(agent=Agent(agent=AgentId(f"a{number}"), skills={SkillName("x"): 1})) for number in range(4)]
    day = simulate(
        queues=[Queue(name=QueueName("q"), selection=AgentSelection.LEAST_OCCUPIED)],
        shifts=shifts,
        arrivals=arrivals,
        work_of=lambda arrival, agent_id, _now: arrival.work * (1.5 if agent_id in {"a0", "a1"} else 0.5),
    )
    busy = sorted(day.busy.values())
    assert busy[-1] / busy[0] < 1.03
