"""What a node is made of: its exits, its prompts, its expressions, the fields it fills."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.flow import nodes
from ivr.flow.expressions import Expression
from ivr.flow.nodes import AUTHENTICATION_FIELD, LANGUAGE_FIELD, Node, Value
from ivr.prompts.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A way out of a node.

    Attributes:
        name: What it is called in the flow file, such as ``next`` or ``choices.1``.
        target: The node it leads to.
        by_key: It is taken only if the caller does something; a silent caller never leaves by it.
    """

    name: str
    target: str
    by_key: bool = False


def exits(node: Node) -> Iterator[Exit]:  # noqa: C901, PLR0912 (one case a kind of node)
    """Yield every way out of a node, in the order of the flow file."""
    match node:
        case nodes.Play() | nodes.Set():
            yield Exit(name="next", target=node.next)
        case nodes.Menu():
            for key, choice in node.choices.items():
                yield Exit(name=f"choices.{key}", target=choice.next, by_key=True)
            yield from _retries(node.no_input, node.no_match)
        case nodes.Collect():
            yield Exit(name="next", target=node.next, by_key=True)
            for key, target in node.shortcuts.items():
                yield Exit(name=f"shortcuts.{key}", target=target, by_key=True)
            yield from _retries(node.no_input, node.no_match)
        case nodes.Ask():
            for name, answer in node.answers.items():
                yield Exit(name=f"answers.{name}", target=answer.next, by_key=True)
            yield from _retries(node.no_input, node.no_match)
        case nodes.Language():
            yield Exit(name="next", target=node.next)
        case nodes.Branch():
            for number, one_case in enumerate(node.cases):
                yield Exit(name=f"cases.{number}.next", target=one_case.next)
            yield Exit(name="otherwise", target=node.otherwise)
        case nodes.Lookup():
            yield from _named(node, "found", "not_found", "failed", "late")
        case nodes.Act():
            yield from _named(node, "done", "refused", "failed", "late")
        case nodes.Authenticate():
            yield Exit(name="next", target=node.next, by_key=True)
            yield Exit(name="locked", target=node.locked, by_key=True)
            yield Exit(name="failed", target=node.failed, by_key=True)
            yield Exit(name="no_input.then", target=node.no_input.exit)
            yield Exit(name="refused.then", target=node.refused.exit, by_key=True)
        case nodes.Hours():
            yield from _named(node, "open", "closed", "holiday", "failed")
        case nodes.Wait():
            for key, target in node.keys.items():
                yield Exit(name=f"keys.{key}", target=target, by_key=True)
            yield Exit(name="next", target=node.next)
        case nodes.Callback():
            yield from _named(node, "taken", "refused", "failed")
        case nodes.Voicemail():
            yield from _named(node, "next", "empty", "failed")
        case nodes.Transfer():
            yield from _named(node, "busy", "unanswered", "failed")
        case nodes.Subflow():
            for name, target in node.exits.items():
                yield Exit(name=f"exits.{name}", target=target)
        case nodes.Enqueue() | nodes.HangUp() | nodes.Return():
            return


def takes_time(node: Node) -> bool:
    """Tell whether a call can stand at the node: it speaks, listens, waits, or asks somebody."""
    return not isinstance(node, nodes.Branch | nodes.Set | nodes.Subflow | nodes.Return | nodes.Enqueue)


def prompts(node: Node) -> Iterator[tuple[str, Prompt]]:  # noqa: C901, PLR0912 (one case a kind of node)
    """Yield every prompt of a node with the name it has in the flow file."""
    match node:
        case nodes.Play():
            yield "prompt", node.prompt
        case nodes.Menu() | nodes.Collect():
            yield "prompt", node.prompt
            yield from _wordings(no_input=node.no_input, no_match=node.no_match)
        case nodes.Ask():
            yield "prompt", node.prompt
            if node.spoken_prompt is not None:
                yield "spoken_prompt", node.spoken_prompt
            yield from _wordings(no_input=node.no_input, no_match=node.no_match)
        case nodes.Language():
            for language, prompt in node.prompts.items():
                yield f"choices.{language}.prompt", prompt
        case nodes.Authenticate():
            yield "prompt", node.prompt
            yield "meanwhile", node.meanwhile
            yield from _wordings(no_input=node.no_input, refused=node.refused)
        case nodes.Lookup() | nodes.Act():
            if node.meanwhile is not None:
                yield "meanwhile", node.meanwhile
        case nodes.Voicemail():
            yield "greeting", node.greeting
            if node.review is not None:
                yield "review", node.review
        case nodes.HangUp():
            if node.prompt is not None:
                yield "prompt", node.prompt
        case (
            nodes.Branch() | nodes.Set() | nodes.Hours() | nodes.Enqueue() | nodes.Wait() | nodes.Callback()
            | nodes.Transfer() | nodes.Subflow() | nodes.Return()
        ):  # fmt: skip
            return


def spoken_in(node: Node, where: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the languages that a prompt of a node (by its name in the flow file) is needed in."""
    if isinstance(node, nodes.Play) and node.language is not None:
        return (node.language,)
    if isinstance(node, nodes.Language):
        return (where.split(".")[1],)
    return languages


def expressions(node: Node) -> Iterator[tuple[str, Expression]]:
    """Yield every expression of a node with the name it has in the flow file."""
    named: Mapping[str, Value]
    match node:
        case nodes.Lookup() | nodes.Act() | nodes.Authenticate():
            named = {f"arguments.{name}": value for name, value in node.arguments.items()}
        case nodes.Branch():
            named = {f"cases.{number}.when": case.when for number, case in enumerate(node.cases)}
        case nodes.Set():
            named = {f"fields.{name}": value for name, value in node.fields.items()}
        case nodes.Enqueue():
            named = {
                "queue": node.queue,
                **{f"requirements.{skill}": value for skill, value in node.requirements.items()},
                "preferred_agent": node.preferred_agent,
                "head_start": node.head_start,
                "survey": node.survey,
            }
        case nodes.Callback():
            named = {"number": node.number}
        case nodes.Transfer():
            named = {node.to: node.name}
        case nodes.Subflow():
            named = {f"inputs.{name}": value for name, value in node.inputs.items()}
        case (
            nodes.Play() | nodes.Menu() | nodes.Collect() | nodes.Ask() | nodes.Language() | nodes.Hours()
            | nodes.Wait() | nodes.Voicemail() | nodes.Return() | nodes.HangUp()
        ):  # fmt: skip
            named = {}
    for name, value in named.items():
        if isinstance(value, Expression):
            yield name, value


def stored_fields(node: Node) -> Iterator[str]:
    """Yield the fields that a node may give a value."""
    match node:
        case nodes.Menu() | nodes.Ask():
            if node.store is not None:
                yield node.store
        case nodes.Collect():
            yield node.store
        case nodes.Language():
            yield LANGUAGE_FIELD
        case nodes.Lookup() | nodes.Act():
            yield from node.answers.values()
        case nodes.Authenticate():
            yield AUTHENTICATION_FIELD
            yield from node.answers.values()
        case nodes.Set():
            yield from node.fields
        case nodes.Subflow():
            yield from node.outputs.values()
        case (
            nodes.Play() | nodes.Branch() | nodes.Hours() | nodes.Enqueue() | nodes.Wait() | nodes.Callback()
            | nodes.Voicemail() | nodes.Transfer() | nodes.Return() | nodes.HangUp()
        ):  # fmt: skip
            return


def passed_on(node: Node) -> tuple[str, ...]:
    """Return the fields that a node passes on to those who take the caller over."""
    if isinstance(node, nodes.Enqueue | nodes.Callback | nodes.Voicemail | nodes.Transfer):
        return node.attributes
    return ()


def collected_secrets(node: Node) -> Iterator[str]:
    """Yield the fields that take what a caller keys in and nobody else may see."""
    if isinstance(node, nodes.Collect) and node.sensitive:
        yield node.store


def _retries(no_input: nodes.Retry, no_match: nodes.Retry) -> Iterator[Exit]:
    yield Exit(name="no_input.then", target=no_input.exit)
    yield Exit(name="no_match.then", target=no_match.exit, by_key=True)


def _wordings(**retries: nodes.Retry) -> Iterator[tuple[str, Prompt]]:
    for kind, retry in retries.items():
        for number, wording in enumerate(retry.wordings):
            yield f"{kind}.say.{number}", wording


def _named(node: Node, *names: str) -> Iterator[Exit]:
    for name in names:
        yield Exit(name=name, target=getattr(node, name))
