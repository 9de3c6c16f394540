"""What the house has configured: queues, skills, rules, outcome codes, reasons, numbers. Frozen; a reload replaces it.

How a queue is routed is said once, in the routing engine's own words (`QueuePlan.routing`); beside it stands what
people see and do with its contacts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import acd.model
from acd.media import MediaRules
from acd.rules import Rule
from callcenter.domain.business_hours import Calendar
from callcenter.domain.dial_plan import Dialling
from callcenter.domain.ids import QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What people read for a configured name, by language; English is always there."""

    en: str
    zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A coded outcome of an interaction; or a group of them, which comes before them and is no outcome itself."""

    name: str
    label: Label
    parent: str | None = None  # the group it is in
    group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A coded reason for not being ready that an agent may choose."""

    name: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """Something an agent may be able to do."""

    name: str
    label: Label


class TransferredFrom(StrEnum):
    """From when on a caller waits in a queue to which an agent has sent him."""

    FIRST = "first"  # since he first was queued: nobody waits twice
    HEAD = "head"  # before all the others
    NOW = "now"  # as one who has just come


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRule:
    """How callers of a queue are called back: for how long, how often, and how far apart. Seconds."""

    expires_after: float = 14_400.0
    attempts: int = 3
    retry_after: float = 300.0
    greeting: str | None = None  # the flow that who answers hears until an agent is rung for him; none: music


class Whom(StrEnum):
    """Which one agent a caller should reach, if possible."""

    LAST_AGENT = "last_agent"  # who talked with the customer last
    OWNER = "owner"  # who looks after the customer
    NAMED = "named"  # the one whom the queue names


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Whom a queue's callers wait for alone at first, and for how many seconds; anybody after that."""

    whom: Whom
    wait: float
    agent: str | None = None  # `NAMED`
    within_days: int | None = None  # `LAST_AGENT`: how long ago the talk may be; none: however long


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlan:
    """One queue, as it is configured."""

    routing: acd.model.Queue
    label: Label
    wrap_up_extension: int = 30  # seconds that "more time" adds
    dispositions: tuple[Disposition, ...] = ()
    disposition_required: bool = False
    treatment: str | None = None  # the flow that runs while callers wait; none: music
    survey: str | None = None  # the flow that runs when the agent has hung up; none: the call is over then
    transferred: TransferredFrom = TransferredFrom.FIRST
    callbacks: CallbackRule = CallbackRule()
    caller_id: str = ""  # E.164: what customers see whom it calls back; empty: what the house shows
    calendar: str | None = None  # its opening hours; none: always open
    preferences: tuple[Preference, ...] = ()  # the first of them who is at work is waited for
    leaving: bool = False  # configured no more: whom it has it serves to the end, and nobody new comes in

    @property
    def name(self) -> QueueName:
        """The queue's name."""
        return QueueName(self.routing.name)

    def has_outcome(self, name: str) -> bool:
        """Tell whether contacts of this queue may end so."""
        return any(one.name == name and not one.group for one in self.dispositions)

    @property
    def target_seconds(self) -> int:
        """Within how many seconds a caller should be answered."""
        return round(self.routing.service_level.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedNumber:
    """A number the public dials, and the flow that answers it."""

    number: str  # as the trunk delivers it: digits, perhaps a leading plus
    flow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything configured that the CTI server needs."""

    queues: Mapping[QueueName, QueuePlan]
    default_queue: QueueName  # where a caller goes when a flow fails
    reasons: tuple[Reason, ...]
    numbers: tuple[PublishedNumber, ...]
    skills: tuple[Skill, ...] = ()
    rules: tuple[Rule, ...] = ()
    media: MediaRules = field(default_factory=MediaRules)
    dialling: Dialling = field(default_factory=Dialling)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    def takes(self, queue: str | None) -> bool:
        """Tell whether somebody new may be sent to this queue."""
        plan = self.queues.get(QueueName(queue)) if queue is not None else None
        return plan is not None and not plan.leaving
