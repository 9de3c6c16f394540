"""What is drawn of a flow: a box a node, and an arrow for all exits that lead from one box to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ivr.flow import nodes
from ivr.flow.anatomy import Exit, prompts, spoken_in
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.nodes import LAST_RESORT, Node
from ivr.prompts.prompt import Prompt

Shape: TypeAlias = Literal["says", "asks", "decides", "outside", "module", "waits", "end"]
"""What a box looks like: by what a caller notices of the node."""

_LONGEST_DETAIL = 60

_KIND_NAMES: Mapping[type[Node], tuple[str, Shape]] = {
    nodes.Play: ("play", "says"),
    nodes.HangUp: ("hang up", "end"),
    nodes.Menu: ("menu", "asks"),
    nodes.Collect: ("collect", "asks"),
    nodes.Ask: ("ask", "asks"),
    nodes.Language: ("language", "asks"),
    nodes.Authenticate: ("authenticate", "asks"),
    nodes.Lookup: ("lookup", "outside"),
    nodes.Act: ("act", "outside"),
    nodes.Hours: ("hours", "outside"),
    nodes.Branch: ("branch", "decides"),
    nodes.Set: ("set", "decides"),
    nodes.Subflow: ("subflow", "module"),
    nodes.Return: ("return", "end"),
    nodes.Enqueue: ("enqueue", "end"),
    nodes.Wait: ("wait", "waits"),
    nodes.Callback: ("callback", "outside"),
    nodes.Voicemail: ("voicemail", "asks"),
    nodes.Transfer: ("transfer", "end"),
}

_LAST_RESORT_BOXES: Mapping[FlowKind, str] = {
    FlowKind.CALL: "a person",
    FlowKind.MODULE: "a person",
    FlowKind.TREATMENT: "waits on",
    FlowKind.SURVEY: "hangs up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A node as it is drawn: its name, its kind, and what it is about."""

    name: str
    kind: str
    detail: str
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One way from box to box; `label` names the exits that go it.

    An aside is what happens when nothing goes as meant: silence, a key that is not offered, a failure, a hang-up.
    """

    source: str
    target: str
    label: str
    aside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A flow as it is drawn; the first box is where it begins."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def chart(flow: Flow, language: str | None = None) -> Chart:
    """Return what is drawn of a flow, with its prompts in this language, or in its first."""
    spoken = language or flow.languages[0]
    order = [flow.start, *(name for name in flow.nodes if name != flow.start)]
    boxes = [_box(name, flow.nodes[name], spoken, flow) for name in order]
    arrows: list[Arrow] = []
    for name in order:
        arrows += _arrows(name, list(flow.ways_out(name)))
    if any(arrow.target == LAST_RESORT for arrow in arrows):
        boxes.append(Box(name=LAST_RESORT, kind="last resort", detail=_LAST_RESORT_BOXES[flow.kind], shape="end"))
    return Chart(title=f"{flow.kind} flow {flow.name}", boxes=tuple(boxes), arrows=tuple(arrows))


def _arrows(name: str, ways_out: list[Exit]) -> list[Arrow]:
    """Join the exits that lead to the same node, asides apart from the others."""
    joined: dict[tuple[str, bool], list[str]] = {}
    for way_out in ways_out:
        labels = joined.setdefault((way_out.target, _is_aside(way_out.name)), [])
        if label := _label(way_out.name):
            labels.append(label)
    return [
        Arrow(source=name, target=target, label=", ".join(labels), aside=aside)
        for (target, aside), labels in joined.items()
    ]


def _is_aside(exit_name: str) -> bool:
    first = exit_name.partition(".")[0]
    return first in {"no_input", "no_match", "failed", "late", "hang_up", "locked"} or exit_name == "refused.then"


def _label(exit_name: str) -> str:
    """Return how an exit is called at its arrow; the usual one has no name."""
    match exit_name.split("."):
        case ["next"]:
            return ""
        case ["choices" | "shortcuts" | "answers" | "keys" | "exits", *rest]:
            return ".".join(rest)
        case ["cases", number, _]:
            return f"case {int(number) + 1}"
        case [name, "then"]:
            return name
        case _:
            return exit_name


def _box(name: str, node: Node, language: str, flow: Flow) -> Box:
    kind, shape = _KIND_NAMES[type(node)]
    return Box(name=name, kind=kind, detail=_short(_detail(node, language, flow)), shape=shape)


def _detail(node: Node, language: str, flow: Flow) -> str:  # noqa: C901, PLR0911, PLR0912 (one a kind of node)
    match node:
        case nodes.Lookup() | nodes.Act():
            return node.name if node.host is None else f"{node.host}: {node.name}"
        case nodes.Authenticate():
            return f"{node.host}: {node.name}"
        case nodes.Hours(calendar=calendar):
            return calendar
        case nodes.Branch(cases=cases):
            return "; ".join(case.when.source for case in cases)
        case nodes.Set(fields=fields):
            return ", ".join(fields)
        case nodes.Subflow(module=module):
            return module
        case nodes.Return(exit=exit_name):
            return exit_name
        case nodes.Enqueue():
            return node.queue if isinstance(node.queue, str) else f"{node.queue.source} or {node.otherwise}"
        case nodes.Wait(seconds=seconds):
            return f"{seconds:g} s of music"
        case nodes.Callback(queue=queue):
            return queue or "keeps his place"
        case nodes.Transfer(to=to, name=target):
            return f"{to} {target if isinstance(target, str) else 'as computed'}"
        case _:
            for where, prompt in prompts(node):
                languages = spoken_in(node, where, flow.languages)
                return _words(prompt, language if language in languages else languages[0])
            return ""


def _words(prompt: Prompt, language: str) -> str:
    stretches = prompt.texts.get(language, ())
    return " ".join(
        stretch
        if isinstance(stretch, str)
        else "".join(part if isinstance(part, str) else f"{{{part.field}}}" for part in stretch)
        for stretch in stretches
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"
