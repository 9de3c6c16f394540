"""The flow breaks, hangs, or is taken from us: a person helps."""

from __future__ import annotations

from callcenter.api.messages import AgentStateName
from callcenter.domain import commands, events
from callcenter.server import effects, facts
from tests.support.floor import Floor


def test_a_session_that_breaks_brings_the_caller_to_a_person(floor: Floor) -> None:
    """The caller notices no more than a shorter menu."""
    call = floor.caller_arrives()
    floor.flow_fails(call)
    assert floor.story(call) == ["started", "failed", "queued:general"]
    floor.agent_signs_on("bo")
    assert floor.rings("bo") == call


def test_a_flow_that_hangs_is_overtaken_by_the_guard(floor: Floor) -> None:
    """Nobody renews the time-out: the dialplan takes the caller into the room, and a person helps."""
    call = floor.caller_arrives()
    floor.flow_enters(call, "look_up", budget=4.0)
    floor.pass_time(8.5)
    assert call in floor.sessions
    floor.pass_time(1.0)
    assert call not in floor.sessions
    assert floor.story(call) == ["started", "node_entered", "queued:general"]
    (order,) = floor.sent(commands.QueueCall)
    assert isinstance(order, commands.QueueCall)
    assert order.queue == "general"


def test_every_step_renews_the_guard(floor: Floor) -> None:
    """A healthy call is never ejected, however long its flow is."""
    call = floor.caller_arrives()
    for node in ("one", "two", "three"):
        floor.flow_enters(call, node, budget=6.0)
        floor.pass_time(10.0)
    assert call in floor.sessions


def test_a_node_whose_name_may_not_stand_on_a_channel_is_not_written_there(floor: Floor) -> None:
    """It is recorded all the same."""
    call = floor.caller_arrives()
    floor.flow_enters(call, "Näh; rm -rf")
    assert floor.sent(commands.MarkNode) == []
    assert floor.story(call)[-1] == "node_entered"


def test_the_flow_hangs_up(floor: Floor) -> None:
    """The call is cleared on its order."""
    call = floor.caller_arrives()
    floor.tell(facts.HangUpWanted(call=call, session=floor.sessions[call].session, cause=16))
    floor.settle()
    assert call not in floor.pbx.lines
    assert floor.story(call)[-2:] == ["ended:left_in_ivr", "closed"]


def test_keys_and_prompts_belong_to_the_present_session(floor: Floor) -> None:
    """What an ended session still wanted is not played into the new one."""
    call = floor.caller_arrives()
    old = floor.sessions[call].session
    floor.tell(events.IvrLeft(call=call))
    floor.tell(events.IvrEntered(call=call))
    assert floor.sessions[call].session == old + 1
    floor.log.clear()
    floor.tell(facts.PlayWanted(call=call, session=old, step=1, files=("/old",)))
    floor.tell(facts.SilenceWanted(call=call, session=old, step=1))
    assert floor.log == []
    floor.tell(facts.PlayWanted(call=call, session=old + 1, step=1, files=("/new",)))
    floor.tell(facts.SilenceWanted(call=call, session=old + 1, step=1))
    floor.tell(events.DigitPressed(call=call, digit="5"))
    assert floor.log == [
        effects.Play(call=call, session=old + 1, step=1, files=("/new",)),
        effects.StopPlaying(call=call),
        effects.PassDigit(call=call, digit="5"),
    ]


def test_keys_pressed_in_the_queue_reach_nobody(floor: Floor) -> None:
    """There is no session to hear them."""
    call = floor.caller_waits()
    floor.log.clear()
    floor.pbx.press(call, "1")
    floor.settle()
    assert floor.log == []


def test_a_call_that_comes_back_into_the_ivr_goes_on_where_it_was(floor: Floor) -> None:
    """With its node and its answers, in a new session."""
    call = floor.caller_arrives(number="+4930999")
    floor.flow_enters(call, "ask_reason")
    floor.flow_gathers(call, "account_number", "4711")
    floor.tell(events.IvrLeft(call=call))
    floor.tell(events.IvrEntered(call=call))
    started = floor.sessions[call]
    assert (started.flow, started.node) == ("support", "ask_reason")
    assert started.fields["account_number"] == "4711"
    assert started.fields["caller_number"] == "+4930999"


def test_a_caller_with_a_place_who_turns_up_in_the_ivr_is_moved_to_the_room(floor: Floor) -> None:
    """He has been asked everything already."""
    call = floor.caller_waits()
    sent = len(floor.sent(commands.QueueCall))
    floor.tell(events.IvrEntered(call=call))
    assert len(floor.sent(commands.QueueCall)) == sent + 1
    assert floor.waiting() == [floor.interaction(call)]


def test_a_call_that_comes_from_a_talk_into_the_ivr_waits_again(floor: Floor) -> None:
    """Whatever brought it there, the agent is free and the caller is in the line, first."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_takes_a_break("bo")
    floor.tell(events.IvrEntered(call=call))
    assert floor.waiting() == [floor.interaction(call)]
    assert floor.state("bo") is AgentStateName.NOT_READY
    assert isinstance(floor.sent(commands.QueueCall)[-1], commands.QueueCall)
    floor.pbx.hang_up(call)
    floor.settle()
    floor.pbx.trespasses.clear()  # we were told that the talk was over, and believed it
