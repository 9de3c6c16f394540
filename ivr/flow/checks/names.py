"""Does everything exist that a flow names: queues, fields, flows, calendars, host systems, skills, numbers?"""

from collections.abc import Collection, Iterator

from ivr.flow import nodes
from ivr.flow.anatomy import expressions, passed_on, prompts, stored_fields
from ivr.flow.checks.finding import Finding
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.house import House

# Words of the expression language, which cannot name a field in it.
_RESERVED = frozenset({
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
    "namespace", "null", "package", "return", "true", "var", "void", "while",
})  # fmt: skip


def check(flow: Flow, house: House) -> Iterator[Finding]:
    """Yield the names that nothing bears."""
    yield from _fields(flow)
    for name, node in flow.nodes.items():
        for what in _house(node, house):
            yield name, what
        if isinstance(node, nodes.Enqueue) and house.flows is not None:
            yield from ((name, what) for what in _flows(node, house))


def _fields(flow: Flow) -> Iterator[Finding]:
    known = flow.known_fields
    for field in sorted((flow.inputs | flow.secrets | flow.outputs) & _RESERVED):
        yield None, f"{field!r} is a word of the expression language and cannot name a field"
    for where, named in (("outputs", flow.outputs), ("sensitive", flow.secrets)):
        for field in sorted(named - known):
            yield None, f"{where} names {field!r}, which nothing in the flow gives a value"
    for name, node in flow.nodes.items():
        for field in stored_fields(node):
            if field in _RESERVED:
                yield name, f"{field!r} is a word of the expression language and cannot name a field"
        for where, prompt in prompts(node):
            for field in sorted(prompt.variables() - known):
                yield name, f"{where} speaks {field!r}, which nothing in the flow gives a value"
        for where, expression in expressions(node):
            for field in sorted(expression.names() - known):
                yield name, f"{where} asks for {field!r}, which nothing in the flow gives a value"
        for field in sorted(set(passed_on(node)) - known):
            yield name, f"attributes names {field!r}, which nothing in the flow gives a value"


def _house(node: nodes.Node, house: House) -> Iterator[str]:
    match node:
        case nodes.Enqueue():
            for queue in dict.fromkeys((node.queue, node.otherwise)):
                yield from _missing("queue", queue, house.queues)
            for skill in node.requirements:
                yield from _missing("skill", skill, house.skills)
        case nodes.Callback(queue=queue):
            yield from _missing("queue", queue, house.queues)
        case nodes.Voicemail(mailbox=queue):
            yield from _missing("queue", queue, house.queues)
        case nodes.Transfer(to="queue", name=queue):
            yield from _missing("queue", queue, house.queues)
        case nodes.Transfer(to="number", name=number):
            yield from _missing("number", number, house.numbers)
        case nodes.Hours(calendar=calendar):
            yield from _missing("calendar", calendar, house.calendars)
        case nodes.Lookup() | nodes.Act() | nodes.Authenticate():
            if node.host is not None:
                yield from _missing("host system", node.host, house.hosts)
                if house.hosts is not None and node.host in house.hosts:
                    kind = type(node).__name__.lower()
                    yield from _missing(f"{kind} of host system {node.host!r}", node.name, house.hosts[node.host])
        case _:
            return


def _flows(node: nodes.Enqueue, house: House) -> Iterator[str]:
    flows = house.flows or {}
    for key, named, kind in (
        ("treatment", node.treatment, FlowKind.TREATMENT),
        ("survey", node.survey, FlowKind.SURVEY),
    ):
        if isinstance(named, str) and flows.get(named) is not kind:
            yield f"{key}: there is no {kind} {named!r}"


def _missing(what: str, name: object, known: Collection[str] | None) -> Iterator[str]:
    if known is not None and isinstance(name, str) and name not in known:
        yield f"there is no {what} {name!r}"
