"""Messages that callers leave: kept by them, by hanging up, over our death; and those that are none."""

from __future__ import annotations

from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from callcenter.server import effects, facts
from tests.support.floor import Floor


def begin(floor: Floor, call: CallId, *, step: int = 4, mailbox: str = "billing", shortest: float = 2.0) -> str:
    """The flow has the caller recorded; return the file."""
    floor.tell(
        facts.RecordingWanted(
            call=call,
            session=floor.sessions[call].session,
            step=step,
            mailbox=mailbox,
            longest=120,
            silence=4,
            end_keys="#",
            shortest=shortest,
        )
    )
    floor.settle()
    order = next(one for one in reversed(floor.log) if isinstance(one, effects.RecordCaller))
    return order.file


def messages(floor: Floor) -> list[tuple[object, object]]:
    """Who has a message, and how long it is."""
    left = [one for one in floor.events if one.kind is EventKind.VOICEMAIL_LEFT]
    return [(one.data["mailbox"], one.data["seconds"]) for one in left]


def test_a_message_that_the_caller_keeps_is_filed_under_its_length(floor: Floor) -> None:
    call = floor.caller_arrives()
    file = begin(floor, call)
    floor.recordings[file] = 12.34
    floor.tell(facts.RecordingKept(call=call, session=floor.sessions[call].session, step=4))
    floor.settle()
    assert messages(floor) == [("billing", 12.3)]
    floor.caller_hangs_up(call)
    assert len(messages(floor)) == 1
    assert floor.story(call)[-2:] == ["ended:left_in_ivr", "closed"]


def test_who_hangs_up_while_recorded_has_left_a_message(floor: Floor) -> None:
    """The interaction closes when the message is filed, not before."""
    call = floor.caller_arrives()
    floor.recordings[begin(floor, call)] = 5.0
    floor.caller_hangs_up(call)
    assert messages(floor) == [("billing", 5.0)]
    assert floor.story(call)[-3:] == ["ended:left_in_ivr", "left", "closed"]


def test_a_hang_up_at_the_tone_is_no_message_and_its_file_is_deleted(floor: Floor) -> None:
    call = floor.caller_arrives()
    file = begin(floor, call)
    floor.recordings[file] = 0.4
    floor.caller_hangs_up(call)
    assert messages(floor) == []
    assert file not in floor.recordings
    assert floor.story(call)[-1] == "closed"


def test_a_message_recorded_anew_replaces_the_first(floor: Floor) -> None:
    call = floor.caller_arrives()
    first = begin(floor, call, step=4)
    floor.recordings[first] = 9.0
    floor.tell(facts.RecordingUnwanted(call=call, session=floor.sessions[call].session, step=4))
    floor.recordings[begin(floor, call, step=6)] = 7.0
    floor.tell(facts.RecordingKept(call=call, session=floor.sessions[call].session, step=6))
    floor.settle()
    assert first not in floor.recordings
    assert messages(floor) == [("billing", 7.0)]


def test_a_message_for_no_queue_of_ours_is_the_default_queues(floor: Floor) -> None:
    call = floor.caller_arrives()
    floor.recordings[begin(floor, call, mailbox="nobody")] = 5.0
    floor.caller_hangs_up(call)
    assert messages(floor) == [("general", 5.0)]


def test_a_message_that_we_died_over_is_filed_after_the_restart(floor: Floor) -> None:
    """The caller hung up meanwhile; what the switch had written until then is on its disk."""
    call = floor.caller_arrives()
    floor.recordings[begin(floor, call)] = 8.0
    floor.pbx.hang_up(call)
    floor.restart()
    floor.settle()
    assert messages(floor) == [("billing", 8.0)]
    assert floor.story(call)[-1] == "closed"


def test_orders_about_the_call_mean_nothing_once_the_caller_is_gone(floor: Floor) -> None:
    """What he had answered, and which way he left, is kept all the same."""
    call = floor.caller_arrives()
    session = floor.sessions[call].session
    floor.tell(facts.SessionEnded(call=call, session=session + 1))  # of another session: nothing
    floor.pbx.hang_up(call)
    for _ in range(2):  # the call leaves the IVR, and is cleared
        floor.deliver_fact()
    floor.tell(
        facts.NodeLeft(
            call=call, session=session, flow="support", version=1, node="pay", exit="hang_up", asked_person=False
        )
    )
    floor.tell(facts.QueueWanted(call=call, session=session, queue="billing", attributes={}))
    floor.settle()
    assert floor.story(call)[-3:] == ["ended:left_in_ivr", "node_left", "closed"]
