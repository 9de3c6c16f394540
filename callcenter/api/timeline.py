"""One timeline over everything that happened with a customer, whatever the medium."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue

from callcenter.api.calls import CallDirection
from callcenter.api.card import Medium, PastInteraction
from callcenter.api.shapes import Message, Name, Note, Uuid


class TimelineFilter(Message):
    """What of a timeline is wanted; none of a kind: all."""

    queue: Name | None = None
    agent: Name | None = None
    outcome: Name | None = None
    disposition: Name | None = None
    medium: Medium | None = None
    since: int | None = None  # began at this moment or later
    until: int | None = None  # began before this moment
    text: Annotated[str, Field(max_length=200)] = ""  # words of notes, subjects and answers


class TimelineEntry(PastInteraction):
    """One line of a timeline that is over more than one customer."""

    customer: str | None
    customer_name: str | None
    calling_number: str


class TimelinePage(Message):
    """Interactions, newest first; `cursor` gives the next page, none: that was the last."""

    items: tuple[PastInteraction, ...]
    cursor: str | None


class SearchPage(Message):
    """Interactions of all customers, newest first."""

    items: tuple[TimelineEntry, ...]
    cursor: str | None


class SegmentKind(StrEnum):
    """A stretch of an interaction."""

    IVR = "ivr"
    QUEUE = "queue"
    CALLBACK = "callback"  # waited without a line to be called back
    ALERTING = "alerting"
    TALK = "talk"
    HOLD = "hold"
    CONSULT = "consult"  # the customer hears music, or has gone, while his agent calls or asks somebody
    CONFERENCE = "conference"
    ELSEWHERE = "elsewhere"  # with a number that he was sent to
    WRAP_UP = "wrap_up"
    BETWEEN = "between"  # on the way from one to the next, or nobody knows where


class SegmentLine(Message):
    """One stretch, with who and where.

    Those that are not `beside` follow each other without gaps from the interaction's start to its close; those that are
    overlap with them: a phone that rang, a colleague who was asked, the work of an agent who handed the customer on.
    """

    kind: SegmentKind
    started_at: int
    seconds: float
    queue: str | None
    queue_label: str | None
    agent: str | None
    agent_name: str | None
    ended: str  # how: answered, abandoned, unanswered, refused, caller, agent, switch, …
    ended_by: str | None = None  # the name of the supervisor who ended it
    beside: bool


class PathStep(Message):
    """One step in the IVR."""

    at: int
    node: str


class StoryAnswer(Message):
    """One thing the customer keyed or said. What was sensitive was never written down."""

    at: int
    key: str
    value: str
    keyed: bool  # by the caller; else found by the flow


class SoundLine(Message):
    """How an agent's phone heard and was heard over his talk."""

    agent: str | None
    agent_name: str | None
    mos: float  # estimated, 1 to 4.5 (ITU-T G.107)
    worst_mos: float
    lost_share: float
    jitter_ms: float
    round_trip_ms: float | None
    cause: str | None  # the likely one of a bad sound, in the desktop's words


class NoteLine(Message):
    """A note, as it was when saved last by that person."""

    at: int
    by: str
    by_name: str
    text: str


class InteractionDetail(Message):
    """One interaction with its whole story."""

    entry: TimelineEntry
    called_number: str
    calling_name: str
    subject: str
    ended_at: int | None
    cause: str | None
    segments: tuple[SegmentLine, ...]
    path: tuple[PathStep, ...]
    answers: tuple[StoryAnswer, ...]
    sounds: tuple[SoundLine, ...] = ()
    notes: tuple[NoteLine, ...]
    voicemail: int | None  # the message that was left
    payload: Mapping[str, JsonValue]  # what the medium adds: subject and body of a mail, lines of a chat


class NewInteraction(Message):
    """An interaction of another medium, entered whole."""

    interaction: Uuid
    medium: Medium
    direction: CallDirection
    customer: str | None
    started_at: int
    ended_at: int | None
    queue: Name | None
    agent: Name | None
    outcome: Name
    address: Annotated[str, Field(max_length=254)]  # whom it came from or went to: a mail address, a number, a handle
    subject: Annotated[str, Field(max_length=400)]
    disposition: Name | None
    note: Note
    payload: Mapping[str, JsonValue]
