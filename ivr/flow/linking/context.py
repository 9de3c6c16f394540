"""What every kind of node is linked with: complaints with their place in the file, prompts, values, retries."""

from collections.abc import Iterable, Mapping

from ivr.errors import FlowProblem
from ivr.flow import nodes, schema
from ivr.flow.document import Document, Path
from ivr.flow.expressions import Expression, ExpressionError, compile_expression
from ivr.flow.flow import Flow
from ivr.prompts.prompt import Prompt, parse_text


class Linking:
    """One file that is being linked.

    Attributes:
        problems: What does not fit, so far.
        modules: The modules that the flow may run.
        last_resort: Where exits lead that the file does not name.
        node: The node that is being linked; None: the file around the nodes.
    """

    def __init__(self, source: str, document: Document, modules: Mapping[str, Flow], person: str | None) -> None:
        self.problems: list[FlowProblem] = []
        self.modules = modules
        self.last_resort = person or nodes.LAST_RESORT
        self.node: str | None = None
        self.source = source
        self._document = document

    def line(self, path: Path) -> int:
        """Return the line of what stands at a path of the file."""
        return self._document.line(path)

    def complain(self, path: Path, what: str) -> None:
        """Note a problem at a path within the node that is being linked, or of the file."""
        whole = path if self.node is None else ("nodes", self.node, *path)
        problem = FlowProblem(source=self.source, line=self.line(whole), node=self.node, what=what)
        self.problems.append(problem)

    def retry(self, part: schema.RetryPart, name: str, attempts: int) -> nodes.Retry:
        """Link what happens when an input node got nothing it can use."""
        if attempts > 1 and not part.say:
            self.complain((name,), f"{name}: nothing is said before the next attempt; give at least one 'say'")
        wordings = tuple(self.prompt(texts, (name, "say", number)) for number, texts in enumerate(part.say))
        return nodes.Retry(wordings=wordings, exit=part.then or self.last_resort)

    def optional_prompt(self, texts: Mapping[str, str] | None, key: str) -> Prompt | None:
        """Link a prompt that may be left out."""
        return None if texts is None else self.prompt(texts, (key,))

    def prompt(self, texts: Mapping[str, str], path: Path) -> Prompt:
        """Link a prompt: texts by language."""
        parsed = {}
        for language, text in texts.items():
            where = path if path[-1] == "prompt" and len(path) > 1 else (*path, language)
            try:
                parsed[language] = parse_text(text)
            except ValueError as error:
                self.complain(where, f"{dotted(where)}: {error}")
        return Prompt(texts=parsed)

    def values(self, values: Mapping[str, schema.Value], key: str) -> dict[str, nodes.Value]:
        """Link named values."""
        return {name: self.value(value, (key, name)) for name, value in values.items()}

    def value(self, value: schema.Value, path: Path) -> nodes.Value:
        """Link a value: as it stands, or to be computed."""
        if isinstance(value, schema.ComputedValue):
            return self.expression(value.expression, (*path, "expression"))
        return value

    def name(self, value: str | schema.ComputedValue | None, key: str) -> str | Expression | None:
        """Link the name of something that is configured, or is to be computed."""
        if isinstance(value, schema.ComputedValue):
            return self.expression(value.expression, (key, "expression"))
        return value

    def expression(self, text: str, path: Path) -> Expression | None:
        """Compile an expression; None if it is none."""
        try:
            return compile_expression(text)
        except ExpressionError as error:
            self.complain(path, f"{dotted(path)}: {error}")
            return None


def mapped(names: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    """Return theirs → ours; a list says that both are the same."""
    return dict(names) if isinstance(names, Mapping) else {name: name for name in names}


def dotted(path: Iterable[str | int]) -> str:
    """Write a path as people read it."""
    return ".".join(map(str, path))
