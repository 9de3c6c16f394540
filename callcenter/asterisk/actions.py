"""What we say to Asterisk over its Manager Interface: actions and their encoding. Pure.

The one door for everything outgoing. Asterisk ends a line at CR LF *and* at a bare LF, takes a comma in Originate's
variables for a second assignment, and evaluates a function in a variable's name; so nothing passes here that is not of
the shape its place demands: not text from a caller, an agent or a customer's record, whatever module above forgets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callcenter.asterisk import places
from callcenter.domain.ids import (
    CHANNEL_ID,
    DIALLED,
    INTEGER,
    is_callback_call,
    is_configured_name,
    is_interaction_id,
    is_own_call,
)


class Unsendable(ValueError):
    """A key or value has not the shape its place demands: a fault of ours, found before it reached the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action: its name and headers in order. `is_list`: the answer is a list of events."""

    name: str
    headers: tuple[tuple[str, str], ...] = ()
    is_list: bool = False


# -- the actions we use ----------------------------------------------------------------------------------------


def set_variable(channel: str, name: str, value: str) -> Action:
    """Set one of our variables on a channel."""
    return Action(name="Setvar", headers=(("Channel", channel), ("Variable", name), ("Value", value)))


def set_global(name: str, value: str) -> Action:
    """Set one of our global variables."""
    return Action(name="Setvar", headers=(("Variable", name), ("Value", value)))


def redirect(channel: str, context: str, extension: str = "s") -> Action:
    """Send a channel to the start of one of our contexts, or to a number that is called there."""
    return Action(
        name="Redirect",
        headers=(("Channel", channel), ("Context", context), ("Exten", extension), ("Priority", "1")),
    )


def redirect_both(channel: str, context: str, other: str, its_context: str, its_extension: str = "s") -> Action:
    """Send two channels that talk to each other to where each is to go, in one step."""
    return Action(
        name="Redirect",
        headers=(
            ("Channel", channel),
            ("Context", context),
            ("Exten", "s"),
            ("Priority", "1"),
            ("ExtraChannel", other),
            ("ExtraContext", its_context),
            ("ExtraExten", its_extension),
            ("ExtraPriority", "1"),
        ),
    )


def originate(
    interface: str,
    context: str,
    extension: str,
    *,
    channel: str,
    seconds: int,
    variables: Mapping[str, str],
) -> Action:
    """Ring a device under a unique id of our choice; what answers goes to one of our contexts, never to an application.

    The device is asked to answer by itself, for its owner wants this call. (Not by ``PreDialGoSub``: Asterisk 22 leaves
    that out when the Originate is asynchronous.)
    """
    assignments = [*ANSWER_ITSELF, *(f"{name}={value}" for name, value in variables.items())]
    return Action(
        name="Originate",
        headers=(
            ("Channel", interface),
            ("Context", context),
            ("Exten", extension),
            ("Priority", "1"),
            ("Timeout", str(1000 * seconds)),
            ("ChannelId", channel),
            ("Async", "true"),
            ("Variable", ",".join(assignments)),
        ),
    )


def call_number(
    trunk: str,
    number: str,
    context: str,
    *,
    channel: str,
    caller_id: str,
    seconds: int,
    variables: Mapping[str, str],
) -> Action:
    """Call a number by a trunk, under a unique id of our choice; who answers goes to one of our contexts."""
    return Action(
        name="Originate",
        headers=(
            ("Channel", f"{_TECHNOLOGY}{number}@{trunk}"),
            ("Context", context),
            ("Exten", number),
            ("Priority", "1"),
            ("Timeout", str(1000 * seconds)),
            *((("CallerID", f"<{caller_id}>"),) if caller_id else ()),
            ("ChannelId", channel),
            ("Async", "true"),
            ("Variable", ",".join(f"{name}={value}" for name, value in variables.items())),
        ),
    )


ANSWER_ITSELF = (
    "PJSIP_HEADER(add,Call-Info)=<sip:callcenter>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)=<http://callcenter>;info=alert-autoanswer",
)
"""Two usual ways to ask a telephone for that; softphones know it from their page."""

_ASKED = "".join(f"{one}," for one in ANSWER_ITSELF)


def press_key(channel: str, digit: str) -> Action:
    """Let a key seem to come from a channel's device: whom it talks to hears it, and keys sent at once wait in line."""
    return Action(name="PlayDTMF", headers=(("Channel", channel), ("Digit", digit), ("Receive", "true")))


def hang_up(channel: str, cause: int) -> Action:
    """Clear a channel with a Q.850 cause."""
    return Action(name="Hangup", headers=(("Channel", channel), ("Cause", str(cause))))


def stream_file(channel: str, path: str, command_id: str) -> Action:
    """Queue the AGI command that plays one file (absolute, without extension) and takes no keys."""
    return Action(
        name="AGI", headers=(("Channel", channel), ("Command", f'STREAM FILE {path} ""'), ("CommandID", command_id))
    )


def record_file(channel: str, path: str, command_id: str, *, longest: float, silence: float, end_keys: str) -> Action:
    """Queue the AGI command that records one file (absolute, ``.wav`` is added).

    It ends after `longest` seconds, after `silence` seconds without a voice, or by one of the keys.
    """
    command = f'RECORD FILE {path} wav "{end_keys}" {round(longest * 1000)} s={max(1, round(silence))}'
    return Action(name="AGI", headers=(("Channel", channel), ("Command", command), ("CommandID", command_id)))


def start_music(channel: str, command_id: str) -> Action:
    """Queue the AGI command that lets the caller hear music until something else is played."""
    return Action(
        name="AGI", headers=(("Channel", channel), ("Command", "SET MUSIC ON default"), ("CommandID", command_id))
    )


def stop_playback(channel: str) -> Action:
    """Stop the file that is being played."""
    return Action(name="ControlPlayback", headers=(("Channel", channel), ("Control", "stop")))


def queue_add(queue: str, interface: str, *, penalty: int, paused: bool) -> Action:
    """Make a device a member of one of Asterisk's queues."""
    return Action(
        name="QueueAdd",
        headers=(
            ("Queue", queue),
            ("Interface", interface),
            ("MemberName", interface.removeprefix("PJSIP/")),
            ("Penalty", str(penalty)),
            ("Paused", "true" if paused else "false"),
        ),
    )


def queue_pause(queue: str, interface: str, *, paused: bool) -> Action:
    """Let a member be asked, or not."""
    return Action(
        name="QueuePause",
        headers=(("Queue", queue), ("Interface", interface), ("Paused", "true" if paused else "false")),
    )


def queue_remove(queue: str, interface: str) -> Action:
    """Take a device out of one of Asterisk's queues."""
    return Action(name="QueueRemove", headers=(("Queue", queue), ("Interface", interface)))


def channel_list(variables: tuple[str, ...]) -> Action:
    """List all channels, each with these variables."""
    return Action(name="Status", headers=(("Variables", ",".join(variables)),), is_list=True)


DEVICE_STATE_LIST = Action(name="DeviceStateList", is_list=True)
QUEUE_STATUS = Action(name="QueueStatus", is_list=True)
PING = Action(name="Ping")
CHALLENGE = Action(name="Challenge", headers=(("AuthType", "MD5"),))


def log_in(user: str, key: str) -> Action:
    """Log in with the MD5 answer to a challenge."""
    return Action(name="Login", headers=(("AuthType", "MD5"), ("Username", user), ("Key", key), ("Events", "on")))


# -- encoding --------------------------------------------------------------------------------------------------

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
_PATH = r"(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+"
_AGI_COMMAND = re.compile(
    rf'STREAM FILE {_PATH} ""'
    rf'|RECORD FILE {_PATH} wav "[0-9*#A-D]{{0,16}}" [0-9]{{1,7}} s=[0-9]{{1,3}}'
    r"|SET MUSIC ON default"
)
_DIGIT = re.compile(r"[0-9*#A-D]")
_TECHNOLOGY = "PJSIP/"
_FALLBACK = "cc-"

NO_SURVEY = "-"
"""Stands where a survey's name would: none any more."""

VARIABLES: dict[str, Callable[[str], bool]] = {
    "CC_ID": is_interaction_id,
    "CC_QUEUE": is_configured_name,
    "CC_NODE": is_configured_name,
    "CC_AGENT": is_configured_name,
    "CC_SURVEY": lambda value: value == NO_SURVEY or is_configured_name(value),
    "CC_ENQUEUED": lambda value: INTEGER.fullmatch(value) is not None,
    "CC_SEQ": lambda value: INTEGER.fullmatch(value) is not None,
    "CC_EPOCH": lambda value: INTEGER.fullmatch(value) is not None,
    "CC_HEARTBEAT": lambda value: INTEGER.fullmatch(value) is not None,
    "CC_PEER": lambda value: CHANNEL_ID.fullmatch(value) is not None,
    "CC_PARTY": lambda value: CHANNEL_ID.fullmatch(value) is not None,
    "CC_HEIR": lambda value: CHANNEL_ID.fullmatch(value) is not None,
    "CC_CALLERID": lambda value: DIALLED.fullmatch(value) is not None,
    "TIMEOUT(absolute)": lambda value: INTEGER.fullmatch(value) is not None,
}
"""The only variables that are ever set over AMI, and the shape of each value."""


def _is_interface(value: str) -> bool:
    return value.startswith(_TECHNOLOGY) and is_configured_name(value.removeprefix(_TECHNOLOGY))


def _is_called(value: str) -> bool:
    """Tell whether an Originate may call this: a device, or a number by a trunk."""
    number, at, trunk = value.removeprefix(_TECHNOLOGY).partition("@")
    if not at:
        return _is_interface(value)
    return value.startswith(_TECHNOLOGY) and DIALLED.fullmatch(number) is not None and is_configured_name(trunk)


def _belongs_together(originate: Mapping[str, str]) -> bool:
    """Tell whether an Originate calls a device for its agent, or a number for the waiting room; and nothing else."""
    number, by_trunk, _ = originate.get("Channel", "").removeprefix(_TECHNOLOGY).partition("@")
    to, chosen = (originate.get("Context"), originate.get("Exten")), originate.get("ChannelId", "")
    if by_trunk:
        return is_callback_call(chosen) and to == (places.CALLBACK, number)
    return to[0] != places.CALLBACK and not is_callback_call(chosen)


def _is_caller_id(value: str) -> bool:
    return value[:1] == "<" and value[-1:] == ">" and DIALLED.fullmatch(value[1:-1]) is not None


def _is_chosen_id(value: str) -> bool:
    return is_own_call(value) or is_callback_call(value)


def _is_extension(value: str) -> bool:
    return value == "s" or DIALLED.fullmatch(value) is not None


_SHAPES: dict[str, Callable[[str], bool]] = {
    "Channel": lambda value: CHANNEL_ID.fullmatch(value) is not None,
    "ExtraChannel": lambda value: CHANNEL_ID.fullmatch(value) is not None,
    "ChannelId": _is_chosen_id,
    "CallerID": _is_caller_id,
    "Command": lambda value: _AGI_COMMAND.fullmatch(value) is not None,
    "Queue": lambda value: value.startswith(_FALLBACK) and is_configured_name(value.removeprefix(_FALLBACK)),
    "MemberName": is_configured_name,
    "Context": is_configured_name,
    "ExtraContext": is_configured_name,
    "Exten": _is_extension,
    "ExtraExten": _is_extension,
    "Interface": _is_interface,
    "Digit": lambda value: _DIGIT.fullmatch(value) is not None,
    "Variable": VARIABLES.__contains__,
    "Variables": lambda value: all(name in VARIABLES for name in value.split(",")),
}

_OF_ORIGINATE: dict[str, Callable[[str], bool]] = {
    **_SHAPES,
    "Channel": _is_called,
    "Variable": lambda value: all(
        name in VARIABLES and VARIABLES[name](text)
        for name, _, text in (one.partition("=") for one in value.removeprefix(_ASKED).split(","))
    ),
    "Application": lambda _: False,
    "Data": lambda _: False,
}
"""An Originate names a device or a number where others name a channel, and never runs an application."""


def encode(action: Action, action_id: str) -> bytes:
    """Return the action as it goes over the wire. Raises `Unsendable`; then nothing must be sent."""
    lines = [("Action", action.name), ("ActionID", action_id), *action.headers]
    shapes = _OF_ORIGINATE if action.name == "Originate" else _SHAPES
    for key, value in lines:
        if not _KEY.fullmatch(key):
            raise Unsendable(f"{action.name}: a header's name is malformed")
        if _FORBIDDEN.search(value):
            raise Unsendable(f"{action.name}: control character in {key}")
        if (shape := shapes.get(key)) is not None and not shape(value):
            raise Unsendable(f"{action.name}: {key} has not the shape it must have")
    headers = dict(lines)
    if len(headers) != len(lines):
        raise Unsendable(f"{action.name}: a header stands twice")
    if action.name == "Setvar" and not VARIABLES[headers["Variable"]](headers.get("Value", "")):
        raise Unsendable(f"{action.name}: the value of {headers['Variable']} has not the shape it must have")
    if action.name == "Originate" and not _belongs_together(headers):
        raise Unsendable("Originate: whom it calls, where that one goes and the call's id do not belong together")
    try:
        return "".join(f"{key}: {value}\r\n" for key, value in lines).encode("ascii") + b"\r\n"
    except UnicodeEncodeError as error:
        raise Unsendable(f"{action.name}: only ASCII is ever sent") from error
