"""The two tables of the agent machine are complete and say what CSTA says."""

from __future__ import annotations

from itertools import product

from acd.agent import INTERRUPTIONS, LAW, REQUESTS, Activity
from acd.model import AgentState, Medium, RequestedState


def test_every_observable_situation_has_a_state() -> None:
    impossible = {(Activity.OFFERED, True, False), (Activity.OFFERED, False, False)}
    assert set(LAW) == set(product(Activity, (True, False), (True, False))) - impossible


def test_every_request_has_an_answer_in_every_state_but_null() -> None:
    assert set(REQUESTS) == set(product(set(AgentState) - {AgentState.NULL}, RequestedState))


def test_ready_needs_a_registered_device() -> None:
    assert all(registered for (_, _, registered), state in LAW.items() if state is AgentState.READY)


def test_work_is_shown_whatever_was_chosen() -> None:
    for (activity, _, _), state in LAW.items():
        assert (state is AgentState.BUSY) is (activity is Activity.WORKING)
        assert (state is AgentState.WORKING_AFTER_CALL) is (activity is Activity.WRAPPING_UP)


def test_nothing_interrupts_a_voice_call() -> None:
    assert INTERRUPTIONS[Medium.VOICE] == frozenset()
    assert set(INTERRUPTIONS) == set(Medium)
