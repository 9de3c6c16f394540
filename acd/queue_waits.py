"""What one queue knows of its waits: who is in the line, what happened of late, what was learned."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from math import exp
from typing import Self, TypeAlias

from acd.accuracy import Errors, Judged
from acd.model import QueueName
from acd.regression import Features, Fit, Moments
from acd.wait_history import QueueWaitHistory

DRIFT = 200.0
"""The mean error of about so many of the latest estimates is taken back."""

RATE = 300.0
"""Seconds over which the rates of answers and of leaving fade to 1/e."""

RECENT = 10
"""The mean wait of so many who were last answered counts."""

FEATURES = (
    "constant",
    "people ahead",
    "their work per agent",
    "wait of the head of the line",
    "longest wait in the queue",
    "mean wait of the last ones answered",
    "answers of late",
    "departures of late",
    "own head start",
)
METHODS = ("regression", "head of line")
REGRESSION, HEAD_OF_LINE = range(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Expected seconds from ``at`` on, and the interval in which four of five waits fall. ``by`` names the method."""

    at: float
    seconds: float
    low: float
    high: float
    by: str


@dataclass(slots=True)
class Rate:
    """Events of late: each counts 1 when it happens and fades."""

    amount: float = 0.0
    at: float = 0.0

    def now(self, now: float) -> float:
        """What is left of them."""
        return self.amount * exp((self.at - now) / RATE) if self.amount else 0.0

    def add(self, now: float) -> None:
        """It happened once more."""
        self.amount = self.now(now) + 1.0
        self.at = now


Candidates: TypeAlias = tuple[float | None, float]
"""What each of :data:`METHODS` says; the regression says nothing before it is fitted."""


@dataclass(slots=True)
class Joined:
    """Somebody who waits, and what was seen and said when it began."""

    queue: QueueWaits
    at: float
    features: Features
    candidates: Candidates
    estimate: Estimate | None


@dataclass(slots=True)
class QueueWaits:
    """One queue: who waits, what happened of late, what was learned. ``fit_of`` numbers the refit ``fit`` is from."""

    line: deque[tuple[Hashable, float]] = field(default_factory=deque)
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    answers: Rate = field(default_factory=Rate)
    departures: Rate = field(default_factory=Rate)
    learned: Moments = field(default_factory=lambda: Moments(len(FEATURES)))
    today: Moments = field(default_factory=lambda: Moments(len(FEATURES)))
    drift: float = 0.0
    errors: tuple[Errors, Errors] = field(default_factory=lambda: (Errors(), Errors()))
    fit: Fit | None = None
    fit_of: int = 0

    def learn(self, joined: Joined, wait: float) -> None:
        """Somebody who waited so long was answered."""
        self.recent.append(wait)
        self.today.add(joined.features, wait)
        fitted_wait = joined.candidates[REGRESSION]
        if fitted_wait is not None:
            self.drift += (wait - fitted_wait) / DRIFT
        given = joined.estimate
        for method, errors, said in zip(METHODS, self.errors, joined.candidates, strict=True):
            if said is not None:
                held = given.low <= wait <= given.high if given is not None and given.by == method else None
                errors.add(Judged(said, wait, held))

    def history(self, queue: QueueName) -> QueueWaitHistory:
        """What was learned here."""
        return QueueWaitHistory(
            queue=queue,
            learned=tuple(self.learned.as_numbers()),
            today=tuple(self.today.as_numbers()),
            drift=self.drift,
            errors=tuple(tuple(errors.latest) for errors in self.errors),
        )

    @classmethod
    def of(cls, history: QueueWaitHistory) -> Self | None:
        """A queue that has learned this; None when it is of another make."""
        learned = Moments.from_numbers(len(FEATURES), history.learned)
        today = Moments.from_numbers(len(FEATURES), history.today)
        if learned is None or today is None or len(history.errors) != len(METHODS):
            return None
        made = cls(learned=learned, today=today, drift=history.drift)
        for errors, latest in zip(made.errors, history.errors, strict=True):
            for judged in latest:
                errors.add(judged)
        return made
