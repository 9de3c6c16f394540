"""Bodies of the REST interface under /api/v1, and its one error body. The browser's TypeScript types come from here.

Times are UTC in milliseconds since the epoch, as everywhere in `callcenter.api.messages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from callcenter.api.customers import EditConflict, FieldProblem
from callcenter.api.records import Role
from callcenter.api.shapes import Message, Words


class Body(Message):
    """Base of what a browser sends: nothing unknown in it, and no type is converted (`true` is not a password)."""

    model_config = ConfigDict(strict=True)


class SignIn(Body):
    """POST /api/v1/session."""

    person: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class ChangePassword(Body):
    """PUT /api/v1/me/password. The new one follows ASVS 6.2: length counts, composition rules do not exist."""

    current: Annotated[str, Field(min_length=1, max_length=1024)]
    new: Annotated[str, Field(min_length=10, max_length=1024)]


class Me(Message):
    """Who is signed in: the answer of POST /api/v1/session, GET /api/v1/me and PUT /api/v1/me/password."""

    person: str
    name: str
    role: Role
    agent: str | None
    language: str
    must_change_password: bool  # until it is changed, everything else answers 403 `password_change_required`


class Softphone(Message):
    """GET /api/v1/softphone: how the signed-in agent's own phone registers."""

    device: str  # the SIP user, and the user of the digest (RFC 8760)
    password: str
    uri: str  # sip:device@host, the address of record
    websocket_url: str  # on our own origin; sub-protocol "sip" (RFC 7118)
    ice_servers: tuple[str, ...]  # none: a local network needs none, and an unreachable one delays every call


class Label(Message):
    """What people read for one configured name, by language."""

    en: str  # always there
    zh: str  # empty: read the English


class LabelCatalogue(Message):
    """GET /api/v1/labels: what people read for every configured name.

    What the WebSocket sends carries English labels only, the same for every page; a page in another language looks the
    name up here.
    """

    queues: Mapping[str, Label]
    dispositions: Mapping[str, Label]
    reasons: Mapping[str, Label]  # for not being ready


class VoicemailLine(Message):
    """One message that a caller has left; times in milliseconds since the epoch."""

    voicemail: int
    mailbox: str  # a queue's name
    left_at: int
    seconds: float
    number: str
    customer: str | None
    handled_at: int | None
    handled_by: str | None


class VoicemailList(Message):
    """GET /api/v1/voicemails."""

    items: tuple[VoicemailLine, ...]


class SessionLine(Message):
    """One signed-in browser, as an administrator sees it."""

    session: str
    person: str
    name: str
    role: Role
    created_at: int
    last_seen_at: int
    current: bool  # the one that asks


class SessionList(Message):
    """GET /api/v1/sessions."""

    items: tuple[SessionLine, ...]


class InvalidField(Message):
    """What is wrong with one field of a body."""

    field: str
    message: str


class Problem(Message):
    """The body of every error (RFC 9457, application/problem+json); `code` is stable, the browser has words for it."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    retry_after: int | None = None  # seconds, with 429 and 503
    errors: tuple[InvalidField, ...] = ()
    words: Words | None = None  # why, for whoever asked, where the code alone does not say it
    problems: tuple[FieldProblem, ...] = ()  # with `refused_values`
    conflict: EditConflict | None = None  # with `edit_conflict`: both sides' values
