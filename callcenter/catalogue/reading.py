"""Reads what the house has configured: `callcenter.yaml`, `routing.yaml` and `queues/*.yaml` of its directory.

Everything is read and checked before anything takes effect; every problem names file and line. How interactions are
routed is judged by the routing engine's own reader of rows (`acd.config`), whose errors find their line here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import acd.config
import acd.overflow
from acd.errors import ConfigurationError
from acd.media import MediaRules
from acd.model import OverflowCause, OverflowTo, SkillName, WrapUpMode
from acd.rules import Rule
from callcenter.catalogue.calendars import read_calendars
from callcenter.catalogue.files import DispositionPart, HouseFile, PreferencePart, QueueFile, RoutingFile
from callcenter.dialling import read_dialling
from callcenter.domain.catalogue import (
    CallbackRule,
    Catalogue,
    Disposition,
    Preference,
    PublishedNumber,
    QueuePlan,
    Reason,
    Skill,
    TransferredFrom,
    Whom,
)
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import QueueName, is_configured_name
from callcenter.files import read_file
from ivr.flow.document import Document, DocumentError, read_document
from ivr.flow.document import Path as DocumentPath

HOUSE_FILE = "callcenter.yaml"
ROUTING_FILE = "routing.yaml"
QUEUES_FOLDER = "queues"
FLOWS_FOLDER = "flows"

OFFER_MARGIN = 5.0
"""Seconds beyond the switch's own ring time before the engine gives an offer up."""

RING_SECONDS = 15
"""How long the switch rings a phone, unless the settings say otherwise."""

_ROUTED = frozenset(QueueFile.model_fields) - {
    "label",
    "dispositions",
    "disposition_required",
    "treatment",
    "survey",
    "transferred",
    "callbacks",
    "caller_id",
    "calendar",
    "preferred_agents",
}


def load_catalogue(directory: Path, *, ring_seconds: int = RING_SECONDS, country: str = "US") -> Catalogue:
    """Read the configuration directory. Raises `ConfigError` that lists every problem with file and line.

    `ring_seconds` is how long the switch rings a phone: no queue can give an agent more time than that. `country` is
    the house's own (ISO 3166): how numbers are read, and what `home` means in the dial plan.
    """
    reader = _Reader(directory, ring_seconds)
    house = read_file(directory / HOUSE_FILE, HouseFile, reader.problems)
    routing = reader.routing()
    calendars = read_calendars(directory, reader.problems)
    queues = reader.queues(routing.names, calendars)
    dialling = read_dialling(directory, country, queues, reader.problems)
    if house is not None:
        reader.problems.extend(_doubtful_house(directory / HOUSE_FILE, *house, queues))
    if reader.problems or house is None:
        raise ConfigError("configuration", "\n" + "\n".join(f"  {problem}" for problem in reader.problems))
    file = house[0]
    return Catalogue(
        queues=queues,
        default_queue=QueueName(file.default_queue),
        reasons=tuple(Reason(name=one.name, label=one.label.read()) for one in file.not_ready_reasons),
        numbers=tuple(PublishedNumber(number=one.number, flow=one.flow) for one in file.numbers),
        skills=routing.skills,
        rules=routing.rules,
        media=routing.media,
        dialling=dialling,
        calendars=calendars,
    )


class _EverySkill(frozenset[SkillName]):
    """What is taken for the skills of a house whose list of them cannot be read: that they are missing is no news."""

    def __contains__(self, _: object) -> bool:
        return True


@dataclass(slots=True, kw_only=True)
class _Routing:
    """What `routing.yaml` says, as far as it can be read."""

    skills: tuple[Skill, ...] = ()
    names: frozenset[SkillName] = frozenset()
    rules: tuple[Rule, ...] = ()
    media: MediaRules = field(default_factory=MediaRules)


class _Reader:
    """Reads one directory; what is wrong in it is collected."""

    def __init__(self, directory: Path, ring_seconds: int) -> None:
        self.problems: list[ConfigError] = []
        self._directory = directory
        self._ring_seconds = ring_seconds

    # -- routing.yaml ------------------------------------------------------------------------------------------------

    def routing(self) -> _Routing:
        """Read skills, rules and media; a house without the file has none."""
        path = self._directory / ROUTING_FILE
        if not path.exists():
            return _Routing()
        found = read_file(path, RoutingFile, self.problems)
        if found is None:
            return _Routing(names=_EverySkill())
        file, document = found
        self.problems.extend(_doubles(path, document, "skills", [one.name for one in file.skills]))
        skills = tuple(Skill(name=one.name, label=one.label.read()) for one in file.skills)
        routing = _Routing(skills=skills, names=frozenset(SkillName(skill.name) for skill in skills))
        try:
            rows = [rule.model_dump(exclude_unset=True) for rule in file.rules]
            routing.rules = acd.config.rules_from_rows(rows, routing.names)
        except ConfigurationError as error:
            self._problem(path, document, error, "rules")
        try:
            routing.media = acd.config.media_from_row(file.media.model_dump(), routing.names)
        except ConfigurationError as error:
            self._problem(path, document, error, "media")
        return routing

    # -- queues ------------------------------------------------------------------------------------------------------

    def queues(self, skills: Collection[SkillName], calendars: Collection[str]) -> dict[QueueName, QueuePlan]:
        """Read every queue, and see that they fit together."""
        folder = self._directory / QUEUES_FOLDER
        paths = sorted(folder.glob("*.yaml"))
        if not paths:
            self.problems.append(ConfigError(str(folder), "there is no queue: at least one NAME.yaml is needed"))
        plans: dict[QueueName, QueuePlan] = {}
        documents: dict[str, tuple[Path, Document]] = {}
        for path in paths:
            found = read_file(path, QueueFile, self.problems)
            if found is None:
                continue
            self.problems.extend(self._doubtful(path, *found, calendars))
            plan = self._plan(path, *found, skills)
            if plan is not None:
                plans[plan.name] = plan
                documents[f"queue {plan.name}"] = path, found[1]
        self._check_flows(plans, documents)
        if len(plans) == len(paths):  # else a queue that cannot be read would be missed as the aim of an overflow
            try:
                acd.overflow.check({plan.routing.name: plan.routing for plan in plans.values()})
            except ConfigurationError as error:
                self._problem(*documents[error.row], error)
        return plans

    def _check_flows(
        self, plans: Mapping[QueueName, QueuePlan], documents: Mapping[str, tuple[Path, Document]]
    ) -> None:
        """Callers who are given away to a flow must find one there."""
        flows = frozenset(_flow_names(self._directory / FLOWS_FOLDER))
        for plan in plans.values():
            path, document = documents[f"queue {plan.name}"]
            wanted: list[tuple[DocumentPath, str]] = [
                (("overflows", number, "name"), overflow.name)
                for number, overflow in enumerate(plan.routing.overflows)
                if overflow.to is not OverflowTo.QUEUE
            ]
            if plan.routing.limits is not None:
                wanted.append((("limits", "name"), plan.routing.limits.name))
            for where, name in wanted:
                if name not in flows:
                    reason = f"{where[0]}: there is no flow {name}"
                    self.problems.append(ConfigError(f"{path}:{document.line(where)}", reason))

    def _plan(self, path: Path, file: QueueFile, document: Document, skills: Collection[SkillName]) -> QueuePlan | None:
        if not is_configured_name(path.stem):
            reason = "a queue's file is named like the queue: a-z, 0-9, _ and -, a letter first"
            self.problems.append(ConfigError(str(path), reason))
            return None
        row = file.model_dump(include=set(_ROUTED), exclude_none=True)
        wrap_up = file.wrap_up
        row["wrap_up"] = {
            "mode": wrap_up.mode,
            "seconds": wrap_up.seconds,
            "extension_limit": wrap_up.more_time_limit,
        }
        row.setdefault("offer_timeout", self._ring_seconds + OFFER_MARGIN)
        try:
            routing = acd.config.queue_from_row({"name": path.stem, **row}, skills)
        except ConfigurationError as error:
            self._problem(path, document, error)
            return None
        return QueuePlan(
            routing=routing,
            label=file.label.read(),
            wrap_up_extension=wrap_up.more_time,
            dispositions=tuple(_in_order(file.dispositions)),
            disposition_required=file.disposition_required,
            treatment=file.treatment,
            survey=file.survey,
            transferred=TransferredFrom(file.transferred),
            callbacks=CallbackRule(
                expires_after=file.callbacks.expires_after,
                attempts=file.callbacks.attempts,
                retry_after=file.callbacks.retry_after,
                greeting=file.callbacks.greeting,
            ),
            caller_id=file.caller_id,
            calendar=file.calendar,
            preferences=tuple(
                Preference(whom=Whom(one.whom), wait=one.wait, agent=one.agent, within_days=one.within_days)
                for one in file.preferred_agents
                if one.whom in list(Whom)  # another is told of as a problem
            ),
        )

    def _doubtful(
        self, path: Path, file: QueueFile, document: Document, calendars: Collection[str]
    ) -> Iterator[ConfigError]:
        """Yield what is well-formed and still makes no sense in a queue."""
        if file.calendar is not None and file.calendar not in calendars:
            yield ConfigError(f"{path}:{document.line(('calendar',))}", f"there is no calendar {file.calendar}")
        closes = [number for number, overflow in enumerate(file.overflows) if overflow.cause == OverflowCause.CLOSED]
        if closes and file.calendar is None:
            line = document.line(("overflows", closes[0]))
            yield ConfigError(f"{path}:{line}", "a queue without a calendar is never closed")
        yield from _double_outcomes(path, document, file.dispositions)
        yield from _doubtful_preferences(path, document, file.preferred_agents)
        if file.disposition_required and not file.dispositions:
            line = document.line(("disposition_required",))
            yield ConfigError(f"{path}:{line}", "a disposition is required, and there is none to choose")
        if file.wrap_up.mode == WrapUpMode.UNTIL_DISPOSITION and not file.dispositions:
            line = document.line(("wrap_up", "mode"))
            yield ConfigError(f"{path}:{line}", "the wrap-up ends with a disposition, and there is none to choose")
        if file.offer_timeout is not None and file.offer_timeout > self._ring_seconds:
            line = document.line(("offer_timeout",))
            yield ConfigError(
                f"{path}:{line}", f"the switch rings a phone for {self._ring_seconds} s only (asterisk.ring_seconds)"
            )

    def _problem(self, path: Path, document: Document, error: ConfigurationError, *within: str) -> None:
        """Say what the engine's reader found wrong, and in which line that is."""
        line = document.line((*within, *error.path))
        self.problems.append(ConfigError(f"{path}:{line}", error.reason))


def _doubtful_preferences(path: Path, document: Document, parts: Sequence[PreferencePart]) -> Iterator[ConfigError]:
    for position, part in enumerate(parts):
        where = f"{path}:{document.line(('preferred_agents', position))}"
        if part.whom not in {whom.value for whom in Whom}:
            known = ", ".join(whom.value for whom in Whom)
            yield ConfigError(where, f"preferred_agents: whom must be one of {known}, not {part.whom!r}")
            continue
        if (part.agent is not None) is not (part.whom == Whom.NAMED):
            yield ConfigError(where, "preferred_agents: an agent stands beside whom: named, and only there")
        if part.within_days is not None and part.whom != Whom.LAST_AGENT:
            yield ConfigError(where, "preferred_agents: within_days stands beside whom: last_agent only")


def _doubtful_house(
    path: Path, file: HouseFile, document: Document, queues: dict[QueueName, QueuePlan]
) -> Iterator[ConfigError]:
    yield from _doubles(path, document, "numbers", [one.number for one in file.numbers])
    yield from _doubles(path, document, "not_ready_reasons", [one.name for one in file.not_ready_reasons])
    if file.default_queue not in queues:
        yield ConfigError(f"{path}:{document.line(('default_queue',))}", f"there is no queue {file.default_queue}")


def _in_order(parts: Sequence[DispositionPart], parent: str | None = None) -> Iterator[Disposition]:
    """Yield a tree of outcome codes row by row, each group before what is in it."""
    for part in parts:
        yield Disposition(name=part.name, label=part.label.read(), parent=parent, group=bool(part.codes))
        yield from _in_order(part.codes, part.name)


def _double_outcomes(path: Path, document: Document, parts: Sequence[DispositionPart]) -> Iterator[ConfigError]:
    """A code stands for itself in reports, without the groups it is in: so it stands in a queue once."""
    known: set[str] = set()

    def look(parts: Sequence[DispositionPart], where: DocumentPath) -> Iterator[ConfigError]:
        for position, part in enumerate(parts):
            here = (*where, position)
            if part.name in known:
                yield ConfigError(f"{path}:{document.line(here)}", f"dispositions: {part.name} stands here twice")
            known.add(part.name)
            yield from look(part.codes, (*here, "codes"))

    yield from look(parts, ("dispositions",))


def _flow_names(folder: Path) -> Iterator[str]:
    """Yield the names of the house's flows; whether they can be read and make sense, the flows' own reader says."""
    for path in sorted(folder.glob("*.yaml")):
        try:
            value = read_document(path.read_text(encoding="utf-8")).value
        except (DocumentError, OSError, UnicodeDecodeError):
            yield path.stem
        else:
            name = value.get("name") if isinstance(value, dict) else None
            yield name if isinstance(name, str) else path.stem


def _doubles(path: Path, document: Document, key: str, names: list[str]) -> Iterator[ConfigError]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield ConfigError(f"{path}:{document.line((key, position))}", f"{key}: {name} stands here twice")
