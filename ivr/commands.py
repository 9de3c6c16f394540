"""Decisions of the flow interpreter, in the imperative.

They are to be carried out in the order given. Step numbers grow by one with every `PlayPrompts` and `LookUp`
of a call; the fact that answers a command repeats its number, so that late answers are harmless.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from ivr.fields import Fields, FieldValue
from ivr.prompts.prompt import Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterNode:
    """A stretch of the flow begins that takes time: announce it, and renew the call's guard.

    Sent on entering a node that speaks, listens or looks something up, and again for every further attempt of
    an input node. Nodes that take no time are not announced.

    Attributes:
        node: The node's name; a call interrupted now is taken up again here.
        budget: The longest this stretch may last, in seconds. A switch that hears nothing from us for longer
            may take the caller away from us.
    """

    node: str
    budget: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayPrompts:
    """Say these, one after the other; answered by `PromptsFinished` or `PromptsFailed` of the same step."""

    step: int
    utterances: tuple[Utterance, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlaying:
    """Fall silent at once: the prompts of that step are no longer wanted. No answer is awaited."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Ask a data source; answered by `LookupAnswered` or `LookupFailed` of the same step.

    Attributes:
        step: The number the answer repeats.
        name: Which question of the data source.
        arguments: Its named arguments.
        timeout: Seconds after which the answer is no longer awaited.
    """

    step: int
    name: str
    arguments: Fields = field(repr=False)
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnswer:
    """A field has a new value: keep it with the interaction, where a resumed call finds it again.

    A *sensitive* value (a PIN, a card number) must not be stored, shown or logged. A *keyed* one was given by the
    caller; any other was looked up or set by the flow.
    """

    key: str
    value: FieldValue = field(repr=False)
    sensitive: bool
    keyed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTrouble:
    """Something in the flow did not go as its author meant; the call goes on. For logs and reports."""

    node: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """The flow has ended: let the caller wait in this queue, and pass the attributes on."""

    queue: str
    attributes: Fields = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The flow has ended, its business done: clear the call, with this cause (ITU-T Q.850; 16 is normal)."""

    cause: int


Command: TypeAlias = EnterNode | PlayPrompts | StopPlaying | LookUp | RecordAnswer | ReportTrouble | Enqueue | HangUp
