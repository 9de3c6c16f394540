"""A small honest switch: it obeys commands, keeps time by the caller's clock, and tells what happens as events.

It plays our dialplan: callers in the IVR under a guard, in the waiting room under the heartbeat, at one ringing phone,
in a talk, in the switch's own queue. What it knows of a caller survives in the variables of `Line`, as on a channel.
It checks what must never be done to it: `trespasses` lists commands that touched a talk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

from callcenter.domain import commands, events
from callcenter.domain.cause import Cause
from callcenter.domain.commands import ControlCommand, SwitchCommand
from callcenter.domain.events import LiveCall, Place, SwitchSnapshot
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, QueueName
from tests.support.model_talks import CALL_SECONDS, RING_SECONDS, CommandRefused, Leg, Line, ModelTalks

__all__ = ["CommandRefused", "Line", "ModelPbx"]

GUARD_AT_FIRST = 8.0  # seconds in the IVR that nobody renews
HEARTBEAT_STALE = 6.0
FALLBACK_SECONDS = 600.0
GOODBYE_SECONDS = 4.0
DEFAULT_QUEUE = QueueName("general")
IN_OUR_HANDS = (Place.IVR, Place.SURVEY)
CUSTOMER_SECONDS = 30.0  # a customer's telephone rings when he is called back


@dataclass(slots=True)
class ModelPbx(ModelTalks):
    """The whole switch. Time is moved by `pass_time`."""

    members: dict[DeviceName, commands.MirrorAgent] = field(default_factory=dict)
    heartbeat: float = 0.0  # UTC epoch seconds
    trespasses: list[SwitchCommand] = field(default_factory=list)
    no_trunk: bool = False  # nobody outside can be called
    _calls: int = 0

    # -- callers -----------------------------------------------------------------------------------------------------

    def arrive(self, *, called: str = "5550100", number: str = "+4930123456", name: str = "") -> CallId:
        """A caller dials a published number; `enter` lets him go on."""
        self._calls += 1
        call = CallId(f"1767603600.{self._calls}")
        self.lines[call] = Line(
            call=call,
            called=called,
            number=number,
            name=name,
            since=self.now,
            queue=DEFAULT_QUEUE,  # the dialplan's own guess, as long as nobody has said better
            sequence=int(self.now + self.utc_offset),
        )
        self._introduce(self.lines[call])
        return call

    def enter(self, call: CallId) -> None:
        """The caller reaches the IVR, or the room when we seem to be dead."""
        line = self.lines[call]
        if line.place is None:
            self._to_ivr(line)

    def hang_up(self, call: CallId, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """The caller hangs up, wherever he is."""
        line = self.lines.pop(call)
        self._leave_ivr(line)
        self._customer_left(line)
        self.out.append(events.CallCleared(call=call, cause=cause))

    def press(self, call: CallId, digit: str) -> None:
        """The caller presses a key."""
        self.out.append(events.DigitPressed(call=call, digit=digit))

    # -- agents' phones ----------------------------------------------------------------------------------------------

    def register(self, device: DeviceName) -> None:
        """The phone comes into reach."""
        if device not in self.registered:
            self.registered.add(device)
            self.out.append(events.BackInService(device=device))

    def unregister(self, device: DeviceName) -> None:
        """The phone goes out of reach; a talk on it goes on until its media is found lost."""
        if device in self.registered:
            self.registered.remove(device)
            self.out.append(events.OutOfService(device=device))

    def ringing(self, device: DeviceName) -> Line | None:
        """Return the caller whom this phone rings for."""
        rings = (Place.ALERTING, Place.FALLBACK_QUEUE)
        return next((one for one in self.lines.values() if one.device == device and one.place in rings), None)

    def talking(self, device: DeviceName) -> Line | None:
        """Return the caller whom this phone talks to."""
        return next((one for one in self.lines.values() if one.device == device and one.place is Place.TALKING), None)

    def answer(self, device: DeviceName) -> None:
        """The agent takes the call that rings."""
        if self.answer_talk(device):
            return
        line = self.ringing(device)
        if line is not None and line.connection is not None:
            self._talk(line)

    def reject(self, device: DeviceName, cause: Cause = Cause.BUSY) -> None:
        """The phone does not take the call that rings."""
        if self.reject_talk(device, cause):
            return
        line = self.ringing(device)
        if line is not None:
            self._attempt_over(line, cause)

    def put_down(self, device: DeviceName) -> None:
        """The agent hangs up: the dialplan clears a caller to whom he talked."""
        called = [line.call for line in self.lines.values() if line.phone == device]
        if called:
            self.hang_up(called[0])
        else:
            self.end_talk(device, Cause.NORMAL_CLEARING, by_agent=True)

    def lose_leg(self, device: DeviceName, cause: Cause = Cause.MEDIA_LOST) -> None:
        """The phone's leg dies in the talk: the dialplan brings the caller back into the room."""
        self.end_talk(device, cause, by_agent=False)

    # -- customers who are called back ---------------------------------------------------------------------------------

    def customers_ringing(self) -> list[Line]:
        """Return those whose telephones ring because they are called back, the first first."""
        return [line for line in self.lines.values() if line.place is Place.CALLED_BACK]

    def customer_answers(self) -> CallId:
        """The first of them takes the call: he is in the waiting room."""
        line = self.customers_ringing()[0]
        line.place, line.ring_until = None, None
        self._to_room(line)
        return line.call

    def customer_does_not(self, cause: Cause = Cause.NO_ANSWER) -> None:
        """The first of them does not take the call."""
        self._end_call(self.customers_ringing()[0], cause)

    def _call_back(self, command: commands.CallBack) -> None:
        if self.no_trunk:
            raise CommandRefused
        assert command.call not in self.lines, "a channel's id is used once"
        self.lines[command.call] = Line(
            call=command.call,
            called="",
            number=command.number,
            name="",
            since=self.now,
            place=Place.CALLED_BACK,
            ring_until=self.now + CUSTOMER_SECONDS,
            interaction=command.interaction,
            queue=command.queue,
            enqueued_at=command.enqueued_at,
            sequence=command.sequence,
            epoch=command.epoch,
        )
        self.out.append(events.Delivered(call=command.call, device=None, connection=ConnectionId(command.call)))

    # -- the switch itself -------------------------------------------------------------------------------------------

    def crash(self) -> None:
        """Everything is gone, without a word."""
        for everything in (self.lines, self.legs, self.own_calls, self.alone, self.interactions):
            everything.clear()
        self.registered.clear()
        self.members.clear()
        self.out.clear()
        self.heartbeat = 0.0

    def snapshot(self) -> SwitchSnapshot:
        """Say what exists now. Callers whom nobody has marked and who are in no place yet introduce themselves."""
        held = (Place.ALERTING, Place.TALKING, Place.HELD)
        return SwitchSnapshot(
            calls=(
                *(
                    LiveCall(
                        call=line.call,
                        place=line.place or Place.MOVING,
                        called_number=line.called,
                        calling_number=line.number,
                        calling_name=line.name,
                        age=float(int(self.now - line.since)),
                        interaction=line.interaction,
                        queue=line.queue,
                        enqueued_at=line.enqueued_at,
                        sequence=line.sequence,
                        epoch=line.epoch,
                        node=line.node,
                        device=line.device if line.place in held else None,
                        connection=line.connection if line.place in held else None,
                        party=self.live_party(line.connection) if line.place in held else None,
                    )
                    for line in self.lines.values()
                    if line.place is not None or line.interaction is not None
                ),
                *(self._live_own_call(leg) for leg in self.legs.values() if leg.call is None),
                *(
                    LiveCall(
                        call=CallId(own.connection),
                        place=Place.DIALLING,
                        called_number="",
                        calling_number="",
                        calling_name="",
                        age=0.0,
                        interaction=own.interaction,
                        device=own.device,
                        connection=own.connection,
                    )
                    for own in self.own_calls.values()
                ),
            ),
            in_service=frozenset(self.registered),
        )

    def _live_own_call(self, leg: Leg) -> LiveCall:
        """Show an agent's phone that has no customer: not yet, or not any more."""
        return LiveCall(
            call=CallId(leg.connection),
            place=Place.DIALLING,
            called_number="",
            calling_number="",
            calling_name="",
            age=0.0,
            interaction=self.interactions.get(leg.connection),
            device=leg.device,
            connection=leg.connection,
            party=self.live_party(leg.connection),
        )

    def forget_what_was_told(self) -> None:
        """The link was lost: what was not delivered is gone, and after the snapshot all is told anew."""
        self.out.clear()

    def reintroduce(self) -> None:
        """Callers who were left out of the snapshot are told as new ones when they are next heard of."""
        for line in self.lines.values():
            if line.place is None and line.interaction is None:
                self._introduce(line)

    # -- commands ----------------------------------------------------------------------------------------------------

    def obey(self, command: SwitchCommand) -> None:
        """Do what is asked. Raises `CommandRefused`."""
        match command:
            case commands.Beat():
                self.heartbeat = command.epoch_seconds
            case commands.MirrorAgent():
                self.members[command.device] = command
            case commands.ClearConnection() if CallId(command.connection) in self.lines:
                self.hang_up(CallId(command.connection))
            case commands.ClearConnection():
                self.clear_connection(command.connection)
            case commands.MarkCall():
                line = self._line(command.call)
                line.interaction, line.epoch = command.interaction, command.epoch
            case commands.MarkNode():
                line = self._line(command.call)
                line.node = command.node
                if line.place in IN_OUR_HANDS:
                    line.guard = self.now + command.guard
            case commands.MarkSurvey():
                self._line(command.call).survey = command.survey
            case commands.QueueCall():
                line = self._line(command.call)
                self._write_place(line, command)
                self._move(line, command)
                self._to_room(line)
            case commands.MarkPlace():
                self._write_place(self._line(command.call), command)
            case commands.PrepareDeflection():
                self._write_place(self._line(command.call), command.deflection)
            case commands.DeflectCall():
                line = self._line(command.call)
                self._write_place(line, command)
                self._move(line, command)
                self._ring(line, command.device)
            case commands.ForwardCall():
                line = self._line(command.call)
                self._write_place(line, command)
                self._move(line, command)
                line.place, line.ring_until = Place.ALERTING, self.now + CALL_SECONDS
                self._ring_leg(line, None)
            case commands.CallBack():
                self._call_back(command)
            case commands.SingleStepTransfer():
                line = self._line(command.call)
                self._move(line, command)
                if command.to.device is not None:
                    self._ring(line, command.to.device)
                else:
                    line.place, line.ring_until = Place.ALERTING, self.now + CALL_SECONDS
                    self._ring_leg(line, None)
            case commands.RecallCall():
                line = self._line(command.call)
                self._move(line, command)
                self._to_room(line)
            case commands.ReturnToIvr():
                line = self._line(command.call)
                self._move(line, command)
                self._to_ivr(line)
            case commands.SpeakEnd():
                line = self._line(command.call)
                self._move(line, command)
                line.place, line.fallback_until = Place.ENDING, self.now + GOODBYE_SECONDS
            case commands.ClearCall():
                self._line(command.call)
                self.hang_up(command.call, command.cause)
            case _:
                assert isinstance(command, get_args(ControlCommand))
                self.control(command)

    # -- time --------------------------------------------------------------------------------------------------------

    @property
    def steered(self) -> bool:
        """Whether the dialplan believes that the CTI server lives."""
        return self.now + self.utc_offset - self.heartbeat < HEARTBEAT_STALE

    def pass_time(self, now: float) -> None:
        """Go on to `now`, and let happen what is due."""
        self.now = now
        for line in list(self.lines.values()):
            if line.place is Place.IVR and line.guard is not None and line.guard <= now:
                self._leave_ivr(line)
                self._to_room(line)
            if line.place is Place.SURVEY and line.guard is not None and line.guard <= now:
                self._leave_ivr(line)
                self._end_call(line, Cause.NORMAL_CLEARING)
            if line.place is Place.CALLED_BACK and line.ring_until is not None and line.ring_until <= now:
                self._end_call(line, Cause.NO_ANSWER)
            elif line.ring_until is not None and line.ring_until <= now:
                self._attempt_over(line, Cause.NO_ANSWER)
            if line.place is Place.WAITING and not self.steered:
                line.place, line.fallback_until = Place.FALLBACK_QUEUE, now + FALLBACK_SECONDS
                self.out.append(events.Queued(call=line.call, fallback=True))
            if line.place is Place.FALLBACK_QUEUE and line.device is None:
                self._serve_from_fallback(line)
            if line.fallback_until is not None and line.fallback_until <= now and line.device is None:
                self.hang_up(line.call, Cause.CONGESTION)
        self.pass_time_in_talks(steered=self.steered)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _introduce(self, line: Line) -> None:
        self.out.append(
            events.Offered(
                call=line.call, called_number=line.called, calling_number=line.number, calling_name=line.name
            )
        )

    def _write_place(
        self,
        line: Line,
        command: commands.QueueCall | commands.MarkPlace | commands.DeflectCall | commands.ForwardCall,
    ) -> None:
        line.queue, line.enqueued_at, line.sequence = command.queue, command.enqueued_at, command.sequence
        line.epoch = command.epoch

    def _move(self, line: Line, command: SwitchCommand) -> None:
        """Take a caller out of where he is: AMI's Redirect."""
        self._leave_ivr(line)
        if line.place in (Place.TALKING, Place.HELD):
            if line.place is Place.TALKING:
                self.trespasses.append(command)
            self._leave_agent(line)
        elif line.connection is not None:
            self._cancelled(line)
        line.ring_until = line.fallback_until = None

    def _cancelled(self, line: Line) -> None:
        device, line.device, line.connection = line.device, None, None
        self.out.append(events.Failed(call=line.call, device=device, cause=Cause.NORMAL_CLEARING))

    def _to_ivr(self, line: Line) -> None:
        if not self.steered:
            self._to_room(line)
            return
        line.place, line.guard = Place.IVR, self.now + GUARD_AT_FIRST
        self.out.append(events.IvrEntered(call=line.call))

    def _leave_ivr(self, line: Line) -> None:
        line.guard = None
        if line.place in IN_OUR_HANDS:
            line.place = None
            self.out.append(events.IvrLeft(call=line.call))

    def _after_talk(self, line: Line) -> None:
        if line.survey is None or not self.steered:
            self._end_call(line, Cause.NORMAL_CLEARING)
            return
        line.place, line.guard, line.survey = Place.SURVEY, self.now + GUARD_AT_FIRST, None
        self.out.append(events.IvrEntered(call=line.call))

    def _to_room(self, line: Line) -> None:
        before, line.place = line.place, Place.WAITING
        if before is not Place.WAITING:
            self.out.append(events.Queued(call=line.call, fallback=False))

    def _ring(self, line: Line, device: DeviceName) -> None:
        busy = self.busy(device)
        if device not in self.registered or busy:
            cause = Cause.BUSY if busy else Cause.UNREACHABLE
            self.out.append(events.Failed(call=line.call, device=device, cause=cause))
            line.place = None
            self._to_room(line)
            return
        line.place, line.ring_until = Place.ALERTING, self.now + RING_SECONDS
        self._ring_leg(line, device)

    def _ring_leg(self, line: Line, device: DeviceName | None) -> None:
        line.device, line.connection = device, self._new_connection()
        self.out.append(events.Delivered(call=line.call, device=device, connection=line.connection))

    def _attempt_over(self, line: Line, cause: Cause) -> None:
        device, line.device, line.ring_until = line.device, None, None
        if line.connection is None:
            return
        line.connection = None
        self.out.append(events.Failed(call=line.call, device=device, cause=cause))
        if line.place is Place.ALERTING:
            self._to_room(line)

    def _serve_from_fallback(self, line: Line) -> None:
        for device, member in sorted(self.members.items()):
            free = not self.busy(device)
            if member.ready and member.queues and device in self.registered and free:
                line.ring_until = self.now + RING_SECONDS
                self._ring_leg(line, device)
                return

    def _end_call(self, line: Line, cause: Cause) -> None:
        del self.lines[line.call]
        self.out.append(events.CallCleared(call=line.call, cause=cause))
