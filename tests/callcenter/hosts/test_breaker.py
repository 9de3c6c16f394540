"""When a host that fails is left alone, and when it is asked again."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.hosts.breaker import BreakerState, CircuitBreaker
from callcenter.hosts.model import BreakerPlan

PLAN = BreakerPlan(failures=3, seconds=10.0)


def opened(at: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker(PLAN)
    for _ in range(PLAN.failures):
        assert breaker.allows(at)
        breaker.failed(at)
    return breaker


def test_single_failures_change_nothing() -> None:
    breaker = CircuitBreaker(PLAN)
    for second in range(20):
        assert breaker.allows(second)
        if second % 3 == 2:
            breaker.succeeded()
        else:
            breaker.failed(second)
    assert breaker.state is BreakerState.CLOSED


def test_after_failures_in_a_row_it_is_left_alone_for_a_while() -> None:
    breaker = opened()
    assert breaker.state is BreakerState.OPEN
    assert not breaker.allows(9.9)


def test_then_one_at_a_time_may_try() -> None:
    breaker = opened()
    assert breaker.allows(10.0)
    assert breaker.state is BreakerState.HALF_OPEN
    assert not breaker.allows(10.0)
    breaker.succeeded()
    assert all(breaker.allows(10.0) for _ in range(5))


def test_a_trial_that_fails_closes_the_door_again_at_once() -> None:
    breaker = opened()
    assert breaker.allows(10.0)
    breaker.failed(11.0)
    assert not breaker.allows(20.9)
    assert breaker.allows(21.0)


def test_a_caller_who_hangs_up_meanwhile_leaves_the_trial_to_the_next() -> None:
    breaker = opened()
    assert breaker.allows(10.0)
    breaker.abandoned()
    assert breaker.allows(10.0)


@given(st.lists(st.tuples(st.sampled_from(["ask", "succeed", "fail", "abandon"]), st.floats(0, 5)), max_size=60))
def test_whatever_happens_a_host_that_is_well_again_is_asked_again(history: list[tuple[str, float]]) -> None:
    breaker, now = CircuitBreaker(PLAN), 0.0
    for what, later in history:
        now += later
        if not breaker.allows(now):
            continue
        match what:
            case "succeed" | "ask":
                breaker.succeeded()
            case "fail":
                breaker.failed(now)
            case _:
                breaker.abandoned()
    assert breaker.allows(now + PLAN.seconds)
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
