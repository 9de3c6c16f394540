"""Linking the nodes that decide where the call goes."""

from ivr.flow import nodes, schema
from ivr.flow.linking.context import Linking, mapped


def branch(link: Linking, part: schema.BranchPart) -> nodes.Branch:
    """Link conditions and where they lead."""
    cases = (
        (link.expression(case.when, ("cases", number, "when")), case.next) for number, case in enumerate(part.cases)
    )
    return nodes.Branch(
        cases=tuple(nodes.Case(when=when, next=target) for when, target in cases if when),
        otherwise=part.otherwise,
    )


def subflow(link: Linking, part: schema.SubflowPart) -> nodes.Subflow:
    """Link the run of a module."""
    outputs = mapped(part.outputs)
    module = link.modules.get(part.module)
    if module is None:
        link.complain(("module",), f"there is no module {part.module!r}")
        return nodes.Subflow(module=part.module, inputs={}, outputs=outputs, exits=part.exits)
    exits: dict[str, str] = {}
    for name in module.exit_names:
        target = part.exits.get(name, part.next)
        if target is None:
            link.complain(("exits",), f"exits.{name} is missing, and there is no 'next'")
        exits[name] = target or link.last_resort
    for key, given, known in (
        ("exits", part.exits, module.exit_names),
        ("inputs", part.inputs, module.inputs),
        ("outputs", outputs, module.outputs),
    ):
        for name in given:
            if name not in known:
                link.complain((key, name), f"{key}.{name}: module {module.name!r} has none of that name")
    return nodes.Subflow(module=part.module, inputs=link.values(part.inputs, "inputs"), outputs=outputs, exits=exits)
