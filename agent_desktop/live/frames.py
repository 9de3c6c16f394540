"""Frames on a desktop's WebSocket. The browser's TypeScript types are generated from these models.

The server sends a `SnapshotFrame` first, then `ViewFrame`s that replace whole sections of the view; `seq` counts the
frames of this connection. A server that cannot keep up with a slow browser sends a fresh snapshot, never a backlog.
The browser sends `CommandFrame`s and gets one `ReplyFrame` for each, with the same `id`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from callcenter.api.calls import DirectoryEntry, NotReached, Target
from callcenter.api.messages import (
    AgentLive,
    AgentStateName,
    ContactLive,
    QueueLive,
    ReasonChoice,
    RepairLive,
)
from callcenter.api.routing import RoutingExplained
from callcenter.api.shapes import Message, Name, Note, Uuid

# -- views ------------------------------------------------------------------------------------------------------


class LinkView(Message):
    """What works: is the CTI server there, does it see the switch; when not, the page says so and keeps what it has."""

    cti_up: bool
    switch_up: bool
    as_of: int  # UTC milliseconds of the newest report
    words: int  # grows when labels may read otherwise: then they are to be asked for again


class MyQueue(Message):
    """One of the agent's queues on his own bar."""

    queue: Name
    label: str
    waiting: int
    longest_since: int | None


class AgentView(Message):
    """All an agent's page shows, by section."""

    kind: Literal["agent"] = "agent"
    link: LinkView
    me: AgentLive | None  # none until the CTI server has signed the agent on
    contact: ContactLive | None
    contact_gone: str | None  # why the last offer vanished, until the next contact
    not_reached: NotReached | None  # why nobody answered the agent's own call, until the next contact
    my_queues: tuple[MyQueue, ...]
    reasons: tuple[ReasonChoice, ...]


class SupervisorView(Message):
    """All the supervisor's page shows, by section."""

    kind: Literal["supervisor"] = "supervisor"
    link: LinkView
    agents: tuple[AgentLive, ...]
    queues: tuple[QueueLive, ...]
    repairs: tuple[RepairLive, ...]  # what was stuck and was put right, newest first


# -- server to browser ------------------------------------------------------------------------------------------


Section = Literal[
    "link", "me", "contact", "contact_gone", "not_reached", "my_queues", "reasons",  # of an agent's view
    "agents", "queues", "repairs",  # of a supervisor's, with the link
]  # fmt: skip


class SnapshotFrame(Message):
    """Everything."""

    type: Literal["snapshot"] = "snapshot"
    seq: int
    at: int  # server's UTC milliseconds: the browser corrects its clock with it
    view: Annotated[AgentView | SupervisorView, Field(discriminator="kind")]


class ViewFrame(Message):
    """The sections that changed: each replaces the one the browser has; sections named in `changed` only."""

    type: Literal["view"] = "view"
    seq: int
    at: int
    changed: tuple[Section, ...]
    link: LinkView | None = None
    me: AgentLive | None = None
    contact: ContactLive | None = None
    contact_gone: str | None = None
    not_reached: NotReached | None = None
    my_queues: tuple[MyQueue, ...] | None = None
    reasons: tuple[ReasonChoice, ...] | None = None
    agents: tuple[AgentLive, ...] | None = None
    queues: tuple[QueueLive, ...] | None = None
    repairs: tuple[RepairLive, ...] | None = None


class HeartbeatFrame(Message):
    """Sent every five seconds; a browser that has heard nothing for twelve reconnects."""

    type: Literal["heartbeat"] = "heartbeat"
    seq: int
    at: int


class ReplyFrame(Message):
    """The answer to a command."""

    type: Literal["reply"] = "reply"
    id: str
    ok: bool
    code: str | None = None  # of a refusal; the browser has words for each
    message: str | None = None
    interaction: Uuid | None = None  # of a call that is being made
    entries: tuple[DirectoryEntry, ...] | None = None  # found in the directory
    explained: RoutingExplained | None = None  # why a caller waits, or was offered to whom he was


ClosingReason = Literal["signed_in_elsewhere", "signed_off", "session_ended", "going_away", "protocol_error"]


class ClosingFrame(Message):
    """The server is about to close this connection, and why; the browser reconnects only after `going_away`."""

    type: Literal["closing"] = "closing"
    why: ClosingReason


ServerFrame = SnapshotFrame | ViewFrame | HeartbeatFrame | ReplyFrame | ClosingFrame

# -- browser to server ------------------------------------------------------------------------------------------


class SetStateCommand(Message):
    """Ready, or not ready with a reason; during a contact also: time for work after it."""

    type: Literal["agent.set_state"] = "agent.set_state"
    state: Literal[AgentStateName.READY, AgentStateName.NOT_READY, AgentStateName.WORKING_AFTER_CALL]
    reason: Name | None = None


class SignOffCommand(Message):
    """End of work; allowed from not ready without a contact."""

    type: Literal["agent.sign_off"] = "agent.sign_off"


class SaveNoteCommand(Message):
    """Keep what is typed so far."""

    type: Literal["contact.save_note"] = "contact.save_note"
    interaction: Uuid
    note: Note
    disposition: Name | None = None


class CompleteContactCommand(Message):
    """The work after the call is done."""

    type: Literal["contact.complete"] = "contact.complete"
    interaction: Uuid
    note: Note
    disposition: Name | None = None


class ExtendWrapUpCommand(Message):
    """More time after the call."""

    type: Literal["contact.extend_wrap_up"] = "contact.extend_wrap_up"
    interaction: Uuid


class SnapshotCommand(Message):
    """Send everything again: frames were missed."""

    type: Literal["snapshot"] = "snapshot"


class AliveCommand(Message):
    """The page is awake: sent in answer to each heartbeat, so that a discarded or frozen tab is noticed. Not answered.

    In answer to a message and not by a timer: browsers slow the timers of hidden pages to one a minute, but deliver
    messages at once.
    """

    type: Literal["alive"] = "alive"


# -- about calls; what each does is told at the request of the same name in `callcenter.api.calls` ----------------


class RejectCommand(Message):
    """Do not take the call that is offered."""

    type: Literal["call.reject"] = "call.reject"
    interaction: Uuid


class HoldCommand(Message):
    """Let the customer hear music."""

    type: Literal["call.hold"] = "call.hold"
    interaction: Uuid


class RetrieveCommand(Message):
    """Talk to the customer again."""

    type: Literal["call.retrieve"] = "call.retrieve"
    interaction: Uuid


class ConsultCommand(Message):
    """Hold the customer and call somebody."""

    type: Literal["call.consult"] = "call.consult"
    interaction: Uuid
    target: Target


class AlternateCommand(Message):
    """Swap customer and consulted party."""

    type: Literal["call.alternate"] = "call.alternate"
    interaction: Uuid


class ReconnectCommand(Message):
    """Let the consulted party go, back to the customer."""

    type: Literal["call.reconnect"] = "call.reconnect"
    interaction: Uuid


class TransferCommand(Message):
    """Leave customer and consulted party to each other."""

    type: Literal["call.transfer"] = "call.transfer"
    interaction: Uuid


class ConferenceCommand(Message):
    """Talk all together."""

    type: Literal["call.conference"] = "call.conference"
    interaction: Uuid


class TransferToCommand(Message):
    """Send the customer on at once."""

    type: Literal["call.transfer_to"] = "call.transfer_to"
    interaction: Uuid
    target: Target


class ClearCommand(Message):
    """Hang up: the own phone, or the other party's."""

    type: Literal["call.clear"] = "call.clear"
    interaction: Uuid
    party: Annotated[str, Field(max_length=200)] | None = None


class DigitsCommand(Message):
    """Send keys."""

    type: Literal["call.digits"] = "call.digits"
    interaction: Uuid
    digits: Annotated[str, Field(max_length=200)]


class MakeCallCommand(Message):
    """Call somebody; the reply names the interaction."""

    type: Literal["call.make"] = "call.make"
    target: Target
    about: Uuid | None = None


class ReportQualityCommand(Message):
    """How well the phone heard and was heard so far."""

    type: Literal["call.report_quality"] = "call.report_quality"
    interaction: Uuid
    jitter_ms: Annotated[float, Field(ge=0, le=60_000)]
    lost_share: Annotated[float, Field(ge=0, le=1)]
    round_trip_ms: Annotated[float, Field(ge=0, le=60_000)] | None
    mos: Annotated[float, Field(ge=1, le=5)]
    worst_mos: Annotated[float, Field(ge=1, le=5)]
    cause: Name | None = None


class SearchDirectoryCommand(Message):
    """Find whom to call; the reply carries the entries."""

    type: Literal["directory.search"] = "directory.search"
    text: Annotated[str, Field(max_length=200)]
    limit: Annotated[int, Field(ge=1, le=100)] = 20


# -- supervisors' --------------------------------------------------------------------------------------------------


class ForceStateCommand(Message):
    """Set an agent's state; null signs him off."""

    type: Literal["supervisor.force_state"] = "supervisor.force_state"
    agent: Name
    state: Literal[AgentStateName.READY, AgentStateName.NOT_READY, AgentStateName.NULL]
    reason: Name | None = None


class ClearContactCommand(Message):
    """End an agent's work on a contact that is stuck."""

    type: Literal["supervisor.clear_contact"] = "supervisor.clear_contact"
    agent: Name
    interaction: Uuid


class DropPromiseCommand(Message):
    """Give up a promise to call a customer back."""

    type: Literal["supervisor.drop_promise"] = "supervisor.drop_promise"
    interaction: Uuid


class ExplainCommand(Message):
    """Say why a caller waits, or why he was offered to whom he was."""

    type: Literal["supervisor.explain"] = "supervisor.explain"
    interaction: Uuid


CallCommand = (
    RejectCommand
    | HoldCommand
    | RetrieveCommand
    | ConsultCommand
    | AlternateCommand
    | ReconnectCommand
    | TransferCommand
    | ConferenceCommand
    | TransferToCommand
    | ClearCommand
    | DigitsCommand
    | MakeCallCommand
    | ReportQualityCommand
    | SearchDirectoryCommand
)
SupervisorCommand = ForceStateCommand | ClearContactCommand | DropPromiseCommand | ExplainCommand
Command = (
    SetStateCommand
    | SignOffCommand
    | SaveNoteCommand
    | CompleteContactCommand
    | ExtendWrapUpCommand
    | CallCommand
    | SupervisorCommand
    | SnapshotCommand
    | AliveCommand
)


class CommandFrame(Message):
    """One command with the browser's id for it."""

    id: Annotated[str, Field(max_length=64)]
    command: Annotated[Command, Field(discriminator="type")]
