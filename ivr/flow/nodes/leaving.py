"""Nodes by which a caller leaves the flow, or waits: queue, callback, voicemail, transfer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ivr.flow.expressions import Expression
from ivr.flow.nodes.common import Value
from ivr.prompts.prompt import Prompt

TargetKind: TypeAlias = Literal["queue", "agent", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """The flow's end: the caller waits for an agent.

    Attributes:
        queue: The queue's name, or an expression that gives it.
        otherwise: The queue if the expression fails or names none of the flow's queues.
        attributes: The fields that are passed on, if known.
        requirements: The least proficiency (1 to 10) in each skill, besides what the queue asks for.
        preferred_agent: The agent who is asked first, by name; null: nobody.
        preferred_for: How many seconds that agent is waited for.
        head_start: Seconds that the caller is ahead of others who came at the same time; null: what the queue gives.
        treatment: The flow that runs while the caller waits; None: what the queue has, else music.
        survey: The flow that runs when the agent has hung up, if the value names one.
    """

    queue: str | Expression
    otherwise: str
    attributes: tuple[str, ...]
    requirements: Mapping[str, Value]
    preferred_agent: Value = None
    preferred_for: float = 20.0
    head_start: Value = None
    treatment: str | None = None
    survey: str | Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """In a treatment: music for a while.

    Attributes:
        seconds: How long, if no key comes.
        keys: The node that each offered key leads to; other keys change nothing.
        next: The node that follows the music.
    """

    seconds: float
    keys: Mapping[str, str]
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Promise to call back; the caller's place in the queue is kept. Whoever confirmed the number may hang up then.

    Attributes:
        number: Where to call: the field that holds it, as keyed or as the network told it.
        queue: Whose agents call; None, in a treatment: the queue the caller waits in.
        attributes: The fields that are passed on, if known.
        taken: The node that follows when the callback is noted.
        refused: The node that follows a number that cannot or must not be called, or when no callbacks are taken.
        failed: The node that follows no answer.
    """

    number: Value
    queue: str | None
    attributes: tuple[str, ...]
    taken: str
    refused: str
    failed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """Record a message. A caller who hangs up while it is recorded has left it.

    Attributes:
        mailbox: Whose message it is: a queue's name; None, in a treatment: the queue the caller waits in.
        greeting: What is said before the tone.
        longest: How many seconds a message may last.
        silence: How many seconds of silence end it.
        shortest: A message of fewer seconds is none.
        end_keys: The keys that end it; any other key is ignored.
        review: What is said after it, such as "press 1 to send, 2 to record again"; None: it is kept at once.
        accept: The key that keeps it. Silence keeps it too.
        again: The key that records it anew.
        again_at_most: How often it may be recorded anew.
        attributes: The fields that are passed on, if known.
        next: The node that follows a message that is kept.
        empty: The node that follows none.
        failed: The node that follows when nothing can be recorded.
    """

    mailbox: str | None
    greeting: Prompt
    longest: float
    silence: float
    shortest: float
    end_keys: str
    review: Prompt | None
    accept: str
    again: str
    again_at_most: int
    attributes: tuple[str, ...]
    next: str
    empty: str
    failed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Hand the caller over: to a queue, to one agent, or to a number of the house's list. The flow ends if it succeeds.

    Attributes:
        to: What kind of target.
        name: Its configured name; a number is never given by its digits.
        timeout: How many seconds it may ring.
        attributes: The fields that are passed on, if known.
        busy: The node that follows when the target is busy.
        unanswered: The node that follows when nobody answers.
        failed: The node that follows anything else.
    """

    to: TargetKind
    name: Value
    timeout: float
    attributes: tuple[str, ...]
    busy: str
    unanswered: str
    failed: str
