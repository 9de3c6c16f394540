"""What is configured about host systems, and how one can fail to answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from ivr.fields import FieldValue

LONGEST_ARGUMENT = 200
"""Characters of a text that may be handed to a host."""


class OperationKind(StrEnum):
    """What an operation is to a flow."""

    QUESTION = "question"  # changes nothing there: may be asked again at any time
    ACT = "act"  # changes something: done at most once
    CHECK = "check"  # judges a PIN: never asked twice, since a trial counts


ArgumentType: TypeAlias = Literal["text", "integer", "number", "decimal", "boolean"]
AnswerType: TypeAlias = Literal["any", "text", "integer", "number", "decimal", "boolean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What a host is told about, and what it must look like before it is.

    Attributes:
        type: A ``text`` must match `pattern` as a whole; an ``integer`` or ``number`` is in its range; a ``decimal`` is
            a number handed over as text with exactly `decimals` decimals.
        pattern: Of a text.
        least: Of a number.
        most: Of a number.
        decimals: Of a decimal; a value with more of them is refused.
        optional: May be unknown; it is left out then.
    """

    type: ArgumentType = "text"
    pattern: re.Pattern[str] | None = None
    least: float | None = None
    most: float | None = None
    decimals: int = 2
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerField:
    """Where in a host's answer a value is found, and what it must be; a ``decimal`` becomes text as it was written."""

    path: tuple[str | int, ...]
    type: AnswerType = "any"
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One question, act or check.

    Attributes:
        name: Its name in flows.
        kind: What it is.
        arguments: What it is given, by name.
        answer: What becomes a field of it, by the field's name.
        refusal: The same, of the answer that says that the host will not do it; all of it optional.
        root: Where in the answer the record is; nothing there means that there is none.
        timeout: Seconds for all of it, retries included.
        retries: How often it is tried again after a failure that came early.
        repeatable: It may be sent again though it may have arrived: a question, or an act whose host knows its key.
    """

    name: str
    kind: OperationKind
    arguments: Mapping[str, Argument]
    answer: Mapping[str, AnswerField]
    refusal: Mapping[str, AnswerField]
    root: tuple[str | int, ...]
    timeout: float
    retries: int
    repeatable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOperation(Operation):
    """An operation of an HTTP service. Arguments travel in the query, percent-encoded, or in a JSON body.

    Attributes:
        method: The HTTP method.
        path: The path below the host's base; always the same.
        query: The argument of each parameter.
        body: The argument of each member of the JSON body; a dot in the member's name makes an object within it.
        fixed: Members (or, without a body, parameters) that are always the same.
        secret_as: The member of the body that takes a check's PIN.
        not_found: The statuses that say: there is no such record.
        refused: The statuses that say: the host will not do it; of a check: the PIN is wrong.
        locked: The statuses that say, of a check: no PIN is accepted any more.
        verdict: Where a check's answer says ``right``, ``wrong`` or ``locked`` (or true, false), if not by its status.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, str]
    fixed: Mapping[str, FieldValue]
    secret_as: str | None
    not_found: frozenset[int]
    refused: frozenset[int]
    locked: frozenset[int]
    verdict: tuple[str | int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlOperation(Operation):
    """A question to a database: one SELECT of one row, which is the answer; arguments are bound by their names."""

    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """Where a secret is: a variable of the environment, or a file (a relative one is in the home's ``secrets``)."""

    environment: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPlan:
    """After so many failures in a row, a host is left alone for so many seconds."""

    failures: int = 5
    seconds: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHost:
    """An HTTP service.

    Attributes:
        base_url: What stands before every path; nothing that is asked changes it.
        ca_file: Whom to trust instead of the machine's certificate authorities.
        headers: Sent with everything; a secret's is read once.
        idempotency_header: The header that carries an act's key.
        at_once: How many requests are under way at most.
        max_bytes: The longest answer.
    """

    name: str
    base_url: str
    ca_file: str | None
    headers: Mapping[str, str]
    secret_headers: Mapping[str, tuple[str, SecretSource]]  # name → what stands before the secret, and the secret
    idempotency_header: str
    at_once: int
    max_bytes: int
    breaker: BreakerPlan
    operations: Mapping[str, HttpOperation]


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlHost:
    """A database, which is only read.

    Attributes:
        url: Its address (``sqlite:///…`` or ``postgresql://…``), which may hold a password.
        at_once: How many connections there are at most.
    """

    name: str
    url: str | SecretSource = field(repr=False)
    at_once: int
    breaker: BreakerPlan
    operations: Mapping[str, SqlOperation]


Host: TypeAlias = HttpHost | SqlHost


class Outcome(StrEnum):
    """What a host said."""

    DONE = "done"  # here is the answer; it is done; the PIN is right
    NOT_FOUND = "not_found"
    REFUSED = "refused"  # it will not; the PIN is wrong
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswer:
    """A host's answer, read and checked."""

    outcome: Outcome
    fields: Mapping[str, FieldValue] = field(default_factory=dict, repr=False)


class Trouble(StrEnum):
    """Why a host did not answer."""

    UNREACHABLE = "unreachable"  # nothing was sent
    LATE = "late"
    BROKEN_OFF = "broken_off"  # it was gone before it had answered
    ERROR = "error"  # it says that it is in trouble: a status of 5xx, or 429
    UNEXPECTED = "unexpected"  # a status that nobody has foreseen
    GARBAGE = "garbage"  # what nobody can read
    LEFT_ALONE = "left_alone"  # it failed so often lately that it was not asked
    BAD_ARGUMENT = "bad_argument"  # what it was to be told does not look right; it was not asked
    UNKNOWN_OPERATION = "unknown_operation"  # nobody has configured this


class HostFailed(Exception):
    """A host did not answer.

    Attributes:
        trouble: Why.
        status: The HTTP status, if there was one. Nothing else of what was said is kept: it may be private.
    """

    def __init__(self, trouble: Trouble, status: int | None = None) -> None:
        super().__init__(trouble.value if status is None else f"{trouble.value} ({status})")
        self.trouble = trouble
        self.status = status

    @property
    def host_is_sick(self) -> bool:
        """Whether the host itself is in trouble; otherwise we asked it the wrong thing."""
        return self.trouble in {
            Trouble.UNREACHABLE,
            Trouble.LATE,
            Trouble.BROKEN_OFF,
            Trouble.ERROR,
            Trouble.GARBAGE,
        }

    @property
    def nothing_happened(self) -> bool:
        """Whether it is certain that the host has done nothing."""
        return self.trouble is Trouble.UNREACHABLE or not self.host_is_sick

    @property
    def may_pass(self) -> bool:
        """Whether asking again at once may help."""
        return self.trouble in {Trouble.UNREACHABLE, Trouble.BROKEN_OFF, Trouble.ERROR}
