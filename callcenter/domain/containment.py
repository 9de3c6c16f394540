"""Where callers go in flows: for each node, how many came, by which exits they left, gave up, or asked for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

HANG_UP = "hang_up"
"""The exit of callers who gave up at a node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """So many calls left this node of this flow by this exit."""

    flow: str
    node: str
    exit: str
    asked_person: bool
    calls: int


@dataclass(slots=True, kw_only=True)
class NodeReport:
    """One node: every call that entered it has left it, by some exit."""

    flow: str
    node: str
    entered: int = 0
    gave_up: int = 0
    asked_person: int = 0
    exits: Counter[str] = field(default_factory=Counter)


def containment(rows: Iterable[Exits]) -> list[NodeReport]:
    """Return the report of each node, flows by name, in each flow the most visited nodes first."""
    reports: dict[tuple[str, str], NodeReport] = {}
    for row in rows:
        report = reports.setdefault((row.flow, row.node), NodeReport(flow=row.flow, node=row.node))
        report.entered += row.calls
        report.exits[row.exit] += row.calls
        report.gave_up += row.calls if row.exit == HANG_UP else 0
        report.asked_person += row.calls if row.asked_person else 0
    return sorted(reports.values(), key=lambda one: (one.flow, -one.entered, one.node))
