"""Flow files → `Flow`: read, validated, linked and checked, or refused with every problem named.

The text comes in as an argument: reading files is for those who may do I/O.
"""

from collections.abc import Collection, Iterable, Mapping

from pydantic import ValidationError

from ivr.errors import FlowError, FlowProblem
from ivr.flow import nodes, schema
from ivr.flow.checks import check_flow
from ivr.flow.document import Document, DocumentError, Path, read_document
from ivr.flow.expressions import Expression, ExpressionError, compile_expression
from ivr.prompts.catalog import Catalog, Recording
from ivr.prompts.prompt import Prompt, Utterance, parse_text


def load_flow(text: str, *, source: str, queues: Collection[str] | None = None) -> nodes.Flow:
    """Read and check a flow.

    Args:
        text: The file's content (YAML).
        source: The file's name, for messages.
        queues: The names of all queues there are; None leaves queues unchecked.

    Raises:
        FlowError: The flow cannot be used; every problem found names file, line and node.
    """
    try:
        document = read_document(text)
    except DocumentError as error:
        raise FlowError([FlowProblem(source=source, line=error.line, node=None, what=str(error))]) from None
    try:
        file = schema.FlowFile.model_validate(document.value)
    except ValidationError as error:
        raise FlowError(_format_problems(error, source, document)) from None
    linker = _Linker(source, document)
    flow = linker.flow(file, None if queues is None else frozenset(queues))
    if linker.problems:
        raise FlowError(linker.problems)
    problems = check_flow(flow)
    if problems:
        raise FlowError(problems)
    return flow


def _format_problems(error: ValidationError, source: str, document: Document) -> list[FlowProblem]:
    problems: dict[Path, FlowProblem] = {}
    for detail in error.errors(include_url=False, include_input=False):
        path: Path = ()
        for step in detail["loc"]:
            # Besides keys and positions, the location holds names of alternatives that stand nowhere in the file.
            if (*path, step) in document.lines:
                path = (*path, step)
        missing_or_extra = detail["loc"][-1] if detail["type"] in {"missing", "extra_forbidden"} else ""
        match detail["type"]:
            case "missing":
                what = f"{missing_or_extra!r} is missing"
            case "extra_forbidden":
                what = f"{missing_or_extra!r} is no key that can stand here"
            case _:
                what = detail["msg"]
        in_node = len(path) > 1 and path[0] == "nodes"
        inside = _dotted(path[2:] if in_node else path)
        # A value that fits none of several alternatives is reported for each of them; one report will do.
        problems.setdefault(
            (*path, missing_or_extra),
            FlowProblem(
                source=source,
                line=document.line(path),
                node=str(path[1]) if in_node else None,
                what=f"{inside}: {what}" if inside else what,
            ),
        )
    return list(problems.values())


class _Linker:
    """Turns the file's parts into nodes; collects what does not fit instead of stopping at the first."""

    def __init__(self, source: str, document: Document) -> None:
        self.problems: list[FlowProblem] = []
        self._source = source
        self._document = document
        self._node: str | None = None

    def flow(self, file: schema.FlowFile, queues: frozenset[str] | None) -> nodes.Flow:
        linked: dict[str, nodes.Node] = {}
        for name, part in file.nodes.items():
            self._node = name
            linked[name] = self._link(part, file.person)
        for name, node in linked.items():
            self._node = name
            for way_out in nodes.exits(node):
                if way_out.target not in linked:
                    path = tuple(int(step) if step.isdecimal() else step for step in way_out.name.split("."))
                    if path[0] == "choices":
                        path = ("choices", way_out.name.removeprefix("choices."))
                    self._complain(path, f"{way_out.name} leads to {way_out.target!r}, and there is no such node")
        self._node = None
        if file.start not in linked:
            self._complain(("start",), f"start: there is no node {file.start!r}")
        person = linked.get(file.person)
        if not isinstance(person, nodes.Enqueue):
            self._complain(("person",), f"person: {file.person!r} must be an enqueue node of this flow")
        return nodes.Flow(
            name=file.name,
            source=self._source,
            languages=tuple(file.languages),
            inputs=frozenset(file.inputs),
            start=file.start,
            person=file.person,
            longest=file.longest,
            queues=queues,
            nodes=linked,
            lines={name: self._document.line(("nodes", name)) for name in linked},
            catalog=Catalog(
                recordings={
                    Utterance(text=part.text, language=part.language): Recording(file=part.file, seconds=part.seconds)
                    for part in file.recordings
                }
            ),
        )

    def _link(self, part: schema.NodePart, person: str) -> nodes.Node:  # noqa: PLR0911 (one return a kind of node)
        match part:
            case schema.PlayPart():
                return nodes.Play(
                    prompt=self._prompt(part.prompt, ("prompt",)),
                    next=part.next,
                    interruptible=part.interruptible,
                    language=part.language,
                )
            case schema.MenuPart():
                return self._menu(part, person)
            case schema.CollectPart():
                return self._collect(part, person)
            case schema.LookupPart():
                answers = part.answers if isinstance(part.answers, dict) else {name: name for name in part.answers}
                return nodes.Lookup(
                    name=part.name,
                    arguments=self._values(part.arguments, "arguments"),
                    answers=answers,
                    timeout=part.timeout,
                    found=part.found,
                    not_found=part.not_found or person,
                    failed=part.failed or person,
                )
            case schema.BranchPart():
                cases = (
                    (self._expression(case.when, ("cases", number, "when")), case.next)
                    for number, case in enumerate(part.cases)
                )
                return nodes.Branch(
                    cases=tuple(nodes.Case(when=when, next=target) for when, target in cases if when),
                    otherwise=part.otherwise,
                )
            case schema.SetPart():
                return nodes.Set(fields=self._values(part.fields, "fields"), next=part.next)
            case schema.EnqueuePart():
                return self._enqueue(part)
            case schema.HangUpPart():
                farewell = self._prompt(part.prompt, ("prompt",)) if part.prompt else None
                return nodes.HangUp(prompt=farewell, cause=part.cause)

    def _menu(self, part: schema.MenuPart, person: str) -> nodes.Menu:
        choices: dict[str, nodes.Choice] = {}
        for key, choice in part.choices.items():
            target = choice.next or part.next
            if target is None:
                self._complain(("choices", key), f"choices.{key}: neither the choice nor the menu has a 'next'")
                target = person
            choices[key] = nodes.Choice(value=choice.value, next=target)
        return nodes.Menu(
            prompt=self._prompt(part.prompt, ("prompt",)),
            choices=choices,
            store=part.store,
            attempts=part.attempts,
            timeout=part.timeout,
            no_input=self._retry(part.no_input, "no_input", part.attempts, person),
            no_match=self._retry(part.no_match, "no_match", part.attempts, person),
            interruptible=part.interruptible,
        )

    def _collect(self, part: schema.CollectPart, person: str) -> nodes.Collect:
        if part.min_digits > part.max_digits:
            self._complain(("min_digits",), "min_digits is more than max_digits")
        return nodes.Collect(
            prompt=self._prompt(part.prompt, ("prompt",)),
            store=part.store,
            min_digits=part.min_digits,
            max_digits=part.max_digits,
            terminator=part.terminator,
            first_timeout=part.first_timeout,
            digit_timeout=part.digit_timeout,
            entry_timeout=part.entry_timeout,
            attempts=part.attempts,
            no_input=self._retry(part.no_input, "no_input", part.attempts, person),
            no_match=self._retry(part.no_match, "no_match", part.attempts, person),
            next=part.next,
            shortcuts=part.shortcuts,
            sensitive=part.sensitive,
            interruptible=part.interruptible,
        )

    def _enqueue(self, part: schema.EnqueuePart) -> nodes.Enqueue:
        if isinstance(part.queue, str):
            return nodes.Enqueue(queue=part.queue, otherwise=part.queue, attributes=tuple(part.attributes))
        if part.otherwise is None:
            self._complain(("queue",), "a queue given by an expression needs an 'otherwise' for when it fails")
        otherwise = part.otherwise or ""
        chosen = self._expression(part.queue.expression, ("queue", "expression"))
        return nodes.Enqueue(queue=chosen or otherwise, otherwise=otherwise, attributes=tuple(part.attributes))

    def _retry(self, part: schema.RetryPart, name: str, attempts: int, person: str) -> nodes.Retry:
        if attempts > 1 and not part.say:
            self._complain((name,), f"{name}: nothing is said before the next attempt; give at least one 'say'")
        wordings = tuple(self._prompt(texts, (name, "say", number)) for number, texts in enumerate(part.say))
        return nodes.Retry(wordings=wordings, exit=part.then or person)

    def _prompt(self, texts: Mapping[str, str], path: Path) -> Prompt:
        parsed = {}
        for language, text in texts.items():
            try:
                parsed[language] = parse_text(text)
            except ValueError as error:
                self._complain((*path, language), f"{_dotted((*path, language))}: {error}")
        return Prompt(texts=parsed)

    def _values(self, values: Mapping[str, schema.Value], key: str) -> dict[str, nodes.Value]:
        linked: dict[str, nodes.Value] = {}
        for name, value in values.items():
            if isinstance(value, schema.ComputedValue):
                linked[name] = self._expression(value.expression, (key, name, "expression"))
            else:
                linked[name] = value
        return linked

    def _expression(self, text: str, path: Path) -> Expression | None:
        try:
            return compile_expression(text)
        except ExpressionError as error:
            self._complain(path, f"{_dotted(path)}: {error}")
            return None

    def _complain(self, path: Path, what: str) -> None:
        whole = path if self._node is None else ("nodes", self._node, *path)
        problem = FlowProblem(source=self._source, line=self._document.line(whole), node=self._node, what=what)
        self.problems.append(problem)


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(map(str, path))
