"""A flow and its nodes, one frozen dataclass for each kind.

Nodes name one another; every name leads to a node of the same flow (the loader sees to it). Times are seconds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ivr.fields import FieldValue
from ivr.flow.expressions import Expression
from ivr.prompts.catalog import Catalog
from ivr.prompts.prompt import Prompt

KEYS = "0123456789*#ABCD"
"""The keys a telephone can send (DTMF, ITU-T Q.23)."""

LANGUAGE_FIELD = "language"
"""The field that holds the language the caller is spoken to in; set it to change the language."""

Value: TypeAlias = FieldValue | Expression
"""A fixed value, or one computed from the fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Say something and go on.

    Attributes:
        prompt: What to say.
        next: The node that follows.
        interruptible: A key ends the prompt (and is kept for the next input node); otherwise it is heard to the end.
        language: Speak this prompt in this language, whatever the caller's is ("for English press one").
    """

    prompt: Prompt
    next: str
    interruptible: bool = True
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What happens when an input node got nothing it can use.

    Attributes:
        wordings: What is said before the node's prompt is repeated: the first after the first failure, and so
            on; the last one serves all further attempts.
        exit: The node that follows when all attempts are used up.
    """

    wordings: tuple[Prompt, ...]
    exit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One key of a menu: the value it stands for and the node that follows."""

    value: FieldValue
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Ask for one key out of several.

    Attributes:
        prompt: The question.
        choices: What each key means.
        store: The field that takes the value of the choice; None if it is not kept.
        attempts: How often the caller may try.
        timeout: How long to wait for a key once the prompt is over.
        no_input: The caller pressed nothing in time.
        no_match: The caller pressed a key that is not offered.
        interruptible: A key ends the prompt; otherwise it counts when the prompt is over.
    """

    prompt: Prompt
    choices: Mapping[str, Choice]
    store: str | None
    attempts: int
    timeout: float
    no_input: Retry
    no_match: Retry
    interruptible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Ask for several digits.

    The entry is over at its longest length, at the terminator, or when no digit follows in time. A terminator
    that comes right after the longest length belongs to the entry and is dropped.

    Attributes:
        prompt: The question.
        store: The field that takes the digits, as text.
        min_digits: The shortest entry that is accepted.
        max_digits: The longest.
        terminator: The key that ends the entry, or None.
        first_timeout: How long to wait for the first digit once the prompt is over.
        digit_timeout: How long to wait for each further digit.
        entry_timeout: How long the whole entry may take from its first digit.
        attempts: How often the caller may try.
        no_input: The caller pressed nothing in time.
        no_match: The entry was too short, or held a key that is no digit.
        next: The node that follows an accepted entry.
        shortcuts: Keys that, pressed first, lead elsewhere: the terminator (nothing to key in), ``*``, ``A``–``D``.
        sensitive: The digits must not be stored, shown, logged or spoken.
        interruptible: A key ends the prompt; otherwise it counts when the prompt is over.
    """

    prompt: Prompt
    store: str
    min_digits: int
    max_digits: int
    terminator: str | None
    first_timeout: float
    digit_timeout: float
    entry_timeout: float
    attempts: int
    no_input: Retry
    no_match: Retry
    next: str
    shortcuts: Mapping[str, str]
    sensitive: bool = False
    interruptible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Ask a data source; its answer becomes fields.

    Attributes:
        name: Which question.
        arguments: Its named arguments.
        answers: The field that takes each value of the answer, by the answer's own name; others are left out.
        timeout: How long to wait.
        found: The node that follows an answer.
        not_found: The node that follows an empty answer.
        failed: The node that follows no answer in time, or a failure.
    """

    name: str
    arguments: Mapping[str, Value]
    answers: Mapping[str, str]
    timeout: float
    found: str
    not_found: str
    failed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way out of a branch: the node that follows if the condition holds."""

    when: Expression
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Go where the first condition that holds leads, or to `otherwise`. A condition that fails does not hold."""

    cases: tuple[Case, ...]
    otherwise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Give fields values, in the order written; a later one sees the earlier ones."""

    fields: Mapping[str, Value]
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """The flow's end: the caller waits for an agent.

    Attributes:
        queue: The queue's name, or an expression that gives it.
        otherwise: The queue if the expression fails or names none of the flow's queues.
        attributes: The fields that are passed on, if known.
    """

    queue: str | Expression
    otherwise: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The flow's end: the caller's business is done. Says the prompt, if there is one, and clears the call.

    Attributes:
        prompt: The farewell.
        cause: Why, for the network: ITU-T Q.850, 16 is normal clearing.
    """

    prompt: Prompt | None
    cause: int


InputNode: TypeAlias = Menu | Collect
Node: TypeAlias = Play | Menu | Collect | Lookup | Branch | Set | Enqueue | HangUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A dialogue with a caller, ready to be interpreted.

    Attributes:
        name: Its name.
        source: The file it was read from, for messages.
        languages: What it speaks (BCP 47 tags); the first is where it begins.
        inputs: Fields that are given when it starts, such as the caller's number.
        start: The node it begins with.
        person: The enqueue node that takes callers for whom nothing better is known: after a failure, after too
            many steps, after too long a time.
        longest: How long a caller may stay in it before `person` takes over.
        queues: The queues that an expression may name; None leaves the choice unchecked.
        nodes: The nodes by name.
        lines: The line of the file (from 1) where each node begins.
        catalog: The recordings that replace texts.
    """

    name: str
    source: str
    languages: tuple[str, ...]
    inputs: frozenset[str]
    start: str
    person: str
    longest: float
    queues: frozenset[str] | None
    nodes: Mapping[str, Node]
    lines: Mapping[str, int]
    catalog: Catalog

    def known_fields(self) -> frozenset[str]:
        """Return every field that can have a value: inputs, the language, and what the nodes store."""
        stored = (name for node in self.nodes.values() for name in stored_fields(node))
        return self.inputs | {LANGUAGE_FIELD} | frozenset(stored)

    def sensitive_fields(self) -> frozenset[str]:
        """Return the fields that must not be stored, shown, logged or spoken."""
        return frozenset(node.store for node in self.nodes.values() if isinstance(node, Collect) and node.sensitive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A way out of a node.

    Attributes:
        name: What it is called in the flow file, such as ``next`` or ``choices.1``.
        target: The node it leads to.
        by_key: It is taken only if the caller presses a key; a silent caller never leaves by it.
    """

    name: str
    target: str
    by_key: bool = False


def exits(node: Node) -> Iterator[Exit]:
    """Yield every way out of a node, in the order of the flow file."""
    match node:
        case Play() | Set():
            yield Exit(name="next", target=node.next)
        case Menu():
            for key, choice in node.choices.items():
                yield Exit(name=f"choices.{key}", target=choice.next, by_key=True)
            yield Exit(name="no_input.then", target=node.no_input.exit)
            yield Exit(name="no_match.then", target=node.no_match.exit, by_key=True)
        case Collect():
            yield Exit(name="next", target=node.next, by_key=True)
            for key, target in node.shortcuts.items():
                yield Exit(name=f"shortcuts.{key}", target=target, by_key=True)
            yield Exit(name="no_input.then", target=node.no_input.exit)
            yield Exit(name="no_match.then", target=node.no_match.exit, by_key=True)
        case Lookup():
            yield Exit(name="found", target=node.found)
            yield Exit(name="not_found", target=node.not_found)
            yield Exit(name="failed", target=node.failed)
        case Branch():
            for number, one_case in enumerate(node.cases):
                yield Exit(name=f"cases.{number}.next", target=one_case.next)
            yield Exit(name="otherwise", target=node.otherwise)
        case Enqueue() | HangUp():
            return


def prompts(node: Node) -> Iterator[tuple[str, Prompt]]:
    """Yield every prompt of a node with the name it has in the flow file."""
    match node:
        case Play():
            yield "prompt", node.prompt
        case Menu() | Collect():
            yield "prompt", node.prompt
            for kind, retry in (("no_input", node.no_input), ("no_match", node.no_match)):
                for number, wording in enumerate(retry.wordings):
                    yield f"{kind}.say.{number}", wording
        case HangUp():
            if node.prompt is not None:
                yield "prompt", node.prompt
        case Lookup() | Branch() | Set() | Enqueue():
            return


def expressions(node: Node) -> Iterator[tuple[str, Expression]]:
    """Yield every expression of a node with the name it has in the flow file."""
    named: Mapping[str, Value]
    match node:
        case Lookup():
            named = {f"arguments.{name}": value for name, value in node.arguments.items()}
        case Branch():
            named = {f"cases.{number}.when": case.when for number, case in enumerate(node.cases)}
        case Set():
            named = {f"fields.{name}": value for name, value in node.fields.items()}
        case Enqueue():
            named = {"queue": node.queue}
        case Play() | Menu() | Collect() | HangUp():
            named = {}
    for name, value in named.items():
        if isinstance(value, Expression):
            yield name, value


def stored_fields(node: Node) -> Iterator[str]:
    """Yield the fields that a node may give a value."""
    match node:
        case Menu():
            if node.store is not None:
                yield node.store
        case Collect():
            yield node.store
        case Lookup():
            yield from node.answers.values()
        case Set():
            yield from node.fields
        case Play() | Branch() | Enqueue() | HangUp():
            return
