"""Playing scripts: a flow's tests, as its author wrote them."""

from dataclasses import dataclass

from ivr.flow.flow import Flow
from ivr.simulation.caller import SimulatedCall, begin, follow, outcome
from ivr.simulation.expectations import Expectation
from ivr.simulation.line import Line, ScriptError
from ivr.simulation.script import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One script, played: what became of the call, and what of it was not expected. No failures: it is as it should."""

    script: Script
    call: SimulatedCall
    failures: tuple[str, ...]


def rehearse(script: Script, flow: Flow) -> Rehearsal:
    """Play one script."""
    line = Line(flow, script.world(), latency=script.latency)
    failures: list[str] = []
    begin(line, fields=script.fields, resumed_at_node=script.resumed_at, listens=script.listens)
    heard = 0
    try:
        for deed, number in script.deeds:
            if isinstance(deed, Expectation):
                failures += (f"line {number}: {what}" for what in deed.unmet(outcome(line)))
                continue
            try:
                heard = follow(line, deed, heard)
            except ScriptError as error:
                failures.append(f"line {number}: {error}")
                break
        line.run_until(line.ended, "the call does not end")
    except ScriptError as error:
        failures.append(str(error))
    call = outcome(line)
    failures += script.expected.unmet(call)
    return Rehearsal(script=script, call=call, failures=tuple(failures))
