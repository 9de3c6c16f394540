"""The flow file's format: what stands in it, before it becomes a `Flow`. Also the source of its JSON Schema."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from ivr.flow.nodes import KEYS
from ivr.prompts.prompt import LANGUAGE_PATTERN

_NAME = r"^[a-z][a-z0-9_]{0,39}$"

NodeName: TypeAlias = Annotated[str, Field(pattern=_NAME)]
FieldName: TypeAlias = Annotated[str, Field(pattern=_NAME)]
QueueName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Language: TypeAlias = Annotated[str, Field(pattern=f"^{LANGUAGE_PATTERN}$")]
Seconds: TypeAlias = Annotated[float, Field(ge=0.1, le=60)]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1_000)]
Key: TypeAlias = Annotated[str, Field(pattern=f"^[{KEYS}]$")]
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


class RetryPart(_Part):
    """What is said before each further attempt, and where to go after the last (default: to a person)."""

    say: list[Texts] = Field(default_factory=list)
    then: NodeName | None = None


class ChoicePart(_Part):
    """What a key of a menu means; without `next` the menu's own `next` follows."""

    value: Scalar = None
    next: NodeName | None = None


class PlayPart(_Part):
    """Say something and go on."""

    type: Literal["play"]
    prompt: Texts
    next: NodeName
    interruptible: bool = True
    language: Language | None = None


class MenuPart(_Part):
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


class CollectPart(_Part):
    """Ask for several digits."""

    type: Literal["collect"]
    prompt: Texts
    store: FieldName
    min_digits: int = Field(default=1, ge=1, le=64)
    max_digits: int = Field(ge=1, le=64)
    terminator: Literal["#", "*"] | None = "#"
    first_timeout: Seconds = 5
    digit_timeout: Seconds = 3
    entry_timeout: Seconds = 20
    attempts: int = Field(default=3, ge=1, le=10)
    no_input: RetryPart
    no_match: RetryPart
    next: NodeName
    shortcuts: dict[Annotated[str, Field(pattern="^[*#ABCD]$")], NodeName] = Field(default_factory=dict)
    sensitive: bool = False
    interruptible: bool = True


class LookupPart(_Part):
    """Ask a data source; its answer becomes fields."""

    type: Literal["lookup"]
    name: Annotated[str, Field(pattern=_NAME)]
    arguments: dict[FieldName, Value] = Field(default_factory=dict)
    answers: dict[str, FieldName] | list[FieldName]
    timeout: Seconds = 2
    found: NodeName
    not_found: NodeName | None = None
    failed: NodeName | None = None


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
    fields: Annotated[dict[FieldName, Value], Field(min_length=1)]
    next: NodeName


class EnqueuePart(_Part):
    """The flow's end: the caller waits for an agent."""

    type: Literal["enqueue"]
    queue: QueueName | ComputedValue
    otherwise: QueueName | None = None
    attributes: list[FieldName] = Field(default_factory=list)


class HangUpPart(_Part):
    """The flow's end: the caller's business is done."""

    type: Literal["hang_up"]
    prompt: Texts | None = None
    cause: int = Field(default=16, ge=1, le=127)


NodePart: TypeAlias = Annotated[
    PlayPart | MenuPart | CollectPart | LookupPart | BranchPart | SetPart | EnqueuePart | HangUpPart,
    Field(discriminator="type"),
]


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
    languages: Annotated[list[Language], Field(min_length=1, max_length=20)]
    inputs: list[FieldName] = Field(default_factory=list)
    start: NodeName
    person: NodeName
    longest: float = Field(default=600, ge=1, le=7_200)
    nodes: Annotated[dict[NodeName, NodePart], Field(min_length=1, max_length=1_000)]
    recordings: list[RecordingPart] = Field(default_factory=list)


def flow_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of flow files, for editors and designers."""
    return FlowFile.model_json_schema()
