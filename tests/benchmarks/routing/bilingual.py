"""T11: Bilingual of the ContactCenters examples: agents drawn at random, callers who give up and call again.

A week is five days of nine hours. Two things are not the engine's and are put in from outside: the draw of one of the
ready agents (as the caller's preferred agent, taken only when ready at once), and the second call of three in four who
gave up, twenty minutes later. Forty lines are never all taken here, and are left out, as in the published result, where
all who came were served or gave up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from random import Random

from acd.commands import Command
from acd.engine import RoutingEngine
from acd.events import Event, InteractionAbandoned, InteractionQueued
from acd.model import (
    Agent,
    AgentId,
    AgentSelection,
    AgentState,
    InteractionId,
    PreferredAgent,
    Queue,
    QueueName,
    SkillName,
    SkillRequirement,
)
from acd.simulation import Arrival, Shift, simulate
from tests.benchmarks.routing.estimates import estimate
from tests.benchmarks.routing.published import Numbers, agrees, days
from tests.benchmarks.routing.trials import Trials

HOUR = 3600.0
OPEN = 9 * HOUR
CALLS_AGAIN = 0.75
AGAIN_AFTER = 1200.0
EXPECTED = 5 * (100 + 8 * 50)
"""First calls of one language a week; the published service level is over these."""

LANGUAGES = ("english", "spanish")
GROUPS = {"english": 7, "spanish": 7, "both": 4}


def people() -> list[Shift]:
    """Return seven agents for each language, and four for both."""
    return [
        Shift(
            agent=Agent(
                agent=AgentId(f"{group}{number}"),
                skills={SkillName(each): 1 for each in (LANGUAGES if group == "both" else (group,))},
                group=group,
            ),
            end=OPEN,
        )
        for group, size in GROUPS.items()
        for number in range(size)
    ]


QUEUES = [
    Queue(
        name=QueueName(each),
        requirements=SkillRequirement(skill=SkillName(each)),
        selection=AgentSelection.LONGEST_IDLE,
    )
    for each in LANGUAGES
]


def first_calls(random: Random) -> list[Arrival]:
    """Return one day's: 100 an hour and language in the first hour, then 50."""
    found = []
    for language, shortest, longest in (("english", 3, 7), ("spanish", 4, 6)):
        at = 0.0
        while (at := at + random.expovariate(100 / HOUR)) < OPEN:
            if at < HOUR or random.random() < 0.5:
                work = random.uniform(60.0 * shortest, 60.0 * longest)
                found.append((at, language, work, random.expovariate(1 / 120)))
    return [
        Arrival(at=at, interaction=InteractionId(str(n)), queue=QueueName(name), work=work, patience=patience)
        for n, (at, name, work, patience) in enumerate(sorted(found))
    ]


@dataclass(slots=True)
class Callers:
    """First calls, and those who call again: as patient as before, with the same matter."""

    random: Random
    calls: dict[InteractionId, Arrival]
    again: list[tuple[float, InteractionId]] = field(default_factory=list)

    def gave_up(self, interaction: InteractionId, now: float) -> None:
        """Decide whether this caller calls again."""
        if self.random.random() < CALLS_AGAIN:
            heappush(self.again, (now + AGAIN_AFTER, interaction))

    def __iter__(self) -> Iterator[Arrival]:
        """Yield them in order of time, until closing.

        Asked for one caller more than have called, which does no harm: nobody calls again sooner than that one calls.
        """
        first = iter(list(self.calls.values()))
        following = next(first, None)
        while following is not None or self.again:
            if following is None or (self.again and self.again[0][0] < following.at):
                at, interaction = heappop(self.again)
                if at >= OPEN:
                    continue
                caller = replace(self.calls[interaction], at=at, interaction=InteractionId(f"{interaction} again"))
                self.calls[caller.interaction] = caller
                yield caller
            else:
                yield following
                following = next(first, None)


class DrawnByLot(RoutingEngine):
    """The production engine, told one of the ready agents, drawn by lot, as whom each caller would like best."""

    def __init__(self, random: Random, callers: Callers) -> None:
        super().__init__(epoch=1)
        self._random = random
        self._callers = callers
        self._speaks = {each.agent.agent: frozenset(each.agent.skills) for each in people()}

    def handle(self, event: Event, now: float) -> list[Command]:
        """Draw, or note who gave up; then pass the event on."""
        match event:
            case InteractionQueued(queue=language):
                ready = [
                    report.agent
                    for report in self.agent_states()
                    if report.state is AgentState.READY and SkillName(language) in self._speaks[report.agent]
                ]
                if ready:
                    event = replace(event, preferred=PreferredAgent(agent=self._random.choice(ready), wait=0.0))
            case InteractionAbandoned(interaction=interaction):
                self._callers.gave_up(interaction, now)
            case _:
                pass
        return super().handle(event, now)


def week(seed: int) -> Numbers:
    """Count arrivals, served, gave up, within a minute by language, and work by group, of five days."""
    random = Random(seed)
    arrived = served = lost = 0
    good = dict.fromkeys(LANGUAGES, 0)
    work = dict.fromkeys(GROUPS, 0.0)
    for _ in range(5):
        callers = Callers(random, {each.interaction: each for each in first_calls(random)})
        engine = DrawnByLot(random, callers)
        day = simulate(queues=QUEUES, shifts=people(), arrivals=callers, engine=engine)
        for each in day.outcomes:
            arrived += 1
            if each.agent is None:
                lost += 1
            else:
                served += 1
                good[each.queue] += each.wait < 60
                work[each.agent.rstrip("0123456789")] += each.served
    return arrived, served, lost, *good.values(), *work.values()


def bilingual(trials: Trials) -> None:
    """T11, every figure of it that does not depend on the few who call after closing time."""
    number = trials.length(400, 12)
    arrived, served, lost, english, spanish, *work = days(trials, "T11 Bilingual", week, number)
    agrees(trials, "T11 arrivals a week", estimate(arrived), (5105.009, 5115.313))
    agrees(trials, "T11 served a week", estimate(served), (4962.946, 4971.524))
    agrees(trials, "T11 gave up a week", estimate(lost), (141.209, 144.527))
    levels = [[100 * each / EXPECTED for each in good] for good in (english, spanish)]
    agrees(trials, "T11 service level, English", estimate(levels[0]), (97.831, 98.062), "%")
    agrees(trials, "T11 service level, Spanish", estimate(levels[1]), (97.810, 98.048), "%")
    published = ((47.563, 47.684), (47.580, 47.699), (63.197, 63.310))
    for (group, size), total, interval in zip(GROUPS.items(), work, published, strict=True):
        shares = [100 * each / (5 * OPEN * size) for each in total]
        agrees(trials, f"T11 occupancy, {group}", estimate(shares), interval, "%")
    trials.report.notes.append(
        f"T11: {number} weeks; agents are drawn by lot outside the engine, which takes whom a caller prefers if ready."
    )
