"""The names that our dialplan, our actions and our reading of events share: contexts, variables, device names."""

from __future__ import annotations

from callcenter.domain.ids import DeviceName, QueueName, is_configured_name

IN = "cc-in"  # exact published numbers
START = "cc-start"  # cleans what the network sent
IVR = "cc-ivr"  # waits for AGI commands, guarded by a time-out
ROOM = "cc-room"  # the waiting room; guards itself against our death
DIAL = "cc-dial"  # rings the one agent whose device CC_AGENT names
TALKED = "cc-talked"  # the agent's leg has ended, the caller's has not
SURVEY = "cc-survey"  # waits for AGI commands after his talk; ends where nobody gives any
HOLD = "cc-hold"  # the caller hears music, by his agent's wish
ADD = "cc-add"  # the caller joins his agent's talk with a third
FORWARD = "cc-forward"  # the caller is sent to a number
CALLBACK = "cc-callback"  # a customer whom we called back has answered
SORRY = "cc-sorry"  # the spoken end
DEVICE = "cc-device"  # where agents' phones may dial: nowhere

DESK = "cc-desk"  # an agent's phone, off the hook and alone
JOIN = "cc-join"  # it takes the caller whom CC_PEER names
CONSULT = "cc-consult"  # it calls somebody beside its caller
SWAP = "cc-swap"  # it goes back to the one whom CC_PARTY names
ASIDE = "cc-aside"  # whom it called hears music
ADD_PARTY = "cc-add-party"  # whom it called joins its talk with the caller
OUT = "cc-out"  # an agent's own call

CALLER_CONTEXTS = frozenset({IN, START, IVR, ROOM, DIAL, TALKED, SURVEY, HOLD, ADD, FORWARD, CALLBACK, SORRY})

RECOVERY_VARIABLES = (
    "CC_ID",
    "CC_QUEUE",
    "CC_ENQUEUED",
    "CC_SEQ",
    "CC_EPOCH",
    "CC_NODE",
    "CC_AGENT",
    "CC_PEER",
    "CC_PARTY",
    "CC_HEIR",
)

FALLBACK = "cc-"  # begins the name of each queue of Asterisk's own; "general" alone would be a section of settings

TECHNOLOGY = "PJSIP/"
TRUNK = "trunk-"  # begins the name of every trunk, and of no agent's device


def fallback_queue(queue: QueueName) -> str:
    """Return the name of Asterisk's own queue that takes over for one of ours."""
    return f"{FALLBACK}{queue}"


def queue_of_fallback(text: str) -> QueueName | None:
    """Return the queue that one of Asterisk's own takes over for; None for one that is none of ours."""
    name = text.removeprefix(FALLBACK)
    return QueueName(name) if name != text and is_configured_name(name) else None


def interface(device: DeviceName) -> str:
    """Return a device's name as Asterisk's queues and states write it: ``PJSIP/agent-ana``."""
    return f"{TECHNOLOGY}{device}"


def device_of_interface(text: str) -> DeviceName | None:
    """Return the device of ``PJSIP/agent-ana``, None for what is no device of ours."""
    name = text.removeprefix(TECHNOLOGY)
    ours = name != text and is_configured_name(name) and not name.startswith(TRUNK)
    return DeviceName(name) if ours else None


def device_of_channel(channel: str) -> DeviceName | None:
    """Return the device of a channel's name, ``PJSIP/agent-ana-0000001f``; None for what is no device of ours.

    The name is used for this alone, once, when the channel is first seen: it changes in masquerades.
    """
    return device_of_interface(channel.rpartition("-")[0])
