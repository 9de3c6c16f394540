"""Scripts of callers as files: what is given, what the caller does, what is to become of it.

::

    flow: support
    tests:
      - name: a known customer presses one key
        fields: { caller_number: "+4930123" }
        given:
          lookups: { customer_by_number: { found: { account: "123456", tier: vip } } }
        when:
          - hear: We recognise
          - press: "#"
          - hear: For billing
          - press: "1"
        expect: { queue: billing, attributes: { tier: vip }, said: [Thank you] }
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr.errors import FlowError, FlowProblem
from ivr.events import Opening
from ivr.fields import Fields
from ivr.flow.document import Document, DocumentError, read_document
from ivr.flow.nodes import KEYS
from ivr.flow.schema import FieldName, HouseName, NodeName, Scalar
from ivr.simulation import caller
from ivr.simulation.expectations import Expectation
from ivr.simulation.world import Reply, ScriptedWorld

Texts: TypeAlias = str | list[str]
KeptName: TypeAlias = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,39}\.)?[a-z][a-z0-9_]{0,39}$")]
"""A field, or one within a sub-flow (``which_number.callback_number``), as it is kept for a call taken up again."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _ExpectPart(_Part):
    """What is to be so: at the end, or where it stands among the caller's deeds."""

    queue: HouseName | None = None
    transfer: HouseName | None = None
    hang_up: int | bool | None = None
    left: bool | None = None
    waits: bool | None = None
    node: str | None = None
    path: list[str] | None = None
    not_path: list[str] | None = None
    said: Texts | None = None
    not_said: Texts | None = None
    fields: dict[FieldName, Scalar] | None = None
    attributes: dict[FieldName, Scalar] | None = None
    acts: list[str | dict[str, dict[str, Scalar]]] | None = None
    callback: str | None = None
    message: HouseName | bool | None = None
    within: float | None = None
    troubles: bool | None = None


Outcome: TypeAlias = str | dict[str, dict[str, Scalar]]
Outcomes: TypeAlias = Outcome | list[Outcome]


class _GivenPart(_Part):
    """What is around the call."""

    lookups: dict[str, Outcomes] = Field(default_factory=dict)
    acts: dict[str, Outcomes] = Field(default_factory=dict)
    checks: dict[str, Outcomes] = Field(default_factory=dict)
    calendars: dict[str, Literal["open", "closed", "holiday"]] = Field(default_factory=dict)
    callback: Literal["taken", "refused", "failed", "late"] = "taken"
    transfer: Literal["succeeds", "busy", "unanswered", "failed"] = "succeeds"
    latency: float = Field(default=0.0, ge=0, le=60)
    speech: bool = False


class _PlacePart(_Part):
    position: int | None = None
    expected_wait: float | None = None


class _DeedPart(_Part):
    """One thing the caller does, or that is to be so by now; exactly one key."""

    hear: str | None = None
    press: Annotated[str, Field(pattern=f"^[{KEYS}]{{1,2000}}$")] | None = None
    wait: Annotated[float, Field(ge=0, le=86_400)] | None = None
    speak: Annotated[float, Field(ge=0, le=3_600)] | None = None
    say: str | None = None
    place: _PlacePart | None = None
    expect: _ExpectPart | None = None


class _TestPart(_Part):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    fields: dict[KeptName, Scalar] = Field(default_factory=dict)
    resumed_at: str | None = None
    given: _GivenPart = _GivenPart()
    when: list[_DeedPart | Literal["listen", "hang_up"]] = Field(default_factory=list)
    expect: _ExpectPart = _ExpectPart()


class _ScriptFile(_Part):
    flow: NodeName
    tests: Annotated[list[_TestPart], Field(min_length=1, max_length=1_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One scripted call.

    Attributes:
        name: What is tested, in the author's words.
        flow: The flow's name.
        source: Where it stands: file and line.
        fields: What is known when the call begins.
        resumed_at: The place where it is taken up again; None: it begins.
        deeds: What the caller does, and what is to be so in between; each with its line.
        expected: What is to be so at the end.
    """

    name: str
    flow: str
    source: str
    fields: Fields
    resumed_at: str | None
    deeds: Sequence[tuple[caller.Act | Expectation, int]]
    expected: Expectation
    given: _GivenPart

    @property
    def latency(self) -> float:
        """Seconds that every answer takes."""
        return self.given.latency

    @property
    def listens(self) -> bool:
        """Speech is recognised."""
        return self.given.speech

    def world(self) -> ScriptedWorld:
        """Return what is around the call, unused."""
        given = self.given
        return ScriptedWorld(
            lookups={name: _replies(outcomes) for name, outcomes in given.lookups.items()},
            acts={name: _replies(outcomes) for name, outcomes in given.acts.items()},
            checks={name: _replies(outcomes) for name, outcomes in given.checks.items()},
            openings={name: Opening(opening) for name, opening in given.calendars.items()},
            callback=given.callback,
            transfer=given.transfer,
        )


def script_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of files of scripts, for editors."""
    return _ScriptFile.model_json_schema()


def read_scripts(text: str, *, source: str) -> list[Script]:
    """Read a file of scripts.

    Raises:
        FlowError: It cannot be read; every problem names file and line.
    """
    try:
        document = read_document(text)
    except DocumentError as error:
        raise FlowError([FlowProblem(source=source, line=error.line, node=None, what=str(error))]) from None
    try:
        file = _ScriptFile.model_validate(document.value)
    except ValidationError as error:
        raise FlowError(list(_problems(error, source, document))) from None
    problems = [
        FlowProblem(source=source, line=document.line(("tests", number, *where)), node=None, what=what)
        for number, test in enumerate(file.tests)
        for where, what in _doubtful(test)
    ]
    if problems:
        raise FlowError(problems)
    return [_script(test, number, file.flow, source, document) for number, test in enumerate(file.tests)]


def _problems(error: ValidationError, source: str, document: Document) -> list[FlowProblem]:
    found: dict[int, FlowProblem] = {}  # one a line: a deed that is none fits none of several shapes
    for detail in error.errors(include_url=False, include_input=False):
        path = tuple(step for step in detail["loc"] if not (isinstance(step, str) and step.startswith("_")))
        line = document.line(path)
        where = ".".join(map(str, path))
        found.setdefault(line, FlowProblem(source=source, line=line, node=None, what=f"{where}: {detail['msg']}"))
    return list(found.values())


def _doubtful(test: _TestPart) -> list[tuple[tuple[str | int, ...], str]]:
    found: list[tuple[tuple[str | int, ...], str]] = []
    for number, deed in enumerate(test.when):
        if isinstance(deed, _DeedPart) and len(deed.model_fields_set) != 1:
            found.append((("when", number), "a step is one of hear, press, wait, speak, say, place, expect"))
    for kind, named, allowed in (
        ("lookups", test.given.lookups, ("found", "not_found", "failed", "late")),
        ("acts", test.given.acts, ("done", "refused", "failed", "late")),
        ("checks", test.given.checks, ("accepted", "refused", "locked", "failed", "late")),
    ):
        for name, outcomes in named.items():
            for outcome in outcomes if isinstance(outcomes, list) else [outcomes]:
                words = [outcome] if isinstance(outcome, str) else list(outcome)
                if len(words) != 1 or words[0] not in allowed:
                    what = f"given.{kind}.{name}: an outcome is one of {', '.join(allowed)}, with values below it"
                    found.append((("given", kind, name), what))
    return found


def _script(test: _TestPart, number: int, flow: str, source: str, document: Document) -> Script:
    path = ("tests", number)
    return Script(
        name=test.name,
        flow=flow,
        source=f"{source}:{document.line((*path, 'name'))}",
        fields=test.fields,
        resumed_at=test.resumed_at,
        deeds=[(_deed(deed), document.line((*path, "when", position))) for position, deed in enumerate(test.when)],
        expected=_expectation(test.expect),
        given=test.given,
    )


def _deed(part: _DeedPart | str) -> caller.Act | Expectation:  # noqa: PLR0911 (one return a kind of deed)
    match part:
        case "listen":
            return caller.Listen()
        case str():
            return caller.Leave()
        case _DeedPart(hear=str() as words):
            return caller.Hear(words)
        case _DeedPart(press=str() as keys):
            return caller.Press(keys)
        case _DeedPart(wait=float() | int() as seconds):
            return caller.Wait(seconds)
        case _DeedPart(speak=float() | int() as seconds):
            return caller.Speak(seconds)
        case _DeedPart(say=str() as phrase):
            return caller.Say(phrase)
        case _DeedPart(place=_PlacePart(position=position, expected_wait=wait)):
            return caller.Place(position, wait)
        case _DeedPart(expect=expected):
            return _expectation(expected or _ExpectPart())


def _expectation(part: _ExpectPart) -> Expectation:
    given: dict[str, Any] = part.model_dump(include=part.model_fields_set)
    for key in ("said", "not_said"):
        if isinstance(given.get(key), str):
            given[key] = [given[key]]
    return Expectation(**given)


def _replies(outcomes: Outcomes) -> Sequence[Reply]:
    return tuple(map(_reply, outcomes if isinstance(outcomes, list) else [outcomes]))


def _reply(outcome: Outcome) -> Reply:
    if isinstance(outcome, str):
        return Reply(outcome=outcome)
    name, fields = next(iter(outcome.items()))
    values: Mapping[str, Any] = fields
    return Reply(outcome=name, fields=values)
