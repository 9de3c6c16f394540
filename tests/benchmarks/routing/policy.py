"""The policies that are compared, and the one configuration that is validated: what config/queues/ ships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from acd.engine import RoutingEngine
from acd.model import ANY_AGENT, AgentSelection, Queue, QueueName, Requirement
from acd.simulation import Arrival, Day, Shift, WorkOf, simulate

SUPPORT = QueueName("support")
VIP = "vip"
REGULAR = "regular"
"""What arrivals are labelled with."""

HEAD_START = 900.0
OVERDUE_AFTER = 480.0
OVERDUE_FACTOR = 8.0
"""The one configuration: a VIP is a quarter of an hour ahead, and whoever has waited 8 times as long as those who
have to wait do on average comes before all who have not (a new queue begins with 480 s, see :mod:`acd.overdue`).

A VIP gets the most proficient agent who is ready, anybody else the least specialised who suffices; nobody is held for
an expert. Every section that compares policies uses these values; config/ ships them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One queue's rules, and what a VIP gets: so many seconds of head start, and perhaps the most proficient agent."""

    name: str
    queue: Queue
    head_start: float = 0.0
    expert: bool = False

    def treated(self, arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
        """Yield the arrivals with what this policy gives to VIPs."""
        for each in arrivals:
            vip = each.label == VIP
            yield replace(each, head_start=self.head_start, prefers_expert=self.expert) if vip else each

    def day(
        self,
        shifts: Sequence[Shift],
        arrivals: Iterable[Arrival],
        *,
        work_of: WorkOf | None = None,
        engine: RoutingEngine | None = None,
    ) -> Day:
        """Run the arrivals under this policy."""
        return simulate(
            queues=[self.queue], shifts=shifts, arrivals=self.treated(arrivals), work_of=work_of, engine=engine
        )


def one_queue(name: QueueName = SUPPORT, requirements: Requirement = ANY_AGENT) -> Queue:
    """Return a queue as it is shipped."""
    return Queue(name=name, requirements=requirements, overdue_after=OVERDUE_AFTER, overdue_factor=OVERDUE_FACTOR)


_LONGEST_IDLE = Queue(name=SUPPORT, selection=AgentSelection.LONGEST_IDLE)

FIFO = Policy(name="first come first served", queue=_LONGEST_IDLE)
BANK = Policy(name="the bank's rule", queue=_LONGEST_IDLE, head_start=90.0)
"""The Anonymous Bank queued a priority customer as if he had waited 90 seconds already."""
STRICT = Policy(name="strict priority", queue=_LONGEST_IDLE, head_start=1e9)
"""A head start that nobody outlives."""
ONE = Policy(name="the one configuration", queue=one_queue(), head_start=HEAD_START, expert=True)


def with_factor(factor: float) -> Policy:
    """Return the one configuration with another factor, to see how far it can be moved."""
    return replace(ONE, name=f"factor {factor:g}", queue=replace(ONE.queue, overdue_factor=factor))
