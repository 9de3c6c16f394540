"""A little flexibility goes a long way (Wallace and Whitt 2005), and work shared fairly (Armony; Atar).

Flexibility: six kinds of call, 90 agents, 84 Erlang, 30 waiting places in all; agents with one kind, two, or all six.
The gain is in the mean wait, from one kind each to all six. Fairness: 50 agents at 1.2 of the usual speed and 50 at
0.8, 95 of 100 at work; the spread is from the 5th to the 95th percentile of the agents' occupancies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from statistics import mean

from acd.metrics import percentile
from acd.model import (
    Agent,
    AgentId,
    AgentSelection,
    Overflow,
    OverflowCause,
    OverflowTo,
    Queue,
    SkillName,
    SkillRequirement,
)
from acd.simulation import Arrival, Shift, simulate
from tests.benchmarks.routing.policy import SUPPORT
from tests.benchmarks.routing.theory import pooled
from tests.benchmarks.routing.traffic import AHT, people, poisson, waits
from tests.benchmarks.routing.trials import SEEDS, Trials

KINDS = 6
AGENTS = 90
LOAD = 84.0
PLACES = 30


def flexible(seed: int, calls: int, held: int) -> tuple[float, float]:
    """Return the share turned away and the mean wait in handling times, with so many kinds an agent."""
    full = Overflow(cause=OverflowCause.LENGTH, to=OverflowTo.MESSAGE, name="full", limit=float(PLACES))
    queue = Queue(name=SUPPORT, selection=AgentSelection.MOST_PROFICIENT, overflows=(full,))
    day = simulate(queues=[queue], shifts=team(held), arrivals=_kinds(seed, calls))
    kept = day.outcomes[calls // 20 :]
    return mean(each.diverted for each in kept), mean(waits(kept)) / AHT


def team(held: int) -> list[Shift]:
    """Return the agents: 15 with each kind as their first, and second kinds spread evenly over the others."""
    shifts = []
    for number in range(AGENTS):
        first = number % KINDS
        second = (first + 1 + (number // KINDS) % (KINDS - 1)) % KINDS
        own = range(KINDS) if held == KINDS else (first, second)[:held]
        skills = {SkillName(f"k{kind}"): 10 if kind == first else 5 for kind in own}
        shifts.append(Shift(agent=Agent(agent=AgentId(f"a{number}"), skills=skills)))
    return shifts


def _kinds(seed: int, calls: int) -> Iterator[Arrival]:
    random = Random(seed)
    for each in poisson(seed, calls, LOAD / AHT):
        yield replace(each, requirements=SkillRequirement(skill=SkillName(f"k{random.randrange(KINDS)}")))


def flexibility(trials: Trials) -> None:
    """Two kinds an agent give at least 90 % of the gain from one to all."""
    seeds = SEEDS[: trials.length(3, 1)]
    calls = trials.length(100_000, 20_000)
    numbers = (1, 2, KINDS)
    cases = [(seed, calls, held) for held in numbers for seed in seeds]
    found = trials.each("flexibility", flexible, cases)
    blocked, exact = pooled(AGENTS, PLACES, LOAD)
    own = {held: found[number * len(seeds) :][: len(seeds)] for number, held in enumerate(numbers)}
    means = {held: mean(wait for _, wait in values) for held, values in own.items()}
    for held, values in own.items():
        trials.report.add(
            f"flexibility, {held} of {KINDS} kinds an agent: E[W] in handling times",
            means[held],
            "",
            samples=[wait for _, wait in values],
            peer=exact,
            target=f"stated: {mean(lost for lost, _ in values):.2%} turned away; peer is M/M/90/30, {blocked:.2%}",
        )
    gain = (means[1] - means[2]) / (means[1] - means[KINDS])
    trials.report.add(
        "flexibility: gain of two kinds, of that of all", 100 * gain, "%", target="90 % at least", ok=gain >= 0.90
    )


def fair(seed: int, calls: int, selection: AgentSelection) -> tuple[float, float]:
    """Return the spread of occupancies, and the probability of waiting."""
    shifts = people(100)
    day = simulate(
        queues=[Queue(name=SUPPORT, selection=selection)],
        shifts=shifts,
        arrivals=poisson(seed, calls, 95 / AHT),
        work_of=lambda arrival, agent, _now: arrival.work / (1.2 if int(agent[1:]) < 50 else 0.8),
    )
    end = max(each.arrived for each in day.outcomes)
    shares = [day.busy[shift.agent.agent] / end for shift in shifts]
    spread = percentile(shares, 0.95) - percentile(shares, 0.05)
    return spread, mean(each.wait > 0 for each in day.outcomes)


def fairness(trials: Trials) -> None:
    """Least occupied: fast and slow are at work alike, and hardly anybody waits more often for it."""
    seeds = SEEDS[: trials.length(3, 1)]
    calls = trials.length(150_000, 40_000)
    selections = (AgentSelection.LEAST_OCCUPIED, AgentSelection.LONGEST_IDLE)
    found = trials.each("fairness", fair, [(seed, calls, each) for each in selections for seed in seeds])
    ours, other = found[: len(seeds)], found[len(seeds) :]
    spread, idle = (max(each[0] for each in side) for side in (ours, other))
    trials.report.add(
        "fairness: spread of occupancy p5 to p95, beside longest idle",
        spread,
        "",
        samples=[each[0] for each in ours],
        peer=idle,
        target=".005 at most, each seed",
        ok=None if trials.quick else spread <= 0.005,
    )
    delayed, usual = (mean(each[1] for each in side) for side in (ours, other))
    trials.report.add(
        "fairness: P(wait), beside longest idle",
        delayed,
        "",
        samples=[each[1] for each in ours],
        peer=usual,
        target=f"1.05 × at most: {delayed / usual:.3f} ×",
        ok=delayed <= 1.05 * usual,
    )
