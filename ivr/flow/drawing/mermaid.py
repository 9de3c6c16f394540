"""A flow as a Mermaid flowchart (https://mermaid.js.org), for pages that draw it: README files and wikis."""

from collections.abc import Mapping

from ivr.flow.drawing.chart import Box, Chart, Shape

_BRACKETS: Mapping[Shape, tuple[str, str]] = {
    "says": ("(", ")"),
    "asks": ("[/", "/]"),
    "decides": ("{{", "}}"),
    "outside": ("[(", ")]"),
    "module": ("[[", "]]"),
    "waits": ("(", ")"),
    "end": ("([", "])"),
}


def mermaid(chart: Chart) -> str:
    """Return the flowchart's text."""
    ids = {box.name: f"n{number}" for number, box in enumerate(chart.boxes)}
    lines = ["---", f"title: {chart.title}", "---", "flowchart TD"]
    lines += [f"    {ids[box.name]}{_drawn(box)}" for box in chart.boxes]
    for arrow in chart.arrows:
        line = "-.->" if arrow.aside else "-->"
        label = f'|"{_safe(arrow.label)}"|' if arrow.label else ""
        lines.append(f"    {ids[arrow.source]} {line}{label} {ids[arrow.target]}")
    return "\n".join(lines) + "\n"


def _drawn(box: Box) -> str:
    begin, end = _BRACKETS[box.shape]
    name = box.kind if box.name.startswith("@") else box.name
    lines = [f"<b>{name}</b>", f"<i>{box.kind}</i>" if name is not box.kind else "", _safe(box.detail)]
    return f'{begin}"{"<br>".join(line for line in lines if line)}"{end}'


def _safe(text: str) -> str:
    """Write a text so that nothing in it is markup: of Mermaid, or of the HTML that it becomes."""
    return "".join(
        letter if letter.isalnum() or letter in " .,:?!'-_/+…，。？！、：" else f"#{ord(letter)};" for letter in text
    )
