"""What may stand in the house's files: their format, and the source of the JSON Schemas that editors check them with.

Here is the shape alone. What a value means, and whether it goes with the others, is judged where it becomes a part of
the routing engine's model (`acd.config`) or of the catalogue (`callcenter.catalogue.reading`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, WithJsonSchema

from acd.model import AgentSelection, Medium, OverflowCause, OverflowTo, WrapUpMode
from callcenter.domain.catalogue import Label, Whom
from callcenter.files import STRICT, Name

Seconds: TypeAlias = Annotated[float, Field(ge=0, le=86_400)]
Level: TypeAlias = Annotated[int, Field(ge=1, le=10)]


def _one_of(kind: type[StrEnum]) -> WithJsonSchema:
    """For editors; the engine says which words there are."""
    return WithJsonSchema({"type": "string", "enum": [each.value for each in kind]})


RequirementPart: TypeAlias = Annotated[object, WithJsonSchema({"format": "requirement"})]
"""Read by `acd.config`, which says what is wrong in its own words: this many forms in one union say it in none."""

_REQUIREMENT = {
    "Requirement": {
        "description": "A skill (`english`), a skill with its minimum (`english >= 3`), a list of which all must hold, "
        "or `all:`, `any:`, `not:`, nested as needed.",
        "anyOf": [
            {"type": "string", "pattern": r"^\s*[a-z][a-z0-9_-]{0,39}\s*(>=\s*([1-9]|10)\s*)?$"},
            {"type": "array", "items": {"$ref": "#/$defs/Requirement"}},
            {
                "type": "object",
                "properties": {
                    "skill": {"type": "string"},
                    "minimum": {"type": "integer", "minimum": 1, "maximum": 10},
                },
                "required": ["skill"],
                "additionalProperties": False,
            },
            *(
                {
                    "type": "object",
                    "properties": {key: value},
                    "required": [key],
                    "additionalProperties": False,
                }
                for key, value in {
                    "all": {"type": "array", "items": {"$ref": "#/$defs/Requirement"}},
                    "any": {"type": "array", "items": {"$ref": "#/$defs/Requirement"}, "minItems": 1},
                    "not": {"$ref": "#/$defs/Requirement"},
                }.items()
            ),
        ],
    }
}


class Part(BaseModel):
    """Base of everything that may stand in a file of the house."""

    model_config = STRICT


class LabelPart(Part):
    """What people read, by language."""

    en: Annotated[str, Field(min_length=1, max_length=80)]
    zh: Annotated[str, Field(max_length=80)] = ""

    def read(self) -> Label:
        """Return it as the rest of the house knows it."""
        return Label(en=self.en, zh=self.zh)


class CodePart(Part):
    """A configured name with its label."""

    name: Name
    label: LabelPart


# -- callcenter.yaml ---------------------------------------------------------------------------------------------


class NumberPart(Part):
    """A published number and the flow that answers it."""

    number: Annotated[str, Field(pattern=r"^\+?[0-9]{1,20}$")]
    flow: Name


class HouseFile(Part):
    """`callcenter.yaml`: numbers, the default queue, why agents may be away."""

    default_queue: Name
    numbers: Annotated[list[NumberPart], Field(min_length=1)]
    not_ready_reasons: list[CodePart]


# -- routing.yaml ------------------------------------------------------------------------------------------------


class PreferredAgentPart(Part):
    """The agent an interaction should reach if possible; `wait` seconds it waits for that agent alone."""

    agent: Name
    wait: Seconds = 0
    head_start: Seconds = 60


class RulePart(Part):
    """Where `when` holds, an interaction gets all the rest. `head_start` may be negative: put back."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    when: Annotated[str, Field(min_length=1, description="A condition in CEL over `queue` and the caller's attributes")]
    head_start: Annotated[float, Field(ge=-86_400, le=86_400)] = 0
    prefers_expert: bool = False
    requirements: RequirementPart = ()
    preferred_agent: PreferredAgentPart | None = None


Capacities: TypeAlias = dict[Annotated[str, _one_of(Medium)], Annotated[int, Field(ge=0, le=50)]]


class CapacityExceptionPart(Part):
    """Some agents take more or less at once: those named, or those who satisfy the requirements."""

    agents: list[Name] = []
    requirements: RequirementPart = ()
    capacities: Capacities


class MediaPart(Part):
    """How many interactions of each medium an agent handles at once, and what may interrupt what."""

    capacities: Capacities = Field(default_factory=lambda: {Medium.VOICE.value: 1})
    exceptions: list[CapacityExceptionPart] = []
    interruptions: dict[Annotated[str, _one_of(Medium)], list[Annotated[str, _one_of(Medium)]]] = {}


class RoutingFile(Part):
    """`routing.yaml`: the skills there are, the rules over callers' attributes, and the media."""

    skills: list[CodePart] = []
    rules: list[RulePart] = []
    media: MediaPart = MediaPart()


# -- queues/NAME.yaml --------------------------------------------------------------------------------------------


class WrapUpPart(Part):
    """When an agent works after a call and what ends it; `more_time` is what each request for more adds."""

    mode: Annotated[str, _one_of(WrapUpMode)] = WrapUpMode.FIXED.value
    seconds: Seconds = 30
    more_time: Annotated[int, Field(ge=0, le=86_400)] = 30
    more_time_limit: Seconds = 120


class ServiceLevelPart(Part):
    """`share` of the interactions is to be answered within `seconds`."""

    share: Annotated[float, Field(ge=0, le=1)] = 0.8
    seconds: Annotated[float, Field(gt=0, le=3_600)] = 20


class IndexPart(Part):
    """Weights of the tunable index (see `acd.model.TunableIndex`)."""

    wait: Annotated[float, Field(ge=0)] = 1
    head_start: Annotated[float, Field(ge=0)] = 1
    idle: float = 1
    proficiency: float = 0
    specialisation: float = 0
    groups: dict[str, float] = {}


class StepPart(Part):
    """From `after` seconds in the queue on these requirements replace the queue's own."""

    after: Annotated[float, Field(gt=0, le=86_400)]
    requirements: RequirementPart = ()
    keeps_needs: bool = True


class OverflowPart(Part):
    """When an interaction is given away, and where to: `name` is a queue, or the flow that takes the caller."""

    cause: Annotated[str, _one_of(OverflowCause)]
    limit: Seconds | None = None
    to: Annotated[str, _one_of(OverflowTo)]
    name: Name


class LimitsPart(Part):
    """How many may wait and how long, and the flow that takes who would be too many or has waited too long."""

    size: Annotated[int, Field(gt=0)] | None = None
    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None
    to: Annotated[str, _one_of(OverflowTo)] = OverflowTo.MESSAGE.value
    name: Name


class PreferencePart(Part):
    """Whom the queue's callers wait for alone, `wait` seconds at most, before anybody else."""

    whom: Annotated[str, _one_of(Whom)]
    wait: Annotated[float, Field(gt=0, le=3_600)]
    agent: Annotated[Name, Field(description="With `whom: named`")] | None = None
    within_days: (
        Annotated[int, Field(gt=0, le=3_650, description="With `whom: last_agent`: how long ago they may have talked")]
        | None
    ) = None


class DispositionPart(CodePart):
    """An outcome of a contact; with `codes` a group of them, which is none itself."""

    codes: list[DispositionPart] = []


class CallbacksPart(Part):
    """How callers who asked for it are called back. Seconds."""

    expires_after: Annotated[float, Field(ge=60, le=604_800)] = 14_400
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    retry_after: Annotated[float, Field(ge=10, le=86_400)] = 300
    greeting: Name | None = None


class QueueFile(Part):
    """`queues/NAME.yaml`: one queue."""

    label: LabelPart
    requirements: RequirementPart = ()
    priority: Annotated[float, Field(ge=-1_440, le=1_440)] = 0
    head_start: Annotated[float, Field(ge=-86_400, le=86_400)] = 0
    weight: Annotated[float, Field(gt=0, le=100)] = 1
    overdue_after: Annotated[float, Field(gt=0, le=86_400)] | None = None
    overdue_factor: Annotated[float, Field(gt=0, le=1_000)] | None = None
    selection: Annotated[str, _one_of(AgentSelection)] = AgentSelection.LEAST_SPECIALISED.value
    index: IndexPart = IndexPart()
    share: Annotated[float, Field(gt=0)] | None = None
    steps: list[StepPart] = []
    overflows: list[OverflowPart] = []
    limits: LimitsPart | None = None
    expert_hold: Seconds = 0
    expert_level: Level = 10
    offer_timeout: Annotated[float, Field(ge=3, le=120)] | None = None
    service_level: ServiceLevelPart = ServiceLevelPart()
    wrap_up: WrapUpPart = WrapUpPart()
    treatment: Name | None = None
    survey: Name | None = None
    dispositions: list[DispositionPart] = []
    disposition_required: bool = False
    transferred: Literal["first", "head", "now"] = "first"
    callbacks: CallbacksPart = CallbacksPart()
    caller_id: Annotated[str, Field(pattern=r"^(\+[0-9]{3,15})?$")] = ""
    calendar: Annotated[Name, Field(description="Opening hours, calendars/NAME.yaml")] | None = None
    preferred_agents: list[PreferencePart] = []


# -- calendars/NAME.yaml -----------------------------------------------------------------------------------------

Span = Annotated[str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Annotated[str, Field(pattern=rf"^({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?$")]


class HolidaysPart(Part):
    """Whose public holidays: a country (ISO 3166), perhaps one of its parts (ISO 3166-2 without the country)."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    part: Annotated[str, Field(min_length=1, max_length=10)] | None = None


class ExceptionPart(Part):
    """A day, or all days until another one, with hours of its own; without hours it is closed."""

    day: Day
    until: Day | None = None
    hours: list[Span] = Field(default_factory=list)


class CalendarFile(Part):
    """`calendars/NAME.yaml`: one calendar."""

    zone: Annotated[str, Field(min_length=1, max_length=60, description="IANA time zone, Europe/Berlin")]
    week: dict[Weekday, list[Span]]
    holidays: HolidaysPart | None = None
    exceptions: list[ExceptionPart] = Field(default_factory=list)


# -- for editors -------------------------------------------------------------------------------------------------


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema (draft 2020-12) of each kind of file, by the file that holds it."""
    files: dict[str, type[BaseModel]] = {
        "callcenter": HouseFile,
        "routing": RoutingFile,
        "queue": QueueFile,
        "calendar": CalendarFile,
    }
    found = {}
    for name, kind in files.items():
        schema = kind.model_json_schema()
        if _refer_to_requirement(schema):
            schema["$defs"] |= _REQUIREMENT
        found[f"{name}.schema.json"] = schema
    return found


def _refer_to_requirement(schema: dict[str, Any]) -> bool:
    """Let every requirement in the schema be the one definition, which refers to itself; tell whether there is any."""
    found = schema.pop("format", None) == "requirement"
    if found:
        schema.pop("default", None)
        schema["$ref"] = "#/$defs/Requirement"
    parts = [part for part in schema.values() if isinstance(part, dict)]
    return any([found, *map(_refer_to_requirement, parts)])
