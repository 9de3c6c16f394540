"""What the director decides, for `dispatch` to carry out, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callcenter.api.messages import Reply, Report
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.ids import AgentId, CallId, InteractionId
from callcenter.domain.interaction import FieldValue, InteractionEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Ask something of the switch."""

    command: SwitchCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Write an event to the journal."""

    event: InteractionEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Report to the desktops."""

    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Reply to a request; with `when_durable` only after everything recorded so far is on disk."""

    request_id: str
    reply: Reply
    when_durable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartIvr:
    """Begin a session of `flow` on the call, or take it up again at `node` of the version it was in."""

    call: CallId
    interaction: InteractionId
    session: int
    flow: str
    node: str | None
    fields: Mapping[str, FieldValue] = field(repr=False)
    version: int | None = None  # none: the live one


@dataclass(frozen=True, slots=True, kw_only=True)
class StopIvr:
    """The call has left the IVR: end its session. Who has `hung_up` there is followed by the flow's hang-up exits."""

    call: CallId
    session: int
    hung_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PassDigit:
    """Tell the call's session about a key."""

    call: CallId
    digit: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Play prompts on the call; the outcome goes to its session."""

    call: CallId
    session: int
    step: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlaying:
    """Silence on the call, now."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPlace:
    """Tell the session of a waiting caller where he stands now (1 is next) and how many seconds it will take."""

    call: CallId
    session: int
    position: int | None
    expected_wait: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TellCallback:
    """Tell a session that its caller will be called back, once that is on disk; or why he will not be."""

    call: CallId
    session: int
    step: int
    refused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TellTransfer:
    """Tell a session that nobody has taken its caller over, who is in its hands again."""

    call: CallId
    session: int
    step: int
    why: Literal["busy", "unanswered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayMusic:
    """Music on the call, until the next prompt."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCaller:
    """Sound the tone and record the caller; the outcome goes to the call's session."""

    call: CallId
    session: int
    step: int
    file: str
    longest: float
    silence: float
    end_keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRecording:
    """Say how long a recording is, once it is over: a `RecordingMeasured` follows."""

    interaction: InteractionId
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRecording:
    """Nobody wants this recording."""

    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCustomer:
    """Read a customer's card again: after a restart the journal knows little more than his name."""

    interaction: InteractionId
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberAgent:
    """Keep what an agent chose over a restart; None: he signed off."""

    agent: AgentId
    choice: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resynchronise:
    """Read everything back from the switch."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtSwitch:
    """Read what there is in the switch, beside the facts: a `SwitchSeen` follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConfiguration:
    """Read the configuration's files: a `ConfigurationRead` or `ConfigurationRefused` follows."""

    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationTaken:
    """From now on everything is decided by this configuration: what others hold of it is to be replaced."""

    catalogue: Catalogue
    changes: tuple[str, ...]


Effect = (
    Command
    | Record
    | Tell
    | Answer
    | StartIvr
    | StopIvr
    | PassDigit
    | Play
    | StopPlaying
    | TellPlace
    | TellCallback
    | TellTransfer
    | PlayMusic
    | RecordCaller
    | MeasureRecording
    | DeleteRecording
    | ReadCustomer
    | RememberAgent
    | Resynchronise
    | LookAtSwitch
    | ReadConfiguration
    | ConfigurationTaken
)
