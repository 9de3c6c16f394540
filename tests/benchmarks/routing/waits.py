"""How well the production estimator foretells waits on a month of real calls, beside its peers.

The month is one of the Anonymous Bank's (Mandelbaum, Technion; the columns are in that data's own description). Its
facts are told in their order to :class:`acd.expected_wait.WaitEstimator` and :class:`acd.handling.HandlingTimes`, as
the engine tells them; a type of call is a queue, all types share the agents.
Judged are calls that queued and were served, without the internet pool's.

Peers, all told the same: LES (wait of the last one who entered service), HOL (wait of the head of the line),
Asterisk's average (``app_queue``: three quarters of what it was, one of the wait just answered), QL (people ahead
and oneself over the rate at which agents finish).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from math import inf, sqrt
from pathlib import Path
from statistics import mean
from time import perf_counter

from acd.expected_wait import DAY, Situation, WaitEstimator
from acd.handling import HandlingTimes
from acd.model import QueueName
from acd.wait_history import WaitHistory
from tests.benchmarks.routing.month import read_month
from tests.support.bench import Report

WEEK = 7 * DAY
PREDICTORS = ("ours", "les", "hol", "asterisk", "ql")
PRIVILEGED = 90.0
"""Seconds by which the bank put its priority customers ahead."""


@dataclass(frozen=True, slots=True)
class BankCall:
    """One call; times in seconds since the month's first day. ``wait`` is 0 when it did not queue."""

    at: float
    wait: float
    privileged: bool
    queue: QueueName
    served: float | None


class _Kind(IntEnum):
    """What happens to a call; at the same moment in this order."""

    WORK_ENDS = 0
    LEAVES_QUEUE = 1
    JOINS = 2


@dataclass(frozen=True, slots=True)
class Foretold:
    """What everybody said of one wait. ``low`` and ``high`` are our interval; ``ours`` None is "unknown"."""

    at: float
    wait: float
    ours: float | None
    low: float
    high: float
    by: str
    les: float
    hol: float
    asterisk: float
    ql: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The errors of one predictor on ``count`` waits, in seconds; bias above zero: too long a wait was said."""

    count: int
    rms: float
    mean_absolute: float
    bias: float


def read_bank(path: Path) -> list[BankCall]:
    """The calls that reached the queue or an agent, without the internet pool's, by time of queueing."""
    return [
        BankCall(at=call.at, wait=call.wait, privileged=call.vip, queue=QueueName(call.kind), served=call.served)
        for call in read_month(path)
    ]


def shifted(calls: Iterable[BankCall], seconds: float) -> list[BankCall]:
    """The same calls at another time."""
    return [replace(call, at=call.at + seconds) for call in calls]


def between(calls: Iterable[BankCall], start: float, end: float) -> list[BankCall]:
    """The calls that came from ``start`` to before ``end``."""
    return [call for call in calls if start <= call.at < end]


def told(estimator: WaitEstimator, calls: Sequence[BankCall]) -> list[Foretold]:
    """Tell the estimator what happened to these calls; return what was foretold of those who waited and were served."""
    handling = HandlingTimes()
    ranks: list[float] = []
    busy = 0
    les = asterisk = 0.0
    said: dict[int, Foretold] = {}
    judged = []
    for now, kind, number in happenings(calls):
        call = calls[number]
        match kind:
            case _Kind.JOINS:
                head_start = PRIVILEGED if call.privileged else 0.0
                rank = now - head_start
                situation = Situation(
                    ahead=bisect_left(ranks, rank),
                    head=max(rank - ranks[0], 0.0) if ranks else 0.0,
                    agents=busy,
                    handling=handling.mean(call.queue),
                    head_start=head_start,
                )
                oldest = min((calls[each].at for each in said), default=now)
                estimator.joined(call.queue, number, now, situation)
                insort(ranks, rank)
                estimate = estimator.estimate(number)
                said[number] = Foretold(
                    at=now,
                    wait=call.wait,
                    ours=estimate.seconds if estimate else None,
                    low=estimate.low if estimate else 0.0,
                    high=estimate.high if estimate else 0.0,
                    by=estimate.by if estimate else "unknown",
                    les=les,
                    hol=now - oldest,
                    asterisk=asterisk,
                    ql=situation.handling * (situation.ahead + 1.0) / max(busy, 1),
                )
            case _Kind.LEAVES_QUEUE:
                foretold = said.pop(number, None)
                if foretold is not None:
                    del ranks[bisect_left(ranks, call.at - (PRIVILEGED if call.privileged else 0.0))]
                if call.served is None:
                    estimator.left(number, now)
                    continue
                estimator.answered(call.queue, number, now)
                busy += 1
                asterisk = (3.0 * asterisk + call.wait) / 4.0
                if foretold is not None:
                    les = call.wait
                    judged.append(foretold)
            case _:
                busy -= 1
                handling.observe(call.queue, call.served or 0.0)
    return judged


def happenings(calls: Sequence[BankCall]) -> list[tuple[float, _Kind, int]]:
    """What happened to these calls, in order: (time, what, number of the call)."""
    found = []
    for number, call in enumerate(calls):
        start = call.at + call.wait
        if call.wait > 0:
            found.append((call.at, _Kind.JOINS, number))
        found.append((start, _Kind.LEAVES_QUEUE, number))
        if call.served is not None:
            found.append((start + call.served, _Kind.WORK_ENDS, number))
    return sorted(found)


def learned(calls: Sequence[BankCall], until: float) -> WaitHistory:
    """What an estimator knows at ``until`` that was told these calls."""
    estimator = WaitEstimator()
    told(estimator, calls)
    return estimator.history(until)


def frozen(history: WaitHistory, now: float) -> WaitEstimator:
    """An estimator that knows this and refits no more."""
    estimator = WaitEstimator(refit_every=inf)
    if not estimator.restore(history, now, away=0.0):
        raise ValueError("the history is of another make")
    return estimator


def score(foretold: Sequence[Foretold], predictor: str) -> Score:
    """The errors of ``ours``, ``les``, ``hol``, ``asterisk`` or ``ql``; our "unknown" is left out."""
    errors = [said - each.wait for each in foretold if (said := getattr(each, predictor)) is not None]
    return Score(
        count=len(errors),
        rms=sqrt(mean(error * error for error in errors)) if errors else 0.0,
        mean_absolute=mean(map(abs, errors)) if errors else 0.0,
        bias=mean(errors) if errors else 0.0,
    )


def held(foretold: Sequence[Foretold]) -> float:
    """The share of waits that fell into our interval, where one was given."""
    given = [each.low <= each.wait <= each.high for each in foretold if each.ours is not None]
    return mean(given) if given else 0.0


def weeks_held_out(calls: Sequence[BankCall]) -> Iterator[tuple[int, list[Foretold]]]:
    """Each of the four weeks, foretold by an estimator that learned the other three and refits no more."""
    for week in range(4):
        start, end = week * WEEK, (week + 1) * WEEK
        others = [*between(calls, end, 4 * WEEK), *shifted(between(calls, 0.0, start), 4 * WEEK)]
        later = 4 * WEEK + start
        own = shifted(between(calls, start, end), 4 * WEEK)
        yield week + 1, told(frozen(learned(others, later), later), own)


def halves(calls: Sequence[BankCall]) -> Iterator[tuple[str, list[Foretold]]]:
    """Each half of the month, foretold by an estimator that learned the other half and refits no more."""
    first, second = between(calls, 0.0, 2 * WEEK), between(calls, 2 * WEEK, 4 * WEEK)
    yield "second half from the first", told(frozen(learned(first, 2 * WEEK + DAY), 2 * WEEK + DAY), second)
    later = 4 * WEEK + DAY
    yield "first half from the second", told(frozen(learned(second, later), later), shifted(first, 4 * WEEK))


def forward(calls: Sequence[BankCall]) -> list[Foretold]:
    """The month as it comes: at each moment only what was before is known."""
    return told(WaitEstimator(), calls)


def evaluate(report: Report, month: Path, *, train: Path | None = None) -> None:
    """Add all figures of one month; with ``train``, also those of an estimator that learned another month before."""
    calls = read_bank(month)
    for week, foretold in weeks_held_out(calls):
        _add(report, f"week {week} held out", foretold)
    for name, foretold in halves(calls):
        _add(report, name, foretold)
    foretold = forward(calls)
    for week in range(4):
        own = [each for each in foretold if week * WEEK <= each.at < (week + 1) * WEEK]
        _add(report, f"week {week + 1} as it came", own, judged=week >= 2)
    if train is not None:
        history = learned(read_bank(train), 4 * WEEK)
        foretold_from_it = told(frozen(history, 4 * WEEK), shifted(calls, 4 * WEEK))
        _add(report, f"all, learned from {train.name}", foretold_from_it)
    began = perf_counter()
    told(_Deaf(), calls)
    without = perf_counter() - began
    began = perf_counter()
    told(WaitEstimator(), calls)
    seconds = perf_counter() - began - without
    report.add("estimator's time for a call that waits", 1e6 * seconds / len(foretold), "µs")


def _add(report: Report, name: str, foretold: Sequence[Foretold], *, judged: bool = True) -> None:
    """Four figures, and the peers' in a note. All are compared on the waits of which ours was not "unknown"."""
    given = [each for each in foretold if each.ours is not None]
    if not given:
        report.add(f"{name}: waits foretold", 0, "", ok=False if judged else None)
        return
    scores = {predictor: score(given, predictor) for predictor in PREDICTORS}
    ours, les, average = scores["ours"], scores["les"], scores["asterisk"]
    ratio = ours.rms / les.rms
    report.add(
        f"{name}: RMSE, beside LES",
        ours.rms,
        "s",
        peer=les.rms,
        target="0.80 × LES at most" if judged else "stated",
        ok=ratio <= 0.80 if judged else None,
    )
    report.add(
        f"{name}: RMSE, beside Asterisk's average",
        ours.rms,
        "s",
        peer=average.rms,
        target="0.87 × at most" if judged else "stated",
        ok=ours.rms <= 0.87 * average.rms if judged else None,
    )
    report.add(
        f"{name}: bias",
        ours.bias,
        "s",
        target="5 s at most" if judged else "stated",
        ok=abs(ours.bias) <= 5.0 if judged else None,
    )
    report.add(f"{name}: in the interval of 80 %", 100 * held(given), "%")
    methods = Counter(each.by for each in foretold).most_common()
    report.notes.append(
        f"{name}: {len(foretold)} waits, {', '.join(f'{count} {method}' for method, count in methods)}; "
        "RMSE / mean absolute error / bias in s: "
        + " · ".join(f"{who} {one.rms:.1f} / {one.mean_absolute:.1f} / {one.bias:+.1f}" for who, one in scores.items())
    )


class _Deaf(WaitEstimator):
    """Hears nothing: what is left of the time is the telling's own."""

    def joined(self, queue: QueueName, key: Hashable, now: float, situation: Situation) -> None: ...

    def answered(self, queue: QueueName, key: Hashable, now: float) -> None: ...

    def left(self, key: Hashable, now: float) -> None: ...
