"""Where each caller stands, read from a list of channels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.asterisk.messages import ChannelStatus, DeviceState, Hangup, HangupRequest
from callcenter.asterisk.snapshot import REMEMBERED_ENDS, Ending, devices_in_service, live_calls
from callcenter.domain.events import Place

CALLER = ChannelStatus(
    action_id="1",
    channel="PJSIP/trunk-carrier-00000001",
    uniqueid="1.1",
    linkedid="1.1",
    state=6,
    context="cc-room",
    dnid="5550100",
    caller_number="0821",
    caller_name="Ada",
    application="Wait",
    bridge="",
    seconds=42,
    variables={},
)
INTERACTION = "018f0000-0000-7000-8000-000000000001"
LEG = replace(
    CALLER, channel="PJSIP/agent-ana-00000002", uniqueid="1.2", context="cc-device", application="AppDial", state=5
)


@pytest.mark.parametrize(
    ("context", "application", "place"),
    [
        ("cc-ivr", "AGI", Place.IVR),
        ("cc-room", "Wait", Place.WAITING),
        ("cc-room", "UserEvent", Place.WAITING),
        ("cc-room", "Queue", Place.FALLBACK_QUEUE),
        ("cc-dial", "Dial", Place.ALERTING),
        ("cc-talked", "Wait", Place.ENDING),
        ("cc-sorry", "Playback", Place.ENDING),
    ],
)
def test_the_place_of_a_caller_alone(context: str, application: str, place: Place) -> None:
    (call,) = live_calls([replace(CALLER, context=context, application=application)])
    assert (call.place, call.device, call.connection) == (place, None, None)
    assert (call.called_number, call.calling_number, call.calling_name, call.age) == ("5550100", "0821", "Ada", 42.0)


@pytest.mark.parametrize(
    ("context", "application"),
    [("cc-in", "Goto"), ("cc-start", "Answer"), ("cc-ivr", "Set"), ("somebody-elses", "Dial"), ("", "")],
)
def test_who_is_nowhere_yet_or_not_ours_is_left_out(context: str, application: str) -> None:
    assert live_calls([replace(CALLER, context=context, application=application)]) == ()


def test_the_leg_that_rings_and_the_leg_that_talks() -> None:
    dialling = replace(CALLER, context="cc-dial", application="Dial", variables={"CC_AGENT": "agent-ana"})
    (call,) = live_calls([LEG, dialling])
    assert (call.place, call.device, call.connection) == (Place.ALERTING, "agent-ana", "1.2")
    (call,) = live_calls([replace(dialling, bridge="b"), replace(LEG, bridge="b")])
    assert (call.place, call.device, call.connection) == (Place.TALKING, "agent-ana", "1.2")


def test_a_leg_that_is_not_made_yet_is_known_by_what_we_wrote() -> None:
    dialling = replace(CALLER, context="cc-dial", application="Dial", variables={"CC_AGENT": "agent-ana"})
    (call,) = live_calls([dialling])
    assert (call.place, call.device, call.connection) == (Place.ALERTING, "agent-ana", None)


def test_a_talk_in_the_fallback_is_a_talk() -> None:
    (call,) = live_calls([replace(CALLER, application="Queue", bridge="b"), replace(LEG, bridge="b")])
    assert (call.place, call.device) == (Place.TALKING, "agent-ana")
    (call,) = live_calls([replace(CALLER, application="Queue"), LEG])
    assert (call.place, call.device) == (Place.FALLBACK_QUEUE, None)


def test_the_legs_of_others_are_not_taken_for_ours() -> None:
    stranger = replace(LEG, linkedid="9.9", bridge="b")
    (call,) = live_calls([replace(CALLER, context="cc-dial", application="Dial"), stranger])
    assert (call.place, call.connection) == (Place.ALERTING, None)


def test_variables_of_a_wrong_shape_are_as_if_not_written() -> None:
    variables = {"CC_ID": "no uuid", "CC_QUEUE": "No Name", "CC_SEQ": "1e9", "CC_EPOCH": "x", "CC_NODE": "a b"}
    (call,) = live_calls([replace(CALLER, variables=variables)])
    assert (call.interaction, call.queue, call.sequence, call.epoch, call.node) == (None,) * 5


def test_devices_that_can_be_reached() -> None:
    states = {"agent-ana": "NOT_INUSE", "agent-bob": "UNAVAILABLE", "agent-cem": "INUSE", "trunk-carrier": "INUSE"}
    items = [DeviceState(action_id="1", device=f"PJSIP/{name}", state=state) for name, state in states.items()]
    assert devices_in_service([*items, DeviceState(action_id="1", device="MWI:x", state="NOT_INUSE")]) == {
        "agent-ana",
        "agent-cem",
    }


def test_a_caller_whose_agent_has_just_hung_up_is_on_his_way() -> None:
    """Still in the bridge, alone: he neither talks nor waits to be rung for."""
    here = replace(CALLER, context="cc-dial", application="Dial", bridge="b", variables={"CC_ID": INTERACTION})
    (call,) = live_calls([here])
    assert (call.place, call.connection) == (Place.MOVING, None)


def test_channels_that_are_about_to_go_are_known_from_the_first_word() -> None:
    ending = Ending()
    ending.handle(HangupRequest(uniqueid="1.1", by_device=True))
    before = ending.so_far()
    ending.handle(Hangup(uniqueid="1.2", cause=16))
    assert "1.1" in before
    assert "1.2" not in before
    assert {"1.1", "1.2"} <= ending.so_far()
    for number in range(REMEMBERED_ENDS):
        ending.handle(Hangup(uniqueid=f"2.{number}", cause=16))
    assert "1.1" not in ending
    assert len(ending.so_far()) == REMEMBERED_ENDS
