"""Is a flow sound: can every node be reached and left, is everything said in every language, does it always end?"""

from collections.abc import Iterator

from ivr.errors import FlowProblem
from ivr.flow import nodes
from ivr.flow.nodes import Flow, exits, expressions, prompts, stored_fields

# Words of the expression language, which cannot name a field in it.
_RESERVED = frozenset({
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
    "namespace", "null", "package", "return", "true", "var", "void", "while",
})  # fmt: skip


def check_flow(flow: Flow) -> list[FlowProblem]:
    """Return everything that is wrong with a flow, in the order of the file; an empty list if it is sound."""
    found = [
        *_unreachable(flow),
        *_missing_languages(flow),
        *_endless_loops(flow),
        *_retries_that_hang_up(flow),
        *_unknown_queues(flow),
        *_unknown_fields(flow),
        *_spoken_or_shown_secrets(flow),
    ]
    problems = [
        FlowProblem(source=flow.source, line=flow.lines[node] if node else 1, node=node, what=what)
        for node, what in found
    ]
    return sorted(problems, key=lambda problem: problem.line)


_Finding = tuple[str | None, str]


def _unreachable(flow: Flow) -> Iterator[_Finding]:
    # The interpreter itself goes to `person` after a failure, so that node is always within reach.
    reached = _reachable(flow, {flow.start, flow.person}, silent_only=False)
    for name in flow.nodes.keys() - reached:
        yield name, "can never be reached"


def _missing_languages(flow: Flow) -> Iterator[_Finding]:
    for name, node in flow.nodes.items():
        needed = flow.languages
        if isinstance(node, nodes.Play) and node.language is not None:
            needed = (node.language,)
        for where, prompt in prompts(node):
            for language in needed:
                if not prompt.texts.get(language):
                    yield name, f"{where} has no text in {language!r}"
    for utterance in flow.catalog.recordings:
        if utterance.language not in flow.languages:
            yield None, f"a recording is in {utterance.language!r}, which the flow does not speak"


def _endless_loops(flow: Flow) -> Iterator[_Finding]:
    """Find the nodes from which a caller who presses no key comes back to them: nothing would ever end that."""
    for name, node in flow.nodes.items():
        following = {way_out.target for way_out in exits(node) if not way_out.by_key}
        if name in _reachable(flow, following, silent_only=True):
            yield name, "is part of a loop that a silent caller never leaves"


def _retries_that_hang_up(flow: Flow) -> Iterator[_Finding]:
    """Find input nodes whose callers are cut off, instead of helped, because they did not key the right thing."""
    for name, node in flow.nodes.items():
        if not isinstance(node, nodes.Menu | nodes.Collect):
            continue
        for kind, retry in (("no_input", node.no_input), ("no_match", node.no_match)):
            after = _reachable(flow, {retry.exit}, silent_only=True)
            if any(isinstance(flow.nodes[target], nodes.HangUp) for target in after):
                yield name, f"{kind} leads to a hang-up; after the last attempt a caller must reach a person"


def _unknown_queues(flow: Flow) -> Iterator[_Finding]:
    if flow.queues is None:
        return
    for name, node in flow.nodes.items():
        if isinstance(node, nodes.Enqueue):
            for queue in dict.fromkeys((node.queue, node.otherwise)):
                if isinstance(queue, str) and queue not in flow.queues:
                    yield name, f"there is no queue {queue!r}"


def _unknown_fields(flow: Flow) -> Iterator[_Finding]:
    known = flow.known_fields()
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
        if isinstance(node, nodes.Enqueue):
            for field in sorted(set(node.attributes) - known):
                yield name, f"attributes names {field!r}, which nothing in the flow gives a value"


def _spoken_or_shown_secrets(flow: Flow) -> Iterator[_Finding]:
    secret = flow.sensitive_fields()
    for name, node in flow.nodes.items():
        for where, prompt in prompts(node):
            for field in sorted(prompt.variables() & secret):
                yield name, f"{where} speaks {field!r}, which is sensitive"
        if isinstance(node, nodes.Enqueue):
            for field in sorted(secret.intersection(node.attributes)):
                yield name, f"attributes passes on {field!r}, which is sensitive"
        if isinstance(node, nodes.Set):
            for where, expression in expressions(node):
                for field in sorted(expression.names() & secret):
                    yield name, f"{where} copies {field!r}, which is sensitive"


def _reachable(flow: Flow, begin: set[str], *, silent_only: bool) -> set[str]:
    """Return the nodes that can be reached from some, themselves included; on request by exits without keys only."""
    reached: set[str] = set()
    open_ends = [name for name in begin if name in flow.nodes]
    while open_ends:
        name = open_ends.pop()
        if name not in reached:
            reached.add(name)
            open_ends.extend(
                way_out.target for way_out in exits(flow.nodes[name]) if not (silent_only and way_out.by_key)
            )
    return reached
