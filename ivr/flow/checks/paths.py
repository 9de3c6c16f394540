"""Can every node be reached, does every way end, and does nobody who keys nothing get lost?"""

from collections.abc import Iterator, Mapping

from ivr.flow import nodes
from ivr.flow.checks.finding import Finding
from ivr.flow.checks.ways import Ways, in_loops, reachable
from ivr.flow.flow import Flow, FlowKind


def check(flow: Flow) -> Iterator[Finding]:
    """Yield what is wrong with the ways through a flow."""
    silent = _silent_ways(flow)
    yield from _unreachable(flow)
    yield from _endless_loops(flow, silent)
    yield from _callers_cut_off(flow, silent)


def _unreachable(flow: Flow) -> Iterator[Finding]:
    # The interpreter itself goes to `person` after a failure, so that node is always within reach.
    begin = {flow.start, flow.last_resort(), flow.hang_up}
    ways = {name: [way_out.target for way_out in flow.ways_out(name)] for name in flow.nodes}
    reached = reachable(ways, (name for name in begin if name is not None))
    for name in flow.nodes.keys() - reached:
        yield name, "can never be reached"


def _endless_loops(flow: Flow, silent: Ways) -> Iterator[Finding]:
    """Find the nodes from which a caller who presses no key comes back to them: nothing would ever end that."""
    looping = in_loops(silent)
    for name in flow.nodes:
        if name in looping:
            yield name, "is part of a loop that a silent caller never leaves"


def _callers_cut_off(flow: Flow, silent: Ways) -> Iterator[Finding]:
    """Find the nodes whose callers are cut off, instead of helped, because they did not key the right thing."""
    if flow.kind is FlowKind.SURVEY:
        return  # the caller's business is done: who does not answer is thanked
    cut_off = _cut_off(flow, silent)
    for name, node in flow.nodes.items():
        match node:
            case nodes.Menu() | nodes.Collect() | nodes.Ask():
                retries = (("no_input", node.no_input), ("no_match", node.no_match))
            case nodes.Authenticate():
                retries = (("no_input", node.no_input), ("refused", node.refused))
            case _:
                continue
        for kind, retry in retries:
            if retry.exit in cut_off:
                yield name, f"{kind} leads to a hang-up; after the last attempt a caller must reach a person"
    if flow.kind is FlowKind.TREATMENT and flow.start in cut_off:
        yield flow.start, "a caller who waits and keys nothing is cut off"


def _cut_off(flow: Flow, silent: Ways) -> set[str]:
    """Return the nodes from which a caller who presses no key may come to a hang-up, those themselves included."""
    back: dict[str, list[str]] = {name: [] for name in flow.nodes}
    for name, targets in silent.items():
        for target in targets:
            if target in back:
                back[target].append(name)
    return reachable(back, (name for name, node in flow.nodes.items() if isinstance(node, nodes.HangUp)))


def _silent_ways(flow: Flow) -> Ways:
    """Return where a caller who presses no key comes to from each node."""
    exits = {name: _silent_exits(module) for name, module in flow.modules.items()}
    return {name: _silent_targets(flow, name, exits) for name in flow.nodes}


def _silent_targets(flow: Flow, name: str, module_exits: Mapping[str, set[str]]) -> list[str]:
    node = flow.nodes[name]
    if isinstance(node, nodes.Wait):
        return []  # music while an agent is awaited may go on: it ends with the wait itself
    if isinstance(node, nodes.Subflow):
        return [target for exit_name, target in node.exits.items() if exit_name in module_exits[node.module]]
    return [way_out.target for way_out in flow.ways_out(name) if not way_out.by_key]


def _silent_exits(module: Flow) -> set[str]:
    """Return the exits by which a caller who presses no key may leave a module."""
    reached = reachable(_silent_ways(module), [module.start]) & module.nodes.keys()
    return {node.exit for name in reached if isinstance(node := module.nodes[name], nodes.Return)}
