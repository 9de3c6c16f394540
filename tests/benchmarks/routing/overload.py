"""98 % load, and VIPs alone make 92 % of it: nobody starves, and VIPs lose little of what a strict priority gives.

The stated days: 50 agents, and a team of 10; three minutes of work, VIPs 92 points of 98 % load, patience exponential
with a mean of half an hour. Other sizes and patiences are stated beside them, with the same configuration.
"""

from __future__ import annotations

from statistics import mean

from acd.metrics import Outcome, percentile
from tests.benchmarks.routing.estimates import estimate
from tests.benchmarks.routing.policy import FIFO, ONE, REGULAR, STRICT, VIP, Policy, with_factor
from tests.benchmarks.routing.traffic import AHT, people, poisson, settled, waits
from tests.benchmarks.routing.trials import SEEDS, Trials

LOAD = 0.98
VIP_LOAD = 0.92
STATED = ((50, 1800.0), (10, 1800.0))
"""(agents, mean patience in seconds); both are judged, factors are moved on the first."""
OTHERS = ((10, 600.0), (20, 300.0), (20, 600.0), (20, 1800.0), (50, 300.0), (50, 600.0), (100, 600.0))
WITHIN = 20.0
WARMING_UP = 0.2
"""The first fifth is left out: an empty house, and a limit that is still being learned."""


def crowded(seed: int, calls: int, agents: int, patience: float, policy: Policy) -> tuple[float, float, float, float]:
    """Return p99 of all waits, p99.9 of regular callers', the VIPs' service level, and the VIPs' mean wait."""
    traffic = poisson(seed, calls, LOAD * agents / AHT, vip_share=VIP_LOAD / LOAD, patience=patience)
    kept = settled(policy.day(people(agents), traffic), left_out=WARMING_UP)
    return (
        percentile(waits(kept), 0.99),
        percentile(waits(kept, REGULAR), 0.999),
        service_level([each for each in kept if each.label == VIP]),
        mean(waits(kept, VIP)),
    )


def service_level(outcomes: list[Outcome]) -> float:
    """Return the share answered in time, of the answered and of those who gave up later than that."""
    judged = [each for each in outcomes if each.agent or each.wait > WITHIN]
    return sum(each.agent is not None and each.wait <= WITHIN for each in judged) / len(judged)


def overload(trials: Trials) -> None:
    """The stated days, judged; other days and other factors, stated."""
    calls = trials.length(120_000, 30_000)
    for day in STATED:
        _judge(trials, *day, calls)
    if not trials.quick:
        _others(trials, calls // 2)


def _judge(trials: Trials, agents: int, patience: float, calls: int) -> None:
    seeds = SEEDS[: trials.length(4, 1)]
    policies = (FIFO, ONE, STRICT)
    cases = [(seed, calls, agents, patience, policy) for policy in policies for seed in seeds]
    what = f"overload, {agents} agents"
    found = trials.each(what, crowded, cases)
    fifo, ours, strict = (found[number * len(seeds) :][: len(seeds)] for number in range(3))
    base = mean(each[0] for each in fifo)
    longest = estimate([each[1] for each in ours])
    ratio = longest.mean / base
    trials.report.add(
        f"{what}: regular p99.9, beside FIFO's p99",
        longest.mean,
        "s",
        half=longest.half if not trials.quick else None,
        samples=[each[1] for each in ours],
        peer=base,
        target=f"3 × at most: {ratio:.2f} ×",
        ok=ratio <= 3.0,
    )
    level, best = (mean(each[2] for each in side) for side in (ours, strict))
    trials.report.add(
        f"{what}: VIPs' service level, beside strict",
        100 * level,
        "%",
        samples=[each[2] for each in ours],
        peer=100 * best,
        target=f"5 points below at most: {100 * (best - level):.1f}",
        ok=best - level <= 0.05,
    )
    trials.report.add(f"{what}: VIPs' service level, FIFO", 100 * mean(each[2] for each in fifo), "%")
    trials.report.add(
        f"{what}: regular p99.9, strict", mean(each[1] for each in strict), "s", peer=base, target="stated: starving"
    )
    for name, values in (("ours", ours), ("strict", strict), ("FIFO", fifo)):
        trials.report.add(f"{what}: VIPs' ASA, {name}", mean(each[3] for each in values), "s")


def _others(trials: Trials, calls: int) -> None:
    """Add how it is on other days, and on the stated day with other factors."""
    days = [(*day, ONE) for day in OTHERS] + [(*STATED[0], with_factor(factor)) for factor in (6.0, 7.0, 8.0, 9.0)]
    cases = [
        (SEEDS[0], calls, agents, patience, side)
        for agents, patience, policy in days
        for side in (FIFO, policy, STRICT)
    ]
    found = trials.each("overload, other days and factors", crowded, cases)
    for number, (agents, patience, policy) in enumerate(days):
        fifo, ours, strict = found[3 * number :][:3]
        trials.report.add(
            f"overload, {agents} agents, patience {patience / 60:g} min, {policy.name}: regular p99.9",
            ours[1],
            "s",
            peer=fifo[0],
            target=f"stated: {ours[1] / fifo[0]:.2f} ×, VIPs' level {100 * (strict[2] - ours[2]):.1f} points below",
        )
