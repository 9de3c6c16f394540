"""Reads what the house has configured: `callcenter.yaml` and `queues/*.yaml` of the configuration directory.

Everything is read and checked before anything takes effect; every problem names file and line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from callcenter.domain.catalogue import (
    Catalogue,
    Disposition,
    Label,
    PublishedNumber,
    QueuePlan,
    Reason,
    WrapUpMode,
)
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import QueueName, is_configured_name
from callcenter.files import STRICT, Name, read_file
from ivr.flow.document import Document

HOUSE_FILE = "callcenter.yaml"
QUEUES_FOLDER = "queues"

Tier = Literal["standard", "gold", "vip"]
Seconds = Annotated[int, Field(ge=0, le=86_400)]


class _Part(BaseModel):
    model_config = STRICT


class _LabelPart(_Part):
    en: Annotated[str, Field(min_length=1, max_length=80)]
    zh: Annotated[str, Field(max_length=80)] = ""

    def read(self) -> Label:
        return Label(en=self.en, zh=self.zh)


class _CodePart(_Part):
    name: Name
    label: _LabelPart


class _NumberPart(_Part):
    number: Annotated[str, Field(pattern=r"^\+?[0-9]{1,20}$")]
    flow: Name


class _WrapUpPart(_Part):
    mode: Literal["none", "fixed", "until_disposition"] = "fixed"
    seconds: Seconds = 30
    more_time: Seconds = 30
    more_time_limit: Seconds = 120


class _HouseFile(_Part):
    """`callcenter.yaml`: numbers, the default queue, why agents may be away."""

    default_queue: Name
    numbers: Annotated[list[_NumberPart], Field(min_length=1)]
    not_ready_reasons: list[_CodePart]


class _QueueFile(_Part):
    """`queues/NAME.yaml`: one queue."""

    label: _LabelPart
    requires: dict[Name, Annotated[int, Field(ge=1, le=10)]] = {}
    head_start: dict[Tier, Seconds] = {}
    overdue_after: Annotated[int, Field(ge=1, le=86_400)] | None = None
    expert_tiers: list[Tier] = ["vip"]
    service_level_seconds: Annotated[int, Field(ge=1, le=3_600)] = 20
    wrap_up: _WrapUpPart = _WrapUpPart()
    dispositions: list[_CodePart] = []
    disposition_required: bool = False


def load_catalogue(directory: Path) -> Catalogue:
    """Read the configuration directory. Raises `ConfigError` that lists every problem with file and line."""
    problems: list[ConfigError] = []
    house = read_file(directory / HOUSE_FILE, _HouseFile, problems)
    queues: dict[QueueName, QueuePlan] = {}
    paths = sorted((directory / QUEUES_FOLDER).glob("*.yaml"))
    if not paths:
        problems.append(
            ConfigError(str(directory / QUEUES_FOLDER), "there is no queue: at least one NAME.yaml is needed")
        )
    for path in paths:
        found = read_file(path, _QueueFile, problems)
        if found is None:
            continue
        problems.extend(_doubtful(path, *found))
        queues[QueueName(path.stem)] = _plan(path, found[0], problems)
    if house is not None:
        problems.extend(_doubtful_house(directory / HOUSE_FILE, *house, queues))
    if problems or house is None:
        raise ConfigError("configuration", "\n" + "\n".join(f"  {problem}" for problem in problems))
    file = house[0]
    return Catalogue(
        queues=queues,
        default_queue=QueueName(file.default_queue),
        reasons=tuple(Reason(name=one.name, label=one.label.read()) for one in file.not_ready_reasons),
        numbers=tuple(PublishedNumber(number=one.number, flow=one.flow) for one in file.numbers),
    )


def _plan(path: Path, file: _QueueFile, problems: list[ConfigError]) -> QueuePlan:
    if not is_configured_name(path.stem):
        problems.append(
            ConfigError(str(path), "a queue's file is named like the queue: a-z, 0-9, _ and -, a letter first")
        )
    return QueuePlan(
        name=QueueName(path.stem),
        label=file.label.read(),
        requirements=dict(file.requires),
        head_start={str(tier): seconds for tier, seconds in file.head_start.items()},
        overdue_after=file.overdue_after,
        expert_tiers=frozenset(file.expert_tiers),
        service_level_target=file.service_level_seconds,
        wrap_up=WrapUpMode(file.wrap_up.mode),
        wrap_up_seconds=file.wrap_up.seconds,
        wrap_up_extension=file.wrap_up.more_time,
        wrap_up_extension_limit=file.wrap_up.more_time_limit,
        dispositions=tuple(Disposition(name=one.name, label=one.label.read()) for one in file.dispositions),
        disposition_required=file.disposition_required,
    )


def _doubtful(path: Path, file: _QueueFile, document: Document) -> Iterator[ConfigError]:
    """Yield what is well-formed and still makes no sense in a queue."""
    yield from _doubles(path, document, "dispositions", [one.name for one in file.dispositions])
    if file.disposition_required and not file.dispositions:
        line = document.line(("disposition_required",))
        yield ConfigError(f"{path}:{line}", "a disposition is required, and there is none to choose")
    if file.wrap_up.mode == "until_disposition" and not file.dispositions:
        line = document.line(("wrap_up", "mode"))
        yield ConfigError(f"{path}:{line}", "the wrap-up ends with a disposition, and there is none to choose")


def _doubtful_house(
    path: Path, file: _HouseFile, document: Document, queues: dict[QueueName, QueuePlan]
) -> Iterator[ConfigError]:
    yield from _doubles(path, document, "numbers", [one.number for one in file.numbers])
    yield from _doubles(path, document, "not_ready_reasons", [one.name for one in file.not_ready_reasons])
    if file.default_queue not in queues:
        yield ConfigError(f"{path}:{document.line(('default_queue',))}", f"there is no queue {file.default_queue}")


def _doubles(path: Path, document: Document, key: str, names: list[str]) -> Iterator[ConfigError]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield ConfigError(f"{path}:{document.line((key, position))}", f"{key}: {name} stands here twice")
