"""How fast the routing engine decides, side by side with a naive scan of the same policy.

    scripts/bench_acd [--quick] [--json FILE] [--seed N]

1,000 agents with 5–10 of 50 skills, 5,000 waiting with 200 distinct requirements, VIPs, head starts, steps, overflow,
preferred agents and decision traces. Engine and scan take turns, so that whatever else the machine does concerns both;
figures are medians. The collector is set as in the CTI server. Ends with status 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import gc
import math
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter, process_time

from acd.commands import Command, OfferInteraction
from acd.events import AgentStateRequested, Event, InteractionAbandoned
from acd.model import InteractionId, NotReadyReason, RequestedState, RequestId
from acd.simulation import Arrival, Shift, simulate
from callcenter.collector import calm_collector
from tests.benchmarks.decisions.centre import VIP_HEAD_START, VIPS, Centre, made_agents, made_queues
from tests.benchmarks.decisions.scan import scan_call, scan_of
from tests.support.bench import Report, median, percentile, say

AGENTS, WAITING = 1000, 5000
ROUND = 50
"""So many agents end their work, or interactions arrive, before the switch answers and others come."""


def main() -> int:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a quarter of the decisions, for developing")
    parser.add_argument("--decisions", type=int, help="decisions a measurement (8000; quick: 2000)")
    parser.add_argument("--seed", type=int, default=20, help="of agents, queues and traffic (20)")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    rounds = (options.decisions or (2000 if options.quick else 8000)) // ROUND
    report = Report(name="bench_acd", seed=options.seed)
    for name, measure in (
        ("agent frees", agent_frees),
        ("interaction arrives, agent changes state", agents_idle),
        ("growth", growth),
        ("memory", memory),
        ("overloaded hour", overloaded_hour),
    ):
        say(name)
        gc.unfreeze()
        measure(report, options.seed, rounds)
    report.notes.append(
        f"{rounds * ROUND} decisions a measurement, {ROUND} in a row before the switch answers and others come; of the "
        "scan 10 to 40 in a row. Medians, of the engine's whole call: report of the state, offer, deadline and trace."
    )
    return report.finish(options.json)


def agent_frees(report: Report, seed: int, rounds: int) -> None:
    """An agent's work ends while 5,000 wait, and the engine answers with an offer."""
    centre = Centre(seed, AGENTS).at_work(WAITING)
    calm_collector()
    ends(centre, rounds // 4, WAITING)
    ours: list[float] = []
    peer: list[float] = []
    bare: list[float] = []
    for _ in range(20):
        ours += ends(centre, max(rounds // 20, 1), WAITING)
        scan = scan_of(centre, ready=False)
        for agent in centre.random.sample(centre.agents, 10):
            peer.append(timed(partial(scan.agent_frees, agent.agent, centre.now)))
            bare.append(timed(partial(scan.bare, agent.agent)))
    mixed = ends(centre, rounds * ROUND // 4, WAITING, at_once=1)
    honest = 1 / median(bare)
    report.add("scan, bare", honest, "/s", target="700/s, to be honest", ok=honest >= 700)
    versus(report, "agent frees", ours, peer, 100)
    p99 = percentile(ours, 99) * 1e6
    report.add("agent frees, p99", p99, "µs", target="100 µs at most", ok=p99 <= 100)
    report.add("agent frees", 1 / median(ours), "/s")
    versus(report, "agent frees, an answer and an arrival between any two", mixed, peer)


def agents_idle(report: Report, seed: int, rounds: int) -> None:
    """1,000 agents are ready; interactions arrive, and agents take breaks."""
    centre = Centre(seed, AGENTS)
    queues = {queue.name: queue for queue in centre.queues}
    arrivals(centre, rounds)  # until every queue has been used and its agents are sorted
    calm_collector()
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(20):
        ours += arrivals(centre, max(rounds // 20, 1))
        scan = scan_of(centre, ready=True)
        calls = [scan_call(centre.arrival(), queues) for _ in range(40)]
        peer += [timed(partial(scan.arrives, call, centre.now)) for call in calls]
    versus(report, "interaction arrives", ours, peer, 12)
    report.add("interaction arrives, p99", percentile(ours, 99) * 1e6, "µs")
    changes = state_changes(centre, rounds * ROUND)
    change = median(changes) * 1e6
    report.add("agent changes state", change, "µs", target="50 µs at most", ok=change <= 50)
    report.add("agent changes state, p99", percentile(changes, 99) * 1e6, "µs")


def growth(report: Report, seed: int, rounds: int) -> None:
    """The same decision with ever more waiting."""
    sizes = (500, 5000, 50_000)
    centres = {waiting: Centre(seed, AGENTS).at_work(waiting) for waiting in sizes}
    calm_collector()
    times: dict[int, list[float]] = {waiting: [] for waiting in sizes}
    for _ in range(20):
        for waiting, centre in centres.items():
            times[waiting] += ends(centre, max(rounds // 20, 1), waiting)
    medians = {waiting: median(times[waiting]) for waiting in sizes}
    for waiting, seconds in medians.items():
        report.add(f"agent frees, {waiting:,} waiting", seconds * 1e6, "µs")
    exponent = math.log(medians[sizes[-1]] / medians[sizes[0]]) / math.log(sizes[-1] / sizes[0])
    report.add("growth exponent, 500 to 50,000", exponent, "", target="0.10 at most", ok=exponent <= 0.10)


def memory(report: Report, seed: int, rounds: int) -> None:
    """What a waiting interaction takes, the texts and numbers of its own event included."""
    centre = Centre(seed, 10).at_work(0)
    gc.collect()
    tracemalloc.start()
    centre.fill(WAITING)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    each = size / WAITING
    report.add("memory per waiting interaction", each, "bytes", target="3,000 at most", ok=each <= 3000)


def overloaded_hour(report: Report, seed: int, rounds: int) -> None:
    """An hour at 110 % load through the simulation: 200 agents, 4,000 interactions, forty queues."""
    random = Random(seed)
    queues = made_queues(random)[:40]
    agents = made_agents(random, 200)
    time = 0.0
    coming = []
    for number in range(4000):
        time += random.expovariate(4000 / 3600)
        vip = random.random() < VIPS
        coming.append(
            Arrival(
                at=time,
                interaction=InteractionId(f"i{number}"),
                queue=random.choice(queues).name,
                work=random.expovariate(1 / 198.0),
                patience=random.expovariate(1 / 600.0),
                head_start=VIP_HEAD_START if vip else 0.0,
                prefers_expert=vip,
            )
        )
    began = process_time()
    day = simulate(queues=queues, shifts=[Shift(agent=agent) for agent in agents], arrivals=coming)
    seconds = process_time() - began
    answered = sum(outcome.agent is not None for outcome in day.outcomes)
    report.add("overloaded hour", seconds, "s of CPU", target="10 s at most", ok=seconds <= 10)
    report.notes.append(f"Of the overloaded hour's 4,000 interactions {answered:,} were answered.")


# --- how the engine's times are taken ---------------------------------------------------------------------------------


def ends(centre: Centre, rounds: int, waiting: int, *, at_once: int = ROUND) -> list[float]:
    """Seconds of each call in which an agent's work ends and something is offered.

    Who finds nothing is not counted: that would flatter the figure.
    """
    times: list[float] = []
    for _ in range(rounds):
        answers = []
        for event in centre.endings(at_once):
            seconds, commands = told(centre, event)
            answers.append(commands)
            if any(isinstance(command, OfferInteraction) for command in commands):
                times.append(seconds)
        for commands in answers:
            centre.answer(commands)
        centre.fill(waiting)
    return times


def arrivals(centre: Centre, rounds: int) -> list[float]:
    """Seconds of each call in which an interaction arrives and is offered to somebody; all give up afterwards."""
    times: list[float] = []
    for _ in range(rounds):
        events = [centre.arrival() for _ in range(ROUND)]
        for event in events:
            seconds, commands = told(centre, event)
            if any(isinstance(command, OfferInteraction) for command in commands):
                times.append(seconds)
        for event in events:
            centre.engine.handle(InteractionAbandoned(interaction=event.interaction), centre.now)
    return times


def state_changes(centre: Centre, number: int) -> list[float]:
    """Seconds of each call in which a ready agent takes a break, or comes back from it."""
    times = []
    for turn in range(number):
        agent = centre.agents[(turn // 2) % len(centre.agents)].agent
        state = RequestedState.READY if turn % 2 else RequestedState.NOT_READY
        event = AgentStateRequested(request_id=RequestId("r"), agent=agent, state=state, reason=NotReadyReason("break"))
        times.append(told(centre, event)[0])
    return times


def told(centre: Centre, event: Event) -> tuple[float, list[Command]]:
    """How long the engine took for this, and what it answered."""
    handle, now = centre.engine.handle, centre.now
    began = perf_counter()
    commands = handle(event, now)
    return perf_counter() - began, commands


def timed(action: Callable[[], object]) -> float:
    """Seconds the action takes."""
    began = perf_counter()
    action()
    return perf_counter() - began


def versus(report: Report, metric: str, ours: list[float], peer: list[float], times: int | None = None) -> None:
    """Add a figure that is the scan's to be compared with, and whether it is so many times better."""
    mine, theirs = median(ours) * 1e6, median(peer) * 1e6
    target, ok = ("stated", None) if times is None else (f"{times} times better", theirs >= times * mine)
    report.add(metric, mine, "µs", peer=theirs, target=target, ok=ok)


if __name__ == "__main__":
    sys.exit(main())
