"""Calls that come by chance: how many, when, how long they talk and how patient they are, drawn from a description."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import exp, inf, log, sqrt
from random import Random  # noqa: TID251 -- always with a seed, so that a day can be drawn again

from acd.model import ANY_AGENT, AttributeValue, InteractionId, QueueName, Requirement
from acd.simulation import Arrival

STANDARD = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Seconds of lognormal distribution, or exponential. `spread` is the standard deviation over the mean."""

    mean: float
    spread: float
    is_exponential: bool = False

    def draw(self, chance: Random) -> float:
        """Draw one."""
        if self.is_exponential:
            return chance.expovariate(1.0 / self.mean)
        if self.spread == 0.0:
            return self.mean
        variance = log(1.0 + self.spread * self.spread)
        return self.mean * exp(chance.gauss(0.0, 1.0) * sqrt(variance) - variance / 2.0)


def exponential(mean: float) -> Durations:
    """Durations without memory."""
    return Durations(mean=mean, spread=1.0, is_exponential=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where calls to one queue come from.

    `rates` are (seconds since midnight, calls a second from then on); `tiers` are shares, the rest is standard.
    Without `patience` nobody leaves.
    """

    queue: QueueName
    rates: tuple[tuple[float, float], ...]
    talk: Durations
    wrap_up: Durations
    patience: Durations | None = None
    tiers: tuple[tuple[str, float], ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    requirements: Requirement = ANY_AGENT


def drawn(
    sources: Iterable[Source], *, seed: int, opens: float, closes: float, busyness: float = 0.0, load: float = 1.0
) -> list[Arrival]:
    """Draw a day; the same seed gives the same day. Each source draws by itself, so a change to one leaves the others.

    `busyness` is how much whole days differ (standard deviation over mean of a gamma factor).
    """
    factor = load
    if busyness:
        shape = 1.0 / (busyness * busyness)
        factor *= Random(f"{seed}").gammavariate(shape, 1.0 / shape)  # noqa: S311 -- a simulation
    found: list[Arrival] = []
    for number, source in enumerate(sources):
        chance = Random(f"{seed} {number}")  # noqa: S311 -- a simulation
        times = _times(source.rates, factor, chance, opens, closes)
        found += [_arrival(source, InteractionId(f"{number}-{count}"), at, chance) for count, at in enumerate(times)]
    return sorted(found, key=lambda arrival: arrival.at)


def _times(
    rates: tuple[tuple[float, float], ...], factor: float, chance: Random, opens: float, closes: float
) -> Iterator[float]:
    """Yield the times of a Poisson process whose rate changes."""
    for (start, rate), (end, _) in pairwise([*rates, (closes, 0.0)]):
        at = max(start, opens)
        until = min(end, closes)
        while rate * factor > 0.0:
            at += chance.expovariate(rate * factor)
            if at >= until:
                break
            yield at


def _arrival(source: Source, interaction: InteractionId, at: float, chance: Random) -> Arrival:
    tier = STANDARD
    left = chance.random()
    for name, share in source.tiers:
        if left < share:
            tier = name
            break
        left -= share
    return Arrival(
        at=at,
        interaction=interaction,
        queue=source.queue,
        work=source.talk.draw(chance),
        wrap_up=source.wrap_up.draw(chance),
        patience=inf if source.patience is None else source.patience.draw(chance),
        label=tier,
        requirements=source.requirements,
        attributes={"tier": tier, **source.attributes},
    )
