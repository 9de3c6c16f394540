"""Messages out of order, out of place or twice: the facts stay true, and nothing is ever raised.

The ordinary stories are in test_recordings.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.asterisk.messages import (
    AmiEvent,
    AsyncAgiEnd,
    AsyncAgiStart,
    BridgeEnter,
    BridgeLeave,
    DeviceState,
    DialBegin,
    DialEnd,
    DtmfEnd,
    Hangup,
    HangupRequest,
    UserEvent,
)
from callcenter.asterisk.translator import OUT_OF_SERVICE_GRACE, Translator
from callcenter.domain.cause import Cause
from callcenter.domain.events import (
    BackInService,
    CallCleared,
    Conferenced,
    ConnectionCleared,
    Delivered,
    DigitPressed,
    Established,
    Failed,
    IvrEntered,
    IvrLeft,
    LiveCall,
    LiveParty,
    Offered,
    OutOfService,
    PartyPlace,
    Place,
    Queued,
    SwitchEvent,
    SwitchSnapshot,
)
from callcenter.domain.ids import CallId, ConnectionId, DeviceName

CALL, LEG, OTHER_LEG = CallId("1.1"), ConnectionId("1.2"), ConnectionId("1.3")
ANA, BOB = DeviceName("agent-ana"), DeviceName("agent-bob")


def user_event(name: str, *, device: str = "", status: str = "", cause: int = 0, call: str = CALL) -> UserEvent:
    return UserEvent(
        name=name,
        uniqueid=call,
        dialled="5550100",
        caller_number="0821234567",
        caller_name="Ada",
        device=device,
        status=status,
        cause=cause,
    )


OFFERED = user_event("CCOffered")
WAITING = user_event("CCWaiting")
FALLBACK = user_event("CCFallback")
AGI_START = AsyncAgiStart(uniqueid=CALL, caller_number="0821234567", caller_name="Ada", dialled="5550100")
AGI_END = AsyncAgiEnd(uniqueid=CALL)


def rings(leg: str = LEG, device: str = "agent-ana") -> DialBegin:
    return DialBegin(uniqueid=CALL, dest_uniqueid=leg, dest_channel=f"PJSIP/{device}-0000001f")


def ended(status: str, leg: str = LEG) -> DialEnd:
    return DialEnd(uniqueid=CALL, dest_uniqueid=leg, status=status)


def told(*messages: AmiEvent, translator: Translator | None = None) -> list[SwitchEvent]:
    translator = translator or Translator()
    return [fact for message in messages for fact in translator.handle(message, 0.0)]


def names(facts: list[SwitchEvent]) -> list[str]:
    return [type(fact).__name__ for fact in facts]


TALK = (
    OFFERED,
    WAITING,
    rings(),
    ended("ANSWER"),
    BridgeEnter(bridge="b", uniqueid=LEG),
    BridgeEnter(bridge="b", uniqueid=CALL),
)


def in_talk() -> Translator:
    translator = Translator()
    assert names(told(*TALK, translator=translator)) == ["Offered", "Queued", "Delivered", "Established"]
    return translator


# -- calls that were not introduced -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then"), [(AGI_START, IvrEntered), (WAITING, Queued), (FALLBACK, Queued)], ids=["ivr", "room", "fallback"]
)
def test_a_call_whose_offer_was_missed_is_offered_wherever_it_shows_up(
    first: AmiEvent, then: type[SwitchEvent]
) -> None:
    offered, arrived = told(first)
    assert offered == Offered(call=CALL, called_number="5550100", calling_number="0821234567", calling_name="Ada")
    assert isinstance(arrived, then)


@pytest.mark.parametrize(
    "message",
    [
        AGI_END, rings(), ended("BUSY"), BridgeEnter(bridge="b", uniqueid=CALL), BridgeLeave(bridge="b", uniqueid=CALL),
        HangupRequest(uniqueid=CALL, by_device=True), Hangup(uniqueid=CALL, cause=16),
        DtmfEnd(uniqueid=CALL, digit="1", received=True), user_event("CCDialed", device="agent-ana", status="BUSY"),
        user_event("CCTalked"), user_event("Foreign"), user_event("CCAgentLogsOn", device="agent-ana"),
    ],
)  # fmt: skip
def test_messages_about_nobody_known_say_nothing(message: AmiEvent) -> None:
    assert told(message) == []


def test_numbers_and_names_are_cut_to_shape_once_more() -> None:
    dirty = AsyncAgiStart(uniqueid=CALL, caller_number="1' OR 1=1--", caller_name="x" * 500, dialled="55;rm")
    offered, _ = told(dirty)
    assert isinstance(offered, Offered)
    assert (offered.called_number, offered.calling_number, len(offered.calling_name)) == ("", "", 80)


# -- the end of a leg is told twice, in either order ----------------------------------------------------------------


def test_the_legs_own_end_comes_first() -> None:
    facts = told(OFFERED, WAITING, rings(), ended("NOANSWER"), Hangup(uniqueid=LEG, cause=21))
    assert facts[3:] == [Failed(call=CALL, device=ANA, cause=Cause.CALL_REJECTED)]


def test_the_callers_next_step_comes_first() -> None:
    translator = Translator()
    dialed = user_event("CCDialed", device="agent-ana", status="BUSY", cause=17)
    facts = told(OFFERED, WAITING, rings(), ended("BUSY"), dialed, WAITING, translator=translator)
    assert names(facts[3:]) == ["Failed", "Queued"]
    assert facts[3] == Failed(call=CALL, device=ANA, cause=Cause.BUSY)
    assert told(Hangup(uniqueid=LEG, cause=17), translator=translator) == []
    assert not translator.odd


@pytest.mark.parametrize(
    ("status", "q850", "cause"),
    [
        ("BUSY", 17, Cause.BUSY),
        ("BUSY", 21, Cause.BUSY),
        ("NOANSWER", 0, Cause.NO_ANSWER),
        ("NOANSWER", 16, Cause.NO_ANSWER),
        ("NOANSWER", 19, Cause.NO_ANSWER),
        ("NOANSWER", 21, Cause.CALL_REJECTED),
        ("NOANSWER", 1, Cause.UNREACHABLE),
        ("CHANUNAVAIL", 0, Cause.UNREACHABLE),
        ("CHANUNAVAIL", 20, Cause.UNREACHABLE),
        ("CONGESTION", 0, Cause.CONGESTION),
        ("CONGESTION", 34, Cause.CONGESTION),
        ("NOANSWER", 99, Cause.UNKNOWN),
    ],
)
def test_why_an_attempt_failed(status: str, q850: int, cause: Cause) -> None:
    *_, failed = told(OFFERED, WAITING, rings(), ended(status), Hangup(uniqueid=LEG, cause=q850))
    assert failed == Failed(call=CALL, device=ANA, cause=cause)


def test_nobody_registered_makes_no_leg_and_still_a_failure() -> None:
    dialed = user_event("CCDialed", device="agent-bob", status="CHANUNAVAIL", cause=0)
    assert told(OFFERED, WAITING, dialed, WAITING)[2:] == [
        Failed(call=CALL, device=BOB, cause=Cause.UNREACHABLE),
        Queued(call=CALL, fallback=False),
    ]


def test_a_cancelled_attempt_is_a_failure_only_if_the_caller_lives() -> None:
    cancelled = (OFFERED, WAITING, rings(), ended("CANCEL"), Hangup(uniqueid=LEG, cause=0))
    assert names(told(*cancelled, Hangup(uniqueid=CALL, cause=16)))[3:] == ["CallCleared"]
    assert names(told(*cancelled, WAITING))[3:] == ["Failed", "Queued"]
    assert names(told(*cancelled, AGI_START))[3:] == ["Failed", "IvrEntered"]
    assert names(told(*cancelled, rings(OTHER_LEG, "agent-bob")))[3:] == ["Failed", "Delivered"]


def test_several_devices_may_ring_at_once() -> None:
    both = (OFFERED, FALLBACK, rings(), rings(OTHER_LEG, "agent-bob"))
    assert names(told(*both)) == ["Offered", "Queued", "Delivered", "Delivered"]


# -- who hung up --------------------------------------------------------------------------------------------------


def test_the_agents_goodbye_is_told_at_once_and_only_once() -> None:
    translator = in_talk()
    assert told(HangupRequest(uniqueid=LEG, by_device=True), translator=translator) == [
        ConnectionCleared(call=CALL, device=ANA, connection=LEG, cause=Cause.NORMAL_CLEARING, by_agent=True)
    ]
    rest = told(
        user_event("CCTalked", cause=16),
        Hangup(uniqueid=LEG, cause=16),
        Hangup(uniqueid=CALL, cause=16),
        translator=translator,
    )
    assert rest == [CallCleared(call=CALL, cause=Cause.NORMAL_CLEARING)]
    assert not translator.odd


def test_the_caller_was_first() -> None:
    translator = in_talk()
    requests = (HangupRequest(uniqueid=CALL, by_device=True), HangupRequest(uniqueid=LEG, by_device=True))
    cleared, over = told(
        *requests, Hangup(uniqueid=LEG, cause=16), Hangup(uniqueid=CALL, cause=16), translator=translator
    )
    assert isinstance(cleared, ConnectionCleared)
    assert not cleared.by_agent
    assert isinstance(over, CallCleared)


def test_the_callers_channel_may_go_before_the_agents() -> None:
    translator = in_talk()
    facts = told(Hangup(uniqueid=CALL, cause=16), Hangup(uniqueid=LEG, cause=16), translator=translator)
    assert names(facts) == ["ConnectionCleared", "CallCleared"]
    assert not translator.odd


@pytest.mark.parametrize("order", ["leg first", "caller first"])
def test_a_lost_leg_was_nobodys_goodbye(order: str) -> None:
    translator = in_talk()
    hangup, talked = Hangup(uniqueid=LEG, cause=44), user_event("CCTalked", cause=44)
    ends = (hangup, talked) if order == "leg first" else (talked, hangup)
    facts = told(HangupRequest(uniqueid=LEG, by_device=False), *ends, WAITING, translator=translator)
    assert facts == [
        ConnectionCleared(call=CALL, device=ANA, connection=LEG, cause=Cause.MEDIA_LOST, by_agent=False),
        Queued(call=CALL, fallback=False),
    ]


def test_what_ended_an_earlier_attempt_does_not_end_the_call() -> None:
    """Asterisk leaves "busy" of the agent's phone on the caller's channel."""
    goodbye = (HangupRequest(uniqueid=CALL, by_device=True), Hangup(uniqueid=CALL, cause=17))
    assert told(OFFERED, WAITING, *goodbye)[-1] == CallCleared(call=CALL, cause=Cause.NORMAL_CLEARING)
    by_us = (HangupRequest(uniqueid=CALL, by_device=False), Hangup(uniqueid=CALL, cause=17))
    assert told(OFFERED, WAITING, *by_us)[-1] == CallCleared(call=CALL, cause=Cause.BUSY)


# -- in and out of the IVR ------------------------------------------------------------------------------------------


def test_an_agi_session_that_begins_again_is_the_same_stay() -> None:
    assert names(told(OFFERED, AGI_START, AGI_END, AGI_START)) == ["Offered", "IvrEntered"]


def test_leaving_the_ivr_is_told_before_what_follows() -> None:
    before = (OFFERED, AGI_START, AGI_END)
    assert names(told(*before, WAITING))[2:] == ["IvrLeft", "Queued"]
    assert names(told(*before, rings()))[2:] == ["IvrLeft", "Delivered"]
    assert names(told(*before, Hangup(uniqueid=CALL, cause=0)))[2:] == ["IvrLeft", "CallCleared"]


def test_only_the_callers_own_keys_count() -> None:
    keys = (
        DtmfEnd(uniqueid=CALL, digit="5", received=True),
        DtmfEnd(uniqueid=CALL, digit="5", received=False),
        DtmfEnd(uniqueid=CALL, digit="55", received=True),
        DtmfEnd(uniqueid=LEG, digit="6", received=True),
    )
    assert told(*TALK, *keys)[4:] == [DigitPressed(call=CALL, digit="5")]


# -- on top of a snapshot ---------------------------------------------------------------------------------------------


def live(place: Place, *, leg: bool = False) -> LiveCall:
    return LiveCall(
        call=CALL,
        place=place,
        called_number="5550100",
        calling_number="",
        calling_name="",
        age=1.0,
        device=ANA if leg else None,
        connection=LEG if leg else None,
    )


def after(place: Place, *messages: AmiEvent, leg: bool = False) -> list[SwitchEvent]:
    translator = Translator()
    translator.reset(SwitchSnapshot(calls=(live(place, leg=leg),), in_service=frozenset({ANA})))
    return told(*messages, translator=translator)


def test_what_the_snapshot_knew_already_is_not_told_again() -> None:
    assert after(Place.IVR, OFFERED, AGI_START) == []
    assert after(Place.WAITING, OFFERED, WAITING) == []
    assert after(Place.ALERTING, rings(), leg=True) == []
    bridged = (BridgeEnter(bridge="b", uniqueid=LEG), BridgeEnter(bridge="b", uniqueid=CALL))
    assert after(Place.TALKING, ended("ANSWER"), *bridged, leg=True) == []


def test_what_follows_the_snapshot_is_told() -> None:
    bridged = (BridgeEnter(bridge="b", uniqueid=LEG), BridgeEnter(bridge="b", uniqueid=CALL))
    assert after(Place.ALERTING, ended("ANSWER"), *bridged, leg=True) == [
        Established(call=CALL, device=ANA, connection=LEG)
    ]
    assert after(Place.ALERTING, ended("NOANSWER"), Hangup(uniqueid=LEG, cause=0), leg=True) == [
        Failed(call=CALL, device=ANA, cause=Cause.NO_ANSWER)
    ]
    assert names(after(Place.TALKING, Hangup(uniqueid=LEG, cause=16), leg=True)) == ["ConnectionCleared"]
    assert names(after(Place.IVR, AGI_END, WAITING)) == ["IvrLeft", "Queued"]
    assert after(Place.WAITING, rings()) == [Delivered(call=CALL, device=ANA, connection=LEG)]


def test_who_is_in_which_bridge_is_known_after_a_snapshot() -> None:
    """Else nobody would be told of a conference that a consultation from before it becomes."""
    consulting = replace(
        live(Place.HELD, leg=True), party=LiveParty(connection=OTHER_LEG, device=BOB, place=PartyPlace.TALKING)
    )
    translator = Translator()
    translator.reset(
        SwitchSnapshot(calls=(consulting,), in_service=frozenset({ANA, BOB})), {LEG: "b", OTHER_LEG: "b", "9.9": "c"}
    )
    joins = BridgeEnter(bridge="b", uniqueid=CALL)
    assert told(joins, translator=translator) == [Conferenced(call=CALL, device=BOB, connection=OTHER_LEG)]


# -- devices ----------------------------------------------------------------------------------------------------------


def state(value: str, device: str = "PJSIP/agent-ana") -> DeviceState:
    return DeviceState(action_id="", device=device, state=value)


def test_a_device_is_out_of_service_only_after_the_grace() -> None:
    translator = Translator()
    assert translator.handle(state("NOT_INUSE"), 0.0) == [BackInService(device=ANA)]
    assert translator.handle(state("UNAVAILABLE"), 10.0) == []
    assert translator.next_deadline() == 10.0 + OUT_OF_SERVICE_GRACE
    assert translator.handle_timer(10.0 + OUT_OF_SERVICE_GRACE - 0.01) == []
    assert translator.handle_timer(10.0 + OUT_OF_SERVICE_GRACE) == [OutOfService(device=ANA)]
    assert translator.next_deadline() is None
    assert translator.handle(state("NOT_INUSE"), 20.0) == [BackInService(device=ANA)]


def test_a_device_that_is_back_within_the_grace_never_left() -> None:
    translator = Translator()
    translator.handle(state("NOT_INUSE"), 0.0)
    translator.handle(state("UNAVAILABLE"), 10.0)
    assert translator.handle(state("NOT_INUSE"), 11.0) == []
    assert translator.next_deadline() is None
    assert translator.handle_timer(100.0) == []


def test_flapping_does_not_put_the_end_off_for_ever() -> None:
    translator = Translator()
    translator.handle(state("NOT_INUSE"), 0.0)
    for now in (10.0, 10.5, 11.0, 11.5):
        translator.handle(state("UNAVAILABLE"), now)
    assert translator.handle_timer(10.0 + OUT_OF_SERVICE_GRACE) == [OutOfService(device=ANA)]


@pytest.mark.parametrize("device", ["PJSIP/trunk-carrier", "PJSIP/4711", "Queue:support", "MWI:x", "PJSIP/A;B", ""])
def test_other_things_have_states_too(device: str) -> None:
    assert told(state("NOT_INUSE", device), state("UNAVAILABLE", device)) == []


def test_ringing_and_talking_devices_are_in_service() -> None:
    assert names(told(state("RINGING"), state("INUSE"), state("BUSY"), state("UNKNOWN"))) == ["BackInService"]


# -- for any messages whatever -----------------------------------------------------------------------------------

uniqueids = st.sampled_from(["1.1", "1.2", "2.1", "2.2", "3.1"])
any_message = st.one_of(
    st.builds(
        user_event,
        st.sampled_from(["CCOffered", "CCWaiting", "CCFallback", "CCDialed", "CCTalked", "CCNonsense"]),
        device=st.sampled_from(["agent-ana", "", "no name!"]),
        status=st.sampled_from(["", "BUSY", "CHANUNAVAIL", "ANSWER"]),
        cause=st.sampled_from([0, 16, 44]),
        call=uniqueids,
    ),
    st.builds(
        AsyncAgiStart, uniqueid=uniqueids, caller_number=st.just(""), caller_name=st.just(""), dialled=st.just("1")
    ),
    st.builds(AsyncAgiEnd, uniqueid=uniqueids),
    st.builds(
        DialBegin,
        uniqueid=uniqueids,
        dest_uniqueid=uniqueids,
        dest_channel=st.sampled_from(["PJSIP/agent-ana-01", "PJSIP/agent-bob-02", "Local/x"]),
    ),
    st.builds(
        DialEnd,
        uniqueid=uniqueids,
        dest_uniqueid=uniqueids,
        status=st.sampled_from(["ANSWER", "BUSY", "NOANSWER", "CANCEL"]),
    ),
    st.builds(BridgeEnter, bridge=st.sampled_from(["a", "b"]), uniqueid=uniqueids),
    st.builds(BridgeLeave, bridge=st.sampled_from(["a", "b"]), uniqueid=uniqueids),
    st.builds(HangupRequest, uniqueid=uniqueids, by_device=st.booleans()),
    st.builds(Hangup, uniqueid=uniqueids, cause=st.sampled_from([0, 16, 17, 44])),
    st.builds(DtmfEnd, uniqueid=uniqueids, digit=st.sampled_from("1#"), received=st.booleans()),
    st.builds(state, st.sampled_from(["NOT_INUSE", "UNAVAILABLE", "INUSE"])),
)


@given(st.lists(any_message, max_size=60))
@example(  # a telephone that only rings can call nobody
    messages=[
        user_event("CCOffered", call="1.2"),
        DialBegin(uniqueid="1.2", dest_uniqueid="1.1", dest_channel="PJSIP/agent-ana-01"),
        DialBegin(uniqueid="1.1", dest_uniqueid="2.1", dest_channel="PJSIP/agent-ana-01"),
    ]
)
def test_the_facts_make_sense_whatever_is_said(messages: list[AmiEvent]) -> None:
    """Lies, losses and repetitions included.

    A call is offered before anything else and cleared last. A connection is delivered, perhaps established, and ends
    once: cleared if it was established, failed if not, or with its call.
    """
    live_calls: set[CallId] = set()
    in_ivr: set[CallId] = set()
    ringing: dict[ConnectionId, tuple[CallId, DeviceName | None]] = {}
    talking: dict[ConnectionId, tuple[CallId, DeviceName | None]] = {}
    for fact in told(*messages):
        match fact:
            case Offered():
                assert fact.call not in live_calls
                live_calls.add(fact.call)
            case CallCleared():
                assert fact.call not in in_ivr
                assert all(call != fact.call for call, _ in talking.values())
                live_calls.remove(fact.call)
                ringing = {leg: (call, device) for leg, (call, device) in ringing.items() if call != fact.call}
            case IvrEntered():
                assert fact.call in live_calls
                assert fact.call not in in_ivr
                in_ivr.add(fact.call)
            case IvrLeft():
                in_ivr.remove(fact.call)
            case Delivered():
                assert fact.call in live_calls or ConnectionId(fact.call) in talking  # an agent's leg calls somebody
                assert fact.connection not in talking
                ringing[fact.connection] = (fact.call, fact.device)
            case Established():
                assert ringing[fact.connection] == (fact.call, fact.device)
                talking[fact.connection] = ringing.pop(fact.connection)
            case ConnectionCleared():
                assert talking.pop(fact.connection) == (fact.call, fact.device)
            case Failed() | Queued() | DigitPressed():
                assert fact.call in live_calls
            case _:
                pass
