"""What agents do with calls: random sequences that must leave nothing stuck, delays at the far end, lost tabs.

    scripts/bench_callcontrol [--quick] [--json FILE] [--seed N] [--only virtual,real,tabs]

The sequences run on the model switch in virtual time and on a whole platform with a real Asterisk; the delays from the
page's socket to the far end's audio; the tabs in a real Chromium. Ends with status 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.callcontrol import real, tabs, virtual
from tests.support.bench import Report, median, percentile, say
from tests.support.platform import Platform

WITHIN = 1.0  # seconds by which sums may miss
FAR_END = 150.0  # milliseconds, p95
PARTS = ("virtual", "real", "tabs")


def main() -> int:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few minutes, for developing; not for claims")
    parser.add_argument("--rounds", type=int, help="of delays (40; quick: 6)")
    parser.add_argument("--sequences", type=int, help="random ones on the real Asterisk (100; quick: 15)")
    parser.add_argument("--times", type=int, help="that each kind of tab is lost (20; quick: 3)")
    parser.add_argument("--seed", type=int, default=1, help="of the sequences (1)")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, by commas (all)")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    parts = set(options.only.split(","))
    if not parts <= set(PARTS):
        parser.error(f"--only takes {', '.join(PARTS)}")
    report = Report(name="bench_callcontrol", seed=options.seed)
    if "virtual" in parts:
        _virtual(report, 200 if options.quick else 1_000, options.seed)
    with tempfile.TemporaryDirectory(prefix="bench-callcontrol-") as folder:
        if "real" in parts:
            rounds = options.rounds or (6 if options.quick else 40)
            sequences = options.sequences or (15 if options.quick else 100)
            _real(report, Path(folder) / "real", rounds=rounds, sequences=sequences, seed=options.seed)
        if "tabs" in parts:
            _tabs(report, Path(folder) / "tabs", options.times or (3 if options.quick else 20))
    return report.finish(options.json)


def _virtual(report: Report, count: int, seed: int) -> None:
    outcome = virtual.run(count, seed)
    say(f"{count} sequences in virtual time")
    _stuck(report, f"stuck after {count} sequences (virtual)", outcome.stuck)
    report.add("repairs by the watchdog in them", outcome.repairs, "", target="none", ok=outcome.repairs == 0)
    _sums(report, "virtual", outcome.off, outcome.agents_off)
    report.notes.append(
        f"Virtual: {outcome.operations} operations granted, {outcome.refused} refused, "
        f"{outcome.interactions} interactions."
    )


def _real(report: Report, home: Path, *, rounds: int, sequences: int, seed: int) -> None:
    with real.house(home) as (platform, outside):
        delays, outcome = asyncio.run(_on_stage(platform, outside, rounds=rounds, sequences=sequences, seed=seed))
        log = (platform.home / "logs" / "cti.log").read_text(encoding="utf-8", errors="replace")
        repairs = sum(" repaired " in line for line in log.splitlines())
    for name, taken in delays.taken.items():
        p95 = percentile(taken, 95)
        report.add(f"{name}, p50", median(taken), "ms")
        report.add(f"{name}, p95", p95, "ms", target=f"{FAR_END:g} ms at most", ok=p95 <= FAR_END)
        report.add(f"{name}, p99", percentile(taken, 99), "ms")
    missing = sum(delays.missing.values())
    report.add("effects not seen at the far end", missing, "", target="none", ok=missing == 0)
    report.add("repairs by the watchdog (real Asterisk)", repairs, "", target="none", ok=repairs == 0)
    count = outcome.sequences
    _stuck(report, f"stuck after {count} sequences (real Asterisk)", outcome.stuck)
    _sums(report, "real Asterisk", outcome.off, outcome.agents_off)
    taken_of = ", ".join(f"{name} {len(taken)}" for name, taken in delays.taken.items())
    report.notes.append(f"Delays: from the command at the page's socket to the frame of audio (20 ms): {taken_of}.")
    report.notes.append(
        f"Real Asterisk: {outcome.operations} operations granted, {outcome.refused} refused, "
        f"{outcome.interactions} interactions."
    )


async def _on_stage(
    platform: Platform, outside: int, *, rounds: int, sequences: int, seed: int
) -> tuple[real.Delays, real.Sequences]:
    async with real.stage(platform, outside) as on:
        delays = await real.measure(on, rounds)
        outcome = await real.run(on, sequences, seed)
        await real.look_back(on, outcome)
        return delays, outcome


def _tabs(report: Report, home: Path, times: int) -> None:
    with tabs.house(home) as platform:
        for kill in (False, True):
            folder = home / ("killed" if kill else "reloaded")
            folder.mkdir()
            outcome = asyncio.run(tabs.lose(platform, folder, kill=kill, times=times))
            word = "killed" if kill else "reloaded"
            report.add(
                f"customers dropped, tab {word} {outcome.times} times",
                outcome.dropped,
                "",
                target="none",
                ok=outcome.dropped == 0 and not outcome.failed,
            )
            report.add(
                f"not with the same agent again within {tabs.BACK_WITHIN:g} s, tab {word}",
                outcome.late,
                "",
                target="none",
                ok=outcome.late == 0,
            )
            report.add(f"both hear each other again, tab {word}, p50", median(outcome.seconds), "s")
            report.add(f"both hear each other again, tab {word}, longest", percentile(outcome.seconds, 100), "s")
            report.notes += [f"Did not get as far as losing the tab: {one}" for one in outcome.failed]


def _stuck(report: Report, metric: str, stuck: Sequence[str]) -> None:
    report.add(metric, len(stuck), "", target="none", ok=not stuck)
    report.notes += [f"Stuck: {one}" for one in stuck[:10]]


def _sums(report: Report, where: str, off: Sequence[float], agents_off: Sequence[float]) -> None:
    for metric, values in (
        (f"stretches against the interaction's time, most ({where})", off),
        (f"states against the time signed on, most ({where})", agents_off),
    ):
        most = max(values, default=float("nan"))
        report.add(metric, most, "s", target=f"{WITHIN:g} s at most", ok=most <= WITHIN)


if __name__ == "__main__":
    sys.exit(main())
