"""Reads `customers.yaml` of the configuration directory: what the house adds to its customers' records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from callcenter.api.customers import CustomerFields, CustomField, CustomFieldKind, FieldChoice, MasterPlan
from callcenter.api.shapes import Words
from callcenter.domain.errors import ConfigError
from callcenter.files import STRICT, Name, read_file
from ivr.flow.document import Document

CUSTOMERS_FILE = "customers.yaml"
LONGEST_TEXT = 4_000
ALWAYS_SEEN = frozenset({"kind", "name", "account"})
"""Without these a record could not be shown at all."""


class _Part(BaseModel):
    model_config = STRICT


class _LabelPart(_Part):
    en: Annotated[str, Field(min_length=1, max_length=80)]
    zh: Annotated[str, Field(max_length=80)] = ""

    def read(self) -> Words:
        return Words(en=self.en, zh=self.zh or self.en)


class _CodePart(_Part):
    name: Name
    label: _LabelPart

    def read(self) -> FieldChoice:
        return FieldChoice(name=self.name, label=self.label.read())


class _FieldPart(_Part):
    name: Name
    label: _LabelPart
    kind: Literal["text", "integer", "decimal", "day", "flag", "choice", "number", "mail", "link"]
    required: bool = False
    max_length: Annotated[int, Field(ge=1, le=LONGEST_TEXT)] = 200
    least: int | None = None
    most: int | None = None
    choices: list[_CodePart] = []
    on_card: bool = False
    routing: bool = False


class _CustomersFile(_Part):
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    territories: list[_CodePart] = []
    fields: list[_FieldPart] = []
    hidden: dict[Literal["agent", "supervisor"], list[str]] = {}


def load_master_plan(directory: Path, country: str) -> MasterPlan:
    """Read how the house has set up its customer master; `country` is its own (ISO 3166).

    Without the file there are no fields of its own. Raises `ConfigError` that lists every problem with file and line.
    """
    path = directory / CUSTOMERS_FILE
    file = _CustomersFile()
    if path.exists():
        problems: list[ConfigError] = []
        found = read_file(path, _CustomersFile, problems)
        if found is not None:
            problems.extend(_doubtful(path, *found))
        if problems or found is None:
            raise ConfigError("configuration", "\n" + "\n".join(f"  {problem}" for problem in problems))
        file = found[0]
    return MasterPlan(
        custom_fields=tuple(_field(part) for part in file.fields),
        territories=tuple(part.read() for part in file.territories),
        hidden={str(role): tuple(fields) for role, fields in file.hidden.items()},
        currency=file.currency,
        country=country,
    )


def _field(part: _FieldPart) -> CustomField:
    return CustomField(
        name=part.name,
        label=part.label.read(),
        kind=CustomFieldKind(part.kind),
        required=part.required,
        max_length=part.max_length,
        least=part.least,
        most=part.most,
        choices=tuple(choice.read() for choice in part.choices),
        on_card=part.on_card,
        routing=part.routing,
    )


def _doubtful(path: Path, file: _CustomersFile, document: Document) -> Iterator[ConfigError]:
    """Yield what is well-formed and still makes no sense."""

    def at(*place: str | int) -> str:
        return f"{path}:{document.line(place)}"

    names = [part.name for part in file.fields]
    yield from _doubles(path, document, "fields", names)
    yield from _doubles(path, document, "territories", [part.name for part in file.territories])
    for place, part in enumerate(file.fields):
        if (part.kind == "choice") != bool(part.choices):
            yield ConfigError(at("fields", place), f"{part.name}: a choice has choices, and nothing else has")
        if part.least is not None and part.most is not None and part.most < part.least:
            yield ConfigError(at("fields", place, "most"), f"{part.name}: most is less than least")
        if (part.least is not None or part.most is not None) and part.kind not in ("integer", "decimal"):
            yield ConfigError(at("fields", place), f"{part.name}: only integers and decimals have least and most")
    known = {*CustomerFields.model_fields, *(f"custom.{name}" for name in names)} - ALWAYS_SEEN - {"custom"}
    for role, fields in file.hidden.items():
        for place, field in enumerate(fields):
            if field not in known:
                yield ConfigError(at("hidden", role, place), f"{field} is no field that can be hidden")


def _doubles(path: Path, document: Document, key: str, names: Sequence[str]) -> Iterator[ConfigError]:
    for place, name in enumerate(names):
        if name in names[:place]:
            yield ConfigError(f"{path}:{document.line((key, place))}", f"{key}: {name} stands here twice")
