"""Reads `sources/*.yaml` of the configuration directory: where else the house keeps what it knows of its customers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from callcenter.api.card import AlertKind
from callcenter.domain.errors import ConfigError
from callcenter.files import STRICT, Name, read_file
from callcenter.hosts.model import Host, OperationKind
from callcenter.sources.model import By, SourcePlan, SourceQuestion
from ivr.flow.document import Document

SOURCES_FOLDER = "sources"

_FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_AlertName = Literal[
    "do_not_sell",
    "open_complaint",
    "invoice_overdue",
    "promise_overdue",
    "contract_ended",
    "contract_ending",
    "do_not_call",
    "no_mail",
]


class _Part(BaseModel):
    model_config = STRICT


class _QuestionPart(_Part):
    question: _FieldName
    argument: _FieldName
    key: _FieldName


class _CoverPart(_Part):
    until: _FieldName
    level: _FieldName | None = None
    priority: _FieldName | None = None


class _SourceFile(_Part):
    host: Name
    by_number: _QuestionPart | None = None
    by_account: _QuestionPart | None = None
    wait: Annotated[float, Field(ge=0.01, le=2)] = 0.3
    keep: Annotated[float, Field(ge=0, le=3_600)] = 60.0
    fields: dict[Literal["account", "name", "tier", "language", "territory"], _FieldName] = {}
    cover: _CoverPart | None = None
    alerts: dict[_AlertName, _FieldName] = {}
    routing: list[_FieldName] = []


def load_sources(directory: Path, hosts: Mapping[str, Host]) -> tuple[SourcePlan, ...]:
    """Read all sources, in the order of their names; there may be none.

    Raises `ConfigError` that lists every problem with file and line.
    """
    problems: list[ConfigError] = []
    plans: list[SourcePlan] = []
    for path in sorted((directory / SOURCES_FOLDER).glob("*.yaml")):
        found = read_file(path, _SourceFile, problems)
        if found is None:
            continue
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", path.stem):
            problems.append(ConfigError(str(path), "a source's file is named a-z, 0-9, _ and -, a letter first"))
        problems += _doubtful(path, *found, hosts)
        plans.append(_plan(path.stem, found[0]))
    if problems:
        raise ConfigError("configuration", "\n" + "\n".join(f"  {problem}" for problem in problems))
    return tuple(plans)


def _plan(name: str, file: _SourceFile) -> SourcePlan:
    asked = {By.NUMBER: file.by_number, By.ACCOUNT: file.by_account}
    return SourcePlan(
        name=name,
        host=file.host,
        questions={
            by: SourceQuestion(name=part.question, argument=part.argument, key=part.key)
            for by, part in asked.items()
            if part is not None
        },
        wait=file.wait,
        keep=file.keep,
        fields={str(field): answer for field, answer in file.fields.items()},
        covered_until=file.cover.until if file.cover else None,
        level=file.cover.level if file.cover else None,
        priority=file.cover.priority if file.cover else None,
        alerts={AlertKind(kind): answer for kind, answer in file.alerts.items()},
        routing=tuple(file.routing),
    )


def _doubtful(path: Path, file: _SourceFile, document: Document, hosts: Mapping[str, Host]) -> Iterator[ConfigError]:
    """Yield what is well-formed and still makes no sense."""

    def at(*place: str | int) -> str:
        return f"{path}:{document.line(place)}"

    host = hosts.get(file.host)
    if host is None:
        yield ConfigError(at("host"), f"host: there is no hosts/{file.host}.yaml")
        return
    if file.by_number is None and file.by_account is None:
        yield ConfigError(at("host"), "by_number, by_account: a source is asked by one of them at least")
    if file.by_number is not None and not {"account", "name"} <= file.fields.keys():
        yield ConfigError(at("by_number"), "by_number: whoever is found needs fields: account and name")
    for way, part in (("by_number", file.by_number), ("by_account", file.by_account)):
        if part is None:
            continue
        operation = host.operations.get(part.question)
        if operation is None or operation.kind is not OperationKind.QUESTION:
            yield ConfigError(at(way, "question"), f"{way}: {part.question} is no question of {file.host}")
            continue
        needed = {name for name, one in operation.arguments.items() if not one.optional}
        if part.argument not in operation.arguments or needed - {part.argument}:
            text = f"{way}: {part.question} must be answered from {part.argument} alone"
            yield ConfigError(at(way, "argument"), text)
        for place, field in [((way, "key"), part.key), *_used(file)]:
            if field not in operation.answer:
                told = ".".join(map(str, place))
                yield ConfigError(at(*place), f"{told}: {operation.name} does not answer {field}")


def _used(file: _SourceFile) -> list[tuple[tuple[str | int, ...], str]]:
    """Return every field of an answer that is used, and where the file says so."""
    used: list[tuple[tuple[str | int, ...], str]] = []
    used += [(("fields", str(name)), field) for name, field in file.fields.items()]
    used += [(("alerts", str(name)), field) for name, field in file.alerts.items()]
    used += [(("routing", place), field) for place, field in enumerate(file.routing)]
    if file.cover is not None:
        cover = {"until": file.cover.until, "level": file.cover.level, "priority": file.cover.priority}
        used += [(("cover", name), field) for name, field in cover.items() if field]
    return used
