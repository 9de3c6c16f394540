"""Is a flow sound: can every node be reached and left, is everything said in every language, does it always end?"""

from ivr.errors import FlowProblem
from ivr.flow.checks import kinds, names, paths, secrets, words
from ivr.flow.flow import Flow
from ivr.flow.house import House


def check_flow(flow: Flow, house: House) -> list[FlowProblem]:
    """Return everything that is wrong with a flow, in the order of the file; an empty list if it is sound.

    The modules it runs are sound by themselves; what is checked here is that they fit.
    """
    found = [
        *kinds.check(flow),
        *paths.check(flow),
        *words.check(flow),
        *names.check(flow, house),
        *secrets.check(flow),
    ]
    problems = [
        FlowProblem(source=flow.source, line=flow.lines[node] if node else 1, node=node, what=what)
        for node, what in found
    ]
    return sorted(problems, key=lambda problem: problem.line)
