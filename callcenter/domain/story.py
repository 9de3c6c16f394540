"""What happened in one interaction, told from its events: its segments, its way through the IVR, what was answered.

Facts only, in the order they happened; the sentences are made where they are read (`callcenter.customers.narrative`).
Pure; the same events in any order tell the same story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Self

from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.domain.segments import Segment, Segmenter, SegmentKind

MOST_STEPS = 100  # of a way through the IVR; who goes round in circles is not followed for ever


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
class Sound:
    """How one agent's phone heard and was heard, over his whole talk: the last that was measured of it."""

    after: float
    agent: str | None
    mos: float  # estimated, 1 to 4.5 (ITU-T G.107)
    worst_mos: float
    lost_share: float
    jitter_ms: float
    round_trip_ms: float | None
    cause: str | None  # the likely one of a bad sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One interaction's segments, path, answers and sound, each in the order they began."""

    segments: tuple[Segment, ...] = ()
    path: tuple[Step, ...] = ()
    answers: tuple[Answer, ...] = ()
    sounds: tuple[Sound, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored: short, for there are millions. What is empty is left out."""
        rows = {
            "segments": [
                [s.kind.value, s.after, s.seconds, s.queue, s.agent, s.ended, *_rest(s)] for s in self.segments
            ],
            "path": [[step.after, step.node] for step in self.path],
            "answers": [[one.after, one.key, one.value, one.keyed] for one in self.answers],
            "sounds": [list(astuple(one)) for one in self.sounds],
        }
        return {key: value for key, value in rows.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[Sequence[Any]]]) -> Self:
        """Read what `as_json` wrote; kinds of segments that a newer version knows are left out."""
        known = {kind.value for kind in SegmentKind}
        return cls(
            segments=tuple(
                Segment(
                    kind=SegmentKind(kind),
                    after=after,
                    seconds=seconds,
                    queue=queue,
                    agent=agent,
                    ended=ended,
                    beside=bool(rest and rest[0]),
                    by=rest[1] if len(rest) > 1 else None,
                )
                for kind, after, seconds, queue, agent, ended, *rest in data.get("segments", ())
                if kind in known
            ),
            path=tuple(Step(after=after, node=node) for after, node in data.get("path", ())),
            answers=tuple(
                Answer(after=after, key=key, value=value, keyed=keyed)
                for after, key, value, keyed in data.get("answers", ())
            ),
            sounds=tuple(
                Sound(
                    after=after,
                    agent=agent,
                    mos=mos,
                    worst_mos=worst,
                    lost_share=lost,
                    jitter_ms=jitter,
                    round_trip_ms=trip,
                    cause=cause,
                )
                for after, agent, mos, worst, lost, jitter, trip, cause in data.get("sounds", ())
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
        sounds=tuple(teller.sounds.values()),
    )


def _rest(segment: Segment) -> list[bool | str]:
    """What few segments have."""
    if segment.by is not None:
        return [segment.beside, segment.by]
    return [True] if segment.beside else []


class _Teller:
    """The stretches, the nodes and the answers, so far."""

    def __init__(self, began: datetime) -> None:
        self._segmenter = Segmenter(began)
        self.path: list[Step] = []
        self.answers: dict[str, Answer] = {}  # the last one to each question
        self.sounds: dict[str | None, Sound] = {}  # by agent: each report is of all of his talk so far

    @property
    def segments(self) -> list[Segment]:
        """The stretches that are over."""
        return self._segmenter.done

    def take(self, event: InteractionEvent) -> None:
        """Apply one event; a kind that begins and ends nothing changes nothing."""
        after = self._segmenter.after(event.at)
        match event.kind:
            case EventKind.NODE_ENTERED:
                self.path.append(Step(after=after, node=_text(event, "node") or ""))
            case EventKind.ANSWER_GIVEN:
                key = _text(event, "key") or ""
                keyed = event.data.get("keyed") is not False
                self.answers[key] = Answer(after=after, key=key, value=event.data.get("value"), keyed=keyed)
            case EventKind.QUALITY:
                agent, mos = _text(event, "agent"), _number(event, "mos")
                self.sounds[agent] = Sound(
                    after=after,
                    agent=agent,
                    mos=round(mos, 2),
                    worst_mos=round(_number(event, "worst_mos") or mos, 2),
                    lost_share=round(_number(event, "lost_share"), 4),
                    jitter_ms=round(_number(event, "jitter_ms"), 1),
                    round_trip_ms=_whole(event.data.get("round_trip_ms")),
                    cause=_text(event, "cause"),
                )
            case _:
                pass
        self._segmenter.take(event)


def _text(event: InteractionEvent, key: str) -> str | None:
    value = event.data.get(key)
    return value if isinstance(value, str) and value else None


def _number(event: InteractionEvent, key: str) -> float:
    value = event.data.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


def _whole(value: FieldValue) -> float | None:
    return round(float(value), 0) if isinstance(value, int | float) else None
