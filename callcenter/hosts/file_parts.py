"""What stands in `hosts/*.yaml`, before it becomes hosts and operations."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field, model_validator

from callcenter.files import STRICT
from callcenter.hosts.model import AnswerType, Argument, ArgumentType, BreakerPlan, SecretSource

_FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_Seconds = Annotated[float, Field(ge=0.05, le=60)]
_Status = Annotated[int, Field(ge=300, le=599)]
_Header = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$")]
_HeaderText = Annotated[str, Field(pattern=r"^[ -~]{0,500}$")]
_Member = Annotated[str, Field(pattern=r"^[A-Za-z_$][A-Za-z0-9_$.-]{0,100}$")]
_UrlPath = Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_~.-]+)*/?$", max_length=300)]
_Scalar: TypeAlias = str | int | float | bool | None


class Part(BaseModel):
    """Base of all: nothing unknown, nothing converted."""

    model_config = STRICT


class SecretPart(Part):
    """Where a secret is: a variable of the environment, or a file."""

    environment: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    file: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    before: _HeaderText = ""  # what stands before it in a header, such as "Bearer "

    @model_validator(mode="after")
    def _one(self) -> SecretPart:
        if (self.environment is None) == (self.file is None):
            raise ValueError("a secret is in the environment or in a file: give one of both")
        return self

    def read(self) -> SecretSource:
        """Return what it says."""
        return SecretSource(environment=self.environment, file=self.file)


class BreakerPart(Part):
    """When a host is left alone."""

    failures: Annotated[int, Field(ge=1, le=1_000)] = 5
    seconds: Annotated[float, Field(ge=0.1, le=3_600)] = 15

    def read(self) -> BreakerPlan:
        """Return what it says."""
        return BreakerPlan(failures=self.failures, seconds=self.seconds)


class ArgumentPart(Part):
    """What a host is told."""

    type: ArgumentType = "text"
    pattern: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    least: float | None = None
    most: float | None = None
    decimals: Annotated[int, Field(ge=0, le=8)] = 2
    optional: bool = False

    @model_validator(mode="after")
    def _fits(self) -> ArgumentPart:
        if (self.type == "text") != (self.pattern is not None):
            raise ValueError("a text needs a pattern, and nothing else has one")
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise ValueError(f"pattern is no regular expression: {error}") from None
        return self

    def read(self) -> Argument:
        """Return what it says."""
        return Argument(
            type=self.type,
            pattern=None if self.pattern is None else re.compile(self.pattern),
            least=self.least,
            most=self.most,
            decimals=self.decimals,
            optional=self.optional,
        )


class AnswerPart(Part):
    """What a host answers in one field."""

    path: Annotated[str, Field(min_length=1, max_length=300)]
    type: AnswerType = "any"
    optional: bool = False


Answers: TypeAlias = dict[_FieldName, Annotated[str, Field(min_length=1, max_length=300)] | AnswerPart]


class OperationPart(Part):
    """What questions, acts and checks share."""

    arguments: dict[_FieldName, ArgumentPart] = {}
    answer: Answers = {}
    timeout: _Seconds = 1.5


class HttpPart(OperationPart):
    """What all operations of HTTP services share."""

    path: _UrlPath
    query: dict[_Member, _FieldName] | list[_FieldName] = []
    body: dict[_Member, _FieldName] | list[_FieldName] = []
    fixed: dict[_Member, _Scalar] = {}
    root: str = ""


class QuestionPart(HttpPart):
    """Something that changes nothing there."""

    method: Literal["GET", "POST"] = "GET"
    retries: Annotated[int, Field(ge=0, le=3)] = 1
    not_found: list[_Status] = [404, 410]


class ActPart(HttpPart):
    """Something that changes something there."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    timeout: _Seconds = 4
    idempotent: bool = False  # the host does an act once, however often it comes with the same key
    retries: Annotated[int, Field(ge=0, le=3)] = 1
    refused: list[_Status] = [409, 422]
    refusal: Answers = {}


class CheckPart(HttpPart):
    """The judgement of a PIN."""

    method: Literal["POST"] = "POST"
    timeout: _Seconds = 3
    secret: _Member  # the body's member that takes the PIN
    wrong: list[_Status] = [401, 403]
    locked: list[_Status] = [423, 429]
    verdict: str = ""  # where the answer says right, wrong or locked; without it the status does


class HttpFile(Part):
    """An HTTP service."""

    type: Literal["http"]
    base_url: Annotated[str, Field(max_length=300)]
    ca_file: str | None = None
    headers: dict[_Header, _HeaderText | SecretPart] = {}
    idempotency_header: _Header = "Idempotency-Key"
    at_once: Annotated[int, Field(ge=1, le=500)] = 20
    max_bytes: Annotated[int, Field(ge=100, le=10_000_000)] = 65_536
    breaker: BreakerPart = BreakerPart()
    questions: dict[_FieldName, QuestionPart] = {}
    acts: dict[_FieldName, ActPart] = {}
    checks: dict[_FieldName, CheckPart] = {}


class SqlQuestionPart(OperationPart):
    """One SELECT."""

    sql: Annotated[str, Field(min_length=1, max_length=10_000)]
    retries: Annotated[int, Field(ge=0, le=3)] = 1


class SqlFile(Part):
    """A database that is only read."""

    type: Literal["sql"]
    url: str | SecretPart
    at_once: Annotated[int, Field(ge=1, le=100)] = 5
    breaker: BreakerPart = BreakerPart()
    questions: Annotated[dict[_FieldName, SqlQuestionPart], Field(min_length=1)]


class AnyFile(BaseModel):
    """What every file of a host says: which kind of file it is."""

    type: Literal["http", "sql"]
