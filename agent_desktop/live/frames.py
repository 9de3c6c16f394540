"""Frames on a desktop's WebSocket. The browser's TypeScript types are generated from these models.

The server sends a `SnapshotFrame` first, then `ViewFrame`s that replace whole sections of the view; `seq` counts the
frames of this connection. A server that cannot keep up with a slow browser sends a fresh snapshot, never a backlog.
The browser sends `CommandFrame`s and gets one `ReplyFrame` for each, with the same `id`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from callcenter.api.messages import (
    AgentLive,
    AgentStateName,
    ContactLive,
    DispositionChoice,
    Message,
    Name,
    Note,
    QueueLive,
    Uuid,
)

# -- views ------------------------------------------------------------------------------------------------------


class LinkView(Message):
    """What works: is the CTI server there, does it see the switch; when not, the page says so and keeps what it has."""

    cti_up: bool
    switch_up: bool
    as_of: int  # UTC milliseconds of the newest report


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
    my_queues: tuple[MyQueue, ...]
    reasons: tuple[DispositionChoice, ...]


class SupervisorView(Message):
    """All the supervisor's page shows, by section."""

    kind: Literal["supervisor"] = "supervisor"
    link: LinkView
    agents: tuple[AgentLive, ...]
    queues: tuple[QueueLive, ...]


# -- server to browser ------------------------------------------------------------------------------------------


Section = Literal[
    "link", "me", "contact", "contact_gone", "my_queues", "reasons",  # of an agent's view
    "agents", "queues",  # of a supervisor's, with the link
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
    my_queues: tuple[MyQueue, ...] | None = None
    reasons: tuple[DispositionChoice, ...] | None = None
    agents: tuple[AgentLive, ...] | None = None
    queues: tuple[QueueLive, ...] | None = None


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


ClosingReason = Literal["signed_in_elsewhere", "session_ended", "going_away", "protocol_error"]


class ClosingFrame(Message):
    """The server is about to close this connection, and why; the browser reconnects only after `going_away`."""

    type: Literal["closing"] = "closing"
    why: ClosingReason


ServerFrame = SnapshotFrame | ViewFrame | HeartbeatFrame | ReplyFrame | ClosingFrame

# -- browser to server ------------------------------------------------------------------------------------------


class SetStateCommand(Message):
    """Ready, or not ready with a reason."""

    type: Literal["agent.set_state"] = "agent.set_state"
    state: Literal[AgentStateName.READY, AgentStateName.NOT_READY]
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


Command = (
    SetStateCommand
    | SignOffCommand
    | SaveNoteCommand
    | CompleteContactCommand
    | ExtendWrapUpCommand
    | SnapshotCommand
    | AliveCommand
)


class CommandFrame(Message):
    """One command with the browser's id for it."""

    id: Annotated[str, Field(max_length=64)]
    command: Annotated[Command, Field(discriminator="type")]
