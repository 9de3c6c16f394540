"""Is anything that nobody may see spoken, shown, copied or handed to somebody who does not know that it is secret?"""

from collections.abc import Iterator

from ivr.flow import nodes
from ivr.flow.anatomy import expressions, passed_on, prompts
from ivr.flow.checks.finding import Finding
from ivr.flow.expressions import Expression
from ivr.flow.flow import Flow


def check(flow: Flow) -> Iterator[Finding]:
    """Yield the ways by which a sensitive field would get out."""
    secret = flow.sensitive_fields
    for field in sorted(secret & nodes.SHARED_FIELDS):
        yield None, f"{field!r} is shared by all flows and cannot be sensitive"
    for name, node in flow.nodes.items():
        for where, prompt in prompts(node):
            for field in sorted(prompt.variables() & secret):
                yield name, f"{where} speaks {field!r}, which is sensitive"
        for field in sorted(secret.intersection(passed_on(node))):
            yield name, f"attributes passes on {field!r}, which is sensitive"
        for where, expression in expressions(node):
            if not _may_read(node, where):
                for field in sorted(expression.names() & secret):
                    yield name, f"{where} copies {field!r}, which is sensitive"
        if isinstance(node, nodes.Subflow):
            yield from ((name, what) for what in _handed_over(flow, node))


def _may_read(node: nodes.Node, where: str) -> bool:
    """Tell whether what an expression gives stays where it is: a condition, or a question to a host system."""
    match node:
        case nodes.Branch() | nodes.Lookup() | nodes.Act():
            return True
        case nodes.Subflow():
            return where.startswith("inputs.")  # looked at by itself
        case _:
            return False


def _handed_over(flow: Flow, node: nodes.Subflow) -> Iterator[str]:
    ours, theirs = flow.sensitive_fields, flow.modules[node.module].sensitive_fields
    for name, value in node.inputs.items():
        if isinstance(value, Expression) and value.names() & ours and name not in theirs:
            yield f"inputs.{name} hands over a sensitive field, which module {node.module!r} does not call sensitive"
    for name, field in node.outputs.items():
        if name in theirs and field not in ours:
            yield f"outputs.{name} is sensitive; name {field!r} under 'sensitive' too"
