"""What waiting callers hear and do: their treatment runs beside the queue, and never in its way."""

from __future__ import annotations

import pytest

from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from callcenter.server import effects, facts
from tests.support.floor import Floor, catalogue, plan


@pytest.fixture
def treating() -> Floor:
    """Billing plays music and offers while callers wait."""
    floor = Floor(catalogue_=catalogue(plan("billing", {"billing": 3}, treatment="wait_music"), plan("general", {})))
    floor.link_up()
    return floor


def session(floor: Floor, call: CallId) -> effects.StartIvr | None:
    return floor.sessions.get(call)


def test_a_caller_who_must_wait_hears_the_treatment_of_his_queue(treating: Floor) -> None:
    """He stays where he is: the room is where the guard leads, with his place already written on him."""
    call = treating.caller_waits()
    running = session(treating, call)
    assert running is not None
    assert running.flow == "wait_music"
    assert treating.contact(call).call.state is CallState.IVR
    assert treating.sent(commands.QueueCall) == []
    assert [type(one) for one in treating.sent(commands.MarkPlace)] == [commands.MarkPlace]


def test_the_session_is_told_the_place_at_first_and_whenever_music_begins(treating: Floor) -> None:
    treating.agent_signs_on("bo", ready=False)
    treating.caller_waits()
    call = treating.caller_waits()
    running = session(treating, call)
    assert running is not None
    treating.tell(facts.MusicWanted(call=call, session=running.session))
    told = [one.position for one in treating.log if isinstance(one, effects.TellPlace) and one.call == call]
    assert told == [2, 2]


def test_an_offer_that_rings_ends_the_treatment_and_a_refusal_brings_it_back(treating: Floor) -> None:
    call = treating.caller_waits()
    first = session(treating, call)
    assert first is not None
    treating.agent_signs_on("bo")
    assert treating.rings("bo") == call
    assert session(treating, call) is None
    treating.agent_rejects("bo")
    again = session(treating, call)
    assert again is not None
    assert again.session > first.session
    assert treating.waiting() == [treating.interaction(call)]


def test_a_treatment_that_ends_leaves_the_caller_with_music_and_his_place(treating: Floor) -> None:
    call = treating.caller_waits()
    running = session(treating, call)
    assert running is not None
    treating.tell(facts.WaitOnWanted(call=call, session=running.session))
    treating.settle()
    assert session(treating, call) is None
    assert treating.contact(call).call.state is CallState.QUEUED
    treating.agent_signs_on("bo")
    assert treating.rings("bo") == call


def test_a_treatment_that_hangs_is_overtaken_by_the_guard_once(treating: Floor) -> None:
    """No circle between room and treatment: after that there is music."""
    call = treating.caller_waits()
    treating.flow_enters(call, "offer", budget=3.0)
    treating.pass_time(9.0)
    assert session(treating, call) is None
    assert treating.contact(call).call.state is CallState.QUEUED
    treating.pass_time(60.0)
    assert session(treating, call) is None


def test_who_hangs_up_in_the_treatment_has_abandoned_and_his_answers_are_kept(treating: Floor) -> None:
    call = treating.caller_waits()
    running = session(treating, call)
    assert running is not None
    treating.flow_gathers(call, "wants_offer", "no")
    treating.caller_hangs_up(call)
    assert treating.story(call)[-2:] == ["ended:abandoned", "closed"]
    assert treating.waiting() == []


def test_who_leaves_a_message_instead_of_waiting_has_not_abandoned(treating: Floor) -> None:
    call = treating.caller_waits()
    running = session(treating, call)
    assert running is not None
    treating.tell(
        facts.RecordingWanted(
            call=call,
            session=running.session,
            step=3,
            mailbox="billing",
            longest=60,
            silence=4,
            end_keys="#",
            shortest=2,
        )
    )
    (order,) = [one for one in treating.log if isinstance(one, effects.RecordCaller)]
    treating.recordings[order.file] = 6.0
    treating.caller_hangs_up(call)
    assert treating.story(call)[-3:] == ["ended:overflowed", "left", "closed"]


def test_a_restart_finds_the_caller_in_his_treatment_and_begins_it_again(treating: Floor) -> None:
    call = treating.caller_waits()
    treating.flow_enters(call, "offer")
    treating.restart()
    running = session(treating, call)
    assert running is not None
    assert (running.flow, running.node) == ("wait_music", None)
    assert treating.waiting() == [treating.interaction(call)]


def test_what_the_flow_wants_besides_the_queue_outlives_a_restart(floor: Floor) -> None:
    """Skills, the agent he should reach, and what he hears meanwhile."""
    call = floor.caller_arrives()
    floor.tell(
        facts.QueueWanted(
            call=call,
            session=floor.sessions[call].session,
            queue="billing",
            attributes={},
            needs={"billing": 9},
            preferred_agent="ana",
            preferred_for=30.0,
            head_start=120.0,
            treatment="wait_music",
            survey="how_was_it",
        )
    )
    floor.settle()
    floor.agent_signs_on("bo")
    assert floor.rings("bo") is None, "bo masters billing with 5 only"
    floor.restart()
    contact = floor.contact(call)
    assert contact.needs == {"billing": 9}
    assert (contact.preferred_agent, contact.preferred_for) == ("ana", 30.0)
    assert (contact.treatment, contact.survey, contact.head_start) == ("wait_music", "how_was_it", 120)
    floor.agent_signs_on("ana")
    assert floor.rings("ana") == call
    assert floor.written(call, EventKind.RANG)
