"""What several kinds of node share: keys, values, retries, and the names that every flow knows."""

from dataclasses import dataclass
from typing import TypeAlias

from ivr.fields import FieldValue
from ivr.flow.expressions import Expression
from ivr.prompts.prompt import Prompt

KEYS = "0123456789*#ABCD"
"""The keys a telephone can send (DTMF, ITU-T Q.23)."""

LANGUAGE_FIELD = "language"
"""The field that holds the language the caller is spoken to in; set it to change the language."""

AUTHENTICATION_FIELD = "authentication"
"""The field that says how the caller proved who he is: the `level` of the authenticate node passed, null before."""

SHARED_FIELDS = frozenset({LANGUAGE_FIELD, AUTHENTICATION_FIELD})
"""The fields that a sub-flow shares with its caller without passing them on."""

LAST_RESORT = "@last_resort"
"""The target that is no node: where the call goes when nothing better is known (see `FlowKind`)."""

Value: TypeAlias = FieldValue | Expression
"""A fixed value, or one computed from the fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What happens when an input node got nothing it can use.

    Attributes:
        wordings: What is said before the node's prompt is repeated: the first after the first failure, and so
            on; the last one serves all further attempts.
        exit: The node that follows when all attempts are used up.
    """

    wordings: tuple[Prompt, ...]
    exit: str
