"""What a study found, as tables for people and as data for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isnan
from typing import Any

from callcenter.simulation.study import EVERYBODY, Estimate, Figures, Run, Study, difference, estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One column: how it is called, its unit, and how it is read from a run. `whole` is of everybody alone."""

    name: str
    unit: str
    of: Callable[[Run, str], float]
    digits: int = 1
    whole: bool = False

    def reading(self, group: str) -> Callable[[Run], float]:
        """How it is read from a run for one group."""
        return lambda run: self.of(run, group)


def measures(study: Study) -> tuple[Measure, ...]:
    """The columns. The service level has its variant and target in its name."""
    counting = study.description.counting
    within = f"{counting.seconds:g} s" if counting.seconds else "target"
    return (
        Measure(name="offered", unit="", of=_figure(lambda each: each.tally.offered + each.unserved), digits=0),
        Measure(
            name=f"{counting.variant} in {within}",
            unit="%",
            of=_figure(lambda each: 100.0 * each.tally.service_level(counting.variant)),
        ),
        Measure(name="ASA", unit="s", of=_figure(lambda each: each.speed_of_answer)),
        Measure(name="abandoned", unit="%", of=_figure(lambda each: 100.0 * each.tally.abandonment)),
        Measure(name="led on", unit="", of=_figure(lambda each: each.tally.diverted), digits=0),
        Measure(name="longest wait", unit="s", of=_figure(lambda each: each.longest), digits=0),
        Measure(name="occupancy", unit="%", of=lambda run, _: 100.0 * run.occupancy, whole=True),
    )


def _figure(of: Callable[[Figures], float]) -> Callable[[Run, str], float]:
    return lambda run, group: float(of(run.figures.get(group) or Figures()))


def tables(study: Study) -> str:
    """One table for everybody, each tier and each queue: a line for each plan, and how it differs from the first."""
    description = study.description
    days = len({call.day for call in description.calls})
    traffic = f"{len(description.calls)} past calls of {days} days" if days else "one day"
    head = [
        description.title,
        f"{traffic}; each plan run {len(study.seeds)} times, on the same calls (seeds {study.seeds[0]} to "
        f"{study.seeds[-1]}); mean ± half of the 95 % interval; below a plan: how much more than the first",
    ]
    parts = ["\n".join(head), *(_table(study, group) for group in study.groups)]
    unserved = {plan: sum(run.figures[EVERYBODY].unserved for run in runs) for plan, runs in study.runs.items()}
    for plan, count in unserved.items():
        if count:
            parts.append(f"{plan}: {count / len(study.seeds):.1f} callers a run were never served, and never gave up.")
    return "\n\n".join(parts) + "\n"


def _table(study: Study, group: str) -> str:
    columns = list(_columns(study, group))
    rows = [[group, *(each.name for each in columns)]]
    first = next(iter(study.runs))
    for plan in study.runs:
        rows.append([plan, *(_shown(_of(study, plan, group, each), each) for each in columns)])
        if plan != first:
            rows.append(
                ["  more", *(_shown(_more(study, plan, first, group, each), each, signed=True) for each in columns)]
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(lines)


def _columns(study: Study, group: str) -> Iterator[Measure]:
    for measure in measures(study):
        always_zero = measure.name == "led on" and not any(
            measure.of(run, group) for runs in study.runs.values() for run in runs
        )
        if not always_zero and (group == EVERYBODY or not measure.whole):
            yield measure


def _of(study: Study, plan: str, group: str, measure: Measure) -> Estimate:
    return estimate(study.values(plan, measure.reading(group)))


def _more(study: Study, plan: str, first: str, group: str, measure: Measure) -> Estimate:
    values, base = (study.values(each, measure.reading(group)) for each in (plan, first))
    return difference(values, base)


def _shown(found: Estimate, measure: Measure, *, signed: bool = False) -> str:
    if isnan(found.mean):
        return "none"
    digits = measure.digits
    number = f"{found.mean:+.{digits}f}" if signed else f"{found.mean:.{digits}f}"
    unit = measure.unit.replace("%", "pt") if signed else measure.unit  # a difference of shares is in points
    half = "" if isnan(found.half) else f" ± {found.half:.{digits}f}"
    return f"{number}{half} {unit}".rstrip()


def as_json(study: Study) -> dict[str, Any]:
    """All of it for a program; what is not known is null."""
    first = next(iter(study.runs))
    return {
        "title": study.description.title,
        "seeds": list(study.seeds),
        "service_level": {
            "variant": study.description.counting.variant.value,
            "seconds": study.description.counting.seconds,
            "short": study.description.counting.short,
        },
        "plans": {
            plan: {
                group: {
                    measure.name: {
                        "mean": _known(_of(study, plan, group, measure).mean),
                        "half": _known(_of(study, plan, group, measure).half),
                        "more": None if plan == first else _known(_more(study, plan, first, group, measure).mean),
                        "more_half": None if plan == first else _known(_more(study, plan, first, group, measure).half),
                        "unit": measure.unit,
                        "runs": [_known(value) for value in study.values(plan, measure.reading(group))],
                    }
                    for measure in _columns(study, group)
                }
                for group in study.groups
            }
            for plan in study.runs
        },
    }


def _known(number: float) -> float | None:
    return None if isnan(number) else number
