"""What the house has configured: queues, outcome codes, reasons, numbers. Frozen; a reload replaces it whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from callcenter.domain.ids import QueueName


class WrapUpMode(StrEnum):
    """How work after a call ends."""

    NONE = "none"  # there is none: ready again at once
    FIXED = "fixed"  # by completion, or when the time is over
    UNTIL_DISPOSITION = "until_disposition"  # by completion with a disposition only


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What people read for a configured name, by language; English is always there."""

    en: str
    zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A coded outcome of an interaction."""

    name: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A coded reason for not being ready that an agent may choose."""

    name: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlan:
    """One queue, as it is configured."""

    name: QueueName
    label: Label
    requirements: Mapping[str, int]  # skill: least proficiency
    head_start: Mapping[str, int]  # tier: seconds a caller of that tier is ahead of a standard one
    overdue_after: int | None = None  # seconds after which a caller comes before all who have waited less, or never
    expert_tiers: frozenset[str]  # tiers that go to the most proficient agent
    service_level_target: int  # seconds
    wrap_up: WrapUpMode
    wrap_up_seconds: int
    wrap_up_extension: int  # seconds that "more time" adds
    wrap_up_extension_limit: int  # seconds that may be added in all
    dispositions: tuple[Disposition, ...]
    disposition_required: bool


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
