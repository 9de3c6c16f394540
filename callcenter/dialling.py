"""Reads `dialling.yaml` of the configuration directory: who may call which numbers, and whom the house looks up."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

import phonenumbers
from pydantic import BaseModel, Field

from callcenter.domain.dial_plan import (
    ANYWHERE,
    HOME,
    TRANSFER,
    Allowance,
    Dialable,
    Dialling,
    DialPlan,
    DialRefusal,
    DirectoryRow,
    NumberClass,
)
from callcenter.domain.errors import ConfigError
from callcenter.domain.ids import QueueName
from callcenter.files import STRICT, Name, read_file
from ivr.flow.document import Document

DIALLING_FILE = "dialling.yaml"

_Beginning = Annotated[str, Field(pattern=r"^\+[0-9]{1,15}$")]


class _Part(BaseModel):
    model_config = STRICT


class _AllowancePart(_Part):
    countries: list[str]
    classes: list[str]


class _LabelPart(_Part):
    en: Annotated[str, Field(min_length=1, max_length=100)]
    zh: Annotated[str, Field(max_length=100)] = ""


class _DirectoryPart(_Part):
    label: _LabelPart
    number: Annotated[str, Field(min_length=1, max_length=40)]
    detail: Annotated[str, Field(max_length=200)] = ""
    name: Name | None = None


class _DiallingFile(_Part):
    roles: dict[Name, _AllowancePart]
    barred: list[_Beginning] = []
    caller_id: Annotated[str, Field(pattern=r"^(\+[0-9]{3,15})?$")] = ""
    queue: Name | None = None
    directory: list[_DirectoryPart] = []


def read_dialling(
    directory: Path, country: str, queues: Collection[QueueName], problems: list[ConfigError]
) -> Dialling:
    """Read the house's rules; `country` is its own (ISO 3166). Without the file nobody may call anywhere but for help.

    What is wrong in the file is added to `problems`, each with its line.
    """
    path = directory / DIALLING_FILE
    if not path.exists():
        return Dialling(plan=DialPlan(home=country))
    found = read_file(path, _DiallingFile, problems)
    if found is None:
        return Dialling(plan=DialPlan(home=country))
    file, document = found
    doubts = [*_doubtful_roles(path, file, document), *_doubtful_queue(path, file, document, queues)]
    if doubts:
        problems.extend(doubts)
        return Dialling(plan=DialPlan(home=country))
    plan = _plan(file, country)
    problems.extend(_doubtful_directory(path, file, document, plan))
    return Dialling(
        plan=plan,
        queue=QueueName(file.queue) if file.queue else None,
        directory=tuple(
            DirectoryRow(en=one.label.en, zh=one.label.zh, number=one.number, detail=one.detail, name=one.name)
            for one in file.directory
        ),
    )


def _plan(file: _DiallingFile, country: str) -> DialPlan:
    return DialPlan(
        home=country,
        roles={
            role: Allowance(
                countries=frozenset(part.countries), classes=frozenset(NumberClass(one) for one in part.classes)
            )
            for role, part in file.roles.items()
        },
        barred=tuple(file.barred),
        caller_id=file.caller_id,
    )


def _doubtful_roles(path: Path, file: _DiallingFile, document: Document) -> Iterator[ConfigError]:
    classes = sorted(NumberClass)
    for role, part in file.roles.items():
        for position, country in enumerate(part.countries):
            if country not in (HOME, ANYWHERE) and country not in phonenumbers.SUPPORTED_REGIONS:
                line = document.line(("roles", role, "countries", position))
                yield ConfigError(f"{path}:{line}", f"{country} is no country: two capital letters, home or any")
        for position, name in enumerate(part.classes):
            if name not in classes:
                line = document.line(("roles", role, "classes", position))
                yield ConfigError(f"{path}:{line}", f"there is no class {name}; there are {', '.join(classes)}")


def _doubtful_queue(
    path: Path, file: _DiallingFile, document: Document, queues: Collection[QueueName]
) -> Iterator[ConfigError]:
    if file.queue is not None and file.queue not in queues:
        yield ConfigError(f"{path}:{document.line(('queue',))}", f"there is no queue {file.queue}")


def _doubtful_directory(path: Path, file: _DiallingFile, document: Document, plan: DialPlan) -> Iterator[ConfigError]:
    """Yield what stands in the directory to be called, and may not be; and names that stand there twice."""
    names = [one.name for one in file.directory]
    for position, one in enumerate(file.directory):
        line = document.line(("directory", position, "number"))
        if not any(isinstance(plan.check(one.number, role), Dialable) for role in plan.roles):
            refusals = [plan.check(one.number, role) for role in plan.roles]
            why = next((each.value for each in refusals if isinstance(each, DialRefusal)), "no role may call")
            yield ConfigError(f"{path}:{line}", f"nobody may call {one.number}: {why.replace('_', ' ')}")
        if one.name is None:
            continue
        refusal = plan.check(one.number, TRANSFER)
        if isinstance(refusal, DialRefusal):
            why = refusal.value.replace("_", " ")
            yield ConfigError(f"{path}:{line}", f"the role {TRANSFER} may not call {one.name}: {why}")
        if names.index(one.name) < position:
            yield ConfigError(f"{path}:{line}", f"there are two numbers of the name {one.name}")
