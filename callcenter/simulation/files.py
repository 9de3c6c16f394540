"""What may stand in a description of what is to be simulated: its format, and the source of its JSON Schema.

Queues, rules and skills are rows of the routing engine, which says what is wrong with them (`acd.config`).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, Field, model_validator

from acd.metrics import ServiceLevel
from callcenter.files import STRICT, Name

ClockTime: TypeAlias = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Span: TypeAlias = Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$", description="From when to when: 08:00-16:30")]
Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Row: TypeAlias = dict[str, object]
"""Read by `acd.config`, which says what is wrong in its own words."""


class _Part(BaseModel):
    model_config = STRICT


class DurationPart(_Part):
    """Seconds that differ from call to call.

    `spread` is the standard deviation over the mean; `exponential` has 1 whatever is said.
    """

    mean: Annotated[float, Field(gt=0, le=86_400)]
    spread: Annotated[float, Field(ge=0, le=5)] = 0.8
    shape: Literal["lognormal", "exponential"] = "lognormal"


Duration: TypeAlias = Annotated[float, Field(ge=0, le=86_400)] | DurationPart
"""A part, or the mean alone."""


class ServiceLevelPart(_Part):
    """How the service level is counted (see `acd.metrics.ServiceLevel`). Without `seconds` each queue has its own."""

    variant: Annotated[str, Field(pattern=r"^SL-[1-7]$")] = ServiceLevel.SHORT_ABANDONS_IGNORED.value
    seconds: Annotated[float, Field(gt=0, le=3_600)] | None = None
    short: Annotated[float, Field(ge=0, le=60)] = 5


class AgentPart(_Part):
    """One agent, or `count` alike; without `shift` at work while the house is open, without `days` every day."""

    name: Name
    count: Annotated[int, Field(ge=1, le=2_000)] = 1
    group: str = ""
    skills: dict[str, object] = {}
    capacities: dict[str, object] | None = None
    shift: Span | list[Span] | None = None
    days: list[Weekday] | None = None
    speed: Annotated[float, Field(gt=0, le=10, description="2: needs half the time for a conversation")] = 1


class ArrivalPart(_Part):
    """Calls that come to one queue. `per_hour` says how many an hour, each figure from its time on."""

    queue: Name
    per_hour: Annotated[dict[ClockTime, Annotated[float, Field(ge=0, le=100_000)]], Field(min_length=1)]
    tiers: dict[Name, Share] = {}
    attributes: dict[Name, str | int | float | bool] = {}
    requirements: object = ()
    talk: Duration
    wrap_up: Duration = 0.0
    patience: Duration | None = Field(None, description="Exponential unless a shape is given; none: nobody leaves")


class CallsPart(_Part):
    """Past calls instead of arrivals: a file, and its format."""

    file: str
    format: Literal["csv", "anonymous-bank"] = "csv"


class ChangePart(_Part):
    """One plan to compare: what is different in it from what the description says."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    agents: list[AgentPart] = Field([], description="In addition")
    without: list[Name] = Field([], description="Names of entries of `agents` that are left out")
    skills: dict[Name, dict[str, object]] = Field({}, description="Entry of `agents`: skills to add or change")
    queues: list[Row] = Field([], description="For each queue, by its name, the keys that change; or a new queue")
    rules: list[Row] | None = Field(None, description="Instead of all others")
    load: Annotated[float, Field(gt=0, le=20, description="1.1: a tenth more calls")] = 1


class DescriptionFile(_Part):
    """A day, or past calls, and the plans to compare on them."""

    title: Annotated[str, Field(min_length=1, max_length=120)]
    opens: ClockTime = "08:00"
    closes: ClockTime = "18:00"
    day: Weekday | None = Field(None, description="Which agents are there, where they have `days`")
    service_level: ServiceLevelPart = ServiceLevelPart()
    answer_after: Annotated[float, Field(ge=0, le=60, description="Seconds a phone rings before it is answered")] = 3
    house: str | None = Field(None, description="A configuration directory whose queues, skills and rules are taken")
    skills: list[Name] = []
    queues: list[Row] = []
    rules: list[Row] = []
    agents: Annotated[list[AgentPart], Field(min_length=1)]
    arrivals: list[ArrivalPart] = []
    busyness: Annotated[float, Field(ge=0, le=1, description="How much days differ: deviation over mean")] = 0
    calls: CallsPart | None = None
    as_described: Annotated[str, Field(min_length=1, max_length=60)] = "as described"
    changes: list[ChangePart] = []

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.arrivals) == (self.calls is not None):
            raise ValueError("either arrivals or calls: one of them, not both")
        if self.house is None and not self.queues:
            raise ValueError("queues of its own, or a house that has some, are needed")
        return self
