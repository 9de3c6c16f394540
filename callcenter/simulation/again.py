"""Past calls come again: as arrivals, with what is not known of them drawn.

How long the answered ones would have waited is not known: their patience is drawn from the Kaplan-Meier curve of all
calls to the same queue, beyond what they did wait. What the abandoned ones would have talked about is drawn from the
conversations of their queue.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from random import Random  # noqa: TID251 -- always with a seed, so that the same calls can be made again
from typing import Self

from acd.model import InteractionId
from acd.simulation import Arrival
from callcenter.simulation.calls import PastCall


@dataclass(frozen=True, slots=True)
class Curve:
    """Kaplan and Meier's estimate of how many are still patient after so many seconds."""

    times: tuple[float, ...]
    surviving: tuple[float, ...]

    @classmethod
    def of(cls, calls: Sequence[PastCall]) -> Self:
        """The curve of these calls: the abandoned ones were as patient as they waited, the answered ones at least."""
        ordered = sorted((call.waited, call.talk is not None) for call in calls)
        times, surviving, left = [0.0], [1.0], 1.0
        for at_risk, (waited, answered) in zip(range(len(ordered), 0, -1), ordered, strict=True):
            if not answered:
                left *= 1.0 - 1.0 / at_risk
                times.append(waited)
                surviving.append(left)
        return cls(tuple(times), tuple(surviving))

    def beyond(self, waited: float, chance: Random) -> float:
        """Draw the patience of somebody who has waited so long; infinite where nobody is known to have left."""
        target = self.surviving[bisect_right(self.times, waited) - 1] * chance.random()
        low, high = 0, len(self.times)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.surviving[middle] > target else (low, middle)
        return self.times[low] if low < len(self.times) else inf


def by_day(calls: Iterable[PastCall]) -> dict[date, list[PastCall]]:
    """The calls of each day, in order."""
    days: dict[date, list[PastCall]] = {}
    for call in sorted(calls, key=lambda each: (each.day, each.at)):
        days.setdefault(call.day, []).append(call)
    return days


def again(calls: Sequence[PastCall], *, seed: int) -> Iterator[tuple[date, list[Arrival]]]:
    """Yield each day's arrivals; what is not known of them is drawn, the same by the same seed."""
    queues = {
        queue: [call for call in calls if call.queue == queue] for queue in sorted({each.queue for each in calls})
    }
    curves = {queue: Curve.of(own) for queue, own in queues.items()}
    served = [call for call in calls if call.talk is not None]
    talks = {queue: [call for call in own if call.talk is not None] or served for queue, own in queues.items()}
    for day, own in by_day(calls).items():
        chance = Random(f"{seed} {day}")  # noqa: S311 -- a simulation
        yield (
            day,
            [
                _arrival(call, InteractionId(f"{day} {number}"), curves[call.queue], talks[call.queue], chance)
                for number, call in enumerate(own)
            ],
        )


def _arrival(
    call: PastCall, interaction: InteractionId, curve: Curve, served: Sequence[PastCall], chance: Random
) -> Arrival:
    talk, wrap_up = call.talk, call.wrap_up
    if talk is None:
        like = chance.choice(served) if served else None
        talk, wrap_up = (like.talk or 0.0, like.wrap_up) if like else (0.0, None)
    return Arrival(
        at=call.at,
        interaction=interaction,
        queue=call.queue,
        work=talk,
        wrap_up=wrap_up or 0.0,
        patience=call.waited if call.talk is None else curve.beyond(call.waited, chance),
        label=call.tier,
        attributes={"tier": call.tier},
    )
