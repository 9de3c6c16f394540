"""Can every node be reached, does every way end, and does nobody who keys nothing get lost?"""

from collections.abc import Iterable, Iterator

from ivr.flow import nodes
from ivr.flow.anatomy import Exit
from ivr.flow.checks.finding import Finding
from ivr.flow.flow import Flow, FlowKind


def check(flow: Flow) -> Iterator[Finding]:
    """Yield what is wrong with the ways through a flow."""
    yield from _unreachable(flow)
    yield from _endless_loops(flow)
    yield from _callers_cut_off(flow)


def _unreachable(flow: Flow) -> Iterator[Finding]:
    # The interpreter itself goes to `person` after a failure, so that node is always within reach.
    begin = {flow.start, flow.last_resort(), flow.hang_up}
    reached = _reachable(flow, (name for name in begin if name is not None), silent_only=False)
    for name in flow.nodes.keys() - reached:
        yield name, "can never be reached"


def _endless_loops(flow: Flow) -> Iterator[Finding]:
    """Find the nodes from which a caller who presses no key comes back to them: nothing would ever end that."""
    for name in flow.nodes:
        if name in _reachable(flow, _silent_targets(flow, name), silent_only=True):
            yield name, "is part of a loop that a silent caller never leaves"


def _callers_cut_off(flow: Flow) -> Iterator[Finding]:
    """Find the nodes whose callers are cut off, instead of helped, because they did not key the right thing."""
    if flow.kind is FlowKind.SURVEY:
        return  # the caller's business is done: who does not answer is thanked
    for name, node in flow.nodes.items():
        match node:
            case nodes.Menu() | nodes.Collect() | nodes.Ask():
                retries = (("no_input", node.no_input), ("no_match", node.no_match))
            case nodes.Authenticate():
                retries = (("no_input", node.no_input), ("refused", node.refused))
            case _:
                continue
        for kind, retry in retries:
            if _hangs_up(flow, [retry.exit]):
                yield name, f"{kind} leads to a hang-up; after the last attempt a caller must reach a person"
    if flow.kind is FlowKind.TREATMENT and _hangs_up(flow, [flow.start]):
        yield flow.start, "a caller who waits and keys nothing is cut off"


def _hangs_up(flow: Flow, begin: Iterable[str]) -> bool:
    after = _reachable(flow, begin, silent_only=True)
    return any(isinstance(flow.nodes[target], nodes.HangUp) for target in after)


def _reachable(flow: Flow, begin: Iterable[str], *, silent_only: bool) -> set[str]:
    """Return the nodes that can be reached from some, themselves included; on request by exits without keys only."""
    reached: set[str] = set()
    open_ends = list(begin)
    while open_ends:
        name = open_ends.pop()
        if name not in flow.nodes or name in reached:
            continue
        reached.add(name)
        if silent_only:
            open_ends.extend(_silent_targets(flow, name))
        else:
            open_ends.extend(way_out.target for way_out in flow.ways_out(name))
    return reached


def _silent_targets(flow: Flow, name: str) -> list[str]:
    node = flow.nodes[name]
    if isinstance(node, nodes.Wait):
        return []  # music while an agent is awaited may go on: it ends with the wait itself
    ways_out: Iterable[Exit] = (way_out for way_out in flow.ways_out(name) if not way_out.by_key)
    if isinstance(node, nodes.Subflow):
        silent = _silent_exits(flow.modules[node.module])
        return [target for exit_name, target in node.exits.items() if exit_name in silent]
    return [way_out.target for way_out in ways_out]


def _silent_exits(module: Flow) -> set[str]:
    """Return the exits by which a caller who presses no key may leave a module."""
    reached = _reachable(module, [module.start], silent_only=True)
    return {node.exit for name in reached if isinstance(node := module.nodes[name], nodes.Return)}
