"""T1 to T4: tables that queueing theory fills exactly, each value beside the mean of ten seeds.

The second priority table is judged with a control variate: on each path, the mean wait of the regular callers less what
first come first served makes of the same path beyond its known mean. Without it most of the noise would be that of the
load, which both share. The plain means are stated beside it.
"""

from __future__ import annotations

from statistics import mean

from tests.benchmarks.routing.policy import FIFO, REGULAR, STRICT, VIP
from tests.benchmarks.routing.theory import erlang_a, erlang_c, erlang_c_wait, priority_waits
from tests.benchmarks.routing.traffic import AHT, people, poisson, settled, waits
from tests.benchmarks.routing.trials import SEEDS, Trials

ERLANG_C_ROWS = ((20, 6 / 60, 150_000), (50, 15.8 / 60, 250_000), (100, 32 / 60, 350_000))
"""(agents, arrivals a second, interactions a seed)."""


def erlang_c_path(seed: int, calls: int, agents: int, rate: float) -> tuple[float, float]:
    """Return the mean wait and the share of those who waited, first come first served."""
    found = waits(settled(FIFO.day(people(agents), poisson(seed, calls, rate))))
    return mean(found), sum(wait > 0 for wait in found) / len(found)


def erlang_c_table(trials: Trials) -> None:
    """T1: M/M/c in three sizes."""
    for agents, rate, full in ERLANG_C_ROWS:
        load = rate * AHT
        cases = [(seed, trials.length(full, 5_000), agents, rate) for seed in SEEDS]
        found = trials.each(f"T1 c={agents}", erlang_c_path, cases)
        trials.against(f"T1 c={agents} P(wait)", erlang_c(agents, load), [each[1] for each in found])
        trials.against(f"T1 c={agents} ASA", erlang_c_wait(agents, load) * AHT, [each[0] for each in found], "s")


def priority_path(seed: int, calls: int, agents: int, rate: float, share: float) -> tuple[float, float, float]:
    """Return mean waits on one path: of all, first come first served; of VIPs and of others, strict priority."""
    plain = settled(FIFO.day(people(agents), poisson(seed, calls, rate, vip_share=share)))
    strict = settled(STRICT.day(people(agents), poisson(seed, calls, rate, vip_share=share)))
    return mean(waits(plain)), mean(waits(strict, VIP)), mean(waits(strict, REGULAR))


def priority_table(trials: Trials) -> None:
    """T2: two classes, non-preemptive, for two shares of VIPs."""
    for agents, rate, full in ERLANG_C_ROWS:
        for share in (0.1, 0.2):
            load = rate * AHT
            cases = [(seed, trials.length(full // 6, 4_000), agents, rate, share) for seed in SEEDS]
            found = trials.each(f"T2 c={agents}, {share:.0%} VIPs", priority_path, cases)
            vip, regular = (value * AHT for value in priority_waits(agents, load, share))
            plain = erlang_c_wait(agents, load) * AHT
            name = f"T2 c={agents}, {share:.0%} VIPs:"
            got = trials.against(f"{name} ASA of VIPs", vip, [each[1] for each in found], "s")
            controlled = [each[2] - (each[0] - plain) / (1 - share) for each in found]
            trials.against(f"{name} ASA of others", regular, controlled, "s")
            trials.report.add(f"{name} ASA of others, plain", mean(each[2] for each in found), "s", peer=regular)
            off = abs(got.mean / vip - 1)
            trials.report.add(
                f"{name} VIPs over first come first served",
                got.mean / plain,
                "",
                peer=vip / plain,
                target="exact within 5 %",
                ok=None if trials.quick else off <= 0.05,
            )


def erlang_a_path(seed: int, calls: int, agents: int, load: float, patience: float) -> tuple[float, ...]:
    """Return P(wait), P(abandon), E[W], occupancy, and the share served within a tenth of a handling time."""
    day = FIFO.day(people(agents), poisson(seed, calls, load / AHT, patience=AHT * patience))
    kept = settled(day)
    arrivals = [each.arrived for each in kept]
    return (
        mean(each.wait > 0 for each in kept),
        mean(each.agent is None for each in kept),
        mean(each.wait for each in kept) / AHT,
        sum(each.served for each in kept) / (max(arrivals) - min(arrivals)) / agents,
        mean(each.agent is not None and each.wait <= 0.1 * AHT for each in kept),
    )


def _erlang_a_row(trials: Trials, name: str, row: tuple[int, float, float], full: int) -> None:
    agents, load, patience = row
    exact = erlang_a(agents, load, patience, within=0.1)
    found = trials.each(name, erlang_a_path, [(seed, trials.length(full, 5_000), *row) for seed in SEEDS])
    expected = (exact.waits, exact.abandons, exact.wait, exact.occupancy, exact.within)
    labels = ("P(wait)", "P(abandon)", "E[W]", "occupancy", "P(served within 0.1)")
    for number, (label, value) in enumerate(zip(labels, expected, strict=True)):
        trials.against(f"{name} {label}", value, [each[number] for each in found])


def erlang_a_table(trials: Trials) -> None:
    """T3: 48 Erlang on 50 agents, three patiences (in handling times)."""
    for patience in (2.0, 1.0, 0.5):
        _erlang_a_row(trials, f"T3 patience {patience:g}:", (50, 48.0, patience), 60_000)


def square_root_table(trials: Trials) -> None:
    """T4: square-root staffing, 100 Erlang, patience one handling time."""
    for beta in (-1, 0, 1):
        _erlang_a_row(trials, f"T4 beta {beta:+d}:", (100 + 10 * beta, 100.0, 1.0), 80_000)
