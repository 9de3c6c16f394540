"""Everything that may lie in the inbox: what the switch reports, what IVR sessions decided, what people ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from callcenter.api.messages import CustomerCard, Request
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.events import SwitchEvent, SwitchSnapshot
from callcenter.domain.ids import CallId, InteractionId
from callcenter.domain.interaction import FieldValue
from callcenter.ports import AgentRecord

# -- from IVR sessions; `session` tells a late order of an ended session from one of the present ---------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEntered:
    """The flow, in a version of it, reached a node that takes at most `budget` seconds."""

    call: CallId
    session: int
    flow: str
    version: int
    node: str
    budget: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayWanted:
    """The flow wants prompts played."""

    call: CallId
    session: int
    step: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceWanted:
    """The flow wants the prompts of `step` stopped."""

    call: CallId
    session: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGathered:
    """The flow has a value to keep with the interaction; a sensitive one is never stored or shown.

    `keyed`: the caller gave it; else the flow looked it up or set it, and it is not shown as his answer.
    """

    call: CallId
    session: int
    key: str
    value: FieldValue = field(repr=False)
    sensitive: bool
    keyed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerIdentified:
    """A look-up of the flow found the customer; `by` says with what (number, account)."""

    call: CallId
    session: int
    card: CustomerCard = field(repr=False)
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLeft:
    """The call left a node by this exit; for reports of where callers go (see `ivr.commands.LeaveNode`)."""

    call: CallId
    session: int
    flow: str
    version: int
    node: str
    exit: str
    asked_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicWanted:
    """The flow lets the caller hear music."""

    call: CallId
    session: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingWanted:
    """The flow wants what the caller says now recorded, as a message for `mailbox`, a queue's name (none: his own)."""

    call: CallId
    session: int
    step: int
    mailbox: str | None
    longest: float
    silence: float
    end_keys: str
    shortest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingKept:
    """The recording of `step` is a message, if it has its shortest length."""

    call: CallId
    session: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingUnwanted:
    """Nobody wants the recording of `step`."""

    call: CallId
    session: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """The session has given its last order; after a hang-up the interaction may close."""

    call: CallId
    session: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWanted:
    """The flow is done: the caller waits for a person."""

    call: CallId
    session: int
    queue: str
    attributes: Mapping[str, FieldValue] = field(repr=False)
    needs: Mapping[str, int] = field(default_factory=dict)  # least proficiency in each skill, besides the queue's own
    preferred_agent: str | None = None
    preferred_for: float = 20.0  # seconds for which that agent is waited for
    head_start: float | None = None  # seconds; none: what the rules give
    treatment: str | None = None  # the flow that runs while he waits; none: what the queue has
    survey: str | None = None  # the flow that runs when the agent has hung up; none: what the queue has


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackWanted:
    """The flow wants the caller called back by the agents of `queue` (none: of the one he waits in)."""

    call: CallId
    session: int
    step: int
    number: str = field(repr=False)  # as keyed, or as the network told it
    queue: str | None
    attributes: Mapping[str, FieldValue] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferWanted:
    """The flow hands its caller over: to a queue, an agent, or a number of the house's list; each by its name."""

    call: CallId
    session: int
    step: int
    to: Literal["queue", "agent", "number"]
    name: str
    timeout: float  # seconds it may ring
    attributes: Mapping[str, FieldValue] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitOnWanted:
    """The treatment is over: the caller waits on with music."""

    call: CallId
    session: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpWanted:
    """The flow is done: the call ends."""

    call: CallId
    session: int
    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFailed:
    """The session broke; the caller must not notice more than a shorter menu."""

    call: CallId
    session: int
    why: str


IvrOrder = (
    NodeEntered
    | NodeLeft
    | MusicWanted
    | RecordingWanted
    | RecordingKept
    | RecordingUnwanted
    | SessionEnded
    | PlayWanted
    | SilenceWanted
    | AnswerGathered
    | CustomerIdentified
    | QueueWanted
    | CallbackWanted
    | TransferWanted
    | WaitOnWanted
    | HangUpWanted
    | SessionFailed
)

# -- from people, and from our own hands -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMade:
    """Somebody asks for something; the answer goes out under the same `request_id`."""

    request_id: str
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRead:
    """These are all active agents now."""

    agents: Sequence[AgentRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadWanted:
    """Somebody signalled that the configuration's files have changed; nobody waits for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationRead:
    """The files were read, and all of it fits together; `request_id` waits for the answer (none: nobody).

    `notes` say what of it does not take effect yet.
    """

    request_id: str | None
    catalogue: Catalogue
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationRefused:
    """The files were read, and something is wrong: nothing changes."""

    request_id: str | None
    problems: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRead:
    """This is the card of the customer of an interaction, as it was asked for."""

    interaction: InteractionId
    card: CustomerCard = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMeasured:
    """A recording that is to be kept holds so many seconds; none: there is no such file."""

    interaction: InteractionId
    file: str
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSeen:
    """What there was in the switch a moment ago; in no order with the facts around it."""

    snapshot: SwitchSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed:
    """The switch did not take a command; what it was about may have gone meanwhile."""

    command: SwitchCommand
    why: str


Fact = (
    SwitchEvent
    | IvrOrder
    | RequestMade
    | PeopleRead
    | ReloadWanted
    | ConfigurationRead
    | ConfigurationRefused
    | CustomerRead
    | RecordingMeasured
    | CommandFailed
    | SwitchSeen
)
