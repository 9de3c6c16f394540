"""What a study found, as a picture: an SVG file that any browser shows and any document takes.

Above, one panel for each figure, a line for each plan: the mean over the runs and its 95 % interval. Below, the service
level by the hour in which callers came.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import ceil, floor, isnan, log10
from xml.sax.saxutils import escape

from callcenter.simulation.study import EVERYBODY, Estimate, Figures, Run, Study, estimate
from callcenter.simulation.table import Measure, measures

WIDTH = 960
MARGIN = 24
NAMES = 206
PANELS = ("ASA", "abandoned", "occupancy")
ROW = 30
HOURS_HEIGHT = 240

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Okabe and Ito's, which people tell apart whatever colours they see."""
DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 4", "12 4", "1 4")

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #222 }
.title { font-size: 18px; font-weight: 600 }
.small { font-size: 11px; fill: #555 }
.panel { font-weight: 600 }
.grid { stroke: #ddd }
.axis { stroke: #888 }
"""


def plot(study: Study) -> str:
    """Return the picture."""
    plans = list(study.runs)
    level, *others = (each for each in measures(study) if each.name.startswith("SL-") or each.name in PANELS)
    top = MARGIN + 50
    height = len(plans) * ROW + 46
    width = (WIDTH - 2 * MARGIN - NAMES) / (1 + len(others))
    parts = [
        _text(MARGIN, MARGIN + 16, study.description.title, "title"),
        _text(MARGIN, MARGIN + 34, f"mean of {len(study.seeds)} runs, and its 95 % interval", "small"),
    ]
    for number, plan in enumerate(plans):
        y = top + 30 + number * ROW
        parts.append(_text(MARGIN + 18, y + 4, _short(plan)))
        parts.append(f'<circle cx="{MARGIN + 6}" cy="{y}" r="5" fill="{_colour(number)}"/>')
    for place, measure in enumerate((level, *others)):
        found = [estimate(study.values(plan, measure.reading(EVERYBODY))) for plan in plans]
        parts += _panel(MARGIN + NAMES + place * width, top, width - 28, measure, found)
    below = top + height + 30
    parts += _by_hour(study, level, below)
    whole = below + HOURS_HEIGHT + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole:g}" role="img">\n'
        f"<title>{escape(study.description.title)}</title>\n<style>{STYLE}</style>\n"
        f'<rect width="{WIDTH}" height="{whole:g}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(left: float, top: float, width: float, measure: Measure, found: list[Estimate]) -> Iterator[str]:
    """One figure: a point with its interval for each plan."""
    unit = f" ({measure.unit})" if measure.unit else ""
    yield _text(left, top, f"{measure.name}{unit}", "panel")
    spans = [(each.mean - _half(each), each.mean + _half(each)) for each in found if not isnan(each.mean)]
    if not spans:
        return
    ticks = _ticks(min(low for low, _ in spans), max(high for _, high in spans))
    low, high = ticks[0], ticks[-1]
    bottom = top + 14 + len(found) * ROW

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * width

    for tick in ticks:
        yield f'<line class="grid" x1="{x(tick):.1f}" y1="{top + 10}" x2="{x(tick):.1f}" y2="{bottom}"/>'
        yield _text(x(tick), bottom + 16, f"{tick:g}", "small", "middle")
    for number, each in enumerate(found):
        if isnan(each.mean):
            continue
        y = top + 30 + number * ROW
        colour = _colour(number)
        start, end = x(each.mean - _half(each)), x(each.mean + _half(each))
        yield f'<line x1="{start:.1f}" y1="{y}" x2="{end:.1f}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        yield f'<circle cx="{x(each.mean):.1f}" cy="{y}" r="5" fill="{colour}"/>'
        yield _text(x(each.mean), y - 9, f"{each.mean:.1f}", "small", "middle")


def _by_hour(study: Study, level: Measure, top: float) -> Iterator[str]:
    """The service level over the day, a line for each plan."""
    hours = sorted({hour for runs in study.runs.values() for run in runs for hour in run.hours})
    yield _text(MARGIN, top, f"{level.name}, by the hour in which callers came (%)", "panel")
    left, right, up, down = MARGIN + 40, WIDTH - MARGIN, top + 18, top + HOURS_HEIGHT - 30
    for tick in (0, 25, 50, 75, 100):
        y = down - tick / 100 * (down - up)
        yield f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
        yield _text(left - 8, y + 4, f"{tick}", "small", "end")
    step = (right - left) / max(len(hours), 1)
    for place, hour in enumerate(hours):
        yield _text(left + (place + 0.5) * step, down + 18, f"{hour:02}–{hour + 1:02}", "small", "middle")
    for number, plan in enumerate(study.runs):
        points = []
        for place, hour in enumerate(hours):
            mean = estimate(study.values(plan, partial(_level, study, hour))).mean
            if not isnan(mean):
                points.append(f"{left + (place + 0.5) * step:.1f},{down - mean / 100 * (down - up):.1f}")
        dash = f' stroke-dasharray="{DASHES[number % len(DASHES)]}"' if number else ""
        yield (
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{_colour(number)}" stroke-width="2.5"{dash}/>'
        )
        yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{_colour(number)}"/>' for x, y in _pairs(points))


def _half(found: Estimate) -> float:
    return 0.0 if isnan(found.half) else found.half


def _level(study: Study, hour: int, run: Run) -> float:
    return 100.0 * (run.hours.get(hour) or Figures()).tally.service_level(study.description.counting.variant)


def _pairs(points: list[str]) -> Iterator[tuple[str, str]]:
    for point in points:
        x, _, y = point.partition(",")
        yield x, y


def _ticks(low: float, high: float) -> list[float]:
    """Three to seven round numbers around all of it."""
    spread = max(high - low, abs(high) * 0.01, 1e-6)
    step = 10.0 ** floor(log10(spread))
    step = next(step * part for part in (0.2, 0.5, 1.0, 2.0) if spread / (step * part) <= 5)
    first, last = floor(low / step), ceil(high / step)
    if first == last:
        last += 1
    return [round(number * step, 10) for number in range(first, last + 1)]


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _short(name: str) -> str:
    return name if len(name) <= 25 else f"{name[:24]}…"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind} text-anchor="{anchor}">{escape(text)}</text>'
