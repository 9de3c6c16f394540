"""What callers and agents notice when the CTI server is killed at random moments, and when it stays dead.

    scripts/bench_recovery [--quick] [--json FILE] [--seed N]

Everything is real; ``callcenter serve`` starts the killed process again. Forty calls are live: in the IVR, waiting,
talking. Meanwhile agents and callers hang up and new callers dial. Ends with status 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.support.bench import Report, say
from tests.support.outage import Death, Floor, Restart
from tests.support.platform import SUPERVISOR, Platform, agents, running_platform

AGENTS, WAITING, IVR = 10, 15, 15
WATCH = 12.0  # seconds after each kill; longer than the longest silence that is allowed


def main() -> int:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="for developing; not for claims")
    parser.add_argument("--kills", type=int, help="how often the CTI server is killed (10; quick: 3)")
    parser.add_argument("--seed", type=int, default=1, help="of all moments (1)")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    kills = options.kills or (3 if options.quick else 10)
    report = Report(name="bench_recovery", seed=options.seed)
    employees = agents(AGENTS)
    with (
        tempfile.TemporaryDirectory(prefix="bench-recovery-") as name,
        running_platform(Path(name), employees=[*employees, SUPERVISOR], ring_seconds=15) as platform,
    ):
        restarts, death, dropped, silence = asyncio.run(_measure(platform, kills, options.seed))
    _tell_restarts(report, restarts, dropped, silence)
    _tell_death(report, death)
    report.notes.append(
        f"{kills} kills at random moments; live calls when it happened: "
        + "; ".join(" ".join(f"{place} {count}" for place, count in one.places.items()) for one in restarts)
        + "."
    )
    report.notes.append(
        "Callers are telephones that listen and send one frame of audio each 0.5 s; silence is looked for each 0.25 s."
    )
    return report.finish(options.json)


async def _measure(platform: Platform, kills: int, seed: int) -> tuple[list[Restart], Death, int, float]:
    employees = [one for one in platform.employees if one.device]
    async with Floor.open(platform, employees, seed) as floor:
        restarts, dropped, silence = [], 0, 0.0
        for number in range(kills):
            await floor.fill(ivr=IVR, waiting=WAITING)
            await asyncio.sleep(floor.chance.uniform(0.0, 2.0))  # anywhere between two heartbeats
            restart = await floor.kill_and_watch(watch=WATCH)
            restarts.append(restart)
            dropped, silence = len(floor.dropped()), floor.longest_silence()
            say(
                f"kill {number + 1}: process {restart.started:.2f} s, serving {restart.back:.2f} s, routed "
                + ", ".join(f"{value:.2f}" for value in restart.routed)
                + f" s, page freed {restart.page_freed}, out of order {_spacing(restart.inverted)} "
                f"of {restart.compared}, dropped {dropped}, silence {silence:.2f} s, fell back: {restart.fell_back}"
            )
            floor.forget_ended()
        await floor.fill(ivr=IVR, waiting=WAITING)
        death = await floor.kill_for_good()
        say(f"dead for good: {death}")
    return restarts, death, dropped, silence


def _tell_restarts(report: Report, restarts: list[Restart], dropped: int, silence: float) -> None:
    report.add("callers dropped", dropped, "", target="none", ok=dropped == 0)
    inverted = [spacing for one in restarts for spacing in one.inverted]
    compared = sum(one.compared for one in restarts)
    report.add("pairs of callers out of order", len(inverted), "", target="none", ok=not inverted and compared > 0)
    routed = max(value for one in restarts for value in one.routed)
    report.add("restart to routing, longest", routed, "s", target="3 s at most", ok=routed <= 3.0)
    freed = [one.page_freed for one in restarts if one.page_freed is not None]
    slowest = max(freed, default=float("nan"))
    report.add("serving to agent's page freed, longest", slowest, "s", target="2 s at most", ok=slowest <= 2.0)
    report.add("silence, longest", silence, "s", target="8 s at most", ok=silence <= 8.0)
    report.add("kill to new process, longest", max(one.started for one in restarts), "s")
    report.add("kill to serving, longest", max(one.back for one in restarts), "s")
    report.notes.append(
        f"Order: {compared} pairs of waiting callers compared; out of order: {_spacing(inverted)}. "
        f"Pages freed: {len(freed)}. So late that Asterisk's own queue took over: "
        f"{sum(1 for one in restarts if one.fell_back)} of {len(restarts)}."
    )


def _tell_death(report: Report, death: Death) -> None:
    report.add(
        "dead: all waiting callers in Queue()", death.in_queue, "s", target="8 s at most", ok=death.in_queue <= 8
    )
    inverted = death.inverted
    report.add("dead: pairs out of order in Queue()", len(inverted), "", target="none", ok=not inverted)
    report.notes.append(f"Out of order in Queue(): {_spacing(inverted)}.")
    report.add(
        "dead: agents freed who were rung", death.rung, "", target=f"{death.freed}", ok=death.rung == death.freed
    )
    report.add("dead: callers dropped", death.dropped, "", target="none", ok=death.dropped == 0)
    report.add("dead: silence, longest", death.silence, "s", target="8 s at most", ok=death.silence <= 8)
    adopted = death.adopted == death.live
    report.add("return: calls known again", death.adopted, "", target=f"{death.live}", ok=adopted)
    report.add("return: talks cut", death.cut, "", target="none", ok=death.cut == 0)
    report.add("return: callers overtaken by later ones", death.overtaken, "", target="none", ok=death.overtaken == 0)


def _spacing(inverted: Sequence[float]) -> str:
    """Say how many pairs stood in the wrong order, and how far apart they had been queued at most."""
    return f"{len(inverted)} pairs" + (f", queued at most {max(inverted):.2f} s apart" if inverted else "")


if __name__ == "__main__":
    sys.exit(main())
