"""The numbers of a call centre, computed alike from simulated and from real outcomes.

Service level: the share answered within the target, of all answered and of those abandoned after the target
(who leaves sooner gave us no chance). ASA: mean wait of the answered. Occupancy: work over time logged on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, nan

from acd.model import AgentId, InteractionId, QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one interaction. ``agent`` is None when the caller left, or was led on (``diverted``).

    ``wait`` seconds from queueing to the answer or to leaving; ``served`` seconds with the agent.
    """

    interaction: InteractionId
    queue: QueueName
    label: str
    arrived: float
    wait: float
    agent: AgentId | None
    served: float = 0.0
    diverted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Numbers over a set of outcomes; not a number (nan) where there was nothing to average."""

    offered: int
    answered: int
    abandoned: int
    diverted: int
    service_level: float
    speed_of_answer: float
    handling_time: float
    longest_wait: float
    wait_p99: float

    @property
    def abandonment(self) -> float:
        """Share of the offered who left."""
        return self.abandoned / self.offered if self.offered else nan


def summarise(outcomes: Iterable[Outcome], *, within: float) -> Summary:
    """The numbers of these outcomes for a target of ``within`` seconds."""
    offered = answered = abandoned = diverted = in_time = too_late_lost = 0
    waits: list[float] = []
    served = 0.0
    for outcome in outcomes:
        offered += 1
        if outcome.agent is not None:
            answered += 1
            waits.append(outcome.wait)
            served += outcome.served
            in_time += outcome.wait <= within
        elif outcome.diverted:
            diverted += 1
        else:
            abandoned += 1
            too_late_lost += outcome.wait > within
    judged = answered + too_late_lost
    return Summary(
        offered=offered,
        answered=answered,
        abandoned=abandoned,
        diverted=diverted,
        service_level=in_time / judged if judged else nan,
        speed_of_answer=sum(waits) / answered if answered else nan,
        handling_time=served / answered if answered else nan,
        longest_wait=max(waits, default=nan),
        wait_p99=percentile(waits, 0.99),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed; nan without values."""
    if not values:
        return nan
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
