"""What queueing theory says exactly: the values that simulated days are compared with.

Loads are in Erlang (arrival rate times mean service time). Where no unit is given, times are in mean service times.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp


def erlang_c(agents: int, load: float) -> float:
    """Return the probability of waiting in M/M/c."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / agents * (1 - blocked))


def erlang_c_wait(agents: int, load: float) -> float:
    """Return the mean wait in M/M/c."""
    return erlang_c(agents, load) / (agents - load)


def priority_waits(agents: int, load: float, share: float) -> tuple[float, float]:
    """Return the mean waits of the first and the second class (Cobham; non-preemptive, same service times).

    `share` is the first class's share of the arrivals.
    """
    base = erlang_c(agents, load) / agents
    used = load / agents
    return base / (1 - share * used), base / ((1 - share * used) * (1 - used))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErlangA:
    """M/M/n+M: `within` is the share of all who come that is served within the time asked for."""

    waits: float
    abandons: float
    wait: float
    occupancy: float
    within: float


def erlang_a(agents: int, load: float, patience: float, within: float) -> ErlangA:
    """Return the exact values of M/M/n+M (Palm; Garnett, Mandelbaum and Reiman 2002).

    Who finds `ahead` others waiting is served after `ahead + 1` departures, at rates n, n+θ, n+2θ, … with θ the rate of
    abandonment, if still patient then. Patience tilts those rates by θ; the sum of such exponential times has a
    negative binomial distribution.
    """
    rate = 1 / patience
    states = _stationary(agents, load, rate)
    served = 0.0
    here = 1.0
    passed = 1 - exp(-rate * within)
    size = agents / rate + 1
    below = (1 - passed) ** size  # P(fewer than ahead + 1 departures by then), under the tilted rates
    term = below
    for ahead, probability in enumerate(states[agents:]):
        here *= (agents + ahead * rate) / (agents + (ahead + 1) * rate)
        served += probability * here * (1 - below)
        term *= (size + ahead) / (ahead + 1) * passed
        below += term
    waiting = sum((number - agents) * p for number, p in enumerate(states) if number > agents)
    return ErlangA(
        waits=sum(states[agents:]),
        abandons=waiting * rate / load,
        wait=waiting / load,
        occupancy=sum(min(number, agents) * p for number, p in enumerate(states)) / agents,
        within=served + sum(states[:agents]),
    )


def _stationary(agents: int, load: float, rate: float) -> list[float]:
    states = [1.0]
    number = 0
    while number <= agents or states[-1] > 1e-15 * max(states):
        number += 1
        states.append(states[-1] * load / (min(number, agents) + max(0, number - agents) * rate))
    total = sum(states)
    return [each / total for each in states]


def pooled(agents: int, places: int, load: float) -> tuple[float, float]:
    """Return the share turned away and the mean wait of the others in M/M/c with so many waiting places."""
    states = [1.0]
    for number in range(1, agents + places + 1):
        states.append(states[-1] * load / min(number, agents))
    total = sum(states)
    blocked = states[-1] / total
    waiting = sum((number - agents) * p for number, p in enumerate(states) if number > agents) / total
    return blocked, waiting / (load * (1 - blocked))
