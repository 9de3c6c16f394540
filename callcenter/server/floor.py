"""The floor: everything the one writer knows. Handlers change it; effects are what they decided meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import acd
import acd.commands
import acd.model
from callcenter.api.messages import LinkLive, RepairLive
from callcenter.domain.catalogue import Catalogue, QueuePlan
from callcenter.domain.commands import FallbackMember, MirrorAgent, SwitchCommand
from callcenter.domain.ids import AgentId, CallId, ConnectionId, DeviceName, InteractionId, OfferId, QueueName
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.domain.moment import Moment
from callcenter.ports import AgentRecord, IdSource
from callcenter.server.contact import Contact
from callcenter.server.effects import Command, Effect, Record, Resynchronise

RESYNCHRONISE_AT_MOST_EVERY = 2.0  # seconds; a contradiction seldom comes alone


@dataclass(slots=True)
class Desk:
    """One agent's place: who sits there, what he has, which desktop shows it."""

    record: AgentRecord
    off_since: float  # monotonic: when he signed off, or we began to know him
    memberships: tuple[FallbackMember, ...] = ()  # queues he can serve; with a penalty: those who have waited long
    queues: tuple[QueueName, ...] = ()  # that he can serve at once
    desktop: str | None = None  # the connection that shows his page
    forced_by: str | None = None  # the supervisor who set the choice that holds
    state: acd.commands.ReportAgentState | None = None  # as the engine last reported; none: not logged on
    contact: InteractionId | None = None  # what his page shows
    shift: InteractionId | None = None  # the time that he is signed on, as events name it; none: he is not
    told_states: int = 0  # of that time
    mirrored: MirrorAgent | None = None  # as the switch was last told; none: it was told nothing
    mirror_failed: bool = False  # it was told, and refused: to be told again when the agent next changes

    def works_on(self, contact: Contact) -> bool:
        """Tell whether the engine counts the contact as this agent's work, wrap-up included."""
        return self.state is not None and acd.model.InteractionId(contact.interaction) in self.state.interactions


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueHours:
    """Whether a queue is open by its calendar, and until when that holds (none: for good)."""

    is_open: bool
    until: datetime | None


@dataclass(slots=True)
class Floor:
    """The writer's whole state."""

    catalogue: Catalogue
    engine: acd.RoutingEngine
    ids: IdSource
    epoch: int
    pop_ack: float  # seconds the phone waits for the pop
    desktop_grace: float  # seconds a desktop may take to come back after a restart of ours
    calls_out: bool = True  # numbers can be called
    switch_up: bool = False
    hours: dict[QueueName, QueueHours] = field(default_factory=dict)  # of the queues that have a calendar
    contacts: dict[InteractionId, Contact] = field(default_factory=dict)
    unrung: dict[OfferId, Contact] = field(default_factory=dict)  # offers whose pop is on its way, oldest first
    by_call: dict[CallId, Contact] = field(default_factory=dict)
    after_call: dict[CallId, Contact] = field(default_factory=dict)  # the caller is gone, his flow has not ended yet
    by_leg: dict[CallId, Contact] = field(default_factory=dict)  # agents' connections, and whom they called beside
    orders: dict[InteractionId, Contact] = field(default_factory=dict)  # whose operation under way does not show yet
    handing_over: dict[InteractionId, Contact] = field(default_factory=dict)  # whom flows have agents, numbers rung for
    desks: dict[AgentId, Desk] = field(default_factory=dict)
    by_device: dict[DeviceName, Desk] = field(default_factory=dict)
    desktops_due: dict[AgentId, float] = field(default_factory=dict)  # monotonic: whose page must be back by when
    ring_again: dict[InteractionId, float] = field(default_factory=dict)  # monotonic: whose agent's phone was not there
    retired: set[AgentId] = field(default_factory=set)  # who works here no more, once his present work is done
    in_service: set[DeviceName] = field(default_factory=set)
    effects: list[Effect] = field(default_factory=list)
    pops_late: int = 0
    pops_shown: int = 0
    misfits: int = 0  # facts that fitted no table
    shifts: int = 0  # times that somebody signed on
    repairs_done: int = 0  # by the watchdog and by supervisors
    repairs: list[RepairLive] = field(default_factory=list)  # the last ones, newest first
    resynchronisation_due: float | None = None  # monotonic; wanted, but the last one is too short ago
    _not_before: float = 0.0

    @property
    def link(self) -> LinkLive:
        """The state of the link to the switch, as messages carry it."""
        return LinkLive(switch_up=self.switch_up, epoch=self.epoch)

    def emit(self, effect: Effect) -> None:
        """Decide something."""
        self.effects.append(effect)

    def take_effects(self) -> list[Effect]:
        """Return what was decided since the last call."""
        effects, self.effects = self.effects, []
        return effects

    def write(self, contact: Contact, kind: EventKind, now: Moment, **data: FieldValue) -> None:
        """Write one event of an interaction."""
        self.emit(Record(event=contact.event(kind, now.utc, data)))

    def write_state(self, desk: Desk, state: str, reason: str, now: Moment) -> None:
        """Write what an agent is from now on."""
        if desk.shift is None:
            self.shifts += 1
            desk.shift, desk.told_states = InteractionId(f"{desk.record.agent}/{self.epoch}/{self.shifts}"), 0
        desk.told_states += 1
        told = {"agent": desk.record.agent, "state": state, "reason": reason or None, "by": desk.forced_by}
        self.emit(
            Record(
                event=InteractionEvent(
                    interaction=desk.shift, seq=desk.told_states, at=now.utc, kind=EventKind.AGENT_STATE, data=told
                )
            )
        )

    def command(self, command: SwitchCommand) -> None:
        """Ask something of the switch. While the link is down nothing is asked: the next snapshot decides anew."""
        if self.switch_up:
            self.emit(Command(command=command))

    def misfit(self, why: str, now: Moment) -> None:
        """Count a fact that fitted nothing, and have the switch read back."""
        self.misfits += 1
        self.resynchronise(why, now)

    def resynchronise(self, why: str, now: Moment) -> None:
        """Have the switch read back: now, or as soon as the last time is long enough ago."""
        if not self.switch_up:  # the link comes back with a snapshot anyway
            self.resynchronisation_due = None
            return
        if now.monotonic < self._not_before:
            self.resynchronisation_due = self._not_before
            return
        self.resynchronisation_due = None
        self._not_before = now.monotonic + RESYNCHRONISE_AT_MOST_EVERY
        self.emit(Resynchronise(why=why))

    def desk_at(self, device: DeviceName | None) -> Desk | None:
        """Return whose device this is; none: nobody's, or a number outside."""
        return self.by_device.get(device) if device is not None else None

    def plan(self, queue: QueueName | None) -> QueuePlan:
        """Return the plan of a queue; one that is not configured (any more) is served as the default queue."""
        queues = self.catalogue.queues
        return queues.get(queue or self.catalogue.default_queue) or queues[self.catalogue.default_queue]

    def add(self, contact: Contact) -> None:
        """Take a new interaction in."""
        self.contacts[contact.interaction] = contact
        self.by_call[contact.call_id] = contact

    def forget(self, contact: Contact) -> None:
        """Let a closed interaction go."""
        self.contacts.pop(contact.interaction, None)
        self.after_call.pop(contact.call_id, None)
        self.forget_call(contact)
        for connection in (contact.connection, contact.beside.connection if contact.beside else None):
            if connection is not None and self.by_leg.get(CallId(connection)) is contact:
                self.forget_leg(connection)

    def know_leg(self, contact: Contact, connection: ConnectionId) -> None:
        """What is told of this connection's own call concerns the contact."""
        self.by_leg[CallId(connection)] = contact

    def forget_leg(self, connection: ConnectionId) -> None:
        """This connection is no more, or concerns the contact no more."""
        self.by_leg.pop(CallId(connection), None)

    def forget_call(self, contact: Contact) -> None:
        """The call is over; the interaction may go on in wrap-up."""
        if self.by_call.get(contact.call_id) is contact:
            del self.by_call[contact.call_id]
