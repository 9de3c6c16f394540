"""How fast callers reach agents, side by side with app_queue: same Asterisk, same telephones, same SIPp load.

    scripts/bench_calls [--quick] [--json FILE] [--seed N]

Both sides take turns, each case on a fresh Asterisk; times are taken at the SIP telephones. On our side everything is
real and running: CTI server, journal, Redis, the desktop with every agent's page connected. Wrap-up is 0 on both
sides, queue_log and CDR are off on both. Ends with status 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.support.bench import Report, median, percentile, say
from tests.support.handover import Bench, Sample, peer_configuration
from tests.support.platform import agents, laid_out, one_queue

AGENTS = 20
OURS = ("asterisk", "cti", "desktop", "redis", "speech-1", "speech-2")


def main() -> int:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few minutes, for developing; not for claims")
    parser.add_argument("--rounds", type=int, help="how often the sides take turns (5; quick: 3)")
    parser.add_argument("--handovers", type=int, help="hand-overs a round and side (100; quick: 40)")
    parser.add_argument("--idle", type=int, help="calls to idle agents a round and side (80; quick: 30)")
    parser.add_argument(
        "--waiting", type=int, help="callers that wait at once for the memory figures (200; quick: 100)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the lengths of talks (1)")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 5)
    handovers = options.handovers or (40 if options.quick else 100)
    idle_calls = options.idle or (30 if options.quick else 80)
    waiting = options.waiting or (100 if options.quick else 200)

    report = Report(name="bench_calls", seed=options.seed)
    employees = agents(AGENTS)
    with (
        tempfile.TemporaryDirectory(prefix="bench-calls-") as name,
        laid_out(
            Path(name), employees=employees, catalogue=one_queue(), extra=peer_configuration(employees)
        ) as platform,
    ):
        bench = Bench(platform, options.seed)
        samples: dict[str, list[Sample]] = {
            "saturated ours": [],
            "saturated peer": [],
            "idle ours": [],
            "idle peer": [],
        }
        for turn in range(rounds):
            # Who goes first changes each time, so that a machine that slows down is nobody's advantage.
            for ours in (True, False) if turn % 2 == 0 else (False, True):
                side = "ours" if ours else "peer"
                sample = asyncio.run(bench.saturated(ours=ours, turn=turn, handovers=handovers))
                samples[f"saturated {side}"].append(sample)
                _say(f"round {turn + 1}, callers waiting, {side}", sample.handovers, sample)
                sample = asyncio.run(bench.idle(ours=ours, turn=turn, calls=idle_calls))
                samples[f"idle {side}"].append(sample)
                _say(f"round {turn + 1}, agent idle, {side}", sample.idle, sample)
        _hand_over(report, samples["saturated ours"], samples["saturated peer"])
        _idle(report, samples["idle ours"], samples["idle peer"])
        _pops(report, [*samples["saturated ours"], *samples["idle ours"]])
        _cpu(report, "callers waiting", samples["saturated ours"], samples["saturated peer"])
        _cpu(report, "agent idle", samples["idle ours"], samples["idle peer"])
        ours_waiting = asyncio.run(bench.waiting(ours=True, callers_waiting=waiting))
        peer_waiting = asyncio.run(bench.waiting(ours=False, callers_waiting=waiting))
    for process in ("cti", "desktop", "redis"):
        report.add(f"memory of {process} per waiting caller", ours_waiting[process] / 1000, "kB")
    memory = (ours_waiting["asterisk"] / 1000, peer_waiting["asterisk"] / 1000)
    report.add("memory of Asterisk per waiting caller", memory[0], "kB", peer=memory[1])
    cores = (100 * ours_waiting["core"], 100 * peer_waiting["core"])
    report.add(f"share of a core while {waiting} wait", cores[0], "%", peer=cores[1])
    report.notes.append(
        f"{AGENTS} agents, {rounds} rounds, talks of 3 to 7 s; callers' signalling only, no audio from them; agents' "
        "telephones and pages are asyncio, in the benchmark's process, one audio frame a second."
    )
    telephones = [
        f"{sum(s.cpu['telephones'] for s in group) / sum(s.seconds for s in group):.2f} ({label})"
        for label, group in samples.items()
    ]
    report.notes.append("Cores that the agents' telephones and pages took meanwhile: " + ", ".join(telephones) + ".")
    return report.finish(options.json)


def _hand_over(report: Report, ours: list[Sample], peer: list[Sample]) -> None:
    mine, others = _all(ours, lambda sample: sample.handovers), _all(peer, lambda sample: sample.handovers)
    p50, peer_p50 = median(mine), median(others)
    ratio_ok = peer_p50 >= 40 * p50
    report.add("hand-over p50", p50, "ms", peer=peer_p50, target="40 times better", ok=ratio_ok)
    report.add("hand-over p90", percentile(mine, 90), "ms", peer=percentile(others, 90))
    p99 = percentile(mine, 99)
    report.add("hand-over p99", p99, "ms", peer=percentile(others, 99), target="40 ms at most", ok=p99 <= 40)
    missing = sum(sample.missing for sample in ours)
    lost = sum(sample.missing for sample in peer)
    report.add("hand-overs missing", missing, "", peer=lost, target="none", ok=missing == 0)
    report.notes.append(
        f"Hand-overs: ours {len(mine)}, p50 by round {_by_round(ours, lambda sample: sample.handovers)} ms; "
        f"peer {len(others)}, {_by_round(peer, lambda sample: sample.handovers)} ms."
    )


def _idle(report: Report, ours: list[Sample], peer: list[Sample]) -> None:
    mine, others = _all(ours, lambda sample: sample.idle), _all(peer, lambda sample: sample.idle)
    for percent, margin in ((50, 12), (99, 40)):
        value, other = percentile(mine, percent), percentile(others, percent)
        target = f"peer's + {margin} ms at most"
        report.add(f"idle agent p{percent}", value, "ms", peer=other, target=target, ok=value <= other + margin)
    missing = sum(sample.missing for sample in ours)
    lost = sum(sample.missing for sample in peer)
    report.add("calls to idle agents missing", missing, "", peer=lost, target="none", ok=missing == 0)
    report.notes.append(
        f"Idle agent: ours {len(mine)}, p50 by round {_by_round(ours, lambda sample: sample.idle)} ms; "
        f"peer {len(others)}, {_by_round(peer, lambda sample: sample.idle)} ms."
    )


def _pops(report: Report, samples: list[Sample]) -> None:
    pops = sum(sample.pops for sample in samples)
    late = sum(sample.pops_late for sample in samples)
    after = sum(sample.pops_after_invite for sample in samples)
    share = 100 * late / max(1, pops)
    report.add("pops whose write took over 50 ms", share, "%", target="0.1 % at most", ok=pops > 0 and share <= 0.1)
    report.add("pops read after the INVITE", 100 * after / max(1, pops), "%")
    leads = [1000 * lead for sample in samples for lead in sample.pop_lead]
    report.add("pop read before the INVITE, p50", median(leads), "ms")
    report.add("pop read before the INVITE, p1", percentile(leads, 1), "ms")
    report.notes.append(f"Pops: {pops}, of which {late} rang before the write was told of, by the server's own count.")


def _cpu(report: Report, case: str, ours: list[Sample], peer: list[Sample]) -> None:
    def per_call(samples: list[Sample], *names: str) -> float:
        used = sum(sample.cpu.get(name, 0.0) for sample in samples for name in names)
        return 1000 * used / max(1, sum(sample.calls for sample in samples))

    report.add(f"CPU per call, {case}: all", per_call(ours, *OURS), "ms", peer=per_call(peer, "asterisk"))
    for name in OURS[:4]:
        other = per_call(peer, name) if name == "asterisk" else None
        report.add(f"CPU per call, {case}: {name}", per_call(ours, name), "ms", peer=other)


def _all(samples: list[Sample], pick: Callable[[Sample], list[float]]) -> list[float]:
    """Return all times in milliseconds."""
    return [1000 * value for sample in samples for value in pick(sample)]


def _by_round(samples: list[Sample], pick: Callable[[Sample], list[float]]) -> str:
    return ", ".join(f"{1000 * median(pick(sample)):.1f}" for sample in samples)


def _say(what: str, times: list[float], sample: Sample) -> None:
    milliseconds = [1000 * value for value in times]
    say(
        f"{what}: n={len(times)} p50={median(milliseconds):.1f} "
        f"p99={percentile(milliseconds, 99):.1f} ms, missing {sample.missing}, late pops {sample.pops_late}"
    )


if __name__ == "__main__":
    sys.exit(main())
