"""What every section works with: seeds, lengths, two processes, and the table it adds its figures to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.benchmarks.routing.estimates import Estimate, estimate
from tests.support.bench import Report, say

SEEDS = tuple(range(101, 111))
"""The ten seeds of every figure that has ten; none is ever left out."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """One run of the command."""

    report: Report
    executor: Executor
    quick: bool
    month: Path

    def length(self, full: int, quick: int) -> int:
        """How many interactions, days or runs: so many, or with --quick only so many."""
        return quick if self.quick else full

    def each(self, what: str, run: Callable[..., R], arguments: Sequence[tuple[object, ...]]) -> list[R]:
        """Run the function with each of the arguments, in several processes; the results keep their order."""
        futures = [self.executor.submit(run, *each) for each in arguments]
        tenth = max(1, len(futures) // 10)
        for number, _ in enumerate(as_completed(futures), start=1):
            if number % tenth == 0 or number == len(futures):
                say(f"{what}: {number} of {len(futures)}")
        return [future.result() for future in futures]

    def against(self, metric: str, exact: float, samples: Sequence[float], unit: str = "") -> Estimate:
        """Add a mean of ten seeds beside its exact value: |z| ≤ 3.5, half-width ≤ 10 % (with --quick: z alone)."""
        found = estimate(samples)
        z, width = found.z(exact), found.half / exact
        self.report.add(
            metric,
            found.mean,
            unit,
            half=found.half,
            samples=samples,
            peer=exact,
            target=f"exact: z {z:+.2f} of 3.5, ± {width:.1%} of 10 %",
            ok=abs(z) <= 3.5 and (self.quick or width <= 0.10),
        )
        return found
