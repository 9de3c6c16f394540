"""Requests, replies and event reports between the CTI server and the desktops; versioned.

All times are UTC in milliseconds since the epoch, so that a browser can count from them. The TypeScript types of the
browser are generated from these models and from `agent_desktop.live.frames`; unknown fields are refused.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from callcenter.api.calls import (
    AgentNote,
    CallDirection,
    CallLive,
    CallMade,
    CallRequest,
    DirectoryFound,
    HandedOver,
    NotReached,
)
from callcenter.api.card import CustomerCard, PastInteraction
from callcenter.api.routing import ExplainRouting, RoutingExplained
from callcenter.api.shapes import Message, Name, Note, Tier, Uuid

__all__ = ["CustomerCard", "Message", "Name", "Note", "PastInteraction", "Tier", "Uuid"]  # they are part of messages

PROTOCOL_VERSION = 1

# -- what the messages speak of --------------------------------------------------------------------------------


class ReasonChoice(Message):
    """One reason for not being ready that an agent may give."""

    name: Name
    label: str


class DispositionChoice(Message):
    """One outcome code. Codes form a tree: groups come before what is in them, and only the others may be chosen."""

    name: Name
    label: str
    parent: Name | None = None
    group: bool = False


class GatheredAnswer(Message):
    """One thing the caller said or keyed, with the words to show for it."""

    key: str
    label: str
    value: str


class AgentStateName(StrEnum):
    """CSTA agent states (ECMA-269, 6.1.2.1)."""

    NULL = "null"
    NOT_READY = "not_ready"
    READY = "ready"
    BUSY = "busy"
    WORKING_AFTER_CALL = "working_after_call"


class AgentActivity(StrEnum):
    """What an agent is observed to do: the axis that he does not choose."""

    NONE = "none"
    OFFERED = "offered"  # a call rings, or is about to
    DIALLING = "dialling"  # he calls somebody
    TALKING = "talking"
    HOLDING = "holding"  # the customer hears music, and nobody else is called
    CONSULTING = "consulting"  # he talks to a colleague or a third, or calls one, while the customer is held
    CONSULTED = "consulted"  # a colleague asks him
    CONFERENCE = "conference"
    WRAP_UP = "wrap_up"


class AgentLive(Message):
    """An agent as the board and his own desktop show him, on two axes: what he chose, and what he is observed to do.

    ``state`` follows from both. ``chosen`` is ready or not ready; during a contact it is what comes after it.
    """

    agent: Name
    name: str
    state: AgentStateName
    since: int
    chosen: AgentStateName
    chosen_reason: str | None
    activity: AgentActivity
    activity_since: int
    forced_by: Name | None  # the supervisor who set the choice that holds
    reason: str | None  # of not ready
    pending: AgentStateName | None  # what he takes when the current work ends
    pending_reason: str | None
    registered: bool  # has his phone a live registration
    desktop_connected: bool
    queues: tuple[Name, ...]  # queues he can serve
    contact: Uuid | None
    contact_queue: Name | None


class ContactPhase(StrEnum):
    """Where an agent's contact is."""

    OFFERED = "offered"  # the pop is shown, the phone is about to ring or rings
    DIALLING = "dialling"  # the agent makes the call: his own phone rings, then the other's
    TALKING = "talking"
    WRAP_UP = "wrap_up"


class ContactLive(Message):
    """The contact an agent works on, with all he needs to see before the phone rings."""

    interaction: Uuid
    offer: str
    phase: ContactPhase
    queue: Name
    queue_label: str
    tier: Tier
    calling_number: str
    calling_name: str
    called_number: str
    customer: CustomerCard | None
    gathered: tuple[GatheredAnswer, ...]
    came_from: Name | None  # the queue that gave him away to this one
    called_back: bool  # the customer did not call us just now: we called him, as promised
    waited_s: float  # from queue entry to this offer
    arrived_at: int
    offered_at: int
    answered_at: int | None
    ended_at: int | None
    ended_by: Literal["caller", "agent", "switch"] | None
    wrap_up_until: int | None  # none: until the disposition is given
    wrap_up_extendable: bool
    disposition_required: bool
    dispositions: tuple[DispositionChoice, ...]
    note: Note  # the draft, as last saved
    disposition: Name | None
    direction: CallDirection
    call: CallLive | None  # none: there is none any more
    handed_over: HandedOver | None  # from the agent before this one
    notes_before: tuple[AgentNote, ...]  # oldest first


class WaitingLive(Message):
    """One waiting interaction on the supervisor's page, in the order of service."""

    interaction: Uuid
    tier: Tier
    customer_name: str | None
    calling_number: str
    since: int
    came_from: Name | None  # the queue that gave him away to this one
    expected_from: int | None  # between these two he is likely to be answered (four of five are); none: unknown
    expected_until: int | None
    fallback: bool


class PromiseLive(Message):
    """One customer who is to be called back, on the supervisor's page, in the order of service."""

    interaction: Uuid
    tier: Tier
    customer_name: str | None
    number: str  # to be called, E.164
    since: int  # when it was promised
    attempts: int  # so far, the present one included
    attempts_at_most: int
    failed: NotReached | None  # why the last one that counts came to nothing; none: there was none
    not_before: int | None  # the next attempt; none: when an agent is free
    expires_at: int  # then it is given up
    calling_since: int | None  # none: is not being called now


class QueueLive(Message):
    """A queue now, and its day so far."""

    queue: Name
    label: str
    open: bool  # by its calendar; one without is always open
    open_until: int | None  # when that changes; none: it does not
    waiting: int
    longest_since: int | None
    expected_low_s: float | None  # how long who comes now will wait (four of five fall into that); none: unknown
    expected_high_s: float | None
    agents_ready: int
    agents_busy: int
    agents_wrap_up: int
    agents_not_ready: int
    offered_today: int
    answered_today: int
    abandoned_today: int
    overflowed_today: int  # given away, to another queue or to a flow
    service_level_target_s: int
    answered_in_target_today: int
    callbacks: int  # promised, and not kept yet: customers who are not on the line
    callbacks_dropped_today: int  # promised, and given up: never reached, not in time, or by a supervisor
    first_waiting: tuple[WaitingLive, ...]  # at most 50
    first_promises: tuple[PromiseLive, ...]  # at most 50


class LinkLive(Message):
    """Whether the CTI server can see the switch."""

    switch_up: bool
    epoch: int


class Repair(StrEnum):
    """What the watchdog found and put right."""

    CALL_FORGOTTEN = "call_forgotten"  # a call that we showed is not in the switch any more
    CALL_FOUND = "call_found"  # the switch has a call that we did not know
    AGENT_FREED = "agent_freed"  # an agent counted as busy with nothing
    CUSTOMER_WITHOUT_AGENT = "customer_without_agent"  # held or parked, and nobody was coming back
    CONNECTION_CLEARED = "connection_cleared"  # a phone that stayed off the hook with nobody on the line
    PHONE_CHANGED = "phone_changed"  # a phone that counted as out of reach was not, or the other way round
    CONTACT_CLEARED = "contact_cleared"  # by a supervisor
    STATE_FORCED = "state_forced"  # by a supervisor
    PROMISE_DROPPED = "promise_dropped"  # by a supervisor: a customer is not called back


class RepairLive(Message):
    """One thing that was put right, for the supervisor's page."""

    at: int
    repair: Repair
    agent: Name | None
    interaction: Uuid | None
    by: Name | None  # the supervisor; none: the watchdog


# -- reports: CTI server to desktops ----------------------------------------------------------------------------


class AgentReport(Message):
    """An agent's record changed."""

    type: Literal["agent"] = "agent"
    agent: AgentLive


class ContactReport(Message):
    """An agent's contact changed; none: nothing to work on. `None` after an offer says why it went.

    `not_reached`: why nobody answered a call that the agent made.
    """

    type: Literal["contact"] = "contact"
    agent: Name
    contact: ContactLive | None
    gone: Literal["completed", "missed", "refused", "caller_gone", "failed", "cancelled"] | None = None
    not_reached: NotReached | None = None


class QueueReport(Message):
    """A queue's record changed (at most twice a second per queue)."""

    type: Literal["queue"] = "queue"
    queue: QueueLive


class LinkReport(Message):
    """The link to the switch went up or down, or a new CTI server took over."""

    type: Literal["link"] = "link"
    link: LinkLive


class DesktopDismissed(Message):
    """A desktop of this agent must close: he signed in elsewhere, or was signed off."""

    type: Literal["dismissed"] = "dismissed"
    agent: Name
    desktop: str
    by: Name | None = None  # the supervisor who signed him off; none: a newer desktop took its place


class RepairReport(Message):
    """Something was put right."""

    type: Literal["repair"] = "repair"
    repair: RepairLive


class ConfigurationReport(Message):
    """The configuration was replaced: labels may read otherwise, and a snapshot shows the queues there are now."""

    type: Literal["configuration"] = "configuration"


Report = AgentReport | ContactReport | QueueReport | LinkReport | DesktopDismissed | RepairReport | ConfigurationReport


class ReportEnvelope(Message):
    """One report with its place in the sequence of this CTI server's epoch; a gap means: ask for a snapshot."""

    v: Literal[1] = 1
    epoch: int
    seq: int
    at: int
    report: Annotated[Report, Field(discriminator="type")]


class StateSnapshot(Message):
    """Everything the desktops show, as of report `seq`."""

    v: Literal[1] = 1
    epoch: int
    seq: int
    at: int
    link: LinkLive
    agents: tuple[AgentLive, ...]
    contacts: dict[str, ContactLive]  # by agent
    queues: tuple[QueueLive, ...]
    reasons: tuple[ReasonChoice, ...]  # not-ready reasons an agent may choose
    repairs: tuple[RepairLive, ...] = ()  # the last ones, newest first


# -- requests: desktops to CTI server ---------------------------------------------------------------------------


class SnapshotWanted(Message):
    """Send me everything."""

    type: Literal["snapshot"] = "snapshot"


class SignOn(Message):
    """An agent's desktop is connected; `desktop` is a random id of this connection. Idempotent."""

    type: Literal["sign_on"] = "sign_on"
    agent: Name
    desktop: str


class SignOff(Message):
    """The agent ends his work. Refused unless he is not ready and has no contact."""

    type: Literal["sign_off"] = "sign_off"
    agent: Name


class DesktopGone(Message):
    """The agent's desktop connection has been away for longer than its grace."""

    type: Literal["desktop_gone"] = "desktop_gone"
    agent: Name
    desktop: str


class SetState(Message):
    """The agent asks for ready or not ready (with a reason); during a contact it becomes pending.

    ``working_after_call`` asks, during a contact, for time after it where the queue leaves that to the agent.
    """

    type: Literal["set_state"] = "set_state"
    agent: Name
    state: Literal[AgentStateName.READY, AgentStateName.NOT_READY, AgentStateName.WORKING_AFTER_CALL]
    reason: Name | None = None


class ForceState(Message):
    """A supervisor sets an agent's state: signed off too, whatever he does. Recorded under the supervisor's name."""

    type: Literal["force_state"] = "force_state"
    by: Name
    agent: Name
    state: Literal[AgentStateName.READY, AgentStateName.NOT_READY, AgentStateName.NULL]
    reason: Name | None = None


class ClearContact(Message):
    """A supervisor ends an agent's work on a contact that is stuck. A customer who is still there waits for another."""

    type: Literal["clear_contact"] = "clear_contact"
    by: Name
    agent: Name
    interaction: Uuid


class DropPromise(Message):
    """A supervisor gives up a promise to call a customer back. Refused while he is being called, or once it is gone."""

    type: Literal["drop_promise"] = "drop_promise"
    by: Name
    interaction: Uuid


class SaveNote(Message):
    """Keep what the agent has typed so far."""

    type: Literal["save_note"] = "save_note"
    agent: Name
    interaction: Uuid
    note: Note
    disposition: Name | None = None


class CompleteContact(Message):
    """The agent's work on the contact is done. Refused while talking, or without a disposition that is required."""

    type: Literal["complete_contact"] = "complete_contact"
    agent: Name
    interaction: Uuid
    note: Note
    disposition: Name | None = None


class ExtendWrapUp(Message):
    """The agent needs more time after the call."""

    type: Literal["extend_wrap_up"] = "extend_wrap_up"
    agent: Name
    interaction: Uuid


class OfferShown(Message):
    """The pop of this offer was written to the agent's socket. Not answered."""

    type: Literal["offer_shown"] = "offer_shown"
    offer: str


class ReloadConfiguration(Message):
    """Read the configuration's files again. Refused whole, with every problem, when anything is wrong in them."""

    type: Literal["reload"] = "reload"


Request = (
    SnapshotWanted
    | SignOn
    | SignOff
    | DesktopGone
    | SetState
    | ForceState
    | SaveNote
    | CompleteContact
    | ClearContact
    | DropPromise
    | ExtendWrapUp
    | OfferShown
    | CallRequest
    | ExplainRouting
    | ReloadConfiguration
)


class RequestEnvelope(Message):
    """One request: its id (a repeated one is answered, not done again), who wants the reply, when it is too old."""

    v: Literal[1] = 1
    id: str
    reply_to: str  # the desktop server's own reply stream, a random name
    expires_at: int
    request: Annotated[Request, Field(discriminator="type")]


class Done(Message):
    """The request was carried out."""

    type: Literal["done"] = "done"


class Refused(Message):
    """The request was refused; `code` is stable, `message` is English for the log."""

    type: Literal["refused"] = "refused"
    code: str
    message: str


class Snapshot(Message):
    """The answer to `SnapshotWanted`."""

    type: Literal["snapshot"] = "snapshot"
    snapshot: StateSnapshot


class ConfigurationApplied(Message):
    """The configuration that `ReloadConfiguration` found is in force; each line says what it changes."""

    type: Literal["configuration_applied"] = "configuration_applied"
    changes: tuple[str, ...]


Outcome = Done | Refused | CallMade | DirectoryFound | RoutingExplained
Reply = Outcome | Snapshot | ConfigurationApplied


class ReplyEnvelope(Message):
    """One reply, to the request with this id."""

    v: Literal[1] = 1
    id: str
    reply: Annotated[Reply, Field(discriminator="type")]
