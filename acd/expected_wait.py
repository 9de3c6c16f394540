"""How long will an interaction that joins a queue now wait, if it stays? Learned from one's own history.

Until two weeks of history exist, the wait of the head of the line stands in (HOL; Ibrahim and Whitt, M&SOM 11,
2009). Then a ridge regression on what can be seen at the moment of joining takes over: who will be served first,
how fast agents work, how long the head of the line and the last ones answered waited, how many of late were
answered and left. It is refitted once a day. One regression learns from all queues; each queue's own starts from
it and departs from it as its own history grows. Time of day and weekday are not among the features: on a month of
real calls they added nothing to these.

It learns from those who were answered, so it says how long somebody who stays will wait. It keeps its own errors:
they take back a drift, give the interval, decide which method is used, and where they say so, the answer is
"unknown".
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from acd.accuracy import WaitAccuracy
from acd.model import QueueName
from acd.queue_waits import FEATURES, HEAD_OF_LINE, METHODS, REGRESSION, Candidates, Estimate, Joined, QueueWaits
from acd.regression import Features, Fit, Moments, fitted, leaning
from acd.wait_history import WaitHistory

DAY = 86_400.0

HISTORY = 14 * DAY
"""Seconds of history before the regression is believed."""

ENOUGH = 300
"""Answered interactions (of all queues) before the regression is fitted, to be watched and later used."""

KEEP = 0.98
"""What a day's history weighs after another day: five weeks count half."""

RIDGE = 1e-3
"""Keeps features that move together apart."""

OWN = 300.0
"""With so many interactions of its own, a queue's regression is half its own, half that of all queues."""

JUDGED = 30
"""Estimates of a queue that must have been judged before one is given."""

UNRELIABLE = 1.5
"""With so many times the error of knowing nothing but the mean, none is given."""

LONGEST = 3600.0
"""Seconds beyond which a feature that is a quotient is cut off: with one agent left it says little."""

GREATEST_HEAD_START = 600.0
"""Seconds beyond which a head start makes no difference: it is a strict priority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What somebody finds who joins, as far as it is not the queue's own past.

    ``ahead``       people who will be served first by agents who would do here too (a fraction of those who have
                    other agents as well)
    ``head``        how long the head of the line has waited, more than the one who joins: by the order of
                    service, so that a head start counts as time waited; 0 when nobody waits
    ``agents``      who suffice and are at work or about to be
    ``handling``    seconds an interaction of this queue keeps an agent, of late
    ``head_start``  seconds, of the one who joins
    """

    ahead: float
    head: float
    agents: int
    handling: float
    head_start: float = 0.0


class WaitEstimator:
    """Told who joins, is answered and leaves, it estimates waits. Times are monotonic seconds.

    Keys are whatever names an interaction. ``refit_every`` seconds of told time the regression learns what has
    happened since; infinite, it stays as it was restored.
    """

    def __init__(self, *, refit_every: float = DAY) -> None:
        self._refit_every = refit_every
        self._refit_at: float | None = None
        self._since: float | None = None
        self._open: dict[Hashable, Joined] = {}
        self._queues: dict[QueueName, QueueWaits] = {}
        self._learned = Moments(len(FEATURES))
        self._fit: Fit | None = None
        self._fits = 0
        self._trusted = False

    # --- what happens

    def joined(self, queue: QueueName, key: Hashable, now: float, situation: Situation) -> None:
        """Somebody has to wait; who is known already joins anew."""
        waits = self._of(queue)
        features, candidates = self._seen(waits, now, situation)
        estimate = self._estimate(waits, now, candidates) if situation.agents else None
        self._open[key] = Joined(waits, now, features, candidates, estimate)
        waits.line.append((key, now))

    def answered(self, queue: QueueName, key: Hashable, now: float) -> None:
        """Somebody in this queue was answered; it is learned from those who had to wait."""
        if self._refit_at is not None and now >= self._refit_at:
            self._refit(now)
        self._of(queue).answers.add(now)
        joined = self._open.pop(key, None)
        if joined is None:
            return
        if self._since is None:
            self._since, self._refit_at = now, now + self._refit_every
        joined.queue.learn(joined, now - joined.at)

    def left(self, key: Hashable, now: float) -> None:
        """Somebody left the queue without an answer."""
        joined = self._open.pop(key, None)
        if joined is not None:
            joined.queue.departures.add(now)

    # --- what is asked

    def knows(self, key: Hashable) -> bool:
        """Whether this one has joined and waits."""
        return key in self._open

    def estimate(self, key: Hashable) -> Estimate | None:
        """The estimate made when this one joined; None is "unknown"."""
        joined = self._open.get(key)
        return None if joined is None else joined.estimate

    def if_joined(self, queue: QueueName, now: float, situation: Situation) -> Estimate | None:
        """The estimate for somebody who would join now; None is "unknown"."""
        if not situation.agents:
            return None
        waits = self._of(queue)
        return self._estimate(waits, now, self._seen(waits, now, situation)[1])

    def accuracy(self) -> Mapping[QueueName, WaitAccuracy]:
        """How good the latest estimates were, for each queue in which anybody has waited."""
        found = {}
        for name, waits in self._queues.items():
            method = self._method(waits)
            if waits.errors[method].latest:
                found[name] = waits.errors[method].accuracy(METHODS[method])
        return found

    # --- what is kept

    def history(self, now: float) -> WaitHistory:
        """Everything that was learned, for :meth:`restore`."""
        return WaitHistory(
            age=now - self._since if self._since is not None else 0.0,
            features=FEATURES,
            learned=tuple(self._learned.as_numbers()),
            queues=tuple(waits.history(name) for name, waits in self._queues.items()),
        )

    def restore(self, history: WaitHistory, now: float, *, away: float) -> bool:
        """Go on from a history that was taken ``away`` seconds ago; False: it is of another make and was not taken.

        What was learned before is forgotten, so this is best told first.
        """
        learned = Moments.from_numbers(len(FEATURES), history.learned)
        queues = {each.queue: QueueWaits.of(each) for each in history.queues}
        if history.features != FEATURES or learned is None:
            return False
        restored = {name: waits for name, waits in queues.items() if waits is not None}
        if len(restored) < len(queues):
            return False
        self._open.clear()
        self._queues = restored
        self._learned = learned
        self._since = now - away - history.age
        self._refit(now)
        return True

    # --- how it is done

    def _of(self, queue: QueueName) -> QueueWaits:
        waits = self._queues.get(queue)
        if waits is None:
            waits = self._queues[queue] = QueueWaits()
        return waits

    def _seen(self, waits: QueueWaits, now: float, situation: Situation) -> tuple[Features, Candidates]:
        """The :data:`FEATURES` of somebody who joins now, and what each of :data:`METHODS` makes of them."""
        ahead = situation.ahead
        features = (
            1.0,
            ahead,
            min(situation.handling * (ahead + 1.0) / max(situation.agents, 1), LONGEST),
            situation.head,
            now - self._oldest(waits, now),
            sum(waits.recent) / len(waits.recent) if waits.recent else 0.0,
            waits.answers.now(now),
            waits.departures.now(now),
            min(situation.head_start, GREATEST_HEAD_START),
        )
        fit = self._own_fit(waits)
        return features, (max(fit.at(features) + waits.drift, 0.0) if fit is not None else None, situation.head)

    def _oldest(self, waits: QueueWaits, now: float) -> float:
        """When the one who has waited longest joined; who has gone is taken out when met."""
        line = waits.line
        while line:
            key, at = line[0]
            joined = self._open.get(key)
            if joined is not None and joined.at == at and joined.queue is waits:
                return at
            line.popleft()
        return now

    def _estimate(self, waits: QueueWaits, now: float, candidates: Candidates) -> Estimate | None:
        method = self._method(waits)
        errors, said = waits.errors[method], candidates[method]
        if said is None or len(errors.latest) < JUDGED or errors.rms > UNRELIABLE * errors.spread:
            return None
        low, high = errors.interval(said)
        return Estimate(at=now, seconds=said, low=low, high=high, by=METHODS[method])

    def _method(self, waits: QueueWaits) -> int:
        """The regression, once there is history enough and where it has erred less of late."""
        regression, head = waits.errors
        trusted = self._trusted and len(regression.latest) >= JUDGED and regression.rms <= head.rms
        return REGRESSION if trusted else HEAD_OF_LINE

    def _own_fit(self, waits: QueueWaits) -> Fit | None:
        """The queue's regression; it is solved when first asked for after a refit, so that no moment is long."""
        if waits.fit_of != self._fits and self._fit is not None:
            waits.fit = leaning(waits.learned, self._fit, weight=OWN)
            waits.fit_of = self._fits
        return waits.fit

    def _refit(self, now: float) -> None:
        """Learn what has happened since the last time."""
        self._learned.fade(KEEP)
        for waits in self._queues.values():
            self._learned.take_in(waits.today)
            waits.learned.fade(KEEP)
            waits.learned.take_in(waits.today)
            waits.today = Moments(len(FEATURES))
        if self._learned.count >= ENOUGH:
            self._fit = fitted(self._learned, ridge=RIDGE)
            self._fits += 1
        self._trusted = self._since is not None and now - self._since >= HISTORY
        self._refit_at = now + self._refit_every
