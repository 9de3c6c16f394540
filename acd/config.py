"""Plain rows (of a file or a table) become agents and queues; an error names the row and says what is wrong.

A requirement is written as a skill (``"english"``), a skill with its minimum (``"english >= 3"`` or
``{"skill": "english", "minimum": 3}``), a list of which all must hold, or ``{"all": […]}``, ``{"any": […]}``,
``{"not": …}``, nested as needed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from math import isfinite
from typing import TypeVar

from acd.agent import INTERRUPTIONS
from acd.errors import ConfigurationError
from acd.matching import mentioned_skills, satisfiable
from acd.media import CapacityException, MediaRules
from acd.model import (
    ANY_AGENT,
    HIGHEST_PROFICIENCY,
    LOWEST_PROFICIENCY,
    Agent,
    AgentId,
    AgentSelection,
    AllOf,
    AnyOf,
    Medium,
    Overflow,
    OverflowCause,
    OverflowTo,
    PreferredAgent,
    Proficiency,
    Queue,
    QueueLimits,
    QueueName,
    QueueStep,
    Requirement,
    ServiceLevelTarget,
    SkillName,
    SkillRequirement,
    TunableIndex,
    Without,
    WrapUp,
    WrapUpMode,
)
from acd.overflow import check
from acd.rules import Rule, compiled

Row = Mapping[str, object]
E = TypeVar("E", bound=StrEnum)

UNLIMITED = frozenset({OverflowCause.NOBODY_LOGGED_ON, OverflowCause.CLOSED})
"""Causes that are there or not: nothing about them can be set a limit."""

_SKILL_WITH_MINIMUM = re.compile(r"(?P<skill>[^<>=]+?)\s*>=\s*(?P<minimum>\d+)")


def queues_from_rows(rows: Iterable[Row], skills: Collection[SkillName]) -> tuple[Queue, ...]:
    """All queues of a centre. ``skills`` are those that exist.

    Raises:
        ConfigurationError: a key or skill is unknown, a value is not possible, or a name occurs twice.
    """
    queues: dict[QueueName, Queue] = {}
    for number, row in enumerate(rows, start=1):
        queue = queue_from_row(row, skills, where=f"queue {number}")
        if queue.name in queues:
            raise ConfigurationError(f"queue {number}", f"the name {queue.name!r} is taken by an earlier queue")
        queues[queue.name] = queue
    check(queues)
    return tuple(queues.values())


def queue_from_row(row: Row, skills: Collection[SkillName], *, where: str = "queue") -> Queue:
    """One queue; ``where`` names the row in errors, its own name is added once it is known.

    Its keys are the fields of :class:`acd.model.Queue`; ``index``, ``limits``, ``wrap_up`` and ``service_level`` are
    tables of the fields of theirs, ``steps`` and ``overflows`` lists of such tables.

    Raises:
        ConfigurationError: a key or skill is unknown, a value is not possible, or nobody could ever serve the queue.
    """
    reader = _Reader(row, where)
    name = QueueName(reader.text("name"))
    reader.where = f"{where} ({name})"
    requirements = reader.requirement("requirements", skills)
    queue = Queue(
        name=name,
        requirements=requirements,
        priority=reader.number("priority", 0.0),
        head_start=reader.number("head_start", 0.0),
        weight=reader.number("weight", 1.0, above=0.0),
        overdue_after=reader.optional_number("overdue_after", above=0.0),
        overdue_factor=reader.optional_number("overdue_factor", above=0.0),
        selection=reader.choice("selection", AgentSelection, AgentSelection.LEAST_SPECIALISED),
        index=reader.index("index"),
        share=reader.optional_number("share", above=0.0),
        steps=reader.steps("steps", skills),
        overflows=reader.overflows("overflows"),
        limits=reader.limits("limits"),
        expert_hold=reader.number("expert_hold", 0.0, least=0.0),
        expert_level=reader.level("expert_level", HIGHEST_PROFICIENCY),
        offer_timeout=reader.number("offer_timeout", 20.0, above=0.0),
        wrap_up=reader.wrap_up("wrap_up"),
        service_level=reader.service_level("service_level"),
    )
    reader.finish()
    if queue.overdue_factor is not None and queue.overdue_after is None:
        raise reader.fail("overdue_factor needs overdue_after, which it begins with", "overdue_factor")
    return queue


def rules_from_rows(rows: Iterable[Row], skills: Collection[SkillName]) -> tuple[Rule, ...]:
    """All rules: ``name``, ``when`` (a condition), and what they give, as the fields of :class:`acd.rules.Rule`.

    ``preferred_agent`` is a table of the fields of :class:`acd.model.PreferredAgent`. The path of an error begins
    with the rule's position.

    Raises:
        ConfigurationError: a condition does not compile, a key or skill is unknown, a value is not possible, or a
            name occurs twice.
    """
    rules: list[Rule] = []
    for number, row in enumerate(rows, start=1):
        reader = _Reader(row, f"rule {number}", (number - 1,))
        name = reader.text("name")
        reader.where = f"rule {number} ({name})"
        if any(rule.name == name for rule in rules):
            raise reader.fail(f"the name {name!r} is taken by an earlier rule", "name")
        rules.append(
            Rule(
                name=name,
                when=compiled(reader.text("when"), where=reader.where, path=(number - 1, "when")),
                head_start=reader.number("head_start", 0.0),
                prefers_expert=reader.boolean("prefers_expert", default=False),
                requirements=reader.requirement("requirements", skills),
                preferred=reader.preferred_agent("preferred_agent"),
            )
        )
        reader.finish()
    return tuple(rules)


def media_from_row(row: Row, skills: Collection[SkillName] = (), *, where: str = "media") -> MediaRules:
    """What a centre says about its media. ``skills`` are those that exist.

    ``capacities``     medium → how many an agent takes at once
    ``exceptions``     tables of ``capacities`` for some: the ``agents`` named, or who satisfies the ``requirements``
    ``interruptions``  medium worked on → media that may be offered meanwhile, as far as capacities go; one that is
                       not named keeps the rule of :data:`acd.agent.INTERRUPTIONS`
    """
    reader = _Reader(row, where)
    table = reader.table("interruptions")
    found = MediaRules(
        capacities=reader.capacities("capacities"),
        exceptions=reader.exceptions("exceptions", skills),
        interruptions={medium: table.media(medium, default) for medium, default in INTERRUPTIONS.items()},
    )
    table.finish()
    reader.finish()
    return found


def agent_from_row(row: Row, skills: Collection[SkillName], *, where: str = "agent") -> Agent:
    """One agent: ``agent``, ``name``, ``group``, ``skills`` (skill → 1–10), ``capacities`` (medium → number)."""
    reader = _Reader(row, where)
    agent = AgentId(reader.text("agent"))
    reader.where = f"{where} ({agent})"
    found = Agent(
        agent=agent,
        name=reader.text("name", ""),
        group=reader.text("group", ""),
        skills=reader.proficiencies("skills", skills),
        capacities=reader.capacities("capacities"),
    )
    reader.finish()
    return found


class _Reader:
    """Takes typed values out of a row; what is left at the end is unknown."""

    def __init__(self, row: Row, where: str, path: tuple[str | int, ...] = ()) -> None:
        self.where = where
        self.path = path
        self._rest = dict(row)

    def fail(self, reason: str, *at: str | int) -> ConfigurationError:
        return ConfigurationError(self.where, reason, (*self.path, *at))

    def finish(self) -> None:
        if self._rest:
            raise self.fail(f"unknown: {', '.join(sorted(map(str, self._rest)))}", next(iter(self._rest)))

    def text(self, key: str, default: str | None = None) -> str:
        value = self._rest.pop(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.fail(f"{key} must be a text" + ("" if default is not None else " that is not empty"), key)
        return value

    def number(
        self,
        key: str,
        default: float,
        *,
        least: float | None = None,
        most: float | None = None,
        above: float | None = None,
    ) -> float:
        value = self._rest.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.fail(f"{key} must be a number, not {value!r}", key)
        if least is not None and value < least:
            raise self.fail(f"{key} must be at least {least:g}, not {value:g}", key)
        if most is not None and value > most:
            raise self.fail(f"{key} must be at most {most:g}, not {value:g}", key)
        if above is not None and value <= above:
            raise self.fail(f"{key} must be above {above:g}, not {value:g}", key)
        return float(value)

    def optional_number(self, key: str, *, above: float) -> float | None:
        return self.number(key, 0.0, above=above) if self._rest.get(key) is not None else None

    def level(self, key: str, default: Proficiency) -> Proficiency:
        return self._level(key, self._rest.pop(key, default), key)

    def wrap_up(self, key: str) -> WrapUp:
        part = self.table(key)
        found = WrapUp(
            mode=part.choice("mode", WrapUpMode, WrapUpMode.NONE),
            seconds=part.number("seconds", 0.0, least=0.0),
            extension_limit=part.number("extension_limit", 0.0, least=0.0),
        )
        part.finish()
        return found

    def service_level(self, key: str) -> ServiceLevelTarget:
        part = self.table(key)
        found = ServiceLevelTarget(
            share=part.number("share", 0.8, least=0.0, most=1.0), seconds=part.number("seconds", 20.0, least=0.0)
        )
        part.finish()
        return found

    def preferred_agent(self, key: str) -> PreferredAgent | None:
        if self._rest.get(key) is None:
            return None
        part = self.table(key)
        found = PreferredAgent(
            agent=AgentId(part.text("agent")),
            wait=part.number("wait", 0.0, least=0.0),
            head_start=part.number("head_start", 60.0, least=0.0),
        )
        part.finish()
        return found

    def index(self, key: str) -> TunableIndex:
        part = self.table(key)
        groups = part.mapping("groups")
        found = TunableIndex(
            wait=part.number("wait", 1.0, least=0.0),
            head_start=part.number("head_start", 1.0, least=0.0),
            idle=part.number("idle", 1.0),
            proficiency=part.number("proficiency", 0.0),
            specialisation=part.number("specialisation", 0.0),
            groups=tuple(
                (name, _Reader(groups, part.where, (*part.path, "groups")).number(name, 0.0)) for name in sorted(groups)
            ),
        )
        part.finish()
        return found

    def steps(self, key: str, skills: Collection[SkillName]) -> tuple[QueueStep, ...]:
        found: list[QueueStep] = []
        for part in self._parts(key):
            step = QueueStep(
                after=part.number("after", 0.0, above=0.0),
                requirements=part.requirement("requirements", skills),
                keeps_needs=part.boolean("keeps_needs", default=True),
            )
            part.finish()
            if found and step.after <= found[-1].after:
                raise part.fail("steps must come in the order of their times", "after")
            found.append(step)
        return tuple(found)

    def overflows(self, key: str) -> tuple[Overflow, ...]:
        found = []
        for part in self._parts(key):
            cause = part.choice("cause", OverflowCause, None)
            if cause in UNLIMITED and part.has("limit"):
                raise part.fail(f"{cause}: there is nothing that a limit could mean", "limit")
            found.append(
                Overflow(
                    cause=cause,
                    to=part.choice("to", OverflowTo, None),
                    name=part.text("name"),
                    limit=0.0 if cause in UNLIMITED else part.limit("limit", cause),
                )
            )
            part.finish()
        return tuple(found)

    def limits(self, key: str) -> QueueLimits | None:
        if self._rest.get(key) is None:
            return None
        part = self.table(key)
        size = part.optional_number("size", above=0.0)
        if size is not None and not size.is_integer():
            raise part.fail(f"size must be a whole number, not {size:g}", "size")
        seconds = part.optional_number("seconds", above=0.0)
        if size is None and seconds is None:
            raise part.fail("there must be a size, or seconds, or both")
        to = part.choice("to", OverflowTo, OverflowTo.MESSAGE)
        if to is OverflowTo.QUEUE:
            raise part.fail("to: who is too many, or has waited too long, is led out of the queues", "to")
        found = QueueLimits(size=None if size is None else int(size), seconds=seconds, to=to, name=part.text("name"))
        part.finish()
        return found

    def has(self, key: str) -> bool:
        return key in self._rest

    def limit(self, key: str, cause: OverflowCause) -> float:
        if key not in self._rest:
            raise self.fail(f"{cause}: {key} is missing", key)
        if cause is OverflowCause.LENGTH:
            return self.number(key, 0.0, least=0.0)
        return self.number(key, 0.0, above=0.0)

    def boolean(self, key: str, *, default: bool) -> bool:
        value = self._rest.pop(key, default)
        if not isinstance(value, bool):
            raise self.fail(f"{key} must be true or false, not {value!r}", key)
        return value

    def choice(self, key: str, kind: type[E], default: E | None) -> E:
        value = self._rest.pop(key, default)
        try:
            return kind(str(value))
        except ValueError:
            raise self.fail(f"{key} must be one of {', '.join(kind)}, not {value!r}", key) from None

    def requirement(self, key: str, skills: Collection[SkillName]) -> Requirement:
        found = self._requirement(key, self._rest.pop(key, ()))
        for skill in mentioned_skills(found):
            if skill not in skills:
                raise self.fail(f"{key}: there is no skill {skill!r}", key)
        if not satisfiable(found):
            raise self.fail(f"{key}: nobody could ever satisfy {found}", key)
        return found

    def proficiencies(self, key: str, skills: Collection[SkillName]) -> dict[SkillName, Proficiency]:
        found: dict[SkillName, Proficiency] = {}
        for skill, level in self.mapping(key).items():
            if skill not in skills:
                raise self.fail(f"{key}: there is no skill {skill!r}", key, skill)
            found[SkillName(skill)] = self._level(f"{key}: {skill}", level, key, skill)
        return found

    def capacities(self, key: str) -> dict[Medium, int]:
        if key not in self._rest:
            return {Medium.VOICE: 1}
        found: dict[Medium, int] = {}
        for medium, number in self.mapping(key).items():
            if medium not in list(Medium):
                raise self.fail(f"{key}: there is no medium {medium!r}", key, medium)
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise self.fail(f"{key}: {medium} must be a whole number from 0 on, not {number!r}", key, medium)
            found[Medium(medium)] = number
        if found.get(Medium.VOICE, 0) > 1:
            raise self.fail(f"{key}: nobody can lead two conversations by voice", key)
        return found

    def exceptions(self, key: str, skills: Collection[SkillName]) -> tuple[CapacityException, ...]:
        found = []
        for part in self._parts(key):
            if not part.has("capacities"):
                raise part.fail("capacities are missing", "capacities")
            agents = part.names("agents")
            requirements = part.requirement("requirements", skills)
            if not agents and requirements == ANY_AGENT:
                raise part.fail("whom it concerns is missing: agents, or requirements")
            capacities = part.capacities("capacities")
            part.finish()
            found.append(
                CapacityException(
                    capacities=capacities, agents=frozenset(map(AgentId, agents)), requirements=requirements
                )
            )
        return tuple(found)

    def names(self, key: str) -> list[str]:
        value = self._rest.pop(key, ())
        if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(one, str) for one in value):
            raise self.fail(f"{key} must be a list of names", key)
        return [str(one) for one in value]

    def media(self, key: str, default: frozenset[Medium]) -> frozenset[Medium]:
        value = self._rest.pop(key, None)
        if value is None:
            return default
        known = list(Medium)
        if not isinstance(value, Sequence) or isinstance(value, str) or not all(medium in known for medium in value):
            raise self.fail(f"{key} must be a list of media ({', '.join(known)})", key)
        if key == Medium.VOICE and Medium.VOICE in value:
            raise self.fail("nobody can lead two conversations by voice", key)
        return frozenset(Medium(str(medium)) for medium in value)

    def _parts(self, key: str) -> list[_Reader]:
        value = self._rest.pop(key, ())
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.fail(f"{key} must be a list", key)
        return [self._part(f"{key} {number}", part, key, number - 1) for number, part in enumerate(value, start=1)]

    def _part(self, name: str, value: object, *at: str | int) -> _Reader:
        if not isinstance(value, Mapping):
            raise self.fail(f"{name} must be a table of names and values", *at)
        return _Reader(value, f"{self.where}, {name}", (*self.path, *at))

    def table(self, key: str) -> _Reader:
        return self._part(key, self._rest.pop(key, {}), key)

    def mapping(self, key: str) -> Mapping[str, object]:
        value = self._rest.pop(key, {})
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise self.fail(f"{key} must map names to numbers", key)
        return value

    def _level(self, what: str, value: object, *at: str) -> Proficiency:
        proper = isinstance(value, int) and not isinstance(value, bool)
        if not isinstance(value, int) or not proper or not LOWEST_PROFICIENCY <= value <= HIGHEST_PROFICIENCY:
            raise self.fail(f"{what} must be a proficiency from 1 to 10, not {value!r}", *at)
        return value

    def _requirement(self, key: str, value: object) -> Requirement:  # noqa: PLR0911 - one case a form
        match value:
            case str() if (match := _SKILL_WITH_MINIMUM.fullmatch(value.strip())) is not None:
                minimum = self._level(f"{key}: {match['skill']}", int(match["minimum"]), key)
                return SkillRequirement(skill=SkillName(match["skill"]), minimum=minimum)
            case str() if value.strip():
                return SkillRequirement(skill=SkillName(value.strip()))
            case {"skill": str(skill), "minimum": minimum, **rest} if not rest:
                level = self._level(f"{key}: {skill}", minimum, key)
                return SkillRequirement(skill=SkillName(skill), minimum=level)
            case {"skill": str(skill), **rest} if not rest:
                return SkillRequirement(skill=SkillName(skill))
            case {"all": Sequence() as parts, **rest} if not rest and not isinstance(parts, str):
                return AllOf(parts=tuple(self._requirement(key, part) for part in parts))
            case {"any": Sequence() as parts, **rest} if not rest and parts and not isinstance(parts, str):
                return AnyOf(parts=tuple(self._requirement(key, part) for part in parts))
            case {"not": part, **rest} if not rest:
                return Without(part=self._requirement(key, part))
            case Sequence() as parts if not isinstance(parts, str):
                return AllOf(parts=tuple(self._requirement(key, part) for part in parts))
            case _:
                raise self.fail(f"{key}: {value!r} is not a requirement", key)
