"""The part of the model switch in which people talk: agents' legs, holding, calling beside, conferences, own calls.

A leg is an agent's phone off the hook. It talks to the customer, waits at the desk, calls somebody, or talks to whom it
called; the customer hears music meanwhile. `ModelPbx` adds how customers come and wait.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from callcenter.domain import commands, events
from callcenter.domain.cause import Cause
from callcenter.domain.commands import ControlCommand, Destination
from callcenter.domain.events import LiveParty, PartyPlace, Place, SwitchEvent
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, InteractionId, QueueName

RING_SECONDS = 15.0
CALL_SECONDS = 60.0  # a number may ring
RINGING = (Place.ALERTING, Place.FALLBACK_QUEUE)
DESK_SECONDS = 6.0  # beyond the heartbeat's, before a phone that nobody tells anything is put down


class CommandRefused(Exception):
    """What the command was about does not exist (any more)."""


@dataclass(slots=True)
class Line:
    """One customer in the switch."""

    call: CallId
    called: str
    number: str
    name: str
    since: float
    place: Place | None = None  # none: on the way in, in nobody's hands yet
    guard: float | None = None  # when the dialplan takes the caller out of the IVR
    device: DeviceName | None = None  # the agent's, ringing, talking or holding; of a number none
    connection: ConnectionId | None = None
    ring_until: float | None = None
    fallback_until: float | None = None
    interaction: InteractionId | None = None
    queue: QueueName | None = None
    enqueued_at: int | None = None
    sequence: int | None = None
    epoch: int | None = None
    node: str | None = None
    survey: str | None = None
    phone: DeviceName | None = None  # of a colleague whom an agent called: he has the customer's part


class LegAt(StrEnum):
    """What an agent's phone does that is off the hook."""

    CUSTOMER = "customer"  # talks to the customer, perhaps in a conference
    DESK = "desk"  # alone
    CALLING = "calling"
    PARTY = "party"  # talks to whom it called


@dataclass(slots=True)
class Party:
    """Whom an agent called beside; also one whose agent has gone and who has not been told what is next."""

    connection: ConnectionId
    device: DeviceName | None
    number: str | None
    place: PartyPlace
    ring_until: float


@dataclass(slots=True)
class Leg:
    """One agent's phone off the hook; `call`: its customer, none where he has gone or is yet to be reached."""

    connection: ConnectionId
    device: DeviceName | None
    call: CallId | None
    at: LegAt = LegAt.CUSTOMER
    party: Party | None = None
    idle_since: float = 0.0


@dataclass(slots=True)
class OwnCall:
    """An agent's own phone that rings for a call he makes."""

    connection: ConnectionId
    device: DeviceName
    to: Destination
    interaction: InteractionId
    ring_until: float


@dataclass(slots=True)
class ModelTalks:
    """`now` is seconds; what happens is appended to `out`."""

    now: float = 0.0
    utc_offset: float = 0.0  # UTC epoch seconds at monotonic zero
    lines: dict[CallId, Line] = field(default_factory=dict)
    legs: dict[ConnectionId, Leg] = field(default_factory=dict)
    own_calls: dict[ConnectionId, OwnCall] = field(default_factory=dict)
    alone: dict[ConnectionId, Party] = field(default_factory=dict)  # parties whose agent has gone
    registered: set[DeviceName] = field(default_factory=set)
    out: deque[SwitchEvent] = field(default_factory=deque)
    keys: list[tuple[ConnectionId, str]] = field(default_factory=list)  # pressed by command
    interactions: dict[ConnectionId, InteractionId] = field(default_factory=dict)  # of own calls
    _legs: int = 0

    # -- what commands do --------------------------------------------------------------------------------------------

    def control(self, command: ControlCommand) -> None:
        """Do what is asked of a talk. Raises `CommandRefused`."""
        match command:
            case commands.HoldCall():
                line, leg = self._both(command.call, command.connection)
                self._hold(line)
                self._to_desk(leg)
            case commands.RetrieveCall():
                self._join(self._leg(command.connection), command.call)
            case commands.ConsultationCall():
                leg = self._leg(command.connection)
                if command.hold:
                    self._hold(self._both(command.call, command.connection)[0])
                leg.at = LegAt.CALLING
                self.out.append(events.Originated(call=CallId(leg.connection)))
                self._call_party(leg, command.to)
            case commands.AlternateCall():
                self._alternate(command)
            case commands.ReconnectCall():
                leg = self._leg(command.connection)
                self._drop_party(leg)
                self._join(leg, command.call)
            case commands.TransferCall():
                self._transfer(command)
            case commands.ConferenceCall():
                leg = self._leg(command.connection)
                line = self._line(command.call)
                party = self._party(leg, command.party)
                party.place, line.place, leg.at = PartyPlace.JOINED, Place.TALKING, LegAt.CUSTOMER
                joined = events.Conferenced(call=line.call, device=party.device, connection=party.connection)
                self.out.append(joined)
            case commands.JoinParty():
                line = self._line(command.call)
                if command.party not in self.alone:
                    raise CommandRefused
                self._hand_over(line, self.alone.pop(command.party))
            case commands.NameHeir():
                self._leg(command.connection)
            case commands.MakeCall():
                self._make_call(command)
            case commands.GenerateDigits():
                self._leg(command.connection)
                self.keys += [(command.connection, digit) for digit in command.digits]

    def clear_connection(self, connection: ConnectionId) -> None:
        """Hang a leg, a party or an agent's own call up. Raises `CommandRefused`."""
        if connection in self.legs:
            self._leg_ends(self.legs[connection], Cause.NORMAL_CLEARING, by_agent=False)
        elif connection in self.alone:
            del self.alone[connection]
        elif connection in self.own_calls:
            del self.own_calls[connection]
            self.out.append(events.CallCleared(call=CallId(connection), cause=Cause.NORMAL_CLEARING))
        else:
            for leg in self.legs.values():
                if leg.party is not None and leg.party.connection == connection:
                    self._party_ends(leg, Cause.NORMAL_CLEARING, by_agent=False)
                    return
            raise CommandRefused

    # -- agents' phones ----------------------------------------------------------------------------------------------

    def busy(self, device: DeviceName) -> bool:
        """Whether a phone rings or is off the hook."""
        parties = [leg.party for leg in self.legs.values() if leg.party is not None] + list(self.alone.values())
        return (
            any(line.device == device and line.place in RINGING for line in self.lines.values())
            or any(line.phone == device for line in self.lines.values())
            or any(leg.device == device for leg in self.legs.values())
            or any(party.device == device for party in parties)
            or any(own.device == device for own in self.own_calls.values())
        )

    def leg_of(self, device: DeviceName) -> Leg | None:
        """Return the leg of an agent who handles a call, or makes one."""
        return next((leg for leg in self.legs.values() if leg.device == device), None)

    def party_of(self, device: DeviceName) -> tuple[Leg, Party] | None:
        """Return the agent's leg that called this phone, and the phone's part."""
        for leg in self.legs.values():
            if leg.party is not None and leg.party.device == device:
                return leg, leg.party
        return None

    def answer_talk(self, device: DeviceName) -> bool:
        """Take what rings at a phone, if it is an agent's own call or a consultation."""
        own = next((one for one in self.own_calls.values() if one.device == device), None)
        if own is not None:
            del self.own_calls[own.connection]
            leg = Leg(own.connection, device, None, LegAt.CALLING)
            self.legs[own.connection] = leg
            self.interactions[own.connection] = own.interaction
            self.out.append(events.Originated(call=CallId(own.connection)))
            self._call_party(leg, own.to)
            return True
        found = self.party_of(device)
        if found is not None and found[1].place is PartyPlace.ALERTING:
            self._party_answers(*found)
            return True
        return False

    def reject_talk(self, device: DeviceName, cause: Cause) -> bool:
        """Refuse what rings at a phone, if it is an agent's own call or a consultation."""
        own = next((one for one in self.own_calls.values() if one.device == device), None)
        if own is not None:
            del self.own_calls[own.connection]
            self.out.append(events.CallCleared(call=CallId(own.connection), cause=cause))
            return True
        found = self.party_of(device)
        if found is not None and found[1].place is PartyPlace.ALERTING:
            self._party_fails(found[0], cause)
            return True
        return False

    def end_talk(self, device: DeviceName, cause: Cause, *, by_agent: bool) -> bool:
        """Put a phone down, or lose it (`by_agent` false)."""
        leg = self.leg_of(device)
        if leg is not None:
            self._leg_ends(leg, cause, by_agent=by_agent)
            return True
        found = self.party_of(device)
        if found is not None and found[1].place is not PartyPlace.ALERTING:
            self._party_ends(found[0], cause, by_agent=by_agent)
            return True
        alone = next((one for one in self.alone.values() if one.device == device), None)
        if alone is not None:
            del self.alone[alone.connection]
            cleared = events.CallCleared(call=CallId(alone.connection), cause=cause)
            self.out.append(cleared)
        return alone is not None

    def phone_holds(self, call: CallId, *, on: bool = True) -> None:
        """The agent's phone puts the customer on hold by itself, or takes him back."""
        self.out.append(events.Held(call=call, by_phone=True) if on else events.Retrieved(call=call))

    # -- numbers outside -----------------------------------------------------------------------------------------------

    def ringing_numbers(self) -> list[str]:
        """Return the numbers that ring now."""
        forwarded = [line for line in self.lines.values() if line.place is Place.ALERTING and line.device is None]
        parties = [leg.party for leg in self.legs.values() if leg.party is not None]
        return [
            *(party.number or "" for party in parties if party.place is PartyPlace.ALERTING and party.device is None),
            *("" for _ in forwarded),
        ]

    def number_answers(self) -> None:
        """The first number that rings is answered."""
        for leg in self.legs.values():
            if leg.party is not None and leg.party.device is None and leg.party.place is PartyPlace.ALERTING:
                self._party_answers(leg, leg.party)
                return
        for line in self.lines.values():
            if line.place is Place.ALERTING and line.device is None and line.connection is not None:
                self._talk(line)
                return

    def number_fails(self, cause: Cause = Cause.BUSY) -> None:
        """The first number that rings is busy, say."""
        for leg in self.legs.values():
            if leg.party is not None and leg.party.device is None and leg.party.place is PartyPlace.ALERTING:
                self._party_fails(leg, cause)
                return
        for line in self.lines.values():
            if line.place is Place.ALERTING and line.device is None:
                self._attempt_over(line, cause)
                return

    def number_hangs_up(self) -> None:
        """The first number that somebody talks to puts the phone down."""
        for leg in self.legs.values():
            party = leg.party
            if party is not None and party.device is None and party.place is not PartyPlace.ALERTING:
                self._party_ends(leg, Cause.NORMAL_CLEARING, by_agent=True)
                return
        for leg in list(self.legs.values()):
            if leg.device is None:
                self._leg_ends(leg, Cause.NORMAL_CLEARING, by_agent=True)
                return

    # -- time --------------------------------------------------------------------------------------------------------

    def pass_time_in_talks(self, *, steered: bool) -> None:
        """Let happen what is due, and what the dialplan does when nobody steers."""
        for own in [one for one in self.own_calls.values() if one.ring_until <= self.now]:
            del self.own_calls[own.connection]
            self.out.append(events.CallCleared(call=CallId(own.connection), cause=Cause.NO_ANSWER))
        for leg in list(self.legs.values()):
            party = leg.party
            if party is not None and party.place is PartyPlace.ALERTING and party.ring_until <= self.now:
                self._party_fails(leg, Cause.NO_ANSWER)
        if steered:
            return
        for line in [one for one in self.lines.values() if one.place is Place.HELD]:
            leg_held = self.legs.get(line.connection) if line.connection is not None else None
            if leg_held is not None:
                self._drop_party(leg_held)
                self._join(leg_held, line.call)
            else:
                self._to_room(line)
        self.alone.clear()
        for leg in list(self.legs.values()):
            if leg.call is None and leg.at is LegAt.DESK and leg.idle_since + DESK_SECONDS <= self.now:
                self._leg_ends(leg, Cause.NORMAL_CLEARING, by_agent=False)

    # -- for `ModelPbx` to say -----------------------------------------------------------------------------------------

    def _to_room(self, line: Line) -> None:
        raise NotImplementedError

    def _after_talk(self, line: Line) -> None:
        raise NotImplementedError

    def _attempt_over(self, line: Line, cause: Cause) -> None:
        raise NotImplementedError

    def _end_call(self, line: Line, cause: Cause) -> None:
        raise NotImplementedError

    # -- inside: joining -----------------------------------------------------------------------------------------------

    def _new_connection(self) -> ConnectionId:
        self._legs += 1
        return ConnectionId(f"1767603600.a{self._legs}")

    def _line(self, call: CallId) -> Line:
        if call not in self.lines:
            raise CommandRefused
        return self.lines[call]

    def _leg(self, connection: ConnectionId) -> Leg:
        if connection not in self.legs:
            raise CommandRefused
        return self.legs[connection]

    def _party(self, leg: Leg, connection: ConnectionId) -> Party:
        if leg.party is None or leg.party.connection != connection:
            raise CommandRefused
        return leg.party

    def _both(self, call: CallId, connection: ConnectionId) -> tuple[Line, Leg]:
        return self._line(call), self._leg(connection)

    def _talk(self, line: Line) -> None:
        """Whom the line rings for has answered."""
        assert line.connection is not None
        line.place, line.ring_until, line.fallback_until = Place.TALKING, None, None
        self.legs[line.connection] = Leg(line.connection, line.device, line.call)
        self.out.append(events.Established(call=line.call, device=line.device, connection=line.connection))

    def _hold(self, line: Line) -> None:
        line.place = Place.HELD
        self.out.append(events.Held(call=line.call))

    def _to_desk(self, leg: Leg) -> None:
        leg.at, leg.idle_since = LegAt.DESK, self.now
        self.out.append(events.ServiceInitiated(call=CallId(leg.connection)))

    def _join(self, leg: Leg, call: CallId) -> None:
        """`Bridge` with the customer: a leg that does not find him waits at the desk."""
        line = self.lines.get(call)
        if line is None:
            self._to_desk(leg)
            return
        held = line.place is Place.HELD and line.connection == leg.connection
        line.place, line.device, line.connection = Place.TALKING, leg.device, leg.connection
        leg.at, leg.call = LegAt.CUSTOMER, call
        self.out.append(
            events.Retrieved(call=call)
            if held
            else events.Transferred(call=call, device=leg.device, connection=leg.connection)
        )

    def _alternate(self, command: commands.AlternateCall) -> None:
        line, leg = self._both(command.call, command.connection)
        party = self._party(leg, command.party)
        if command.to_customer:
            party.place = PartyPlace.HELD
            self.out.append(events.Held(call=CallId(leg.connection)))
            self._join(leg, line.call)
        else:
            self._hold(line)
            party.place, leg.at = PartyPlace.TALKING, LegAt.PARTY
            self.out.append(events.Retrieved(call=CallId(leg.connection)))

    def _transfer(self, command: commands.TransferCall) -> None:
        leg = self._leg(command.connection)
        party = self._party(leg, command.party)
        line = self.lines.get(command.call)
        del self.legs[leg.connection]
        if line is None:  # the customer has gone: whom the agent had called finds nobody
            self.alone[party.connection] = party
            self.out.append(events.ServiceInitiated(call=CallId(party.connection)))
            self.out.append(events.CallCleared(call=CallId(leg.connection), cause=Cause.NORMAL_CLEARING))
            return
        self._hand_over(line, party)
        self.out.append(self._cleared(line.call, leg, Cause.NORMAL_CLEARING, by_agent=False))

    def _hand_over(self, line: Line, party: Party) -> None:
        line.place, line.device, line.connection = Place.TALKING, party.device, party.connection
        self.legs[party.connection] = Leg(party.connection, party.device, line.call)
        handed = events.Transferred(call=line.call, device=party.device, connection=party.connection)
        self.out.append(handed)

    # -- inside: calling -----------------------------------------------------------------------------------------------

    def _make_call(self, command: commands.MakeCall) -> None:
        own = ConnectionId(command.call)
        if command.device not in self.registered or self.busy(command.device):
            cause = Cause.BUSY if command.device in self.registered else Cause.UNREACHABLE
            self.out.append(events.CallCleared(call=command.call, cause=cause))
            return
        until = self.now + 20.0
        self.own_calls[own] = OwnCall(own, command.device, command.to, command.interaction, until)
        self.out.append(events.Delivered(call=command.call, device=command.device, connection=own))

    def _call_party(self, leg: Leg, to: Destination) -> None:
        if to.device is not None and (to.device not in self.registered or self.busy(to.device)):
            cause = Cause.BUSY if to.device in self.registered else Cause.UNREACHABLE
            self._came_to_nothing(leg, to.device, cause)
            return
        seconds = RING_SECONDS if to.device is not None else CALL_SECONDS
        leg.party = Party(self._new_connection(), to.device, to.number, PartyPlace.ALERTING, self.now + seconds)
        delivered = events.Delivered(call=CallId(leg.connection), device=to.device, connection=leg.party.connection)
        self.out.append(delivered)

    def _party_answers(self, leg: Leg, party: Party) -> None:
        established = events.Established(call=CallId(leg.connection), device=party.device, connection=party.connection)
        self.out.append(established)
        if leg.call is None and leg.connection in self.interactions:  # whom an agent called is his customer now
            leg.party, leg.call, leg.at = None, CallId(party.connection), LegAt.CUSTOMER
            self.lines[leg.call] = Line(
                call=leg.call,
                called="",
                number=party.number or "",
                name="",
                since=self.now,
                place=Place.TALKING,
                device=leg.device,
                connection=leg.connection,
                interaction=self.interactions.pop(leg.connection),
                phone=party.device,
            )
        else:
            party.place, leg.at = PartyPlace.TALKING, LegAt.PARTY

    def _party_fails(self, leg: Leg, cause: Cause) -> None:
        party, leg.party = leg.party, None
        self._came_to_nothing(leg, party.device if party is not None else None, cause)

    def _came_to_nothing(self, leg: Leg, device: DeviceName | None, cause: Cause) -> None:
        self.out.append(events.Failed(call=CallId(leg.connection), device=device, cause=cause))
        if leg.call is None and leg.connection in self.interactions:  # an own call ends with it
            del self.legs[leg.connection], self.interactions[leg.connection]
            self.out.append(events.CallCleared(call=CallId(leg.connection), cause=Cause.NORMAL_CLEARING))
        else:
            self._to_desk(leg)

    # -- inside: ends --------------------------------------------------------------------------------------------------

    def _drop_party(self, leg: Leg) -> None:
        """The agent goes away from whom he called."""
        party, leg.party = leg.party, None
        if party is None:
            return
        if party.place is PartyPlace.ALERTING:
            failed = events.Failed(call=CallId(leg.connection), device=party.device, cause=Cause.NORMAL_CLEARING)
            self.out.append(failed)
        else:
            self.out.append(self._party_cleared(leg, party, Cause.NORMAL_CLEARING, by_agent=False))

    def _party_ends(self, leg: Leg, cause: Cause, *, by_agent: bool) -> None:
        party, leg.party = leg.party, None
        assert party is not None
        if party.place is PartyPlace.ALERTING:
            self._came_to_nothing(leg, party.device, cause)
            return
        self.out.append(self._party_cleared(leg, party, cause, by_agent=by_agent))
        if party.place is PartyPlace.TALKING:
            self._to_desk(leg)

    def _leg_ends(self, leg: Leg, cause: Cause, *, by_agent: bool) -> None:
        del self.legs[leg.connection]
        self.interactions.pop(leg.connection, None)
        line = self.lines.get(leg.call) if leg.call is not None else None
        if line is None or line.connection != leg.connection:
            self._own_leg_ends(leg, cause)
            return
        party = leg.party
        self.out.append(self._cleared(line.call, leg, cause, by_agent=by_agent))
        line.device = line.connection = None
        if party is not None and party.place is PartyPlace.JOINED:
            line.device, line.connection = party.device, party.connection
            self.legs[party.connection] = Leg(party.connection, party.device, line.call)
            return
        self._party_is_alone(leg)
        if line.place is Place.HELD:
            return
        line.place = None
        if cause is not Cause.NORMAL_CLEARING:  # the leg was lost
            self._to_room(line)
        else:
            self._after_talk(line)

    def _own_leg_ends(self, leg: Leg, cause: Cause) -> None:
        """The phone of an agent who has no customer (any more) is put down."""
        self.out.append(events.CallCleared(call=CallId(leg.connection), cause=cause))
        self._party_is_alone(leg)

    def _party_is_alone(self, leg: Leg) -> None:
        party = leg.party
        if party is None:
            return
        if party.place is PartyPlace.ALERTING:
            failed = events.Failed(call=CallId(leg.connection), device=party.device, cause=Cause.NORMAL_CLEARING)
            self.out.append(failed)
            return
        self.alone[party.connection] = party
        self.out.append(events.ServiceInitiated(call=CallId(party.connection)))

    def _customer_left(self, line: Line) -> None:
        """The customer hung up: what becomes of his agent's phone."""
        leg = self.legs.get(line.connection) if line.connection is not None else None
        if leg is None or line.place not in (Place.TALKING, Place.HELD):
            return
        conference = leg.party is not None and leg.party.place is PartyPlace.JOINED
        if line.place is Place.HELD or conference:
            leg.call = None
            if conference and leg.party is not None:
                leg.party.place, leg.at = PartyPlace.TALKING, LegAt.PARTY
            return
        del self.legs[leg.connection]
        self.out.append(self._cleared(line.call, leg, Cause.NORMAL_CLEARING, by_agent=False))
        self._party_is_alone(leg)

    def _leave_agent(self, line: Line) -> None:
        """A customer is moved away: who talked to him is put down, who had him on hold stays at the desk."""
        leg = self.legs.get(line.connection) if line.connection is not None else None
        line.device = line.connection = None
        if leg is None:
            return
        leg.call = None
        if leg.at is LegAt.CUSTOMER:
            del self.legs[leg.connection]
            self.out.append(self._cleared(line.call, leg, Cause.NORMAL_CLEARING, by_agent=False))
            self._party_is_alone(leg)

    def _cleared(self, call: CallId, leg: Leg, cause: Cause, *, by_agent: bool) -> events.ConnectionCleared:
        return events.ConnectionCleared(
            call=call, device=leg.device, connection=leg.connection, cause=cause, by_agent=by_agent
        )

    def _party_cleared(self, leg: Leg, party: Party, cause: Cause, *, by_agent: bool) -> events.ConnectionCleared:
        return events.ConnectionCleared(
            call=CallId(leg.connection),
            device=party.device,
            connection=party.connection,
            cause=cause,
            by_agent=by_agent,
        )

    def live_party(self, connection: ConnectionId | None) -> LiveParty | None:
        """Show whom a leg has called beside."""
        leg = self.legs.get(connection) if connection is not None else None
        if leg is None or leg.party is None:
            return None
        return LiveParty(connection=leg.party.connection, device=leg.party.device, place=leg.party.place)
