"""An agent's states, one after the other, are the time that he was signed on."""

from __future__ import annotations

import itertools

from callcenter.api.messages import AgentStateName, ForceState, SignOff
from callcenter.domain.agent_time import agent_stretches
from tests.support.floor import Floor


def told(floor: Floor, agent: str) -> list[tuple[str, str | None, int]]:
    stretches = [one for one in agent_stretches(floor.agent_events) if one.agent == agent]
    return [(one.state, one.reason, round(one.seconds)) for one in stretches]


def test_a_day_in_short(floor: Floor) -> None:
    began = floor.now.utc
    floor.agent_signs_on("bo", ready=False)
    floor.pass_time(5.0)
    floor.agent_gets_ready("bo")
    floor.pass_time(10.0)
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.pass_time(60.0)
    floor.caller_hangs_up(call)
    floor.pass_time(20.0)
    floor.agent_completes("bo", call)
    floor.pass_time(5.0)
    floor.agent_takes_a_break("bo")
    floor.pass_time(30.0)
    assert floor.refusal(SignOff(agent="bo")) is None
    floor.pass_time(100.0)
    assert told(floor, "bo") == [
        ("not_ready", "signed in", 5),
        ("ready", None, 10),
        ("busy", None, 60),
        ("working_after_call", None, 20),
        ("ready", None, 5),
        ("not_ready", "break", 30),
    ]
    stretches = agent_stretches(floor.agent_events)
    assert abs(sum(one.seconds for one in stretches) - (floor.now.utc - began).total_seconds() + 100.0) < 1.0


def test_a_shift_whose_end_nobody_saw_is_ended_by_the_next(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    floor.pass_time(10.0)
    floor.restart()
    floor.pass_time(10.0)
    assert next(state for state, _, _ in told(floor, "bo")) == "not_ready"
    assert {event.interaction.split("/")[1] for event in floor.agent_events} == {"1", "2"}
    stretches = agent_stretches(floor.agent_events)
    assert [one.until is None for one in stretches] == [*[False] * (len(stretches) - 1), True]
    assert all(one.until == after.since for one, after in itertools.pairwise(stretches))


def test_who_had_set_a_state_is_written_with_it(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    floor.ask(ForceState(by="sue", agent="bo", state=AgentStateName.NOT_READY, reason="break"))
    floor.pass_time(1.0)
    floor.agent_gets_ready("bo")
    stretches = agent_stretches(floor.agent_events)
    assert [(one.state, one.by) for one in stretches][-2:] == [("not_ready", "sue"), ("ready", None)]
