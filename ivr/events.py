"""Facts told to the flow interpreter, in the past tense.

A fact never raises: one that comes late, twice or out of place is recognised by its step number, or by the
interpreter having ended, and changes nothing. What a caller said or keyed is kept out of every ``repr``.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from ivr.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The call is answered and under the IVR's control: run the flow.

    Attributes:
        call: The call's identifier, for traces only; the interpreter attaches no meaning to it.
        resumed_at_node: The last announced flow node (`EnterNode.node`) of a call that is taken up again
            after an interruption; None for a new call. A name the flow does not know starts at the beginning.
        fields: What is known already: the inputs the flow declares (such as the caller's number) and, for a
            resumed call, every `RecordAnswer` so far.
    """

    call: str
    resumed_at_node: str | None = None
    fields: Fields = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptsFinished:
    """All prompts of that step were heard to the end, or playing was stopped as asked."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptsFailed:
    """The prompts of that step could not be synthesised or played."""

    step: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitPressed:
    """The caller pressed one key: ``0``–``9``, ``*``, ``#`` or ``A``–``D`` (ITU-T Q.23)."""

    digit: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupAnswered:
    """The data source answered that step's question; an empty answer means that it knows no such record."""

    step: int
    fields: Fields = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupFailed:
    """The data source could not answer that step's question."""

    step: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerGone:
    """The caller has hung up, or the call was taken out of the IVR's hands."""


Event: TypeAlias = Started | PromptsFinished | PromptsFailed | DigitPressed | LookupAnswered | LookupFailed | CallerGone
