"""Is everything said in every language?"""

from collections.abc import Iterator

from ivr.flow import nodes
from ivr.flow.anatomy import prompts, spoken_in
from ivr.flow.checks.finding import Finding
from ivr.flow.flow import Flow


def check(flow: Flow) -> Iterator[Finding]:
    """Yield the prompts, modules and recordings that lack a language, or have one too many."""
    for name, node in flow.nodes.items():
        for where, prompt in prompts(node):
            for language in spoken_in(node, where, flow.languages):
                if not prompt.texts.get(language):
                    yield name, f"{where} has no text in {language!r}"
        for what, language in _other_languages(node):
            if language not in flow.languages:
                yield name, f"{what} {language!r}, which the flow does not speak"
        if isinstance(node, nodes.Subflow):
            for language in flow.languages:
                if language not in flow.modules[node.module].languages:
                    yield name, f"module {node.module!r} does not speak {language!r}"
    for utterance in flow.catalog.recordings:
        if utterance.language not in flow.languages:
            yield None, f"a recording is in {utterance.language!r}, which the flow does not speak"


def _other_languages(node: nodes.Node) -> Iterator[tuple[str, str]]:
    """Yield the languages that a node names besides those of its prompts, and what it does with them."""
    match node:
        case nodes.Language():
            for language in dict.fromkeys((*node.prompts, node.otherwise)):
                yield "offers", language
        case nodes.Ask():
            for name, answer in node.answers.items():
                for language in answer.phrases:
                    yield f"answers.{name} has phrases in", language
        case _:
            return
