"""What a check reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from callcenter.config import Settings


class Severity(StrEnum):
    """How bad it is."""

    GOOD = "ok"
    WARNING = "warning"  # works, but somebody should know
    FAILURE = "FAILED"  # calls or sign-in will go wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: a sentence, and what to do if it is not well."""

    severity: Severity
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What every check may look at."""

    settings: Settings
    running: bool  # a platform runs with this home, so its ports are taken and its servers answer


Check = Callable[[Examination], Awaitable[list[Finding]]]
"""Looks at one matter. Never raises for what it looks at: that is a finding."""


def good(sentence: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(severity=Severity.GOOD, sentence=sentence)


def warning(sentence: str, remedy: str) -> Finding:
    """Return a finding that somebody should know of."""
    return Finding(severity=Severity.WARNING, sentence=sentence, remedy=remedy)


def failure(sentence: str, remedy: str) -> Finding:
    """Return a finding with which calls or sign-in will go wrong."""
    return Finding(severity=Severity.FAILURE, sentence=sentence, remedy=remedy)
