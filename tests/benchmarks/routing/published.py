"""T7 to T11: the worked examples of ContactCenters (Buist and L'Ecuyer, Université de Montréal), a thousand days each.

Parameters and results are those of the library's public examples MMC, MMCAb, SimpleMSK, SimpleMSKWithRerouting and
Bilingual (github.com/umontreal-simul/contactcenters, doc/examples). A figure agrees when it lies within the published
95 % interval widened by our own. Days are numbered from 1; the number is the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from tests.benchmarks.routing.estimates import Estimate, estimate, ratio
from tests.benchmarks.routing.policy import FIFO
from tests.benchmarks.routing.traffic import people, until_closing
from tests.benchmarks.routing.trials import Trials

CHUNK = 20
"""Days in one piece of work for a process."""

Numbers = tuple[float, ...]
"""What is counted of one day."""


def agrees(trials: Trials, metric: str, got: Estimate, published: tuple[float, float], unit: str = "") -> None:
    """Add a figure beside its published interval; with --quick, twice our own interval is granted."""
    low, high = published
    own = got.half * (2 if trials.quick else 1)
    trials.report.add(
        metric,
        got.mean,
        unit,
        half=got.half,
        peer=(low + high) / 2,
        target=f"published {low:g} to {high:g}, ± own",
        ok=low - own <= got.mean <= high + own,
    )


def days(trials: Trials, what: str, one: Callable[..., Numbers], number: int, *arguments: object) -> Sequence[Numbers]:
    """Count so many days in several processes; column by column."""
    pieces = [(one, first, min(first + CHUNK, number + 1), arguments) for first in range(1, number + 1, CHUNK)]
    return list(zip(*chain.from_iterable(trials.each(what, some_days, pieces)), strict=True))


def some_days(one: Callable[..., Numbers], first: int, end: int, arguments: tuple[object, ...]) -> list[Numbers]:
    """Count the days from `first` to before `end`."""
    return [one(seed, *arguments) for seed in range(first, end)]


OPEN = 8 * 3600.0
"""T7 and T8: eight hours, from an empty house; who has come by then is served."""


def plain_day(seed: int, patience: float) -> Numbers:
    """Count served, served within 20 s, abandoned, abandoned later than that, sum of waits, work within the hours."""
    day = FIFO.day(people(12), until_closing(seed, OPEN, 4.2 / 60, 120.0, patience))
    served = [each for each in day.outcomes if each.agent]
    lost = [each for each in day.outcomes if not each.agent]
    work = 0.0
    for each in served:
        start = each.arrived + each.wait
        work += max(0.0, min(start + each.served, OPEN) - start)
    return (
        len(served),
        sum(each.wait < 20 for each in served),
        len(lost),
        sum(each.wait >= 20 for each in lost),
        sum(each.wait for each in served),
        work,
    )


def plain(trials: Trials) -> None:
    """T7 and T8: one type, twelve agents; patient callers, and callers with a mean patience of a minute."""
    number = trials.length(1000, 40)
    hours = [12 * OPEN] * number
    served, good, _, _, waited, work = days(trials, "T7 MMC", plain_day, number, float("inf"))
    agrees(trials, "T7 MMC service level", ratio(good, served), (0.900, 0.904))
    agrees(trials, "T7 MMC ASA", ratio([each / 60 for each in waited], served), (0.097, 0.102), "min")
    agrees(trials, "T7 MMC occupancy", ratio(work, hours), (0.694, 0.697))
    served, good, lost, late, waited, work = days(trials, "T8 MMCAb", plain_day, number, 60.0)
    judged = [each + more for each, more in zip(served, late, strict=True)]
    agrees(trials, "T8 MMCAb abandoned a day", estimate(lost), (57.66, 59.56))
    agrees(trials, "T8 MMCAb within target a day", estimate(good), (1903.785, 1908.231))
    agrees(trials, "T8 MMCAb within target of served", ratio(good, served), (0.974, 0.975))
    agrees(trials, "T8 MMCAb service level", ratio(good, judged), (0.968, 0.969))
    agrees(trials, "T8 MMCAb ASA", ratio([each / 60 for each in waited], served), (0.023, 0.024), "min")
    agrees(trials, "T8 MMCAb occupancy", ratio(work, hours), (0.674, 0.677))
