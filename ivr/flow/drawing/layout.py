"""Where boxes and arrows go: a layered layout after Sugiyama, Tagawa and Toda (1981).

Arrows that lead back are turned round for a moment; every box gets the layer after the last one that leads to it; long
arrows get a waypoint in every layer they cross, and every arrow one at its label, so that no label lies on another; the
order within the layers is improved by medians; and the places are those nearest to one's neighbours that keep the order
(isotonic regression). Deterministic: the same flow is the same picture.
"""

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean, median

_SWEEPS = 12
_MOST_LOOKS = 120_000  # at spots: a flow of a hundred nodes has some thousand
_BETWEEN_BOXES = 28.0
_BETWEEN_LAYERS = 26.0
_MARGIN = 24.0
_WAYPOINT_WIDTH = 14.0
_LABEL_HEIGHT = 18.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height, in pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A drawing's measures.

    Attributes:
        width: Of the whole drawing.
        height: Of the whole drawing.
        centres: The middle of each box.
        routes: The points of each arrow, from its source's edge to its target's; empty: from a box to itself.
        labels: The middle of each arrow's label.
    """

    width: float
    height: float
    centres: Mapping[str, Point]
    routes: Sequence[Sequence[Point]]
    labels: Sequence[Point]


@dataclass(slots=True)
class _Spot:
    """A box, or a waypoint of an arrow, in its layer."""

    name: str
    size: Size
    layer: int
    above: list["_Spot"] = field(default_factory=list, repr=False)
    below: list["_Spot"] = field(default_factory=list, repr=False)
    order: float = 0.0
    x: float = 0.0
    y: float = 0.0
    row_height: float = 0.0


def lay_out(boxes: Mapping[str, Size], arrows: Sequence[tuple[str, str, float]]) -> Layout:
    """Place boxes and arrows.

    Args:
        boxes: The size of each box, by name; the first is at the top.
        arrows: Source, target and the width of the label of each.
    """
    plain = [(source, target) for source, target, _ in arrows if source != target]
    turned = _leading_back(list(boxes), plain)
    layers = _layers(list(boxes), [(b, a) if (a, b) in turned else (a, b) for a, b in plain])
    spots = {name: _Spot(name, size, 2 * layers[name]) for name, size in boxes.items()}
    waypoints = [_waypoints(spots, arrow, turned) for arrow in arrows]
    rows = _rows([*spots.values(), *(spot for way in waypoints for spot in way)])
    sweeps = _sweeps(rows)
    _order(rows, sweeps)
    _place(rows, 2 * sweeps)
    width, height = _measure(rows)
    return Layout(
        width=width,
        height=height,
        centres={name: (spot.x, spot.y) for name, spot in spots.items()},
        routes=_routes(spots, arrows, waypoints, turned),
        labels=[_label(spots, arrow, way, turned) for arrow, way in zip(arrows, waypoints, strict=True)],
    )


def _sweeps(rows: Sequence[Sequence[_Spot]]) -> int:
    """Return how often to go over all spots: often where they are few, twice where nobody could tell the difference."""
    return max(2, min(_SWEEPS, _MOST_LOOKS // sum(map(len, rows))))


# --- layers -------------------------------------------------------------------------------------------------------


def _leading_back(names: Sequence[str], arrows: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the arrows that lead back to where a walk along them came from."""
    following: dict[str, list[str]] = {name: [] for name in names}
    for source, target in arrows:
        following[source].append(target)
    back: set[tuple[str, str]] = set()
    seen: set[str] = set()
    for begin in names:
        if begin in seen:
            continue
        on_the_way = {begin}
        seen.add(begin)
        walk = [(begin, iter(following[begin]))]
        while walk:
            name, targets = walk[-1]
            for target in targets:
                if target in on_the_way:
                    back.add((name, target))
                elif target not in seen:
                    seen.add(target)
                    on_the_way.add(target)
                    walk.append((target, iter(following[target])))
                    break
            else:
                on_the_way.discard(name)
                walk.pop()
    return back


def _layers(names: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return for each box the length of the longest way to it; one that no arrow touches is at the end."""
    open_arrows = dict.fromkeys(names, 0)
    following: dict[str, list[str]] = {name: [] for name in names}
    for source, target in arrows:
        open_arrows[target] += 1
        following[source].append(target)
    layer = dict.fromkeys(names, 0)
    ready = deque(name for name in names if not open_arrows[name])
    while ready:
        name = ready.popleft()
        for target in following[name]:
            layer[target] = max(layer[target], layer[name] + 1)
            open_arrows[target] -= 1
            if not open_arrows[target]:
                ready.append(target)
    touched = {name for arrow in arrows for name in arrow}
    last = max(layer.values(), default=0)
    return {name: number if name in touched or name == names[0] else last for name, number in layer.items()}


def _waypoints(spots: Mapping[str, _Spot], arrow: tuple[str, str, float], turned: set[tuple[str, str]]) -> list[_Spot]:
    """Make an arrow's waypoints, from the upper box to the lower; the first or last carries its label."""
    source, target, label = arrow
    if source == target:
        return []
    upper, lower = (target, source) if (source, target) in turned else (source, target)
    first, last = spots[upper], spots[lower]
    labelled = last.layer - 1 if (source, target) in turned else first.layer + 1
    way = [
        _Spot(
            f"{source}>{target}",
            Size(max(label, _WAYPOINT_WIDTH) if layer == labelled else _WAYPOINT_WIDTH, _LABEL_HEIGHT),
            layer,
        )
        for layer in range(first.layer + 1, last.layer)
    ]
    chain = [first, *way, last]
    for one, other in pairwise(chain):
        one.below.append(other)
        other.above.append(one)
    return way


# --- order --------------------------------------------------------------------------------------------------------


def _rows(spots: Sequence[_Spot]) -> list[list[_Spot]]:
    rows: list[list[_Spot]] = [[] for _ in range(max((spot.layer for spot in spots), default=0) + 1)]
    for spot in spots:
        rows[spot.layer].append(spot)
    return rows


def _order(rows: list[list[_Spot]], sweeps: int) -> None:
    """Order each row so that few arrows cross: by the middle of one's neighbours, downwards and upwards in turn."""
    _number(rows)
    best, least = [list(row) for row in rows], _crossings(rows)
    for sweep in range(sweeps):
        downwards = sweep % 2 == 0
        for row in rows[1:] if downwards else rows[-2::-1]:
            for spot in row:
                neighbours = spot.above if downwards else spot.below
                if len(neighbours) == 1:  # most are waypoints
                    spot.order = neighbours[0].order
                elif neighbours:
                    spot.order = median(one.order for one in neighbours)
            row.sort(key=lambda spot: spot.order)
            _number([row])
        crossings = _crossings(rows)
        if crossings < least:
            best, least = [list(row) for row in rows], crossings
    for row, ordered in zip(rows, best, strict=True):
        row[:] = ordered
    _number(rows)


def _number(rows: Sequence[Sequence[_Spot]]) -> None:
    for row in rows:
        for number, spot in enumerate(row):
            spot.order = float(number)


def _crossings(rows: Sequence[Sequence[_Spot]]) -> int:
    """Count the crossings between neighbouring rows: the inversions among the arrows' ends."""
    count = 0
    for row in rows:
        passed: list[float] = []
        for spot in row:
            for end in sorted(below.order for below in spot.below):
                count += len(passed) - bisect_right(passed, end)
                insort(passed, end)
    return count


# --- places -------------------------------------------------------------------------------------------------------


def _place(rows: Sequence[Sequence[_Spot]], sweeps: int) -> None:
    """Give every spot its place: as near to its neighbours as the order allows."""
    for row in rows:
        x = 0.0
        for spot in row:
            spot.x = x + spot.size.width / 2
            x += spot.size.width + _BETWEEN_BOXES
    for sweep in range(sweeps):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [_middle(near) if (near := _near(spot, sweep, sweeps)) else spot.x for spot in row]
            _settle(row, wanted)
    y = _MARGIN
    for row in rows:
        height = max((spot.size.height for spot in row), default=0.0)
        for spot in row:
            spot.y = y + height / 2
            spot.row_height = height
        y += height + _BETWEEN_LAYERS
    left = min(spot.x - spot.size.width / 2 for row in rows for spot in row) - _MARGIN
    for row in rows:
        for spot in row:
            spot.x -= left


def _middle(near: Sequence[_Spot]) -> float:
    match near:  # most are waypoints; the general mean is exact and slow
        case [one]:
            return one.x
        case [one, other]:
            return (one.x + other.x) / 2
        case _:
            return mean(spot.x for spot in near)


def _near(spot: _Spot, sweep: int, sweeps: int) -> list[_Spot]:
    last = sweep >= sweeps - 2  # in the end both sides count
    return [*spot.above, *spot.below] if last else (spot.above if sweep % 2 == 0 else spot.below)


def _settle(row: Sequence[_Spot], wanted: Sequence[float]) -> None:
    """Move a row to the places wanted, in its order and with its distances: least squares, by pooling neighbours."""
    offsets, offset = [], 0.0
    for one, other in pairwise(row):
        offsets.append(offset)
        offset += (one.size.width + other.size.width) / 2 + _BETWEEN_BOXES
    offsets.append(offset)
    pools: list[tuple[float, int]] = []  # mean and how many
    for place, shift in zip(wanted, offsets, strict=False):
        pool = (place - shift, 1)
        while pools and pools[-1][0] > pool[0]:
            value, count = pools.pop()
            pool = ((value * count + pool[0] * pool[1]) / (count + pool[1]), count + pool[1])
        pools.append(pool)
    settled = [value for value, count in pools for _ in range(count)]
    for spot, place, shift in zip(row, settled, offsets, strict=False):
        spot.x = place + shift


def _measure(rows: Sequence[Sequence[_Spot]]) -> tuple[float, float]:
    spots = [spot for row in rows for spot in row]
    width = max(spot.x + spot.size.width / 2 for spot in spots) + 2 * _MARGIN  # room for arrows from a box to itself
    height = max(spot.y + spot.size.height / 2 for spot in spots) + _MARGIN
    return width, height


# --- arrows -------------------------------------------------------------------------------------------------------


def _routes(
    spots: Mapping[str, _Spot],
    arrows: Sequence[tuple[str, str, float]],
    waypoints: Sequence[Sequence[_Spot]],
    turned: set[tuple[str, str]],
) -> list[list[Point]]:
    """Return each arrow's points; arrows leave and reach a box side by side, in the order of where they go."""
    upper_ports = _ports(spots, arrows, waypoints, turned, upper=True)
    lower_ports = _ports(spots, arrows, waypoints, turned, upper=False)
    routes: list[list[Point]] = []
    for number, ((source, target, _), way) in enumerate(zip(arrows, waypoints, strict=True)):
        if source == target:
            routes.append([])
            continue
        route = [upper_ports[number], *(point for spot in way for point in _past(spot)), lower_ports[number]]
        routes.append(route[::-1] if (source, target) in turned else route)
    return routes


def _past(spot: _Spot) -> list[Point]:
    """Return the points by which an arrow goes past its waypoint: straight along the boxes of the same row."""
    half = spot.row_height / 2
    return [(spot.x, spot.y - half), (spot.x, spot.y + half)] if spot.layer % 2 == 0 else [(spot.x, spot.y)]


def _ports(
    spots: Mapping[str, _Spot],
    arrows: Sequence[tuple[str, str, float]],
    waypoints: Sequence[Sequence[_Spot]],
    turned: set[tuple[str, str]],
    *,
    upper: bool,
) -> dict[int, Point]:
    """Return where each arrow touches its upper (or lower) box."""
    touching: dict[str, list[int]] = {}
    for number, (source, target, _) in enumerate(arrows):
        if source != target:
            touched = target if ((source, target) in turned) is upper else source
            touching.setdefault(touched, []).append(number)
    ports: dict[int, Point] = {}
    for name, numbers in touching.items():
        box = spots[name]
        numbers.sort(key=lambda number: waypoints[number][0 if upper else -1].x)
        y = box.y + box.size.height / 2 if upper else box.y - box.size.height / 2
        for position, number in enumerate(numbers):
            share = (position + 1) / (len(numbers) + 1) - 0.5
            ports[number] = (box.x + share * box.size.width * 0.8, y)
    return ports


def _label(
    spots: Mapping[str, _Spot], arrow: tuple[str, str, float], way: Sequence[_Spot], turned: set[tuple[str, str]]
) -> Point:
    source, target, width = arrow
    if not way:
        around = spots[source]
        return around.x + around.size.width / 2 + width / 2 + 4, around.y
    spot = way[-1] if (source, target) in turned else way[0]
    return spot.x, spot.y
