"""A flow as an SVG picture that stands alone: readable in light and dark, by screen readers, and on paper."""

import unicodedata
from collections.abc import Sequence
from html import escape

from ivr.flow.drawing.chart import Arrow, Box, Chart, Shape
from ivr.flow.drawing.layout import Point, Size, lay_out

_LINE_HEIGHT = 16.0
_PADDING = 12.0
_WRAP = 30.0  # ems of half a letter's width: what stands in one line of a box
_LETTER = 6.6
_WIDE_LETTER = 12.0
_SMALL = 0.86
_LOOP = 26.0

_STYLE = """
svg { color-scheme: light dark; font: 12px system-ui, sans-serif; background: #fff; }
.box { fill: #f6f7f9; stroke: #5b6472; stroke-width: 1.2; }
.says { fill: #eaf2fd; } .asks { fill: #fff4db; } .decides { fill: #f3ecfb; } .outside { fill: #e7f6ee; }
.module { fill: #f0f0f0; stroke-width: 2.6; } .waits { fill: #eaf2fd; } .end { fill: #fdeceb; }
.name { font-weight: 600; } text { fill: #1c2430; } .kind, .label { fill: #4a5362; font-size: 10.5px; }
.arrow { fill: none; stroke: #5b6472; stroke-width: 1.2; } .aside { stroke-dasharray: 4 3; stroke: #8a93a1; }
.behind { fill: #fff; opacity: .88; } marker path { fill: #5b6472; }
@media (prefers-color-scheme: dark) {
svg { background: #14181f; } .box { fill: #222934; stroke: #9aa5b5; }
.says, .waits { fill: #1d2f47; } .asks { fill: #43371a; } .decides { fill: #33264a; } .outside { fill: #1c3a2b; }
.module { fill: #2b2b2b; } .end { fill: #46231f; } text { fill: #eef1f5; } .kind, .label { fill: #b7c0cd; }
.arrow { stroke: #9aa5b5; } .aside { stroke: #6f7a8a; } .behind { fill: #14181f; } marker path { fill: #9aa5b5; }
}
@media print { svg { background: none; } }
"""


def svg(chart: Chart) -> str:
    """Return the picture."""
    lines = {box.name: _lines(box) for box in chart.boxes}
    sizes = {box.name: _size(lines[box.name], box.shape) for box in chart.boxes}
    layout = lay_out(sizes, [(arrow.source, arrow.target, _width(arrow.label) * _SMALL + 8) for arrow in chart.arrows])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t d" '
        f'width="{layout.width:.0f}" height="{layout.height:.0f}" '
        f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}">',
        f'<title id="t">{escape(chart.title)}</title>',
        f'<desc id="d">{escape(_in_words(chart))}</desc>',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    for arrow, route in zip(chart.arrows, layout.routes, strict=True):
        parts.append(_drawn_arrow(arrow, route, layout.centres[arrow.source], sizes[arrow.source]))
    for arrow, place in zip(chart.arrows, layout.labels, strict=True):
        parts.append(_drawn_label(arrow.label, place))
    for number, box in enumerate(chart.boxes):
        centre = layout.centres[box.name]
        parts.append(_drawn_box(box, lines[box.name], centre, sizes[box.name], first=number == 0))
    return "\n".join(part for part in parts if part) + "\n</svg>\n"


def _in_words(chart: Chart) -> str:
    """Tell in words what the picture shows."""
    ways: dict[str, list[str]] = {}
    for arrow in chart.arrows:
        ways.setdefault(arrow.source, []).append(f"{arrow.label or 'then'}: {arrow.target.lstrip('@')}")
    return " ".join(
        f"{box.name.lstrip('@')} ({box.kind}) {box.detail} — {'; '.join(ways.get(box.name, ['the end']))}."
        for box in chart.boxes
    )


# --- boxes --------------------------------------------------------------------------------------------------------


def _lines(box: Box) -> list[tuple[str, str]]:
    """Return a box's lines of text, each with its class."""
    if box.name.startswith("@"):
        return [("name", box.detail), ("kind", box.kind)]
    return [("name", box.name), ("kind", box.kind), *(("detail", line) for line in _wrapped(box.detail))]


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and _width(line + piece) > _WRAP * _LETTER:
            lines.append(line.strip())
            line = ""
        line += piece
    return [*lines, line.strip()] if line.strip() else lines


def _pieces(text: str) -> list[str]:
    """Cut a text where a line may end: after blanks, and after every wide letter."""
    pieces = [""]
    for letter in text:
        pieces[-1] += letter
        if letter == " " or _is_wide(letter):
            pieces.append("")
    return pieces


def _size(lines: Sequence[tuple[str, str]], shape: Shape) -> Size:
    width = max(_width(text) for _, text in lines) + 2 * _PADDING
    slant = {"asks": 16.0, "decides": 28.0, "outside": 8.0}.get(shape, 0.0)
    return Size(max(width + slant, 90.0), len(lines) * _LINE_HEIGHT + _PADDING)


def _drawn_box(box: Box, lines: Sequence[tuple[str, str]], centre: Point, size: Size, *, first: bool) -> str:
    x, y = centre
    top = y - (len(lines) - 1) * _LINE_HEIGHT / 2 + 4
    texts = "".join(
        f'<text class="{kind}" x="{x:.1f}" y="{top + number * _LINE_HEIGHT:.1f}" text-anchor="middle">'
        f"{escape(text)}</text>"
        for number, (kind, text) in enumerate(lines)
    )
    start = f'<circle class="box" cx="{x:.1f}" cy="{y - size.height / 2 - 11:.1f}" r="5"/>' if first else ""
    return f"<g>{start}{_outline(box.shape, x, y, size)}{texts}</g>"


def _outline(shape: Shape, x: float, y: float, size: Size) -> str:
    left, right, top, bottom = x - size.width / 2, x + size.width / 2, y - size.height / 2, y + size.height / 2
    match shape:
        case "asks":
            points = [(left + 10, top), (right, top), (right - 10, bottom), (left, bottom)]
        case "decides":
            points = [
                (left + 14, top), (right - 14, top), (right, y), (right - 14, bottom), (left + 14, bottom), (left, y),
            ]  # fmt: skip
        case _:
            radius = {"end": size.height / 2, "says": 10.0, "waits": 10.0}.get(shape, 2.0)
            return (
                f'<rect class="box {shape}" x="{left:.1f}" y="{top:.1f}" width="{size.width:.1f}" '
                f'height="{size.height:.1f}" rx="{min(radius, 24):.1f}"/>'
            )
    return f'<polygon class="box {shape}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>'


# --- arrows -------------------------------------------------------------------------------------------------------


def _drawn_arrow(arrow: Arrow, route: Sequence[Point], centre: Point, size: Size) -> str:
    kind = "arrow aside" if arrow.aside else "arrow"
    if route:
        (x, y), *rest = route
        path = f"M{x:.1f} {y:.1f}"
        for next_x, next_y in rest:
            middle = (y + next_y) / 2
            path += f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}"
            x, y = next_x, next_y
    else:  # from a box to itself
        right, middle = centre[0] + size.width / 2, centre[1]
        path = (
            f"M{right:.1f} {middle - 8:.1f}C{right + _LOOP:.1f} {middle - 16:.1f} "
            f"{right + _LOOP:.1f} {middle + 16:.1f} {right:.1f} {middle + 8:.1f}"
        )
    return f'<path class="{kind}" d="{path}" marker-end="url(#head)"/>'


def _drawn_label(label: str, place: Point) -> str:
    if not label:
        return ""
    x, y = place
    width = _width(label) * _SMALL + 6
    return (
        f'<rect class="behind" x="{x - width / 2:.1f}" y="{y - 8:.1f}" width="{width:.1f}" height="15"/>'
        f'<text class="label" x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle">{escape(label)}</text>'
    )


# --- letters ------------------------------------------------------------------------------------------------------


def _width(text: str) -> float:
    """Return about how wide a text is: nobody measures fonts here."""
    return sum(_WIDE_LETTER if _is_wide(letter) else _LETTER for letter in text)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in {"W", "F"}
