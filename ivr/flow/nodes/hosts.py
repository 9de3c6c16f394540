"""Nodes that ask, or order, somebody who is not the caller: data sources, host systems, calendars."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.flow.nodes.common import Retry, Value
from ivr.prompts.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Ask a data source; its answer becomes fields. Nothing is changed there: it may be asked again at any time.

    Attributes:
        host: The host system that knows; None: the platform's own customers.
        name: Which question.
        arguments: Its named arguments.
        answers: The field that takes each value of the answer, by the answer's own name; others are left out.
        timeout: How long to wait.
        found: The node that follows an answer.
        not_found: The node that follows an empty answer.
        failed: The node that follows a failure: the source is down, or answers what nobody can read.
        late: The node that follows no answer in time.
        meanwhile: What the caller hears while the source is asked; always heard to the end.
    """

    host: str | None
    name: str
    arguments: Mapping[str, Value]
    answers: Mapping[str, str]
    timeout: float
    found: str
    not_found: str
    failed: str
    late: str
    meanwhile: Prompt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Have a host system do something: pay, block, book. Done at most once, whatever is repeated.

    The act carries an idempotency key: the same for the same act of the same call, also after an interruption, and
    another one once its outcome was told.

    Attributes:
        host: The host system.
        name: Which act.
        arguments: Its named arguments.
        answers: The field that takes each value of the answer (a receipt's number, the reason of a refusal).
        timeout: How long to wait.
        done: The node that follows when the host has done it.
        refused: The node that follows when the host will not do it.
        failed: The node that follows when it is certain that nothing was done.
        late: The node that follows when nobody can say whether it was done: tell the caller so, and let a person look.
        meanwhile: What the caller hears while it is done; always heard to the end.
    """

    host: str
    name: str
    arguments: Mapping[str, Value]
    answers: Mapping[str, str]
    timeout: float
    done: str
    refused: str
    failed: str
    late: str
    meanwhile: Prompt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """Ask for a PIN and have a host system check it.

    The digits are in no field, event, log or record: they go to the host alone. Until the verdict, everything the
    caller hears, and how long it takes, is the same for a right, a wrong and an incomplete PIN.

    Attributes:
        host: The host system that knows the PIN.
        name: Which check.
        arguments: Whose PIN: named arguments such as the account; never the PIN.
        prompt: The question.
        min_digits: The shortest PIN that is sent to the host.
        max_digits: The longest; it ends the entry.
        terminator: The key that ends the entry, or None.
        first_timeout: How long to wait for the first digit once the prompt is over.
        digit_timeout: How long to wait for each further digit.
        entry_timeout: How long the whole entry may take from its first digit.
        attempts: How often the caller may try at this node; a call may try three times in all.
        meanwhile: What the caller hears while the PIN is checked.
        verdict_after: The verdict is told so many seconds after the entry, or at the next multiple of them.
        timeout: How long to wait for the host.
        no_input: Nothing was keyed in time.
        refused: The PIN was wrong.
        answers: The field that takes each value of the host's answer to a right PIN.
        level: What the `AUTHENTICATION_FIELD` says from then on.
        next: The node that follows a right PIN.
        locked: The node that follows when the host accepts no PIN for this account any more.
        failed: The node that follows when the host cannot check.
    """

    host: str
    name: str
    arguments: Mapping[str, Value]
    prompt: Prompt
    min_digits: int
    max_digits: int
    terminator: str | None
    first_timeout: float
    digit_timeout: float
    entry_timeout: float
    attempts: int
    meanwhile: Prompt
    verdict_after: float
    timeout: float
    no_input: Retry
    refused: Retry
    answers: Mapping[str, str]
    level: str
    next: str
    locked: str
    failed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Ask a calendar whether the house is open now.

    Attributes:
        calendar: Its configured name.
        open: The node that follows in opening hours.
        closed: The node that follows outside of them.
        holiday: The node that follows on a day that is an exception.
        failed: The node that follows when the calendar cannot be read.
    """

    calendar: str
    open: str
    closed: str
    holiday: str
    failed: str
