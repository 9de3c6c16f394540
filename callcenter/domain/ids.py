"""Identifiers. Each is text of a checked shape, so that it may stand on a channel or in a key as it is."""

from __future__ import annotations

import re
from typing import NewType

CallId = NewType("CallId", str)
"""A call: the switch's unique id of the caller's channel (``1732212345.17``); it never changes while the call lives."""

ConnectionId = NewType("ConnectionId", str)
"""One call at one device: the switch's unique id of that device's channel."""

DeviceName = NewType("DeviceName", str)
"""A device of an agent as the switch knows it (``agent-ana``): a configured name, never a number."""

InteractionId = NewType("InteractionId", str)
"""One customer contact over all its calls: a UUID in its canonical form."""

AgentId = NewType("AgentId", str)
"""An agent: the sign-in name, a configured name."""

QueueName = NewType("QueueName", str)
"""A queue: a configured name."""

OfferId = NewType("OfferId", str)
"""One offer of one interaction to one agent."""

CustomerId = NewType("CustomerId", str)
"""A customer of the firm, as the customer master numbers it."""

CONFIGURED_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
UUID_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CHANNEL_ID = re.compile(r"[A-Za-z0-9._-]{1,150}")
_OWN_CALL = "cc-"
_CALLBACK = "cb-"
_ATTEMPT = re.compile(r"[0-9]{1,9}")
INTEGER = re.compile(r"-?[0-9]{1,18}")
DIALLED = re.compile(r"\+?[0-9]{2,20}")
"""A number as it is dialled: E.164, or the few digits of an emergency number."""


def is_configured_name(text: str) -> bool:
    """Tell whether `text` may name a queue, agent, device, flow node or disposition: ``[a-z][a-z0-9_-]{0,39}``."""
    return CONFIGURED_NAME.fullmatch(text) is not None


def is_interaction_id(text: str) -> bool:
    """Tell whether `text` is a UUID in canonical lower-case form (RFC 9562)."""
    return UUID_SHAPE.fullmatch(text) is not None


def callback_call(interaction: InteractionId, number: int) -> CallId:
    """Return the call by which a customer is called back: chosen by us; `number` tells its attempts apart."""
    return CallId(f"{_CALLBACK}{interaction}-{number}")


def is_callback_call(text: str) -> bool:
    """Tell whether a customer is, or was, called back by this call."""
    interaction, _, number = text.removeprefix(_CALLBACK).rpartition("-")
    return text.startswith(_CALLBACK) and is_interaction_id(interaction) and _ATTEMPT.fullmatch(number) is not None


def own_call(interaction: InteractionId) -> ConnectionId:
    """Return the connection that an agent's own call begins with: chosen by us, so that it is known beforehand."""
    return ConnectionId(f"{_OWN_CALL}{interaction}")


def is_own_call(text: str) -> bool:
    """Tell whether an agent's own call begins with this connection."""
    return text.startswith(_OWN_CALL) and is_interaction_id(text.removeprefix(_OWN_CALL))
