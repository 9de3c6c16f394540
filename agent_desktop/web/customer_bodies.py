"""Bodies of the REST interface that are about customers; what is answered is mostly what the ports give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from agent_desktop.web.bodies import Body
from callcenter.api.customers import RelationKind
from callcenter.api.shapes import Day, Message, Name
from callcenter.api.transfer import FileFormat, ImportPlan, ImportStatus

CustomerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
FileId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
FieldValues = Annotated[Mapping[Annotated[str, Field(max_length=80)], JsonValue], Field(max_length=200)]
Version = Annotated[int, Field(ge=0, le=2**31)]


class NewCustomer(Body):
    """POST /api/v1/customers: fields of a record; what is not given is blank."""

    fields: FieldValues


class EditCustomer(Body):
    """PATCH /api/v1/customers/{customer}: what is changed, begun from `version`."""

    version: Version
    changes: FieldValues


class NewRelation(Body):
    """POST /api/v1/customers/{customer}/relations: the first of the two is in the address."""

    kind: RelationKind
    other: CustomerId


class Apart(Body):
    """POST /api/v1/customers/{customer}/apart: the other one is somebody else."""

    other: CustomerId


class MergeInto(Body):
    """POST /api/v1/customers/{customer}/merges: `merged` becomes part of the customer in the address."""

    version: Version
    merged: CustomerId
    merged_version: Version
    takes: Annotated[
        Mapping[Annotated[str, Field(max_length=80)], Literal["survivor", "merged"]], Field(max_length=200)
    ]


class NewNote(Body):
    """POST /api/v1/interactions/{interaction}/notes."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class AssignTo(Body):
    """PUT /api/v1/interactions/{interaction}/customer: whose it was; none: nobody's who is known."""

    customer: CustomerId | None


class Settle(Body):
    """PUT /api/v1/dealings/{dealing}/state."""

    state: Name


class SpooledFile(Message):
    """POST /api/v1/imports/files: a file that is here now, for its sender alone and for a day."""

    file: FileId
    name: str
    size: int  # bytes


class PreviewWanted(Body):
    """POST /api/v1/imports/files/{file}/preview: without a plan one is suggested."""

    plan: ImportPlan | None


class StartImport(Body):
    """POST /api/v1/imports."""

    file: FileId
    plan: ImportPlan


class ImportList(Message):
    """GET /api/v1/imports: the newest."""

    items: tuple[ImportStatus, ...]


class StartExport(Body):
    """POST /api/v1/exports: everybody whom these words find, or all."""

    format: FileFormat
    find: Annotated[str, Field(max_length=200)]


class ExportStatus(Message):
    """An export and how far it is; its file is there for an hour."""

    export: FileId
    format: FileFormat
    state: Literal["waiting", "running", "done", "failed"]
    rows: int  # written so far
    size: int | None  # of the finished file, in bytes
    error: str | None  # a code


class ExportList(Message):
    """GET /api/v1/exports: one's own, the newest first."""

    items: tuple[ExportStatus, ...]


class PutOnHold(Body):
    """PUT /api/v1/customers/{customer}/hold."""

    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    until: Day | None


class Erase(Body):
    """POST /api/v1/customers/{customer}/erasure: why, without anything of the person."""

    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
