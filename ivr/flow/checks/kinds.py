"""Nodes that a kind of flow cannot have, and places that no channel can carry."""

from collections.abc import Iterator

from ivr.flow import nodes
from ivr.flow.checks.finding import Finding
from ivr.flow.flow import MAX_PLACE, PLACE_SEPARATOR, Flow, FlowKind


def check(flow: Flow) -> Iterator[Finding]:
    """Yield what does not fit the kind of flow."""
    yield from _unheard(flow)
    for name, node in flow.nodes.items():
        match node:
            case nodes.Wait() if flow.kind is not FlowKind.TREATMENT:
                yield name, "only a treatment waits: before the queue there is nothing to wait for"
            case nodes.Return() if flow.kind is FlowKind.CALL:
                yield name, "a flow that answers calls cannot return: it ends in a queue, with a transfer or a hang-up"
            case nodes.Return(exit=exit_name) if exit_name not in flow.exit_names:
                yield name, f"exit: {exit_name!r} is none of the exits ({', '.join(flow.exit_names)})"
            case nodes.Callback(queue=None) if flow.kind is not FlowKind.TREATMENT:
                yield name, "outside of a treatment a callback needs a 'queue'"
            case nodes.Voicemail(mailbox=None) if flow.kind is not FlowKind.TREATMENT:
                yield name, "outside of a treatment a voicemail needs a 'mailbox'"
            case _:
                pass
    if flow.kind is FlowKind.MODULE:
        returned = {node.exit for node in flow.nodes.values() if isinstance(node, nodes.Return)}
        for exit_name in flow.exit_names:
            if exit_name not in returned:
                yield None, f"exits: nothing returns by {exit_name!r}"
    else:
        yield from _long_places(flow, flow, "", None)


def _unheard(flow: Flow) -> Iterator[Finding]:
    """Find nodes that follow a hang-up, and can do nothing without a caller."""
    for name, target in ((None, flow.hang_up), *flow.hang_ups.items()):
        if target is not None and not isinstance(flow.nodes[target], nodes.NEEDS_NO_CALLER):
            yield name, f"hang_up leads to {target!r}, where nothing can be done without the caller"


def _long_places(whole: Flow, flow: Flow, prefix: str, node: str | None) -> Iterator[Finding]:
    """Find places that are too long for a channel; `node` is the sub-flow node of the whole flow they are under."""
    for name, part in flow.nodes.items():
        place = prefix + name
        if len(place) > MAX_PLACE:
            yield node, f"the place {place!r} has more than {MAX_PLACE} characters; shorten one of its names"
        elif isinstance(part, nodes.Subflow):
            inner = whole.modules[part.module]
            yield from _long_places(whole, inner, f"{place}{PLACE_SEPARATOR}", node or name)
