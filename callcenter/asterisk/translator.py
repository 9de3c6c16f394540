"""From Asterisk's words to CSTA's: AMI messages in, facts about calls and devices out. Pure.

A *call* is a caller's channel that entered by `places.IN`; a *leg* is an agent's channel that Asterisk made for it.
Both are known by their unique ids. What a message says about something unknown, or what cannot follow on what was
known, changes nothing and is counted in `odd`: facts are never errors here, and nothing is granted on them.

The end of a leg is told twice, by its own `Hangup` and by the caller's next step in the dialplan, in either order: the
first of the two makes the fact. A cancelled attempt leaves open whether the caller hung up or was taken elsewhere; it
is `Failed` only when the caller is seen again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from callcenter.asterisk.messages import (
    AmiEvent,
    AsyncAgiEnd,
    AsyncAgiExec,
    AsyncAgiStart,
    BridgeEnter,
    BridgeLeave,
    DeviceState,
    DialBegin,
    DialEnd,
    DtmfEnd,
    FullyBooted,
    Hangup,
    HangupRequest,
    Shutdown,
    UserEvent,
)
from callcenter.asterisk.places import device_of_channel, device_of_interface
from callcenter.domain.cause import Cause, from_q850
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
    Offered,
    OutOfService,
    Place,
    Queued,
    SwitchEvent,
    SwitchSnapshot,
)
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, is_configured_name

OUT_OF_SERVICE_GRACE = 2.0
"""Seconds a device may be without registration before it is said to be out of service: a page reload, say."""

NAME_LIMIT = 80
_NUMBER = re.compile(r"[0-9+*#]{1,32}")
_DIGITS = frozenset("0123456789*#ABCD")
_NO_SERVICE = frozenset({"UNAVAILABLE", "INVALID"})
_CANCELLED = frozenset({"", "CANCEL", "ABORT", "ANSWER"})

_CAUSE_OF_STATUS = {
    "BUSY": Cause.BUSY,
    "NOANSWER": Cause.NO_ANSWER,
    "CHANUNAVAIL": Cause.UNREACHABLE,
    "CONGESTION": Cause.CONGESTION,
    "CANCEL": Cause.NORMAL_CLEARING,
    "DONTCALL": Cause.CALL_REJECTED,
}
_SAYS_LITTLE = frozenset({0, 16, 26, 31, 127})
"""Q.850 numbers of an unanswered leg that tell less than the dial status: unset, normal, answered elsewhere."""


@dataclass(slots=True)
class _Leg:
    call: CallId
    connection: ConnectionId
    device: DeviceName
    established: bool = False
    status: str = ""


@dataclass(slots=True)
class _Call:
    place: Place | None = None
    in_ivr: bool = False
    agi_ended: bool = False  # while in_ivr: the AGI session is over, and the dialplan has not said yet what follows
    rang: bool = False  # since the dialplan last moved on, at least one leg was made
    legs: dict[ConnectionId, _Leg] = field(default_factory=dict)
    cancelled: list[Failed] = field(default_factory=list)  # told when the caller is seen again, never if gone
    caller_hung_up: bool = False  # the caller's own device asked for the end
    hung_up_first: str | None = None  # unique id of the first, of caller and leg, that was asked to end


class Translator:
    """Turns messages into events, one at a time, in order. `now` is monotonic seconds."""

    def __init__(self, *, grace: float = OUT_OF_SERVICE_GRACE) -> None:
        self.odd: Counter[str] = Counter()
        self._grace = grace
        self._calls: dict[CallId, _Call] = {}
        self._legs: dict[ConnectionId, _Leg] = {}
        self._told: set[str] = set()  # legs whose end was told before their Hangup came
        self._bridges: dict[str, str] = {}
        self._in_service: set[DeviceName] = set()
        self._leaving: dict[DeviceName, float] = {}

    def reset(self, snapshot: SwitchSnapshot) -> None:
        """Forget everything and know what the snapshot knows; says nothing, the snapshot itself is the news."""
        self._calls.clear()
        self._legs.clear()
        self._told.clear()
        self._bridges.clear()
        self._leaving.clear()
        self._in_service = set(snapshot.in_service)
        for live in snapshot.calls:
            call = self._calls[live.call] = _Call(place=live.place, in_ivr=live.place is Place.IVR)
            if live.device is not None and live.connection is not None:
                call.rang = True
                leg = self._make_leg(live.call, call, live.connection, live.device)
                leg.established = live.place is Place.TALKING
                leg.status = "ANSWER" if leg.established else ""

    def handle(self, message: AmiEvent, now: float) -> list[SwitchEvent]:
        """Return what the message means, in the order in which it must be understood."""
        return list(self._translate(message, now))

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` must be called, None for never."""
        return min(self._leaving.values(), default=None)

    def handle_timer(self, now: float) -> list[SwitchEvent]:
        """Say which devices have been without registration for longer than the grace."""
        gone = [device for device, deadline in self._leaving.items() if deadline <= now]
        for device in gone:
            del self._leaving[device]
            self._in_service.discard(device)
        return [OutOfService(device=device) for device in gone]

    # -- one case for each kind of message -----------------------------------------------------------------------

    def _translate(self, message: AmiEvent, now: float) -> Iterator[SwitchEvent]:  # noqa: C901 -- one line a kind
        match message:
            case UserEvent():
                yield from self._user_event(message)
            case AsyncAgiStart():
                yield from self._agi_start(message)
            case AsyncAgiEnd():
                self._agi_end(message)
            case DialBegin():
                yield from self._dial_begin(message)
            case DialEnd():
                self._dial_end(message)
            case BridgeEnter():
                yield from self._bridge_enter(message)
            case BridgeLeave():
                self._bridges.pop(message.uniqueid, None)
            case HangupRequest():
                yield from self._hangup_request(message)
            case Hangup():
                yield from self._hangup(message)
            case DtmfEnd():
                yield from self._digit(message)
            case DeviceState():
                yield from self._device_state(message, now)
            case AsyncAgiExec() | FullyBooted() | Shutdown():
                pass  # for those who talk to the media and watch the link

    def _user_event(self, event: UserEvent) -> Iterator[SwitchEvent]:
        call_id = CallId(event.uniqueid)
        match event.name:
            case "CCOffered":
                yield from self._introduce(call_id, event.dialled, event.caller_number, event.caller_name)
            case "CCWaiting":
                yield from self._introduce(call_id, event.dialled, event.caller_number, event.caller_name)
                yield from self._queued(call_id, Place.WAITING)
            case "CCFallback":
                yield from self._introduce(call_id, event.dialled, event.caller_number, event.caller_name)
                yield from self._queued(call_id, Place.FALLBACK_QUEUE)
            case "CCDialed":
                yield from self._dialed(call_id, event)
            case "CCTalked":
                yield from self._talked(call_id, event)
            case _:
                self.odd["foreign user event"] += 1

    def _agi_start(self, event: AsyncAgiStart) -> Iterator[SwitchEvent]:
        call_id = CallId(event.uniqueid)
        yield from self._introduce(call_id, event.dialled, event.caller_number, event.caller_name)
        if (call := self._calls.get(call_id)) is None:
            return
        if call.in_ivr:
            # A file that could not be played ended the AGI session, and the dialplan gave us another at once.
            if not call.agi_ended:
                self.odd["in the IVR already"] += 1
            call.agi_ended = False
            return
        yield from self._seen_again(call_id, call, list(call.legs.values()))
        call.place, call.in_ivr = Place.IVR, True
        yield IvrEntered(call=call_id)

    def _agi_end(self, event: AsyncAgiEnd) -> None:
        """What comes next tells whether the caller left the IVR: the dialplan says that within a millisecond."""
        if (call := self._calls.get(CallId(event.uniqueid))) is None:
            self.odd["unknown call"] += 1
        else:
            call.agi_ended = call.in_ivr

    def _dial_begin(self, event: DialBegin) -> Iterator[SwitchEvent]:
        call_id, connection = CallId(event.uniqueid), ConnectionId(event.dest_uniqueid)
        call, device = self._calls.get(call_id), device_of_channel(event.dest_channel)
        if call is None or device is None or self._is_known(event.dest_uniqueid):
            self.odd["dialling for an unknown call or device, or once more"] += 1
            return
        # A leg without a result still rings: some queues ring several devices at once.
        yield from self._seen_again(call_id, call, [leg for leg in call.legs.values() if leg.status])
        if call.place is not Place.FALLBACK_QUEUE:
            call.place = Place.ALERTING
        call.rang = True
        self._make_leg(call_id, call, connection, device)
        yield Delivered(call=call_id, device=device, connection=connection)

    def _dial_end(self, event: DialEnd) -> None:
        if (leg := self._legs.get(ConnectionId(event.dest_uniqueid))) is None:
            self.odd["unknown leg"] += 1
        else:
            leg.status = event.status

    def _dialed(self, call_id: CallId, event: UserEvent) -> Iterator[SwitchEvent]:
        """`Dial` gave the caller back. Where it never made a leg (nobody registered) this is all there is."""
        if (call := self._calls.get(call_id)) is None:
            self.odd["unknown call"] += 1
            return
        rang, call.rang, call.place = call.rang, False, None
        yield from self._seen_again(call_id, call, list(call.legs.values()), event.cause)
        if not rang and is_configured_name(event.device):
            cause = _cause_of_failure(event.status, event.cause)
            yield Failed(call=call_id, device=DeviceName(event.device), cause=cause)

    def _talked(self, call_id: CallId, event: UserEvent) -> Iterator[SwitchEvent]:
        """`Dial` or `Queue` gave the caller back after a talk."""
        if (call := self._calls.get(call_id)) is None:
            self.odd["unknown call"] += 1
        else:
            yield from self._seen_again(call_id, call, list(call.legs.values()), event.cause)

    def _bridge_enter(self, event: BridgeEnter) -> Iterator[SwitchEvent]:
        self._bridges[event.uniqueid] = event.bridge
        if (leg := self._legs.get(ConnectionId(event.uniqueid))) is not None:
            candidates = [leg]
        elif (call := self._calls.get(CallId(event.uniqueid))) is not None:
            candidates = list(call.legs.values())
        else:
            del self._bridges[event.uniqueid]
            self.odd["bridged stranger"] += 1
            return
        for leg in candidates:
            here = self._bridges.get(leg.call)
            if not leg.established and here is not None and here == self._bridges.get(leg.connection):
                leg.established = True
                call = self._calls[leg.call]
                call.place, call.hung_up_first = Place.TALKING, None
                yield Established(call=leg.call, device=leg.device, connection=leg.connection)

    def _hangup_request(self, event: HangupRequest) -> Iterator[SwitchEvent]:
        leg = self._legs.get(ConnectionId(event.uniqueid))
        call = self._calls.get(leg.call if leg is not None else CallId(event.uniqueid))
        if call is None:
            return
        if leg is None:
            call.caller_hung_up |= event.by_device
        if call.hung_up_first is not None:
            return
        call.hung_up_first = event.uniqueid
        if leg is not None and leg.established and event.by_device:
            # The agent's phone has said goodbye. That Asterisk needs some milliseconds more to clear up is of no
            # interest to the next caller who waits for this agent.
            self._drop_leg(leg)
            self._told.add(leg.connection)
            call.place = None
            yield self._cleared(leg, call, Cause.NORMAL_CLEARING)

    def _hangup(self, event: Hangup) -> Iterator[SwitchEvent]:
        self._bridges.pop(event.uniqueid, None)
        if (leg := self._legs.get(ConnectionId(event.uniqueid))) is not None:
            yield from self._leg_gone(leg, event.cause)
        elif (call := self._calls.get(CallId(event.uniqueid))) is not None:
            yield from self._call_gone(CallId(event.uniqueid), call, event.cause)
        elif event.uniqueid in self._told:
            self._told.remove(event.uniqueid)
        else:
            self.odd["hang-up of a stranger"] += 1

    def _digit(self, event: DtmfEnd) -> Iterator[SwitchEvent]:
        call_id = CallId(event.uniqueid)
        if event.received and call_id in self._calls and event.digit in _DIGITS:
            yield DigitPressed(call=call_id, digit=event.digit)

    def _device_state(self, event: DeviceState, now: float) -> Iterator[SwitchEvent]:
        device = device_of_interface(event.device)
        if device is None or event.state == "UNKNOWN":
            return
        if event.state in _NO_SERVICE:
            if device in self._in_service:
                self._leaving.setdefault(device, now + self._grace)
            return
        self._leaving.pop(device, None)
        if device not in self._in_service:
            self._in_service.add(device)
            yield BackInService(device=device)

    # -- what several cases share --------------------------------------------------------------------------------

    def _introduce(self, call_id: CallId, called: str, number: str, name: str) -> Iterator[SwitchEvent]:
        """Make a call known, if it is not, with what the dialplan has cleaned already."""
        if call_id in self._calls:
            return
        if self._is_known(call_id):
            self.odd["a leg that says it is a call"] += 1
            return
        self._calls[call_id] = _Call()
        yield Offered(
            call=call_id,
            called_number=called if _NUMBER.fullmatch(called) else "",
            calling_number=number if _NUMBER.fullmatch(number) else "",
            calling_name=name[:NAME_LIMIT],
        )

    def _is_known(self, uniqueid: str) -> bool:
        return uniqueid in self._calls or uniqueid in self._legs or uniqueid in self._told

    def _queued(self, call_id: CallId, place: Place) -> Iterator[SwitchEvent]:
        if (call := self._calls.get(call_id)) is None:
            return
        yield from self._seen_again(call_id, call, list(call.legs.values()))
        call.rang = False
        if call.place is not place:
            call.place = place
            yield Queued(call=call_id, fallback=place is Place.FALLBACK_QUEUE)

    def _seen_again(self, call_id: CallId, call: _Call, ended: list[_Leg], q850: int = 0) -> Iterator[SwitchEvent]:
        """The caller is somewhere else now: out of the IVR, alive after what was cancelled, without `ended` legs."""
        yield from self._leave_ivr(call_id, call)
        yield from call.cancelled
        call.cancelled.clear()
        for leg in ended:
            self._drop_leg(leg)
            self._told.add(leg.connection)
            yield self._end_of(leg, call, q850)

    def _leave_ivr(self, call_id: CallId, call: _Call) -> Iterator[SwitchEvent]:
        if call.in_ivr:
            call.in_ivr = call.agi_ended = False
            call.place = None
            yield IvrLeft(call=call_id)

    def _make_leg(self, call_id: CallId, call: _Call, connection: ConnectionId, device: DeviceName) -> _Leg:
        leg = _Leg(call=call_id, connection=connection, device=device)
        call.legs[connection] = self._legs[connection] = leg
        return leg

    def _drop_leg(self, leg: _Leg) -> _Call:
        del self._legs[leg.connection]
        self._bridges.pop(leg.connection, None)
        call = self._calls[leg.call]
        del call.legs[leg.connection]
        return call

    def _leg_gone(self, leg: _Leg, q850: int) -> Iterator[SwitchEvent]:
        call = self._drop_leg(leg)
        end = self._end_of(leg, call, q850)
        if isinstance(end, Failed) and leg.status in _CANCELLED:
            call.cancelled.append(end)
        else:
            yield end

    def _end_of(self, leg: _Leg, call: _Call, q850: int) -> ConnectionCleared | Failed:
        if leg.established:
            call.place = None
            return self._cleared(leg, call, _cause_of_end(q850))
        return Failed(call=leg.call, device=leg.device, cause=_cause_of_failure(leg.status, q850))

    def _call_gone(self, call_id: CallId, call: _Call, q850: int) -> Iterator[SwitchEvent]:
        # Asterisk leaves on the caller's channel what ended an earlier attempt to reach an agent.
        cause = Cause.NORMAL_CLEARING if call.caller_hung_up else _cause_of_end(q850)
        yield from self._leave_ivr(call_id, call)
        for leg in list(call.legs.values()):
            self._drop_leg(leg)
            self._told.add(leg.connection)
            if leg.established:
                yield self._cleared(leg, call, cause)
        del self._calls[call_id]
        yield CallCleared(call=call_id, cause=cause)

    def _cleared(self, leg: _Leg, call: _Call, cause: Cause) -> ConnectionCleared:
        # A leg that Asterisk ended for want of audio was also "asked to end", but not by the agent.
        by_agent = call.hung_up_first == leg.connection and cause is not Cause.MEDIA_LOST
        return ConnectionCleared(
            call=leg.call, device=leg.device, connection=leg.connection, cause=cause, by_agent=by_agent
        )


def _cause_of_end(q850: int) -> Cause:
    """Asterisk gives an answered channel that was hung up in an application no cause at all: 0 is normal."""
    return Cause.NORMAL_CLEARING if q850 == 0 else from_q850(q850)


def _cause_of_failure(status: str, q850: int) -> Cause:
    """Join the two things Asterisk says of an unanswered attempt; the Q.850 number knows more when it says anything."""
    if status == "BUSY" or q850 in _SAYS_LITTLE:
        return _CAUSE_OF_STATUS.get(status, Cause.NORMAL_CLEARING if status in _CANCELLED else Cause.UNKNOWN)
    return from_q850(q850)
