"""Runs every plan on the same traffic, several times, and says how they differ and how sure that is.

All plans meet the same calls: of one seed, the callers come, talk and give up alike. So the plans can be compared run
by run, and a difference is known better than the figures it is between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from math import inf, isnan, nan, sqrt
from statistics import mean, stdev

from acd.engine import RoutingEngine
from acd.metrics import Outcome, Tally
from acd.model import AgentId
from acd.simulation import Arrival, Day, simulate
from callcenter.simulation.again import again
from callcenter.simulation.description import Description, Plan
from callcenter.simulation.traffic import drawn

OVERTIME = 4 * 3600.0
"""Seconds after the last call within which a day ends at the latest; who waits then was never served."""

EVERYBODY = "everybody"

_STUDENT = (inf, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11)
"""Two-sided 95 % points of Student's t, by degrees of freedom; of the normal distribution beyond."""


@dataclass(slots=True)
class Figures:
    """What one run counted of some of the calls: of everybody, of a tier, of a queue, or of an hour."""

    tally: Tally = field(default_factory=Tally)
    waited: float = 0.0
    served: float = 0.0
    longest: float = 0.0
    unserved: int = 0

    def count(self, outcome: Outcome, *, within: float, short: float) -> None:
        """One more call."""
        self.tally.count(outcome, within=within, short=short)
        self.longest = max(self.longest, outcome.wait)
        if outcome.agent is not None:
            self.waited += outcome.wait
            self.served += outcome.served

    @property
    def speed_of_answer(self) -> float:
        """Mean wait of the answered, in seconds."""
        return self.waited / self.tally.answered if self.tally.answered else nan

    @property
    def talk(self) -> float:
        """Mean conversation of the answered, in seconds."""
        return self.served / self.tally.answered if self.tally.answered else nan


@dataclass(slots=True)
class Run:
    """One plan, once. `busy` and `there` are agents' seconds; `hours` counts calls by the hour in which they came."""

    figures: dict[str, Figures] = field(default_factory=lambda: {EVERYBODY: Figures()})
    hours: dict[int, Figures] = field(default_factory=dict)
    busy: float = 0.0
    there: float = 0.0

    @property
    def occupancy(self) -> float:
        """Work (wrap-up included) over time logged on."""
        return self.busy / self.there if self.there else nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What came of a description: for each plan, in their order, one run for each seed."""

    description: Description
    seeds: tuple[int, ...]
    runs: Mapping[str, tuple[Run, ...]]

    @property
    def groups(self) -> tuple[str, ...]:
        """Of whom there are figures: everybody, then tiers and queues, as far as there are several."""
        names = {name for runs in self.runs.values() for run in runs for name in run.figures}
        tiers, queues = (sorted(name for name in names if name.startswith(kind)) for kind in ("tier ", "queue "))
        return (EVERYBODY, *(tiers if len(tiers) > 1 else ()), *(queues if len(queues) > 1 else ()))

    def values(self, plan: str, of: Callable[[Run], float]) -> list[float]:
        """One figure of every run of a plan."""
        return [of(run) for run in self.runs[plan]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over runs, and half of its 95 % interval (nan with a single run)."""

    mean: float
    half: float


def estimate(values: Iterable[float]) -> Estimate:
    """The mean of independent values; runs in which there was nothing to average are left out."""
    known = [value for value in values if not isnan(value)]
    if len(known) < 2:
        return Estimate(known[0] if known else nan, nan)
    student = _STUDENT[len(known) - 1] if len(known) <= len(_STUDENT) else 1.96
    return Estimate(mean(known), student * stdev(known) / sqrt(len(known)))


def difference(values: Sequence[float], base: Sequence[float]) -> Estimate:
    """How much more the first are, run by run."""
    return estimate(value - before for value, before in zip(values, base, strict=True))


def compare(
    load: Callable[[], Description],
    seeds: Sequence[int],
    *,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Study:
    """Run every plan of a description for every seed; `progress` is told how many of how many runs are done.

    Each process loads the description itself: compiled conditions cannot be handed over.
    """
    description = load()
    jobs = [(number, seed) for seed in seeds for number, _ in enumerate(description.plans)]
    found: dict[tuple[int, int], Run] = {}
    for done, (job, run) in enumerate(_runs(description, load, jobs, processes), start=1):
        found[job] = run
        if progress is not None:
            progress(done, len(jobs))
    runs = {plan.name: tuple(found[number, seed] for seed in seeds) for number, plan in enumerate(description.plans)}
    return Study(description=description, seeds=tuple(seeds), runs=runs)


def run_once(description: Description, plan: Plan, seed: int) -> Run:
    """Run one plan on the traffic of one seed: a day, or every day of the past calls."""
    run = Run()
    if description.calls:
        for day, arrivals in again(description.calls, seed=seed):
            _live(description, plan, arrivals, day.weekday(), run)
    else:
        arrivals = drawn(
            description.sources,
            seed=seed,
            opens=description.opens,
            closes=description.closes,
            busyness=description.busyness,
            load=plan.load,
        )
        _live(description, plan, arrivals, description.weekday, run)
    return run


def _runs(
    description: Description, load: Callable[[], Description], jobs: Sequence[tuple[int, int]], processes: int
) -> Iterator[tuple[tuple[int, int], Run]]:
    workers = min(processes, len(jobs))
    if workers < 2:
        for number, seed in jobs:
            yield (number, seed), run_once(description, description.plans[number], seed)
        return
    with ProcessPoolExecutor(max_workers=workers, initializer=_begin, initargs=(load,)) as executor:
        futures = {executor.submit(_run_here, *job): job for job in jobs}
        for future in as_completed(futures):
            yield futures[future], future.result()


_loaded: list[Description] = []
"""In a process of its own: what it works on."""


def _begin(load: Callable[[], Description]) -> None:
    _loaded[:] = [load()]


def _run_here(number: int, seed: int) -> Run:
    (description,) = _loaded
    return run_once(description, description.plans[number], seed)


def _live(description: Description, plan: Plan, arrivals: Sequence[Arrival], weekday: int | None, run: Run) -> None:
    speeds = {working.agent.agent: working.speed for working in plan.staff if working.speed != 1.0}

    def work_of(arrival: Arrival, agent: AgentId, _: float) -> float:
        return arrival.work / speeds.get(agent, 1.0)

    last = max((arrival.at for arrival in arrivals), default=0.0)
    day = simulate(
        queues=plan.queues,
        rules=plan.rules,
        shifts=plan.shifts(weekday),
        arrivals=arrivals,
        work_of=work_of if speeds else None,
        answer_delay=description.answer_after,
        until=max(description.closes, last) + OVERTIME,
        engine=RoutingEngine(epoch=1, interruptions=description.interruptions),
    )
    _count(description, plan, day, run)
    served = {outcome.interaction for outcome in day.outcomes}
    for arrival in arrivals if day.unserved else ():
        if arrival.interaction not in served:
            for name in (EVERYBODY, f"tier {arrival.label}", f"queue {arrival.queue}"):
                run.figures.setdefault(name, Figures()).unserved += 1


def _count(description: Description, plan: Plan, day: Day, run: Run) -> None:
    counting = description.counting
    targets = {queue.name: counting.seconds or queue.service_level.seconds for queue in plan.queues}
    for outcome in day.outcomes:
        within = targets[outcome.queue]
        for name in (EVERYBODY, f"tier {outcome.label}", f"queue {outcome.queue}"):
            run.figures.setdefault(name, Figures()).count(outcome, within=within, short=counting.short)
        run.hours.setdefault(int(outcome.arrived // 3600), Figures()).count(
            outcome, within=within, short=counting.short
        )
    run.busy += sum(day.busy.values())
    run.there += sum(day.logged_on.values())
