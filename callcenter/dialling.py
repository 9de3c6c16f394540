"""Reads `dialling.yaml` of the configuration directory: who may call which numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import phonenumbers
from pydantic import BaseModel, Field

from callcenter.domain.dial_plan import ANYWHERE, HOME, Allowance, DialPlan, NumberClass
from callcenter.domain.errors import ConfigError
from callcenter.files import STRICT, Name, read_file
from ivr.flow.document import Document

DIALLING_FILE = "dialling.yaml"

_Beginning = Annotated[str, Field(pattern=r"^\+[0-9]{1,15}$")]


class _Part(BaseModel):
    model_config = STRICT


class _AllowancePart(_Part):
    countries: list[str]
    classes: list[str]


class _DiallingFile(_Part):
    roles: dict[Name, _AllowancePart]
    barred: list[_Beginning] = []
    caller_id: Annotated[str, Field(pattern=r"^(\+[0-9]{3,15})?$")] = ""


def load_dial_plan(directory: Path, country: str) -> DialPlan:
    """Read the house's rules; `country` is its own (ISO 3166). Without the file nobody may call anywhere but for help.

    Raises `ConfigError` that lists every problem with file and line.
    """
    path = directory / DIALLING_FILE
    if not path.exists():
        return DialPlan(home=country)
    problems: list[ConfigError] = []
    found = read_file(path, _DiallingFile, problems)
    if found is not None:
        problems.extend(_doubtful(path, *found))
    if problems or found is None:
        raise ConfigError("configuration", "\n" + "\n".join(f"  {problem}" for problem in problems))
    file = found[0]
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


def _doubtful(path: Path, file: _DiallingFile, document: Document) -> Iterator[ConfigError]:
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
