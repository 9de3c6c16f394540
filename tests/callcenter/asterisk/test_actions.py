"""Whatever those above forget: nothing reaches the wire that is not one action of the shape it must have."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk import actions
from callcenter.asterisk.actions import VARIABLES, Action, Unsendable, encode

UUID = "018f0000-0000-7000-8000-000000000001"
HOSTILE = [
    "x\r\nAction: Command", "x\nVariable: A=b", "x\r", "x\0y", "Bob,TIMEOUT(absolute)=1", "Bob,FILE(/p)=1",
    '"Bob" <1>,SHELL(id)', 'a\\",b', "100&PJSIP/1900@trunk", "Local/s@internal/n", "PJSIP/x/sip:1900@evil",
    "1${SHELL(id)}", "$[1/0]", "${EVAL(${CALLERID(name)})}", "A" * 65536, "\ud800", "Ž", "", " ", "a b",
]  # fmt: skip


def test_an_action_goes_over_the_wire_in_its_order() -> None:
    assert encode(actions.redirect("17.1", "cc-room"), "n-1") == (
        b"Action: Redirect\r\nActionID: n-1\r\nChannel: 17.1\r\nContext: cc-room\r\nExten: s\r\nPriority: 1\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CC_ID", UUID),
        ("CC_QUEUE", "support"),
        ("CC_NODE", "ask-account"),
        ("CC_AGENT", "agent-ana"),
        ("CC_ENQUEUED", "1763760000"),
        ("CC_SEQ", "-5"),
        ("CC_EPOCH", "7"),
        ("CC_HEARTBEAT", "1763760000"),
        ("TIMEOUT(absolute)", "8"),
    ],
)
def test_our_variables_are_set(name: str, value: str) -> None:
    assert f"Variable: {name}\r\nValue: {value}\r\n".encode() in encode(actions.set_variable("1.1", name, value), "1")


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_carries_nothing_but_its_shape(name: str, value: str) -> None:
    with pytest.raises(Unsendable):
        encode(actions.set_variable("1.1", name, value), "1")


@pytest.mark.parametrize("name", ["CALLERID(name)", "SHELL(id)", "CC_ID,X", "CC_FOO", "__CC_ID", "TIMEOUT(digit)", ""])
def test_no_other_variable_is_ever_set(name: str) -> None:
    with pytest.raises(Unsendable):
        encode(actions.set_variable("1.1", name, "1"), "1")


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    "build",
    [
        lambda text: actions.redirect(text, "cc-room"),
        lambda text: actions.redirect("1.1", text),
        lambda text: actions.hang_up(text, 16),
        lambda text: actions.stream_file("1.1", text, "c-1"),
        lambda text: actions.queue_add(text, "PJSIP/agent-ana", penalty=0, paused=False),
        lambda text: actions.queue_add("support", text, penalty=0, paused=False),
        lambda text: actions.queue_pause("support", f"PJSIP/{text}", paused=True),
        lambda text: actions.queue_remove(text, "PJSIP/agent-ana"),
    ],
)
def test_text_from_elsewhere_gets_nowhere(build, hostile: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Unsendable):
        encode(build(hostile), "1")


@pytest.mark.parametrize(
    "path", ["/a/b c", '/a"', "/a/../etc/passwd", "relative", "/a/-rf", "/a\\", "/a&/b", "/", "//a"]
)
def test_only_plain_absolute_paths_are_played(path: str) -> None:
    with pytest.raises(Unsendable):
        encode(actions.stream_file("1.1", path, "c-1"), "1")


def test_a_header_cannot_stand_twice() -> None:
    with pytest.raises(Unsendable):
        encode(Action(name="Ping", headers=(("ActionID", "x"),)), "1")


@given(
    name=st.text(max_size=20),
    headers=st.lists(st.tuples(st.text(max_size=12), st.text(max_size=30)), max_size=4),
    action_id=st.text(max_size=10),
)
def test_what_is_encoded_is_exactly_one_action(name: str, headers: list[tuple[str, str]], action_id: str) -> None:
    """For any text at all: refused, or one block of one line a header, which reads back as it was given."""
    with contextlib.suppress(Unsendable):
        data = encode(Action(name=name, headers=tuple(headers)), action_id)
        assert data.endswith(b"\r\n\r\n")
        lines = data[:-4].split(b"\r\n")
        assert b"\n" not in b"".join(lines)
        assert b"\r" not in b"".join(lines)
        read_back = [tuple(line.decode().split(": ", 1)) for line in lines]
        assert read_back == [("Action", name), ("ActionID", action_id), *headers]


# -- an Originate ------------------------------------------------------------------------------------------------------


def originated(**changed: str) -> Action:
    headers = {
        "Channel": "PJSIP/agent-ana",
        "Context": "cc-out",
        "Exten": "+12025550123",
        "Priority": "1",
        "Timeout": "20000",
        "ChannelId": "cc-018f0000-0000-7000-8000-000000000001",
        "Async": "true",
        "Variable": ",".join(actions.ANSWER_ITSELF)
        + ",CC_ID=018f0000-0000-7000-8000-000000000001,CC_CALLERID=+12025550100",
    }
    return Action(name="Originate", headers=tuple({**headers, **changed}.items()))


def test_a_call_is_made_to_a_context_of_ours() -> None:
    made = actions.originate(
        "PJSIP/agent-ana",
        "cc-out",
        "+12025550123",
        channel="cc-018f0000-0000-7000-8000-000000000001",
        seconds=20,
        variables={"CC_ID": "018f0000-0000-7000-8000-000000000001", "CC_CALLERID": "+12025550100"},
    )
    assert made == originated()
    assert b"Application" not in encode(made, "a-1")


@pytest.mark.parametrize(
    "changed",
    [
        {"Application": "System"},
        {"Application": "Playback"},
        {"Data": "id"},
        {"Channel": "Local/s@cc-room"},
        {"Channel": "PJSIP/900@trunk-carrier"},
        {"Channel": "PJSIP/agent-ana&PJSIP/agent-bob"},
        {"Exten": "+12025550123;ext=1"},
        {"Exten": "+1202,5550123"},
        {"Exten": "agent-ana"},
        {"Exten": "+" + "1" * 21},
        {"Exten": "１２３"},
        {"Variable": "PJSIP_HEADER(add,Route)=<sip:evil>,CC_AGENT=agent-ana"},
        {"ChannelId": "018f0000-0000-7000-8000-000000000001"},
        {"Variable": "CC_ID=018f0000-0000-7000-8000-000000000001,SHELL(id)=x"},
        {"Variable": "CC_AGENT=agent-ana&PJSIP/agent-bob"},
        {"Variable": ""},
    ],
    ids=str,
)
def test_an_originate_says_nothing_that_it_must_not(changed: dict[str, str]) -> None:
    with pytest.raises(Unsendable):
        encode(originated(**changed), "a-1")


def called_back(**changed: str) -> Action:
    made = actions.call_number(
        "trunk-carrier",
        "+12025550123",
        "cc-callback",
        channel="cb-018f0000-0000-7000-8000-000000000001-7",
        caller_id="+12025550100",
        seconds=30,
        variables={"CC_ID": "018f0000-0000-7000-8000-000000000001", "CC_QUEUE": "support", "CC_ENQUEUED": "1767603600"},
    )
    return Action(name=made.name, headers=tuple((dict(made.headers) | changed).items()))


def test_a_customer_is_called_by_the_trunk_and_comes_to_the_waiting_room() -> None:
    sent = encode(called_back(), "a-1").decode()
    assert "Channel: PJSIP/+12025550123@trunk-carrier\r\n" in sent
    assert "CallerID: <+12025550100>\r\n" in sent
    assert "PJSIP_HEADER" not in sent, "nobody's telephone is asked to answer by itself"


@pytest.mark.parametrize(
    "changed",
    [
        {"Context": "cc-out"},
        {"Exten": "s"},
        {"Exten": "+12025550124"},
        {"Channel": "PJSIP/agent-ana"},
        {"Channel": "PJSIP/+12025550123@trunk-carrier&PJSIP/+19005550123@trunk-carrier"},
        {"Channel": "PJSIP/+12025550123@Trunk"},
        {"Channel": "Local/+12025550123@cc-out"},
        {"ChannelId": "cc-018f0000-0000-7000-8000-000000000001"},
        {"ChannelId": "cb-018f0000-0000-7000-8000-000000000001"},
        {"ChannelId": "cb-018f0000-0000-7000-8000-000000000001-x"},
        {"CallerID": '"Bank" <+12025550100>'},
        {"CallerID": "<+12025550100>\r\nX: y"},
        {"Application": "Playback"},
        {"Variable": "SHELL(id)=x"},
    ],
    ids=str,
)
def test_a_call_to_a_customer_says_nothing_else(changed: dict[str, str]) -> None:
    with pytest.raises(Unsendable):
        encode(called_back(**changed), "a-1")


@pytest.mark.parametrize("digit", ["", "12", "x", "E", "*\r\nAction: Originate"])
def test_a_key_is_one_key(digit: str) -> None:
    with pytest.raises(Unsendable):
        encode(actions.press_key("1767603600.1", digit), "a-1")


@pytest.mark.parametrize("extension", ["T", "i", "s,1,System(id)", "+49 30", "12025550123@trunk-carrier", "1"])
def test_a_channel_goes_to_a_context_or_a_number_there(extension: str) -> None:
    with pytest.raises(Unsendable):
        encode(actions.redirect("1767603600.1", "cc-consult", extension), "a-1")
