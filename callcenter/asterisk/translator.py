"""From Asterisk's words to CSTA's: AMI messages in, facts about calls and devices out. Pure.

Who talks to whom is understood in `callcenter.asterisk.talks`; here messages are told apart, and what concerns callers
alone (their way through IVR and waiting room) and devices alone is understood. What a message says about something
unknown, or what cannot follow on what was known, changes nothing and is counted in `odd`: facts are never errors here,
and nothing is granted on them.

The end of a leg is told twice, by its own `Hangup` and by the caller's next step in the dialplan, in either order: the
first of the two makes the fact. A cancelled attempt leaves open whether the caller hung up or was taken elsewhere; it
is `Failed` only when the caller is seen again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

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
    OriginateResponse,
    PhoneHold,
    Shutdown,
    UserEvent,
)
from callcenter.asterisk.places import device_of_channel, device_of_interface
from callcenter.asterisk.talks import Caller, Talks
from callcenter.domain.events import (
    BackInService,
    DigitPressed,
    IvrEntered,
    Offered,
    OutOfService,
    Place,
    Queued,
    SwitchEvent,
    SwitchSnapshot,
)
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, is_callback_call, is_configured_name

OUT_OF_SERVICE_GRACE = 2.0
"""Seconds a device may be without registration before it is said to be out of service: a page reload, say."""

NAME_LIMIT = 80
_NUMBER = re.compile(r"[0-9+*#]{1,32}")
_DIGITS = frozenset("0123456789*#ABCD")
_NO_SERVICE = frozenset({"UNAVAILABLE", "INVALID"})


class Translator:
    """Turns messages into events, one at a time, in order. `now` is monotonic seconds."""

    def __init__(self, *, grace: float = OUT_OF_SERVICE_GRACE) -> None:
        self.odd: Counter[str] = Counter()
        self.talks = Talks(self.odd)
        self._grace = grace
        self._in_service: set[DeviceName] = set()
        self._leaving: dict[DeviceName, float] = {}

    def reset(self, snapshot: SwitchSnapshot, bridges: Mapping[str, str] = MappingProxyType({})) -> None:
        """Forget everything and know what the snapshot knows; says nothing, the snapshot itself is the news.

        `bridges`: in which bridge each channel is, by its unique id.
        """
        self.talks.reset(snapshot, bridges)
        self._leaving.clear()
        self._in_service = set(snapshot.in_service)

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

    def _translate(  # noqa: C901, PLR0912 -- one line a kind
        self, message: AmiEvent, now: float
    ) -> Iterator[SwitchEvent]:
        talks = self.talks
        match message:
            case UserEvent():
                yield from self._user_event(message)
            case AsyncAgiStart():
                yield from self._agi_start(message)
            case AsyncAgiEnd():
                self._agi_end(message)
            case DialBegin(uniqueid=by, dest_uniqueid=connection, dest_channel=channel):
                yield from talks.dial_begins(by, ConnectionId(connection), device_of_channel(channel))
            case DialEnd(dest_uniqueid=connection, status=status):
                talks.dial_ends(ConnectionId(connection), status)
            case OriginateResponse(uniqueid=connection, success=success):
                yield from () if success else talks.originate_failed(ConnectionId(connection))
            case BridgeEnter(uniqueid=uniqueid, bridge=bridge):
                yield from talks.bridge_entered(uniqueid, bridge)
            case BridgeLeave(uniqueid=uniqueid):
                talks.bridge_left(uniqueid)
            case PhoneHold(uniqueid=connection, on=on):
                yield from talks.phone_holds(ConnectionId(connection), on=on)
            case HangupRequest(uniqueid=uniqueid, by_device=by_device):
                yield from talks.hangup_requested(uniqueid, by_device=by_device)
            case Hangup(uniqueid=uniqueid, cause=cause):
                yield from talks.hung_up(uniqueid, cause)
            case DtmfEnd():
                yield from self._digit(message)
            case DeviceState():
                yield from self._device_state(message, now)
            case AsyncAgiExec() | FullyBooted() | Shutdown():
                pass  # for those who talk to the media and watch the link

    def _user_event(self, event: UserEvent) -> Iterator[SwitchEvent]:
        connection, device = ConnectionId(event.uniqueid), _device(event.device)
        match event.name:
            case "CCOffered" | "CCWaiting" | "CCFallback" | "CCHeld" | "CCDialed" | "CCTalked":
                yield from self._callers_event(event, CallId(event.uniqueid), device)
            case "CCDesk":
                yield from self.talks.at_desk(connection)
            case "CCCalls":
                yield from self.talks.calls_somebody(connection)
            case "CCCalled":
                yield from self.talks.called(connection, device, event.status, event.cause)
            case "CCAside":
                yield from self.talks.aside(connection)
            case _:
                self.odd["foreign user event"] += 1

    def _callers_event(self, event: UserEvent, call_id: CallId, device: DeviceName | None) -> Iterator[SwitchEvent]:
        if event.name not in ("CCDialed", "CCTalked"):
            yield from self._introduce(call_id, event.dialled, event.caller_number, event.caller_name)
        if (call := self.talks.calls.get(call_id)) is None:
            self.odd["unknown call"] += 1
            return
        match event.name:
            case "CCWaiting":
                yield from self._queued(call_id, call, Place.WAITING)
            case "CCFallback":
                yield from self._queued(call_id, call, Place.FALLBACK_QUEUE)
            case "CCHeld":
                yield from self.talks.held(call_id, call)
            case "CCDialed":
                yield from self.talks.dialled_in_vain(call_id, call, device, event.status, event.cause)
            case "CCTalked":  # `Dial`, `Queue` or `Bridge` gave the caller back after a talk
                yield from self.talks.seen_again(call_id, call, list(call.legs.values()), event.cause)
            case _:
                pass

    def _agi_start(self, event: AsyncAgiStart) -> Iterator[SwitchEvent]:
        call_id = CallId(event.uniqueid)
        yield from self._introduce(call_id, event.dialled, event.caller_number, event.caller_name)
        if (call := self.talks.calls.get(call_id)) is None:
            return
        if call.in_ivr:
            # A file that could not be played ended the AGI session, and the dialplan gave us another at once.
            if not call.agi_ended:
                self.odd["in the IVR already"] += 1
            call.agi_ended = False
            return
        yield from self.talks.seen_again(call_id, call, list(call.legs.values()))
        call.place, call.in_ivr = Place.IVR, True
        yield IvrEntered(call=call_id)

    def _agi_end(self, event: AsyncAgiEnd) -> None:
        """What comes next tells whether the caller left the IVR: the dialplan says that within a millisecond."""
        if (call := self.talks.calls.get(CallId(event.uniqueid))) is None:
            self.odd["unknown call"] += 1
        else:
            call.agi_ended = call.in_ivr

    def _digit(self, event: DtmfEnd) -> Iterator[SwitchEvent]:
        call_id = CallId(event.uniqueid)
        if event.received and call_id in self.talks.calls and event.digit in _DIGITS:
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
        if call_id in self.talks.calls:
            return
        if self.talks.is_known(call_id):
            self.odd["a leg that says it is a call"] += 1
            return
        if is_callback_call(call_id):  # he is no news, but one whom we called
            self.talks.call_back(call_id)
            return
        self.talks.calls[call_id] = Caller()
        yield Offered(
            call=call_id,
            called_number=called if _NUMBER.fullmatch(called) else "",
            calling_number=number if _NUMBER.fullmatch(number) else "",
            calling_name=name[:NAME_LIMIT],
        )

    def _queued(self, call_id: CallId, call: Caller, place: Place) -> Iterator[SwitchEvent]:
        yield from self.talks.seen_again(call_id, call, list(call.legs.values()))
        call.rang = False
        if call.place is not place:
            call.place = place
            yield Queued(call=call_id, fallback=place is Place.FALLBACK_QUEUE)


def _device(text: str) -> DeviceName | None:
    return DeviceName(text) if is_configured_name(text) else None
