"""What happened in one interaction, told from its events: its segments, its way through the IVR, what was answered.

Facts only, in the order they happened; the sentences are made where they are read (`callcenter.customers.narrative`).
Pure; the same events in any order tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent

MOST_STEPS = 100  # of a way through the IVR; who goes round in circles is not followed for ever


class SegmentKind(StrEnum):
    """A stretch of an interaction."""

    IVR = "ivr"
    QUEUE = "queue"
    CALLBACK = "callback"  # waits without a line to be called back
    ALERTING = "alerting"
    TALK = "talk"
    HOLD = "hold"
    WRAP_UP = "wrap_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One stretch. `after` is seconds since the interaction began; `ended` says how: answered, abandoned, caller, …"""

    kind: SegmentKind
    after: float
    seconds: float
    queue: str | None = None
    agent: str | None = None
    ended: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A node of the flow that the caller came to."""

    after: float
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the caller keyed or said (`keyed`), or the flow found out."""

    after: float
    key: str
    value: FieldValue
    keyed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One interaction's segments, path and answers, each in the order they began."""

    segments: tuple[Segment, ...] = ()
    path: tuple[Step, ...] = ()
    answers: tuple[Answer, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored: short, for there are millions. What is empty is left out."""
        rows = {
            "segments": [[s.kind.value, s.after, s.seconds, s.queue, s.agent, s.ended] for s in self.segments],
            "path": [[step.after, step.node] for step in self.path],
            "answers": [[one.after, one.key, one.value, one.keyed] for one in self.answers],
        }
        return {key: value for key, value in rows.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[Sequence[Any]]]) -> Self:
        """Read what `as_json` wrote; kinds of segments that a newer version knows are left out."""
        known = {kind.value for kind in SegmentKind}
        return cls(
            segments=tuple(
                Segment(kind=SegmentKind(kind), after=after, seconds=seconds, queue=queue, agent=agent, ended=ended)
                for kind, after, seconds, queue, agent, ended in data.get("segments", ())
                if kind in known
            ),
            path=tuple(Step(after=after, node=node) for after, node in data.get("path", ())),
            answers=tuple(
                Answer(after=after, key=key, value=value, keyed=keyed)
                for after, key, value, keyed in data.get("answers", ())
            ),
        )


def tell(events: Iterable[InteractionEvent]) -> Story:
    """Tell the story of one interaction from its events, given in any order. No events: an empty story."""
    in_order = sorted(events, key=lambda event: event.seq)
    if not in_order:
        return Story()
    teller = _Teller(in_order[0].at)
    for event in in_order:
        teller.take(event)
    return Story(
        segments=tuple(sorted(teller.segments, key=lambda segment: segment.after)),
        path=tuple(teller.path[:MOST_STEPS]),
        answers=tuple(teller.answers.values()),
    )


class _Teller:
    """The stretches that are over, and those that have begun: at most one of each kind."""

    def __init__(self, began: datetime) -> None:
        self._began = began
        self._open: dict[SegmentKind, Segment] = {}
        self.segments: list[Segment] = []
        self.path: list[Step] = []
        self.answers: dict[str, Answer] = {}  # the last one to each question

    def take(self, event: InteractionEvent) -> None:
        """Apply one event; a kind that begins and ends nothing changes nothing."""
        after = self._after(event.at)
        match event.kind:
            case EventKind.NODE_ENTERED:
                self.path.append(Step(after=after, node=_text(event, "node") or ""))
                self._begin(SegmentKind.IVR, event)
            case EventKind.ANSWER_GIVEN:
                key = _text(event, "key") or ""
                keyed = event.data.get("keyed") is not False
                self.answers[key] = Answer(after=after, key=key, value=event.data.get("value"), keyed=keyed)
            case EventKind.QUEUED:
                self._end(SegmentKind.IVR, event, "queued")
                self._end(SegmentKind.QUEUE, event, "moved", unless_queue=_text(event, "queue"))
                self._begin(SegmentKind.QUEUE, event)
            case EventKind.RANG:
                self._begin(SegmentKind.ALERTING, event)
            case EventKind.OFFER_ENDED:
                self._end(SegmentKind.ALERTING, event, _text(event, "outcome") or "")
            case EventKind.ANSWERED:
                for kind in (SegmentKind.IVR, SegmentKind.QUEUE, SegmentKind.ALERTING):
                    self._end(kind, event, "answered")
                self._begin(SegmentKind.TALK, event)
            case EventKind.TALK_ENDED:
                self._end(SegmentKind.TALK, event, _text(event, "ended_by") or "")
                self._begin(SegmentKind.WRAP_UP, event)
            case EventKind.ENDED:
                for kind in (SegmentKind.IVR, SegmentKind.QUEUE, SegmentKind.ALERTING, SegmentKind.TALK):
                    self._end(kind, event, _text(event, "outcome") or "")
            case EventKind.WRAP_UP_COMPLETED | EventKind.CLOSED:
                self._end(SegmentKind.WRAP_UP, event, "")
            case _:
                self._called_back(event)

    def _called_back(self, event: InteractionEvent) -> None:
        match event.kind:
            case EventKind.CALLBACK_WAITS:
                self._end(SegmentKind.IVR, event, "queued")
                self._end(SegmentKind.QUEUE, event, "callback")
                self._begin(SegmentKind.CALLBACK, event)
            case EventKind.CALLBACK_REACHED:
                self._end(SegmentKind.CALLBACK, event, "reached")
                self._begin(SegmentKind.QUEUE, event)
            case EventKind.CALLBACK_DROPPED:
                self._end(SegmentKind.CALLBACK, event, _text(event, "why") or "")
            case _:
                return

    def _begin(self, kind: SegmentKind, event: InteractionEvent) -> None:
        if kind not in self._open:
            began = Segment(
                kind=kind,
                after=self._after(event.at),
                seconds=0.0,
                queue=_text(event, "queue"),
                agent=_text(event, "agent"),
            )
            self._open[kind] = began

    def _end(self, kind: SegmentKind, event: InteractionEvent, how: str, *, unless_queue: str | None = None) -> None:
        segment = self._open.get(kind)
        if segment is None or (unless_queue is not None and segment.queue == unless_queue):
            return
        del self._open[kind]
        seconds = max(0.0, round(self._after(event.at) - segment.after, 3))  # UTC may be set back in between
        self.segments.append(replace(segment, seconds=seconds, ended=how))

    def _after(self, at: datetime) -> float:
        return max(0.0, round((at - self._began).total_seconds(), 3))


def _text(event: InteractionEvent, key: str) -> str | None:
    value = event.data.get(key)
    return value if isinstance(value, str) and value else None
