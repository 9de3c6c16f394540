"""What scripts/validate_routing says is exact, in short: it holds, and the comparison notices when it does not."""

from __future__ import annotations

from math import inf
from random import Random

import pytest

from acd.model import AgentSelection, InteractionId, Queue
from acd.simulation import Arrival
from callcenter.catalogue import load_catalogue
from tests.benchmarks.routing import exact
from tests.benchmarks.routing.bilingual import Callers
from tests.benchmarks.routing.exact import CONSERVED, FIXED_RATIO, differences, kiefer_wolfowitz, total_wait
from tests.benchmarks.routing.policy import (
    FIFO,
    HEAD_START,
    ONE,
    OVERDUE_AFTER,
    OVERDUE_FACTOR,
    STRICT,
    SUPPORT,
    VIP,
)
from tests.benchmarks.routing.traffic import AHT, people, poisson
from tests.support.servers import TREE


class TestExact:
    @pytest.mark.parametrize("patience", [inf, AHT])
    @pytest.mark.parametrize("agents", [1, 7])
    def test_first_come_first_served_equals_the_recursion(self, agents: int, patience: float) -> None:
        assert differences(3, 2000, agents, patience) == 0

    def test_the_comparison_notices_a_difference(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another order of service must not pass for first come first served."""
        monkeypatch.setattr(exact, "FIFO", STRICT)
        monkeypatch.setattr(exact, "poisson", lambda *given, **named: poisson(*given, vip_share=0.5, **named))
        assert differences(3, 2000, 7, inf) > 100

    def test_the_recursion_by_hand(self) -> None:
        def caller(number: int, at: float, work: float, patience: float = inf) -> Arrival:
            return Arrival(at=at, interaction=InteractionId(str(number)), queue=SUPPORT, work=work, patience=patience)

        arrivals = [caller(1, 0, 100), caller(2, 10, 50), caller(3, 20, 5, patience=10), caller(4, 30, 5)]
        assert list(kiefer_wolfowitz(arrivals, 2)) == [0, 0, 10, 30]

    @pytest.mark.parametrize("policy", [*CONSERVED, FIXED_RATIO])
    def test_the_sum_of_waits_does_not_depend_on_the_order_of_service(self, policy: str) -> None:
        plain = total_wait(5, 2000, FIFO.name)
        assert plain > 0
        assert total_wait(5, 2000, policy) == pytest.approx(plain, rel=1e-9)

    def test_the_policies_do_differ(self) -> None:
        """What is conserved is the sum, not each one's wait."""
        arrivals = list(poisson(5, 2000, 0.1, vip_share=0.1))
        waits = {
            policy.name: [each.wait for each in policy.day(people(20), arrivals).outcomes if each.label == VIP]
            for policy in (FIFO, STRICT, ONE)
        }
        assert sum(waits[STRICT.name]) < 0.5 * sum(waits[FIFO.name])
        assert sum(waits[ONE.name]) < 0.6 * sum(waits[FIFO.name])


def test_callers_who_gave_up_call_again_in_order_of_time() -> None:
    class Always(Random):
        def random(self) -> float:
            return 0.0

    first = [Arrival(at=at, interaction=InteractionId(str(at)), queue=SUPPORT, work=1.0) for at in (0.0, 100.0, 2000.0)]
    callers = Callers(Always(), {each.interaction: each for each in first})
    seen = []
    for each in callers:
        seen.append((each.interaction, each.at))
        if each.interaction == "0.0":
            callers.gave_up(each.interaction, 10.0)
    assert seen == [("0.0", 0.0), ("100.0", 100.0), ("0.0 again", 1210.0), ("2000.0", 2000.0)]


def test_what_is_shipped_is_what_is_validated() -> None:
    """The one configuration is that of config/: every queue's but the one for lost cards, and the rule for VIPs."""
    catalogue = load_catalogue(TREE / "config")
    for queue in (plan.routing for plan in catalogue.queues.values() if plan.name != "cards"):
        assert (queue.overdue_after, queue.overdue_factor) == (OVERDUE_AFTER, OVERDUE_FACTOR)
        assert (queue.selection, queue.head_start, queue.expert_hold) == (AgentSelection.LEAST_SPECIALISED, 0.0, 0.0)
        assert queue.index == Queue(name=SUPPORT).index
    (vips,) = (rule for rule in catalogue.rules if rule.name == "VIPs first")
    assert vips.prefers_expert
    assert vips.head_start == HEAD_START == ONE.head_start
    assert ONE.expert
