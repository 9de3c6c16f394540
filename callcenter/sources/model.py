"""What is configured about a source, and what it can say of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callcenter.api.card import AlertKind
from ivr.fields import FieldValue


class By(StrEnum):
    """What a source is asked by."""

    NUMBER = "number"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceQuestion:
    """A question of the source's host system.

    Attributes:
        name: As `hosts/HOST.yaml` names it.
        argument: What the question calls the number or account that it is asked by.
        key: The field of its answer that must be the same again; else the answer is about somebody else.
    """

    name: str
    argument: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """A source: whom to ask, how long to wait, and which field of its answer is what.

    Attributes:
        name: Of its file; what a pop and a page call a source that was late.
        host: The host system that is asked.
        questions: What it can be asked by.
        wait: Seconds that a call or a page waits for it.
        keep: Seconds that an answer is used again.
        fields: Field of the record (account, name, tier, language, territory): field of the answer.
        covered_until: Field of the answer with the last day of cover.
        level: Field with the level of service.
        priority: Field with the seconds that a covered caller is ahead.
        alerts: Field of the answer that is true, or a text, when there is something to know.
        routing: Fields of the answer that routing rules see, under their names.
    """

    name: str
    host: str
    questions: Mapping[By, SourceQuestion]
    wait: float
    keep: float
    fields: Mapping[str, str]
    covered_until: str | None = None
    level: str | None = None
    priority: str | None = None
    alerts: Mapping[AlertKind, str] = field(default_factory=dict)
    routing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a source answered about one customer: its fields, checked to be about the one who was asked for."""

    plan: SourcePlan
    answer: Mapping[str, FieldValue] = field(repr=False)

    def text(self, name: str | None) -> str:
        """Return a field of the answer as text in one line; empty: it said nothing."""
        value = self.answer.get(name) if name else None
        return "" if value is None or isinstance(value, bool) else " ".join(str(value).split())
