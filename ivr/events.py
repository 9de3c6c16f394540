"""Facts told to the flow interpreter, in the past tense.

A fact never raises: one that comes late, twice or out of place is recognised by its step number, or by the
interpreter having ended, and changes nothing. What a caller said or keyed is kept out of every ``repr``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from ivr.fields import Fields


class Verdict(StrEnum):
    """What a host system says of a PIN."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LOCKED = "locked"  # no PIN is accepted for this account now


class Opening(StrEnum):
    """What a calendar says of this moment."""

    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"


class TransferFailure(StrEnum):
    """Why a caller was not taken over; the names of the exits."""

    BUSY = "busy"
    UNANSWERED = "unanswered"
    FAILED = "failed"


# --- the call -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The call is answered and under the IVR's control: run the flow.

    Attributes:
        call: The call's identifier, for traces only; the interpreter attaches no meaning to it.
        resumed_at_node: The last announced place (`EnterNode.node`) of a call that is taken up again
            after an interruption; None for a new call. A name the flow does not know starts at the beginning.
        fields: What is known already: the inputs the flow declares (such as the caller's number) and, for a
            resumed call, every `RecordAnswer` so far, dotted keys among them.
        listens: Speech can be recognised on this call (`Listen` will be answered).
    """

    call: str
    resumed_at_node: str | None = None
    fields: Fields = field(default_factory=dict, repr=False)
    listens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerGone:
    """The call is out of the IVR's hands: the caller has hung up, or somebody else has taken him over.

    Attributes:
        hung_up: He has hung up, and the flow's hang-up exits may still look things up and have hosts act.
    """

    hung_up: bool = False


# --- what the caller does -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitPressed:
    """The caller pressed one key: ``0``–``9``, ``*``, ``#`` or ``A``–``D`` (ITU-T Q.23)."""

    digit: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechBegan:
    """The caller began to speak while that step was listened to: prompts that may be interrupted fall silent."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The caller said something while that step was listened to.

    Attributes:
        step: The number of the `Listen` command.
        answer: Whose phrase it was; None: none of them.
        confidence: How sure the recogniser is, 0 to 1.
    """

    step: int
    answer: str | None = field(repr=False)
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningFailed:
    """Nobody listens for that step: keys alone count."""

    step: int
    why: str


# --- what the switch reports --------------------------------------------------------------------------------------


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
class Recorded:
    """The recording of that step is over: by silence, at its longest, or as asked; `seconds` of it hold a message."""

    step: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFailed:
    """Nothing could be recorded for that step."""

    step: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFailed:
    """The caller of that step's `Transfer` is still here. A transfer that succeeds is told by `CallerGone`."""

    step: int
    why: TransferFailure


# --- what others answer -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupAnswered:
    """The data source answered that step's question; an empty answer means that it knows no such record."""

    step: int
    fields: Fields = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupFailed:
    """The data source could not answer that step's question, or (`late`) did not in time."""

    step: int
    why: str
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActAnswered:
    """The host system has done that step's act, or (not `done`) will not do it."""

    step: int
    done: bool
    fields: Fields = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActFailed:
    """The host system did not answer that step's act: nothing was done, or (`unknown`) nobody can say."""

    step: int
    why: str
    unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChecked:
    """The host system judged that step's PIN."""

    step: int
    verdict: Verdict
    fields: Fields = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCheckFailed:
    """The host system could not judge that step's PIN."""

    step: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRead:
    """The calendar of that step says how the house is open now."""

    step: int
    opening: Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFailed:
    """The calendar of that step cannot be read."""

    step: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTaken:
    """The callback of that step is noted; the caller may hang up."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRefused:
    """No callback is taken for that step: the number must not be called, or there are no callbacks now."""

    step: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFailed:
    """Nobody can say for that step whether the callback is noted."""

    step: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceChanged:
    """In a treatment: where the caller stands in the queue now, and how long it is expected to take.

    Attributes:
        position: 1 is next; None: not known.
        expected_wait: Seconds; None: nobody can say reliably.
    """

    position: int | None
    expected_wait: float | None


Event: TypeAlias = (
    Started | CallerGone | DigitPressed | SpeechBegan | Heard | ListeningFailed
    | PromptsFinished | PromptsFailed | Recorded | RecordingFailed | TransferFailed
    | LookupAnswered | LookupFailed | ActAnswered | ActFailed | IdentityChecked | IdentityCheckFailed
    | CalendarRead | CalendarFailed | CallbackTaken | CallbackRefused | CallbackFailed | PlaceChanged
)  # fmt: skip
