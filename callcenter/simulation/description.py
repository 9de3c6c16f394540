"""Reads a description and makes of it what can be run: traffic, and plans that are compared on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import acd.config
import acd.overflow
from acd.agent import INTERRUPTIONS
from acd.errors import ConfigurationError
from acd.metrics import ServiceLevel
from acd.model import Agent, AgentId, Medium, Queue, QueueName, SkillName
from acd.rules import Rule
from acd.simulation import Shift
from callcenter.catalogue import load_catalogue
from callcenter.domain.errors import ConfigError
from callcenter.files import read_file
from callcenter.simulation.calls import PastCall, read_anonymous_bank, read_calls
from callcenter.simulation.files import AgentPart, ChangePart, DescriptionFile, Duration, DurationPart, Row
from callcenter.simulation.traffic import Durations, Source, exponential
from ivr.flow.document import Document

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands in the file: the keys and positions that lead to it."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """An agent, when the agent works (seconds since midnight), and on which weekdays (0 Monday); `speed` 2 is fast."""

    agent: Agent
    spans: tuple[tuple[float, float], ...]
    days: frozenset[int]
    speed: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One way to run the house. `load` multiplies the arrivals."""

    name: str
    queues: tuple[Queue, ...]
    rules: tuple[Rule, ...]
    staff: tuple[Working, ...]
    load: float = 1.0

    def shifts(self, weekday: int | None) -> list[Shift]:
        """Everybody's shifts on this day of the week; None: of all who work on any."""
        return [
            Shift(agent=working.agent, start=start, end=end)
            for working in self.staff
            if weekday is None or weekday in working.days
            for start, end in working.spans
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """How the service level is counted; without `seconds` by each queue's own target."""

    variant: ServiceLevel
    seconds: float | None
    short: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is to be simulated: traffic drawn from `sources` or the past `calls`, under each of the plans."""

    title: str
    opens: float
    closes: float
    weekday: int | None
    counting: Counting
    answer_after: float
    interruptions: Mapping[Medium, frozenset[Medium]]
    plans: tuple[Plan, ...]
    sources: tuple[Source, ...] = ()
    busyness: float = 0.0
    calls: tuple[PastCall, ...] = ()


def load_description(path: Path) -> Description:
    """Read a description. Raises `ConfigError` that lists every problem with file and line."""
    problems: list[ConfigError] = []
    found = read_file(path, DescriptionFile, problems)
    if found is not None:
        reader = _Reader(path, *found)
        description = reader.description()
        problems = reader.problems
        if description is not None and not problems:
            return description
    raise ConfigError("simulation", "\n" + "\n".join(f"  {problem}" for problem in problems))


class _Reader:
    """Reads one description; what is wrong in it is collected."""

    def __init__(self, path: Path, file: DescriptionFile, document: Document) -> None:
        self.problems: list[ConfigError] = []
        self._path = path
        self._file = file
        self._document = document
        self._skills: frozenset[SkillName] = frozenset(map(SkillName, file.skills))
        self._queues: dict[QueueName, Queue] = {}
        self._rules: tuple[Rule, ...] = ()
        self._interruptions: Mapping[Medium, frozenset[Medium]] = INTERRUPTIONS

    def description(self) -> Description | None:
        """Read all of it, as far as that is possible."""
        file = self._file
        opens, closes = _seconds(file.opens), _seconds(file.closes)
        if closes <= opens:
            self._problem(("closes",), "closes before it opens")
        if file.house is not None:
            self._take_house(self._path.parent / file.house)
        self._queues = self._with_rows(self._queues, file.queues, ("queues",))
        self._rules += self._read_rules(file.rules, ("rules",))
        base = Plan(
            name=file.as_described,
            queues=tuple(self._queues.values()),
            rules=self._rules,
            staff=self._staff(file.agents, ("agents",)),
        )
        plans = [base, *(self._changed(base, change, number) for number, change in enumerate(file.changes))]
        for number, plan in enumerate(plans[1:]):
            if plan.name in (other.name for other in plans[: number + 1]):
                self._problem(("changes", number, "name"), f"the name {plan.name!r} is taken by an earlier plan")
        sources = self._sources()
        calls = self._calls()
        if self.problems:
            return None
        return Description(
            title=file.title,
            opens=opens,
            closes=closes,
            weekday=WEEKDAYS.index(file.day) if file.day else None,
            counting=Counting(
                variant=ServiceLevel(file.service_level.variant),
                seconds=file.service_level.seconds,
                short=file.service_level.short,
            ),
            answer_after=file.answer_after,
            interruptions=self._interruptions,
            plans=tuple(plans),
            sources=sources,
            busyness=file.busyness,
            calls=calls,
        )

    # -- queues and rules --------------------------------------------------------------------------------------------

    def _take_house(self, directory: Path) -> None:
        try:
            house = load_catalogue(directory)
        except ConfigError as error:
            self._problem(("house",), str(error))
            return
        self._skills |= {SkillName(skill.name) for skill in house.skills}
        self._queues = {plan.routing.name: plan.routing for plan in house.queues.values()}
        self._rules = house.rules
        self._interruptions = house.media.interruptions

    def _with_rows(self, queues: Mapping[QueueName, Queue], rows: Sequence[Row], at: Place) -> dict[QueueName, Queue]:
        """Return the queues with each row's keys in them: a row with the name of one changes that one."""
        found = dict(queues)
        for number, row in enumerate(rows):
            try:
                read = acd.config.queue_from_row(row, self._skills)
            except ConfigurationError as error:
                self._refused(error, (*at, number))
                continue
            before = found.get(read.name)
            found[read.name] = read if before is None else replace(before, **{key: getattr(read, key) for key in row})
        try:
            acd.overflow.check(found)
        except ConfigurationError as error:
            self._refused(error, at)
        return found

    def _read_rules(self, rows: Sequence[Row], at: Place) -> tuple[Rule, ...]:
        try:
            return acd.config.rules_from_rows(rows, self._skills)
        except ConfigurationError as error:
            self._refused(error, at)
            return ()

    # -- agents ------------------------------------------------------------------------------------------------------

    def _staff(self, parts: Sequence[AgentPart], at: Place) -> tuple[Working, ...]:
        staff: dict[AgentId, Working] = {}
        for number, part in enumerate(parts):
            for working in self._agents(part, (*at, number)):
                if working.agent.agent in staff:
                    self._problem(
                        (*at, number, "name"), f"the name {working.agent.agent!r} is taken by an earlier agent"
                    )
                staff[working.agent.agent] = working
        return tuple(staff.values())

    def _agents(self, part: AgentPart, at: Place) -> Iterable[Working]:
        row: Row = {"agent": part.name, "group": part.group, "skills": part.skills}
        if part.capacities is not None:
            row["capacities"] = part.capacities
        try:
            agent = acd.config.agent_from_row(row, self._skills)
        except ConfigurationError as error:
            self._refused(error, at)
            return
        spans = self._spans(part, at)
        days = frozenset(map(WEEKDAYS.index, part.days if part.days is not None else WEEKDAYS))
        for number in range(1, part.count + 1):
            name = AgentId(part.name if part.count == 1 else f"{part.name}-{number}")
            yield Working(agent=replace(agent, agent=name), spans=spans, days=days, speed=part.speed)

    def _spans(self, part: AgentPart, at: Place) -> tuple[tuple[float, float], ...]:
        if part.shift is None:
            return ((_seconds(self._file.opens), _seconds(self._file.closes)),)
        spans: list[tuple[float, float]] = []
        for text in [part.shift] if isinstance(part.shift, str) else part.shift:
            start, end = (_seconds(each) for each in text.split("-"))
            if not start < end <= 86_400 or (spans and start < spans[-1][1]):
                self._problem((*at, "shift"), f"{text}: shifts end after they begin, on the same day, in their order")
            spans.append((start, end))
        return tuple(spans)

    # -- plans -------------------------------------------------------------------------------------------------------

    def _changed(self, base: Plan, change: ChangePart, number: int) -> Plan:
        at: Place = ("changes", number)
        entries = {part.name for part in self._file.agents}
        for key, names in (("without", change.without), ("skills", list(change.skills))):
            for name in names:
                if name not in entries:
                    self._problem((*at, key), f"{name} is no entry of agents")
        if change.load != 1 and self._file.calls is not None:
            self._problem((*at, "load"), "past calls are as many as they were: load goes with arrivals only")
        kept = [
            part.model_copy(update={"skills": {**part.skills, **change.skills.get(part.name, {})}})
            for part in self._file.agents
            if part.name not in change.without
        ]
        before = len(self.problems)
        staff = self._staff(kept, (*at, "skills"))
        added = self._staff(change.agents, (*at, "agents")) if len(self.problems) == before else ()
        taken = {working.agent.agent for working in staff}
        for working in added:
            if working.agent.agent in taken:
                self._problem(
                    (*at, "agents"), f"the name {working.agent.agent!r} is taken by an agent of the description"
                )
        return Plan(
            name=change.name,
            queues=tuple(self._with_rows(self._queues, change.queues, (*at, "queues")).values()),
            rules=base.rules if change.rules is None else self._read_rules(change.rules, (*at, "rules")),
            staff=staff + added,
            load=change.load,
        )

    # -- traffic -----------------------------------------------------------------------------------------------------

    def _sources(self) -> tuple[Source, ...]:
        sources = []
        for number, part in enumerate(self._file.arrivals):
            at: Place = ("arrivals", number)
            if part.queue not in self._queues:
                self._problem((*at, "queue"), f"there is no queue {part.queue}")
                continue
            if sum(part.tiers.values()) > 1 + 1e-9:
                self._problem((*at, "tiers"), "the shares of the tiers are more than 1 together")
            try:
                row = {"name": part.queue, "requirements": part.requirements}
                needs = acd.config.queue_from_row(row, self._skills).requirements
            except ConfigurationError as error:
                self._refused(error, at)
                continue
            rates = sorted((_seconds(time), rate / 3600.0) for time, rate in part.per_hour.items())
            sources.append(
                Source(
                    queue=QueueName(part.queue),
                    rates=tuple(rates),
                    tiers=tuple(part.tiers.items()),
                    attributes=dict(part.attributes),
                    requirements=needs,
                    talk=_durations(part.talk),
                    wrap_up=_durations(part.wrap_up),
                    patience=None if part.patience is None else _patience(part.patience),
                )
            )
        return tuple(sources)

    def _calls(self) -> tuple[PastCall, ...]:
        part = self._file.calls
        if part is None:
            return ()
        path = self._path.parent / part.file
        try:
            calls = read_anonymous_bank(path) if part.format == "anonymous-bank" else read_calls(path)
        except ConfigError as error:
            self.problems.append(error)
            return ()
        strange = sorted({call.queue for call in calls} - set(self._queues))
        if strange:
            self._problem(("calls",), f"calls came to queues that are not described: {', '.join(strange)}")
        if not calls:
            self._problem(("calls", "file"), f"{path} holds no call")
        return tuple(calls)

    # -- problems ----------------------------------------------------------------------------------------------------

    def _problem(self, at: Place, reason: str) -> None:
        self.problems.append(ConfigError(f"{self._path}:{self._document.line(at)}", reason))

    def _refused(self, error: ConfigurationError, at: Place) -> None:
        self._problem((*at, *error.path), error.reason)


def _seconds(clock: str) -> float:
    hours, minutes = clock.split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0


def _durations(part: Duration) -> Durations:
    if not isinstance(part, DurationPart):
        part = DurationPart(mean=part) if part else DurationPart(mean=1e-9, spread=0)
    return exponential(part.mean) if part.shape == "exponential" else Durations(mean=part.mean, spread=part.spread)


def _patience(part: Duration) -> Durations:
    return _durations(part) if isinstance(part, DurationPart) else exponential(part)
