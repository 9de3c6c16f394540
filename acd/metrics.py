"""The numbers of a call centre, computed alike from simulated and from real outcomes.

* Service level: see :class:`ServiceLevel`; there is no single standard, so a figure always goes with its variant.
* ASA (average speed of answer): mean wait of the answered, ringing included; abandoned ones are out.
* AHT (average handling time): mean of the agents' time with the answered, wrap-up included, ringing not.
* Abandonment: share of the offered who left of their own; who was led on to voicemail or a callback did not.
* Occupancy: work over time logged on and not away (see :meth:`acd.simulation.Day.occupancy`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, nan

from acd.model import AgentId, InteractionId, QueueName

SHORT = 5.0
"""Seconds within which leaving is called a short abandon, unless said otherwise."""


class ServiceLevel(StrEnum):
    """The variants of service level in use, numbered as Call Centre Helper does (207 6890; ICMI, QueueTip 2005/03).

    A answered, B abandoned, F led on (voicemail, callback, message); ≤T within the target, both counted from
    queueing; Bs abandoned within the short-abandon threshold.
    """

    ANSWERED_ONLY = "SL-1"
    """A≤T / A. Asterisk's ``ServicelevelPerf``, VICIdial."""
    ABANDONS_IN_TIME_ARE_GOOD = "SL-2"
    """(A≤T + B≤T) / (A + B). Asterisk's ``ServicelevelPerf2``, Cisco "abandon positive"."""
    ABANDONS_ARE_BAD = "SL-3"
    """A≤T / (A + B). Cisco "abandon negative", Genesys with all abandons."""
    ABANDONS_IN_TIME_IGNORED = "SL-4"
    """A≤T / (A + B - B≤T). Cisco "ignored", Bright Pattern."""
    SHORT_ABANDONS_ARE_GOOD = "SL-5"
    """(A≤T + Bs) / (A + B)."""
    SHORT_ABANDONS_IGNORED = "SL-6"
    """A≤T / (A + B - Bs). Genesys Cloud with short abandons off. The default here."""
    LEFT_IN_TIME = "SL-7"
    """(A≤T + B≤T + F≤T) / (A + B + F). Amazon Connect's ``SERVICE_LEVEL``."""


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


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts from which every variant of the service level follows; whoever still waits is in none of them."""

    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_in_time: int = 0
    abandoned_short: int = 0
    diverted: int = 0
    diverted_in_time: int = 0

    @property
    def offered(self) -> int:
        """All of them."""
        return self.answered + self.abandoned + self.diverted

    @property
    def abandonment(self) -> float:
        """Share of the offered who left; nan when nobody came."""
        return self.abandoned / self.offered if self.offered else nan

    def count(self, outcome: Outcome, *, within: float, short: float = SHORT) -> None:
        """One more; ``within`` is the target, ``short`` the short-abandon threshold, both inclusive, in seconds."""
        in_time = outcome.wait <= within
        if outcome.agent is not None:
            self.answered += 1
            self.answered_in_time += in_time
        elif outcome.diverted:
            self.diverted += 1
            self.diverted_in_time += in_time
        else:
            self.abandoned += 1
            self.abandoned_in_time += in_time
            self.abandoned_short += outcome.wait <= short

    def service_level(self, variant: ServiceLevel = ServiceLevel.SHORT_ABANDONS_IGNORED) -> float:
        """The share of this variant, 0–1; nan where it judges nobody."""
        good = self.answered_in_time
        judged = self.answered + self.abandoned
        match variant:
            case ServiceLevel.ANSWERED_ONLY:
                judged = self.answered
            case ServiceLevel.ABANDONS_IN_TIME_ARE_GOOD:
                good += self.abandoned_in_time
            case ServiceLevel.ABANDONS_ARE_BAD:
                pass
            case ServiceLevel.ABANDONS_IN_TIME_IGNORED:
                judged -= self.abandoned_in_time
            case ServiceLevel.SHORT_ABANDONS_ARE_GOOD:
                good += self.abandoned_short
            case ServiceLevel.SHORT_ABANDONS_IGNORED:
                judged -= self.abandoned_short
            case ServiceLevel.LEFT_IN_TIME:
                good += self.abandoned_in_time + self.diverted_in_time
                judged += self.diverted
        return good / judged if judged else nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Numbers over a set of outcomes; not a number (nan) where there was nothing to average."""

    tally: Tally
    service_level: float
    variant: ServiceLevel
    speed_of_answer: float
    handling_time: float
    longest_wait: float
    wait_p99: float

    @property
    def offered(self) -> int:
        """Who came and does not wait any more."""
        return self.tally.offered

    @property
    def answered(self) -> int:
        """Who reached an agent."""
        return self.tally.answered

    @property
    def abandoned(self) -> int:
        """Who left of their own."""
        return self.tally.abandoned

    @property
    def diverted(self) -> int:
        """Who was led on."""
        return self.tally.diverted

    @property
    def abandonment(self) -> float:
        """Share of the offered who left."""
        return self.tally.abandonment


def summarise(
    outcomes: Iterable[Outcome],
    *,
    within: float,
    short: float = SHORT,
    variant: ServiceLevel = ServiceLevel.SHORT_ABANDONS_IGNORED,
) -> Summary:
    """The numbers of these outcomes for a target of ``within`` seconds. The longest wait is anybody's."""
    tally = Tally()
    waits: list[float] = []
    longest = nan
    served = 0.0
    for outcome in outcomes:
        tally.count(outcome, within=within, short=short)
        longest = outcome.wait if longest != longest or outcome.wait > longest else longest  # noqa: PLR0124 - nan
        if outcome.agent is not None:
            waits.append(outcome.wait)
            served += outcome.served
    return Summary(
        tally=tally,
        service_level=tally.service_level(variant),
        variant=variant,
        speed_of_answer=sum(waits) / len(waits) if waits else nan,
        handling_time=served / len(waits) if waits else nan,
        longest_wait=longest,
        wait_p99=percentile(waits, 0.99),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed; nan without values."""
    if not values:
        return nan
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
