"""Everything that may lie in the inbox: what the switch reports, what IVR sessions decided, what people ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callcenter.api.messages import CustomerCard, Request
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.events import SwitchEvent
from callcenter.domain.ids import CallId, InteractionId
from callcenter.domain.interaction import FieldValue
from callcenter.ports import AgentRecord

# -- from IVR sessions; `session` tells a late order of an ended session from one of the present ---------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEntered:
    """The flow reached a node that takes at most `budget` seconds."""

    call: CallId
    session: int
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
class QueueWanted:
    """The flow is done: the caller waits for a person."""

    call: CallId
    session: int
    queue: str
    attributes: Mapping[str, FieldValue] = field(repr=False)


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
    | PlayWanted
    | SilenceWanted
    | AnswerGathered
    | CustomerIdentified
    | QueueWanted
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
class CustomerRead:
    """This is the card of the customer of an interaction, as it was asked for."""

    interaction: InteractionId
    card: CustomerCard = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed:
    """The switch did not take a command; what it was about may have gone meanwhile."""

    command: SwitchCommand
    why: str


Fact = SwitchEvent | IvrOrder | RequestMade | PeopleRead | CustomerRead | CommandFailed
