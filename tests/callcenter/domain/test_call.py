"""The law of a call: what may follow what, and what a fact proves when it should not have been possible."""

from __future__ import annotations

import pytest

from callcenter.domain import events
from callcenter.domain.call import LAW, Call, CallState
from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId, ConnectionId, DeviceName

CALL = CallId("1.1")
BO = DeviceName("agent-bo")
LEG = ConnectionId("1.2")

entered = events.IvrEntered(call=CALL)
left = events.IvrLeft(call=CALL)
key = events.DigitPressed(call=CALL, digit="1")
queued = events.Queued(call=CALL, fallback=False)
fell_back = events.Queued(call=CALL, fallback=True)
delivered = events.Delivered(call=CALL, device=BO, connection=LEG)
established = events.Established(call=CALL, device=BO, connection=LEG)
failed = events.Failed(call=CALL, device=BO, cause=Cause.NO_ANSWER)
released = events.ConnectionCleared(call=CALL, device=BO, connection=LEG, cause=Cause.NORMAL_CLEARING, by_agent=True)
cleared = events.CallCleared(call=CALL, cause=Cause.NORMAL_CLEARING)

ALL: tuple[events.CallEvent, ...] = (
    entered,
    left,
    key,
    queued,
    fell_back,
    delivered,
    established,
    failed,
    released,
    cleared,
)
LIVE = [state for state in CallState if state is not CallState.CLEARED]

STORIES: dict[str, tuple[list[events.CallEvent], CallState]] = {
    "answered from the room": (
        [entered, key, left, queued, delivered, established, key, released, cleared],
        CallState.CLEARED,
    ),
    "straight from the flow to the agent": ([entered, left, delivered, established, cleared], CallState.CLEARED),
    "rung in vain": ([entered, left, queued, delivered, failed, queued], CallState.QUEUED),
    "no phone to ring": ([entered, left, failed, queued, delivered], CallState.ALERTING),
    "gone from the flow": ([entered, left, cleared], CallState.CLEARED),
    "gone from the room": ([entered, left, queued, cleared], CallState.CLEARED),
    "never in the flow": ([queued, entered, left, queued], CallState.QUEUED),
    "a file broke": ([entered, left, entered, left, queued], CallState.QUEUED),
    "the leg was lost": ([entered, left, queued, delivered, established, released, queued], CallState.QUEUED),
    "served by the switch's own queue": (
        [entered, left, queued, fell_back, delivered, failed, delivered, established, released, cleared],
        CallState.CLEARED,
    ),
    "back from the switch's own queue": ([entered, left, queued, fell_back, queued], CallState.QUEUED),
}


@pytest.mark.parametrize(("story", "end"), STORIES.values(), ids=STORIES)
def test_what_happens_every_day_is_legal(story: list[events.CallEvent], end: CallState) -> None:
    """No event of an ordinary call makes us ask the switch."""
    call = Call(CALL)
    assert [event for event in story if not call.apply(event)] == []
    assert call.state is end


@pytest.mark.parametrize("state", LIVE)
def test_every_call_may_end(state: CallState) -> None:
    """Callers hang up wherever they are."""
    call = Call(CALL, state)
    assert call.apply(cleared)
    assert call.state is CallState.CLEARED


@pytest.mark.parametrize("event", ALL, ids=lambda event: type(event).__name__)
def test_what_is_cleared_stays_cleared(event: events.CallEvent) -> None:
    """A late event brings no caller back."""
    call = Call(CALL, CallState.CLEARED)
    assert not call.apply(event)
    assert call.state is CallState.CLEARED


@pytest.mark.parametrize("state", LIVE)
@pytest.mark.parametrize(
    ("event", "proven"),
    [
        (entered, CallState.IVR),
        (queued, CallState.QUEUED),
        (fell_back, CallState.FALLBACK),
        (established, CallState.CONNECTED),
        (released, CallState.RELEASED),
    ],
    ids=["IvrEntered", "Queued", "Queued (fallback)", "Established", "ConnectionCleared"],
)
def test_a_fact_is_believed_even_when_it_does_not_fit(
    state: CallState, event: events.CallEvent, proven: CallState
) -> None:
    """It has happened: the mirror goes where the fact proves the call to be; on hold one stays without an agent."""
    call = Call(CALL, state)
    call.apply(event)
    assert call.state is (CallState.HELD if (state, proven) == (CallState.HELD, CallState.RELEASED) else proven)


@pytest.mark.parametrize("state", LIVE)
def test_a_ring_proves_alerting_but_in_the_switchs_own_queue(state: CallState) -> None:
    """There the call stays the queue's until somebody answers."""
    call = Call(CALL, state)
    call.apply(delivered)
    assert call.state is (CallState.FALLBACK if state is CallState.FALLBACK else CallState.ALERTING)


def test_contradictions_are_told() -> None:
    """These cannot be without something having been missed."""
    contradictions: list[tuple[CallState, events.CallEvent]] = [
        (CallState.QUEUED, established),
        (CallState.IVR, established),
        (CallState.CONNECTED, delivered),
        (CallState.CONNECTED, queued),
        (CallState.QUEUED, released),
        (CallState.OFFERED, delivered),
    ]
    assert [(state, type(event)) for state, event in contradictions if Call(CALL, state).apply(event)] == []


def test_every_state_can_be_reached_and_none_is_a_trap() -> None:
    """The table has no loose ends."""
    reached = {CallState.OFFERED}
    while True:
        more = {after for (before, _), after in LAW.items() if before in reached} | reached
        more |= {CallState.FALLBACK}  # the flag of `Queued` leads there from anywhere
        if more == reached:
            break
        reached = more
    assert reached == set(CallState)
