"""T9, T10, and one tuned index on the same days: SimpleMSK of the ContactCenters examples.

Three types, two groups, three periods of two hours, a gamma busyness that all types share. Type 0 goes to group 0,
type 1 to group 0 or else 1, type 2 to group 1. Service and patience rates belong to the period of arrival.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from random import Random

from acd.model import (
    Agent,
    AgentId,
    AgentSelection,
    InteractionId,
    Queue,
    QueueName,
    QueueStep,
    SkillName,
    SkillRequirement,
    TunableIndex,
)
from acd.simulation import Arrival, Shift, simulate
from tests.benchmarks.routing.estimates import Control, Estimate
from tests.benchmarks.routing.published import Numbers, agrees, days
from tests.benchmarks.routing.trials import Trials

RATES = ((4.2, 5.3, 3.2), (5.1, 4.3, 4.8), (6.3, 5.2, 4.8))
"""Arrivals a minute: by type, then period."""
SERVICE = (0.5, 0.6, 0.4)
PATIENCE = (0.3, 0.4, 0.2)
AGENTS = ((12, 18, 9), (15, 20, 11))
PERIOD = 7200.0
BUSYNESS = 28.7
ARRIVALS = sum(map(sum, RATES)) * PERIOD / 60
"""On a mean day. The gamma busyness moves a thousand days' mean by half a percent, and the service level by a whole."""

FIRST = 1e9
"""An index nothing else outweighs: first of all."""

IN_TARGET = (
    (164.338, 175.970), (594.159, 604.509), (13.782, 17.198),
    (254.597, 271.275), (506.276, 517.020), (31.270, 38.124),
    (250.178, 269.434), (607.586, 619.878), (22.137, 27.639),
)  # fmt: skip
"""T9's published intervals of those served within 20 s, by type and period."""


def arrivals(seed: int) -> list[Arrival]:
    """Return one day."""
    random = Random(seed)
    busyness = random.gammavariate(BUSYNESS, 1 / BUSYNESS)
    found = []
    for kind, rates in enumerate(RATES):
        for period, rate in enumerate(rates):
            at = period * PERIOD
            while (at := at + random.expovariate(busyness * rate / 60)) < (period + 1) * PERIOD:
                work = random.expovariate(SERVICE[period] / 60)
                found.append((at, kind, work, random.expovariate(PATIENCE[period] / 60)))
    return [
        Arrival(at=at, interaction=InteractionId(str(n)), queue=QueueName(f"t{kind}"), work=work, patience=patience)
        for n, (at, kind, work, patience) in enumerate(sorted(found))
    ]


def shifts() -> list[Shift]:
    """Return both groups, whose sizes change with the period; a skill at 2 marks the types that are a group's own.

    Sizes are numbers of agents: where one falls, who finishes first leaves, as in the published model.
    """
    made = []
    for group, sizes in enumerate(AGENTS):
        skills = {"t0": 2, "t1": 2} if group == 0 else {"t1": 1, "t2": 2}
        for number in range(max(sizes)):
            agent = Agent(
                agent=AgentId(f"g{group}-{number}"),
                skills={SkillName(skill): level for skill, level in skills.items()},
                group=f"g{group}",
            )
            present = [number < size for size in sizes]
            for period, here in enumerate(present):
                if here and (period == 0 or not present[period - 1]):
                    last = next((each for each in range(period, 3) if not present[each]), None)
                    end = inf if last is None else last * PERIOD
                    made.append(Shift(agent=agent, start=period * PERIOD, end=end, any_of_group=True))
    return made


def queue(kind: int, groups: tuple[tuple[str, float], ...] = (), *, reroute: float = 0.0) -> Queue:
    """Return a type's queue; with `reroute`, its own group alone serves it for so many seconds."""
    skill = SkillName(f"t{kind}")
    anybody = SkillRequirement(skill=skill)
    return Queue(
        name=QueueName(f"t{kind}"),
        requirements=SkillRequirement(skill=skill, minimum=2) if reroute else anybody,
        steps=(QueueStep(after=reroute, requirements=anybody),) if reroute else (),
        selection=AgentSelection.TUNABLE_INDEX,
        index=TunableIndex(idle=0.0, groups=groups),
    )


BASE = "T9"
STATIC = "T10 static priority"
"""The example's choice of queue takes the last that is not empty in a group's list, not the one that waits longest."""
LONGEST_WAIT = "T10 longest wait"
"""What the example says it does: on a quarter of the days."""
TUNED = "tuned index"

_OWN_GROUP_FIRST = (("g0", 1e-9),)  # decides between groups only when both are idle

POLICIES = {
    BASE: [queue(0), queue(1, _OWN_GROUP_FIRST), queue(2)],
    STATIC: [queue(0, (("g0", FIRST),)), queue(1, (("g1", FIRST),), reroute=12.0), queue(2)],
    LONGEST_WAIT: [queue(0), queue(1, reroute=12.0), queue(2)],
    TUNED: [queue(0), queue(1, (("g0", FIRST), ("g1", FIRST))), queue(2)],
}


def one_day(seed: int, policy: str) -> Numbers:
    """Count served, lost, within target, judged, work and time of group 0; then within target by type and period."""
    day = simulate(queues=POLICIES[policy], shifts=shifts(), arrivals=arrivals(seed))
    served = sum(each.agent is not None for each in day.outcomes)
    good = [each for each in day.outcomes if each.agent is not None and each.wait < 20]
    late = sum(each.agent is None and each.wait >= 20 for each in day.outcomes)
    cells = [0] * 9
    for each in good:
        cells[3 * int(each.queue[1:]) + int(each.arrived // PERIOD)] += 1
    busy = sum(time for agent, time in day.busy.items() if agent.startswith("g0"))
    there = sum(time for agent, time in day.logged_on.items() if agent.startswith("g0"))
    return served, len(day.outcomes) - served, len(good), served + late, busy, there, *cells


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of many days: means a day, and ratios over all days."""

    served: Estimate
    lost: Estimate
    level: Estimate
    occupancy: Estimate
    in_target: tuple[Estimate, ...]


def measured(trials: Trials, policy: str, number: int) -> Measured:
    """Run so many days."""
    served, lost, good, judged, busy, there, *cells = days(trials, policy, one_day, number, policy)
    came = Control([*map(sum, zip(served, lost, strict=True))], ARRIVALS)
    return Measured(
        came.of(served), came.of(lost), came.ratio(good, judged), came.ratio(busy, there), tuple(map(came.of, cells))
    )


def multiskill(trials: Trials) -> None:
    """T9 and T10 as published, and one index that beats them on the same days."""
    number = trials.length(1000, 14)
    base = measured(trials, BASE, number)
    agrees(trials, "T9 served a day", base.served, (4270.15, 4324.46))
    agrees(trials, "T9 lost a day", base.lost, (876.13, 944.54))
    agrees(trials, "T9 service level", base.level, (0.494, 0.509))
    agrees(trials, "T9 occupancy of group 0", base.occupancy, (0.877, 0.884))
    inside = sum(
        low - each.half <= each.mean <= high + each.half
        for each, (low, high) in zip(base.in_target, IN_TARGET, strict=True)
    )
    trials.report.add("T9 within target by type and period: agree", inside, "of 9", target="all", ok=inside == 9)
    listed = ", ".join(f"{each.mean:.1f} ± {each.half:.1f}" for each in base.in_target)
    trials.report.notes.append(
        f"T9, T10 and the index: means for {ARRIVALS:.0f} arrivals a day, which is what the rates make, by linear"
        " regression over the arrivals of the days that were drawn."
    )
    trials.report.notes.append(f"T9 within target a day, type 0 in periods 0 to 2, then types 1 and 2: {listed}.")

    static = measured(trials, STATIC, number)
    agrees(trials, "T10 static priority: served a day", static.served, (4247.50, 4301.35))
    agrees(trials, "T10 static priority: lost a day", static.lost, (898.83, 967.60))
    agrees(trials, "T10 static priority: service level", static.level, (0.572, 0.587))
    agrees(trials, "T10 static priority: occupancy of group 0", static.occupancy, (0.880, 0.887))
    longest = measured(trials, LONGEST_WAIT, number // 4)
    agrees(trials, "T10 longest wait: service level", longest.level, (0.482, 0.498))
    trials.report.add("T10 longest wait: lost a day", longest.lost.mean, "", half=longest.lost.half)

    _tuned(trials, base, measured(trials, TUNED, number))


def _tuned(trials: Trials, base: Measured, tuned: Measured) -> None:
    gain = tuned.level.mean - base.level.mean
    trials.report.add(
        "tuned index: service level",
        tuned.level.mean,
        "",
        half=tuned.level.half,
        peer=base.level.mean,
        target=f"T9's and .10 more: {gain:+.3f}",
        ok=gain >= 0.10,
    )
    factor = tuned.lost.mean / base.lost.mean
    trials.report.add(
        "tuned index: lost a day",
        tuned.lost.mean,
        "",
        half=tuned.lost.half,
        peer=base.lost.mean,
        target=f"1.02 of T9's at most: {factor:.3f}",
        ok=factor <= 1.02,
    )
    trials.report.add("tuned index: occupancy of group 0", tuned.occupancy.mean, "", half=tuned.occupancy.half)
    trials.report.notes.append(
        "The tuned index: type 1, which both groups serve, comes first in both; otherwise the longest wait."
    )
