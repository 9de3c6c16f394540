"""Ways through a flow as a graph: what is reached, and what lies on a loop. Each is found in one pass over all ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Ways: TypeAlias = Mapping[str, Sequence[str]]
"""Where one comes to from each node. What is named as a target and is no node itself leads nowhere."""


def reachable(ways: Ways, begin: Iterable[str]) -> set[str]:
    """Return the nodes that can be reached from some, themselves included."""
    reached: set[str] = set()
    open_ends = list(begin)
    while open_ends:
        name = open_ends.pop()
        if name in ways and name not in reached:
            reached.add(name)
            open_ends.extend(ways[name])
    return reached


def in_loops(ways: Ways) -> set[str]:
    """Return the nodes from which a way leads back to them: Tarjan's strongly connected components.

    Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1 (1972). Without recursion: a flow may be
    a thousand nodes deep.
    """
    found: set[str] = set()
    numbers: dict[str, int] = {}  # in the order of the first visit
    lowest: dict[str, int] = {}  # the smallest number that a node still open can lead back to
    still_open: list[str] = []
    is_open: set[str] = set()
    for root in ways:
        if root in numbers:
            continue
        path = [(root, iter(ways[root]))]
        numbers[root] = lowest[root] = len(numbers)
        still_open.append(root)
        is_open.add(root)
        while path:
            name, targets = path[-1]
            for target in targets:
                if target not in ways:
                    continue
                if target not in numbers:
                    numbers[target] = lowest[target] = len(numbers)
                    still_open.append(target)
                    is_open.add(target)
                    path.append((target, iter(ways[target])))
                    break
                if target in is_open:
                    lowest[name] = min(lowest[name], numbers[target])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[name])
                if lowest[name] == numbers[name]:
                    component = _taken_down_to(name, still_open)
                    is_open.difference_update(component)
                    if len(component) > 1 or name in ways[name]:
                        found.update(component)
    return found


def _taken_down_to(name: str, still_open: list[str]) -> list[str]:
    start = len(still_open) - 1
    while still_open[start] != name:
        start -= 1
    component = still_open[start:]
    del still_open[start:]
    return component
