"""The nodes flows are made of, one frozen dataclass for each kind.

Nodes name one another; every name leads to a node of the same flow, or is `LAST_RESORT` (the loader sees to it).
Times are seconds.
"""

from typing import TypeAlias

from ivr.flow.nodes.asking import Answer, Ask, Choice, Collect, Language, Menu
from ivr.flow.nodes.common import (
    AUTHENTICATION_FIELD,
    KEYS,
    LANGUAGE_FIELD,
    LAST_RESORT,
    SHARED_FIELDS,
    Retry,
    Value,
)
from ivr.flow.nodes.control import Branch, Case, Return, Set, Subflow
from ivr.flow.nodes.hosts import Act, Authenticate, Hours, Lookup
from ivr.flow.nodes.leaving import Callback, Enqueue, TargetKind, Transfer, Voicemail, Wait
from ivr.flow.nodes.speaking import HangUp, Play

__all__ = [
    "AUTHENTICATION_FIELD",
    "KEYS",
    "LANGUAGE_FIELD",
    "LAST_RESORT",
    "NEEDS_NO_CALLER",
    "SHARED_FIELDS",
    "Act",
    "Answer",
    "Ask",
    "Authenticate",
    "Branch",
    "Callback",
    "Case",
    "Choice",
    "Collect",
    "Enqueue",
    "HangUp",
    "Hours",
    "InputNode",
    "Language",
    "Lookup",
    "Menu",
    "Node",
    "Play",
    "Retry",
    "Return",
    "Set",
    "Subflow",
    "TargetKind",
    "Transfer",
    "Value",
    "Voicemail",
    "Wait",
]

InputNode: TypeAlias = Menu | Collect | Ask | Language | Authenticate
"""The nodes that ask the caller something."""

NEEDS_NO_CALLER = Branch | Set | Subflow | Return | Lookup | Act
"""The nodes that are run also when the caller has hung up."""

Node: TypeAlias = (
    Play | Menu | Collect | Ask | Language | Branch | Set | Lookup | Act | Authenticate | Hours
    | Enqueue | Wait | Callback | Voicemail | Transfer | Subflow | Return | HangUp
)  # fmt: skip
