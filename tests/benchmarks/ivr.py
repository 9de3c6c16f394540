"""How fast the IVR is, part by part.

    scripts/bench_ivr [--quick] [--json FILE] [--only PART]

`interpreter`: the flow interpreter alone, in CPU seconds of one core: no switch, no speech, no waiting. A step is a
node entered, with all that is told and decided there; facts (keys, ends of prompts, answers) are counted beside it.
`calls`: a hundred keypad callers at once on a whole platform with a real Asterisk (see `tests.benchmarks.ivr_calls`).
Ends with status 1 when a target was missed.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

from ivr import commands, events
from ivr.commands import Command
from ivr.dialogue import Phase
from ivr.events import Event
from ivr.flow.flow import Flow
from ivr.flow.house import House
from ivr.flow.loader import load_flow
from ivr.interpreter import FlowInterpreter
from tests.benchmarks import ivr_calls
from tests.ivr.flows import ROOT, shipped_flow, small_flow
from tests.support.bench import Report, say

RETRIES = "no_input: { say: [{ en: Nothing. }] }, no_match: { say: [{ en: Not that. }] }"

LONGEST = 990  # nodes
PLAIN = f"""
begin: {{ type: play, prompt: {{ en: Hello there. }}, next: ask }}
ask:
  type: menu
  prompt: {{ en: "Press 1." }}
  store: reason
  choices: {{ "1": {{ value: billing, next: number }} }}
  {RETRIES.replace(", no_match", chr(10) + "  no_match")}
number:
  type: collect
  prompt: {{ en: Your number. }}
  store: number
  max_digits: 4
  next: find
  {RETRIES.replace(", no_match", chr(10) + "  no_match")}
find: {{ type: lookup, name: x, arguments: {{ a: 5 }}, answers: [tier], found: note, not_found: note, failed: note }}
note: {{ type: set, fields: {{ seen: "yes" }}, next: again }}
again: {{ type: menu, prompt: {{ en: "Once more, press 1." }}, choices: {{ "1": {{ next: begin }} }}, {RETRIES} }}
"""
"""Six kinds of step without an expression; four keys of a number are four facts at one node."""

BRANCHING = PLAIN.replace("next: again }", "next: choose }").replace(
    '{ "1": { next: begin } }, no_input', '{ "1": { next: choose_anew } }, no_input'
) + (
    "choose: { type: branch, cases: [{ when: tier == 'gold', next: person }, { when: tier == 'vip' && reason != null, "
    "next: again }], otherwise: again }\n"
    "choose_anew: { type: branch, cases: [{ when: size(number) > 8, next: person }], otherwise: begin }\n"
)
"""The same with two branches in each round: three conditions that are evaluated, every fourth node a branch."""


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command line, measure, tell."""
    parts: dict[str, Callable[[Report, bool], None]] = {"interpreter": interpreter, "calls": ivr_calls.measure}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="for developing; not for claims")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--only", choices=parts, help="measure this part alone")
    options = parser.parse_args(argv)
    report = Report(name="bench_ivr", seed=0)
    for name, measure in parts.items():
        if options.only in {None, name}:
            say(name)
            measure(report, options.quick)
    return report.finish(options.json)


def interpreter(report: Report, quick: bool) -> None:
    """Measure the interpreter."""
    facts, rounds = (20_000, 3) if quick else (200_000, 5)
    for name, nodes, target in (("without branch nodes", PLAIN, 50_000), ("with branch nodes", BRANCHING, 10_000)):
        flow = small_flow(nodes)
        rates = sorted(_rates(flow, facts) for _ in range(rounds))
        steps, told = rates[len(rates) // 2]
        report.add(f"interpreter, {name}", steps, "steps/s", target=f">= {target:,} steps/s", ok=steps >= target)
        report.add(f"interpreter, {name}: facts", told, "facts/s")
    support = shipped_flow("support")
    report.add("a call through the support line", _call_microseconds(support, 200 if quick else 2_000), "us")
    report.add("a call under way: memory", _call_bytes(support, 500), "bytes")
    text = (ROOT / "config" / "flows" / "support.yaml").read_text(encoding="utf-8")
    report.add(f"reading and checking a flow of {text.count(chr(10))} lines", _load_milliseconds(5), "ms")
    longest = _longest_load_milliseconds()
    report.add(f"reading and checking {LONGEST} nodes in a row", longest, "ms", target="<= 300 ms", ok=longest <= 300)
    report.notes.append(
        "Interpreter: CPU time of one core, the median of several runs; EventLoop, ports and I/O excluded."
    )


def _rates(flow: Flow, facts: int) -> tuple[float, float]:
    """Lead calls through a flow that never ends by itself; return steps and facts a CPU second."""
    gc.collect()
    steps = told = 0
    now = 0.0
    begun = time.process_time()
    call, orders = _begin(flow, now)
    while told < facts:
        now += 0.01
        if call.phase is Phase.ENDED:  # the longest way that a flow allows
            steps += len(call.path)
            call, orders = _begin(flow, now)
        orders = call.handle(_next(orders, "1"), now)
        told += 1
    seconds = time.process_time() - begun
    return (steps + len(call.path)) / seconds, told / seconds


def _begin(flow: Flow, now: float) -> tuple[FlowInterpreter, list[Command]]:
    call = FlowInterpreter(flow)
    return call, call.handle(events.Started(call="c", fields={"caller_number": "+4930123"}), now)


def _next(orders: list[Command], key: str) -> Event:
    """Answer what was ordered; if nothing is to be answered, the caller presses a key."""
    for order in reversed(orders):
        if isinstance(order, commands.PlayPrompts):
            return events.PromptsFinished(step=order.step)
        if isinstance(order, commands.LookUp):
            return events.LookupAnswered(step=order.step, fields={"tier": "vip"})
    return events.DigitPressed(digit=key)


def _call_microseconds(flow: Flow, calls: int) -> float:
    begun = time.process_time()
    for _ in range(calls):
        call, orders = _begin(flow, 0.0)
        keys = iter("123456#1")
        while call.phase is not Phase.ENDED:
            answer = _next(orders, "")
            if isinstance(answer, events.DigitPressed):
                answer = events.DigitPressed(digit=next(keys))
            orders = call.handle(answer, 0.0)
    return (time.process_time() - begun) / calls * 1e6


def _call_bytes(flow: Flow, calls: int) -> float:
    _begin(flow, 0.0)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    living = [_begin(flow, 0.0)[0] for _ in range(calls)]
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / len(living)


def _load_milliseconds(times: int) -> float:
    begun = time.process_time()
    for _ in range(times):
        shipped_flow("support")
    return (time.process_time() - begun) / times * 1e3


def _longest_load_milliseconds() -> float:
    """Read a flow about as long as one may be: one silent way through all of it, the most that checks can be asked."""
    last = LONGEST - 2
    nodes = [f"  n{n}: {{ type: play, prompt: {{ en: Word {n}. }}, next: n{n + 1} }}" for n in range(last)]
    text = "\n".join(
        [
            "version: 1\nname: long\nlanguages: [en]\nstart: n0\nperson: person\nnodes:",
            *nodes,
            f"  n{last}: {{ type: play, prompt: {{ en: The end. }}, next: person }}",
            "  person: { type: enqueue, queue: general }",
        ]
    )
    begun = time.process_time()
    load_flow(text, source="long.yaml", house=House(queues=frozenset({"general"})))
    return (time.process_time() - begun) * 1e3


if __name__ == "__main__":
    sys.exit(main())
