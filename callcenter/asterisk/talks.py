"""Who talks to whom: channels and bridges, understood as calls, legs and parties. Pure.

Three kinds of channel take part:

* the *call*: the customer's channel. One who called us entered by `places.IN`; one whom an agent called became the
  customer when he answered.
* a *leg*: the channel of an agent's device, or of a number, that was made for the call; or that an agent's own call
  begins with, before there is a customer.
* a *party*: a leg that was not made for the customer but by an agent's leg, beside him. It becomes a leg of the call
  when the customer is handed over to it.

All are known by their unique ids. What was joined with what is read from bridges alone: two in one bridge talk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from callcenter.domain.cause import Cause, from_q850
from callcenter.domain.events import (
    CallCleared,
    CallEvent,
    Conferenced,
    ConnectionCleared,
    Delivered,
    Established,
    Failed,
    Held,
    IvrLeft,
    LiveCall,
    Originated,
    PartyPlace,
    Place,
    Retrieved,
    ServiceInitiated,
    SwitchSnapshot,
    Transferred,
)
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, is_callback_call, is_own_call

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
class Leg:
    """One leg or party. `call`: the customer it was made for, none (yet, or any more) for an agent's own call."""

    connection: ConnectionId
    device: DeviceName | None  # none: a number outside
    call: CallId | None
    by: ConnectionId | None = None  # of a party: the agent's leg that called it
    established: bool = False  # it has talked: to the customer, or, a party, to the agent
    apart: bool = False  # whom it talked to hears music, or (a party) it does so itself
    joined: bool = False  # a party that talks with the customer
    hung_up_first: bool = False  # of an agent's own call and its party: this one was asked to end first
    status: str = ""


@dataclass(slots=True)
class Caller:
    """One customer's channel."""

    place: Place | None = None
    in_ivr: bool = False
    agi_ended: bool = False  # while in_ivr: the AGI session is over, and the dialplan has not said yet what follows
    rang: bool = False  # since the dialplan last moved on, at least one leg was made
    legs: dict[ConnectionId, Leg] = field(default_factory=dict)  # parties are not among them
    cancelled: list[Failed] = field(default_factory=list)  # told when the caller is seen again, never if gone
    called_back: bool = False  # he is one whom we called; until he has answered, `status` is how that stands
    status: str = ""
    caller_hung_up: bool = False  # the caller's own device asked for the end
    hung_up_first: str | None = None  # unique id of the first, of caller and leg, that was asked to end


class Talks:
    """Calls, legs and parties; each method takes one thing that happened and yields what it means."""

    def __init__(self, odd: Counter[str]) -> None:
        self.calls: dict[CallId, Caller] = {}
        self.legs: dict[ConnectionId, Leg] = {}
        self._odd = odd
        self._told: set[str] = set()  # legs whose end was told before their Hangup came
        self._bridges: dict[str, str] = {}

    def reset(self, snapshot: SwitchSnapshot, bridges: Mapping[str, str]) -> None:
        """Forget everything and know what the snapshot knows. `bridges`: where each channel is, by its unique id."""
        self.calls.clear()
        self.legs.clear()
        self._told.clear()
        self._bridges.clear()
        for live in snapshot.calls:
            self._restore(live)
        self._bridges = {one: bridge for one, bridge in bridges.items() if one in self.calls or one in self.legs}

    @property
    def empty(self) -> bool:
        """Whether nothing is remembered of any call."""
        return not (self.calls or self.legs or self._told or self._bridges)

    def is_known(self, uniqueid: str) -> bool:
        """Tell whether a channel is one of ours already, or was."""
        return uniqueid in self.calls or uniqueid in self.legs or uniqueid in self._told

    # -- ringing -----------------------------------------------------------------------------------------------------

    def dial_begins(self, by: str, connection: ConnectionId, device: DeviceName | None) -> Iterator[CallEvent]:
        """A channel is being rung: for a customer, by an agent's leg, or (`by` empty) an agent's own phone for him."""
        if self.is_known(connection):
            self._odd["rung once more"] += 1
        elif (call := self.calls.get(CallId(by))) is not None:
            # A leg without a result still rings: some queues ring several devices at once.
            yield from self.seen_again(CallId(by), call, [leg for leg in call.legs.values() if leg.status])
            if call.place is not Place.FALLBACK_QUEUE:
                call.place = Place.ALERTING
            call.rang = True
            call.legs[connection] = self.legs[connection] = Leg(connection, device, CallId(by))
            yield Delivered(call=CallId(by), device=device, connection=connection)
        elif (agent := self.legs.get(ConnectionId(by))) is not None and _may_call(agent):
            self.legs[connection] = Leg(connection, device, agent.call, by=agent.connection)
            yield Delivered(call=CallId(by), device=device, connection=connection)
        elif not by and is_callback_call(connection):
            self.call_back(CallId(connection))
            yield Delivered(call=CallId(connection), device=None, connection=connection)
        elif not by and is_own_call(connection) and device is not None:
            self.legs[connection] = Leg(connection, device, None)
            yield Delivered(call=CallId(connection), device=device, connection=connection)
        else:
            self._odd["dialling for an unknown call or device"] += 1

    def call_back(self, call_id: CallId) -> None:
        """A customer is being called back."""
        self.calls[call_id] = Caller(called_back=True, rang=True)

    def dial_ends(self, connection: ConnectionId, status: str) -> None:
        """The attempt ended; the channel's own end, or the caller's next step, makes it a fact."""
        if (call := self.calls.get(CallId(connection))) is not None and call.called_back:
            call.status = status
        elif (leg := self.legs.get(connection)) is None:
            self._odd["unknown leg"] += 1
        else:
            leg.status = status

    def originate_failed(self, connection: ConnectionId) -> Iterator[CallEvent]:
        """Whom we wanted to call could not be rung at all; where it rang, its channel's end says more."""
        if (is_own_call(connection) or is_callback_call(connection)) and not self.is_known(connection):
            yield CallCleared(call=CallId(connection), cause=Cause.UNREACHABLE)

    # -- what the dialplan says of itself ------------------------------------------------------------------------------

    def held(self, call_id: CallId, call: Caller) -> Iterator[CallEvent]:
        """The customer hears music by his agent's wish."""
        yield from self.leave_ivr(call_id, call)
        call.place = Place.HELD
        for leg in call.legs.values():
            leg.apart = leg.established
        yield Held(call=call_id)

    def at_desk(self, connection: ConnectionId) -> Iterator[CallEvent]:
        """An agent's phone is off the hook, alone."""
        if connection in self.legs:
            yield ServiceInitiated(call=CallId(connection))
        else:
            self._odd["unknown leg"] += 1

    def calls_somebody(self, connection: ConnectionId) -> Iterator[CallEvent]:
        """An agent's phone is about to call."""
        if (leg := self.legs.get(connection)) is None:
            self._odd["unknown leg"] += 1
            return
        leg.status = "ANSWER"
        yield Originated(call=CallId(connection))

    def called(
        self, connection: ConnectionId, device: DeviceName | None, status: str, q850: int
    ) -> Iterator[CallEvent]:
        """What an agent's phone called has ended, or came to nothing."""
        parties = self._parties(connection)
        for party in parties:
            self._drop(party)
            self._told.add(party.connection)
            if not party.joined:
                yield self._end_of_party(party, q850)
        if connection in self.legs and not parties and status != "ANSWER":
            cause = _cause_of_failure(status, q850)
            yield Failed(call=CallId(connection), device=device, cause=cause)

    def aside(self, connection: ConnectionId) -> Iterator[CallEvent]:
        """A party hears music: its agent talks to the customer, or has gone."""
        if (party := self.legs.get(connection)) is None:
            self._odd["unknown leg"] += 1
        elif party.by in self.legs:
            party.apart = True
            yield Held(call=CallId(party.by))
        else:
            yield ServiceInitiated(call=CallId(connection))

    def phone_holds(self, connection: ConnectionId, *, on: bool) -> Iterator[CallEvent]:
        """An agent's phone has put its talk on hold by itself, or goes on with it."""
        leg = self.legs.get(connection)
        if leg is None or leg.call is None or not leg.established or leg.apart:
            return
        yield Held(call=leg.call, by_phone=True) if on else Retrieved(call=leg.call)

    # -- bridges -----------------------------------------------------------------------------------------------------

    def bridge_left(self, uniqueid: str) -> None:
        """A channel left its bridge; where it goes is told by what comes next."""
        self._bridges.pop(uniqueid, None)
        if (party := self.legs.get(ConnectionId(uniqueid))) is not None:
            party.joined = False

    def bridge_entered(self, uniqueid: str, bridge: str) -> Iterator[CallEvent]:
        """A channel joined a bridge."""
        if uniqueid not in self.calls and uniqueid not in self.legs:
            self._odd["bridged stranger"] += 1
            return
        self._bridges[uniqueid] = bridge
        here = {one for one, other in self._bridges.items() if other == bridge}
        legs = [leg for leg in self.legs.values() if leg.connection in here]
        for party in [leg for leg in legs if leg.by is not None]:
            yield from self._party_met(party, here)
        for leg in [leg for leg in legs if leg.by is None]:
            yield from self._leg_met(leg, here)

    def _leg_met(self, leg: Leg, here: set[str]) -> Iterator[CallEvent]:
        if leg.call is None or leg.call not in here:
            return
        call = self.calls[leg.call]
        call.place, call.hung_up_first = Place.TALKING, None
        if not leg.established:
            leg.established = True
            yield Established(call=leg.call, device=leg.device, connection=leg.connection)
        elif leg.apart:
            leg.apart = False
            yield Retrieved(call=leg.call)

    def _party_met(self, party: Leg, here: set[str]) -> Iterator[CallEvent]:
        agent = self.legs.get(party.by) if party.by is not None else None
        if party.call is not None and party.call in here:
            if agent is not None and agent.connection in here:
                if not party.joined:
                    party.joined, party.apart, agent.apart = True, False, False
                    self.calls[party.call].place = Place.TALKING
                    yield Conferenced(call=party.call, device=party.device, connection=party.connection)
            else:
                self._take_over(party, party.call)
                yield Transferred(call=party.call, device=party.device, connection=party.connection)
        elif agent is not None and agent.connection in here:
            if agent.call is None and is_own_call(agent.connection) and not agent.established:
                self._become_customer(party, agent)
                yield Established(call=CallId(agent.connection), device=party.device, connection=party.connection)
            elif not party.established:
                party.established = True
                yield Established(call=CallId(agent.connection), device=party.device, connection=party.connection)
            elif party.apart:
                party.apart = False
                yield Retrieved(call=CallId(agent.connection))

    def _take_over(self, party: Leg, call_id: CallId) -> None:
        """The party is the customer's leg from now on."""
        call = self.calls[call_id]
        party.by, party.apart, party.joined, party.established = None, False, False, True
        call.legs[party.connection] = party
        call.place, call.hung_up_first = Place.TALKING, None

    def _become_customer(self, party: Leg, agent: Leg) -> None:
        """Whom an agent called on his own takes the customer's part, now that he has answered."""
        del self.legs[party.connection]
        call_id = CallId(party.connection)
        agent.call, agent.established = call_id, True
        self.calls[call_id] = Caller(place=Place.TALKING, rang=True, legs={agent.connection: agent})

    # -- ends --------------------------------------------------------------------------------------------------------

    def hangup_requested(self, uniqueid: str, *, by_device: bool) -> Iterator[CallEvent]:
        """Somebody wants a channel gone: who of two was first tells who ended the talk."""
        leg = self.legs.get(ConnectionId(uniqueid))
        call = self.calls.get(leg.call if leg is not None and leg.call is not None else CallId(uniqueid))
        if leg is not None and leg.by is not None:
            yield from self._party_requested(leg, by_device=by_device)
            return
        if call is None:
            if leg is not None:
                leg.hung_up_first = True
            return
        if leg is None:
            call.caller_hung_up |= by_device
        first = call.hung_up_first is None
        if first:
            call.hung_up_first = uniqueid
        if leg is not None and leg.established and by_device and (first or leg.apart):
            # The agent's phone has said goodbye. That Asterisk needs some milliseconds more to clear up is of no
            # interest to the next caller who waits for this agent.
            cleared = self._cleared(leg, call, Cause.NORMAL_CLEARING)
            self._told.add(leg.connection)
            self._leave(leg, call)
            yield cleared
            yield from self._left_alone(leg)

    def _party_requested(self, party: Leg, *, by_device: bool) -> Iterator[CallEvent]:
        agent = self.legs.get(party.by) if party.by is not None else None
        party.hung_up_first = agent is None or not agent.hung_up_first
        if party.established and by_device:
            self._drop(party)
            self._told.add(party.connection)
            yield self._end_of_party(party, 16)

    def hung_up(self, uniqueid: str, q850: int) -> Iterator[CallEvent]:
        """A channel is gone."""
        self._bridges.pop(uniqueid, None)
        if (leg := self.legs.get(ConnectionId(uniqueid))) is not None:
            yield from self._leg_gone(leg, q850)
        elif (call := self.calls.get(CallId(uniqueid))) is not None:
            yield from self._call_gone(CallId(uniqueid), call, q850)
        elif uniqueid in self._told:
            self._told.remove(uniqueid)
        else:
            self._odd["hang-up of a stranger"] += 1

    def seen_again(self, call_id: CallId, call: Caller, ended: list[Leg], q850: int = 0) -> Iterator[CallEvent]:
        """The caller is somewhere else now: out of the IVR, alive after what was cancelled, without `ended` legs."""
        yield from self.leave_ivr(call_id, call)
        yield from call.cancelled
        call.cancelled.clear()
        for leg in ended:
            end = self._end_of(leg, call, q850)
            self._told.add(leg.connection)
            self._leave(leg, call)
            yield end
            yield from self._left_alone(leg)

    def dialled_in_vain(
        self, call_id: CallId, call: Caller, device: DeviceName | None, status: str, q850: int
    ) -> Iterator[CallEvent]:
        """`Dial` gave the caller back. Where it never made a leg (nobody registered) this is all there is."""
        rang, call.rang, call.place = call.rang, False, None
        yield from self.seen_again(call_id, call, list(call.legs.values()), q850)
        if not rang:
            yield Failed(call=call_id, device=device, cause=_cause_of_failure(status, q850))

    def leave_ivr(self, call_id: CallId, call: Caller) -> Iterator[CallEvent]:
        """The caller is out of our hands, if he was in them."""
        if call.in_ivr:
            call.in_ivr = call.agi_ended = False
            call.place = None
            yield IvrLeft(call=call_id)

    def _leg_gone(self, leg: Leg, q850: int) -> Iterator[CallEvent]:
        if leg.by is not None:
            self._drop(leg)
            yield self._end_of_party(leg, q850)
        elif leg.call is None:
            self._drop(leg)
            yield CallCleared(call=CallId(leg.connection), cause=_cause_of_own_call(leg, q850))
            yield from self._left_alone(leg)
        else:
            call = self.calls[leg.call]
            end = self._end_of(leg, call, q850)
            self._leave(leg, call)
            if isinstance(end, Failed) and leg.status in _CANCELLED:
                call.cancelled.append(end)
            else:
                yield end
                yield from self._left_alone(leg)

    def _call_gone(self, call_id: CallId, call: Caller, q850: int) -> Iterator[CallEvent]:
        # Asterisk leaves on the caller's channel what ended an earlier attempt to reach an agent.
        cause = Cause.NORMAL_CLEARING if call.caller_hung_up else _cause_of_end(q850)
        if call.called_back and call.place is None and call.status != "ANSWER":
            cause = _cause_of_failure(call.status, q850)
        yield from self.leave_ivr(call_id, call)
        talk_goes_on = self._joined(call_id)
        for leg in list(call.legs.values()):
            if leg.established and (leg.apart or talk_goes_on):
                leg.call = None  # the agent's phone stays off the hook
                continue
            self._drop(leg)
            self._told.add(leg.connection)
            if leg.established:
                yield self._cleared(leg, call, cause)
        for party in [leg for leg in self.legs.values() if leg.call == call_id]:
            party.call, party.joined = None, False
        del self.calls[call_id]
        yield CallCleared(call=call_id, cause=cause)

    def _end_of(self, leg: Leg, call: Caller, q850: int) -> ConnectionCleared | Failed:
        if leg.established:
            return self._cleared(leg, call, _cause_of_end(q850))
        assert leg.call is not None  # noqa: S101 -- an unanswered leg that was made for a customer
        return Failed(call=leg.call, device=leg.device, cause=_cause_of_failure(leg.status, q850))

    def _end_of_party(self, party: Leg, q850: int) -> ConnectionCleared | Failed | CallCleared:
        by = CallId(party.by) if party.by is not None else CallId(party.connection)
        if party.established and party.by not in self.legs:  # its agent has gone before it
            return CallCleared(call=CallId(party.connection), cause=_cause_of_end(q850))
        if not party.established:
            return Failed(call=by, device=party.device, cause=_cause_of_failure(party.status, q850))
        return ConnectionCleared(
            call=by,
            device=party.device,
            connection=party.connection,
            cause=_cause_of_end(q850),
            by_agent=party.hung_up_first,
        )

    def _cleared(self, leg: Leg, call: Caller, cause: Cause) -> ConnectionCleared:
        assert leg.call is not None  # noqa: S101 -- it was joined with that customer
        # A leg that Asterisk ended for want of audio was also "asked to end", but not by the agent.
        by_agent = call.hung_up_first == leg.connection and cause is not Cause.MEDIA_LOST
        return ConnectionCleared(
            call=leg.call, device=leg.device, connection=leg.connection, cause=cause, by_agent=by_agent
        )

    # -- inside --------------------------------------------------------------------------------------------------------

    def _parties(self, agent: ConnectionId) -> list[Leg]:
        return [leg for leg in self.legs.values() if leg.by == agent]

    def _left_alone(self, agent: Leg) -> Iterator[CallEvent]:
        """An agent's leg is over: whom he had called and set aside has nobody any more."""
        for party in self._parties(agent.connection):
            if party.apart:
                yield ServiceInitiated(call=CallId(party.connection))

    def _joined(self, call: CallId | None) -> bool:
        return any(leg.joined for leg in self.legs.values() if leg.call == call)

    def _leave(self, leg: Leg, call: Caller) -> None:
        """A leg of the customer's is over: where he is then, the dialplan says, unless others still talk to him."""
        if leg.established and not leg.apart and not self._joined(leg.call):
            call.place = None
        self._drop(leg)

    def _drop(self, leg: Leg) -> None:
        del self.legs[leg.connection]
        self._bridges.pop(leg.connection, None)
        if leg.call is not None and leg.call in self.calls:
            self.calls[leg.call].legs.pop(leg.connection, None)
            for party in self._parties(leg.connection):
                if party.joined:  # the agent leaves the conference, and the customer to whom he had called
                    self._take_over(party, leg.call)

    def _restore(self, live: LiveCall) -> None:
        if live.place is Place.DIALLING:
            if live.connection is not None:
                own = is_own_call(live.connection)  # else its customer has gone
                self.legs[live.connection] = Leg(
                    live.connection, live.device, None, established=not own, status="ANSWER"
                )
                self._restore_party(live, None)
            return
        if live.place is Place.CALLED_BACK:
            self.call_back(live.call)
            return
        call = self.calls[live.call] = Caller(place=live.place, in_ivr=live.place in (Place.IVR, Place.SURVEY))
        if live.connection is None or (live.device is None and live.place is Place.HELD):
            return
        call.rang = True
        leg = Leg(live.connection, live.device, live.call)
        leg.established = live.place in (Place.TALKING, Place.HELD)
        leg.apart = live.place is Place.HELD
        leg.status = "ANSWER" if leg.established else ""
        call.legs[leg.connection] = self.legs[leg.connection] = leg
        self._restore_party(live, live.call)

    def _restore_party(self, live: LiveCall, call: CallId | None) -> None:
        if live.party is None:
            return
        place = live.party.place
        self.legs[live.party.connection] = Leg(
            live.party.connection,
            live.party.device,
            call,
            by=live.connection,
            established=place is not PartyPlace.ALERTING,
            apart=place is PartyPlace.HELD,
            joined=place is PartyPlace.JOINED,
        )


def _may_call(agent: Leg) -> bool:
    """Tell whether a leg can call somebody: a telephone that has not answered cannot, and whom it called neither."""
    return agent.by is None and (agent.established or is_own_call(agent.connection))


def _cause_of_end(q850: int) -> Cause:
    """Asterisk gives an answered channel that was hung up in an application no cause at all: 0 is normal."""
    return Cause.NORMAL_CLEARING if q850 == 0 else from_q850(q850)


def _cause_of_own_call(leg: Leg, q850: int) -> Cause:
    if leg.status in ("", "ANSWER"):
        return _cause_of_end(q850)
    return _cause_of_failure(leg.status, q850)


def _cause_of_failure(status: str, q850: int) -> Cause:
    """Join the two things Asterisk says of an unanswered attempt; the Q.850 number knows more when it says anything."""
    if status == "BUSY" or q850 in _SAYS_LITTLE:
        return _CAUSE_OF_STATUS.get(status, Cause.NORMAL_CLEARING if status in _CANCELLED else Cause.UNKNOWN)
    return from_q850(q850)
