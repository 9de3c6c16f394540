"""The flow file's format: what stands in it, before it becomes a `Flow`. Also the source of its JSON Schema."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from ivr.flow.entries import DateForm
from ivr.flow.nodes import KEYS
from ivr.prompts.prompt import LANGUAGE_PATTERN

_NAME = r"^[a-z][a-z0-9_]{0,39}$"

NodeName: TypeAlias = Annotated[str, Field(pattern=_NAME)]
FieldName: TypeAlias = Annotated[str, Field(pattern=_NAME)]
ExitName: TypeAlias = Annotated[str, Field(pattern=_NAME)]
AnswerName: TypeAlias = Annotated[str, Field(pattern=_NAME)]
HouseName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A name configured elsewhere: a queue, an agent, a skill, a calendar, a host system, a number of the house's list."""
Language: TypeAlias = Annotated[str, Field(pattern=f"^{LANGUAGE_PATTERN}$")]
Seconds: TypeAlias = Annotated[float, Field(ge=0.1, le=60)]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1_000)]
Key: TypeAlias = Annotated[str, Field(pattern=f"^[{KEYS}]$")]
Terminator: TypeAlias = Literal["#", "*"]
Texts: TypeAlias = Annotated[dict[Language, Text], Field(min_length=1)]
Scalar: TypeAlias = Annotated[str, Field(max_length=1_000)] | int | float | bool | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ComputedValue(_Part):
    """A value computed from the fields by a CEL expression."""

    expression: str = Field(min_length=1)


def _kind_of_value(value: object) -> str:
    return "expression" if isinstance(value, dict | ComputedValue) else "value"


Value: TypeAlias = Annotated[
    Annotated[Scalar, Tag("value")] | Annotated[ComputedValue, Tag("expression")], Discriminator(_kind_of_value)
]

Fields: TypeAlias = Annotated[list[FieldName], Field(max_length=100)]
Values: TypeAlias = dict[FieldName, Value]
Answers: TypeAlias = dict[str, FieldName] | list[FieldName]


class RetryPart(_Part):
    """What is said before each further attempt, and where to go after the last (default: to a person)."""

    say: list[Texts] = Field(default_factory=list)
    then: NodeName | None = None


class _TimedPart(_Part):
    """A node at which a caller can hang up."""

    hang_up: NodeName | None = None


# --- speaking -----------------------------------------------------------------------------------------------------


class PlayPart(_TimedPart):
    """Say something and go on."""

    type: Literal["play"]
    prompt: Texts
    next: NodeName
    interruptible: bool = True
    flush: bool = False
    language: Language | None = None


class HangUpPart(_Part):
    """The flow's end: the caller's business is done."""

    type: Literal["hang_up"]
    prompt: Texts | None = None
    cause: int = Field(default=16, ge=1, le=127)


# --- asking the caller --------------------------------------------------------------------------------------------


class ChoicePart(_Part):
    """What a key of a menu means; without `next` the menu's own `next` follows."""

    value: Scalar = None
    next: NodeName | None = None


class MenuPart(_TimedPart):
    """Ask for one key out of several."""

    type: Literal["menu"]
    prompt: Texts
    choices: Annotated[dict[Key, ChoicePart], Field(min_length=1)]
    next: NodeName | None = None
    store: FieldName | None = None
    attempts: int = Field(default=3, ge=1, le=10)
    timeout: Seconds = 5
    no_input: RetryPart
    no_match: RetryPart
    interruptible: bool = True
    flush: bool = False


class LuhnPart(_Part):
    """A card number: its last digit is the check digit (ISO/IEC 7812-1)."""

    kind: Literal["luhn"]


class DatePart(_Part):
    """A day or a month; stored as ISO 8601 text."""

    kind: Literal["date"]
    form: DateForm
    earliest: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")] | None = None
    latest: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")] | None = None


class AmountPart(_Part):
    """Money or a measure; the star key is the decimal point. Stored as a number."""

    kind: Literal["amount"]
    decimals: int = Field(default=2, ge=0, le=6)
    least: float = Field(default=0.01, ge=0)
    most: float = Field(default=999_999_999, gt=0)


class RangePart(_Part):
    """A whole number between two others. Stored as a number."""

    kind: Literal["range"]
    least: int = Field(ge=0)
    most: int = Field(ge=0)


class PatternsPart(_Part):
    """One of several patterns: digits, and X for 0–9, Z for 1–9, N for 2–9."""

    kind: Literal["pattern"]
    patterns: Annotated[list[Annotated[str, Field(pattern=r"^[0-9XZN]{1,64}$")]], Field(min_length=1, max_length=100)]


CheckPart: TypeAlias = Annotated[
    LuhnPart | DatePart | AmountPart | RangePart | PatternsPart, Field(discriminator="kind")
]


class CollectPart(_TimedPart):
    """Ask for several digits."""

    type: Literal["collect"]
    prompt: Texts
    store: FieldName
    min_digits: int = Field(default=1, ge=1, le=64)
    max_digits: int = Field(ge=1, le=64)
    terminator: Terminator | None = "#"
    first_timeout: Seconds = 5
    digit_timeout: Seconds = 3
    entry_timeout: Seconds = 20
    attempts: int = Field(default=3, ge=1, le=10)
    no_input: RetryPart
    no_match: RetryPart
    next: NodeName
    shortcuts: dict[Annotated[str, Field(pattern="^[*#ABCD]$")], NodeName] = Field(default_factory=dict)
    check: CheckPart | None = None
    sensitive: bool = False
    interruptible: bool = True
    flush: bool = False


class AnswerPart(_Part):
    """One answer to an open question; without `next` the question's own `next` follows."""

    keys: Annotated[list[Key], Field(min_length=1)]
    phrases: dict[Language, Annotated[list[Text], Field(min_length=1, max_length=100)]] = Field(default_factory=dict)
    value: Scalar = None
    next: NodeName | None = None


class AskPart(_TimedPart):
    """Ask a question that is answered by a key or, where speech is recognised, by a phrase."""

    type: Literal["ask"]
    prompt: Texts
    spoken_prompt: Texts | None = None
    answers: Annotated[dict[AnswerName, AnswerPart], Field(min_length=1, max_length=100)]
    next: NodeName | None = None
    store: FieldName | None = None
    attempts: int = Field(default=3, ge=1, le=10)
    timeout: Seconds = 5
    confidence: float = Field(default=0.6, ge=0, le=1)
    no_input: RetryPart
    no_match: RetryPart
    interruptible: bool = True
    flush: bool = False


class OfferPart(_Part):
    """A language that can be chosen: its key, and the offer in its own words."""

    key: Key
    prompt: Text


class LanguagePart(_TimedPart):
    """Let the caller choose the language."""

    type: Literal["language"]
    choices: Annotated[dict[Language, OfferPart], Field(min_length=1)]
    otherwise: Language | None = None
    timeout: Seconds = 4
    attempts: int = Field(default=1, ge=1, le=3)
    next: NodeName
    flush: bool = False


# --- asking others ------------------------------------------------------------------------------------------------


class LookupPart(_TimedPart):
    """Ask a data source; its answer becomes fields."""

    type: Literal["lookup"]
    host: HouseName | None = None
    name: Annotated[str, Field(pattern=_NAME)]
    arguments: Values = Field(default_factory=dict)
    answers: Answers
    timeout: Seconds = 2
    meanwhile: Texts | None = None
    found: NodeName
    not_found: NodeName | None = None
    failed: NodeName | None = None
    late: NodeName | None = None


class ActPart(_TimedPart):
    """Have a host system do something, once."""

    type: Literal["act"]
    host: HouseName
    name: Annotated[str, Field(pattern=_NAME)]
    arguments: Values = Field(default_factory=dict)
    answers: Answers = Field(default_factory=list[FieldName])
    timeout: Seconds = 5
    meanwhile: Texts | None = None
    done: NodeName
    refused: NodeName | None = None
    failed: NodeName | None = None
    late: NodeName | None = None


class AuthenticatePart(_TimedPart):
    """Ask for a PIN and have a host system check it; the digits are kept nowhere."""

    type: Literal["authenticate"]
    host: HouseName
    name: Annotated[str, Field(pattern=_NAME)]
    arguments: Values = Field(default_factory=dict)
    prompt: Texts
    min_digits: int = Field(default=4, ge=1, le=16)
    max_digits: int = Field(default=4, ge=1, le=16)
    terminator: Terminator | None = "#"
    first_timeout: Seconds = 6
    digit_timeout: Seconds = 4
    entry_timeout: Seconds = 20
    attempts: int = Field(default=3, ge=1, le=3)
    meanwhile: Texts
    verdict_after: float = Field(default=2, ge=0.5, le=10)
    timeout: Seconds = 4
    no_input: RetryPart
    refused: RetryPart
    answers: Answers = Field(default_factory=list[FieldName])
    level: Annotated[str, Field(pattern=_NAME)] = "pin"
    next: NodeName
    locked: NodeName | None = None
    failed: NodeName | None = None


class HoursPart(_TimedPart):
    """Ask a calendar whether the house is open now."""

    type: Literal["hours"]
    calendar: HouseName
    open: NodeName
    closed: NodeName
    holiday: NodeName | None = None
    failed: NodeName | None = None


# --- deciding -----------------------------------------------------------------------------------------------------


class CasePart(_Part):
    """A condition (CEL) and the node that follows if it holds."""

    when: str = Field(min_length=1)
    next: NodeName


class BranchPart(_Part):
    """Go where the first condition that holds leads."""

    type: Literal["branch"]
    cases: Annotated[list[CasePart], Field(min_length=1)]
    otherwise: NodeName


class SetPart(_Part):
    """Give fields values."""

    type: Literal["set"]
    fields: Annotated[Values, Field(min_length=1)]
    next: NodeName


class SubflowPart(_Part):
    """Run a module; exits that are not named lead to `next`."""

    type: Literal["subflow"]
    module: NodeName
    inputs: Values = Field(default_factory=dict)
    outputs: dict[FieldName, FieldName] | list[FieldName] = Field(default_factory=list[FieldName])
    exits: dict[ExitName, NodeName] = Field(default_factory=dict)
    next: NodeName | None = None


class ReturnPart(_Part):
    """A module's end. A treatment's: the caller goes on waiting. A survey's: the call is cleared."""

    type: Literal["return"]
    exit: ExitName = "done"


# --- leaving and waiting ------------------------------------------------------------------------------------------


class EnqueuePart(_Part):
    """The flow's end: the caller waits for an agent."""

    type: Literal["enqueue"]
    queue: HouseName | ComputedValue
    otherwise: HouseName | None = None
    attributes: Fields = Field(default_factory=list)
    requirements: dict[HouseName, Annotated[int, Field(ge=1, le=10)] | ComputedValue] = Field(default_factory=dict)
    preferred_agent: Value = None
    preferred_for: float = Field(default=20, ge=0, le=3_600)
    head_start: Annotated[int, Field(ge=-3_600, le=86_400)] | ComputedValue | None = None
    treatment: NodeName | None = None
    survey: NodeName | ComputedValue | None = None


class WaitPart(_TimedPart):
    """In a treatment: music for a while."""

    type: Literal["wait"]
    seconds: float = Field(default=30, ge=1, le=600)
    keys: dict[Key, NodeName] = Field(default_factory=dict)
    next: NodeName


class CallbackPart(_TimedPart):
    """Promise to call back; the caller's place in the queue is kept."""

    type: Literal["callback"]
    number: Value
    queue: HouseName | None = None
    attributes: Fields = Field(default_factory=list)
    taken: NodeName
    refused: NodeName
    failed: NodeName | None = None


class VoicemailPart(_TimedPart):
    """Record a message."""

    type: Literal["voicemail"]
    mailbox: HouseName | None = None
    greeting: Texts
    longest: float = Field(default=120, ge=5, le=600)
    silence: float = Field(default=4, ge=1, le=30)
    shortest: float = Field(default=2, ge=0, le=30)
    end_keys: Annotated[str, Field(pattern=f"^[{KEYS}]*$")] = "#"
    review: Texts | None = None
    accept: Key = "1"
    again: Key = "2"
    again_at_most: int = Field(default=3, ge=0, le=10)
    attributes: Fields = Field(default_factory=list)
    next: NodeName
    empty: NodeName | None = None
    failed: NodeName | None = None


class TransferPart(_TimedPart):
    """Hand the caller over to a queue, an agent or a number of the house's list: exactly one of them."""

    type: Literal["transfer"]
    queue: HouseName | ComputedValue | None = None
    agent: HouseName | ComputedValue | None = None
    number: HouseName | None = None
    timeout: float = Field(default=30, ge=5, le=120)
    attributes: Fields = Field(default_factory=list)
    busy: NodeName | None = None
    unanswered: NodeName | None = None
    failed: NodeName | None = None


NodePart: TypeAlias = Annotated[
    PlayPart | MenuPart | CollectPart | AskPart | LanguagePart
    | LookupPart | ActPart | AuthenticatePart | HoursPart
    | BranchPart | SetPart | SubflowPart | ReturnPart
    | EnqueuePart | WaitPart | CallbackPart | VoicemailPart | TransferPart | HangUpPart,
    Field(discriminator="type"),
]  # fmt: skip


class RecordingPart(_Part):
    """A recording that replaces one text in one language; `file` is relative to the directory of recordings."""

    language: Language
    text: Text
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}(/[A-Za-z0-9_-]{1,80}){0,3}$")]
    seconds: Annotated[float, Field(gt=0, le=600)]


class FlowFile(_Part):
    """A flow file."""

    version: Literal[1]
    name: NodeName
    kind: Literal["call", "treatment", "survey", "module"] = "call"
    languages: Annotated[list[Language], Field(min_length=1, max_length=20)]
    inputs: Fields = Field(default_factory=list)
    sensitive: Fields = Field(default_factory=list)
    outputs: Fields = Field(default_factory=list)
    exits: Annotated[list[ExitName], Field(min_length=1, max_length=20)] = Field(default_factory=lambda: ["done"])
    start: NodeName
    person: NodeName | None = None
    longest: float = Field(default=600, ge=1, le=7_200)
    hang_up: NodeName | None = None
    nodes: Annotated[dict[NodeName, NodePart], Field(min_length=1, max_length=1_000)]
    recordings: list[RecordingPart] = Field(default_factory=list)


def flow_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of flow files, for editors and designers."""
    return FlowFile.model_json_schema()
