"""A circuit breaker: a host that keeps failing is left alone for a while, so that callers do not wait for nothing.

Pure: times are arguments. See M. Nygard, Release It! (2nd ed., 2018), chapter 5.

==========  =======================================  ============================================
state       asking                                   ends
==========  =======================================  ============================================
CLOSED      is allowed                               with so many failures in a row: OPEN
OPEN        is refused                               after so many seconds: with the next one who
                                                     asks, HALF_OPEN
HALF_OPEN   is allowed to one at a time              success: CLOSED; failure: OPEN
==========  =======================================  ============================================
"""

from __future__ import annotations

from enum import StrEnum

from callcenter.hosts.model import BreakerPlan


class BreakerState(StrEnum):
    """Whether the host is asked."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """The breaker of one host. Whoever was allowed to ask reports what came of it, once."""

    def __init__(self, plan: BreakerPlan) -> None:
        self._plan = plan
        self._failures = 0  # in a row
        self._closed_at: float | None = None  # when a host that is left alone may be asked again
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """The present state."""
        if self._closed_at is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self._probing else BreakerState.OPEN

    def allows(self, now: float) -> bool:
        """Tell whether the host may be asked at `now`; if so, one of the next three follows. Times are seconds."""
        if self._closed_at is None:
            return True
        if self._probing or now < self._closed_at:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The host has answered, whatever it said."""
        self._failures = 0
        self._closed_at = None
        self._probing = False

    def failed(self, now: float) -> None:
        """The host did not answer, or nothing that could be read."""
        self._failures += 1
        self._probing = False
        if self._failures >= self._plan.failures:
            self._closed_at = now + self._plan.seconds

    def abandoned(self) -> None:
        """Nobody waits for the answer any more (the caller has hung up); it says nothing about the host."""
        self._probing = False
