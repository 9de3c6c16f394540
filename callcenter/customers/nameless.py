"""What stays of an interaction when its customer is erased: times, queues, agents, outcomes; nothing of him. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from callcenter.domain.interaction import EventKind, FieldValue

_GONE = frozenset(
    (
        EventKind.IDENTIFIED,
        EventKind.ANSWER_GIVEN,
        EventKind.RECORDING_BEGUN,
        EventKind.RECORDING_DROPPED,
        EventKind.VOICEMAIL_LEFT,
    )
)
# Names of ours, figures and times. What is not here (numbers, names, notes, what a newer version writes) goes.
_STAYS = frozenset(
    (
        *("agent", "offer", "queue", "outcome", "cause", "ended_by", "node", "flow", "version", "exit", "asked_person"),
        *("head_start", "since", "tier", "again", "needs", "rules", "rule", "occasion", "step", "waited", "eligible"),
        *("excluded", "candidates", "preferred_agent", "preferred_for", "treatment", "survey", "attempt", "counts"),
        *("disposition", "by_phone", "how", "to_kind", "mailbox", "seconds", "until", "jitter_ms", "lost_share"),
        *("round_trip_ms", "mos", "worst_mos", "repair"),
    )
)
_OURS = frozenset(("agent", "queue"))
_WITHIN = frozenset((EventKind.MOVED, EventKind.OVERFLOWED))


def nameless_event(kind: str, data: Mapping[str, FieldValue], theirs: Set[str]) -> dict[str, FieldValue] | None:
    """Return the data that stays of an event; none: the event goes. `theirs` are the customer's numbers."""
    if kind in _GONE:
        return None
    kept = {name: value for name, value in data.items() if name in _STAYS}
    called = data.get("called_number")
    if called is not None and called not in theirs:
        kept["called_number"] = called
    if "to" in data and (data.get("to_kind") in _OURS or kind in _WITHIN):
        kept["to"] = data["to"]
    return kept


def nameless_story(story: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored story without what was answered."""
    return {name: rows for name, rows in story.items() if name != "answers"}
