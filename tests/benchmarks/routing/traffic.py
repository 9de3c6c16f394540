"""Traffic for simulated days: agents alike, Poisson arrivals, exponential work and patience; all from a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from random import Random

from acd.metrics import Outcome
from acd.model import Agent, AgentId, InteractionId, SkillName
from acd.simulation import Arrival, Day, Shift
from tests.benchmarks.routing.policy import REGULAR, SUPPORT, VIP

AHT = 180.0
"""Mean seconds an interaction takes, wherever nothing else is said."""


def people(number: int, **skills: int) -> list[Shift]:
    """Return so many agents alike, there all day."""
    held = {SkillName(skill): level for skill, level in skills.items()}
    return [Shift(agent=Agent(agent=AgentId(f"a{each}"), skills=held)) for each in range(number)]


def poisson(seed: int, calls: int, rate: float, *, vip_share: float = 0.0, patience: float = inf) -> Iterator[Arrival]:
    """Yield arrivals, `rate` a second; some are VIPs. The same seed gives the same arrivals with the same work."""
    random = Random(seed)
    at = 0.0
    for number in range(calls):
        at += random.expovariate(rate)
        work = random.expovariate(1 / AHT)
        vip = random.random() < vip_share
        yield Arrival(
            at=at,
            interaction=InteractionId(str(number)),
            queue=SUPPORT,
            work=work,
            patience=random.expovariate(1 / patience) if patience < inf else inf,
            label=VIP if vip else REGULAR,
        )


def until_closing(seed: int, closing: float, rate: float, aht: float, patience: float) -> Iterator[Arrival]:
    """Yield Poisson arrivals from 0 until closing time, with exponential work and patience."""
    random = Random(seed)
    at = 0.0
    number = 0
    while (at := at + random.expovariate(rate)) < closing:
        number += 1
        yield Arrival(
            at=at,
            interaction=InteractionId(str(number)),
            queue=SUPPORT,
            work=random.expovariate(1 / aht),
            patience=random.expovariate(1 / patience) if patience < inf else inf,
        )


def settled(day: Day, *, left_out: float = 0.05) -> tuple[Outcome, ...]:
    """Return all outcomes but the first share of them: the day starts with an empty queue."""
    return day.outcomes[int(len(day.outcomes) * left_out) :]


def waits(outcomes: Iterable[Outcome], label: str | None = None) -> list[float]:
    """Return the waits of those who were answered."""
    return [each.wait for each in outcomes if each.agent and (label is None or each.label == label)]
