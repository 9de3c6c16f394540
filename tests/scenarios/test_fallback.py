"""The switch's own queue took a caller over: it serves him, and we follow."""

from __future__ import annotations

from callcenter.api.messages import AgentStateName, ContactPhase
from callcenter.domain import events
from tests.support.floor import Floor, device


def _falls_back(floor: Floor) -> None:
    """Our heart misses some beats, and goes on."""
    floor.settle()
    floor.clock.advance(7.0)
    floor.pbx.pass_time(floor.clock.monotonic())
    floor.wake()
    floor.settle()


def test_a_waiting_caller_falls_back(floor: Floor) -> None:
    """He leaves our line, and stays on the board, marked."""
    call = floor.caller_waits()
    _falls_back(floor)
    assert floor.waiting() == []
    assert floor.story(call) == ["started", "queued:billing", "fell_back"]
    billing = next(queue for queue in floor.snapshot().queues if queue.queue == "billing")
    assert billing.waiting == 1
    assert [one.fallback for one in billing.first_waiting] == [True]


def test_a_caller_in_the_ivr_falls_back(floor: Floor) -> None:
    """His session ends, and the default queue is his."""
    call = floor.caller_arrives()
    floor.tell(events.Queued(call=call, fallback=True))
    assert call not in floor.sessions
    assert floor.story(call) == ["started", "queued:general", "fell_back"]


def test_an_agent_whom_the_switch_rings_sees_who_calls_and_is_offered_nobody_else(floor: Floor) -> None:
    """One phone, one caller: the engine keeps away while the switch's own queue rings the agent."""
    call = floor.caller_waits()
    _falls_back(floor)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert floor.rings("bo") == call
    page = floor.page("bo")
    assert page is not None
    assert (page.interaction, page.phase) == (floor.interaction(call), ContactPhase.OFFERED)
    other = floor.caller_waits("general")
    assert floor.waiting() == [floor.interaction(other)]
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    assert floor.state("bo") is AgentStateName.BUSY
    page = floor.page("bo")
    assert page is not None
    assert page.phase is ContactPhase.TALKING
    floor.agent_hangs_up("bo")
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.agent_completes("bo", call) is None
    assert floor.story(call)[-5:] == [
        "answered:bo",
        "talk_ended:agent",
        "ended:handled",
        "wrap_up_completed",
        "closed",
    ]
    assert floor.rings("bo") == other


def test_a_fallback_ring_that_nobody_answers_frees_the_agent(floor: Floor) -> None:
    """The engine has the agent back; the switch's own queue goes on by its own rules."""
    call = floor.caller_waits()
    _falls_back(floor)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    assert floor.state("bo") is AgentStateName.BUSY
    floor.agent_takes_a_break("bo")
    floor.agent_rejects("bo")
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "break")
    assert floor.page("bo") is None
    floor.caller_hangs_up(call)
    assert floor.story(call)[-2:] == ["ended:abandoned", "closed"]


def test_the_caller_gives_up_while_the_switch_rings_somebody(floor: Floor) -> None:
    """The agent is free, and his page says why."""
    call = floor.caller_waits()
    _falls_back(floor)
    floor.agent_signs_on("bo")
    floor.pass_time(1.0)
    floor.caller_hangs_up(call)
    assert floor.state("bo") is AgentStateName.READY
    assert floor.last_gone("bo") == "caller_gone"


def test_a_talk_with_somebody_whom_nobody_was_offered(floor: Floor) -> None:
    """The switch joined them without a word before: the agent is busy with him, and sees him."""
    call = floor.caller_waits()
    _falls_back(floor)
    floor.agent_signs_on("bo")
    line = floor.pbx.lines[call]
    floor.pbx._ring_leg(line, device("bo"))
    floor.pbx.out.clear()
    floor.agent_answers("bo")
    assert floor.state("bo") is AgentStateName.BUSY
    assert floor.story(call)[-1] == "answered:bo"


def test_back_from_the_fallback_the_caller_has_his_old_place(floor: Floor) -> None:
    """Nobody came there; we live again; he is ahead of those who came later."""
    call = floor.caller_waits()
    _falls_back(floor)
    later = floor.caller_waits()
    floor.tell(events.Queued(call=call, fallback=False))
    assert floor.waiting() == [floor.interaction(call), floor.interaction(later)]
    floor.caller_hangs_up(call)


def test_an_offer_under_way_ends_when_the_switch_takes_the_caller(floor: Floor) -> None:
    """The engine's agent is free again, and nothing is recalled from the switch's own queue."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.tell(events.Queued(call=call, fallback=True))
    assert floor.story(call)[-2:] == ["offer_ended:cancelled", "fell_back"]
    assert floor.state("bo") is AgentStateName.READY
    assert floor.director.floor.engine.offers() == []


def test_a_caller_who_lost_his_agent_while_our_heart_stood_still(floor: Floor) -> None:
    """From the talk straight into the switch's own queue: the talk is over, the agent free."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_takes_a_break("bo")
    floor.tell(events.Queued(call=call, fallback=True))
    assert floor.story(call)[-3:] == ["talk_ended:switch", "queued:billing", "fell_back"]
    assert floor.state("bo") is AgentStateName.NOT_READY
