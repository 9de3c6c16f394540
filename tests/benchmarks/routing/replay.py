"""A month of real calls under the one configuration, the bank's own rule, first come first served, strict priority.

All calls that reached the queue or an agent are replayed; judged are those that queued in reality, since the bank's
system knew a customer's tier of no others. What the file does not tell (patience, work of those who hung up) is drawn
ten times; a figure is the mean of the ten. The replay itself is checked: under the bank's rule it must come out about
as the month did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from statistics import mean

from tests.benchmarks.routing import month
from tests.benchmarks.routing.policy import BANK, FIFO, ONE, REGULAR, STRICT, VIP, Policy, with_factor
from tests.benchmarks.routing.trials import SEEDS, Trials
from tests.support.bench import percentile

TIERS = (VIP, REGULAR)
TARGETS = {VIP: 0.80, REGULAR: 1.10}
"""The mean wait of each tier over that under the bank's rule, at most."""

Cell = tuple[str, int]
"""(tier, day of the month)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How the month is replayed: the policy, and what is assumed beside it."""

    policy: Policy
    share: float = 1.0
    staffing: Callable[[Sequence[month.Call]], dict[int, int]] = month.staffing
    by_tier: bool = True


@dataclass(slots=True)
class Tally:
    """What became of those who had queued: per tier and day, waits of the answered, how many, and how many were
    lost."""

    waited: dict[Cell, float] = field(default_factory=dict)
    answered: dict[Cell, int] = field(default_factory=dict)
    lost: dict[Cell, int] = field(default_factory=dict)

    def add(self, cell: Cell, wait: float, *, answered: bool) -> None:
        """Count one call."""
        if answered:
            self.waited[cell] = self.waited.get(cell, 0.0) + wait
            self.answered[cell] = self.answered.get(cell, 0) + 1
        else:
            self.lost[cell] = self.lost.get(cell, 0) + 1

    def asa(self, tier: str, days: Sequence[int] | None = None) -> float:
        """Return the mean wait of the answered, on these days (each as often as it is named) or on all."""
        cells = [each for each in self.answered if each[0] == tier] if days is None else [(tier, day) for day in days]
        answered = sum(self.answered.get(cell, 0) for cell in cells)
        return sum(self.waited.get(cell, 0.0) for cell in cells) / answered if answered else 0.0

    def abandoned(self, tier: str) -> float:
        """Return the share of those who gave up."""
        lost = sum(count for cell, count in self.lost.items() if cell[0] == tier)
        return lost / (lost + sum(count for cell, count in self.answered.items() if cell[0] == tier))

    def days(self) -> list[int]:
        """Return the days on which anybody was answered."""
        return sorted({day for _, day in self.answered})


@cache
def calls_of(path: Path) -> list[month.Call]:
    """Return the calls that are replayed."""
    return month.reached(month.read_month(path))


def as_it_was(path: Path) -> Tally:
    """Return what became of those who queued, in reality."""
    tally = Tally()
    for call in calls_of(path):
        if call.queued:
            cell = (VIP if call.vip else REGULAR, int(call.at // month.DAY))
            tally.add(cell, call.wait, answered=call.served is not None)
    return tally


def replayed(path: Path, seed: int, variant: Variant) -> tuple[Tally, float]:
    """Return what becomes of those who queued, and the wait that one regular caller in a thousand exceeds."""
    calls = calls_of(path)
    shifts = month.shifts(variant.staffing(calls), share=variant.share)
    day = variant.policy.day(shifts, month.arrivals(calls, Random(seed), by_tier=variant.by_tier))
    tally = Tally()
    regular = []
    for each in day.outcomes:
        call = calls[int(each.interaction)]
        if call.queued:
            tally.add((each.label, int(call.at // month.DAY)), each.wait, answered=each.agent is not None)
            if not call.vip and each.agent is not None:
                regular.append(each.wait)
    return tally, percentile(regular, 99.9)


def real_month(trials: Trials) -> None:
    """VIPs' mean wait at most 0.80 of that under the bank's rule, others' at most 1.10."""
    seeds = SEEDS[: trials.length(10, 2)]
    policies = (BANK, ONE, FIFO, STRICT)
    cases = [(trials.month, seed, Variant(policy=policy)) for policy in policies for seed in seeds]
    found = trials.each(f"month, {trials.month.name}", replayed, cases)
    tallies = {
        policy.name: [tally for tally, _ in found[number * len(seeds) :][: len(seeds)]]
        for number, policy in enumerate(policies)
    }
    real, bank, ours = as_it_was(trials.month), tallies[BANK.name], tallies[ONE.name]
    _fidelity(trials, real, bank)
    for tier, target in TARGETS.items():
        ratios = [one.asa(tier) / other.asa(tier) for one, other in zip(ours, bank, strict=True)]
        got = _mean(ours, tier) / _mean(bank, tier)
        trials.report.add(
            f"month: ASA of queued {tier} calls",
            _mean(ours, tier),
            "s",
            samples=ratios,
            peer=_mean(bank, tier),
            target=f"{target:.2f} of the bank's rule at most: {got:.3f}",
            ok=got <= target,
        )
    _held_out(trials, bank, ours)
    for tier in TIERS:
        for name in (FIFO.name, STRICT.name):
            trials.report.add(
                f"month: ASA of queued {tier} calls, {name}",
                _mean(tallies[name], tier),
                "s",
                peer=_mean(bank, tier),
                target=f"stated: {_mean(tallies[name], tier) / _mean(bank, tier):.3f}",
            )
        trials.report.add(
            f"month: {tier} calls that gave up",
            100 * mean(each.abandoned(tier) for each in ours),
            "%",
            peer=100 * mean(each.abandoned(tier) for each in bank),
        )
    longest = [longest for _, longest in found]
    trials.report.add(
        "month: regular calls' p99.9 of waits",
        mean(longest[len(seeds) : 2 * len(seeds)]),
        "s",
        peer=mean(longest[: len(seeds)]),
    )
    _assumptions(trials, seeds[:3])


def _fidelity(trials: Trials, real: Tally, bank: list[Tally]) -> None:
    for tier in TIERS:
        trials.report.add(
            f"month: the bank's rule replayed, beside what was: ASA, {tier}",
            _mean(bank, tier),
            "s",
            peer=real.asa(tier),
        )
        lost = 100 * mean(each.abandoned(tier) for each in bank)
        trials.report.add(
            f"month: the bank's rule replayed, beside what was: gave up, {tier}",
            lost,
            "%",
            peer=100 * real.abandoned(tier),
        )


def _held_out(trials: Trials, bank: list[Tally], ours: list[Tally]) -> None:
    """Nothing is fitted to the month but the factor; so each week and each half is a month of its own."""
    days = bank[0].days()
    weeks = [[day for day in days if day // 7 == week] for week in sorted({day // 7 for day in days})]
    weeks = [week for week in weeks if len(week) >= 5]
    middle = days[len(days) // 2]
    halves = [[day for day in days if day < middle], [day for day in days if day >= middle]]
    random = Random(SEEDS[0])
    resampled = [random.choices(days, k=len(days)) for _ in range(trials.length(1000, 100))]
    for tier in TIERS:
        by_week = [_ratio(bank, ours, tier, week) for week in weeks]
        by_half = [_ratio(bank, ours, tier, half) for half in halves]
        drawn = sorted(_ratio(bank[:3], ours[:3], tier, sample) for sample in resampled)
        low, high = (percentile(drawn, share) for share in (2.5, 97.5))
        trials.report.add(
            f"month: {tier} over the bank's rule, worst week", max(by_week), "", target=f"stated: {_listed(by_week)}"
        )
        trials.report.add(
            f"month: {tier} over the bank's rule, worse half", max(by_half), "", target=f"stated: {_listed(by_half)}"
        )
        trials.report.add(
            f"month: {tier} over the bank's rule, days resampled",
            mean(drawn),
            "",
            target=f"stated: 95 % within {low:.3f} to {high:.3f}",
        )


def _assumptions(trials: Trials, seeds: Sequence[int]) -> None:
    """How the two ratios change with what had to be assumed, and with the factor."""
    variants: dict[str, Callable[[Policy], Variant]] = {
        "a tenth fewer agents": lambda policy: Variant(policy=policy, share=0.9),
        "a tenth more agents": lambda policy: Variant(policy=policy, share=1.1),
        "agents: the most at work at once": lambda policy: Variant(policy=policy, staffing=month.busiest),
        "one patience for both tiers": lambda policy: Variant(policy=policy, by_tier=False),
    }
    if trials.quick:
        variants = {}
    sides = [(name, tuple(variant(policy) for policy in (BANK, ONE, STRICT))) for name, variant in variants.items()]
    factors = () if trials.quick else (5.0, 6.0, 9.0, 12.0)
    sides += [(f"factor {factor:g}", tuple(map(_plainly, (BANK, with_factor(factor), STRICT)))) for factor in factors]
    cases = [(trials.month, seed, variant) for _, three in sides for variant in three for seed in seeds]
    found = [tally for tally, _ in trials.each("month, other assumptions", replayed, cases)]
    for number, (name, _) in enumerate(sides):
        own = found[3 * number * len(seeds) :]
        bank, ours, strict = (own[each * len(seeds) :][: len(seeds)] for each in range(3))
        vip, regular = (_mean(ours, tier) / _mean(bank, tier) for tier in TIERS)
        best, other = (_mean(strict, tier) / _mean(bank, tier) for tier in TIERS)
        trials.report.add(
            f"month, {name}: VIPs over the bank's rule",
            vip,
            "",
            peer=best,
            target=f"stated: others {regular:.3f}; peer is strict priority, others {other:.3f}",
        )


def _plainly(policy: Policy) -> Variant:
    return Variant(policy=policy)


def _mean(tallies: Sequence[Tally], tier: str) -> float:
    return mean(each.asa(tier) for each in tallies)


def _ratio(bank: Sequence[Tally], ours: Sequence[Tally], tier: str, days: Sequence[int]) -> float:
    return mean(each.asa(tier, days) for each in ours) / mean(each.asa(tier, days) for each in bank)


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)
