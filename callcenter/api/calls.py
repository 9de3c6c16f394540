"""Calls, as agents' pages ask about them and show them: CSTA's services (ECMA-269) as requests, and the call's state.

The browser never computes what is possible: `CallLive.may` says it, from the one table in
`callcenter.server.situation`. A request that is not possible is refused with a code of `CallRefusal`; what a granted
one led to comes as a report, when the switch has told it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from callcenter.api.shapes import Message, Name, Note, Uuid

# -- whom to call ------------------------------------------------------------------------------------------------


class AgentTarget(Message):
    """An agent, at his phone."""

    kind: Literal["agent"] = "agent"
    agent: Name


class QueueTarget(Message):
    """A queue: whoever of it is free."""

    kind: Literal["queue"] = "queue"
    queue: Name


class NumberTarget(Message):
    """A telephone number as somebody wrote it; the dial plan decides whether and how it is dialled."""

    kind: Literal["number"] = "number"
    number: Annotated[str, Field(max_length=200)]


Target = Annotated[AgentTarget | QueueTarget | NumberTarget, Field(discriminator="kind")]


class DirectoryEntry(Message):
    """One who can be called: found by a search over agents, queues and the house's directory."""

    target: Target
    label: str
    detail: str  # an agent's queues, a number's owner
    state: Literal["null", "not_ready", "ready", "busy", "working_after_call"] | None  # an agent's
    reason: str | None  # of an agent who is not ready
    since: int | None  # of that state
    waiting: int | None  # in a queue
    longest_since: int | None
    available: bool  # can be reached now: an agent who is free, a queue with somebody signed on


# -- what a call is ------------------------------------------------------------------------------------------------


class CallDirection(StrEnum):
    """Who called whom."""

    IN = "in"  # a customer called the firm
    OUT = "out"  # an agent called a number
    INTERNAL = "internal"  # an agent called an agent


class ConnectionState(StrEnum):
    """Where one party of a call is, seen from the agent whose page it is (CSTA local connection states)."""

    ALERTING = "alerting"  # its phone rings; of a customer who is offered: the agent's does
    CONNECTED = "connected"  # it and the agent hear each other
    HELD = "held"  # it hears music
    FAILED = "failed"  # it was called in vain
    NULL = "null"  # it is not there (any more)


NotReached = Literal["busy", "no_answer", "refused", "unreachable", "failed"]
"""Why somebody was called in vain."""


class Operation(StrEnum):
    """What may be asked about a call; each has a request of its own."""

    REJECT = "reject"
    HOLD = "hold"
    RETRIEVE = "retrieve"
    CONSULT = "consult"
    ALTERNATE = "alternate"  # swap: talk to the one who is held, and hold the other
    RECONNECT = "reconnect"  # back to the customer, the consulted party is let go
    TRANSFER = "transfer"  # the consulted party gets the customer
    CONFERENCE = "conference"  # all three talk
    TRANSFER_TO = "transfer_to"  # at once, without a word before (single-step transfer)
    DROP_PARTY = "drop_party"  # the third leaves, the customer stays
    CLEAR = "clear"
    DIGITS = "digits"


class PartyLive(Message):
    """Somebody else in the call, besides the customer and the agent whose page it is."""

    party: str  # names it in `ClearConnection`
    kind: Literal["agent", "number"]
    agent: Name | None
    label: str  # the agent's name, or the number
    state: ConnectionState
    since: int
    failed: NotReached | None


class CallLive(Message):
    """The call of an agent's contact, as he has it now."""

    direction: CallDirection
    role: Literal["handling", "consulted"]  # whose customer it is: his own, or a colleague's who asks him
    customer: ConnectionState
    customer_since: int  # of that state
    party: PartyLive | None
    joined: bool  # customer, agent and party hear each other
    may: tuple[Operation, ...]


class AgentNote(Message):
    """What an earlier agent of this contact left for the next."""

    agent: Name
    agent_name: str
    note: Note
    disposition: Name | None
    at: int


class HandedOver(Message):
    """How the contact came to this agent from another."""

    agent: Name
    agent_name: str
    how: Literal["consultation", "transfer", "queue"]
    at: int


# -- requests: desktops to CTI server --------------------------------------------------------------------------------


class RejectCall(Message):
    """The agent does not take the call that is offered to him. He is not ready then; the caller keeps his place."""

    type: Literal["reject_call"] = "reject_call"
    agent: Name
    interaction: Uuid


class HoldCall(Message):
    """The customer hears music."""

    type: Literal["hold_call"] = "hold_call"
    agent: Name
    interaction: Uuid


class RetrieveCall(Message):
    """Agent and customer talk again."""

    type: Literal["retrieve_call"] = "retrieve_call"
    agent: Name
    interaction: Uuid


class ConsultationCall(Message):
    """The customer is held, and the agent calls somebody. A queue means: the first of its agents who is free."""

    type: Literal["consultation_call"] = "consultation_call"
    agent: Name
    interaction: Uuid
    target: Target


class AlternateCall(Message):
    """Swap between the customer and the consulted party: one is heard, the other hears music."""

    type: Literal["alternate_call"] = "alternate_call"
    agent: Name
    interaction: Uuid


class ReconnectCall(Message):
    """Let the consulted party go, whether it has answered or not, and talk to the customer again."""

    type: Literal["reconnect_call"] = "reconnect_call"
    agent: Name
    interaction: Uuid


class TransferCall(Message):
    """Customer and consulted party talk; the agent's part is over, and his wrap-up begins."""

    type: Literal["transfer_call"] = "transfer_call"
    agent: Name
    interaction: Uuid


class ConferenceCall(Message):
    """Customer, agent and consulted party talk together. Who of the two hangs up first leaves the others talking."""

    type: Literal["conference_call"] = "conference_call"
    agent: Name
    interaction: Uuid


class SingleStepTransferCall(Message):
    """Send the customer to somebody without a word before. The agent's part is over.

    Nobody there: the customer goes to the head of the queue he was last in.
    """

    type: Literal["single_step_transfer_call"] = "single_step_transfer_call"
    agent: Name
    interaction: Uuid
    target: Target


class ClearConnection(Message):
    """Hang up: the agent's own phone, or the other `party`'s. Also gives up a call that is being made."""

    type: Literal["clear_connection"] = "clear_connection"
    agent: Name
    interaction: Uuid
    party: Annotated[str, Field(max_length=200)] | None = None


class GenerateDigits(Message):
    """Send keys (``0``-``9``, ``*``, ``#``, ``A``-``D``) to whom the agent talks to."""

    type: Literal["generate_digits"] = "generate_digits"
    agent: Name
    interaction: Uuid
    digits: Annotated[str, Field(max_length=200)]


class MakeCall(Message):
    """Call somebody: the agent's own phone rings first (a softphone answers it by itself), then the target.

    Answered by `CallMade`. `about`: the interaction that the call belongs to for the reader, a promised call back, say.
    """

    type: Literal["make_call"] = "make_call"
    agent: Name
    target: Target
    about: Uuid | None = None


class SearchDirectory(Message):
    """Find agents, queues and entries of the house's directory. Answered by `DirectoryFound`; no text finds all."""

    type: Literal["search_directory"] = "search_directory"
    agent: Name
    text: Annotated[str, Field(max_length=200)]
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ReportQuality(Message):
    """How well the agent's phone heard and was heard so far, for the record of this contact."""

    type: Literal["report_quality"] = "report_quality"
    agent: Name
    interaction: Uuid
    jitter_ms: Annotated[float, Field(ge=0, le=60_000)]
    lost_share: Annotated[float, Field(ge=0, le=1)]
    round_trip_ms: Annotated[float, Field(ge=0, le=60_000)] | None
    mos: Annotated[float, Field(ge=1, le=5)]  # estimated mean opinion score (ITU-T G.107)
    worst_mos: Annotated[float, Field(ge=1, le=5)]
    cause: Name | None = None  # the likely cause of a bad call, in the desktop's words


AboutCall = (
    RejectCall
    | HoldCall
    | RetrieveCall
    | ConsultationCall
    | AlternateCall
    | ReconnectCall
    | TransferCall
    | ConferenceCall
    | SingleStepTransferCall
    | ClearConnection
    | GenerateDigits
)
CallRequest = AboutCall | MakeCall | SearchDirectory | ReportQuality


# -- replies ---------------------------------------------------------------------------------------------------------


class CallMade(Message):
    """The call is being made; it is shown under this interaction."""

    type: Literal["call_made"] = "call_made"
    interaction: Uuid


class DirectoryFound(Message):
    """Who was found, best first."""

    type: Literal["directory_found"] = "directory_found"
    entries: tuple[DirectoryEntry, ...]


class CallRefusal(StrEnum):
    """Why a request about a call was refused: stable codes, for which the screen has words."""

    NOT_YOURS = "not_your_contact"
    WRONG_STATE = "not_in_this_state"  # e.g. retrieve while nobody is held
    UNDER_WAY = "operation_under_way"  # the operation before this one is not finished
    SWITCH_DOWN = "switch_down"
    NO_PHONE = "phone_unreachable"  # the agent's own
    BUSY = "agent_not_free"  # the agent himself has something to do
    TARGET_UNKNOWN = "target_unknown"
    TARGET_SELF = "target_is_you"
    TARGET_BUSY = "target_busy"
    TARGET_AWAY = "target_away"  # not signed on, or his phone cannot be reached
    NOT_TO_QUEUE = "not_to_a_queue"
    NO_DIGITS = "not_digits"
    NO_NUMBER = "not_a_number"  # this and the next three: by the dial plan
    NUMBER_BARRED = "number_barred"
    COUNTRY = "country_not_allowed"
    NUMBER_CLASS = "number_class_not_allowed"
