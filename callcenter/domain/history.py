"""What a customer's history shows of one interaction, computed from its events. Pure; stored and live alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.domain.story import Story, tell


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionSummary:
    """One interaction at a glance. All durations are seconds.

    ``waited_s``  in queues, until answered or gone; none: never queued
    ``talked_s``  with agents; none: never answered
    ``queue``, ``agent``  the last ones; ``outcome`` is none while the interaction goes on
    """

    interaction: InteractionId
    started_at: datetime
    called_number: str = ""
    calling_number: str = ""
    calling_name: str = ""
    customer: str | None = None
    queue: str | None = None
    agent: str | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    cause: str | None = None
    waited_s: float | None = None
    talked_s: float | None = None
    disposition: str | None = None
    note: str | None = None
    closed: bool = False
    story: Story = field(default_factory=Story)


def summarize(events: Iterable[InteractionEvent]) -> InteractionSummary:
    """Fold the events of one interaction, in any order, into its summary. Raises `ValueError` without events."""
    in_order = sorted(events, key=lambda event: event.seq)
    if not in_order:
        raise ValueError("an interaction has at least one event")
    first = in_order[0]
    fold = _Fold(InteractionSummary(interaction=first.interaction, started_at=first.at))
    for event in in_order:
        fold.take(event)
    return replace(fold.summary, story=tell(in_order))


class _Fold:
    """The summary so far, and the stretches that have begun and not ended."""

    def __init__(self, summary: InteractionSummary) -> None:
        self.summary = summary
        self._waiting_since: datetime | None = None
        self._talking_since: datetime | None = None

    def take(self, event: InteractionEvent) -> None:
        """Apply one event; a kind that says nothing for the summary changes nothing."""
        known = self.summary
        match event.kind:
            case EventKind.STARTED:
                known = replace(
                    known,
                    started_at=event.at,
                    called_number=_text(event, "called_number") or "",
                    calling_number=_text(event, "calling_number") or "",
                    calling_name=_text(event, "calling_name") or "",
                )
            case EventKind.IDENTIFIED:
                known = replace(known, customer=_text(event, "customer") or known.customer)
            case EventKind.QUEUED:
                self._waiting_since = self._waiting_since or event.at
                known = replace(known, queue=_text(event, "queue") or known.queue)
            case EventKind.MOVED:
                known = replace(known, queue=_text(event, "to") or known.queue)
            case EventKind.OVERFLOWED | EventKind.CALLBACK_WAITS:
                known = self._stop_waiting(event.at)
            case EventKind.CALLBACK_REACHED:
                self._waiting_since = event.at
            case EventKind.ANSWERED:
                known = replace(self._stop_waiting(event.at), agent=_text(event, "agent") or known.agent)
                self._talking_since = self._talking_since or event.at
            case EventKind.TALK_ENDED:
                known = self._stop_talking(event.at)
            case EventKind.ENDED:
                self.summary = self._stop_waiting(event.at)
                self.summary = self._stop_talking(event.at)
                known = replace(
                    self.summary, ended_at=event.at, outcome=_text(event, "outcome"), cause=_text(event, "cause")
                )
            case EventKind.NOTE_SAVED | EventKind.WRAP_UP_COMPLETED:
                known = replace(known, note=_text(event, "note"), disposition=_text(event, "disposition"))
            case EventKind.CLOSED:
                known = replace(known, closed=True)
            case _:
                return
        self.summary = known

    def _stop_waiting(self, at: datetime) -> InteractionSummary:
        since, self._waiting_since = self._waiting_since, None
        if since is None:
            return self.summary
        return replace(self.summary, waited_s=(self.summary.waited_s or 0.0) + _seconds(since, at))

    def _stop_talking(self, at: datetime) -> InteractionSummary:
        since, self._talking_since = self._talking_since, None
        if since is None:
            return self.summary
        return replace(self.summary, talked_s=(self.summary.talked_s or 0.0) + _seconds(since, at))


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())  # UTC may be set back in between


def _text(event: InteractionEvent, key: str) -> str | None:
    value = event.data.get(key)
    return value if isinstance(value, str) and value else None
