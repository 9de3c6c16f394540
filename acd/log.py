"""The engine's log: what it was told and what it decided, a JSON line each; replayed, it decides the same again.

The first line says what the log is, in which version, and how the engine was made. Each further line has ``at`` (the
engine's time in seconds), ``event`` (none: a timer), and ``decided``, the decisions in short, by which a replay is
compared. A log begins with its engine, so it holds everything the engine knows.

Nothing a customer said, keyed or is called gets into it: attributes and people's names are left out. What rules made of
the attributes is written instead of the rules, so the replay decides alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from acd.agent import INTERRUPTIONS
from acd.assignment import Assignment
from acd.commands import (
    CancelOffer,
    Command,
    DivertInteraction,
    DropCallback,
    MoveInteraction,
    OfferInteraction,
    RefuseRequest,
    ReleaseCallback,
    ReportAgentState,
    RequestResynchronisation,
)
from acd.engine import RoutingEngine
from acd.errors import AcdError
from acd.events import AgentConfigured, AgentLoggedOn, Event, InteractionQueued, RulesConfigured
from acd.matching import combined
from acd.model import Medium
from acd.plain import PlainError, event_from_plain, from_plain, to_plain

KIND = "acd events"
VERSION = 1


class LogError(AcdError):
    """A log cannot be read; ``line`` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One line of a log, told again. ``recorded`` and ``decided`` are in short; ``event`` None is a timer."""

    line: int
    at: float
    event: Event | None
    commands: tuple[Command, ...]
    recorded: tuple[str, ...]
    decided: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the engine decided as it did then."""
        return self.recorded == self.decided


class RecordingEngine(RoutingEngine):
    """An engine that hands each line of its log to ``write``, without line end, after it has decided."""

    def __init__(
        self,
        *,
        epoch: int,
        write: Callable[[str], None],
        interruptions: Mapping[Medium, frozenset[Medium]] = INTERRUPTIONS,
        assignment: Assignment | None = None,
    ) -> None:
        super().__init__(epoch=epoch, interruptions=interruptions, assignment=assignment)
        self._write = write
        allowed = to_plain(interruptions, Mapping[Medium, frozenset[Medium]])
        write(json.dumps({"log": KIND, "version": VERSION, "epoch": epoch, "interruptions": allowed}))

    def handle(self, event: Event, now: float) -> list[Command]:
        """As the engine's."""
        told = self._without_customers(event)
        commands = super().handle(event, now)
        self._log(now, commands, {"event": to_plain(told, Event)})
        return commands

    def handle_timer(self, now: float) -> list[Command]:
        """As the engine's."""
        commands = super().handle_timer(now)
        self._log(now, commands, {})
        return commands

    def _log(self, now: float, commands: list[Command], event: dict[str, Any]) -> None:
        line = {"at": to_plain(now), **event, "decided": [in_short(command) for command in commands]}
        self._write(json.dumps(line, ensure_ascii=False))

    def _without_customers(self, event: Event) -> Event:
        match event:
            case InteractionQueued():
                effect = self.effect(event.queue, event.attributes)
                return replace(
                    event,
                    head_start=(event.head_start if isfinite(event.head_start) else 0.0) + effect.head_start,
                    prefers_expert=event.prefers_expert or effect.prefers_expert,
                    requirements=combined(event.requirements, effect.requirements)
                    if effect.applied
                    else event.requirements,
                    preferred=event.preferred or effect.preferred,
                    attributes={},
                )
            case RulesConfigured():
                return RulesConfigured(rules=())
            case AgentLoggedOn() | AgentConfigured():
                return replace(event, agent=replace(event.agent, name=""))
            case _:
                return event


def replay(lines: Iterable[str]) -> Iterator[Replayed]:
    """Tell a log to an engine like the one it is of, line by line.

    Raises:
        LogError: it is no such log, of a version that is not known here, or a line cannot be read.
    """
    numbered = enumerate(lines, start=1)
    engine = _engine(numbered)
    for number, text in numbered:
        table = _table(number, text)
        try:
            at = from_plain(table.get("at"), float)
            recorded = from_plain(table.get("decided"), tuple[str, ...])
            event = event_from_plain(table["event"]) if "event" in table else None
        except PlainError as failure:
            raise LogError(number, str(failure)) from None
        commands = engine.handle_timer(at) if event is None else engine.handle(event, at)
        decided = tuple(map(in_short, commands))
        yield Replayed(line=number, at=at, event=event, commands=tuple(commands), recorded=recorded, decided=decided)


def in_short(command: Command) -> str:  # noqa: PLR0911 - one line a command
    """A decision in a few words, the same for the same decision."""
    match command:
        case OfferInteraction():
            return f"offer {command.offer}: {command.interaction} to {command.agent}, {command.trace.rule}"
        case CancelOffer():
            return f"cancel {command.offer}: {command.why}"
        case MoveInteraction():
            return f"move {command.interaction} to {command.to}: {command.why}"
        case DivertInteraction():
            return f"divert {command.interaction} to {command.to} {command.name}: {command.why}"
        case ReleaseCallback():
            return f"call {command.interaction} back: {command.attempt}"
        case DropCallback():
            return f"drop callback {command.interaction}: {command.why}"
        case ReportAgentState():
            then = f", then {command.pending}" if command.pending else ""
            return f"{command.agent} {command.state}{then}: {' '.join(command.interactions)}"
        case RefuseRequest():
            return f"refuse {command.request_id}: {command.reason.name}"
        case RequestResynchronisation():
            return f"resynchronise: {command.why}"


def _engine(numbered: Iterator[tuple[int, str]]) -> RoutingEngine:
    number, first = next(numbered, (1, ""))
    head = _table(number, first)
    if head.get("log") != KIND:
        raise LogError(number, f"this is not the head of a log of {KIND}")
    if head.get("version") != VERSION:
        raise LogError(number, f"version {head.get('version')} is not known here, only {VERSION}")
    try:
        epoch = from_plain(head.get("epoch"), int)
        allowed = from_plain(head.get("interruptions"), dict[Medium, frozenset[Medium]])
    except PlainError as failure:
        raise LogError(number, str(failure)) from None
    return RoutingEngine(epoch=epoch, interruptions=allowed)


def _table(number: int, text: str) -> dict[str, object]:
    try:
        table = json.loads(text)
    except ValueError:
        raise LogError(number, "this is no JSON") from None
    if not isinstance(table, dict):
        raise LogError(number, "this is no table")
    return table
