"""Nodes that ask the caller something: by key, and in time by voice."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.fields import FieldValue
from ivr.flow.entries import EntryCheck
from ivr.flow.nodes.common import Retry
from ivr.prompts.prompt import Prompt


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
        flush: Forget what was keyed ahead.
    """

    prompt: Prompt
    choices: Mapping[str, Choice]
    store: str | None
    attempts: int
    timeout: float
    no_input: Retry
    no_match: Retry
    interruptible: bool = True
    flush: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Ask for several digits.

    The entry is over at its longest length, at the terminator, or when no digit follows in time. A terminator
    that comes right after the longest length belongs to the entry and is dropped.

    Attributes:
        prompt: The question.
        store: The field that takes the entry: the digits as text, or what the check made of them.
        min_digits: The shortest entry that is accepted.
        max_digits: The longest.
        terminator: The key that ends the entry, or None.
        first_timeout: How long to wait for the first digit once the prompt is over.
        digit_timeout: How long to wait for each further digit.
        entry_timeout: How long the whole entry may take from its first digit.
        attempts: How often the caller may try.
        no_input: The caller pressed nothing in time.
        no_match: The entry was too short, held a key that is no digit, or did not pass the check.
        next: The node that follows an accepted entry.
        shortcuts: Keys that, pressed first, lead elsewhere: the terminator (nothing to key in), ``*``, ``A``–``D``.
        check: What the entry must be, besides its length.
        sensitive: The digits must not be stored, shown, logged or spoken.
        interruptible: A key ends the prompt; otherwise it counts when the prompt is over.
        flush: Forget what was keyed ahead.
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
    check: EntryCheck | None = None
    sensitive: bool = False
    interruptible: bool = True
    flush: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to an open question.

    Attributes:
        keys: The keys that stand for it.
        phrases: What a caller may say for it, by language; used where speech is recognised.
        value: What it is stored as.
        next: The node that follows.
    """

    keys: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]
    value: FieldValue
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask a question that is answered by a key or, where the platform listens, by a spoken phrase.

    Attributes:
        prompt: The question, as it is put to callers who can only use keys.
        spoken_prompt: The question where speech is recognised; None: the same.
        answers: What may be answered, by name.
        store: The field that takes the value of the answer; None if it is not kept.
        attempts: How often the caller may try.
        timeout: How long to wait for an answer once the prompt is over.
        confidence: How sure the recogniser must be (0 to 1); less is no match.
        no_input: Nothing was keyed or said in time.
        no_match: A key that is not offered, or something that was not understood.
        interruptible: A key, or the caller's voice where it is listened to, ends the prompt.
        flush: Forget what was keyed ahead.
    """

    prompt: Prompt
    spoken_prompt: Prompt | None
    answers: Mapping[str, Answer]
    store: str | None
    attempts: int
    timeout: float
    confidence: float
    no_input: Retry
    no_match: Retry
    interruptible: bool = True
    flush: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Let the caller choose the language: each is offered in its own words.

    Attributes:
        prompts: The offer of each language, in that language alone, in the order spoken.
        choices: The language that each key stands for.
        timeout: How long to wait for a key once all offers were heard.
        attempts: How often they are put.
        otherwise: The language if no offered key comes in time; who does not choose is not kept.
        next: The node that follows.
        flush: Forget what was keyed ahead.
    """

    prompts: Mapping[str, Prompt]
    choices: Mapping[str, str]
    timeout: float
    attempts: int
    otherwise: str
    next: str
    flush: bool = False
