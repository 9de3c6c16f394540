"""The production engine under its virtual clock, beside theory, published tables and a month of real calls.

    scripts/validate_routing [--quick] [--json FILE] [--month FILE] [--processes N] [SECTION ...]

Without a section, all are run. The sections `month` and `wait` need a month of the Anonymous Bank's calls (Technion,
1999); where the file is missing they are left out, and the table says so. Seeds are fixed, and none is left out. Ends
with status 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.benchmarks.routing import (
    bilingual,
    exact,
    experts,
    multiskill,
    overload,
    pooling,
    published,
    replay,
    tables,
    waits,
)
from tests.benchmarks.routing.month import NotAMonthError, read_month
from tests.benchmarks.routing.policy import HEAD_START, OVERDUE_AFTER, OVERDUE_FACTOR
from tests.benchmarks.routing.trials import SEEDS, Trials
from tests.support.bench import Report, say

MONTH = Path(__file__).resolve().parents[4] / "shared" / "data" / "anonymous-bank" / "february1999.txt"


def expected_wait(trials: Trials) -> None:
    """How well waits are foretold on the month; see scripts/validate_waits."""
    waits.evaluate(trials.report, trials.month)


SECTIONS: dict[str, Callable[[Trials], None]] = {
    "recursion": exact.recursion,
    "conservation": exact.conservation,
    "erlang-c": tables.erlang_c_table,
    "priority": tables.priority_table,
    "erlang-a": tables.erlang_a_table,
    "square-root": tables.square_root_table,
    "mmc": published.plain,
    "msk": multiskill.multiskill,
    "bilingual": bilingual.bilingual,
    "flexibility": pooling.flexibility,
    "fairness": pooling.fairness,
    "month": replay.real_month,
    "overload": overload.overload,
    "experts": experts.experts,
    "wait": expected_wait,
}
FROM_THE_MONTH = ("month", "wait")


def main() -> int:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(
        prog="scripts/validate_routing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"any of: {' '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="under a minute, for developing; not for claims")
    parser.add_argument("--month", type=Path, default=MONTH, help="a month's file of the Anonymous Bank's calls")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many run at once (all cores)")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    unknown = [each for each in options.sections if each not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]}; there are {', '.join(SECTIONS)}")
    chosen = list(options.sections) or list(SECTIONS)
    report = Report(name="validate_routing", seed=f"{SEEDS[0]} to {SEEDS[-1]}; days and weeks of examples from 1 on")
    report.notes.append(
        f"The one configuration: a VIP's head start is {HEAD_START:g} s, and goes to the most proficient who is ready; "
        f"overdue after {OVERDUE_FACTOR:g} mean waits of those who have to wait, a new queue begins with "
        f"{OVERDUE_AFTER:g} s; others to the least specialised, then the longest idle; nobody is held for an expert."
    )
    try:
        _look_at(options.month, chosen, report, asked_for=bool(set(options.sections) & set(FROM_THE_MONTH)))
    except (OSError, NotAMonthError) as error:
        parser.error(str(error))
    with ProcessPoolExecutor(options.processes) as executor:
        trials = Trials(report=report, executor=executor, quick=options.quick, month=options.month)
        for name in chosen:
            say(f"section {name}: {(SECTIONS[name].__doc__ or '').splitlines()[0]}")
            SECTIONS[name](trials)
    return report.finish(options.json)


def _look_at(path: Path, chosen: list[str], report: Report, *, asked_for: bool) -> None:
    """See that the month is there and is one, before anything takes long."""
    if not set(chosen) & set(FROM_THE_MONTH):
        return
    if not path.is_file() and not asked_for:
        chosen[:] = [each for each in chosen if each not in FROM_THE_MONTH]
        report.notes.append(f"Not measured: {' and '.join(FROM_THE_MONTH)}; there is no {path} (--month).")
        return
    report.notes.append(f"The month: {path.name}, {len(read_month(path))} calls, without phantoms and internet.")


if __name__ == "__main__":
    sys.exit(main())
