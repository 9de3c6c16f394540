"""A small PBX in memory: callers, agents' devices, a waiting room, a queue of its own. It answers commands with events.

It keeps the dialplan's promises as the real one does: a silent CTI server loses callers from the IVR to the waiting
room and from there to the PBX's own queue, a ringing that ends without an answer brings the caller back, an agent
who hangs up ends the call. While the link is lost everything goes on, but nobody is told.

Time is the given clock's. After `clock.advance(...)` call `handle_timer()`; `next_deadline()` says when something will
happen by itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from callcenter.domain.cause import Cause
from callcenter.domain.commands import (
    Beat,
    ClearCall,
    ClearConnection,
    DeflectCall,
    MarkCall,
    MarkNode,
    MirrorAgent,
    PrepareDeflection,
    QueueCall,
    RecallCall,
    ReturnToIvr,
    SwitchCommand,
)
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.events import (
    BackInService,
    CallCleared,
    ConnectionCleared,
    Delivered,
    DigitPressed,
    Established,
    Failed,
    IvrEntered,
    IvrLeft,
    LiveCall,
    Offered,
    OutOfService,
    Place,
    Queued,
    SwitchConnected,
    SwitchDisconnected,
    SwitchEvent,
    SwitchSnapshot,
)
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, InteractionId, QueueName
from callcenter.ports import Clock, EventSink, Switch

TOLERANCE = 6  # seconds without a heartbeat until the CTI server counts as dead
FIRST_GUARD = 8.0
GRACE = 2.0  # seconds without registration until a device is out of service
AUDIO_LIMIT = 5.0  # seconds without audio until a leg is cleared


@dataclass(slots=True)
class _Leg:
    connection: ConnectionId
    device: DeviceName
    ends_ringing: float
    answered: bool = False
    lost_at: float | None = None


@dataclass(slots=True)
class _Call:
    call: CallId
    called: str
    number: str
    name: str
    arrived: float
    place: Place = Place.IVR
    guard: float = 0.0  # in the IVR: when the dialplan takes the caller away
    wakes: float = 0.0  # in the room: when the heartbeat is looked at next
    leg: _Leg | None = None
    interaction: InteractionId | None = None
    queue: QueueName | None = None
    enqueued_at: int = 0
    sequence: int = 0
    epoch: int | None = None
    node: str | None = None


@dataclass(slots=True)
class _Device:
    registered: bool = False
    leaves: float | None = None  # when the lost registration is told
    members: dict[QueueName, int] = field(default_factory=dict)
    ready: bool = False


class FakeSwitch(Switch):
    """The Switch port, and the people who use the telephones around it."""

    def __init__(
        self,
        sink: EventSink,
        clock: Clock,
        *,
        ring_seconds: float = 15.0,
        left_ivr: Callable[[CallId], None] = lambda _: None,
    ) -> None:
        self.commands: list[SwitchCommand] = []
        self.linked = True
        self._sink = sink
        self._clock = clock
        self._ring_seconds = ring_seconds
        self._left_ivr = left_ivr
        self._calls: dict[CallId, _Call] = {}
        self._devices: dict[DeviceName, _Device] = {}
        self._numbers = itertools.count(1)
        self._heartbeat = int(clock.utc().timestamp())

    # -- the port ------------------------------------------------------------------------------------------------

    async def carry_out(self, command: SwitchCommand) -> None:
        """Do it now. Raises `ExternalFailure`."""
        if not self.linked:
            raise ExternalFailure("link to the switch lost", retryable=True)
        self.commands.append(command)
        match command:
            case Beat():
                self._heartbeat = command.epoch_seconds
            case MirrorAgent():
                device = self._devices.setdefault(command.device, _Device())
                device.members = {member.queue: member.penalty for member in command.queues}
                device.ready = command.ready
            case ClearConnection():
                self._clear_leg(self._call_of_leg(command.connection))
            case _:
                self._command_call(self._known(command.call), command)

    async def snapshot(self) -> SwitchSnapshot:
        """Say what there is. Raises `ExternalFailure`."""
        if not self.linked:
            raise ExternalFailure("link to the switch lost", retryable=True)
        return self._snapshot()

    # -- callers -------------------------------------------------------------------------------------------------

    def call_arrives(self, called: str = "5550100", number: str = "+49301234567", name: str = "") -> CallId:
        """Somebody dials a published number."""
        now = self._clock.monotonic()
        call_id = CallId(f"1767603600.{next(self._numbers)}")
        self._calls[call_id] = call = _Call(call=call_id, called=called, number=number, name=name, arrived=now)
        call.sequence = call.enqueued_at = int(self._clock.utc().timestamp())
        call.place = Place.ENDING  # nowhere yet
        self._tell(Offered(call=call_id, called_number=called, calling_number=number, calling_name=name))
        self._enter_ivr(call)
        return call_id

    def caller_presses(self, call: CallId, digits: str) -> None:
        """The caller presses keys."""
        for digit in digits:
            self._tell(DigitPressed(call=self._calls[call].call, digit=digit))

    def caller_hangs_up(self, call: CallId) -> None:
        """The caller has enough."""
        self._end(self._calls[call], Cause.NORMAL_CLEARING)

    # -- agents --------------------------------------------------------------------------------------------------

    def register(self, device: str) -> None:
        """A softphone comes (back) to life."""
        name = DeviceName(device)
        entry = self._devices.setdefault(name, _Device())
        told = entry.registered or entry.leaves is not None
        entry.registered, entry.leaves = True, None
        if not told:
            self._tell(BackInService(device=name))

    def unregister(self, device: str) -> None:
        """A softphone goes; it is told after a grace, for it may only be a reloaded page."""
        entry = self._devices[DeviceName(device)]
        entry.registered, entry.leaves = False, self._clock.monotonic() + GRACE

    def rings(self, device: str) -> CallId | None:
        """Return the call that rings at the device now."""
        call = self._at(device)
        return call.call if call is not None and call.leg is not None and not call.leg.answered else None

    def agent_answers(self, device: str) -> None:
        """The agent picks up what rings."""
        call, leg = self._ringing(device)
        leg.answered = True
        call.place = Place.TALKING
        self._tell(Established(call=call.call, device=leg.device, connection=leg.connection))

    def agent_rejects(self, device: str, cause: Cause = Cause.CALL_REJECTED) -> None:
        """The agent's phone refuses what rings."""
        call, _ = self._ringing(device)
        self._attempt_failed(call, cause)

    def agent_hangs_up(self, device: str) -> None:
        """The agent ends the talk; the caller is served and cleared as well."""
        call = self._at(device)
        assert call is not None
        assert call.place is Place.TALKING
        self._clear_leg(call, by_agent=True)

    def agent_vanishes(self, device: str) -> None:
        """The browser dies: no registration, no audio, no goodbye."""
        self.unregister(device)
        call = self._at(device)
        if call is not None and call.leg is not None and call.leg.answered:
            call.leg.lost_at = self._clock.monotonic() + AUDIO_LIMIT

    # -- the link and the switch itself --------------------------------------------------------------------------

    def connect(self) -> None:
        """The link comes up (again)."""
        self.linked = True
        self._tell(SwitchConnected(snapshot=self._snapshot()))

    def lose_link(self) -> None:
        """The link is lost; calls go on."""
        self._tell(SwitchDisconnected(switch_stopped=False))
        self.linked = False

    def stop(self) -> None:
        """The switch stops: every call is gone, and every registration."""
        self._tell(SwitchDisconnected(switch_stopped=True))
        self.linked = False
        self._calls.clear()
        for device in self._devices.values():
            device.registered, device.leaves = False, None

    # -- time ----------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """Return when something happens by itself, None for never."""
        return min((deadline for deadline, _ in self._deadlines()), default=None)

    def handle_timer(self) -> None:
        """Let happen whatever is due, in the order in which it became due."""
        while due := [pair for pair in self._deadlines() if pair[0] <= self._clock.monotonic()]:
            min(due, key=lambda pair: pair[0])[1]()

    def _deadlines(self) -> list[tuple[float, Callable[[], None]]]:
        found: list[tuple[float, Callable[[], None]]] = []
        for call in self._calls.values():
            if call.place is Place.IVR:
                found.append((call.guard, lambda call=call: self._enter_room(call)))  # type: ignore[misc]
            elif call.place is Place.WAITING:
                found.append((call.wakes, lambda call=call: self._look_at_heartbeat(call)))  # type: ignore[misc]
            if call.leg is not None and not call.leg.answered:
                ends = call.leg.ends_ringing
                found.append((ends, lambda call=call: self._attempt_failed(call, Cause.NO_ANSWER)))  # type: ignore[misc]
            elif call.leg is not None and call.leg.lost_at is not None:
                found.append((call.leg.lost_at, lambda call=call: self._lose_leg(call)))  # type: ignore[misc]
        for name, device in self._devices.items():
            if device.leaves is not None:
                found.append((device.leaves, lambda name=name: self._leave(name)))  # type: ignore[misc]
        return found

    # -- what happens inside -------------------------------------------------------------------------------------

    def _tell(self, event: SwitchEvent) -> None:
        if self.linked:
            self._sink.put(event)

    def _known(self, call: CallId) -> _Call:
        if call not in self._calls:
            raise ExternalFailure("no such call", retryable=False)
        return self._calls[call]

    def _call_of_leg(self, connection: ConnectionId) -> _Call:
        for call in self._calls.values():
            if call.leg is not None and call.leg.connection == connection:
                return call
        raise ExternalFailure("no such connection", retryable=False)

    def _at(self, device: str) -> _Call | None:
        calls = self._calls.values()
        return next((call for call in calls if call.leg is not None and call.leg.device == device), None)

    def _ringing(self, device: str) -> tuple[_Call, _Leg]:
        call = self._at(device)
        assert call is not None, f"nothing rings at {device}"
        assert call.leg is not None
        assert not call.leg.answered
        return call, call.leg

    def _command_call(self, call: _Call, command: SwitchCommand) -> None:
        match command:
            case MarkCall():
                call.interaction, call.epoch = command.interaction, command.epoch
            case MarkNode():
                call.node = command.node
                call.guard = self._clock.monotonic() + command.guard
            case QueueCall():
                self._place(call, command)
                self._take_away(call)
                self._enter_room(call)
            case PrepareDeflection():
                pass  # it shows nowhere until the deflection itself
            case DeflectCall():
                self._place(call, command)
                self._take_away(call)
                self._ring(call, command.device)
            case RecallCall():
                self._take_away(call)
                self._enter_room(call)
            case ReturnToIvr():
                self._take_away(call)
                self._enter_ivr(call)
            case ClearCall():
                self._end(call, command.cause)
            case _:
                raise AssertionError(command)

    def _place(self, call: _Call, command: QueueCall | DeflectCall) -> None:
        call.queue, call.epoch = command.queue, command.epoch
        call.enqueued_at, call.sequence = command.enqueued_at, command.sequence

    def _take_away(self, call: _Call) -> None:
        """Redirect: whatever the caller was in ends, a leg included."""
        self._leave_ivr(call)
        leg, call.leg = call.leg, None
        if leg is None:
            return
        if leg.answered:
            cleared = ConnectionCleared(
                call=call.call,
                device=leg.device,
                connection=leg.connection,
                cause=Cause.NORMAL_CLEARING,
                by_agent=False,
            )
            self._tell(cleared)
        else:
            self._tell(Failed(call=call.call, device=leg.device, cause=Cause.NORMAL_CLEARING))

    def _is_steered(self) -> bool:
        return int(self._clock.utc().timestamp()) - self._heartbeat < TOLERANCE

    def _enter_ivr(self, call: _Call) -> None:
        if not self._is_steered():
            self._enter_room(call)
            return
        call.place, call.guard = Place.IVR, self._clock.monotonic() + FIRST_GUARD
        self._tell(IvrEntered(call=call.call))

    def _leave_ivr(self, call: _Call) -> None:
        if call.place is Place.IVR:
            call.place = Place.ENDING
            self._left_ivr(call.call)
            self._tell(IvrLeft(call=call.call))

    def _enter_room(self, call: _Call) -> None:
        self._leave_ivr(call)
        call.place, call.wakes = Place.WAITING, self._clock.monotonic() + 1.0
        self._tell(Queued(call=call.call, fallback=False))

    def _look_at_heartbeat(self, call: _Call) -> None:
        if self._is_steered():
            call.wakes += 1.0
            return
        call.place = Place.FALLBACK_QUEUE
        self._tell(Queued(call=call.call, fallback=True))
        self._serve_fallback()

    def _serve_fallback(self) -> None:
        """Our own queue: the first in order gets the first idle device that its queue may ring."""
        waiting = [call for call in self._calls.values() if call.place is Place.FALLBACK_QUEUE and call.leg is None]
        for call in sorted(waiting, key=lambda call: call.sequence):
            for name, device in self._devices.items():
                member = call.queue is None or call.queue in device.members
                if device.registered and device.ready and member and self._at(name) is None:
                    self._make_leg(call, name)
                    break

    def _ring(self, call: _Call, device: DeviceName) -> None:
        entry = self._devices.get(device)
        if entry is None or not entry.registered:
            self._fail(call, device, Cause.UNREACHABLE)
        elif self._at(device) is not None:
            self._fail(call, device, Cause.BUSY)
        else:
            call.place = Place.ALERTING
            self._make_leg(call, device)

    def _make_leg(self, call: _Call, device: DeviceName) -> None:
        connection = ConnectionId(f"1767603600.{next(self._numbers)}")
        ends = self._clock.monotonic() + self._ring_seconds
        call.leg = _Leg(connection=connection, device=device, ends_ringing=ends)
        self._tell(Delivered(call=call.call, device=device, connection=connection))

    def _attempt_failed(self, call: _Call, cause: Cause) -> None:
        leg, call.leg = call.leg, None
        assert leg is not None
        self._fail(call, leg.device, cause)

    def _fail(self, call: _Call, device: DeviceName, cause: Cause) -> None:
        self._tell(Failed(call=call.call, device=device, cause=cause))
        if call.place is Place.FALLBACK_QUEUE:
            self._serve_fallback()
        else:
            self._enter_room(call)

    def _clear_leg(self, call: _Call, *, by_agent: bool = False) -> None:
        leg = call.leg
        assert leg is not None
        if not leg.answered:
            self._attempt_failed(call, Cause.NORMAL_CLEARING)
            return
        call.leg = None
        cleared = ConnectionCleared(
            call=call.call, device=leg.device, connection=leg.connection, cause=Cause.NORMAL_CLEARING, by_agent=by_agent
        )
        self._tell(cleared)
        self._end(call, Cause.NORMAL_CLEARING)

    def _lose_leg(self, call: _Call) -> None:
        leg, call.leg = call.leg, None
        assert leg is not None
        lost = ConnectionCleared(
            call=call.call, device=leg.device, connection=leg.connection, cause=Cause.MEDIA_LOST, by_agent=False
        )
        self._tell(lost)
        self._enter_room(call)

    def _end(self, call: _Call, cause: Cause) -> None:
        self._leave_ivr(call)
        leg = call.leg
        del self._calls[call.call]
        if leg is not None and leg.answered:
            cleared = ConnectionCleared(
                call=call.call,
                device=leg.device,
                connection=leg.connection,
                cause=Cause.NORMAL_CLEARING,
                by_agent=False,
            )
            self._tell(cleared)
        self._tell(CallCleared(call=call.call, cause=cause))
        self._serve_fallback()

    def _leave(self, device: DeviceName) -> None:
        self._devices[device].leaves = None
        self._tell(OutOfService(device=device))

    def _snapshot(self) -> SwitchSnapshot:
        return SwitchSnapshot(
            calls=tuple(self._live(call) for call in self._calls.values()),
            in_service=frozenset(name for name, device in self._devices.items() if device.registered),
        )

    def _live(self, call: _Call) -> LiveCall:
        return LiveCall(
            call=call.call,
            place=call.place,
            called_number=call.called,
            calling_number=call.number,
            calling_name=call.name,
            age=self._clock.monotonic() - call.arrived,
            interaction=call.interaction,
            queue=call.queue,
            enqueued_at=call.enqueued_at,
            sequence=call.sequence,
            epoch=call.epoch,
            node=call.node,
            device=call.leg.device if call.leg is not None else None,
            connection=call.leg.connection if call.leg is not None else None,
        )
