"""One interaction while it lives: what the director knows of it, and the events it has written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

import acd.model
from callcenter.api.calls import CallDirection, ConnectionState, Operation
from callcenter.api.messages import CustomerCard, Tier, WaitingLive
from callcenter.domain.call import Call
from callcenter.domain.cause import Cause
from callcenter.domain.events import CallEvent
from callcenter.domain.ids import AgentId, CallId, ConnectionId, DeviceName, InteractionId, OfferId, QueueName
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.domain.moment import Moment, milliseconds

EndedBy = Literal["caller", "agent", "switch"]
HandedHow = Literal["consultation", "transfer", "queue"]


class Stage(StrEnum):
    """What we are doing with the interaction (the caller's own place is in `Contact.call`)."""

    ARRIVED = "arrived"
    IVR = "ivr"
    AFTER_IVR = "after_ivr"  # the caller has hung up in the IVR; the flow's hang-up exits are still run
    HANDING_OVER = "handing_over"  # his flow has an agent, or a number, rung for him, and waits for what comes of it
    WAITING = "waiting"  # in the engine's line, offered or not
    CALLBACK = "callback"  # in the engine's line, but not on the line: is to be called back, or is being called
    FALLBACK = "fallback"  # the switch's own queue has it
    DIALLING = "dialling"  # an agent makes this call, and nobody has answered yet
    TALKING = "talking"  # at an agent: talking, on hold, or while somebody else is called
    ELSEWHERE = "elsewhere"  # sent to a number outside: rings there, or talks
    SURVEY = "survey"  # his agent has hung up, and he answers questions; the agent may still work
    WRAP_UP = "wrap_up"  # the talk is over; the caller's own end follows, the agent may still work
    CLOSED = "closed"


@dataclass(slots=True)
class OpenOffer:
    """An offer under way. The phone is rung once the pop was shown, or at `ring_at`."""

    offer: OfferId
    agent: AgentId
    device: DeviceName
    made_at: Moment
    ring_at: float  # monotonic
    rung_at: float | None = None  # monotonic; none: the phone has not been rung yet
    delivered: bool = False  # the switch has told that it rings


@dataclass(slots=True)
class Promise:
    """A call that the customer has been promised; who stays on the line until he is served has no need of it."""

    number: str  # E.164
    queue: QueueName  # whose agents are to call
    since: Moment
    until: Moment  # then it is given up
    waits: bool = False  # he has hung up
    calls: int = 0  # made so far, the present one included
    released: bool = False  # he is to be called now
    call: CallId | None = None  # by which he is being called
    called_at: Moment | None = None  # the last time
    failed: Cause | None = None  # why the last call that counts came to nothing


@dataclass(slots=True)
class HandingOver:
    """A transfer that a flow has ordered, until somebody answers or the caller is back in his flow."""

    step: int
    session: int
    name: str  # of the agent, or of the number in the house's list
    agent: AgentId | None
    until: float  # monotonic: as long as the flow lets it ring
    ordered_at: float  # monotonic
    waited: bool  # he was in the line, where his place is kept
    why: Literal["busy", "unanswered", "failed"] | None = None


@dataclass(slots=True)
class OpenRecording:
    """A recording of the caller that may become a message for a queue's agents."""

    mailbox: QueueName
    shortest: float  # seconds; less is no message
    measuring: bool = False  # it is over, and is to be kept if it is long enough


@dataclass(slots=True)
class Part:
    """One agent's part in an interaction: from the offer to the end of his work after it.

    No agent with a connection: somebody talks to the customer who is none of ours (a number, or nobody's device).
    """

    agent: AgentId | None = None
    device: DeviceName | None = None
    connection: ConnectionId | None = None
    offered_at: Moment | None = None
    answered_at: Moment | None = None
    talk_ended_at: Moment | None = None
    ended_by: EndedBy | None = None
    note: str = ""
    disposition: str | None = None
    noted_at: Moment | None = None
    handed_by: AgentId | None = None  # from whom he has the customer
    handed_how: HandedHow = "transfer"
    handed_at: Moment | None = None
    handed_on: bool = False  # he has sent the customer on
    completed: bool = False  # has been written as done


@dataclass(slots=True)
class Hold:
    """The customer hears music."""

    by_phone: bool  # the agent's phone did it by itself, and only it can undo it


@dataclass(slots=True)
class Beside:
    """Somebody whom the agent has called beside his caller: a colleague, or a number."""

    agent: AgentId | None
    number: str | None
    device: DeviceName | None
    state: ConnectionState
    since: Moment  # of that state
    connection: ConnectionId | None = None  # none: not reached yet
    joined: bool = False  # talks with customer and agent
    inherits: str = ""  # the agent's phone is down, and the customer goes to him: how that came about
    failed: Cause | None = None

    @property
    def in_call(self) -> bool:
        """Whether he is being called, or there."""
        return self.state in (ConnectionState.ALERTING, ConnectionState.CONNECTED, ConnectionState.HELD)


@dataclass(slots=True)
class UnderWay:
    """An operation that was ordered, and the facts that will show that it was done."""

    operation: Operation
    awaits: set[tuple[type[CallEvent], CallId]]
    until: float  # monotonic: then the switch is asked what became of it


@dataclass(slots=True)
class Contact:
    """An interaction that is not closed. Only the director's handlers change it."""

    interaction: InteractionId
    call: Call
    arrived_at: Moment
    called_number: str
    calling_number: str
    calling_name: str
    stage: Stage = Stage.ARRIVED
    seq: int = 0  # of the last event written
    session: int = 0  # of the IVR session; grows with each
    node: str | None = None
    in_version: tuple[str, int] | None = None  # the flow, and the version of it, that `node` is in
    gathered: dict[str, FieldValue] = field(default_factory=dict)  # all fields of the flow
    keyed: dict[str, None] = field(default_factory=dict)  # those that the caller gave, in his order
    needs: dict[str, int] = field(default_factory=dict)  # least proficiency that the flow asked for, by skill
    preferred_agent: str | None = None  # whom he waits for alone: the flow asked for him, or the queue does
    preferred_for: float = 0.0  # seconds for which he is waited for
    preferred_by: str | None = None  # who says so: flow, rule, or why the queue does (`catalogue.Whom`)
    survey: str | None = None  # the flow wanted when the agent has hung up; none: what his queue has
    survey_mark: str | None = None  # as it stands on the channel: who hands him back to us after the talk
    surveyed: bool = False  # he has been asked, or is being asked
    treatment: str | None = None  # the flow wanted while he waits; none: what his queue has
    treated: str | None = None  # the treatment that runs now
    treatment_over: bool = False  # he has had it; music from now on
    handing_over: HandingOver | None = None
    promise: Promise | None = None
    called_back: bool = False  # he is, or was, on the line because we called him
    left_message: bool = False  # he has begun to leave a message: his going then is no abandonment
    recordings: dict[str, OpenRecording] = field(default_factory=dict)  # by file
    customer: CustomerCard | None = None
    handed_on: dict[str, FieldValue] = field(default_factory=dict)  # what the flow said with the queue; not stored
    queue: QueueName | None = None
    enqueued_at: Moment | None = None
    entered_at: Moment | None = None  # when he came to this queue; none: when he was queued
    came_from: QueueName | None = None  # the queue that gave him away to this one
    flow: str | None = None  # where an overflow led him; none: he waits, or is in the flow of the dialled number
    rounds: int = 0  # how often in a row he was led on without having waited
    head_start: int = 0  # seconds, by the rules as they were; the queue's own come on top
    offer: OpenOffer | None = None
    decision: Mapping[str, FieldValue] | None = None  # the account of the last offer, as it was written
    rung_by_switch: AgentId | None = None  # whom the switch's own queue rings for the caller
    direction: CallDirection = CallDirection.IN
    part: Part = field(default_factory=Part)  # of the agent who has the customer now
    earlier: list[Part] = field(default_factory=list)  # of those before him; some may still work after their talk
    hold: Hold | None = None
    since: Moment | None = None  # at an agent: how long the customer hears whom he hears now, music included
    beside: Beside | None = None
    colleague: AgentId | None = None  # of a call between agents: the one who was called
    under_way: UnderWay | None = None
    failed: Cause | None = None  # why whom an agent called was not reached
    waits_for: tuple[AgentId, float] | None = None  # the one agent it waits for alone, and until when (monotonic)
    on_board: WaitingLive | None = None  # how the board shows the wait: made once, as it changes hardly ever

    @property
    def call_id(self) -> CallId:
        """The caller's call."""
        return self.call.call

    @property
    def tier(self) -> Tier:
        """The customer's tier; unknown callers are standard."""
        return self.customer.tier if self.customer else Tier.STANDARD

    @property
    def shown_as(self) -> str:
        """What people on the floor call the contact: the customer's name, or the number."""
        return (self.customer.name if self.customer else "") or self.calling_name or self.calling_number

    @property
    def attributes(self) -> dict[str, acd.model.AttributeValue]:
        """What rules may look at: what the flow has gathered or handed on, and what the customer's record says.

        What the record says (of his entitlement, for one) cannot be keyed: it counts before a field of the same name.
        """
        known: dict[str, FieldValue] = {
            **self.gathered,
            **self.handed_on,
            **(self.customer.routing.attributes if self.customer else {}),
            "called_number": self.called_number,
            "calling_number": self.calling_number,
            "tier": self.tier.value,
            "customer": self.customer.customer if self.customer else None,
            "customer_language": self.customer.language if self.customer else None,
            "last_agent": self.customer.last_agent if self.customer else None,
            "last_agent_days": self.days_since_talk,
        }
        return {name: value for name, value in known.items() if value is not None}

    @property
    def days_since_talk(self) -> int | None:
        """How many whole days ago the customer's last talk with an agent began; none: there was none."""
        at = self.customer.last_talk_at if self.customer else None
        return None if at is None else max(0, (milliseconds(self.arrived_at.utc) - at) // 86_400_000)

    @property
    def sequence(self) -> int:
        """The place in the order that is written on the channel: epoch seconds of queueing less the head start."""
        return self.enqueued_epoch - self.head_start

    @property
    def rank(self) -> float:
        """The place in the order of service, smaller first: monotonic seconds of queueing less the head start."""
        return (self.enqueued_at or self.arrived_at).monotonic - self.head_start

    @property
    def enqueued_epoch(self) -> int:
        """When the caller was queued, in UTC epoch seconds; 0 before."""
        return int(self.enqueued_at.utc.timestamp()) if self.enqueued_at else 0

    @property
    def agent(self) -> AgentId | None:
        """Who has the customer now, or had him last."""
        return self.part.agent

    @property
    def connection(self) -> ConnectionId | None:
        """That agent's connection."""
        return self.part.connection

    @property
    def party(self) -> Beside | None:
        """Whom the agent has called beside, if that one is being called or there."""
        return self.beside if self.beside is not None and self.beside.in_call else None

    def concerned(self) -> tuple[AgentId, ...]:
        """Return every agent who has to do with this contact now."""
        agents = (
            self.part.agent,
            self.rung_by_switch,
            self.offer.agent if self.offer else None,
            self.beside.agent if self.beside else None,
            self.handing_over.agent if self.handing_over else None,
            self.colleague,
            *(part.agent for part in self.earlier if not part.completed),
        )
        return tuple(dict.fromkeys(agent for agent in agents if agent is not None))

    def part_of(self, agent: str) -> Part | None:
        """Return the part of an agent who has the customer, or still works after his talk."""
        if self.part.agent == agent:
            return self.part
        return next((part for part in self.earlier if part.agent == agent and not part.completed), None)

    def leave_agent(self) -> None:
        """Forget the agent's part: the caller goes on without him. What he noted stays, and from whom he had him."""
        left = self.part
        self.part = Part(note=left.note, disposition=left.disposition, noted_at=left.noted_at)
        self.part.handed_by, self.part.handed_how, self.part.handed_at = left.handed_by, left.handed_how, left.handed_at

    def end_part(self) -> Part:
        """The agent's part is over, and the customer goes on: what he noted is his own, and shown to the next."""
        left, self.part = self.part, Part()
        self.earlier.append(left)
        return left

    def event(self, kind: EventKind, at: datetime, data: Mapping[str, FieldValue] | None = None) -> InteractionEvent:
        """Make the next event of this interaction."""
        self.seq += 1
        return InteractionEvent(interaction=self.interaction, seq=self.seq, at=at, kind=kind, data=data or {})
