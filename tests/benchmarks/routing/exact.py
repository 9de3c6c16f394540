"""Interaction by interaction, and sum by sum: what must be equal, not only close.

First come first served is the Kiefer-Wolfowitz recursion: each takes the agent who is free first. Callers who leave fit
in: who would wait longer than the patience takes no agent at all. And whatever the order of service, as long as nobody
is idle beside somebody who waits and all work is alike, the sum of all waits stays (Kleinrock's conservation law).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import heapreplace
from math import inf
from random import Random

from acd.model import AgentSelection, QueueName
from acd.simulation import Arrival, simulate
from tests.benchmarks.routing.policy import BANK, FIFO, ONE, STRICT, VIP, Policy
from tests.benchmarks.routing.traffic import AHT, people, poisson
from tests.benchmarks.routing.trials import SEEDS, Trials

AGENTS = (1, 5, 20, 100)
PATIENCES = {"patient": inf, "impatient": AHT}
CONSERVED: dict[str, Policy] = {
    each.name: each
    for each in (
        STRICT,
        BANK,
        ONE,
        Policy(name="least occupied", queue=replace(FIFO.queue, selection=AgentSelection.LEAST_OCCUPIED)),
    )
}
FIXED_RATIO = "fixed queue ratio 1 : 3"


def kiefer_wolfowitz(arrivals: Sequence[Arrival], agents: int) -> Iterator[float]:
    """Yield how long each waits, first come first served, until the answer or until leaving."""
    free = [0.0] * agents
    for each in arrivals:
        start = max(each.at, free[0])
        leaves = each.at + each.patience
        if start <= leaves:
            heapreplace(free, start + each.work)
        yield min(start, leaves) - each.at


def differences(seed: int, calls: int, agents: int, patience: float) -> int:
    """Return how many interactions the engine makes wait otherwise than the recursion says."""
    arrivals = list(poisson(seed, calls, 0.95 * agents / AHT, patience=patience))
    day = FIFO.day(people(agents), arrivals)
    got = {each.interaction: each.wait for each in day.outcomes}
    expected = kiefer_wolfowitz(arrivals, agents)
    return sum(got.get(each.interaction) != wait for each, wait in zip(arrivals, expected, strict=True))


def recursion(trials: Trials) -> None:
    """First come first served equals the recursion: one agent to a hundred, patient and impatient callers."""
    calls = trials.length(50_000, 5_000)
    seeds = SEEDS[:3]
    for name, patience in PATIENCES.items():
        for agents in AGENTS:
            cases = [(seed, calls, agents, patience) for seed in seeds]
            found = trials.each(f"recursion, {agents} agents", differences, cases)
            trials.report.add(
                f"waits unlike Kiefer-Wolfowitz, {agents} agents, {name}",
                sum(found),
                f"of {calls * len(seeds)}",
                samples=found,
                target="none",
                ok=not any(found),
            )


def total_wait(seed: int, calls: int, policy: str) -> float:
    """Return the sum of all waits under this policy; work belongs to the start of service, not to the caller."""
    random = Random(seed)
    arrivals: Iterator[Arrival] = poisson(seed, calls, 0.9 * 20 / AHT, vip_share=0.1)
    chosen = CONSERVED.get(policy, FIFO)
    queues = [chosen.queue]
    if policy == FIXED_RATIO:
        other = replace(FIFO.queue, name=QueueName(VIP), share=1.0)
        queues = [replace(FIFO.queue, share=3.0), other]
        arrivals = (replace(each, queue=other.name) if each.label == VIP else each for each in arrivals)
    day = simulate(
        queues=queues,
        shifts=people(20),
        arrivals=chosen.treated(arrivals),
        work_of=lambda _arrival, _agent, _now: random.expovariate(1 / AHT),
    )
    return sum(each.wait for each in day.outcomes)


def conservation(trials: Trials) -> None:
    """T5: whatever the order of service, the sum of all waits on the same path stays."""
    calls = trials.length(100_000, 10_000)
    seeds = SEEDS[:3]
    names = [FIFO.name, *CONSERVED, FIXED_RATIO]
    found = trials.each("conservation", total_wait, [(seed, calls, name) for name in names for seed in seeds])
    totals = {name: found[number * len(seeds) :][: len(seeds)] for number, name in enumerate(names)}
    base = totals.pop(FIFO.name)
    for name, values in totals.items():
        off = max(abs(value / other - 1) for value, other in zip(values, base, strict=True))
        trials.report.add(
            f"T5 sum of waits, {name}: off by",
            100 * off,
            "%",
            samples=values,
            target=f"1 % at most, each of {len(seeds)} seeds",
            ok=off <= 0.01,
        )
