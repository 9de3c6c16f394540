"""Views to frames: each section is turned into JSON once, however many pages get it. Pure.

The result is what `SnapshotFrame` and `ViewFrame` would give; a test holds them equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from agent_desktop.live.desktop import AGENT_SECTIONS, agent_sections
from agent_desktop.live.frames import AgentView, Section, SupervisorView, ViewFrame
from agent_desktop.live.wallboard import BOARD_SECTIONS, board_sections

View = AgentView | SupervisorView

_SHARED: frozenset[Section] = frozenset({"agents", "queues", "reasons", "repairs"})  # the same object for many pages


class Encoder:
    """Writes frames; keeps the JSON of the sections that many pages share until they change."""

    def __init__(self) -> None:
        self._adapters: dict[Section, TypeAdapter[Any]] = {
            section: TypeAdapter[Any](ViewFrame.model_fields[section].annotation or Any)
            for section in (*AGENT_SECTIONS, *BOARD_SECTIONS)
        }
        self._kept: dict[Section, tuple[object, str]] = {}

    def snapshot(self, view: View, *, seq: int, at: int) -> str:
        """Return a `SnapshotFrame` of the whole view."""
        sections: Sequence[Section] = AGENT_SECTIONS if isinstance(view, AgentView) else BOARD_SECTIONS
        body = ",".join([f'"kind":"{view.kind}"', *self._members(view, sections)])
        return f'{{"type":"snapshot","seq":{seq},"at":{at},"view":{{{body}}}}}'

    def changes(self, view: View, sections: Sequence[Section], *, seq: int, at: int) -> str:
        """Return a `ViewFrame` of these sections of the view."""
        names = ",".join(f'"{section}"' for section in sections)
        body = ",".join(self._members(view, sections))
        return f'{{"type":"view","seq":{seq},"at":{at},"changed":[{names}],{body}}}'

    def _members(self, view: View, sections: Sequence[Section]) -> list[str]:
        return [f'"{section}":{self._section(section, getattr(view, section))}' for section in sections]

    def _section(self, section: Section, value: object) -> str:
        kept = self._kept.get(section)
        if kept is not None and kept[0] is value:
            return kept[1]
        text = self._adapters[section].dump_json(value).decode()
        if section in _SHARED:
            self._kept[section] = (value, text)
        return text


def changed_sections(shown: View, now: View) -> tuple[Section, ...]:
    """Return the sections in which `now` differs from what a page has. A page's kind never changes."""
    match shown, now:
        case AgentView(), AgentView():
            return agent_sections(shown, now)
        case SupervisorView(), SupervisorView():
            return board_sections(shown, now)
        case _:
            raise TypeError("a page is an agent's or a supervisor's for its whole life")
