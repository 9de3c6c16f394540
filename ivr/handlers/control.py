"""Branch, set, sub-flow, return: nodes that take no time."""

from ivr import commands
from ivr.dialogue import Dialogue, Going
from ivr.flow import nodes
from ivr.flow.anatomy import expressions, stored_fields
from ivr.flow.expressions import ExpressionError
from ivr.flow.flow import FlowKind
from ivr.handlers import speaking

_NORMAL_CLEARING = 16  # ITU-T Q.850


def branch(d: Dialogue, node: nodes.Branch) -> Going:
    """Go where the first condition that holds leads."""
    fields = d.frame.fields
    for number, case in enumerate(node.cases):
        try:
            if case.when.holds(fields):
                return d.leave(f"cases.{number}.next", case.next)
        except ExpressionError as error:
            d.trouble(f"condition failed: {error}")
    return d.leave("otherwise", node.otherwise)


def set_fields(d: Dialogue, node: nodes.Set) -> Going:
    """Give fields values."""
    for name, value in node.fields.items():
        d.store(name, d.value(value))
    return d.leave("next", node.next)


def subflow(d: Dialogue, node: nodes.Subflow) -> Going:
    """Run a module."""
    return d.call(d.flow.modules[node.module], d.values(node.inputs))


def leave_module(d: Dialogue, node: nodes.Return) -> Going:
    """Go back to whoever ran the module. A treatment ends in waiting, a survey with a hang-up."""
    if len(d.frames) == 1:
        if d.flow.kind is FlowKind.TREATMENT:
            d.do(commands.LeaveNode(node=d.place, exit=node.exit))
            d.end(commands.GoOnWaiting())
            return None
        return speaking.hang_up(d, _NORMAL_CLEARING)
    d.leave(node.exit, "")
    module = d.back()
    caller = d.node
    if not isinstance(caller, nodes.Subflow):
        return d.give_up()  # cannot be: frames are entered by sub-flow nodes alone
    for theirs, ours in caller.outputs.items():
        value = module.fields.get(theirs)
        if value is not None:
            d.store(ours, value, keyed=theirs in module.keyed)
    return d.leave(f"exits.{node.exit}", caller.exits[node.exit])


def collect_again(d: Dialogue, node: nodes.Node) -> Going:
    """Before a node reads a sensitive field that an interruption took: return where it is asked for again.

    Sensitive values are kept nowhere, so a call that is taken up again has lost them. Each is asked for again once.
    """
    lost = d.frame.lost
    wanted = {name for _, expression in expressions(node) for name in expression.names()} & lost
    if not wanted:
        return None
    lost -= wanted
    d.trouble(f"{', '.join(sorted(wanted))}: not kept over the interruption, asked for again")
    for name, other in d.frame.flow.nodes.items():
        if wanted.intersection(stored_fields(other)):
            return name
    if len(d.frames) > 1:
        d.back()  # it was given by whoever ran the module
        return d.frame.node
    return None
