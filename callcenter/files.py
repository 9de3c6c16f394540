"""How a YAML file of the house is read and checked; every problem is named with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from callcenter.domain.errors import ConfigError
from ivr.flow.document import Document, DocumentError, read_document

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
"""Of the models of what stands in such a file: nothing unknown, nothing converted."""


_File = TypeVar("_File", bound=BaseModel)


def read_file(path: Path, kind: type[_File], problems: list[ConfigError]) -> tuple[_File, Document] | None:
    """Return what the file says, and where in it; or None, with what is wrong added to `problems`."""
    try:
        document = read_document(path.read_text(encoding="utf-8"))
    except DocumentError as error:
        problems.append(ConfigError(f"{path}:{error.line}", str(error)))
        return None
    except UnicodeDecodeError:
        problems.append(ConfigError(str(path), "is not UTF-8 text"))
        return None
    except OSError as error:
        problems.append(ConfigError(str(path), f"cannot be read: {error.strerror}"))
        return None
    try:
        return kind.model_validate(document.value), document
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            where = ".".join(str(step) for step in detail["loc"])
            problems.append(ConfigError(f"{path}:{document.line(detail['loc'])}", f"{where}: {detail['msg']}"))
    return None
