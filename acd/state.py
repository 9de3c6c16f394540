"""What the engine knows at this moment, and what it is about to answer: one object that every handler works on.

It holds the parts (agents and lines, offers, deadlines, callbacks, waits) and offers what every handler needs
of them: to look somebody up, to report, to refuse, and to note what did not fit. It decides nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.agent import Engagement
from acd.assignment import Assignment
from acd.callbacks import Callbacks
from acd.commands import Command, RefuseRequest, RequestResynchronisation
from acd.deadlines import Deadlines
from acd.events import Event
from acd.expected_wait import WaitEstimator
from acd.model import (
    AgentId,
    InteractionId,
    Medium,
    QueueName,
    Refusal,
    RequestId,
)
from acd.overdue import OverdueLimits
from acd.pools import Seat
from acd.rules import Rule

PACING = ("pacing", "", "")
"""One of the keys of ``due``.

The others: ("offer", offer, ""), ("wrap-up", agent, interaction), ("place", interaction, ""), ("callback",
interaction, "").
"""

MOST_ODDITIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """A fact that did not fit: it changed nothing, and somebody should look at the switch."""

    at: float
    fact: str
    why: str


@dataclass(slots=True, kw_only=True, eq=False)
class EngineState:
    """All that changes while the engine runs. One writer; not thread-safe.

    ``now`` is the latest time told, in monotonic seconds. ``out`` collects the commands that answer the present
    call. ``talks`` counts the agents who talk on each interaction. ``log_ons`` and ``arrivals`` count.
    """

    epoch: int
    interruptions: Mapping[Medium, frozenset[Medium]]
    assignment: Assignment
    now: float = float("-inf")
    out: list[Command] = field(default_factory=list)
    due: Deadlines = field(default_factory=Deadlines)
    callbacks: Callbacks = field(default_factory=Callbacks)
    waits: WaitEstimator = field(default_factory=WaitEstimator)
    limits: OverdueLimits = field(default_factory=OverdueLimits)
    oddities: deque[Oddity] = field(default_factory=lambda: deque(maxlen=MOST_ODDITIES))
    rules: tuple[Rule, ...] = ()
    talks: dict[InteractionId, int] = field(default_factory=dict)
    closed: set[QueueName] = field(default_factory=set)
    log_ons: int = 0
    arrivals: int = 0

    # --- looking up

    def engagement(
        self, event: Event, agent: AgentId, interaction: InteractionId, request_id: RequestId | None = None
    ) -> tuple[Seat, Engagement] | None:
        """The agent's work on this interaction; without it the event does not fit, and None is returned."""
        seat = self.assignment.index.seats.get(agent)
        if seat is None:
            self.misfit(event, request_id, Refusal.UNKNOWN_AGENT)
            return None
        engagement = seat.machine.engagements.get(interaction)
        if engagement is None:
            self.misfit(event, request_id, Refusal.UNKNOWN_INTERACTION)
            return None
        return seat, engagement

    # --- what is going on

    def talk_begins(self, interaction: InteractionId) -> None:
        """One more agent talks on it."""
        self.talks[interaction] = self.talks.get(interaction, 0) + 1

    def talk_ends(self, interaction: InteractionId) -> None:
        """One agent less does."""
        left = self.talks.pop(interaction) - 1
        if left:
            self.talks[interaction] = left

    # --- answering

    def publish(self, seat: Seat) -> None:
        """Report the agent's state, unless this was the last thing said of the agent."""
        report = seat.machine.report()
        last = seat.reported
        if last is None or last.since != report.since or last != report:
            seat.reported = report
            self.out.append(report)

    def refuse(self, request_id: RequestId, reason: Refusal) -> None:
        """Answer a request with a refusal."""
        self.out.append(RefuseRequest(request_id=request_id, reason=reason))

    def odd(self, event: Event, why: str) -> None:
        """Record a fact that did not fit, and ask for the truth."""
        fact = type(event).__name__
        self.note(fact, why)
        self.out.append(RequestResynchronisation(why=f"{fact}: {why}"))

    def misfit(self, event: Event, request_id: RequestId | None, reason: Refusal) -> None:
        """Refuse a request; record a fact."""
        if request_id is not None:
            self.refuse(request_id, reason)
        else:
            self.odd(event, reason.text)

    def note(self, fact: str, why: str) -> None:
        """Keep an oddity for whoever looks after the switch."""
        self.oddities.append(Oddity(at=self.now, fact=fact, why=why))
