"""Bytes from Asterisk become typed messages, or are not believed; never an exception, never a guess."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.asterisk.messages import (
    AsyncAgiExec,
    AsyncAgiStart,
    ChannelStatus,
    Hangup,
    HangupRequest,
    ListEnd,
    Message,
    OriginateResponse,
    Quarantined,
    Response,
    UserEvent,
)
from callcenter.asterisk.reader import MESSAGE_LIMIT, MessageReader, MessageTooLong, unescape

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 17.1\r\nCause: 16\r\nCause-txt: Normal Clearing\r\n\r\n"


def read(data: bytes) -> list[Message]:
    return MessageReader().feed(GREETING + data)


def test_the_greeting_is_read_once() -> None:
    reader = MessageReader()
    assert reader.feed(GREETING[:9]) == []
    assert reader.version is None
    assert reader.feed(GREETING[9:] + HANGUP) == [Hangup(uniqueid="17.1", cause=16)]
    assert reader.version == "11.0.0"


@given(cuts=st.lists(st.integers(min_value=1, max_value=60), min_size=1))
def test_pieces_of_any_size_make_the_same_messages(cuts: list[int]) -> None:
    data = GREETING + HANGUP + "Event: UserEvent\r\nUniqueid: 1.1\r\nCallerIDName: Žofie 김\r\n\r\n".encode() + HANGUP
    reader, messages, position, number = MessageReader(), [], 0, 0
    while position < len(data):
        size = cuts[number % len(cuts)]
        messages += reader.feed(data[position : position + size])
        position, number = position + size, number + 1
    assert messages == MessageReader().feed(data)
    assert isinstance(messages[1], UserEvent)
    assert messages[1].caller_name == "Žofie 김"


def test_events_that_nobody_wants_are_counted_and_not_even_looked_into() -> None:
    reader = MessageReader()
    assert reader.feed(GREETING + b"Event: VarSet\r\n\xff\x00 : : no headers at all\r\n\r\n" + HANGUP) == [
        Hangup(uniqueid="17.1", cause=16)
    ]
    assert reader.ignored == 1


def test_a_name_in_latin_1_loses_one_letter_not_the_message() -> None:
    (event,) = read(b"Event: UserEvent\r\nUserEvent: CCOffered\r\nUniqueid: 1.1\r\nCallerIDName: Zo\xeb\r\n\r\n")
    assert isinstance(event, UserEvent)
    assert event.caller_name == "Zo�"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Event: Hangup\r\nUniqueid: 1.1\r\nCause: 16\r\nUniqueid: 2.2\r\n\r\n", "repeated header"),
        (b"Event: Hangup\r\nUniqueid: 1.1\nCause: 16\r\n\r\n", "control character"),
        (b"Event: Hangup\r\nUniqueid: 1.1\r\nX: a\rb\r\n\r\n", "control character"),
        (b"Event: Hangup\r\nUniqueid: 1.1\r\nCallerIDName: \x1b[31m\r\n\r\n", "control character"),
        (b"Event: Hangup\r\nUniqueid: 1.1\r\nX: a\n\nEvent: Shutdown\r\n\r\n", "control character"),
        (b"Event: Hangup\r\nUniqueid: 1.1\r\nno header\r\n\r\n", "a line that is no header"),
        (b"Event: Hangup\r\nCause: 16\r\n\r\n", "Uniqueid missing or malformed"),
        (b"Event: Hangup\r\nUniqueid: ../x y\r\n\r\n", "Uniqueid missing or malformed"),
        (b"Event: Hangup\r\nUniqueid: 1.1\r\nCause: sixteen\r\n\r\n", "Cause is no number"),
        (b"Event: Hangup\r\nUniqueid: 1.1\r\nCause: " + b"9" * 30 + b"\r\n\r\n", "Cause is no number"),
        (b"CallerIDName: the rest of a message that was cut in two\r\n\r\n", "neither an event nor a response"),
    ],
)
def test_a_message_whose_shape_is_wrong_is_not_believed(data: bytes, reason: str) -> None:
    before, doubted, after = read(HANGUP + data + HANGUP)
    assert isinstance(doubted, Quarantined)
    assert doubted.reason == reason
    assert before == after == Hangup(uniqueid="17.1", cause=16)


def test_headers_that_may_repeat_do() -> None:
    data = b"Event: Hangup\r\nUniqueid: 1.1\r\nChanVariable: CC_ID=\r\nChanVariable: X=1\r\nCause: 17\r\n\r\n"
    assert read(data) == [Hangup(uniqueid="1.1", cause=17)]


def test_a_message_without_end_is_refused_before_it_fills_the_memory() -> None:
    reader = MessageReader()
    reader.feed(GREETING)
    for _ in range(MESSAGE_LIMIT // 1024):
        reader.feed(b"x" * 1024)
    with pytest.raises(MessageTooLong):
        reader.feed(b"x")


def test_a_greeting_without_end_is_refused_as_well() -> None:
    with pytest.raises(MessageTooLong):
        MessageReader().feed(b"x" * (MESSAGE_LIMIT + 1))


def test_an_empty_last_header_is_kept() -> None:
    (event,) = read(b"Event: UserEvent\r\nUniqueid: 1.1\r\nUserEvent: CCDialed\r\nDevice:\r\n\r\n")
    assert event == UserEvent(
        name="CCDialed", uniqueid="1.1", dialled="", caller_number="", caller_name="", device="", status="", cause=0
    )


def test_an_originate_response_is_no_response() -> None:
    """It has both headers; only the first line tells."""
    reader = MessageReader()
    message = b"Event: OriginateResponse\r\nResponse: Failure\r\nActionID: 1\r\nUniqueid: cc-1\r\n\r\n"
    assert reader.feed(GREETING + message) == [OriginateResponse(uniqueid="cc-1", success=False)]


def test_responses_are_told_apart() -> None:
    ok, refused, start = read(
        b"Response: Success\r\nActionID: a-1\r\nChallenge: 1234\r\n\r\n"
        b"Response: Error\r\nActionID: a-2\r\nMessage: No such channel\r\n\r\n"
        b"Response: Success\r\nActionID: a-3\r\nEventList: start\r\nMessage: Channel status will follow\r\n\r\n"
    )
    assert ok == Response(action_id="a-1", success=True, message="", challenge="1234", list_follows=False)
    assert refused == Response(
        action_id="a-2", success=False, message="No such channel", challenge="", list_follows=False
    )
    assert isinstance(start, Response)
    assert start.list_follows


def test_a_list_ends_well_or_broken_off() -> None:
    assert read(
        b"Event: StatusComplete\r\nActionID: 1\r\nEventList: Complete\r\n\r\n"
        b"Event: StatusComplete\r\nActionID: 2\r\nEventList: cancelled\r\n\r\n"
    ) == [ListEnd(action_id="1", complete=True), ListEnd(action_id="2", complete=False)]


def test_a_status_item_carries_the_variables_that_are_set() -> None:
    (item,) = read(
        b"Event: Status\r\nActionID: 1\r\nChannel: PJSIP/x-1\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nSeconds: 7\r\n"
        b"Variable: CC_ID=\r\nVariable: CC_QUEUE=support\r\nVariable: CC_SEQ=-5=x\r\nCallerIDName: <unknown>\r\n\r\n"
    )
    assert isinstance(item, ChannelStatus)
    assert item.variables == {"CC_QUEUE": "support", "CC_SEQ": "-5=x"}
    assert (item.seconds, item.caller_name) == (7, "")


def test_who_asked_for_the_end_is_told_apart() -> None:
    assert read(b"Event: HangupRequest\r\nUniqueid: 1.1\r\n\r\nEvent: SoftHangupRequest\r\nUniqueid: 1.1\r\n\r\n") == [
        HangupRequest(uniqueid="1.1", by_device=True),
        HangupRequest(uniqueid="1.1", by_device=False),
    ]


def test_agi_texts_are_unescaped() -> None:
    start, result = read(
        b"Event: AsyncAGIStart\r\nUniqueid: 1.1\r\nEnv: agi_request%3A%20async%0Aagi_dnid%3A%205550100%0A%0A\r\n\r\n"
        b"Event: AsyncAGIExec\r\nUniqueid: 1.1\r\nCommandId: c\r\nResult: 200%20result%3D0%20endpos%3D8320%0A\r\n\r\n"
    )
    assert isinstance(start, AsyncAgiStart)
    assert start.dialled == "5550100"
    assert result == AsyncAgiExec(uniqueid="1.1", command_id="c", result="200 result=0 endpos=8320")


def test_a_line_end_inside_an_agi_value_is_no_second_value() -> None:
    env = "agi_calleridname%3A%20x%0Aagi_dnid%3A%20999%0Aagi_dnid%3A%205550100%0A"
    (start,) = read(f"Event: AsyncAGIStart\r\nUniqueid: 1.1\r\nEnv: {env}\r\n\r\n".encode())
    assert isinstance(start, AsyncAgiStart)
    assert start.dialled == ""


@pytest.mark.parametrize(
    ("text", "plain"),
    [("a%20b", "a b"), ("%C5%BDofie", "Žofie"), ("Ž%20", "Ž "), ("%", "%"), ("%zz%4", "%zz%4"), ("%ff", "�")],
)
def test_percent_encoding(text: str, plain: str) -> None:
    assert unescape(text) == plain


@given(st.binary(max_size=4000))
@example(b"Event: Hangup\r\n\r\n")
@example(b"Event: AsyncAGIStart\r\nUniqueid: 1\r\nEnv: %\r\n\r\n")
@example(b"\r\n\r\n\r\n\r\n")
def test_no_bytes_whatever_break_the_reader(data: bytes) -> None:
    reader = MessageReader()
    reader.feed(GREETING + data)
    assert reader.feed(b"\r\n\r\n" + HANGUP)[-1] == Hangup(uniqueid="17.1", cause=16)


@given(
    name=st.sampled_from(["Hangup", "UserEvent", "DialBegin", "Status", "DTMFEnd", "BridgeEnter", "DeviceStateChange"]),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["Uniqueid", "Linkedid", "Cause", "DestUniqueid", "BridgeUniqueid", "ActionID", "Seconds"]),
            st.text(max_size=20),
        ),
        max_size=8,
    ),
)
def test_no_headers_whatever_break_the_reader(name: str, headers: list[tuple[str, str]]) -> None:
    """Text from a telephone ends up in values; what it makes of the structure is not believed."""
    body = "".join(f"{key}: {value}\r\n" for key, value in headers)
    messages = read(f"Event: {name}\r\n{body}\r\n".encode("utf-8", "replace") + HANGUP)
    assert messages[-1] == Hangup(uniqueid="17.1", cause=16)


def test_quotes_in_a_name_are_unescaped() -> None:
    """Asterisk writes names as C would."""
    (event,) = read(
        rb"Event: UserEvent" b"\r\n" rb"Uniqueid: 1.1" b"\r\n" rb"CallerIDName: O\'Neil \\ \"x\"" b"\r\n\r\n"
    )
    assert isinstance(event, UserEvent)
    assert event.caller_name == 'O\'Neil \\ "x"'
