"""Flow files → `Flow`: read, validated, linked and checked, or refused with every problem named.

The texts come in as arguments: reading files is for those who may do I/O.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from ivr.errors import FlowError, FlowProblem
from ivr.flow import schema
from ivr.flow.checks import check_flow
from ivr.flow.document import Document, DocumentError, Path, read_document
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.house import House
from ivr.flow.linking.context import Linking
from ivr.flow.linking.file import link_flow

UNKNOWN_HOUSE = House()


def load_flow(
    text: str, *, source: str, house: House = UNKNOWN_HOUSE, modules: Mapping[str, Flow] | None = None
) -> Flow:
    """Read and check one flow.

    Args:
        text: The file's content (YAML).
        source: The file's name, for messages.
        house: The names there are around it.
        modules: The modules it may run, by name.

    Raises:
        FlowError: The flow cannot be used; every problem found names file, line and node.
    """
    return _build(_read(text, source), house, modules or {})


def load_flows(texts: Mapping[str, str], *, house: House = UNKNOWN_HOUSE) -> dict[str, Flow]:
    """Read and check flows that belong together: each may run the modules among them, and name the others.

    Args:
        texts: The files' contents (YAML) by the files' names.
        house: The names there are around them; the flows among the files are added to its `flows`.

    Returns:
        The flows by name, modules among them.

    Raises:
        FlowError: A flow cannot be used; every problem of every file names file, line and node.
    """
    problems: list[FlowProblem] = []
    drafts: dict[str, _Draft] = {}
    for source, text in texts.items():
        try:
            draft = _read(text, source)
        except FlowError as error:
            problems.extend(error.problems)
            continue
        first = drafts.setdefault(draft.file.name, draft)
        if first is not draft:
            problems.append(draft.problem(("name",), f"{first.source} describes a flow {draft.file.name!r} already"))
    # A file that cannot be read leaves it open which flows there are: its own fault is told, nothing about the others.
    incomplete = bool(problems)
    kinds = {name: FlowKind(draft.file.kind) for name, draft in drafts.items()}
    known = None if incomplete or house.flows is None else {**house.flows, **kinds}
    builder = _Builder(drafts, replace(house, flows=known), problems, incomplete=incomplete)
    flows = {name: flow for name in drafts if (flow := builder.flow(name)) is not None}
    if problems:
        raise FlowError(problems)
    return flows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A file whose shape is right."""

    source: str
    document: Document
    file: schema.FlowFile

    def problem(self, path: Path, what: str) -> FlowProblem:
        node = str(path[1]) if len(path) > 1 and path[0] == "nodes" else None
        return FlowProblem(source=self.source, line=self.document.line(path), node=node, what=what)

    def runs(self) -> dict[str, str]:
        """Return the modules it runs, each with the first node that does."""
        runs: dict[str, str] = {}
        for name, part in self.file.nodes.items():
            if isinstance(part, schema.SubflowPart):
                runs.setdefault(part.module, name)
        return runs


class _Builder:
    """Builds flows after the modules they run; each once."""

    def __init__(
        self, drafts: Mapping[str, _Draft], house: House, problems: list[FlowProblem], *, incomplete: bool
    ) -> None:
        self._incomplete = incomplete  # there are files besides the drafts
        self._drafts = drafts
        self._house = house
        self._problems = problems
        self._built: dict[str, Flow | None] = {}
        self._under_way: list[str] = []

    def flow(self, name: str) -> Flow | None:
        """Return a flow, or None if it, or a module it runs, has problems."""
        if name in self._built:
            return self._built[name]
        draft = self._drafts[name]
        self._under_way.append(name)
        modules: dict[str, Flow] = {}
        whole = True
        for module, node in draft.runs().items():
            if module in self._under_way:
                circle = [*self._under_way[self._under_way.index(module) :], module]
                what = f"runs itself: {' → '.join(circle)}"
                self._problems.append(draft.problem(("nodes", node, "module"), what))
                whole = False
            elif module in self._drafts and self._drafts[module].file.kind == "module":
                built = self.flow(module)
                if built is None:
                    whole = False
                else:
                    modules[module] = built
            elif self._incomplete and module not in self._drafts:
                whole = False  # it may be in the file that cannot be read
        self._under_way.pop()
        self._built[name] = self._try(draft, modules) if whole else None
        return self._built[name]

    def _try(self, draft: _Draft, modules: Mapping[str, Flow]) -> Flow | None:
        try:
            return _build(draft, self._house, modules)
        except FlowError as error:
            self._problems.extend(error.problems)
            return None


def _read(text: str, source: str) -> _Draft:
    try:
        document = read_document(text)
    except DocumentError as error:
        raise FlowError([FlowProblem(source=source, line=error.line, node=None, what=str(error))]) from None
    try:
        file = schema.FlowFile.model_validate(document.value)
    except ValidationError as error:
        raise FlowError(_format_problems(error, source, document)) from None
    return _Draft(source=source, document=document, file=file)


def _build(draft: _Draft, house: House, modules: Mapping[str, Flow]) -> Flow:
    linking = Linking(draft.source, draft.document, modules, draft.file.person)
    flow = link_flow(linking, draft.file, house.queues)
    if linking.problems:
        raise FlowError(linking.problems)
    problems = check_flow(flow, house)
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


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(map(str, path))
